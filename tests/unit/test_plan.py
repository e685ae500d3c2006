"""Where the next call lies: every row is a history, a moment, and what the plan then says.

The round is 17 to 28 August 2026, Monday to Friday of the week after; 22 and 23 August are the weekend.
"""

from dataclasses import replace
from datetime import date, datetime

import pytest

from dialer.core.decide import KnownCase, decide
from dialer.core.plan.planning import Planner
from dialer.core.plan.values import Held, NumberType, Plan, Priority, Slot, SlotDay
from tests.city_profiles import agreed
from tests.planning_city import BOOKS, book, decided, told
from tests.unit.case_table import ROUND, history, moment


@pytest.mark.parametrize(
    ("happened", "now", "following"),
    [
        # the first call: on a weekday by day (000 §6(2)ア(イ))
        ("", "8/10 10:00", "8/17 09:00～12:00 番号1 first"),
        ("", "8/17 08:00", "8/17 09:00～12:00 番号1 first"),
        ("", "8/17 10:30", "8/17 10:30～12:00 番号1 first"),
        ("", "8/17 12:00", "8/17 12:00～17:00 番号1 first"),
        ("", "8/17 18:00", "8/18 09:00～12:00 番号1 first"),
        ("", "8/22 10:00", "8/24 09:00～12:00 番号1 first"),
        # a retry: another day and another band, rather one that was not tried yet
        ("8/17 10:00 応答なし", "8/17 10:05", "8/18 12:00～17:00 番号1 retry"),
        ("8/17 14:00 留守電", "8/18 09:00", "8/18 09:00～12:00 番号1 retry"),
        ("8/17 14:00 留守電", "8/18 13:00", "8/18 17:00～20:00 番号1 retry"),
        ("8/17 10:00 応答なし、8/18 14:00 留守電", "8/18 14:05", "8/19 17:00～20:00 番号1 retry"),
        ("8/21 10:00 応答なし", "8/22 09:00", "8/22 12:00～17:00 番号1 retry"),
        ("8/17 10:00 本人 途中で切断", "8/17 10:05", "8/18 12:00～17:00 番号1 retry"),
        # a call that did not count: soon, on the same day and in the same band
        ("8/17 10:00 話し中", "8/17 10:01", "8/17 10:20～12:00 番号1 again"),
        ("8/17 11:50 話し中", "8/17 11:51", "8/17 12:10～17:00 番号1 again"),
        ("8/17 10:00 応答なし 34秒", "8/17 10:01", "8/17 11:00～12:00 番号1 again"),
        ("8/17 10:00 着信拒否", "8/17 10:01", "8/18 10:00～12:00 番号1 again"),
        ("8/17 16:30 すぐ切断", "8/17 16:31", "8/18 09:00～12:00 番号1 again"),  # by day first, even so
        # after a counted call it stays on another day and in another band than that
        ("8/17 10:00 応答なし、8/18 14:00 話し中", "8/18 14:01", "8/18 14:20～17:00 番号1 again"),
        ("8/17 14:00 応答なし、8/18 11:50 話し中", "8/18 11:51", "8/18 17:00～20:00 番号1 again"),
        # a promise holds back until its day is over
        ("8/17 10:00 本人 8/20に1000円約束", "8/18 10:00", "promise 8/21 09:00"),
        ("8/17 10:00 本人 8/20に1000円約束", "8/21 09:00", "8/21 12:00～17:00 番号1 retry"),
        ("8/17 10:00 本人 8/21に1000円約束", "8/20 10:00", "promise 8/22 09:00"),
        ("8/17 10:00 本人 8/31に1000円約束", "8/20 10:00", "promise 9/1 00:00"),
        # the end of the round
        ("8/27 10:00 応答なし", "8/28 13:00", "8/28 13:00～17:00 番号1 retry"),
        ("8/28 10:00 応答なし", "8/28 10:05", "no_slot 8/29 00:00"),
        ("", "8/28 18:00", "no_slot 8/29 00:00"),
        ("", "8/28 20:00", "round_over 8/29 00:00"),
        ("", "8/29 10:00", "round_over"),
        ("8/17 10:00 応答なし、8/18 10:00 停止指示", "8/19 10:00", "終了"),
        ("8/17 10:00 応答なし、8/18 10:00 納付", "8/19 10:00", "終了"),
    ],
)
def test_where_nagaoka_calls_next(happened: str, now: str, following: str) -> None:
    assert told(decided(happened, now)) == following


