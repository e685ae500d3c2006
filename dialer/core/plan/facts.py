"""What planning goes by: kept with the case as a short text, so that a day is planned without reading histories.

    {"last":["2026-08-18T14:02:11",0],"numbers":["mobile 2026-08-17.morning 2026-08-18.afternoon","fixed"],
     "round":["2026-08-17","2026-08-28"],"person":["mon.morning 3 1"]}

A number is its type, then `closed` when it is not called any more, the day and band of each counted call, and the
latest dial when that did not count: `busy@2026-08-19T09:30:00`. After a broken promise the calls begin anew, and the
last one before it stands alone as `before@2026-08-17.morning`. No telephone number, no name. What is the usual case is
left out, and keys are sorted: the same facts are the same text.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, Self

from dialer.core.plan.days import OpenDays
from dialer.core.plan.values import NumberType, Slot, SlotCount
from dialer.core.rules.happenings import Result, Round
from dialer.core.rules.ladder import Appointment
from dialer.core.rules.standing import MOBILE_PREFIXES, NumberReport, Standing
from dialer.core.values import TOKYO, PhoneNumber

CLOSED, BEFORE = "closed", "before"
DECODER = json.JSONDecoder()
ONE_SECOND = timedelta(seconds=1)


class Called(NamedTuple):
    """A counted call."""

    day: date
    band: str


class Uncounted(NamedTuple):
    """The latest dial of a number, when it did not count."""

    at: datetime
    result: Result


class LastDial(NamedTuple):
    """The latest dial of a case with several numbers."""

    at: datetime
    number: int


class NumberFacts(NamedTuple):
    type: NumberType
    is_callable: bool = True
    calls: tuple[Called, ...] = ()
    uncounted: Uncounted | None = None
    before: Called | None = None  # the last call before a broken promise: no longer counted, not yet forgotten

    @property
    def last(self) -> Called | None:
        return self.calls[-1] if self.calls else self.before

    @property
    def text(self) -> str:
        words = [self.type.value, *([] if self.is_callable else [CLOSED])]
        words += [f"{call.day.isoformat()}.{call.band}" for call in self.calls]
        if self.before is not None:
            words.append(f"{BEFORE}@{self.before.day.isoformat()}.{self.before.band}")
        if self.uncounted is not None:
            words.append(f"{self.uncounted.result.value}@{_written(self.uncounted.at)}")
        return " ".join(words)


class PlanFacts(NamedTuple):
    round: Round
    numbers: tuple[NumberFacts, ...]
    awaits_result: bool = False
    held_until: date | None = None  # a promise is not yet due
    appointment: Appointment | None = None
    talked_on: date | None = None
    last: LastDial | None = None
    person: tuple[SlotCount, ...] = ()
    left_alone: datetime | None = None  # in a call that nobody of us took; an operator is kept for the next one

    @property
    def text(self) -> str:
        calling = [self.round.first, self.round.last, *sorted(self.round.excluded)]
        facts: dict[str, object] = {
            "alone": self.left_alone and _written(self.left_alone),
            "awaits_result": self.awaits_result or None,
            "held_until": self.held_until and self.held_until.isoformat(),
            "last": self.last and [_written(self.last.at), self.last.number],
            "named": self.appointment and [_written(self.appointment.at), self.appointment.number],
            "numbers": [number.text for number in self.numbers],
            "person": [f"{count.slot} {count.tried} {count.reached}" for count in self.person] or None,
            "round": [day.isoformat() for day in calling],
            "talked_on": self.talked_on and self.talked_on.isoformat(),
        }
        told = {name: value for name, value in facts.items() if value is not None}
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> Self:
        facts: dict[str, Any]
        facts, _ = DECODER.raw_decode(text)  # a day's planning does this for every case: no step too many
        get = facts.get
        last, named, held, talked = get("last"), get("named"), get("held_until"), get("talked_on")
        alone = get("alone")
        return cls(
            _round(tuple(facts["round"])),
            tuple([_number(number) for number in facts["numbers"]]),
            bool(get("awaits_result")),
            held and date.fromisoformat(held),
            named and Appointment(_read(named[0]), named[1]),
            talked and date.fromisoformat(talked),
            last and LastDial(_read(last[0]), last[1]),
            tuple([_slot_count(count) for count in get("person", ())]),
            alone and _read(alone),
        )


def facts_of(
    calling: Round,
    standing: Standing,
    days: OpenDays,
    person: tuple[SlotCount, ...] = (),
    *,
    awaits_result: bool,
    left_alone: datetime | None = None,
) -> PlanFacts:
    """What of a case's standing the plan needs."""
    numbers = standing.numbers
    dials = [
        LastDial(at, index)
        for index, number in enumerate(numbers)
        for at in (*number.calls[-1:], *([number.uncounted_last.at] if number.uncounted_last else []))
    ]
    last = max(dials, default=None)
    if last is not None and not any(one.callable for one in (*numbers[: last.number], *numbers[last.number + 1 :])):
        last = None  # only another number waits for it
    return PlanFacts(
        calling,
        tuple(_facts_of_number(number, days) for number in numbers),
        awaits_result,
        standing.held_until,
        standing.appointment and Appointment(_whole(standing.appointment.at), standing.appointment.number),
        standing.talked_at and standing.talked_at.astimezone(TOKYO).date(),
        last and LastDial(_whole(last.at), last.number),
        tuple(sorted((count for count in person if count.tried), key=lambda count: count.slot)),
        left_alone and _whole(left_alone),
    )


