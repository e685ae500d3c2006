"""When a case of Nagaoka is finished: the sixteen rows of 000 §10(4)(5), and the examples that the city would try."""

from dataclasses import replace

import pytest

from dialer.core.rules.completion import TwoCalls
from dialer.core.rules.happenings import Judgement
from dialer.core.rules.standing import Standing, standing_of
from tests.city_profiles import RULES
from tests.unit import case_table
from tests.unit.case_table import moment

NAGAOKA = RULES["nagaoka"]
DURING, AFTER = moment("8/27 12:00"), moment("8/29 12:00")


def standing(happened: str, numbers: int = 1) -> Standing:
    return standing_of(case_table.history(happened, numbers), NAGAOKA, DURING)


@pytest.mark.parametrize(
    ("happened", "state", "clause"),
    [
        ("", "open", "000 §10(4)"),
        # 1, 2: the person
        ("本人 スクリプト完了", "complete", "000 §10(4)ア"),
        ("本人 途中で切断", "open", "000 §10(4)ア"),
        ("本人 本人確認なし スクリプト完了", "open", "000 §10(4)ア"),
        # 3, 4: somebody else
        ("配偶者 世帯確認 申出あり スクリプト完了", "complete", "000 §10(4)イ"),
        ("配偶者 世帯確認 申出なし スクリプト完了", "open", "000 §10(5)エ"),
        ("配偶者 世帯確認なし 申出あり スクリプト完了", "open", "000 §10(5)エ"),
        ("配偶者 申出あり スクリプト完了", "open", "000 §10(5)エ"),
        ("配偶者 世帯確認 申出あり 途中で切断", "open", "000 §10(5)エ"),
        ("他人 申出あり スクリプト完了", "open", "000 §10(5)エ"),
        ("不明者 申出あり スクリプト完了", "open", "000 §10(5)エ"),
        # 5, 6, 7: what a person may decide, and nobody else
        ("本人 対話拒否", "open", "000 §10(4)ウ"),
        ("本人 対話拒否、判断 拒否で完了", "complete", "000 §10(4)ウ"),
        ("配偶者 長期不在", "open", "000 §10(4)エ"),
        ("配偶者 長期不在、判断 不在で完了", "complete", "000 §10(4)エ"),
        ("他人 居住せず", "open", "000 §10(4)エ"),
        ("他人 居住せず、判断 転居で完了", "complete", "000 §10(4)エ"),
        ("他人 居住せず 別番号あり", "open", "000 §10(4)エ"),
        ("他人 居住せず 別番号あり、判断 転居で完了", "open", "000 §10(4)エ"),
        # 8: the number is finished, and the case with its only number
        ("他人宅", "complete", "000 §10(4)オ"),
        ("取り外し", "complete", "000 §10(4)オ"),
        ("ＦＡＸ", "complete", "000 §10(4)オ"),
        ("欠番", "complete", "000 §10(4)オ"),
        # 9: three attempts
        ("応答なし、留守電", "open", "000 §10(5)イ"),
        ("応答なし、留守電、料金未払", "complete", "000 §10(4)カ"),
        ("本人 途中で切断、配偶者 不在、他人", "complete", "000 §10(4)カ"),
        ("8/18 10:00 応答なし、8/18 18:00 応答なし、8/19 10:00 応答なし", "open", "000 §10(5)ア"),
        # 10: callbacks
        ("応答なし、折り返し 本人 本人確認 スクリプト完了", "complete", "000 §10(4)キ"),
        ("応答なし、折り返し 配偶者 世帯確認 申出あり スクリプト完了", "complete", "000 §10(4)キ"),
        ("応答なし、折り返し 本人 スクリプト完了", "open", "000 §10(4)ア"),
        ("応答なし、折り返し 配偶者 世帯確認 スクリプト完了", "open", "000 §10(5)エ"),
        ("応答なし、折り返し 本人 本人確認 途中で切断", "open", "000 §10(4)ア"),
        # 11: the same as in the round before
        ("前回 留守電、留守電、留守電", "complete", "000 §10(4)ク"),
        ("前回 留守電、留守電", "open", "000 §10(5)イ"),
        ("前回 留守電、留守電、応答なし", "open", "000 §10(5)ア"),
        ("前回 応答なし、留守電、留守電", "open", "000 §10(5)イ"),
        ("前回 料金未払、圏外、料金未払", "complete", "000 §10(4)ク"),
        ("留守電、留守電", "open", "000 §10(5)イ"),
        ("前回 話し中、話し中、話し中", "open", "000 §10(4)カ"),
        # 12: the city's orders, whatever else happened
        ("停止指示", "stopped", "000 §10(4)ケ"),
        ("応答なし、停止指示", "stopped", "000 §10(4)ケ"),
        ("配偶者 不在 8/26の18時在宅、停止指示", "stopped", "000 §10(4)ケ"),
        ("応答なし、納付", "paid", "000 §10(2)"),
        # 13: again on another day and time
        ("応答なし 35秒", "open", "000 §10(5)ア"),
        ("留守電 伝言あり", "open", "000 §10(5)イ"),
        ("料金未払", "open", "000 §10(5)ウ"),
        ("圏外", "open", "000 §10(5)ウ"),
        # 14, 15, 16: the person is out
        ("配偶者 不在", "open", "000 §10(5)エ"),
        ("配偶者 不在 8/27の18時在宅", "open", "000 §10(5)エ"),
        ("応答なし、応答なし、配偶者 不在 8/27の18時在宅", "open", "000 §10(5)エ"),
        ("応答なし、応答なし、配偶者 不在 8/29の18時在宅", "escalated", "000 §10(5)エ"),
        ("応答なし、配偶者 不在 8/29の18時在宅", "open", "000 §10(5)エ"),
        ("応答なし、応答なし、配偶者 不在 8/20の18時在宅、8/20 18:00 応答なし", "complete", "000 §10(4)カ"),
        ("応答なし、応答なし、本人 8/29の18時在宅", "complete", "000 §10(4)カ"),
        (
            "応答なし、応答なし、配偶者 不在 8/20の18時在宅、8/20 18:00 配偶者 不在 8/29の18時在宅",
            *("complete", "000 §10(4)カ"),
        ),
        ("応答なし、応答なし、本人 8/27の18時在宅", "complete", "000 §10(4)カ"),  # エ speaks of other talkers
    ],
)
def test_what_happened_decides_whether_the_case_is_finished_and_by_which_clause(
    happened: str, state: str, clause: str
) -> None:
    verdict = standing(happened)
    assert (verdict.state, verdict.clause) == (state, clause)
    assert verdict.reason


