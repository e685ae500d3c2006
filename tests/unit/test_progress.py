"""How far targets are reached, and where they end."""

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest

from dialer.core.calendar.days import CalendarView
from dialer.core.calendar.values import MonthDay, Period
from dialer.core.city import Measure, Target, TargetPer
from dialer.core.forecast import DayCount, forecast
from dialer.core.progress import (
    CallDay,
    CallerDay,
    CaseDay,
    Counted,
    PledgeDay,
    Progress,
    Prospect,
    period_of,
    progress_of,
)
from dialer.profiles import load_city
from tests.books import HOLIDAYS, weekdays

BOOK = weekdays()
TODAY = date(2026, 11, 24)  # a Tuesday after a weekend with a holiday
PERIOD = Period(date(2026, 11, 16), date(2026, 11, 30))  # calling days: 16 to 20, 24 to 27, 30
DONE = [date(2026, 11, day) for day in range(16, 21)]
LEFT = [date(2026, 11, day) for day in (24, 25, 26, 27, 30)]


def target(measure: Measure, at_least: float, **more: object) -> Target:
    return replace(Target("見本", "見本", measure, at_least), **more)  # type: ignore[arg-type]


def progress(wanted: Target, counted: Counted, today: date = TODAY) -> Progress:
    return progress_of(wanted, BOOK.city, BOOK.calendar, PERIOD, counted, today)


def called(*counts: int) -> Counted:
    return Counted([CallDay("city_tax", day, False, count) for day, count in zip([*DONE, TODAY], counts, strict=False)])


def test_days_that_are_all_alike_end_where_they_lead_without_a_range() -> None:
    found = progress(target(Measure.CALLS, 100), called(10, 10, 10, 10, 10))
    assert (found.days_done, found.days_left, found.value) == (5, 5, 50)
    assert found.forecast is not None
    assert (found.forecast.low, found.forecast.middle, found.forecast.high) == (100, 100, 100)
    assert found.prospect is Prospect.LIKELY


def test_today_counts_as_an_average_day_until_it_is_beyond_that() -> None:
    slow, fast = (progress(target(Measure.CALLS, 500), called(10, 10, 10, 10, 10, now)) for now in (4, 30))
    assert slow.forecast is not None
    assert fast.forecast is not None
    assert (slow.value, slow.forecast.middle) == (54, 100)
    assert (fast.value, fast.forecast.middle) == (80, 120)
    assert slow.prospect is Prospect.UNLIKELY


@pytest.mark.parametrize(("done", "left"), [(3, 2), (5, 5), (5, 15), (15, 3), (60, 60)])
def test_in_eight_of_ten_cases_the_end_lies_in_the_range_when_days_differ_by_chance(done: int, left: int) -> None:
    chance, hits, tries = random.Random(done * 100 + left), 0, 2000
    days = [TODAY + timedelta(days=place) for place in range(done + left)]
    for _ in range(tries):
        counts = [round(chance.gauss(400, 60)) for _ in days]
        series = [DayCount(day, count) for day, count in zip(days[:done], counts, strict=False)]
        found = forecast(series, days[:done], days[done:], days[done], None, is_rate=False)
        assert found is not None
        hits += found.low <= sum(counts) <= found.high
    assert 0.76 < hits / tries < 0.84


