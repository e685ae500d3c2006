"""What a whole period comes to, for the page that looks back: counted now and then, once for all pages."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from aiohttp import web

from dialer.core.calendar.values import Period
from dialer.core.city import Measure, Target
from dialer.core.day_figures import midnight, share
from dialer.core.plan.values import SlotDay
from dialer.core.progress import PROSPECT_NAMES, RATES, Counted, Progress, debts_of, period_of, progress_of
from dialer.core.rulebook import Rulebook
from dialer.core.values import TOKYO
from dialer.store.database import Database
from dialer.store.period_counts import counted, hour_counts
from dialer.web.parts import Clock

Json = dict[str, Any]

HOUR_SECONDS = 3600.0  # of targets: a year of a large city takes many seconds to be counted
MAP_SECONDS = 600.0
ANEW_SECONDS = 60.0
PATIENCE_SECONDS = 180.0
MOST_KEPT = 20  # spans that somebody chose
LONGEST_SPAN = timedelta(days=92)  # of the map, and of a list of calls
SLOT_DAY_NAMES = dict(zip(SlotDay, "月火水木金土日祝", strict=True))


@dataclass(slots=True)
class Answer:
    made_at: float = -HOUR_SECONDS  # monotonic
    content: Json = field(default_factory=dict)
    making: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class Kept:
    """Answers that take long, by what was asked. Who asks while one is being made waits for it."""

    clock: Clock
    _answers: dict[Hashable, Answer] = field(default_factory=dict)

    async def answer(
        self, asked: Hashable, make: Callable[[], Awaitable[Json]], *, seconds: float, anew: bool = False
    ) -> Json:
        """`seconds`: so old it may be; `anew`: a minute at most, then."""
        known = self._answers.pop(asked, None) or Answer()
        self._answers[asked] = known  # the last to be forgotten
        while len(self._answers) > MOST_KEPT:
            del self._answers[next(iter(self._answers))]
        async with known.making:
            age = self.clock.monotonic() - known.made_at
            if not known.content or age >= (min(seconds, ANEW_SECONDS) if anew else seconds):
                known.content = await make()
                known.made_at = self.clock.monotonic()
        return known.content


KEPT: web.AppKey[Kept] = web.AppKey("kept_periods", Kept)


def usual_span(book: Rulebook, today: date) -> Period:
    """The calling period so far, or as much of it as the map takes."""
    found = book.calendar.period_of(today, book.city.debts[0].key)
    first = found.first if found is not None else today - timedelta(days=27)
    return Period(max(first, today - LONGEST_SPAN), today)


async def hours_shown(database: Database, book: Rulebook, span: Period, now: datetime) -> Json:
    """How often somebody was reached, by day of the week and hour (C-036)."""
    since, until = midnight(span.first), midnight(span.last + timedelta(days=1))
    holidays = holidays_in(book, span)
    work = partial(hour_counts, city=book.city, since=since, until=until, holidays=holidays)
    found = await database.ask(work, patience_seconds=PATIENCE_SECONDS)
    hours = sorted({hour for _, hour in found})
    cells = {
        f"{day.value}.{hour}": {"tried": tried, "reached": reached, "rate": share(reached, tried)}
        for (day, hour), (tried, reached) in found.items()
    }
    return {
        "first": span.first.isoformat(),
        "last": span.last.isoformat(),
        "at": _at(now),
        "hours": list(range(hours[0], hours[-1] + 1)) if hours else [],
        "days": [{"key": day.value, "name": name} for day, name in SLOT_DAY_NAMES.items()],
        "cells": cells,
    }


def holidays_in(book: Rulebook, span: Period) -> list[date]:
    return [day for day in book.calendar.holidays.names if day in span]


async def targets_shown(database: Database, book: Rulebook, now: datetime) -> Json:
    """The city's targets that today counts for, and those that it does not."""
    today = now.astimezone(TOKYO).date()
    city, view = book.city, book.calendar
    periods = {target: period_of(target, today, view, debts_of(target, city)[0]) for target in city.targets}
    found: dict[Period, Counted] = {}
    for period in {one for one in periods.values() if one is not None}:
        since, until = midnight(period.first), midnight(min(period.last, today) + timedelta(days=1))
        work = partial(counted, city=city, since=since, until=until, evening_from=view.city.evening_from)
        found[period] = await database.ask(work, patience_seconds=PATIENCE_SECONDS)

    def progressed() -> list[Json]:
        return [
            _target(progress_of(target, city, view, period, found[period], today), debts_of(target, city), today)
            for target, period in periods.items()
            if period is not None
        ]

    later = [{"name": one.name, "clause": one.clause} for one, period in periods.items() if period is None]
    shown = await asyncio.to_thread(progressed)  # every day of a long contract is looked up
    return {"at": _at(now), "targets": shown, "later": later}


def _target(one: Progress, debts: tuple[str, ...], today: date) -> Json:
    target, forecast, until = one.target, one.forecast, min(one.period.last, today)
    return {
        "name": target.name,
        "clause": target.clause,
        "is_rate": target.measure in RATES or target.at_least < 1,
        "unit": _unit(target.measure),
        "goal": target.at_least,
        "value": one.value,
        "count": one.count,
        "of": one.of,
        "of_listed": share(one.count, one.listed) if one.listed and one.of is not None else None,
        "first": one.period.first.isoformat(),
        "last": one.period.last.isoformat(),
        "listed_from": max(one.period.first, until - LONGEST_SPAN).isoformat(),
        "until": until.isoformat(),
        "days_done": one.days_done,
        "days_left": one.days_left,
        "forecast": None if forecast is None else [forecast.low, forecast.middle, forecast.high],
        "prospect": None if one.prospect is None else {"key": one.prospect.value, "name": PROSPECT_NAMES[one.prospect]},
        "not_counted": one.not_counted,
        "behind": None if one.not_counted else _behind(target, debts),
    }


BEHIND: dict[Measure, Json] = {
    Measure.CONTACT_RATE: {"figure": "all_contacts"},
    Measure.CONSENT_RATE: {"figure": "all_promises"},
    Measure.PLEDGES: {"figure": "all_promises"},
    Measure.PLEDGED_YEN: {"figure": "all_promises"},
    Measure.ANSWER_RATE: {"figure": "callers_answered"},
    Measure.ANSWERED: {"figure": "callers_answered"},
    Measure.CALLS: {"figure": "placed"},
    Measure.CASES: {"figure": "placed"},
    Measure.EVENING_CALLS: {"figure": "placed", "rung": "evening"},
    Measure.HOLIDAY_CALLS: {"figure": "placed", "rung": "holiday"},
}


def _behind(target: Target, debts: tuple[str, ...]) -> Json:
    """What the list of its calls is asked for by."""
    of_callers = target.measure in (Measure.ANSWER_RATE, Measure.ANSWERED)
    return {**BEHIND[target.measure], **({} if of_callers else {"debt": list(debts)})}


def _unit(measure: Measure) -> str:
    return "円" if measure is Measure.PLEDGED_YEN else "件"


def _at(now: datetime) -> str:
    return f"{now.astimezone(TOKYO):%H:%M}"
