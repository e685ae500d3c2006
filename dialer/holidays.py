"""National holidays of Japan as plain values for the core, from jpholiday."""

from datetime import date
from functools import cache

import jpholiday

from dialer.core.calendar.values import Holidays

FIRST_YEAR = 2022
LAST_YEAR = 2031
"""One year more on either side than the contracts last, so that due dates and edges can cross the turn of a year."""


@cache
def national_holidays(first_year: int = FIRST_YEAR, last_year: int = LAST_YEAR) -> Holidays:
    found = jpholiday.between(date(first_year, 1, 1), date(last_year, 12, 31))
    return Holidays({day: _plain(name) for day, name in found}, first_year, last_year)


def _plain(name: str) -> str:
    """「憲法記念日 振替休日」 becomes 「振替休日（憲法記念日）」, as people write it."""
    of, _, substitute = name.partition(" ")
    return f"{substitute}（{of}）" if substitute else name
