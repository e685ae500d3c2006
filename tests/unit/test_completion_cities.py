"""Contact, promises and completion as each of the five cities defines them."""

import pytest

from dialer.core.rules.standing import Standing, standing_of
from tests.city_profiles import RULES
from tests.unit import case_table
from tests.unit.case_table import moment

LATE = "8/27 12:00"


def standing(city: str, happened: str, now: str = LATE) -> Standing:
    return standing_of(case_table.history(happened, numbers=2, city=city), RULES[city], moment(now))


@pytest.mark.parametrize("city", RULES)
@pytest.mark.parametrize(
    ("happened", "contacted"),
    [
        ("本人 途中で切断", True),
        ("配偶者 世帯確認 申出なし", True),
        ("配偶者 世帯確認なし", False),
        ("他人 不在", False),
        ("不明者", False),
        ("留守電 伝言あり", False),
        ("放棄", False),
        ("折り返し 本人 本人確認", True),
        ("前回 応答なし", False),
    ],
)
def test_contact_is_a_talk_with_the_person_or_the_household_never_a_machine(
    city: str, happened: str, contacted: bool
) -> None:
    assert standing(city, happened).contacted is contacted


@pytest.mark.parametrize(
    ("city", "state", "clause"),
    [
        ("nagaoka", "open", "000 §10(5)エ"),
        ("niigata", "complete", "001 §9(1)"),
        ("saitama", "complete", "002 §6(2)イ・ウ"),
        ("kurume", "complete", "003 §10(4)"),
        ("sendai", "complete", "004 §5(1)エ(イ)"),
    ],
)
def test_reaching_the_household_is_enough_except_in_nagaoka(city: str, state: str, clause: str) -> None:
    verdict = standing(city, "配偶者 世帯確認 申出なし")
    assert (verdict.state, verdict.clause) == (state, clause)


@pytest.mark.parametrize("city", RULES)
def test_stop_and_payment_end_a_case_in_every_city(city: str) -> None:
    assert standing(city, "応答なし、停止指示").state == "stopped"
    assert standing(city, "応答なし、納付").state == "paid"
    assert standing(city, "応答なし、停止指示、納付").state == "stopped"


@pytest.mark.parametrize("city", RULES)
def test_three_calls_to_each_number_end_a_case_in_every_city(city: str) -> None:
    first = "8/17 10:00 応答なし、8/18 11:00 応答なし、8/19 12:00 応答なし"
    second = "8/17 13:00 番号2 応答なし、8/18 14:00 番号2 応答なし"
    assert standing(city, f"{first}、{second}").state == "open"
    assert standing(city, f"{first}、{second}、8/20 15:00 番号2 応答なし").state == "complete"


@pytest.mark.parametrize("city", RULES)
def test_a_promise_holds_calls_back_until_its_day_has_passed(city: str) -> None:
    """Told by somebody who completes the case in no city."""
    told = "8/18 10:00 他人 8/25に5000円約束"
    held = standing(city, told, "8/25 23:59")
    assert held.state == "open"
    assert held.held_until is not None
    assert held.held_until.isoformat() == "2026-08-26"
    broken = standing(city, told, "8/26 00:00")
    assert (broken.state, broken.held_until) == ("open", None)
    assert "守られていない" in broken.reason
    assert standing(city, f"{told}、8/24 12:00 納付", "8/26 00:00").state == "paid"


@pytest.mark.parametrize(
    ("city", "while_promised", "when_broken"),
    [
        ("nagaoka", "complete", "complete"),  # a finished script must complete: 000 §10(4)ア
        ("niigata", "open", "open"),  # 001 §8(1)カ
        ("saitama", "open", "open"),
        ("kurume", "complete", "complete"),  # out of this month's targets: 003 §10(4)
        ("sendai", "open", "open"),
    ],
)
def test_a_broken_promise_leads_to_a_further_reminder_where_the_case_stays_open(
    city: str, while_promised: str, when_broken: str
) -> None:
    tried = "8/17 10:00 番号2 欠番、8/17 10:00 応答なし、8/18 11:00 応答なし"
    told = f"{tried}、8/19 12:00 本人 スクリプト完了 8/25に5000円約束"
    assert standing(city, told, "8/25 12:00").state == while_promised
    broken = standing(city, told, "8/26 09:00")
    assert broken.state == when_broken
    if when_broken == "open":
        assert broken.numbers[0].counted_attempts == 0  # the attempts begin anew


@pytest.mark.parametrize(
    ("city", "happened", "sms"),
    [
        ("niigata", "応答なし、応答なし", True),
        ("niigata", "応答なし", False),
        ("niigata", "応答なし、応答なし、本人", False),
        ("niigata", "応答なし、応答なし、番号2 欠番", False),  # the mobile is dead
        ("saitama", "応答なし、応答なし", False),  # the prefecture names them
        ("kurume", "応答なし、応答なし", False),
        ("sendai", "応答なし、応答なし", True),
    ],
)
def test_each_city_proposes_its_own_people_for_an_sms(city: str, happened: str, sms: bool) -> None:
    assert standing(city, happened).sms_candidate is sms
