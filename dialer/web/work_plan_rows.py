"""What the page of the work plan shows: the year as a table, this month with where it ends, the history."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from itertools import groupby
from typing import Any

from aiohttp import web

from dialer.core.progress import PROSPECT_NAMES, Progress
from dialer.core.rulebook import Rulebook
from dialer.core.values import TOKYO
from dialer.core.work_plan import (
    CHANNEL_NAMES,
    MONTHS,
    NOTHING,
    Planned,
    Subject,
    count_in_words,
    in_force,
    key_in_words,
    subjects_of,
)
from dialer.core.work_progress import Done, MonthDone, PlanRow, plan_rows
from dialer.store.work_figures import LONG_SECONDS, done_in
from dialer.web.day_period import KEPT
from dialer.web.desk_parts import desk_of
from dialer.web.parts import parts_of

Json = dict[str, Any]

MOST_HISTORY = 100
COUNTED_SECONDS = 300.0  # so old may what was done be: a year is read for it


def book_of(request: web.Request) -> Rulebook:
    """The rules in force: a profile that was changed is there without a restart."""
    return desk_of(request).live.parts.book


async def done_in_year(request: web.Request, year: int, today: date) -> tuple[Done, str]:
    """And when it was counted: a few minutes ago, or anew when somebody asks."""
    parts, book = parts_of(request), book_of(request)
    city, evening = book.city, book.calendar.city.evening_from

    async def make() -> Json:
        at = f"{parts.clock.now().astimezone(TOKYO):%H:%M}"
        work = partial(done_in, city=city, year=year, today=today, evening_from=evening)
        return {"at": at, "done": await parts.database.ask(work, patience_seconds=LONG_SECONDS)}

    asked = ("plan", year, today, evening)
    kept = await request.app[KEPT].answer(asked, make, seconds=COUNTED_SECONDS, anew="anew" in request.query)
    return kept["done"], kept["at"]


async def rows_of_year(
    request: web.Request, year: int, entries: Sequence[Planned], today: date
) -> tuple[Sequence[PlanRow], str]:
    """And when it was counted what was done."""
    (done, at), book = await done_in_year(request, year, today), book_of(request)
    return await asyncio.to_thread(plan_rows, book.city, in_force(entries), done, book.calendar, year, today), at


async def page_values(request: web.Request, year: int, entries: Sequence[Planned], today: date) -> Json:
    (rows, counted_at), book = await rows_of_year(request, year, entries, today), book_of(request)
    subjects = subjects_of(book.city)
    newest = list(reversed(entries))
    return {
        "city": book.city,
        "subjects": subjects,
        "parts": [_part(subject, list(of)) for subject, of in groupby(rows, key=lambda row: row.subject)],
        "this_month": now_shown(rows, today),
        "today": today,
        "counted_at": counted_at,
        "evening_from": f"{book.calendar.city.evening_from:%H:%M}",
        "history": [_entry(one, subjects) for one in newest[:MOST_HISTORY]],
        "left_out": len(newest) - MOST_HISTORY,
    }


def _part(subject: Subject, rows: Sequence[PlanRow]) -> Json:
    lines = [_line(row) for row in rows]
    return {"name": subject.name, "key": subject.key, "lines": lines, "height": sum(line["height"] for line in lines)}


def _line(row: PlanRow) -> Json:
    """Three rows of a table: the plan, what was done, the share; two where there is no figure."""
    return {
        "channel": row.channel.value,
        "name": CHANNEL_NAMES[row.channel],
        "months": [
            {
                "month": one.month,
                "planned": count_in_words(one.planned),
                "actual": count_in_words(one.actual),
                "share": share_in_words(one.share),
            }
            for one in row.months
        ],
        "planned": f"{row.planned:,}",
        "actual": count_in_words(row.actual),
        "share": share_in_words(row.share),
        "not_counted": row.not_counted,
        "height": 2 if row.not_counted else 3,
        "columns": MONTHS + 1,
    }


def now_shown(rows: Iterable[PlanRow], today: date) -> list[Json]:
    """This month, of what is counted and planned for it."""
    this = today.replace(day=1)
    return [
        _now(row, one)
        for row in rows
        for one in row.months
        if one.month == this and one.planned is not None and row.not_counted is None
    ]


def _now(row: PlanRow, now: MonthDone) -> Json:
    progress = row.progress
    return {
        "subject": row.subject.name,
        "channel": CHANNEL_NAMES[row.channel],
        "planned": count_in_words(now.planned),
        "actual": count_in_words(now.actual),
        "share": share_in_words(now.share),
        "forecast": forecast_in_words(progress),
        "days_left": NOTHING if progress is None else f"{progress.days_left}日",
        "prospect": PROSPECT_NAMES[progress.prospect] if progress and progress.prospect else NOTHING,
    }


def forecast_in_words(progress: Progress | None) -> str:
    found = progress and progress.forecast
    return f"{found.middle:,.0f}（{found.low:,.0f}～{found.high:,.0f}）" if found else NOTHING


def share_in_words(share: float | None) -> str:
    return NOTHING if share is None else f"{100 * share:.1f}%"


def _entry(one: Planned, subjects: Sequence[Subject]) -> Json:
    return {
        "at": one.at.astimezone(TOKYO),
        "what": key_in_words(one.key, subjects),
        "count": count_in_words(one.count),
        "reason": one.reason,
        "by": one.by,
    }