@pytest.mark.parametrize(
    ("example", "numbers", "happened", "state", "number_states", "contacted", "sms"),
    [
        ("1", 1, "応答なし、応答なし、応答なし", "complete", "exhausted", False, True),
        ("2", 2, "応答なし、応答なし、応答なし", "open", "exhausted open", False, False),
        ("3", 2, "番号1 他人宅、番号2 本人 スクリプト完了", "complete", "dead open", True, False),
        ("4", 1, "配偶者 世帯確認 申出あり スクリプト完了", "complete", "open", True, False),
        ("5", 1, "応答なし、応答なし、配偶者 世帯確認 不在 8/27の18時在宅", "open", "open", True, False),
        (
            *("5 unanswered", 1),
            "応答なし、応答なし、配偶者 世帯確認 不在 8/20の18時在宅、8/20 18:00 応答なし",
            *("complete", "exhausted", True, False),
        ),
        ("6", 1, "応答なし、応答なし、配偶者 世帯確認 不在 9/3の18時在宅", "escalated", "exhausted", True, False),
        ("7", 1, "本人 途中で切断", "open", "open", True, False),
        ("7 twice more", 1, "本人 途中で切断、応答なし、応答なし", "complete", "exhausted", True, False),
        ("9", 1, "留守電 伝言あり、留守電 伝言なし", "open", "open", False, False),
        ("10 unpaid", 1, "料金未払", "open", "open", False, False),
        ("10 not in use", 2, "欠番", "open", "dead open", False, False),
        ("11", 1, "応答なし、折り返し 本人 本人確認 スクリプト完了", "complete", "open", True, False),
    ],
)
def test_the_acceptance_examples_of_nagaoka_hold(
    example: str, numbers: int, happened: str, state: str, number_states: str, contacted: bool, sms: bool
) -> None:
    verdict = standing(happened, numbers)
    assert verdict.state == state, example
    assert [number.state for number in verdict.numbers] == number_states.split(), example
    assert (verdict.contacted, verdict.sms_candidate) == (contacted, sms), example


