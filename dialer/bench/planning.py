"""`./run bench plan`: a day's planning of a hundred thousand open cases, beside planning each of them by itself.

Pure: what the rules and the memory of the planner cost, without the database. Cases are as a day finds them: never
called, or called one to five times on one or two numbers at any day and band; every fifth person has been called in
earlier rounds, a few were busy last, and some expect a call at a time they named.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from time import perf_counter
from typing import Any

from dialer.core.calendar.days import CalendarView
from dialer.core.city import City
from dialer.core.decide import Rulebook
from dialer.core.plan.facts import Called, LastDial, NumberFacts, PlanFacts, Uncounted
from dialer.core.plan.planning import Planner
from dialer.core.plan.slots import SlotTable
from dialer.core.plan.values import NumberType, Slot, SlotCount, SlotDay
from dialer.core.rules.happenings import Result, Round
from dialer.core.rules.ladder import Appointment
from dialer.core.values import TOKYO
from dialer.holidays import national_holidays
from dialer.profiles import load_city

MORNING = datetime(2026, 8, 26, 7, tzinfo=TOKYO)
MONTH = Round(date(2026, 8, 3), date(2026, 9, 30))
ROUND = Round(date(2026, 8, 17), date(2026, 8, 28))


CASES, ALONE = 100_000, 500
GOAL_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Figures:
    city: str
    cases: int
    unlike: int
    seconds: float
    alone_seconds: float  # of one case, with nothing remembered from another

    @property
    def ratio(self) -> float:
        return self.cases * self.alone_seconds / self.seconds

    def as_dict(self) -> dict[str, Any]:
        return {
            "city": self.city,
            "cases": self.cases,
            "unlike": self.unlike,
            "seconds": round(self.seconds, 2),
            "alone_us": round(self.alone_seconds * 1_000_000),
            "ratio": round(self.ratio, 1),
        }

    def line(self) -> str:
        met = "met" if self.seconds <= GOAL_SECONDS else "NOT met"
        return (
            f"{self.city}: {self.cases:,} open cases, {self.unlike:,} of them unlike, in {self.seconds:.2f} s "
            f"(goal: {GOAL_SECONDS:g} s: {met}); {self.ratio:.1f} times as fast as each by itself"
        )


def bench_planning(city: str, *, seed: int = 7, count: int = CASES) -> Figures:
    rules = taught(city)
    cases = list(open_cases(rules, count, seed))
    seconds = _seconds(cases, Planner(rules, MORNING))
    some = cases[:: max(1, count // ALONE)]
    alone = sum(_seconds([case], Planner(rules, MORNING)) for case in some)
    return Figures(city, count, len(set(cases)), seconds, alone / len(some))


def _seconds(cases: Sequence[tuple[str, str]], planner: Planner) -> float:
    began = perf_counter()
    for facts, debt in cases:
        planner.plan_of(facts, debt)
    return perf_counter() - began


def taught(key: str, seed: int = 1) -> Rulebook:
    """A city in which every slot has been tried."""
    chance, city = Random(seed), load_city(key)  # noqa: S311 (invented counts)
    slots = _slots(city)
    tried = {(kind, slot): chance.randint(50, 5000) for kind in NumberType for slot in slots}
    counts = {key: (count, int(count * chance.uniform(0.1, 0.5))) for key, count in tried.items()}
    view = CalendarView(city.calendar, national_holidays())
    return Rulebook(city, view, SlotTable.learned(counts, city.plan))


def open_cases(rules: Rulebook, count: int, seed: int = 7) -> Iterator[tuple[str, str]]:
    """Facts and debt of each."""
    chance, city = Random(seed), rules.city  # noqa: S311 (invented cases)
    calling = ROUND if city.key == "nagaoka" else MONTH
    days = [day for day in (calling.first + timedelta(days=place) for place in range(23)) if day < MORNING.date()]
    weekdays, slots = [day for day in days if day.weekday() < 5], _slots(city)
    for _ in range(count):
        yield _facts(chance, calling, weekdays, slots), chance.choice(city.debts).key


def _facts(chance: Random, calling: Round, days: list[date], slots: list[Slot]) -> str:
    calls, two = chance.choice([0, 0, 0, 1, 1, 2, 2, 3, 4, 5]), chance.random() < 0.5
    shares = ((calls + 1) // 2, calls // 2) if two else (min(calls, 2),)
    numbers: list[NumberFacts] = []
    last: LastDial | None = None
    for place, share in enumerate(shares):
        called = tuple(Called(day, chance.choice(slots).band) for day in sorted(chance.sample(days, share)))
        busy = Uncounted(_moment(chance, days[-1]), Result.BUSY) if chance.random() < 0.05 else None
        numbers.append(NumberFacts(chance.choice([NumberType.MOBILE, NumberType.FIXED]), True, called, busy))
        if called and two:
            dial = LastDial(_moment(chance, called[-1].day), place)
            last = dial if last is None else max(last, dial)
    person = _person(chance, slots) if chance.random() < 0.2 else ()
    named = Appointment(datetime(2026, 8, 27, 18, tzinfo=TOKYO), 0) if chance.random() < 0.01 else None
    talked = chance.choice(days) if chance.random() < 0.1 else None
    return PlanFacts(calling, tuple(numbers), False, None, named, talked, last, person).text


def _person(chance: Random, slots: list[Slot]) -> tuple[SlotCount, ...]:
    tried = {slot: chance.randint(1, 6) for slot in sorted(chance.sample(slots, chance.randint(1, 5)))}
    return tuple(SlotCount(slot, count, chance.randint(0, count // 2)) for slot, count in tried.items())


def _moment(chance: Random, day: date) -> datetime:
    return datetime.combine(day, time(chance.randint(9, 18), chance.randint(0, 59), chance.randint(0, 59)), TOKYO)


def _slots(city: City) -> list[Slot]:
    return [Slot(day, band.key) for day in SlotDay for band in city.plan.bands]
