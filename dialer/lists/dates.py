"""Dates as cities write them: by a pattern, by the Western calendar in three ways, by the era in three.

令和8年11月25日, R8.11.25, 080000-like zeros for "none" (host systems fill them in), and the seven digits of many core
systems: era, year, month, day (5081125).
"""

import re
import unicodedata
from datetime import date, datetime

ERAS: tuple[tuple[str, str, str, date], ...] = (
    # letter, digit of the core systems, name, first day
    ("M", "1", "明治", date(1868, 1, 25)),
    ("T", "2", "大正", date(1912, 7, 30)),
    ("S", "3", "昭和", date(1926, 12, 25)),
    ("H", "4", "平成", date(1989, 1, 8)),
    ("R", "5", "令和", date(2019, 5, 1)),
)
ERA, ERA7 = "era", "era7"
"""Patterns of a layout besides those of strptime."""

WESTERN = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{4})(\d\d)(\d\d)", re.ASCII)
OF_ERA = re.compile(r"([MTSHR]|明治|大正|昭和|平成|令和)(元|\d{1,2})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
OF_ERA_CLOSE = re.compile(r"([MTSHR])(\d\d)(\d\d)(\d\d)", re.ASCII)
SEVEN = re.compile(r"([1-5])(\d\d)(\d\d)(\d\d)", re.ASCII)


def read_date(written: str, pattern: str | None = None) -> date | None:
    """None when it is no date. What the era was called is taken as written, also after its end (平成31年5月)."""
    plain = unicodedata.normalize("NFKC", written).replace(" ", "").upper()
    try:
        if pattern == ERA:
            return _of_era(plain)
        if pattern == ERA7:
            return _of_seven(plain)
        if pattern is not None:
            return datetime.strptime(plain, pattern).date()  # noqa: DTZ007 (a day has no offset)
        return _western(plain) or _of_era(plain)
    except ValueError:
        return None


def is_no_date(written: str) -> bool:
    """Empty, or the zeros that a core system writes for it."""
    return not written.strip("0０/-. 　")


def write_date(day: date, pattern: str | None = None) -> str:
    if pattern in (ERA, ERA7):
        letter, digit, _, first = next(era for era in reversed(ERAS) if era[3] <= day)
        year = day.year - first.year + 1
        return (
            f"{letter}{year}.{day.month}.{day.day}" if pattern == ERA else f"{digit}{year:02}{day.month:02}{day.day:02}"
        )
    return day.strftime(pattern or "%Y-%m-%d")


def _western(plain: str) -> date | None:
    found = WESTERN.fullmatch(plain)
    if found is None:
        return None
    year, month, day = (part for part in found.groups() if part is not None)
    return date(int(year), int(month), int(day))


def _of_era(plain: str) -> date | None:
    found = OF_ERA.fullmatch(plain) or OF_ERA_CLOSE.fullmatch(plain)
    return _in_era(*found.groups()) if found else None


def _of_seven(plain: str) -> date | None:
    found = SEVEN.fullmatch(plain)
    return _in_era(*found.groups()) if found else None


def _in_era(era: str, year: str, month: str, day: str) -> date | None:
    first = next(first for letter, digit, name, first in ERAS if era in (letter, digit, name))
    found = date(first.year + (1 if year == "元" else int(year)) - 1, int(month), int(day))
    return found if found >= first else None