@pytest.mark.parametrize(
    ("happened", "counted"),
    [
        ("応答なし 34秒", 0),  # acceptance example 8
        ("応答なし 35秒", 1),
        ("応答なし", 1),
        *((word, 0) for word in ("話し中", "着信拒否", "網障害", "呼出不足", "すぐ切断", "放棄")),
        *((word, 1) for word in ("留守電", "料金未払", "圏外", "他人宅", "欠番", "本人 途中で切断")),
        ("8/18 10:00 応答なし、8/18 18:00 留守電", 1),  # another day is asked for
        ("8/18 10:00 配偶者 不在 8/18の18時在宅、8/18 18:00 応答なし", 2),  # the named time may be the same day
    ],
)
def test_only_what_the_tender_lists_counts_among_the_three_attempts(happened: str, counted: int) -> None:
    assert standing(happened).numbers[0].counted_attempts == counted


def test_a_number_that_is_always_busy_ends_at_the_cap() -> None:
    def busy(times: int) -> Standing:
        return standing("、".join(f"8/18 10:{minute:02} 話し中" for minute in range(times)))

    assert busy(NAGAOKA.uncounted_cap - 1).state == "open"
    assert busy(NAGAOKA.uncounted_cap).state == "complete"
    assert busy(NAGAOKA.uncounted_cap).numbers[0].counted_attempts == 0


@pytest.mark.parametrize(
    ("switch", "happened", "state"),
    [
        (TwoCalls.OFF, "前回 留守電、留守電、留守電", "open"),
        (TwoCalls.ACROSS_ROUNDS, "前回 留守電、留守電、留守電", "complete"),
        (TwoCalls.WITHIN_ROUND, "留守電、留守電", "complete"),
        (TwoCalls.WITHIN_ROUND, "留守電、応答なし", "open"),
        (TwoCalls.WITHIN_ROUND, "配偶者 不在、配偶者 不在", "open"),  # a talk is no unreachable result
    ],
)
def test_the_two_calls_rule_is_a_switch(switch: TwoCalls, happened: str, state: str) -> None:
    rules = replace(NAGAOKA, two_calls=switch)
    assert standing_of(case_table.history(happened), rules, DURING).state == state


def test_a_number_finished_by_two_calls_is_complete_not_exhausted() -> None:
    assert standing("前回 留守電、留守電、留守電", numbers=2).numbers[0].state == "complete"
    assert standing("前回 留守電、応答なし、留守電、留守電", numbers=2).numbers[0].state == "exhausted"


@pytest.mark.parametrize(
    ("happened", "named"),
    [
        ("配偶者 不在 8/27の18時在宅", "8/27 18:00"),
        ("配偶者 不在 8/29の18時在宅", None),  # after the round
        ("配偶者 不在 8/20の18時在宅、8/20 18:00 応答なし", None),  # kept
        ("応答なし、応答なし、配偶者 不在 8/27の18時在宅", "8/27 18:00"),
        ("折り返し 本人 本人確認 8/27の18時在宅", "8/27 18:00"),
        ("折り返し 本人 本人確認 8/20の18時在宅、8/20 18:00 応答なし", None),
        ("折り返し 本人 本人確認 8/20の18時在宅、8/20 18:00 話し中", "8/20 18:00"),  # not counted, so not kept
        ("配偶者 不在 8/27の18時在宅、折り返し 本人 本人確認 スクリプト完了", None),
    ],
)
def test_a_named_time_is_an_appointment_until_it_is_kept_or_the_case_ends(happened: str, named: str | None) -> None:
    appointment = standing(happened).appointment
    assert (appointment and appointment.at) == (moment(named) if named else None)


def test_a_time_named_at_a_number_that_is_finished_is_no_appointment() -> None:
    busy = "、".join(f"8/18 10:{minute:02} 話し中" for minute in range(NAGAOKA.uncounted_cap))
    assert standing("8/17 10:00 配偶者 不在 8/27の18時在宅", numbers=2).appointment is not None
    verdict = standing(f"8/17 10:00 配偶者 不在 8/27の18時在宅、{busy}", numbers=2)
    assert (verdict.state, verdict.appointment) == ("open", None)


def test_a_case_without_any_number_stays_open_and_says_so() -> None:
    verdict = standing("", numbers=0)
    assert (verdict.state, verdict.reason) == ("open", "架電できる電話番号がありません")


def test_a_named_time_outside_the_hours_counts_as_outside_the_round() -> None:
    case = case_table.history("応答なし、応答なし、配偶者 不在 8/27の21時在宅")
    assert standing_of(case, NAGAOKA, DURING).state == "open"
    assert standing_of(case, NAGAOKA, DURING, may_call_at=lambda at: at.hour < 20).state == "escalated"


def test_no_fifth_call_follows_a_time_named_on_the_fourth() -> None:
    fourth = "8/20 18:00 配偶者 不在 8/27の18時在宅"
    verdict = standing(f"応答なし、応答なし、配偶者 不在 8/20の18時在宅、{fourth}")
    assert (verdict.state, verdict.numbers[0].counted_attempts) == ("complete", 4)