def type_of(number: PhoneNumber) -> NumberType:
    if number.startswith(MOBILE_PREFIXES):
        return NumberType.MOBILE
    return NumberType.IP if number.startswith("050") else NumberType.FIXED


def _facts_of_number(report: NumberReport, days: OpenDays) -> NumberFacts:
    calls = tuple(_called(at, days) for at in report.calls)
    before = None if calls or report.called_before is None else _called(report.called_before, days)
    dial = report.uncounted_last if report.callable else None
    uncounted = None if dial is None else Uncounted(_whole(dial.at), dial.result)
    return NumberFacts(type_of(report.number), report.callable, calls, uncounted, before)


def _called(at: datetime, days: OpenDays) -> Called:
    return Called(at.astimezone(TOKYO).date(), days.band_at(at))


def _whole(moment: datetime) -> datetime:
    """In whole seconds, never earlier: no wait gets shorter by it."""
    local = moment.astimezone(TOKYO)
    return local if not local.microsecond else local.replace(microsecond=0) + ONE_SECOND


def _written(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")


def _read(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=TOKYO)


TYPES: Mapping[str, NumberType] = {number_type.value: number_type for number_type in NumberType}


@lru_cache(maxsize=100_000)
def _number(text: str) -> NumberFacts:
    number_type, *words = text.split(" ")
    is_callable = CLOSED not in words[:1]
    calls: list[Called] = []
    uncounted = before = None
    for word in words if is_callable else words[1:]:
        what, _, when = word.rpartition("@")
        if what == BEFORE:
            before = _read_call(when)
        elif what:
            uncounted = Uncounted(_read(when), Result(what))
        else:
            calls.append(_read_call(when))
    return NumberFacts(TYPES[number_type], is_callable, tuple(calls), uncounted, before)


def _read_call(text: str) -> Called:
    day, _, band = text.partition(".")
    return Called(date.fromisoformat(day), band)


@lru_cache(maxsize=10_000)
def _slot_count(text: str) -> SlotCount:
    slot, tried, reached = text.split(" ")
    return SlotCount(Slot.from_text(slot), int(tried), int(reached))


@lru_cache(maxsize=1_000)
def _round(days: tuple[str, ...]) -> Round:
    first, last, *excluded = (date.fromisoformat(day) for day in days)
    return Round(first, last, frozenset(excluded))
