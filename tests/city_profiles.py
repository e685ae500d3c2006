"""The five real profiles for tests, and short ways to write days, hours and agreed changes."""

import re
from datetime import date, datetime, time

from dialer.core.calendar.days import CalendarView
from dialer.core.calendar.due import DueRule
from dialer.core.calendar.rules import Change, ChangeKind, CityCalendar
from dialer.core.calendar.values import Hours, Period
from dialer.core.city import City
from dialer.core.rules.completion import CompletionRules
from dialer.core.values import TOKYO
from dialer.holidays import national_holidays
from dialer.profiles import FOLDER, cities, load_city

HOLIDAYS = national_holidays()
SIXTH = re.findall(r"```toml\n(.*?)```", (FOLDER / "README.md").read_text(encoding="utf-8"), re.DOTALL)[0]
"""The profile that dialer/cities/README.md shows."""
CITY: dict[str, City] = {key: load_city(key) for key in cities()}
CALENDARS: dict[str, CityCalendar] = {key: city.calendar for key, city in CITY.items()}
RULES: dict[str, CompletionRules] = {key: city.rules for key, city in CITY.items()}


def day(text: str) -> date:
    return date.fromisoformat(text)


def period(text: str) -> Period:
    """2024-09-11～2024-09-20"""
    first, last = text.split("～")
    return Period(day(first), day(last))


def hours(text: str) -> Hours:
    """9:00-17:00"""
    opens, closes = (time.fromisoformat(half.zfill(5)) for half in text.split("-"))
    return Hours(opens, closes)


def due_rule(city: str, what: str) -> DueRule:
    return next(rule for rule in CITY[city].dues if rule.what == what)


def agreed(
    day_text: str,
    pattern: str | None,
    reason: str = "協議による",
    *,
    at: str = "2023-01-01T09:00",
    calls: str | None = None,
    debts: tuple[str, ...] = (),
    exchanged_for: str | None = None,
    kind: ChangeKind | None = None,
) -> Change:
    """An agreed change; without a pattern the day is closed."""
    return Change(
        day(day_text),
        kind or (ChangeKind.OPEN if pattern else ChangeKind.CLOSE),
        reason,
        "user-7",
        datetime.fromisoformat(at).replace(tzinfo=TOKYO),
        pattern,
        hours(calls) if calls else None,
        None,
        debts,
        day(exchanged_for) if exchanged_for else None,
    )


def view(city: str, *changes: Change) -> CalendarView:
    return CalendarView(CALENDARS[city], HOLIDAYS, changes)
