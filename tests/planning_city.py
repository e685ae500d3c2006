"""Rulebooks of the five cities, and plans as short lines: `8/18 12:00～17:00 番号1 retry`."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from dialer.core.calendar.days import CalendarView
from dialer.core.calendar.rules import Change
from dialer.core.decide import Decision, KnownCase, Rulebook, decide
from dialer.core.plan.slots import SlotTable
from dialer.core.plan.values import Held, NumberType, Plan, Slot, SlotCount
from dialer.core.values import TOKYO
from tests.city_profiles import CITY, HOLIDAYS
from tests.unit import case_table
from tests.unit.case_table import moment

Counts = Mapping[tuple[NumberType, Slot], tuple[int, int]]


def book(city: str, *changes: Change, counts: Counts | None = None) -> Rulebook:
    profile = CITY[city]
    slots = SlotTable.learned(counts or {}, profile.plan)
    return Rulebook(profile, CalendarView(profile.calendar, HOLIDAYS, changes), slots)


BOOKS = {city: book(city) for city in CITY}


def decided(
    happened: str,
    now: str,
    *,
    numbers: int = 1,
    rules: Rulebook = BOOKS["nagaoka"],
    person: tuple[SlotCount, ...] = (),
    awaits_result: bool = False,
    debt: str | None = None,
) -> Decision:
    """Of the history that the sentences tell, in the round from 17 to 28 August 2026."""
    city = rules.city
    history = case_table.history(happened, numbers, city.key)
    known = KnownCase(replace(history, debt=debt or city.debts[0].key), person, awaits_result)
    return decide(known, rules, moment(now))


def told(decision: Decision) -> str:
    """One line for what comes next."""
    return line(decision.plan or decision.held)


def line(found: Plan | Held | None) -> str:
    match found:
        case Plan():
            opens, closes = (one.astimezone(TOKYO) for one in (found.not_before, found.not_after))
            return f"{short(opens)}～{closes:%H:%M} 番号{found.number + 1} {found.kind.value}"
        case Held():
            again = "" if found.look_again_at is None else f" {short(found.look_again_at)}"
            return f"{found.why.value}{again}"
        case None:
            return "終了"


def short(at: datetime) -> str:
    local = at.astimezone(TOKYO)
    return f"{local.month}/{local.day} {local:%H:%M}"
