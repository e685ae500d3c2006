"""The days that a centre would agree with its city for a month: evenings and holidays, as the tender's quotas ask."""

import calendar
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from dialer.core.calendar.rules import Change, ChangeKind, Pattern
from dialer.core.calendar.values import DayClass, Holidays
from dialer.core.city import City
from dialer.core.values import TOKYO

TUESDAY, THURSDAY = 1, 3


def agreed_days(city: City, month: date, holidays: Holidays) -> tuple[Change, ...]:
    """Tuesdays and Thursdays in the evening, two Saturdays; with each worked Saturday a Monday is closed in exchange
    where the city asks for that. Only patterns that exist there and are not its usual ones."""
    days = [month.replace(day=day) for day in range(1, calendar.monthrange(month.year, month.month)[1] + 1)]
    return tuple(_agreed(city, days, holidays))


def _agreed(city: City, days: list[date], holidays: Holidays) -> Iterator[Change]:
    usual = set(city.calendar.usual.values())
    evening = _pattern(city, usual, DayClass.WEEKDAY)
    rest = _pattern(city, usual, DayClass.SATURDAY)
    for day in days:
        plain = holidays.classes(day) == (DayClass.WEEKDAY,)
        if evening and plain and day.weekday() in (TUESDAY, THURSDAY):
            yield _change(day, ChangeKind.OPEN, evening.name, pattern=evening.key)
    saturdays = [day for day in days if holidays.classes(day) == (DayClass.SATURDAY,)][1:4:2]
    for saturday in saturdays if rest else ():
        assert rest is not None
        yield _change(saturday, ChangeKind.OPEN, rest.name, pattern=rest.key)
        monday = saturday - timedelta(days=5)
        if rest.key in city.calendar.exchanged and monday in days and holidays.classes(monday) == (DayClass.WEEKDAY,):
            yield _change(monday, ChangeKind.CLOSE, "休日催告の振替", exchanged_for=saturday)


def _pattern(city: City, usual: set[str], on: DayClass) -> Pattern | None:
    """One that is used by agreement only."""
    found = (one for one in city.calendar.patterns if on in one.on and one.calls and one.key not in usual)
    return next(found, None)


def _change(
    day: date, kind: ChangeKind, reason: str, *, pattern: str | None = None, exchanged_for: date | None = None
) -> Change:
    decided = datetime.combine(day.replace(day=1) - timedelta(days=10), time(9), TOKYO)
    return Change(day, kind, reason, "rehearsal", decided, pattern, exchanged_for=exchanged_for)
