"""The results of talks, city by city: what each does to a case, and what a form must say before it is recorded."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dialer.core.decide import Decision, KnownCase, decide
from dialer.core.rules.happenings import Attempt, CaseHistory, Result, Script, Talker
from dialer.core.talk_entry import Circumstances, Resolved, resolved
from dialer.core.talk_form import Entered, FieldProblems, entered_from
from dialer.core.talk_results import Need
from tests.city_profiles import CITY
from tests.planning_city import BOOKS, told
from tests.talk_forms import ARREARS, CONFIRMED, FILLED, SEASONS, accepted, form, in_season, judged_form, of, refused
from tests.unit import case_table
from tests.unit.case_table import A, B, moment

DEBTS = {
    (city, one.talk.results_for(debt.key), SEASONS.get((city, debt.key))): (city, debt.key)
    for city, one in CITY.items()
    for debt in one.debts
}.values()
"""One debt kind of each city for every list of results, and for every season."""

ALL = [(city, debt, result.key) for city, debt in DEBTS for result in CITY[city].talk.results_for(debt)]


def after(
    result: str,
    *,
    city: str = "nagaoka",
    debt: str | None = None,
    before: str = "",
    at: str = "8/18 10:00",
    numbers: int = 1,
    **changes: object,
) -> Decision:
    """The decision right after a call whose operator entered that."""
    return decision_of(accepted(result, given := of(city, debt, at), **changes), given, before, numbers)


def decision_of(entered: Resolved, given: Circumstances, before: str = "", numbers: int = 1) -> Decision:
    earlier = tuple(case_table.happenings(before)) if before else ()
    happenings = (*earlier, Attempt(given.began, 0, Result.TALKED, talk=entered.talk))
    history = CaseHistory(given.book.city.key, "case", given.round, (A, B)[:numbers], happenings, debt=given.debt)
    return decide(KnownCase(history), given.book, given.began + timedelta(minutes=5))


TWICE = "8/17 10:00 応答なし、8/18 14:00 応答なし"
THIRD = {"before": TWICE, "at": "8/19 18:00"}


@pytest.mark.parametrize(
    ("row", "result", "given", "state", "clause", "following"),
    [
        ("1", "spoke_completed", {}, "complete", "000 §10(4)ア", "終了"),
        ("1", "paid_already", {}, "complete", "000 §10(4)ア", "終了"),
        ("1", "promise", {}, "complete", "000 §10(4)ア", "終了"),
        ("2", "spoke_partial", {}, "open", "000 §10(4)ア", "8/19 12:00～17:00 番号1 retry"),
        ("3", "household_completed", {}, "complete", "000 §10(4)イ", "終了"),
        ("4", "promise", {"talker": "same_household"}, "open", "000 §10(4)", "promise 8/26 09:00"),
        ("4", "third_party", {}, "open", "000 §10(5)エ", "8/19 12:00～17:00 番号1 retry"),
        ("4", "cut_off", {}, "open", "000 §10(5)エ", "8/19 12:00～17:00 番号1 retry"),
        ("5", "declined", {}, "open", "000 §10(4)ウ", "8/19 12:00～17:00 番号1 retry"),
        ("6", "away", {}, "open", "000 §10(4)エ", "8/19 12:00～17:00 番号1 retry"),
        ("7", "not_living_there", {}, "open", "000 §10(4)エ", "8/19 12:00～17:00 番号1 retry"),
        ("7b", "new_number", {}, "open", "000 §10(4)エ", "8/19 09:00～12:00 番号2 first"),
        ("8", "other_home", {}, "complete", "000 §10(4)オ", "終了"),
        ("8", "other_home", {"numbers": 2}, "open", "000 §10(4)オ", "8/18 12:00～17:00 番号2 first"),
        ("9", "spoke_partial", THIRD, "complete", "000 §10(4)カ", "終了"),
        ("14", "absent", {}, "open", "000 §10(5)エ", "8/19 12:00～17:00 番号1 retry"),
        ("15", "absent_until", {}, "open", "000 §10(5)エ", "8/20 18:00～18:15 番号1 appointment"),
        ("15", "absent_until", THIRD, "open", "000 §10(5)エ", "8/20 18:00～18:15 番号1 appointment"),
        (
            "16",
            "absent_until",
            {**THIRD, "appointment_at": "2026-09-03T18:00", "note": "9月3日の夜なら在宅"},
            "escalated",
            "000 §10(5)エ",
            "終了",
        ),
        ("15", "call_back", {}, "open", "000 §10(5)エ", "8/20 13:00～13:15 番号1 appointment"),
        ("C-062", "hand_over", {}, "escalated", "000 §10(5)エ", "終了"),
        ("C-062", "hand_over", {"talker": "other", "identity_confirmed": False}, "escalated", "000 §10(5)エ", "終了"),
    ],
)
def test_every_result_does_what_the_tender_says(
    row: str, result: str, given: dict[str, Any], state: str, clause: str, following: str
) -> None:
    """The rows are those of the decision table of 000 §10(4)(5)."""
    decision = after(result, **given)
    standing = decision.standing
    assert (standing.state, standing.clause, told(decision)) == (state, clause, following), standing.reason


@pytest.mark.parametrize(
    ("result", "judgement"), [("declined", "declined"), ("away", "away"), ("not_living_there", "moved")]
)
def test_what_only_a_person_may_decide_stays_open_and_asks(result: str, judgement: str) -> None:
    decision = after(result)
    assert decision.standing.state == "open"
    assert decision.standing.awaits_decision == {judgement}


@pytest.mark.parametrize(
    ("city", "state"),
    [("nagaoka", "open"), ("niigata", "complete"), ("saitama", "complete"), ("kurume", "complete")],
)
def test_where_reaching_the_person_is_enough_an_unfinished_script_completes(city: str, state: str) -> None:
    assert after("spoke_partial", city=city).standing.state == state


@pytest.mark.parametrize("city", CITY)
def test_who_asks_to_be_called_again_is_called_then_whatever_completes_there(city: str) -> None:
    decision = after("call_back", city=city)
    assert decision.standing.state == "open"
    assert decision.plan is not None
    assert decision.plan.not_before == moment("8/20 13:00")


@pytest.mark.parametrize("city", CITY)
def test_what_is_handed_over_is_not_called_any_more_in_any_city(city: str) -> None:
    decision = after("hand_over", city=city)
    assert (decision.standing.state, decision.plan) == ("escalated", None)
    assert decision.standing.clause == CITY[city].rules.clauses.escalation


@pytest.mark.parametrize("city", CITY)
def test_another_home_ends_the_number_without_a_contact(city: str) -> None:
    standing = after("other_home", city=city, numbers=2).standing
    assert [number.state for number in standing.numbers] == ["dead", "open"]
    assert not standing.contacted


@pytest.mark.parametrize(("city", "debt", "result"), ALL)
def test_every_result_of_every_city_can_be_recorded_and_decided(city: str, debt: str, result: str) -> None:
    given = in_season(city, debt)
    found = accepted(result, given)
    assert found.detail["talker"] == found.talk.talker
    assert decision_of(found, given).standing.reason


def test_the_forms_of_these_tests_are_those_of_the_cities_and_no_others() -> None:
    assert {result for _, _, result in ALL} == set(FILLED)


@pytest.mark.parametrize(("city", "debt"), [(city, debt.key) for city, one in CITY.items() for debt in one.debts])
def test_the_nine_keys_are_in_order_and_given_once(city: str, debt: str) -> None:
    pressed = [one.key_press for one in CITY[city].talk.results_for(debt)]
    keys = [key for key in pressed if key is not None]
    assert keys == sorted(set(keys))
    assert pressed[: len(keys)] == keys, "those with a key come first"
    assert len(keys) >= 8


@pytest.mark.parametrize(("city", "debt", "result"), ALL)
def test_whoever_is_told_the_matter_was_confirmed(city: str, debt: str, result: str) -> None:
    """A script is only completed, and a promise only taken, with somebody whose identity is known."""
    given = in_season(city, debt)
    found = judged_form(result, given, identity_confirmed=False)
    if isinstance(found, Resolved):
        assert found.talk.script is not Script.COMPLETED
        assert found.talk.promise is None
    else:
        assert "identity_confirmed" in found.by_field


# --- what a form must say


@pytest.mark.parametrize(
    ("result", "changes", "field", "said"),
    [
        ("promise", {"promise_day": ""}, "promise_day", "約束日を入れて"),
        ("promise", {"promise_day": "2026-08-17"}, "promise_day", "過ぎています"),
        ("promise", {"promise_day": "2026-08-23"}, "promise_day", "閉庁日です（日曜日）"),
        ("promise", {"promise_day": "2027-01-02"}, "promise_day", "年末年始"),
        ("promise", {"promise_day": "3026-01-05"}, "promise_day", "祝日が分かっている年"),
        ("promise", {"promise_day": "25日"}, "promise_day", "2026-08-25 のような日付"),
        ("promise", {"promise_yen": ""}, "promise_yen", "1円以上"),
        ("promise", {"promise_yen": 0}, "promise_yen", "1円以上"),
        ("promise", {"promise_yen": -5}, "promise_yen", "整数"),
        ("promise", {"promise_yen": True}, "promise_yen", "整数"),
        ("promise", {"promise_yen": 10**12}, "promise_yen", "整数"),
        ("promise", {"promise_yen": ARREARS + 1}, "promise_yen", "未納額（48,200円）を超えて"),
        ("promise", {"promise_way": ""}, "promise_way", "納付書（金融機関・コンビニエンスストア）"),
        ("promise", {"promise_way": "barter"}, "promise_way", "方法を選んで"),
        ("promise", {"talker": "other"}, "talker", "応対者を選んで"),
        ("promise", {"talker": ""}, "talker", "応対者を選んで"),
        ("promise", {"talker": "cat"}, "talker", "いずれかが必要"),
        ("promise", {"identity_confirmed": ""}, "identity_confirmed", "確認が済んで"),
        ("promise", {"identity_how": ""}, "identity_how", "氏名と生年月日"),
        ("promise", {"identity_how": "by_voice"}, "identity_how", "確認の方法"),
        ("spoke_completed", {"talker": "same_household"}, "talker", "応対者を選んで"),
        ("spoke_partial", {"identity_confirmed": ""}, "identity_confirmed", "確認できたかどうか"),
        ("absent", {"relation": ""}, "relation", "続柄を選んで"),
        ("absent", {"relation": "boss"}, "relation", "続柄を選んで"),
        ("absent_until", {"appointment_at": ""}, "appointment_at", "日時を入れて"),
        ("absent_until", {"appointment_at": "2026-08-18T09:59"}, "appointment_at", "通話より後"),
        ("absent_until", {"appointment_at": "2026-08-20T21:00"}, "appointment_at", "備考に書けば記録"),
        ("absent_until", {"appointment_at": "2026-09-03T18:00"}, "appointment_at", "架電できる日時の外"),
        ("absent_until", {"appointment_at": "9999-12-31T23:59"}, "appointment_at", "年を確かめて"),
        ("absent_until", {"appointment_at": "0001-01-01T00:00"}, "appointment_at", "年を確かめて"),
        ("call_back", {"appointment_at": "2026-09-03T18:00", "note": "9月"}, "appointment_at", "架電できる日時の外"),
        ("new_number", {"new_number": ""}, "new_number", "番号を入れて"),
        ("new_number", {"new_number": "0120-000-000"}, "new_number", "着信課金番号"),
        ("new_number", {"new_number": "110"}, "new_number", "緊急通報"),
        ("new_number", {"new_number": "+1 202 555 0100"}, "new_number", "国外"),
        ("new_number", {"new_number": "0258-000-001"}, "new_number", "同じです"),
        ("hand_over", {"department": ""}, "department", "収納課"),
        ("hand_over", {"department": "mayor"}, "department", "引継ぎ先を選んで"),
        ("hand_over", {"note": " "}, "note", "備考に書いて"),
        ("declined", {"note": "あ" * 1001}, "note", "1,000文字まで"),
        ("declined", {"note": "声\x00"}, "note", "制御文字"),
        ("declined", {"note": "\ud800"}, "note", "制御文字"),
        ("spoke_completed", {"promise_yen": 5000}, "promise_day", "入力できません"),
        ("other_home", {"new_number": "09000000003"}, "new_number", "入力できません"),
        ("spoke_completed", {"colour": "red"}, "colour", "知らない項目"),
        ("spoke_completed", {"steps": "opening"}, "steps", "並び"),
        ("spoke_completed", {"steps": ["a\x00"]}, "steps", "並び"),
        ("spoke_completed", {"script_key": "../x"}, "script_key", "名前が必要"),
        ("spoke_completed", {"identity_confirmed": "yes"}, "identity_confirmed", "true か false"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(result: str, changes: dict[str, Any], field: str, said: str) -> None:
    problems = refused(result, None, **changes)
    assert said in problems[field]


def test_all_that_is_wrong_is_told_at_once() -> None:
    wrong = refused("promise", talker="", identity_confirmed=False, promise_day="2026-08-23", promise_yen="")
    assert set(wrong) == {"talker", "identity_confirmed", "promise_day", "promise_yen"}


@pytest.mark.parametrize("result", ["", "shrug", "reissue"])
def test_a_result_that_the_city_has_not_is_told_with_those_that_it_has(result: str) -> None:
    found = entered_from({"result": result})
    assert isinstance(found, Entered)
    problems = resolved(found, of())
    assert isinstance(problems, FieldProblems)
    told = problems.by_field["result"]
    assert "納付約束（日付・金額）" in told
    assert ("いまの一覧にありません" in told) == bool(result)


@pytest.mark.parametrize("document", [None, [], "result", 7])
def test_what_is_no_form_at_all_is_refused_not_crashed_on(document: object) -> None:
    assert isinstance(entered_from(document), FieldProblems)


def test_with_strangers_nothing_is_said_about_who_they_are() -> None:
    found = accepted("third_party", identity_confirmed=True, identity_how="name_birthday")
    assert found.talk.identity_confirmed is None


def test_where_a_city_names_nobody_to_hand_over_to_none_is_asked_for_and_none_is_taken() -> None:
    book = BOOKS["nagaoka"]
    given = of(book=replace(book, city=replace(book.city, departments=())))
    assert accepted("hand_over", given).entered.department is None
    assert "department" in refused("hand_over", given, department="collection")


def test_a_sum_beyond_the_arrears_is_taken_when_the_operator_says_why() -> None:
    found = accepted("promise", promise_yen=ARREARS + 100, note="延滞金を含む")
    assert found.talk.promise is not None
    assert found.talk.promise.yen == ARREARS + 100


def test_one_can_promise_to_pay_on_the_day_of_the_talk() -> None:
    assert accepted("promise", promise_day="2026-08-18").talk.promise is not None


def test_a_promise_beyond_the_citys_limit_is_refused_with_the_last_day() -> None:
    book = BOOKS["nagaoka"]
    talk = replace(book.city.talk, promise_within_days=5)
    given = of(book=replace(book, city=replace(book.city, talk=talk)))
    said = "約束日は8月23日（日）（5日以内）までです"
    assert refused("promise", given, promise_day="2026-08-25")["promise_day"] == said
    assert accepted("promise", given, promise_day="2026-08-21").talk.promise is not None


def test_a_number_is_kept_as_digits_however_it_was_written() -> None:
    assert accepted("new_number", new_number="０９０－００００－０００３").detail["new_number"] == "09000000003"


def test_a_clock_without_an_offset_is_japans() -> None:
    assert accepted("absent_until", appointment_at="2026-08-20T18:00").talk.home_at == moment("8/20 18:00")
    assert accepted("absent_until", appointment_at="2026-08-20T09:00+00:00").talk.home_at == moment("8/20 18:00")


def test_a_correction_must_say_why_and_only_a_correction_keeps_it() -> None:
    assert "why" in refused("cut_off", of(corrects=True))
    assert accepted("cut_off", of(corrects=True), why="入力誤り").entered.why == "入力誤り"
    assert accepted("cut_off", why="入力誤り").entered.why is None


def test_what_was_typed_stays_text_whatever_it_looks_like() -> None:
    note = "<script>alert(1)</script> '; DROP TABLE cases; -- {amount} ${name}"
    assert accepted("declined", note=note).entered.note == note


@pytest.mark.parametrize(("city", "debt", "result"), ALL)
def test_the_page_is_told_what_it_must_ask_for(city: str, debt: str, result: str) -> None:
    """Each need that is left out is told at a field of that need."""
    given = in_season(city, debt)
    shown = next(one for one in CITY[city].talk.results if one.key == result)
    fields: dict[Need, Sequence[str]] = {
        Need.PROMISE: ("promise_day", "promise_yen", "promise_way"),
        Need.APPOINTMENT: ("appointment_at",),
        Need.NEW_NUMBER: ("new_number",),
        Need.DEPARTMENT: ("department",),
        Need.RELATION: ("relation",),
        Need.NOTE: ("note",),
    }
    for need in shown.needs:
        empty: dict[str, Any] = dict.fromkeys(fields[need], "")
        wrong = refused(result, given, **empty)
        assert set(fields[need]) <= set(wrong), need


def test_with_one_possible_talker_nobody_is_asked() -> None:
    assert accepted("spoke_completed").talk.talker is Talker.SELF
    assert accepted("other_home").talk.talker is Talker.OTHER
    assert form("spoke_completed") == {"result": "spoke_completed", **CONFIRMED}