@pytest.mark.parametrize(("done", "left"), [(4, 4), (10, 5), (30, 60)])
def test_the_range_of_a_rate_holds_it_as_often(done: int, left: int) -> None:
    chance, hits, tries = random.Random(done * 100 + left), 0, 2000
    days = [TODAY + timedelta(days=place) for place in range(done + left)]
    for _ in range(tries):
        wholes = [chance.randrange(150, 250) for _ in days]
        counts = [sum(chance.random() < 0.9 for _ in range(whole // 5)) * 5 for whole in wholes]
        series = [DayCount(*one) for one in zip(days[:done], counts, wholes, strict=False)]
        found = forecast(series, days[:done], days[done:], days[done], None, is_rate=True)
        assert found is not None
        hits += found.low <= sum(counts) / sum(wholes) <= found.high
    assert 0.74 < hits / tries < 0.86


def test_days_before_the_first_record_are_no_days_without_calls() -> None:
    counted = Counted([CallDay("city_tax", day, False, 10) for day in DONE[2:]])
    found = progress(target(Measure.CALLS, 100), counted)
    assert (found.days_done, found.days_left) == (3, 5)
    assert found.forecast is not None
    assert found.forecast.middle == 80


def test_nothing_is_foretold_from_two_days() -> None:
    assert progress(target(Measure.CALLS, 1), called(10, 10), today=DONE[2]).forecast is None


def test_no_more_cases_are_called_than_there_are_and_no_rate_is_more_than_all() -> None:
    days = [CaseDay("city_tax", day, 20, 19, 2) for day in DONE]
    counted = Counted(cases=days, listed={"city_tax": 120})
    cases = progress(target(Measure.CASES, 200), counted)
    assert cases.forecast is not None
    assert (cases.forecast.low, cases.forecast.high) == (120, 120)
    rate = progress(target(Measure.CONTACT_RATE, 0.55), counted)
    assert (rate.count, rate.of, rate.listed) == (95, 100, 120)
    assert rate.forecast is not None
    assert rate.forecast.high <= 1.0
    consent = progress(target(Measure.CONSENT_RATE, 0.10), counted)
    assert consent.value == 0.1
    assert consent.prospect is not Prospect.REACHED, "it is a rate until the last day is over"


def test_evenings_and_days_of_rest_are_told_apart() -> None:
    sunday, tuesday = date(2026, 11, 22), date(2026, 11, 17)
    calls = [
        CallDay("city_tax", sunday, True, 1),
        CallDay("city_tax", sunday, False, 2),
        CallDay("city_tax", date(2026, 11, 23), True, 4),  # a national holiday
        CallDay("city_tax", tuesday, True, 8),
        CallDay("city_tax", tuesday, False, 16),
        CallDay("gold", tuesday, False, 32),
    ]
    wanted = {Measure.CALLS: 31, Measure.EVENING_CALLS: 8, Measure.HOLIDAY_CALLS: 7}
    for measure, count in wanted.items():
        assert progress(target(measure, 1, debts=("city_tax",)), Counted(calls)).value == count


def test_pledges_answers_and_what_cannot_be_counted() -> None:
    counted = Counted(
        pledges=[PledgeDay("city_tax", DONE[0], 2, 30_000), PledgeDay("city_tax", DONE[1], 1, 5_000)],
        callers=[CallerDay(DONE[0], 9, 10), CallerDay(DONE[1], 0, 0)],
    )
    assert progress(target(Measure.PLEDGES, 3), counted).prospect is Prospect.REACHED
    assert progress(target(Measure.PLEDGED_YEN, 40_000), counted).value == 35_000
    assert progress(target(Measure.ANSWERED, 10), counted).value == 9
    assert progress(target(Measure.ANSWER_RATE, 0.95), counted).value == 0.9
    for measure in (Measure.SMS, Measure.FIRST_CONTACT_RATE):
        found = progress(target(measure, 1), counted)
        assert found.value is None
        assert found.not_counted


SEASON = (MonthDay(8, 1), MonthDay(9, 30))
WINTER = (MonthDay(12, 15), MonthDay(1, 15))


@pytest.mark.parametrize(
    ("city", "per", "between", "day", "expected"),
    [
        ("kurume", TargetPer.MONTH, None, date(2026, 2, 10), Period(date(2026, 2, 1), date(2026, 2, 28))),
        ("niigata", TargetPer.FISCAL_YEAR, None, date(2026, 2, 10), Period(date(2025, 4, 1), date(2026, 3, 31))),
        ("saitama", TargetPer.CONTRACT_YEAR, None, date(2026, 2, 10), Period(date(2026, 1, 1), date(2026, 12, 31))),
        ("saitama", TargetPer.CONTRACT_YEAR, SEASON, date(2026, 9, 30), Period(date(2026, 8, 1), date(2026, 9, 30))),
        ("saitama", TargetPer.CONTRACT_YEAR, SEASON, date(2026, 10, 1), None),
        ("saitama", TargetPer.CONTRACT_YEAR, WINTER, date(2026, 1, 2), Period(date(2025, 12, 15), date(2026, 1, 15))),
        ("nagaoka", TargetPer.OPERATION, None, date(2024, 9, 1), Period(date(2024, 8, 1), date(2025, 3, 31))),
    ],
)
def test_a_target_is_counted_over_its_own_time(
    city: str, per: TargetPer, between: tuple[MonthDay, MonthDay] | None, day: date, expected: Period | None
) -> None:
    profile = load_city(city)
    view = CalendarView(profile.calendar, HOLIDAYS)
    wanted = target(Measure.CALLS, 1, per=per, between=between)
    assert period_of(wanted, day, view, profile.debts[0].key) == expected
