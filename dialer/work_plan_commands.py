"""`dialer plan`: the work plan of a city, in and out, and what came of it so far (C-008, C-009)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from dialer.calendar_commands import CannotAnswer
from dialer.command_log import Use, note
from dialer.commands import opened_database
from dialer.config import Settings
from dialer.core.calendar.days import CalendarView
from dialer.core.city import City
from dialer.core.typed_table import BadTable
from dialer.core.values import TOKYO
from dialer.core.work_plan import CHANNEL_NAMES, PlanChange, PlanKey, Planned, in_force, key_in_words, subjects_of
from dialer.core.work_plan import count_in_words as words_of
from dialer.core.work_plan_file import read_plan
from dialer.core.work_progress import PlanRow, plan_rows
from dialer.holidays import national_holidays
from dialer.store import agreed_days, work_plans
from dialer.store.queries import SAVE_CITY
from dialer.store.work_figures import LONG_SECONDS, done_in
from dialer.table_files import text_of, told

NOTHING_CHANGED = "変更は行っていません。"


@dataclass(frozen=True, slots=True)
class Why:
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PlanImported:
    city: City
    years: Sequence[int]
    rows: int
    changed: Sequence[PlanChange]
    warnings: Sequence[str]
    is_preview: bool

    def as_dict(self) -> dict[str, Any]:
        changed = [{**_plain(one.key), "before": one.before, "after": one.after} for one in self.changed]
        return {
            "city": self.city.key,
            "years": list(self.years),
            "rows": self.rows,
            "changes": changed,
            "warnings": list(self.warnings),
            "entered": not self.is_preview,
        }

    def as_text(self) -> str:
        names = subjects_of(self.city)
        lines = [f"注意: {one}" for one in self.warnings]
        if self.is_preview:
            lines += [
                f"{key_in_words(one.key, names)}: {words_of(one.before)} → {words_of(one.after)}"
                for one in self.changed
            ]
        years = "・".join(f"{year}年度" for year in self.years)
        done = "件の計画が変わります。登録は行っていません。" if self.is_preview else "件の計画を登録しました。"
        return "\n".join([*lines, f"{self.city.name} {years}: {self.rows:,}行のうち、{len(self.changed):,}{done}"])


@dataclass(frozen=True, slots=True)
class PlanEntries:
    city: City
    year: int
    entries: Sequence[Planned]

    def as_dict(self) -> dict[str, Any]:
        entries = [
            {**_plain(one.key), "planned": one.count, "reason": one.reason, "by": one.by, "at": one.at.isoformat()}
            for one in self.entries
        ]
        return {"city": self.city.key, "year": self.year, "entries": entries}

    def as_text(self) -> str:
        names = subjects_of(self.city)
        return "\n".join(
            f"{key_in_words(one.key, names)}: {words_of(one.count)}"
            f"（{one.reason}。{one.by}、{one.at.astimezone(TOKYO):%Y-%m-%d %H:%M}）"
            for one in self.entries
        ) or _nothing(self.city, self.year)


@dataclass(frozen=True, slots=True)
class PlanShown:
    city: City
    year: int
    rows: Sequence[PlanRow]

    def as_dict(self) -> dict[str, Any]:
        return {"city": self.city.key, "year": self.year, "rows": [_plain_row(row) for row in self.rows]}

    def as_text(self) -> str:
        return "\n".join(_row_in_words(row) for row in self.rows) or _nothing(self.city, self.year)


async def import_plan(
    settings: Settings, city: City, file: Path, year: int | None, why: Why, *, preview: bool
) -> PlanImported:
    """All of it, or nothing. Months that the file does not name stay as they are planned."""
    if not preview and not why.reason.strip():
        raise CannotAnswer(f"--reason に理由を書いてください。{NOTHING_CHANGED}")
    try:
        text = text_of(file, work_plans.LARGEST_BYTES)
        table = read_plan(text, subjects_of(city), year)
    except BadTable as bad:
        raise CannotAnswer(told(file, bad.problems)) from None
    async with opened_database(settings) as database:
        found = await database.ask(partial(work_plans.compared, city=city, table=table))
        if not preview:
            row = {"key": city.key, "name": city.name}
            await database.ask(lambda connection: connection.execute(SAVE_CITY, row))
            sum_ = hashlib.sha256(text.encode()).hexdigest()
            entered = [Planned(*one.key, one.after, why.reason.strip(), why.by, why.at) for one in found.changes]
            if not await database.ask(partial(work_plans.enter, city=city.key, wanted=entered, seen=found.seen)):
                raise CannotAnswer(f"ほかの方が計画を変更しました。もう一度お試しください。{NOTHING_CHANGED}")
            years = [str(one) for one in table.years]
            await note(
                settings, city, Use(why.by, why.at, "import", "work_plan", years, len(entered), {"sha256": sum_})
            )
    return PlanImported(city, table.years, table.rows, found.changes, found.warnings, preview)


async def list_plan(settings: Settings, city: City, year: int, *, history: bool) -> PlanEntries:
    """What is planned, and with its history also what was planned before."""
    async with opened_database(settings) as database:
        entries = await database.ask(partial(work_plans.entries, city=city.key, year=year))
    newest = {one.key: one for one in entries}
    return PlanEntries(city, year, entries if history else [one for one in newest.values() if one.count is not None])


async def show_plan(settings: Settings, city: City, year: int, today: date) -> PlanShown:
    """Against what was done."""
    evening = city.calendar.evening_from
    async with opened_database(settings) as database:
        agreed = await database.ask(partial(agreed_days.changes, city=city.key))
        entries = await database.ask(partial(work_plans.entries, city=city.key, year=year))
        work = partial(done_in, city=city, year=year, today=today, evening_from=evening)
        done = await database.ask(work, patience_seconds=LONG_SECONDS)
    view = CalendarView(city.calendar, national_holidays(), tuple(agreed))
    return PlanShown(city, year, plan_rows(city, in_force(entries), done, view, year, today))


def _plain(key: PlanKey) -> dict[str, str]:
    subject, channel, month = key
    return {"subject": subject, "channel": channel.value, "month": f"{month:%Y-%m}"}


def _plain_row(row: PlanRow) -> dict[str, Any]:
    found = row.progress and row.progress.forecast
    return {
        "subject": row.subject.key,
        "channel": row.channel.value,
        "months": [{"month": f"{one.month:%Y-%m}", "planned": one.planned, "actual": one.actual} for one in row.months],
        "planned": row.planned,
        "actual": row.actual,
        "not_counted": row.not_counted,
        "forecast": found and [found.low, found.middle, found.high],
        "days_left": row.progress and row.progress.days_left,
    }


def _row_in_words(row: PlanRow) -> str:
    months = "  ".join(f"{one.month.month}月 {words_of(one.planned)}/{words_of(one.actual)}" for one in row.months)
    found = row.progress and row.progress.forecast
    end = f"  今月末の見込み {found.middle:,.0f}" if found else ""
    why = f"（{row.not_counted}）" if row.not_counted else end
    total = f"計 {row.planned:,}/{words_of(row.actual)}"
    return f"{row.subject.name} {CHANNEL_NAMES[row.channel]}（計画/実績）: {months}  {total}{why}"


def _nothing(city: City, year: int) -> str:
    return f"{city.name} {year}年度の計画はありません"
