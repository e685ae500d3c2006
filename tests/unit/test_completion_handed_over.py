"""Two things that only an operator can tell: the number is another household's, and the city goes on with the case."""

import pytest

from dialer.core.happened import in_words, talk_in_words
from dialer.core.rules.happenings import Callback, CaseHistory, Promise, Talk, Talker
from dialer.core.rules.reading import Problems, happening_from, talk_from
from dialer.core.rules.standing import Standing, standing_of
from tests.city_profiles import RULES
from tests.unit import case_table
from tests.unit.case_table import moment

LATE = "8/27 12:00"
OTHER_HOME = "他人 他人宅と判明"


def standing(happened: str, city: str = "nagaoka", numbers: int = 1, now: str = LATE) -> Standing:
    return standing_of(case_table.history(happened, numbers, city), RULES[city], moment(now))


@pytest.mark.parametrize(
    ("happened", "numbers", "state", "clause"),
    [
        (OTHER_HOME, 1, "complete", "000 §10(4)オ"),
        (OTHER_HOME, 2, "open", "000 §10(4)オ"),
        (f"{OTHER_HOME}、番号2 {OTHER_HOME}", 2, "complete", "000 §10(4)オ"),
        (f"応答なし、応答なし、{OTHER_HOME}", 1, "complete", "000 §10(4)オ"),
        (f"{OTHER_HOME}、番号2 本人 スクリプト完了", 2, "complete", "000 §10(4)ア"),
        ("本人 途中で切断 市へ引継ぎ", 1, "escalated", "000 §10(5)エ"),
        ("本人 スクリプト完了 市へ引継ぎ", 1, "escalated", "000 §10(5)エ"),
        ("他人 市へ引継ぎ", 2, "escalated", "000 §10(5)エ"),
        ("本人 市へ引継ぎ 8/20の18時在宅", 1, "escalated", "000 §10(5)エ"),
        ("本人 市へ引継ぎ 8/25に5000円約束", 1, "escalated", "000 §10(5)エ"),
        ("折り返し 本人 本人確認 市へ引継ぎ", 1, "escalated", "000 §10(5)エ"),
        ("本人 市へ引継ぎ、停止指示", 1, "stopped", "000 §10(4)ケ"),
        ("本人 市へ引継ぎ、納付", 1, "paid", "000 §10(2)"),
        ("本人 スクリプト完了、折り返し 本人 市へ引継ぎ", 1, "complete", "000 §10(4)ア"),
    ],
)
def test_what_they_do_to_a_case(happened: str, numbers: int, state: str, clause: str) -> None:
    verdict = standing(happened, numbers=numbers)
    assert (verdict.state, verdict.clause) == (state, clause)


@pytest.mark.parametrize("city", RULES)
def test_strangers_are_neither_a_contact_nor_a_talk_of_the_day(city: str) -> None:
    verdict = standing(OTHER_HOME, city)
    assert (verdict.contacted, verdict.talked_at) == (False, None)


@pytest.mark.parametrize("city", RULES)
def test_a_talk_that_is_handed_over_is_still_a_contact(city: str) -> None:
    assert standing("本人 本人確認 市へ引継ぎ", city).contacted


@pytest.mark.parametrize("city", [city for city, rules in RULES.items() if rules.contact_completes])
def test_who_names_a_time_is_owed_a_call_until_it_was_made(city: str) -> None:
    asked = "8/18 10:00 本人 途中で切断 8/20の18時在宅"
    assert standing(asked, city).state == "open"
    assert standing(f"{asked}、8/20 18:00 本人 途中で切断", city).state == "complete"
    assert standing("8/18 10:00 本人 スクリプト完了 8/20の18時在宅", city).state == "complete"


@pytest.mark.parametrize("talker", ["self", "same_household"])
def test_the_family_is_no_other_home(talker: str) -> None:
    found = talk_from(moment(LATE), {"talker": talker, "other_home": True})
    assert isinstance(found, Problems)
    assert found.lines == ("other_home: 本人・同一世帯員との通話には書けません",)


@pytest.mark.parametrize("city", RULES)
def test_strangers_who_call_back_are_no_contact_either(city: str) -> None:
    """Their number is dead from then on for the person; that is the table's, a callback names no number."""
    found = happening_from("callback", moment("8/20 12:00"), {"talker": "other", "other_home": True})
    assert isinstance(found, Callback)
    verdict = standing_of(case_table.history("応答なし", 1, city).and_then(found), RULES[city], moment(LATE))
    assert (verdict.state, verdict.contacted, verdict.talked_at) == ("open", False, None)


def test_they_are_told_in_words() -> None:
    (attempt,) = case_table.happenings(OTHER_HOME)
    assert in_words(attempt) == "番号1に架電: 通話。他の人、他人宅と判明"
    assert talk_in_words(Talk(Talker.SELF, handed_over=True)) == "本人、市へ引継ぎ"


def test_a_talk_can_be_told_without_its_sum() -> None:
    talk = Talk(Talker.SELF, promise=Promise(moment(LATE).date(), 5000))
    assert talk_in_words(talk) == "本人、8月27日（木）に5,000円の納付約束"
    assert talk_in_words(talk, amounts=False) == "本人、8月27日（木）に納付約束"


def test_a_history_with_them_is_the_same_whatever_order_it_came_in() -> None:
    known = case_table.history(f"8/18 10:00 {OTHER_HOME}、8/19 11:00 番号2 本人 市へ引継ぎ", 2)
    turned = CaseHistory(known.city, known.case, known.round, known.numbers, tuple(reversed(known.happenings)))
    assert standing_of(known, RULES["nagaoka"], moment(LATE)) == standing_of(turned, RULES["nagaoka"], moment(LATE))