@pytest.mark.parametrize(
    ("happened", "now", "following"),
    [
        ("8/17 10:00 配偶者 不在 8/20の18時在宅", "8/17 10:05", "8/20 18:00～18:15 番号1 appointment"),
        ("8/17 10:00 配偶者 不在 8/20の18時在宅", "8/20 18:14", "8/20 18:00～18:15 番号1 appointment"),
        ("8/17 10:00 配偶者 不在 8/17の15時在宅", "8/17 10:05", "8/17 15:00～15:15 番号1 appointment"),
        # the grace never goes beyond the hours
        ("8/17 10:00 配偶者 不在 8/20の9時在宅", "8/20 09:00", "8/20 09:00～09:15 番号1 appointment"),
        # on the third call, inside the round: a fourth
        (
            "8/17 10:00 応答なし、8/18 14:00 応答なし、8/19 18:00 配偶者 不在 8/20の18時在宅",
            "8/20 09:00",
            "8/20 18:00～18:15 番号1 appointment",
        ),
        (
            "8/17 10:00 応答なし、8/18 14:00 応答なし、8/19 18:00 配偶者 不在 8/20の18時在宅、8/20 18:00 応答なし",
            "8/20 18:01",
            "終了",
        ),
        # it was busy then: again on the same day, as somebody is expected
        ("8/17 10:00 配偶者 不在 8/20の18時在宅、8/20 18:00 話し中", "8/20 18:01", "8/20 18:20～20:00 番号1 again"),
        ("8/17 10:00 配偶者 不在 8/17の15時在宅、8/17 15:00 話し中", "8/17 15:01", "8/17 15:20～17:00 番号1 again"),
        ("8/17 10:00 配偶者 不在 8/17の11時在宅、8/17 11:00 話し中", "8/17 11:01", "8/17 12:00～17:00 番号1 again"),
        # no line was free then: as soon as it is legal
        ("8/17 10:00 配偶者 不在 8/20の15時在宅", "8/20 15:15", "8/20 15:15～17:00 番号1 retry"),
        ("8/17 10:00 配偶者 不在 8/17の15時在宅", "8/17 15:15", "8/18 12:00～17:00 番号1 retry"),
        # outside the hours it is no appointment
        ("8/17 10:00 配偶者 不在 8/20の21時在宅", "8/17 10:05", "8/18 12:00～17:00 番号1 retry"),
        # named in a callback
        (
            "8/17 10:00 応答なし、8/17 11:00 折り返し 配偶者 不在 8/19の10時在宅",
            "8/18 13:00",
            "8/19 10:00～10:15 番号1 appointment",
        ),
    ],
)
def test_a_named_time_is_kept_to_the_minute(happened: str, now: str, following: str) -> None:
    assert told(decided(happened, now)) == following


def test_a_day_that_is_closed_after_a_time_was_named_on_it_is_not_called() -> None:
    happened = "8/17 10:00 配偶者 不在 8/20の18時在宅"
    closed = book("nagaoka", agreed("2026-08-20", None, "庁舎停電"))
    assert told(decided(happened, "8/18 09:00", rules=closed)) == "8/18 12:00～17:00 番号1 retry"


