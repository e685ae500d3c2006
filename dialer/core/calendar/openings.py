"""When people can call next, as a date with its hours, in words for a recording, and as a short name for its sound."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dialer.core.calendar.days import CalendarView
from dialer.core.calendar.values import Hours
from dialer.core.values import TOKYO

AHEAD_DAYS = 120  # the longest time between two calling periods, and the turn of the year
WEEKDAYS = "月火水木金土日"


@dataclass(frozen=True, slots=True)
class NextOpening:
    day: date
    hours: Hours


def next_opening(view: CalendarView, now: datetime) -> NextOpening | None:
    """The first that begins after this moment; None: no such day is known, as after the end of a contract."""
    local = now.astimezone(TOKYO)
    found = (one for one in _openings(view, local.date()) if datetime.combine(one.day, one.hours.opens, TOKYO) > local)
    return next(found, None)


def openings_ahead(view: CalendarView, now: datetime, days: int) -> tuple[NextOpening, ...]:
    """All that may have to be named within so many days, whatever the time of the day."""
    local = now.astimezone(TOKYO)
    moments = [datetime.combine(local.date(), time.min, TOKYO) + timedelta(days=ahead) for ahead in range(days + 1)]
    found = [one for moment in moments for one in _first_two(view, moment)]
    return tuple(dict.fromkeys(found))


def opening_key(opening: NextOpening) -> str:
    hours = opening.hours
    return f"{opening.day:%Y%m%d}-{hours.opens:%H%M}-{hours.closes:%H%M}"


def opening_in_words(opening: NextOpening) -> str:
    day, hours = opening.day, opening.hours
    named = f"{day.month}月{day.day}日、{WEEKDAYS[day.weekday()]}曜日"
    return f"次の受付は、{named}、{clock_in_words(hours.opens)}から、{clock_in_words(hours.closes)}までです。"


def clock_in_words(moment: time) -> str:
    half, hour = ("午前", moment.hour) if moment.hour < 12 else ("午後", moment.hour - 12)
    if moment == time(12):
        return "正午"
    return f"{half}{hour}時{f'{moment.minute}分' if moment.minute else ''}"


def _openings(view: CalendarView, first: date) -> Iterator[NextOpening]:
    for ahead in range(AHEAD_DAYS + 1):
        day = first + timedelta(days=ahead)
        if not view.city.operates_on(day) and not any(day < period.last for period in view.city.operation):
            return
        if hours := view.day(day).inbound:
            yield NextOpening(day, hours)


def _first_two(view: CalendarView, midnight: datetime) -> Iterator[NextOpening]:
    """Before the day's opening and after it."""
    local = midnight.date()
    found = _openings(view, local)
    first = next(found, None)
    if first is None:
        return
    yield first
    if first.day == local and (second := next(found, None)):
        yield second
