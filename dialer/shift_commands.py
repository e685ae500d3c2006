"""`dialer shifts`: the plan of operators' shifts and breaks, in and out. The pace of calls reckons with it."""

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
from dialer.core.city import City
from dialer.core.shift_file import read_plan
from dialer.core.shift_plan import TIME_NAMES, PlannedTime
from dialer.core.typed_table import BadTable, cells_of
from dialer.store.shift_plans import planned, replace_plan, unknown_logins
from dialer.table_files import text_of, told

LARGEST_BYTES = 4_000_000  # a year of two hundred operators


@dataclass(frozen=True, slots=True)
class Shifts:
    city: City
    times: Sequence[PlannedTime]

    def as_dict(self) -> dict[str, Any]:
        return {
            "city": self.city.key,
            "times": [
                {
                    "date": one.day.isoformat(),
                    "login": one.login,
                    "kind": one.kind.value,
                    "begins": f"{one.begins:%H:%M}",
                    "ends": f"{one.ends:%H:%M}",
                }
                for one in self.times
            ],
        }

    def as_text(self) -> str:
        return "\n".join(one.text for one in self.times) or "計画はありません"


@dataclass(frozen=True, slots=True)
class Imported:
    city: City
    days: Sequence[date]
    operators: int
    rows: int

    def as_dict(self) -> dict[str, Any]:
        days = [day.isoformat() for day in self.days]
        return {"city": self.city.key, "days": days, "operators": self.operators, "rows": self.rows}

    def as_text(self) -> str:
        first, last = self.days[0], self.days[-1]
        span = f"{first}" if first == last else f"{first}～{last}（{len(self.days)}日）"
        names = "・".join(TIME_NAMES.values())
        return f"{self.city.name} {span}: {self.operators}人の{names}の計画 {self.rows:,}行で置き換えました"


async def import_shifts(settings: Settings, city: City, file: Path, by: str, now: datetime) -> Imported:
    """All of it, or nothing. What was planned for the days of the file is replaced."""
    try:
        times = read_plan(cells_of(text_of(file, LARGEST_BYTES)))
    except BadTable as bad:
        raise CannotAnswer(told(file, bad.problems)) from None
    days, logins = sorted({one.day for one in times}), {one.login for one in times}
    async with opened_database(settings) as database:
        if unknown := await database.ask(partial(unknown_logins, city=city.key, logins=logins)):
            raise CannotAnswer(told(file, [f"この市の担当者ではないログインID: {'、'.join(unknown)}"]))
        await database.ask(partial(replace_plan, city=city.key, times=times, by=by, at=now))
    detail = {"first": days[0].isoformat(), "last": days[-1].isoformat()}
    await note(settings, city, Use(by, now, "import", "shift_plan", [], len(times), detail))
    return Imported(city, days, len(logins), len(times))


async def list_shifts(settings: Settings, city: City, first: date, last: date) -> Shifts:
    async with opened_database(settings) as database:
        return Shifts(city, await database.ask(partial(planned, city=city.key, first=first, last=last)))
