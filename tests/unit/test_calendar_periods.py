"""Calling periods: edges on closed days, turns of month and year, periods without an open day."""

from datetime import date

import pytest

from dialer.core.calendar.seasons import Campaign, Season
from dialer.core.calendar.values import CalendarError, MonthDay, Move
from tests.city_profiles import CALENDARS, HOLIDAYS, agreed, day, period, view

SAITAMA = CALENDARS["saitama"].office(HOLIDAYS)

EDGES = [
    ("car_tax", "2024-08-15", "2024-08-01～2024-09-30"),
    ("car_tax", "2025-08-15", "2025-08-01～2025-09-30"),
    ("car_tax", "2026-08-15", "2026-08-03～2026-09-30"),  # 1 August is a Saturday
    ("business_tax", "2024-01-15", "2024-01-04～2024-02-28"),  # 29 February is not included
    ("business_tax", "2024-10-15", "2024-10-01～2024-11-29"),  # 30 November is a Saturday
    ("business_tax", "2025-01-15", "2025-01-06～2025-02-28"),  # 4 January is a Saturday
    ("business_tax", "2025-11-15", "2025-10-01～2025-11-28"),  # a Sunday
    ("business_tax", "2026-01-15", "2026-01-05～2026-02-27"),
    ("business_tax", "2026-11-15", "2026-10-01～2026-11-30"),
]


@pytest.mark.parametrize(("debt", "inside", "expected"), EDGES)
def test_an_edge_on_a_closed_day_moves_as_the_tender_says(debt: str, inside: str, expected: str) -> None:
    plan = view("saitama")
    assert plan.period_of(day(inside), debt) == period(expected)
    found = period(expected)
    for edge, outside in ((found.first, -1), (found.last, 1)):
        assert plan.period_of(edge, debt) == found
        assert plan.period_of(date.fromordinal(edge.toordinal() + outside), debt) is None


@pytest.mark.parametrize(
    ("season", "year", "expected"),
    [
        (Season(MonthDay(8, 1), MonthDay(9, 30), Move.NEXT, Move.NEXT), 2028, "2028-08-01～2028-10-02"),
        (Season(MonthDay(11, 15), MonthDay(2, 15)), 2024, "2024-11-15～2025-02-15"),
        (Season(MonthDay(12, 1), MonthDay(12, 31), Move.STAYS, Move.NEXT), 2024, "2024-12-01～2025-01-06"),
        (Season(MonthDay(1, 1), MonthDay(1, 31), Move.PREVIOUS), 2025, "2024-12-27～2025-01-31"),
    ],
)
def test_a_season_may_cross_the_turn_of_the_year(season: Season, year: int, expected: str) -> None:
    assert season.starting_in(year, SAITAMA) == period(expected)


def test_a_season_whose_moved_edges_cross_has_no_day() -> None:
    over_new_year = Season(MonthDay(12, 29), MonthDay(1, 2), Move.NEXT, Move.PREVIOUS)
    assert over_new_year.starting_in(2024, SAITAMA) is None


def test_every_day_of_a_season_over_the_new_year_finds_it() -> None:
    season = Season(MonthDay(12, 1), MonthDay(12, 31), Move.STAYS, Move.NEXT)
    campaign = Campaign("x", "x", "", seasons=(season,))
    inside = ("2024-11-30", "2024-12-01", "2024-12-31", "2025-01-06", "2025-01-07")
    assert [campaign.period_of(day(one), SAITAMA) is not None for one in inside] == [False, True, True, True, False]


def test_a_season_whose_start_moves_back_into_the_old_year_is_found_there() -> None:
    season = Season(MonthDay(1, 1), MonthDay(1, 31), Move.PREVIOUS)
    campaign = Campaign("x", "x", "", seasons=(season,))
    found = [campaign.period_of(day(one), SAITAMA) for one in ("2024-12-26", "2024-12-27")]
    assert found == [None, period("2024-12-27～2025-01-31")]


def test_a_round_has_its_own_dates_and_the_rest_of_the_month_belongs_to_none() -> None:
    plan = view("nagaoka")
    assert plan.period_of(day("2024-09-20"), "city_tax") == period("2024-09-11～2024-09-20")
    assert plan.period_of(day("2024-09-21"), "city_tax") is None
    assert len(plan.calling_days(period("2024-09-01～2024-09-30"), "city_tax")) == 10


def test_a_city_without_calling_periods_calls_all_year() -> None:
    assert view("kurume").period_of(day("2026-02-03"), "city_tax") == period("2026-01-01～2026-12-31")


def test_a_period_without_an_open_day_gives_no_calling_day_instead_of_a_wrong_one() -> None:
    round_days = period("2024-09-11～2024-09-20")
    closed = [agreed(one.isoformat(), None, "甲の指示") for one in round_days]
    assert view("nagaoka", *closed).calling_days(round_days, "city_tax") == ()


def test_a_debt_that_no_calling_period_names_is_not_called() -> None:
    assert view("saitama").day(day("2024-08-01"), "fixed_asset").calls is None


def test_months_and_days_that_some_years_lack_are_refused() -> None:
    for text in ("02-29", "13-01", "１２月", "12"):
        with pytest.raises(CalendarError):
            MonthDay.from_text(text)
    assert MonthDay.from_text("12-29") == MonthDay(12, 29)
