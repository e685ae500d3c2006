"""For which calling period (架電期間) a list is."""

import re
from collections.abc import Iterable
from datetime import date, timedelta

from dialer.core.calendar.days import CalendarView
from dialer.core.calendar.values import Period

FARTHEST_DAYS = 400  # a season comes back within a year


def round_for(view: CalendarView, debt: str, today: date) -> Period | None:
    """The period that today lies in, or the next that begins. None when there is none to come.

    A list that comes on the last day of a round is of that round; who means the next one says so.
    """
    for ahead in range(FARTHEST_DAYS):
        day = today + timedelta(days=ahead)
        if day.year > view.holidays.last_year:
            return None
        if not view.city.operates_on(day):
            continue
        if found := view.period_of(day, debt):
            return found
    return None


def rounds_for(view: CalendarView, debts: Iterable[str], today: date) -> dict[str, Period]:
    """By debt kind; one without a period to come is not among them."""
    found = ((debt, round_for(view, debt, today)) for debt in debts)
    return {debt: period for debt, period in found if period is not None}


def round_from(text: str) -> Period | None:
    """2026-12-01..2026-12-10; None when it is not written so."""
    written = re.fullmatch(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)", text.strip(), re.ASCII)
    try:
        first, last = (date.fromisoformat(half) for half in written.groups()) if written else (None, None)
    except ValueError:
        return None
    return Period(first, last) if first and last and first <= last else None
