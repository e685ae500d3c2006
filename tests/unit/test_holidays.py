"""National holidays: two independent libraries and what the Cabinet Office has published must agree."""

from datetime import date

import holidays as second_opinion
import pytest

from dialer.core.calendar.values import CalendarError, DayClass
from dialer.holidays import national_holidays

KNOWN = national_holidays()


@pytest.mark.parametrize("year", range(2023, 2031))
def test_a_second_library_has_the_same_days(year: int) -> None:
    other = second_opinion.country_holidays("JP", years=year, language="ja")
    assert {day for day in KNOWN.names if day.year == year} == set(other)


PUBLISHED = {
    2024: "01-01 01-08 02-11 02-12 02-23 03-20 04-29 05-03 05-04 05-05 05-06 07-15 08-11 08-12 09-16 09-22 09-23"
    " 10-14 11-03 11-04 11-23",
    2025: "01-01 01-13 02-11 02-23 02-24 03-20 04-29 05-03 05-04 05-05 05-06 07-21 08-11 09-15 09-23 10-13 11-03"
    " 11-23 11-24",
    2026: "01-01 01-12 02-11 02-23 03-20 04-29 05-03 05-04 05-05 05-06 07-20 08-11 09-21 09-22 09-23 10-12 11-03 11-23",
    2027: "01-01 01-11 02-11 02-23 03-21 03-22 04-29 05-03 05-04 05-05 07-19 08-11 09-20 09-23 10-11 11-03 11-23",
}
"""国民の祝日について, the Cabinet Office's list."""


@pytest.mark.parametrize("year", PUBLISHED)
def test_the_published_list_is_met_day_by_day(year: int) -> None:
    published = {date.fromisoformat(f"{year}-{day}") for day in PUBLISHED[year].split()}
    assert {day for day in KNOWN.names if day.year == year} == published


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("2026-05-06", "振替休日（憲法記念日）"),  # three days after the Sunday
        ("2026-09-22", "国民の休日"),  # between two holidays
        ("2027-03-22", "振替休日（春分の日）"),
        ("2024-08-12", "振替休日（山の日）"),
        ("2026-12-31", None),
        ("2026-05-07", None),
    ],
)
def test_substitute_and_in_between_holidays_are_named(day: str, name: str | None) -> None:
    assert KNOWN.name(date.fromisoformat(day)) == name


def test_a_holiday_on_a_sunday_is_both_and_the_holiday_comes_first() -> None:
    assert KNOWN.classes(date(2024, 9, 22)) == (DayClass.HOLIDAY, DayClass.SUNDAY)
    assert KNOWN.classes(date(2024, 9, 21)) == (DayClass.SATURDAY,)
    assert KNOWN.classes(date(2024, 9, 24)) == (DayClass.WEEKDAY,)


@pytest.mark.parametrize("day", [date(2021, 12, 31), date(2032, 1, 1)])
def test_a_year_whose_holidays_are_not_known_is_an_error_and_not_full_of_working_days(day: date) -> None:
    with pytest.raises(CalendarError, match="祝日は不明です"):
        KNOWN.name(day)
