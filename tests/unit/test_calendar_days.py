"""What a day is in each of the five cities, with its hours, its reason and its clause; and the agreed changes to it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.calendar.days import CalendarView, CityDay
from dialer.core.calendar.rules import Change, ChangeKind, history_of
from dialer.core.calendar.values import CalendarError, DayClass, Hours, Period
from dialer.core.values import TOKYO
from tests.city_profiles import CALENDARS, HOLIDAYS, agreed, day, hours, view


def brief(one: CityDay) -> str:
    """pattern out in, as `dialer calendar` lists them; a dash where nothing is open."""
    return f"{one.pattern or '-'} {_span(one.calls)} {_span(one.inbound)}"


def _span(one: Hours | None) -> str:
    return f"{one.opens:%H:%M}-{one.closes:%H:%M}" if one else "-"


NOT_CALLED = "- - -"
SAITAMA_DAY, SAITAMA_REST = "002 §6(2)ア(イ)・イ(ア)・ウ(ア)", "002 §6(2)イ(イ)・ウ(イ)"
DAYS = [
    # Nagaoka: only inside a round, weekends and holidays shorter; outside nobody answers either (I-005)
    ("nagaoka", "city_tax", "2024-09-11", "weekday 09:00-20:00 09:00-20:00", "平日", "000 §6(2)ア(イ)"),
    ("nagaoka", "city_tax", "2024-09-14", "rest 09:00-17:00 09:00-17:00", "土曜日", "000 §6(2)ア(イ)"),
    ("nagaoka", "city_tax", "2024-09-16", "rest 09:00-17:00 09:00-17:00", "敬老の日", "000 §6(2)ア(イ)"),
    ("nagaoka", "city_tax", "2024-09-10", NOT_CALLED, "架電期間の外", "000 §6(2)ア(ア)"),
    ("nagaoka", "city_tax", "2024-09-21", NOT_CALLED, "架電期間の外", "000 §6(2)ア(ア)"),
    ("nagaoka", "city_tax", "2024-07-31", NOT_CALLED, "運営期間", "000 §6(2)ア(ア)"),
    ("nagaoka", "city_tax", "2025-04-01", NOT_CALLED, "運営期間", "000 §6(2)ア(ア)"),
    # Niigata: Monday to Friday all year, closed at the new year; nursery fees in four months only (C-007)
    ("niigata", "city_tax", "2024-04-01", "day 09:00-17:00 09:00-17:00", "平日催告", "001 §7(1)ア"),
    ("niigata", "city_tax", "2024-04-29", NOT_CALLED, "昭和の日", "001 §7(1)ア"),
    ("niigata", "city_tax", "2024-12-30", NOT_CALLED, "年末年始", "001 §7(1)ア"),
    ("niigata", "nursery", "2024-08-30", "day - 09:00-17:00", "受電のみ", "001 §7(1)ア"),
    ("niigata", "nursery", "2024-09-02", "day 09:00-17:00 09:00-17:00", "平日催告", "001 §7(1)ア"),
    ("niigata", "nursery", "2025-03-31", "day 09:00-17:00 09:00-17:00", "平日催告", "001 §7(1)ア"),
    ("niigata", "nursery", "2025-04-01", "day - 09:00-17:00", "架電期間の外", "001 §7(1)ア"),
    # Saitama: inbound on every weekday, outbound in the seasons, car tax on every Sunday too
    ("saitama", None, "2024-01-01", NOT_CALLED, "年末年始", "002 §6(2)ア(ア)"),
    ("saitama", None, "2024-01-04", "day 08:30-17:15 08:30-17:15", "平日", SAITAMA_DAY),
    ("saitama", "car_tax", "2024-01-04", "day - 08:30-17:15", "受電のみ", SAITAMA_DAY),
    ("saitama", None, "2024-07-01", "day - 08:30-17:15", "受電のみ", SAITAMA_DAY),
    ("saitama", "car_tax", "2024-08-01", "day 08:30-17:15 08:30-17:15", "平日", SAITAMA_DAY),
    ("saitama", "car_tax", "2024-08-04", "rest 08:30-17:15 -", "日曜日", SAITAMA_REST),
    (
        "saitama",
        "car_tax",
        "2024-09-22",
        "rest 08:30-17:15 -",
        "秋分の日",
        SAITAMA_REST,
    ),  # 毎週日曜日, holiday or not
    ("saitama", "car_tax", "2024-08-12", NOT_CALLED, "振替休日", "002 §6(2)ア(ア)"),
    ("saitama", "car_tax", "2024-08-03", NOT_CALLED, "土曜日", "002 §6(2)ア(ア)"),
    ("saitama", "business_tax", "2024-08-04", NOT_CALLED, "日曜日", "002 §6(2)ア(ア)"),
    ("saitama", "business_tax", "2025-02-28", "day 08:30-17:15 08:30-17:15", "平日", SAITAMA_DAY),
    # Kurume and Sendai
    ("kurume", "city_tax", "2025-11-04", "day 09:00-19:00 09:00-19:00", "平日", "003 §7(2)イ"),
    ("kurume", "city_tax", "2025-12-29", NOT_CALLED, "年末年始", "003 §7(1)"),
    ("kurume", "city_tax", "2030-10-31", "day 09:00-19:00 09:00-19:00", "平日", "003 §7(2)イ"),
    ("kurume", "city_tax", "2030-11-01", NOT_CALLED, "運営期間", "003 §7(1)"),
    ("sendai", "city_tax", "2024-05-01", "day 08:30-17:00 08:30-17:00", "平日", "004 §5(1)イ"),
    ("sendai", "city_tax", "2024-05-03", NOT_CALLED, "憲法記念日", "004 §5(1)ア"),
    ("sendai", "city_tax", "2024-05-11", NOT_CALLED, "土曜日", "004 §5(1)ア"),
    ("sendai", "city_tax", "2024-12-30", "day 08:30-17:00 08:30-17:00", "平日", "004 §5(1)イ"),  # none stated
]


@pytest.mark.parametrize(("city", "debt", "date", "expected", "reason", "clause"), DAYS)
def test_a_day_is_what_the_tender_makes_it(
    city: str, debt: str | None, date: str, expected: str, reason: str, clause: str
) -> None:
    one = view(city).day(day(date), debt)
    assert brief(one) == expected
    assert reason in one.reason
    assert one.clause == clause


CHANGES = [
    ("niigata", agreed("2024-04-10", "evening", "夜間催告日"), "evening 12:00-20:00 12:00-20:00", "夜間催告日"),
    ("niigata", agreed("2024-04-13", "rest", "休日催告日"), "rest 09:00-17:00 09:00-17:00", "休日催告日"),
    ("niigata", agreed("2024-04-15", None, "4/13の振替"), NOT_CALLED, "4/13の振替"),
    ("niigata", agreed("2024-04-13", "evening"), NOT_CALLED, "平日夜間催告は土曜日に実施できません"),
    ("niigata", agreed("2024-04-15", "rest"), NOT_CALLED, "休日催告は平日に実施できません"),
    ("niigata", agreed("2024-12-29", "rest"), NOT_CALLED, "年末年始"),  # 年末年始を除く
    ("niigata", agreed("2024-04-10", "night"), NOT_CALLED, "定義されていません"),
    ("saitama", agreed("2024-08-07", "evening", debts=("car_tax",)), "evening 08:30-20:00 08:30-17:15", "夜間"),
    ("saitama", agreed("2024-10-20", "rest", debts=("business_tax",)), "rest 08:30-17:15 -", "休日"),
    ("saitama", agreed("2024-05-11", "reception", "5月の増設"), "reception - 08:30-17:15", "受電のみ"),
    ("saitama", agreed("2024-12-30", "day"), "day - 08:30-17:15", "受電のみ"),  # days may be added by agreement
    ("sendai", agreed("2024-05-10", "extended"), "extended 08:30-20:00 08:30-20:00", "業務延長"),
    ("sendai", agreed("2024-05-11", "weekend"), "weekend 08:30-17:00 08:30-17:00", "週休日"),
    ("sendai", agreed("2024-05-05", "weekend"), NOT_CALLED, "業務日にできません"),  # a holiday on a Sunday
    ("sendai", agreed("2024-05-11", "weekend", calls="8:30-18:00"), "weekend 08:30-18:00 08:30-17:00", "週休日"),
    ("sendai", agreed("2024-05-10", "day", calls="8:30-21:00"), "day 08:30-20:00 08:30-17:00", "平日"),
    ("kurume", agreed("2025-12-30", "day", "年末特別催告"), "day 09:00-19:00 09:00-19:00", "年末特別催告"),
    ("kurume", agreed("2025-11-04", "day", calls="13:00-22:00"), "day 13:00-19:00 09:00-19:00", "平日"),
    ("nagaoka", agreed("2024-09-12", None, "甲の指示により除外"), NOT_CALLED, "甲の指示により除外"),
    ("nagaoka", agreed("2024-09-24", "weekday", "甲の指示により追加"), NOT_CALLED, "架電期間の外"),
    ("nagaoka", agreed("2024-09-24", "weekday", debts=("city_tax",)), "weekday 09:00-20:00 09:00-20:00", "平日"),
    ("nagaoka", agreed("2025-04-01", "weekday", debts=("city_tax",)), NOT_CALLED, "運営期間"),
]


@pytest.mark.parametrize(("city", "change", "expected", "reason"), CHANGES)
def test_an_agreed_change_holds_as_far_as_the_tender_allows(
    city: str, change: Change, expected: str, reason: str
) -> None:
    one = view(city, change).day(change.day)
    assert brief(one) == expected
    assert reason in one.reason


def test_hours_that_lie_wholly_beyond_the_limit_close_the_calls_and_say_so() -> None:
    night = view("nagaoka", agreed("2024-09-12", "weekday", calls="20:00-22:00")).day(day("2024-09-12"))
    assert brief(night) == "weekday - 09:00-20:00"
    assert "20:00～22:00 は実施可能時間（09:00～20:00）の外" in night.reason


def test_a_change_for_one_debt_leaves_the_others_alone() -> None:
    plan = view("saitama", agreed("2024-08-10", "rest", debts=("car_tax",)))
    assert plan.day(day("2024-08-10"), "car_tax").calls
    assert plan.day(day("2024-08-10"), "business_tax").is_closed
    assert plan.day(day("2024-08-10")).calls  # the city is open as soon as one debt is


def test_closing_a_day_for_one_debt_does_not_close_the_city() -> None:
    plan = view("niigata", agreed("2024-04-10", None, debts=("city_tax",)))
    assert plan.day(day("2024-04-10"), "city_tax").is_closed
    assert not plan.day(day("2024-04-10"), "national_health").is_closed
    assert not plan.day(day("2024-04-10")).is_closed


def test_of_days_opened_for_two_debts_the_city_shows_the_one_agreed_last() -> None:
    first = agreed("2024-04-10", "evening", debts=("city_tax",), at="2024-03-02T09:00")
    last = agreed("2024-04-10", "day", debts=("nursery",), at="2024-03-01T09:00")
    assert view("niigata", first, last).day(day("2024-04-10")).pattern == "evening"
    assert view("niigata", last, first).day(day("2024-04-10")).pattern == "evening"


def test_the_patterns_of_a_calling_period_go_before_those_of_the_city() -> None:
    city = CALENDARS["saitama"]
    car_tax = replace(city.campaigns[0], usual={DayClass.WEEKDAY: "evening"})
    plan = CalendarView(replace(city, campaigns=(car_tax, *city.campaigns[1:])), HOLIDAYS)
    assert [plan.day(day(one), "car_tax").pattern for one in ("2024-07-31", "2024-08-01")] == ["day", "evening"]


def test_agreed_hours_of_inbound_are_cut_to_the_limit_too() -> None:
    change = replace(agreed("2024-05-10", "day"), inbound=hours("8:00-21:00"))
    assert brief(view("sendai", change).day(change.day)) == "day 08:30-17:00 08:30-20:00"


def test_a_restored_day_is_again_what_it_was() -> None:
    untouched = view("niigata").day(day("2024-04-10"))
    assert view("niigata", *HISTORY).day(day("2024-04-10")) == untouched


def test_a_general_day_does_not_open_a_debt_outside_its_calling_periods() -> None:
    plan = view("niigata", agreed("2024-04-10", "evening"))
    assert plan.day(day("2024-04-10"), "city_tax").calls
    assert plan.day(day("2024-04-10"), "nursery").calls is None


HISTORY = (
    agreed("2024-04-10", None, "庁舎停電", at="2024-03-20T10:00"),
    agreed("2024-04-10", "evening", "夜間催告日", at="2024-03-01T10:00"),
    agreed("2024-04-10", None, "取消", at="2024-03-25T10:00", kind=ChangeKind.RESTORE),
)


@pytest.mark.parametrize(
    ("as_of", "pattern"),
    [
        ("2024-02-29T10:00", "day"),
        ("2024-03-01T10:00", "evening"),
        ("2024-03-19T10:00", "evening"),
        ("2024-03-20T10:00", None),
        ("2024-03-26T10:00", "day"),
        (None, "day"),
    ],
)
def test_the_plan_can_be_seen_as_it_stood_at_any_moment(as_of: str | None, pattern: str | None) -> None:
    plan = view("niigata", *HISTORY)
    moment = datetime.fromisoformat(as_of).replace(tzinfo=TOKYO) if as_of else None
    seen = type(plan)(plan.city, plan.holidays, plan.changes, moment)
    assert seen.day(day("2024-04-10")).pattern == pattern


def test_the_history_of_a_day_tells_who_changed_it_when_and_why_in_order() -> None:
    told = [(one.reason, one.by, one.decided_at.day) for one in history_of(HISTORY, day("2024-04-10"))]
    assert told == [("夜間催告日", "user-7", 1), ("庁舎停電", "user-7", 20), ("取消", "user-7", 25)]
    assert history_of(HISTORY, day("2024-04-11")) == ()


MOMENTS = [
    ("niigata", "evening", "11:59", None, False),
    ("niigata", "evening", "12:00", "day", True),
    ("niigata", "evening", "16:59", "day", True),
    ("niigata", "evening", "17:00", "evening", True),
    ("niigata", "evening", "19:59", "evening", True),
    ("niigata", "evening", "20:00", None, False),
    ("niigata", None, "10:00", None, False),
    ("sendai", "extended", "17:00", "evening", True),
    ("sendai", "day", "17:00", None, False),
]


@pytest.mark.parametrize(("city", "pattern", "clock", "rung", "inbound"), MOMENTS)
def test_calls_and_inbound_open_and_close_to_the_minute_with_their_band(
    city: str, pattern: str | None, clock: str, rung: str | None, inbound: bool
) -> None:
    plan = view(city, agreed("2024-05-10", pattern))
    now = datetime.fromisoformat(f"2024-05-10T{clock}").replace(tzinfo=TOKYO)
    calls = plan.calls_at(now)
    assert (calls.is_open, calls.rung) == (rung is not None, rung)
    assert plan.inbound_at(now).is_open is inbound
    assert calls.reason
    assert calls.clause


def test_saitama_answers_nobody_in_the_evening_and_on_sundays_while_it_calls() -> None:
    plan = view("saitama", agreed("2024-08-07", "evening", debts=("car_tax",)))
    for clock, rung in (("2024-08-07T18:00", "evening"), ("2024-08-04T10:00", "holiday")):
        now = datetime.fromisoformat(clock).replace(tzinfo=TOKYO)
        assert plan.calls_at(now, "car_tax").rung == rung
        assert not plan.calls_at(now, "business_tax").is_open
        assert not plan.inbound_at(now).is_open


def test_saitamas_evening_begins_at_a_quarter_past_five() -> None:
    sessions = view("saitama", agreed("2024-08-07", "evening")).day(day("2024-08-07"), "car_tax").sessions
    assert [f"{rung} {hours}" for rung, hours in sessions] == ["day 08:30～17:15", "evening 17:15～20:00"]


def test_the_moment_is_judged_in_japan_whatever_its_own_offset() -> None:
    assert view("sendai").calls_at(datetime.fromisoformat("2024-05-09T23:30:00+00:00")).is_open


@given(city=st.sampled_from(sorted(CALENDARS)), data=st.data())
def test_a_closed_day_always_has_a_reason_and_bands_never_leave_the_hours(city: str, data: st.DataObject) -> None:
    operation = CALENDARS[city].operation
    three = timedelta(days=3)
    date = data.draw(st.one_of(*(st.dates(one.first - three, one.last + three) for one in operation)))
    patterns = st.sampled_from([pattern.key for pattern in CALENDARS[city].patterns])
    changes = [agreed(date.isoformat(), data.draw(st.none() | patterns))] if data.draw(st.booleans()) else []
    one = view(city, *changes).day(date)
    assert one.reason
    assert one.clause
    assert one.is_closed == (one.pattern is None)
    if not any(date in one for one in operation):
        assert one.is_closed
    if one.calls:
        assert one.sessions[0][1].opens == one.calls.opens
        assert one.sessions[-1][1].closes == one.calls.closes
        assert all(a.closes == b.opens for (_, a), (_, b) in zip(one.sessions, one.sessions[1:], strict=False))
    else:
        assert one.sessions == ()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: agreed("2024-04-10", "evening", ""), "reason と by"),
        (lambda: agreed("2024-04-10", "evening", kind=ChangeKind.CLOSE), "pattern は日を開けるときにだけ"),
        (lambda: agreed("2024-04-10", None, kind=ChangeKind.OPEN), "pattern は日を開けるときにだけ"),
        (lambda: Period(day("2024-04-10"), day("2024-04-09")), "初日が末日より後"),
    ],
)
def test_values_that_cannot_be_meant_are_refused_with_a_way_to_mend_them(make: object, message: str) -> None:
    assert callable(make)
    with pytest.raises(CalendarError, match=message):
        make()
