"""The plan against the tender's quotas: counts, and a warning for each thing a planner should mend."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dialer.core.calendar.checks import quota_uses, warnings
from dialer.core.calendar.days import CalendarView
from dialer.core.calendar.rules import Change
from dialer.core.calendar.values import CalendarError, DayClass, Period
from tests.city_profiles import CALENDARS, HOLIDAYS, agreed, day, period, view

NAGAOKA = CALENDARS["nagaoka"]
APRIL = period("2024-04-01～2024-04-30")
EVENINGS = [f"2024-04-{number:02}" for number in (2, 4, 9, 11, 16, 18, 23, 25)]
NIIGATA_APRIL = (
    *(agreed(one, "evening") for one in EVENINGS),
    agreed("2024-04-13", "rest"),
    agreed("2024-04-29", "rest"),
    agreed("2024-04-15", None, exchanged_for="2024-04-13"),
    agreed("2024-04-30", None, exchanged_for="2024-04-29"),
)


def texts(plan: CalendarView, window: str) -> list[str]:
    return [warning.text for warning in warnings(plan, period(window))]


def test_a_month_planned_as_the_tender_asks_has_no_warning() -> None:
    plan = view("niigata", *NIIGATA_APRIL)
    assert warnings(plan, APRIL) == ()
    days = plan.days(APRIL)
    counts = {key: sum(one.pattern == key for one in days) for key in ("day", "evening", "rest", None)}
    assert counts == {"day": 11, "evening": 8, "rest": 2, None: 9}


def without(*dates: str) -> tuple[Change, ...]:
    return tuple(change for change in NIIGATA_APRIL if change.day.isoformat() not in dates)


NIIGATA = [
    (without("2024-04-25"), ["平日夜間催告: 2024年4月は7日（8日）。1日足りません"]),
    ((*NIIGATA_APRIL, agreed("2024-04-26", "evening")), ["平日夜間催告: 2024年4月は9日（8日）。1日多すぎます"]),
    (without("2024-04-30"), ["2024年4月29日（月）の休日催告（協議による）: 振り替える平日の休業日がありません"]),
    (
        without("2024-04-29"),
        [
            "休日催告: 2024年4月は1日（2日）。1日足りません",
            "2024年4月30日（火）の休業日: 振替元の2024年4月29日（月）は運営日ではありません",
        ],
    ),
    (
        (*NIIGATA_APRIL, agreed("2024-04-20", None, exchanged_for="2024-04-13")),
        [
            "2024年4月13日（土）の休日催告（協議による）: 休業日が2日振り替えられています",
            "2024年4月20日（土）の休業日: 平日ではありません",
        ],
    ),
    (
        (*NIIGATA_APRIL, agreed("2024-04-27", "evening")),
        [
            "2024年4月27日（土）に追加した「協議による」では架電できません: 平日夜間催告は土曜日に実施できません",
        ],
    ),
]


@pytest.mark.parametrize(("changes", "expected"), NIIGATA)
def test_niigata_is_warned_of_missing_and_surplus_days_and_of_lacking_exchanges(
    changes: tuple[Change, ...], expected: list[str]
) -> None:
    assert texts(view("niigata", *changes), "2024-04-01～2024-04-30") == expected


def test_a_weekday_closed_in_the_next_month_may_be_the_exchange() -> None:
    changes = (*without("2024-04-30"), agreed("2024-05-01", None, exchanged_for="2024-04-29"))
    assert texts(view("niigata", *changes), "2024-04-01～2024-04-30") == []


def test_niigatas_fiscal_year_2024_has_243_working_days_before_any_exchange() -> None:
    days = view("niigata").days(period("2024-04-01～2025-03-31"))
    assert sum(not one.is_closed for one in days) == 243


def test_a_round_of_nagaoka_without_saturday_sunday_or_holiday_is_warned_of() -> None:
    rest = [one for one in period("2024-09-11～2024-09-20") if HOLIDAYS.classes(one) != (DayClass.WEEKDAY,)]
    plan = view("nagaoka", *(agreed(one.isoformat(), None, "甲の指示") for one in rest))
    (use,) = [use for use in quota_uses(plan, period("2024-09-11～2024-09-11")) if use.quota.patterns == ("rest",)]
    assert use.days == ()
    assert "土日祝日の実施: 2024年9月は0日（1日以上）。1日足りません" in texts(plan, "2024-09-01～2024-09-30")
    assert texts(view("nagaoka"), "2024-08-01～2024-08-31") == []


def test_a_month_that_nagaoka_does_not_work_is_named() -> None:
    campaign = NAGAOKA.campaigns[0]
    worked = replace(campaign, rounds=tuple(one for one in campaign.rounds if one.first.month != 10))
    plan = CalendarView(replace(NAGAOKA, campaigns=(worked,)), HOLIDAYS)
    found = warnings(plan, period("2024-10-01～2024-10-31"))
    assert ("毎月の実施: 2024年10月は0日（1日以上）。1日足りません", "000 §6(2)ア(ウ)") in [
        (warning.text, warning.clause) for warning in found
    ]


@pytest.mark.parametrize(
    ("rounds", "expected"),
    [
        (["2024-08-05～2024-08-16"], "第3週（2024年8月11日（日）から）より前に始まります"),
        (["2024-08-26～2024-09-04"], "月をまたいでいます"),
        (["2024-08-19～2024-08-25"], "架電日は7日です（目安 8～12日）"),
        (["2024-08-14～2024-08-28"], "架電日は15日です（目安 8～12日）"),
        (["2024-08-19～2024-08-28", "2024-08-28～2024-08-30"], "別の架電期間と重なっています"),
        (["2024-07-17～2024-07-26"], "架電できる日がありません"),
    ],
)
def test_a_round_of_an_unusual_shape_is_named(rounds: list[str], expected: str) -> None:
    campaign = replace(NAGAOKA.campaigns[0], rounds=tuple(map(period, rounds)))
    plan = CalendarView(replace(NAGAOKA, campaigns=(campaign,)), HOLIDAYS)
    assert any(expected in text for text in texts(plan, "2024-07-01～2024-08-31"))


CAR_EVENINGS = [
    *("2024-08-06", "2024-08-08", "2024-08-13", "2024-08-15", "2024-08-20", "2024-08-22", "2024-08-27", "2024-08-29"),
    *("2024-09-03", "2024-09-05", "2024-09-10", "2024-09-12", "2024-09-18", "2024-09-24", "2024-09-26"),
]


def car(*dates: str) -> CalendarView:
    return view("saitama", *(agreed(one, "evening", debts=("car_tax",)) for one in dates))


def test_saitamas_days_used_are_counted_against_fifteen_four_and_four() -> None:
    uses = quota_uses(car(*CAR_EVENINGS[:6]), period("2024-08-01～2024-08-31"))
    told = [use.text for use in uses if use.window.first == day("2024-04-01")]
    assert told == [
        "夜間（自動車税）: 2024年度は6日（15日）",
        "夜間（個人事業税）: 2024年度は0日（4日）",
        "休日（個人事業税）: 2024年度は0日（4日）",
    ]


def test_fifteen_evenings_of_one_or_two_a_week_satisfy_the_car_tax() -> None:
    found = texts(car(*CAR_EVENINGS), "2024-08-01～2024-09-30")
    assert [text for text in found if "自動車税" in text] == []


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ([*CAR_EVENINGS, "2024-09-25"], "夜間（自動車税）: 2024年度は16日（15日）。1日多すぎます"),
        ([*CAR_EVENINGS, "2024-09-25"], "2024年9月23日（月）からの週は3日（1～2日）。1日多すぎます"),
        (CAR_EVENINGS[2:], "2024年8月5日（月）からの週は0日（1～2日）。1日足りません"),
        (["2024-11-05"], "夜間（自動車税）: 2024年度は0日（15日）。15日足りません"),  # outside its period: not counted
    ],
)
def test_saitama_is_warned_of_too_many_and_too_few_evenings(dates: list[str], expected: str) -> None:
    assert any(expected in text for text in texts(car(*dates), "2024-08-01～2024-09-30"))


def test_a_week_that_the_season_cuts_needs_no_evening() -> None:
    assert not any("2024年7月29日" in text for text in texts(car(), "2024-08-01～2024-08-04"))


def test_business_tax_wants_one_evening_and_one_holiday_in_each_month_of_its_seasons_only() -> None:
    asked = [text for text in texts(view("saitama"), "2024-04-01～2025-03-31") if "個人事業税" in text]
    assert [text.split("は")[0].split(": ")[1] for text in asked if "夜間" in text] == [
        *("2024年10月", "2024年11月", "2025年1月", "2025年2月", "2024年度")
    ]


WEEKEND = "2024-06-08"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([agreed(WEEKEND, "weekend", at="2024-05-25T23:59")], False),
        ([agreed(WEEKEND, "weekend", at="2024-05-26T00:00")], True),
        (
            [
                agreed(WEEKEND, "weekend", at="2024-05-20T09:00"),
                agreed(WEEKEND, "weekend", at="2024-06-03T09:00", calls="8:30-18:00"),
            ],
            False,
        ),
        (
            [
                agreed(WEEKEND, "weekend", at="2024-05-20T09:00"),
                agreed(WEEKEND, None, at="2024-05-22T09:00"),
                agreed(WEEKEND, "weekend", at="2024-06-03T09:00"),
            ],
            True,
        ),
    ],
)
def test_a_weekend_day_of_sendai_must_be_agreed_by_the_25th_of_the_month_before(
    changes: list[Change], expected: bool
) -> None:
    found = texts(view("sendai", *changes), "2024-06-01～2024-06-30")
    assert any("2024年5月25日（土）までに決める必要がありました" in text for text in found) is expected


def test_a_sixth_day_in_a_week_of_sendai_is_warned_of_until_a_weekday_is_closed() -> None:
    worked = agreed(WEEKEND, "weekend")
    assert texts(view("sendai", worked), "2024-06-03～2024-06-09") == [
        "週の業務日: 2024年6月3日（月）からの週は6日（5日以内）。1日多すぎます"
    ]
    assert texts(view("sendai", worked, agreed("2024-06-05", None)), "2024-06-03～2024-06-09") == []


@pytest.mark.parametrize(
    ("city", "change", "expected"),
    [
        ("sendai", agreed("2024-05-05", "weekend"), "祝日（こどもの日）は業務日にできません"),
        ("sendai", agreed("2024-05-10", "day", calls="8:30-21:00"), "実施可能時間 08:30～20:00 までに縮めました"),
        ("kurume", agreed("2026-05-10", "night"), "「night」は定義されていません"),
        ("nagaoka", agreed("2024-09-24", "weekday"), "架電期間の外です"),
        ("niigata", agreed("2024-12-31", "rest"), "年末年始のため休業です"),
    ],
)
def test_an_added_day_that_does_not_hold_is_named(city: str, change: Change, expected: str) -> None:
    month = period(f"{change.day:%Y-%m}-01～{change.day.isoformat()}")
    found = [one for one in warnings(view(city, change), month) if one.day == change.day]
    assert any(expected in warning.text for warning in found)


def test_a_wrong_day_that_was_taken_back_is_not_named_any_more() -> None:
    wrong = agreed("2024-04-27", "evening", at="2024-03-01T09:00")
    back = agreed("2024-04-27", None, at="2024-03-02T09:00")
    assert texts(view("niigata", *NIIGATA_APRIL, wrong, back), "2024-04-01～2024-04-30") == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"usual": {DayClass.WEEKDAY: "weekly"}}, "パターン weekly が定義されていません"),
        ({"patterns": (*NAGAOKA.patterns, NAGAOKA.patterns[0])}, "同じ key"),
        ({"campaigns": (*NAGAOKA.campaigns, *NAGAOKA.campaigns)}, "一つだけ"),
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(CalendarError, match=message):
        replace(NAGAOKA, **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("city", CALENDARS)
def test_every_warning_has_its_clause_in_every_month_of_the_contract(city: str) -> None:
    told = [warning for one in CALENDARS[city].operation for warning in warnings(view(city), one)]
    assert all(warning.clause and warning.text for warning in told)


@pytest.mark.parametrize("one", NAGAOKA.campaigns[0].rounds, ids=str)
def test_every_round_of_nagaokas_profile_is_of_the_usual_shape(one: Period) -> None:
    assert warnings(view("nagaoka"), one) == ()


@pytest.mark.parametrize(
    ("first_of_round", "warned"),
    [
        ("2024-09-08", True),  # the 1st is a Sunday: of weeks from Monday the third begins on the 9th
        ("2024-09-09", False),
        ("2024-08-10", True),  # the 1st is a Thursday: of weeks from Sunday the third begins on the 11th
        ("2024-08-11", False),
    ],
)
def test_the_third_week_is_read_as_early_as_it_can_be(first_of_round: str, warned: bool) -> None:
    first = day(first_of_round)
    campaign = replace(NAGAOKA.campaigns[0], rounds=(Period(first, first + timedelta(days=9)),))
    plan = CalendarView(replace(NAGAOKA, campaigns=(campaign,)), HOLIDAYS)
    assert any("第3週" in text for text in texts(plan, f"{first:%Y-%m}-01～{first:%Y-%m}-28")) is warned
