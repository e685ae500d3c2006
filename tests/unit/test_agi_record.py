"""A text spoken into a telephone: whoever speaks hears it, and only the key for it registers it."""

import pytest

from agi.scripts.record import record
from dialer.core.dictation import MOST_TAKES
from tests.listener import Listener

TAKE = ["dictation-begin", "dictation-beep", "record"]  # 3 s, 3 s, and as long as is spoken
ASK = ["dictation-ask", "listen"]  # 3 s, 5 s
AGAIN = [*TAKE, "dictation-empty"]
ACCEPTED = ["tell DictationAccepted", "dictation-accepted"]
EMPTY = ["tell DictationEmpty", "dictation-dropped"]
DROPPED = ["tell DictationDropped", "dictation-dropped"]
SPOKEN = [4.0] * MOST_TAKES
WHILE_REPLAYED, WHILE_ASKED, WHILE_LISTENED_TO = 11.0, 14.0, 17.0
ASKED_ONCE_MORE, ASKED_AGAIN, LISTENED_TO_AGAIN = 16.0, 22.0, 25.0


def heard(keys: dict[float, str], takes: list[float] = SPOKEN) -> list[str]:
    return Listener(keys=keys, takes=takes).listen_to(record()).heard


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({WHILE_REPLAYED: "1"}, ["replay", *ACCEPTED]),
        ({WHILE_ASKED: "1"}, ["replay", "dictation-ask", *ACCEPTED]),
        ({WHILE_LISTENED_TO: "1"}, ["replay", *ASK, *ACCEPTED]),
        ({ASKED_AGAIN: "1"}, ["replay", *ASK, "dictation-ask", *ACCEPTED]),
        ({LISTENED_TO_AGAIN: "1"}, ["replay", *ASK, *ASK, *ACCEPTED]),
        ({WHILE_REPLAYED: "3"}, ["replay", *DROPPED]),
        ({WHILE_ASKED: "3"}, ["replay", "dictation-ask", *DROPPED]),
        ({WHILE_LISTENED_TO: "3"}, ["replay", *ASK, *DROPPED]),
        # no key
        ({}, ["replay", *ASK, *ASK, *DROPPED]),
        # wrong keys: asked once more, and then nothing is changed
        ({WHILE_REPLAYED: "4"}, ["replay", *ASK, *ASK, *DROPPED]),
        ({WHILE_ASKED: "4"}, ["replay", "dictation-ask", *ASK, *DROPPED]),
        ({WHILE_ASKED: "0", ASKED_ONCE_MORE: "*"}, ["replay", "dictation-ask", "dictation-ask", *DROPPED]),
        ({WHILE_LISTENED_TO: "#", ASKED_AGAIN: "9"}, ["replay", *ASK, *ASK, *DROPPED]),
        ({WHILE_ASKED: "7", ASKED_ONCE_MORE: "1"}, ["replay", "dictation-ask", "dictation-ask", *ACCEPTED]),
    ],
)
def test_what_becomes_of_it_for_which_keys(keys: dict[float, str], told: list[str]) -> None:
    assert heard(keys) == [*TAKE, *told]


@pytest.mark.parametrize("key", "0123456789*#")
def test_no_key_before_it_was_spoken_decides_anything(key: str) -> None:
    assert heard({4.0: key}) == [*TAKE, "replay", *ASK, *ASK, *DROPPED]


def test_the_guidance_is_broken_off_by_who_knows_it() -> None:
    assert (
        Listener(keys={1.0: "#"}, takes=SPOKEN).listen_to(record()).now < Listener(takes=SPOKEN).listen_to(record()).now
    )


@pytest.mark.parametrize("keys", [{WHILE_REPLAYED: "2"}, {WHILE_ASKED: "2"}, {WHILE_LISTENED_TO: "2"}])
def test_it_can_be_spoken_again_and_is_decided_anew(keys: dict[float, str]) -> None:
    told = heard(keys)
    assert told.count("record") == 2
    assert told[-6:] == [*ASK, *ASK, *DROPPED]


def test_nobody_records_for_ever() -> None:
    keys = {0.5 + second: "2" for second in range(600)}
    told = heard(keys)
    assert told.count("record") == MOST_TAKES
    assert told[-2:] == DROPPED


@pytest.mark.parametrize(
    ("takes", "told"),
    [
        ([], [*AGAIN, *TAKE, *EMPTY]),
        ([0.9, 0.2], [*AGAIN, *TAKE, *EMPTY]),
        ([0.0, 4.0], [*AGAIN, *TAKE, "replay", *ASK, *ASK, *DROPPED]),
        ([1.0], [*TAKE, "replay", *ASK, *ASK, *DROPPED]),
    ],
)
def test_who_says_nothing_is_asked_once_more(takes: list[float], told: list[str]) -> None:
    assert heard({}, takes) == told


def test_a_hang_up_at_any_step_before_the_key_registers_nothing() -> None:
    keys = {WHILE_ASKED: "2", 32.0: "1"}
    whole = Listener(keys=keys, takes=SPOKEN).listen_to(record())
    assert whole.heard[-2:] == ACCEPTED
    for step in range(whole.steps):
        listener = Listener(keys=keys, takes=SPOKEN, hangs_up_at=step).listen_to(record())
        assert listener.heard == [*whole.heard[:step], "hangs up"]
        assert ("tell DictationAccepted" in listener.heard) == (step == whole.steps - 1)