@pytest.mark.parametrize(
    ("happened", "now", "following"),
    [
        ("", "8/17 09:00", "8/17 09:00～12:00 番号1 first"),
        # the other number on the same day, but not at once
        ("8/17 10:00 応答なし", "8/17 10:05", "8/17 12:00～17:00 番号2 first"),
        ("8/17 14:20 応答なし", "8/17 14:25", "8/17 16:20～17:00 番号2 first"),
        ("8/17 09:10 欠番", "8/17 09:11", "8/17 11:10～12:00 番号2 first"),
        # not when somebody was reached
        ("8/17 10:00 配偶者 不在", "8/17 10:05", "8/18 09:00～12:00 番号2 first"),
        ("8/17 10:00 応答なし、8/17 11:00 折り返し 配偶者 不在", "8/17 11:05", "8/18 09:00～12:00 番号2 first"),
        # what did not count is repeated before the other number has its turn
        ("8/17 10:00 話し中", "8/17 10:05", "8/17 10:20～12:00 番号1 again"),
        (
            "8/17 10:00 応答なし、8/17 14:00 番号2 応答なし、8/18 09:10 番号2 話し中",
            "8/18 09:11",
            "8/18 09:30～12:00 番号2 again",
        ),
        # fewest calls first, then the order of the list
        ("8/17 10:00 応答なし、8/17 14:00 番号2 応答なし", "8/17 14:05", "8/18 12:00～17:00 番号1 retry"),
        (
            "8/17 10:00 応答なし、8/18 14:00 応答なし、8/18 17:00 番号2 応答なし",
            "8/18 17:05",
            "8/19 09:00～12:00 番号2 retry",
        ),
        # a time that was named holds for both
        ("8/17 10:00 配偶者 不在 8/20の18時在宅", "8/18 10:00", "8/20 18:00～18:15 番号1 appointment"),
        # three calls each
        (
            "8/17 10:00 応答なし、8/18 14:00 応答なし、8/19 18:00 応答なし",
            "8/20 10:00",
            "8/20 10:00～12:00 番号2 first",
        ),
        # who calls back is called on the number with the fewest calls
        (
            "8/17 10:00 応答なし、8/17 11:00 折り返し 配偶者 不在 8/19の10時在宅",
            "8/18 13:00",
            "8/19 10:00～10:15 番号2 appointment",
        ),
    ],
)
def test_two_numbers_take_turns(happened: str, now: str, following: str) -> None:
    assert told(decided(happened, now, numbers=2)) == following


def test_a_broken_promise_begins_anew_where_the_city_wants_it() -> None:
    happened = "8/17 10:00 応答なし、8/18 14:00 本人 8/20に1000円約束"
    niigata = book("niigata")
    assert told(decided(happened, "8/19 10:00", rules=niigata)) == "promise 8/21 09:00"
    assert told(decided(happened, "8/21 09:00", rules=niigata)) == "8/21 09:00～12:00 番号1 first"
    # the attempts are counted anew, but nobody is called in the same band as the last time
    assert told(decided(happened, "8/21 12:00", rules=niigata)) == "8/24 09:00～12:00 番号1 first"


def test_a_case_without_a_number_is_held() -> None:
    assert told(decided("", "8/17 10:00", numbers=0)) == "no_number 8/29 00:00"


@pytest.mark.parametrize(
    ("happened", "now", "following"),
    [
        # Sundays are usual from August to September; evenings only by agreement: 26 August
        ("", "8/22 09:00", "8/24 08:30～12:00 番号1 first"),
        ("8/17 10:00 応答なし", "8/22 09:00", "8/24 12:00～17:15 番号1 retry"),
        # an evening lies ahead, so Sunday is not yet for this case
        ("8/20 10:00 応答なし、8/21 14:00 応答なし", "8/22 09:00", "8/26 17:15～20:00 番号1 retry"),
        ("8/24 10:00 応答なし、8/25 14:00 応答なし", "8/25 14:05", "8/26 17:15～20:00 番号1 retry"),
    ],
)
def test_saitama_climbs_from_day_to_evening_to_holiday(happened: str, now: str, following: str) -> None:
    saitama = book("saitama", agreed("2026-08-26", "evening"))
    assert told(decided(happened, now, rules=saitama, debt="car_tax")) == following


