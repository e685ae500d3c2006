"""What a script may do, and what it learns from it. A script is a generator: it yields steps and receives replies."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from dialer.core.values import PhoneNumber

ANY_KEY = "0123456789*#"


@dataclass(frozen=True, slots=True)
class Heard:
    """After something was played."""

    key: str | None = None  # what was pressed, of the keys that were asked for
    at: float = 0.0  # seconds since the script began
    played: bool = True  # False: no such sound, or it was broken off by a key


@dataclass(frozen=True, slots=True)
class Say:
    sound: str  # by its name among the prompts
    keys: str = ""  # that break it off


@dataclass(frozen=True, slots=True)
class Music:
    """One round of it; after an interruption it goes on where it was."""

    keys: str = ""


@dataclass(frozen=True, slots=True)
class Listen:
    """Some seconds for a key, not in silence."""

    keys: str = ANY_KEY


@dataclass(frozen=True, slots=True)
class Record:
    """What is spoken from now on, onto the tape of this call, until a key, silence or the longest time. The reply is
    how many seconds there are of it.
    """

    longest_seconds: float
    silence_seconds: float
    keys: str


@dataclass(frozen=True, slots=True)
class Replay:
    """The tape of this call."""

    keys: str


@dataclass(frozen=True, slots=True)
class Get:
    variable: str


@dataclass(frozen=True, slots=True)
class Set:
    variable: str
    value: str


@dataclass(frozen=True, slots=True)
class Tell:
    """An event to the engine, by its name."""

    event: str


@dataclass(frozen=True, slots=True)
class Note:
    """Kept in the history of the call; nobody waits for it."""

    kind: str
    detail: dict[str, str]


@dataclass(frozen=True, slots=True)
class Wish:
    """To be called back. The reply is whether it is written down."""

    number: PhoneNumber


Step = Say | Music | Listen | Record | Replay | Get | Set | Tell | Note | Wish
Script = Generator[Step, Any, None]
Part = Generator[Step, Any, Heard]


def say(sound: str | None, keys: str = "") -> Part:
    """Nothing may be said: nothing is."""
    if not sound:
        return Heard(played=False)
    heard: Heard = yield Say(sound, keys)
    return heard
