"""Due dates and open days: every test value of the catalogue's section 6, and the edges around them."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.calendar_commands import due_of_city
from dialer.core.calendar.due import ByAgreement, DayOfMonth, DueRule, NthOpenDay, OpenDays, due
from dialer.core.calendar.office import Closure, OfficeDays
from dialer.core.calendar.values import CalendarError, MonthDay, Move, in_words
from tests.city_profiles import CALENDARS, CITY, HOLIDAYS, day, due_rule

SECTION_6 = [
    ("nagaoka", "daily", "2024-08-30", "2024-09-02T12:00"),
    ("nagaoka", "sms", "2024-09-20", "2024-09-26"),
    ("nagaoka", "candidates", "2024-09-20", "2024-09-24T12:00"),
    ("nagaoka", "monthly", "2024-09-20", "2024-09-26"),
    ("nagaoka", "monthly", "2024-12-28", "2025-01-08"),
    ("niigata", "monthly", "2023-11-15", "2023-12-11"),
    ("niigata", "monthly", "2024-01-31", "2024-02-13"),
    ("niigata", "monthly", "2026-09-01", "2026-10-13"),
    ("niigata", "annual", "2024-03-31", "2024-04-10"),
    ("niigata", "annual", "2026-04-01", "2027-04-12"),
    ("niigata", "workplan", "2023-12-01", "2023-11-27"),
    ("niigata", "workplan", "2024-09-30", "2024-08-26"),
    ("niigata", "yearplan", "2023-10-01", "2023-09-30"),
    ("niigata", "yearplan", "2024-04-01", "2024-03-31"),
    ("saitama", "workplan", "2024-02-10", "2024-01-19"),
    ("saitama", "workplan", "2024-11-01", "2024-10-18"),
    ("saitama", "workplan", "2024-04-30", "2024-03-19"),
    ("saitama", "monthly", "2024-01-15", "2024-02-05"),
    ("saitama", "monthly", "2024-04-30", "2024-05-07"),
    ("saitama", "monthly", "2024-12-01", "2025-01-08"),
    ("saitama", "entries", "2025-04-01", "2025-07-31"),
    ("saitama", "number_search", "2025-08-01", "2025-08-31"),
    ("saitama", "deputy", "2024-05-07", "2024-05-04"),
    ("kurume", "workplan", "2026-01-20", "2025-12-26"),  # the last open day before January's work
    ("sendai", "monthly", "2024-04-30", "2024-05-09"),  # what is handed in in May reports April
    ("sendai", "monthly", "2024-12-01", "2025-01-10"),
    ("sendai", "workplan", "2024-06-15", "2024-05-25"),  # no word on a closed 25th: it stays
    ("sendai", "manuals", "2024-04-27", "2024-05-04"),
    # around the turn of a year and in-between holidays
    ("nagaoka", "daily", "2024-12-27", "2025-01-06T12:00"),
    ("niigata", "daily", "2026-09-18", "2026-09-24"),
    ("niigata", "daily", "2026-05-01", "2026-05-07"),
    ("niigata", "monthly", "2024-12-31", "2025-01-10"),
    ("niigata", "workplan", "2025-01-01", "2024-12-25"),
]


@pytest.mark.parametrize(("city", "what", "for_day", "expected"), SECTION_6)
def test_a_report_is_due_when_the_tender_says(city: str, what: str, for_day: str, expected: str) -> None:
    told = due_of_city(CITY[city], what, for_day, HOLIDAYS).as_dict()
    assert told["due"] == (f"{expected}:00+09:00" if "T" in expected else expected)
    assert told["clause"]
    assert in_words(day(expected[:10])) in told["derivation"]


@pytest.mark.parametrize(
    ("city", "what", "for_day", "derivation"),
    [
        (
            "nagaoka",
            "daily",
            "2024-08-30",
            "日次報告: 2024年8月30日（金）の1開庁日後（閉庁: 8/31 土曜日、9/1 日曜日） → 2024年9月2日（月）12:00",
        ),
        (
            "saitama",
            "workplan",
            "2024-04-30",
            "人員配置計画: 2024年3月20日（水）は閉庁日（春分の日）のため直前の開庁日 → 2024年3月19日（火）",
        ),
        (
            "niigata",
            "yearplan",
            "2024-04-01",
            "業務計画書: 2024年3月31日（日）（閉庁日でも移す定めはありません） → 2024年3月31日（日）",
        ),
        (
            "niigata",
            "yearplan",
            "2023-10-01",
            "業務計画書: 2023年度は2023年9月30日（土）と定められています → 2023年9月30日（土）",
        ),
    ],
)
def test_the_derivation_names_every_closed_day_that_moved_the_date(
    city: str, what: str, for_day: str, derivation: str
) -> None:
    assert due(due_rule(city, what), day(for_day), CALENDARS[city].office(HOLIDAYS)).derivation == derivation


def test_a_date_that_the_city_sets_is_not_invented() -> None:
    found = due(due_rule("kurume", "monthly"), day("2026-05-01"), CALENDARS["kurume"].office(HOLIDAYS))
    assert (found.day, found.moment) == (None, None)
    assert "委託者が定める日" in found.derivation


OFFICE = CALENDARS["niigata"].office(HOLIDAYS)


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        ("2024-12-27", 1, "2025-01-06"),
        ("2025-01-06", -1, "2024-12-27"),
        ("2024-12-31", 1, "2025-01-06"),
        ("2024-12-31", -1, "2024-12-27"),
        ("2026-05-02", 1, "2026-05-07"),
        ("2026-05-07", -1, "2026-05-01"),
        ("2026-09-19", 1, "2026-09-24"),
        ("2024-02-28", 2, "2024-03-01"),
        ("2024-09-20", 10, "2024-10-07"),
    ],
)
def test_open_days_are_counted_over_weekends_holidays_and_the_new_year(start: str, count: int, expected: str) -> None:
    assert OFFICE.after(day(start), count) == day(expected)


@pytest.mark.parametrize(
    ("start", "move", "expected"),
    [
        ("2024-03-20", Move.NEXT, "2024-03-21"),
        ("2024-03-20", Move.PREVIOUS, "2024-03-19"),
        ("2024-03-20", Move.STAYS, "2024-03-20"),
        ("2024-03-21", Move.NEXT, "2024-03-21"),
        ("2024-12-29", Move.NEXT, "2025-01-06"),
        ("2025-01-03", Move.PREVIOUS, "2024-12-27"),
    ],
)
def test_only_a_closed_day_moves(start: str, move: Move, expected: str) -> None:
    assert OFFICE.moved(day(start), move) == day(expected)


@given(start=st.dates(date(2023, 1, 10), date(2030, 11, 1)), count=st.integers(1, 20))
def test_counting_forth_and_back_meets_at_the_same_open_day(start: date, count: int) -> None:
    there = OFFICE.after(start, count)
    assert OFFICE.is_open(there)
    between = [one for one in range(start.toordinal() + 1, there.toordinal()) if OFFICE.is_open(date.fromordinal(one))]
    assert len(between) == count - 1
    back = OFFICE.after(there, -count)
    assert back == (start if OFFICE.is_open(start) else OFFICE.after(start, -1))


def test_the_last_day_stands_in_for_a_day_that_the_month_does_not_have() -> None:
    rule = DueRule("x", "月末", "", DayOfMonth(31))
    assert [due(rule, date(year, 2, 1), OFFICE).day for year in (2024, 2025)] == [date(2024, 2, 29), date(2025, 2, 28)]


def test_a_day_that_the_city_names_closed_moves_the_date() -> None:
    office = OfficeDays(HOLIDAYS, OFFICE.closures, ((date(2024, 9, 2), "庁舎停電"),))
    found = due(due_rule("nagaoka", "daily"), date(2024, 8, 30), office)
    assert (found.day, found.at) == (date(2024, 9, 3), time(12))
    assert "9/2 庁舎停電" in found.derivation


def test_a_calendar_that_never_opens_is_named_instead_of_searched_for_ever() -> None:
    closed = OfficeDays(HOLIDAYS, (Closure(MonthDay(1, 1), MonthDay(12, 31), "休止", ""),))
    with pytest.raises(CalendarError, match="60日続けて閉庁"):
        closed.after(date(2025, 4, 1), 1)


def test_a_month_without_so_many_open_days_and_a_count_of_none_are_errors() -> None:
    with pytest.raises(CalendarError, match="30日もありません"):
        due(DueRule("x", "x", "", NthOpenDay(30)), date(2025, 4, 1), OFFICE)
    with pytest.raises(CalendarError, match="0開庁日後"):
        due(DueRule("x", "x", "", OpenDays(0)), date(2025, 4, 1), OFFICE)


@pytest.mark.parametrize("closed", ["2024-12-29", "2024-12-31", "2025-01-03", "2028-02-29"])
def test_a_closure_may_span_the_new_year_and_a_leap_day(closed: str) -> None:
    spans = (
        Closure(MonthDay(12, 29), MonthDay(1, 3), "年末年始", ""),
        Closure(MonthDay(2, 27), MonthDay(3, 1), "点検", ""),
    )
    assert any(span.covers(day(closed)) for span in spans)
    assert not any(span.covers(day(other)) for span in spans for other in ("2024-12-28", "2025-01-04", "2025-03-02"))


def test_every_rule_of_the_five_cities_gives_a_date_for_every_month_of_its_contract() -> None:
    for city in CITY.values():
        days = [one for contract in city.calendar.operation for one in contract if one.day in (1, 28)]
        for rule in city.dues:
            for one in days:
                found = due(rule, one, city.calendar.office(HOLIDAYS))
                assert (found.day is None) is isinstance(rule.rule, ByAgreement)
