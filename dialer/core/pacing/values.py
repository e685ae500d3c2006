"""What the engine knows of one moment, what a city wishes, and what is decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Figures = npt.NDArray[np.float64]
Kind = tuple[str, ...]
"""Calls or operators that are alike, from the general to the particular: ("mobile", "weekday-evening", "first")."""


MOST_PUT_OFF = 3  # times a day that a case may be put off: nobody has heard of it, but it shall be called


class Work(StrEnum):
    """What keeps an operator busy."""

    TALK = "talk"
    WRAP_UP = "wrap_up"


class Way(StrEnum):
    """How the wait for an answer can end."""

    PERSON = "person"  # or what counts as one: an operator is needed
    OTHER = "other"  # a machine, engaged, not in use, no answer in time
    CUT = "cut"  # we gave it up, or the carrier had no line: it tells nothing of who would have answered


class Busy(NamedTuple):
    work: Work
    seconds: float  # so far
    operator: str
    leaves_in: float | None = None  # seconds: a break, the end of a shift; who is busy then does not come back


class Ahead(NamedTuple):
    """A call of which nobody knows yet who will answer, or has answered."""

    kind: Kind
    seconds: float  # since it was placed
    heard: float | None = None  # seconds since the answer: the ear listens
    rings: float | None = None  # seconds since the first ring; None: nobody has heard it yet


@dataclass(frozen=True, slots=True)
class Snapshot:
    free: int  # operators who can take a person now
    busy: Sequence[Busy] = ()  # those who will come back to be free, and in what they are
    calls: Sequence[Ahead] = ()
    waiting: int = 0  # persons and callers who wait for an operator, and appointments that are due
    lines_free: int = 1000
    leaving: Sequence[float] = ()  # in how many seconds operators who are free now go: a break, the end of a shift
    closes_in: float | None = None  # seconds; no call may ring after that
    callers_per_second: float = 0.0  # who call by themselves
    group: str | None = None  # of the operators; none: those who take every debt kind

    @property
    def operators(self) -> int:
        return self.free + len(self.busy)


@dataclass(frozen=True, slots=True)
class PaceRules:
    """What a city wishes. `target` 0: an operator is reserved for each call."""

    target: float = 0.01  # persons left alone, of all persons who answered
    ceiling: float = 0.03  # never more by the end of a day
    tolerance_seconds: float = 2.0  # a person waits no longer before counting as left alone
    answers_first: int = 30  # one call for each free operator until so many persons have ever answered
    half_until: int = 30  # half the risk until so many have answered today: it may be an unlike day
    lost_by_ear: float = 0.0  # persons whom the ear takes for machines, of all who answer: an estimate

    def __post_init__(self) -> None:
        if not 0.0 <= self.target <= self.ceiling <= 0.2:
            raise ValueError(f"target {self.target} and ceiling {self.ceiling}: 0 <= target <= ceiling <= 0.2")
        if not 0.0 <= self.lost_by_ear <= 0.2:
            raise ValueError(f"lost_by_ear {self.lost_by_ear}: between 0 and 0.2")


@dataclass(frozen=True, slots=True)
class Decision:
    count: int
    risk: float  # that the last call placed meets no operator; with none placed, that one more would
    why: str
    put_off: tuple[int, ...] = ()  # places of calls in the snapshot that shall not begin to ring