def test_saitama_s_sunday_is_for_those_not_reached_by_day_when_no_evening_is_left() -> None:
    happened = "8/20 10:00 応答なし、8/21 14:00 応答なし"
    decision = decided(happened, "8/23 08:00", rules=book("saitama"), debt="car_tax")
    assert told(decision) == "8/23 08:30～12:00 番号1 retry"


def test_saitama_s_only_evening_is_of_no_use_on_a_day_that_had_its_call() -> None:
    saitama = book("saitama", agreed("2026-08-21", "evening"))
    decision = decided("8/21 10:00 応答なし", "8/21 10:05", rules=saitama, debt="car_tax")
    assert told(decision) == "8/23 12:00～17:15 番号1 retry"


@pytest.mark.parametrize(
    ("happened", "now", "following"),
    [
        ("8/17 10:00 応答なし", "8/17 10:05", "8/18 12:00～17:00 番号1 retry"),
        ("8/17 10:00 応答なし", "8/24 09:00", "8/25 12:00～17:00 番号1 retry"),  # the 24th is a Monday again
        ("8/17 10:00 応答なし、8/18 14:00 応答なし", "8/18 14:05", "8/19 17:00～19:00 番号1 retry"),
        ("8/20 10:00 応答なし", "8/27 09:00", "8/28 12:00～17:00 番号1 retry"),
        # only a Friday is left after a Friday: another band at least, and it is said
        ("8/21 10:00 応答なし", "8/28 09:00", "8/28 12:00～17:00 番号1 retry"),
    ],
)
def test_kurume_never_calls_in_the_same_band_or_on_the_same_weekday_again(
    happened: str, now: str, following: str
) -> None:
    assert told(decided(happened, now, rules=BOOKS["kurume"])) == following


@pytest.mark.parametrize(
    ("city", "happened", "now", "said"),
    [
        ("kurume", "8/21 10:00 応答なし", "8/28 09:00", "架電期間の残りに別の曜日がないため"),
        ("kurume", "8/27 18:30 応答なし", "8/28 17:00", "架電期間の残りに別の時間帯がないため"),
        ("kurume", "8/17 10:00 応答なし", "8/17 10:05", "別の日・別の時間帯・別の曜日"),
        ("kurume", "8/17 10:00 話し中", "8/17 10:05", "8月17日（月）10:00の話し中は架電回数に数えない"),
        (
            "nagaoka",
            "8/17 10:00 配偶者 不在 8/20の15時在宅",
            "8/20 15:15",
            "指定時刻（8月20日（木）15:00）に架電できなかった",
        ),
        ("nagaoka", "8/24 10:00 応答なし", "8/26 09:00", "架電期間の残りが3日のため優先します"),
        ("nagaoka", "8/17 10:00 応答なし", "8/17 10:05", "前回（8月17日（月）午前）とは別の日・別の時間帯"),
    ],
)
def test_the_reason_says_what_the_plan_had_to_go_by(city: str, happened: str, now: str, said: str) -> None:
    plan = decided(happened, now, rules=BOOKS[city]).plan
    assert plan is not None
    assert said in plan.reason


@pytest.mark.parametrize(
    ("happened", "now", "priority"),
    [
        ("", "8/17 09:00", Priority.FRESH),
        ("8/17 10:00 話し中", "8/17 10:20", Priority.FRESH),
        ("8/17 10:00 応答なし", "8/18 12:00", Priority.REPEATED),
        ("8/24 10:00 応答なし", "8/25 12:00", Priority.REPEATED),
        ("8/24 10:00 応答なし", "8/26 12:00", Priority.EXPIRING),  # three calling days: 26, 27, 28
        ("", "8/26 09:00", Priority.EXPIRING),
        ("8/25 10:00 配偶者 不在 8/27の18時在宅", "8/26 09:00", Priority.APPOINTMENT),
    ],
)
def test_named_times_come_before_expiring_rounds_before_fresh_before_repeated_cases(
    happened: str, now: str, priority: Priority
) -> None:
    plan = decided(happened, now).plan
    assert plan is not None
    assert plan.priority is priority
    assert [one.rank for one in Priority] == [0, 1, 2, 3]