def test_another_destination_takes_the_place_of_the_number_where_the_person_does_not_live() -> None:
    verdict = standing("番号1 他人 居住せず 別番号あり", numbers=2)
    assert [(number.state, number.callable) for number in verdict.numbers] == [
        ("complete", False),
        ("open", True),
        ("open", True),
    ]


def test_a_third_number_waits_until_one_of_the_two_is_finished() -> None:
    told = "番号1 本人 途中で切断 別番号あり"
    assert [number.callable for number in standing(told, numbers=2).numbers] == [True, True, False]
    assert [number.callable for number in standing(f"{told}、番号2 欠番", numbers=2).numbers] == [True, False, True]


def test_may_items_wait_for_a_persons_decision_and_are_named() -> None:
    assert standing("本人 対話拒否、配偶者 長期不在").awaits_decision == {Judgement.DECLINED, Judgement.AWAY}
    assert standing("本人 対話拒否、判断 拒否で完了").awaits_decision == frozenset()
    assert standing("他人 居住せず").awaits_decision == {Judgement.MOVED}
    assert standing("他人 居住せず、他人 別番号あり").awaits_decision == frozenset(), "it would not be followed"


@pytest.mark.parametrize(
    ("flagged", "otherwise"),
    [
        ("注意事項 受任、解除 受任", ""),
        ("応答なし、注意事項 受任、解除 受任", "応答なし"),
        ("注意事項 受任、解除 受任、応答なし、応答なし、応答なし", "8/19 14:00 応答なし、応答なし、応答なし"),
        ("注意事項 受任、注意事項 死亡、解除 受任", "8/18 12:00 注意事項 死亡"),
        ("注意事項 受任、停止指示、解除 受任", "8/18 12:00 停止指示"),
        ("注意事項 受任、納付、解除 受任", "8/18 12:00 納付"),
        ("本人 スクリプト完了、注意事項 死亡、解除 死亡", "本人 スクリプト完了"),
        ("注意事項 受任、解除 受任、注意事項 受任", "8/21 16:00 注意事項 受任"),
    ],
)
def test_a_warning_that_is_lifted_is_as_if_it_had_never_been_there(flagged: str, otherwise: str) -> None:
    assert standing(flagged) == standing(otherwise)


def test_a_warning_that_holds_stops_the_case_and_is_named() -> None:
    stopped = standing("応答なし、注意事項 受任")
    assert (stopped.state, stopped.clause) == ("stopped", "000 §10(4)ケ")
    assert stopped.reason == "「弁護士等の受任あり（本人へ架電しない）」のため架電停止"


@pytest.mark.parametrize(
    ("happened", "sms"),
    [
        ("", True),
        ("応答なし", True),
        ("本人 途中で切断", True),  # still open
        ("本人 スクリプト完了", False),
        ("配偶者 世帯確認 不在、応答なし、応答なし", False),
        ("欠番", True),
        ("応答なし、停止指示", False),
        ("応答なし、応答なし、応答なし、停止指示", False),
        ("応答なし、納付", False),
        ("他人 8/31に5000円約束", False),  # not yet due
    ],
)
def test_who_is_still_open_or_unreached_after_the_round_becomes_an_sms_candidate(happened: str, sms: bool) -> None:
    assert standing_of(case_table.history(happened), NAGAOKA, AFTER).sms_candidate is sms


def test_nobody_is_an_sms_candidate_while_calls_may_follow_in_the_round() -> None:
    assert standing_of(case_table.history("応答なし"), NAGAOKA, moment("8/28 23:59")).sms_candidate is False
    assert standing_of(case_table.history("応答なし"), NAGAOKA, moment("8/29 00:00")).sms_candidate is True


def test_what_happens_later_is_not_known_now() -> None:
    case = case_table.history("8/18 10:00 応答なし、8/19 12:00 停止指示")
    assert standing_of(case, NAGAOKA, moment("8/19 11:59")).state == "open"
    assert standing_of(case, NAGAOKA, moment("8/19 12:00")).state == "stopped"


@pytest.mark.parametrize(
    "sentence", ["応答なしか", "本人 スクリプト完", "判断 完了", "前回 留守電 留守電", "応答なし 長く"]
)
def test_the_table_refuses_a_word_that_it_does_not_know(sentence: str) -> None:
    with pytest.raises((AssertionError, KeyError)):
        case_table.history(sentence)
