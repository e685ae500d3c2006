"""What the ear is told of a call before it listens, as one short text that a dialplan variable can carry.

Ids, kinds and names of sound files; never a person's name or telephone number.
"""

import re
from dataclasses import dataclass, fields
from enum import StrEnum

from dialer.core.hearing.values import NumberType, Prior

TEXT = re.compile(r"[A-Za-z0-9_:.|/-]{0,600}")
SOUND = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")  # relative to the prompts, without its ending


class Order(StrEnum):
    """What the ear is to do with a stream."""

    LISTEN = "listen"  # who answered?
    MESSAGE = "message"  # an operator heard a machine: leave the message now
    EARLY = "early"  # nobody has answered yet: does the network announce something?


@dataclass(frozen=True, slots=True)
class Briefing:
    city: str = ""
    number: NumberType | None = None
    machines: int = 0  # earlier answers of this number that were machines
    persons: int = 0
    message: str = ""  # spoken after a machine's tone; none: a machine is hung up on
    opening: str = ""  # spoken while listening, so that nobody hears only silence
    screening: str = ""  # the city's name and purpose, for a machine that asks
    undecided_ms: int = 2500  # who cannot be told by then is a person

    def prior(self, *, answered: bool, ring_seconds: float | None, without_ringing: bool) -> Prior:
        return Prior(
            answered=answered,
            ring_seconds=ring_seconds,
            without_ringing=without_ringing,
            number_type=self.number,
            machines_before=self.machines,
            persons_before=self.persons,
        )


def written(briefing: Briefing) -> str:
    """Only what is not the default."""
    values = ((part.name, getattr(briefing, part.name), part.default) for part in fields(Briefing))
    text = "|".join(f"{name}:{value}" for name, value, default in values if value != default)
    if not TEXT.fullmatch(text):
        raise ValueError("a briefing may hold ids and names of sound files only")
    return text


def read(text: str) -> Briefing:
    """Whatever cannot be read is left at its default: a call is listened to with less knowledge, never not at all."""
    pairs = dict(pair.split(":", 1) for pair in text.split("|") if ":" in pair)
    number = pairs.get("number", "")
    return Briefing(
        city=pairs.get("city", ""),
        number=NumberType(number) if number in set(NumberType) else None,
        machines=_count(pairs.get("machines", ""), 0),
        persons=_count(pairs.get("persons", ""), 0),
        message=_sound(pairs.get("message", "")),
        opening=_sound(pairs.get("opening", "")),
        screening=_sound(pairs.get("screening", "")),
        undecided_ms=_count(pairs.get("undecided_ms", ""), Briefing().undecided_ms),
    )


def _count(text: str, otherwise: int) -> int:
    return int(text) if text.isdecimal() and len(text) < 8 else otherwise


def _sound(text: str) -> str:
    return text if SOUND.fullmatch(text) else ""