def test_a_better_slot_is_not_waited_for_when_the_calls_owed_would_find_no_days() -> None:
    """Three calls need three days, so Friday is too late for the first, and it is not when one call is all."""
    counts = {(NumberType.FIXED, Slot(SlotDay.FRI, "afternoon")): (1000, 900)}
    counts[NumberType.FIXED, Slot(SlotDay.MON, "morning")] = (1000, 10)
    friday = book("nagaoka", counts=counts)
    assert told(decided("", "8/24 09:00", rules=friday)) == "8/24 12:00～17:00 番号1 first"
    patient = replace(friday, city=replace(friday.city, rules=replace(friday.city.rules, attempts=1)))
    assert told(decided("", "8/24 09:00", rules=patient)) == "8/28 12:00～17:00 番号1 first"


def test_days_that_the_city_excludes_from_the_round_are_passed_over() -> None:
    calling = replace(ROUND, excluded=frozenset({date(2026, 8, 18), date(2026, 8, 19)}))
    known = KnownCase(replace(history("8/17 10:00 応答なし"), round=calling))
    assert told(decide(known, BOOKS["nagaoka"], moment("8/17 10:05"))) == "8/20 12:00～17:00 番号1 retry"


def test_a_plan_can_be_acted_on_from_its_first_moment_to_its_last_and_not_after() -> None:
    decision = decided("", "8/17 08:00")
    assert [decision.may_call(moment(at)) for at in ("8/17 08:59", "8/17 09:00", "8/17 11:59", "8/17 12:00")] == [
        False,
        True,
        True,
        False,
    ]


def test_every_plan_and_every_hold_names_its_clause() -> None:
    for city, rules in BOOKS.items():
        for happened in ("", "8/17 10:00 応答なし", "8/17 10:00 話し中", "8/17 10:00 本人 本人確認なし 8/20に1円約束"):
            decision = decided(happened, "8/18 10:00", rules=rules)
            said = decision.plan or decision.held
            assert said is not None, city
            assert said.reason
            assert said.clause[:3] in {"000", "001", "002", "003", "004"}, (city, said)


@pytest.mark.parametrize(
    ("happened", "now", "following"),
    [
        ("8/17 10:00 放棄", "8/17 10:01", "8/17 11:00～12:00 番号1 again"),  # not at once
        ("8/17 19:30 放棄", "8/17 19:31", "8/18 09:00～12:00 番号1 again"),  # nor after the hours
        ("8/17 10:00 放棄、8/17 11:05 留守電", "8/17 11:06", "8/18 12:00～17:00 番号1 retry"),
    ],
)
def test_whoever_met_no_operator_is_called_again_within_the_rules_by_one_who_is_kept(
    happened: str, now: str, following: str
) -> None:
    known = KnownCase(history(happened), left_alone=moment("8/17 10:00"))
    found = decide(known, BOOKS["nagaoka"], moment(now))
    assert told(found) == following
    assert found.plan is not None
    assert found.plan.reserved
    assert "8月17日（月）10:00の架電で担当者につながらなかった方のため、担当者を確保" in found.plan.reason
    assert plan_of_text(found.facts, moment(now)) == found.plan


def test_a_time_that_somebody_named_is_kept_and_an_operator_too() -> None:
    story = "8/17 14:00 配偶者 世帯確認 不在 8/20の18時在宅"
    found = decide(KnownCase(history(story), left_alone=moment("8/17 10:00")), BOOKS["nagaoka"], moment("8/18 10:00"))
    assert found.plan is not None
    assert (found.plan.priority, found.plan.reserved) == (Priority.APPOINTMENT, True)
    assert not decide(KnownCase(history(story)), BOOKS["nagaoka"], moment("8/18 10:00")).plan.reserved  # type: ignore[union-attr]


def plan_of_text(facts: str, now: datetime) -> Plan | Held:
    """As a day's planning does."""
    return Planner(BOOKS["nagaoka"], now).plan_of(facts, None)
