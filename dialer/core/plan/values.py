"""The words of planning: slots, what a city asks of its plans, and the plan of one case."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from dialer.core.calendar.values import Rung
from dialer.core.rules.happenings import Result
from dialer.core.values import Clause


class SlotDay(StrEnum):
    """The days that statistics tell apart (T-026). A national holiday is a holiday whatever its weekday."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True)
class Band:
    """A part of the day: 午前, 午後, 夜間. Lasts until the next begins."""

    key: str
    name: str
    begins: time


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    day: SlotDay
    band: str  # key of a Band

    def __str__(self) -> str:
        return f"{self.day.value}.{self.band}"

    @classmethod
    def from_text(cls, text: str) -> "Slot":
        day, _, band = text.partition(".")
        return cls(SlotDay(day), band)


class NumberType(StrEnum):
    """What statistics tell apart: a mobile is reached at other hours than a telephone at home."""

    MOBILE = "mobile"
    FIXED = "fixed"
    IP = "ip"


@dataclass(frozen=True, slots=True)
class PlanRules:
    """`[plan]` of a profile: when, on which number and in which order cases are called."""

    bands: tuple[Band, ...]  # in order; the first begins at 00:00
    clause: Clause  # of a retry on another day and time
    first_clause: Clause  # of where the first call goes
    after: Mapping[Rung, tuple[Rung, ...]]  # a rung is only for those not reached on these: evening = ["day"]
    after_clause: Clause
    other_band: bool  # a retry goes to another band than the last call of the number
    other_weekday: bool  # and to another day of the week (003 §10(4))
    priority_clause: Clause
    waits: Mapping[Result, timedelta]  # after a call that did not count; the same day is allowed again then
    expiring_days: int  # so few calling days left in the round: before fresh cases
    appointment_grace: timedelta  # how long after the named time the call may still begin
    horizon_days: int  # so far ahead a better slot is looked for
    delay_cost: float  # share of a slot's worth that each day of waiting costs
    prior_attempts: float  # weight of what is generally known against a slot's own counts
    person_prior_attempts: float  # the same for one person's history against the slot's


class PlanKind(StrEnum):
    FIRST = "first"
    RETRY = "retry"  # another day and band
    AGAIN = "again"  # after a call that did not count: soon
    APPOINTMENT = "appointment"


class Priority(StrEnum):
    """Who is called first, in this order."""

    APPOINTMENT = "appointment"
    EXPIRING = "expiring"  # the round has few calling days left
    FRESH = "fresh"
    REPEATED = "repeated"

    @property
    def rank(self) -> int:
        return list(Priority).index(self)


@dataclass(frozen=True, slots=True)
class Plan:
    kind: PlanKind
    number: int  # index into the numbers of the case
    not_before: datetime
    not_after: datetime  # from this moment on it must be planned anew
    slot: Slot
    priority: Priority
    reason: str
    clause: Clause
    reserved: bool = False  # an operator is kept for this call before it is dialled


class HeldBecause(StrEnum):
    """Why an open case has no plan."""

    NO_NUMBER = "no_number"
    PROMISE = "promise"
    AWAITS_RESULT = "awaits_result"  # a talk whose result nobody has entered yet
    ROUND_OVER = "round_over"
    NO_SLOT = "no_slot"  # the rest of the round has no day and band that the rules allow


@dataclass(frozen=True, slots=True)
class Held:
    why: HeldBecause
    reason: str
    clause: Clause
    look_again_at: datetime | None  # None: until something happens to the case


@dataclass(frozen=True, slots=True)
class SlotCount:
    """What the log of attempts says about one slot."""

    slot: Slot
    tried: int
    reached: int
