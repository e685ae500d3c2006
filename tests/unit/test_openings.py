"""When people can call next, by each city's calendar, and how it is said."""

from datetime import UTC, date, datetime, timedelta

import pytest

from dialer.core.calendar.days import CalendarView
from dialer.core.calendar.openings import next_opening, opening_in_words, opening_key, openings_ahead
from dialer.core.calendar.rules import Change, ChangeKind
from dialer.core.values import TOKYO
from dialer.holidays import national_holidays
from tests.city_profiles import CITY


def view(city: str, *changes: Change) -> CalendarView:
    return CalendarView(CITY[city].calendar, national_holidays(), changes)


def opened(day: date, pattern: str) -> Change:
    return Change(day, ChangeKind.OPEN, "協議による", "user-7", datetime(2026, 10, 1, tzinfo=UTC), pattern=pattern)


def closed(day: date) -> Change:
    return Change(day, ChangeKind.CLOSE, "振替", "user-7", datetime(2026, 10, 1, tzinfo=UTC))


def said(city: str, local: str, *changes: Change) -> str:
    found = next_opening(view(city, *changes), datetime.fromisoformat(local).replace(tzinfo=TOKYO))
    return opening_in_words(found).removeprefix("次の受付は、").removesuffix("までです。") if found else "-"


@pytest.mark.parametrize(
    ("city", "now", "words"),
    [
        # in the morning the same day is named, in the evening the next
        ("saitama", "2026-11-30T08:29", "11月30日、月曜日、午前8時30分から、午後5時15分"),
        ("saitama", "2026-11-30T17:15", "12月1日、火曜日、午前8時30分から、午後5時15分"),
        # over a week-end, and over the turn of the year
        ("saitama", "2026-11-27T17:15", "11月30日、月曜日、午前8時30分から、午後5時15分"),
        ("niigata", "2026-12-28T17:00", "1月4日、月曜日、午前9時から、午後5時"),
        ("kurume", "2026-12-28T19:00", "1月4日、月曜日、午前9時から、午後7時"),
        # Nagaoka between two rounds, within one, and after the last
        ("nagaoka", "2026-11-30T10:00", "12月16日、水曜日、午前9時から、午後8時"),
        ("nagaoka", "2026-12-18T20:00", "12月19日、土曜日、午前9時から、午後5時"),
        ("nagaoka", "2026-12-25T20:00", "1月13日、水曜日、午前9時から、午後8時"),
        ("nagaoka", "2027-03-24T20:00", "-"),
        ("sendai", "2026-11-27T18:00", "11月30日、月曜日、午前8時30分から、午後5時"),
    ],
)
def test_the_next_opening_is_that_of_the_calendar(city: str, now: str, words: str) -> None:
    assert said(city, now) == words


def test_a_day_with_evening_hours_opens_at_noon_and_an_exchanged_day_not_at_all() -> None:
    evening = opened(date(2026, 12, 1), "evening")
    assert said("niigata", "2026-11-30T17:00", evening) == "12月1日、火曜日、正午から、午後8時"
    assert said("niigata", "2026-12-01T11:59", evening) == "12月1日、火曜日、正午から、午後8時"
    assert said("niigata", "2026-11-30T17:00", closed(date(2026, 12, 1))).startswith("12月2日")


@pytest.mark.parametrize("city", CITY)
def test_whatever_moment_it_is_its_opening_was_foreseen(city: str) -> None:
    calendar = view(city, closed(date(2026, 12, 3)))
    first = datetime(2026, 11, 30, tzinfo=TOKYO)
    ahead = set(openings_ahead(calendar, first, 21))
    for hours in range(0, 21 * 24, 5):
        found = next_opening(calendar, first + timedelta(hours=hours))
        assert found is None or found in ahead


def test_each_opening_has_a_short_name_of_its_own() -> None:
    found = openings_ahead(view("saitama"), datetime(2026, 11, 30, tzinfo=TOKYO), 21)
    assert opening_key(found[0]) == "20261130-0830-1715"
    assert len({opening_key(one) for one in found}) == len(found) == 17
