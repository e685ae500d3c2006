"""A person of the centre speaks a text into a telephone, hears it, and says what becomes of it (I-004).

Only the key for it registers it: no key, another key or a hang-up changes nothing.
"""

from collections.abc import Generator
from typing import Any

from agi.steps import ANY_KEY, Heard, Listen, Record, Replay, Say, Script, Step, Tell, say
from dialer.core.dictation import (
    ACCEPT,
    AGAIN,
    DROP,
    LONGEST_SECONDS,
    MOST_TAKES,
    SHORTEST_SECONDS,
    SILENCE_SECONDS,
    Cue,
    Ending,
)

DONE = "#"
DECISIONS = ACCEPT + AGAIN + DROP
ASKED = 2  # times
PATIENCE = 2  # takes in a row on which nobody speaks


def record() -> Script:
    ending = yield from _takes()
    yield Tell(ending)
    yield Say(Cue.ACCEPTED if ending is Ending.ACCEPTED else Cue.DROPPED)


def _takes() -> Generator[Step, Any, Ending]:
    empty = 0
    for _ in range(MOST_TAKES):
        yield from say(Cue.BEGIN, DONE)
        yield Say(Cue.BEEP)
        seconds = yield Record(LONGEST_SECONDS, SILENCE_SECONDS, DONE)
        if seconds < SHORTEST_SECONDS:
            empty += 1
            if empty == PATIENCE:
                return Ending.EMPTY
            yield Say(Cue.EMPTY)
            continue
        empty = 0
        key = yield from _decided()
        if key != AGAIN:
            return Ending.ACCEPTED if key == ACCEPT else Ending.DROPPED
    return Ending.DROPPED


def _decided() -> Generator[Step, Any, str | None]:
    """What becomes of it, after it was heard; None: nobody says so."""
    heard = yield Replay(DECISIONS)
    for _ in range(ASKED):
        if heard.key is None:
            heard = yield from say(Cue.ASK, ANY_KEY)
        if heard.key is None:
            heard = yield Listen(ANY_KEY)
        if heard.key is not None and heard.key in DECISIONS:
            return str(heard.key)
        heard = Heard()
    return None
