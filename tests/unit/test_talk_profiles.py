"""Results, ways to pay and departments of a profile: merged key by key, and what is wrong told at once."""

from pathlib import Path

import pytest

from dialer.core.city import City
from dialer.core.rights import Right
from dialer.core.rules.happenings import Script, Talker
from dialer.core.talk_results import Identity, Need
from dialer.profiles import ProfileError, load_city
from tests.city_profiles import CITY, SIXTH


def city(folder: Path, more: str = "") -> City:
    (folder / "mihon.toml").write_text(f"{SIXTH}\n{more}", encoding="utf-8")
    return load_city("mihon", folder)


def problems(folder: Path, more: str) -> str:
    with pytest.raises(ProfileError) as told:
        city(folder, more)
    return str(told.value)


def test_a_sixth_city_has_the_common_results_without_saying_so(tmp_path: Path) -> None:
    talk = city(tmp_path).talk
    assert [one.key for one in talk.results] == [one.key for one in CITY["nagaoka"].talk.results]
    assert talk.result("promise") is not None
    assert list(talk.ways) == ["slip", "smartphone", "transfer", "counter", "other"]


def test_one_field_of_a_common_result_can_be_changed(tmp_path: Path) -> None:
    changed = city(tmp_path, '[result.promise]\nname = "納税誓約"\nneeds = ["promise", "note"]\nmay = []').talk
    found = changed.result("promise")
    assert found is not None
    assert (found.name, found.needs, found.may) == ("納税誓約", (Need.PROMISE, Need.NOTE), ())
    assert (found.identity, found.said.script) == (Identity.REQUIRED, Script.COMPLETED), "the rest is common"


def test_a_common_result_can_be_left_out_and_its_key_given_to_another(tmp_path: Path) -> None:
    more = """
[result.other_home]
use = false

[result.broken]
name = "音声不良"
key_press = "9"
talkers = ["unknown"]
identity = "none"
clause = "仕様書 §10"
"""
    talk = city(tmp_path, more).talk
    assert talk.result("other_home") is None
    assert talk.results_for("city_tax")[8].key == "broken"


def test_a_result_rests_on_the_clause_of_what_it_does() -> None:
    clauses = {one.key: one.clause for one in CITY["nagaoka"].talk.results}
    assert clauses["spoke_completed"] == "000 §10(4)ア"
    assert clauses["household_completed"] == "000 §10(4)イ"
    assert clauses["absent_until"] == "000 §10(5)エ"
    assert clauses["other_home"] == "000 §10(4)オ"
    assert clauses["declined"] == "000 §10(4)ウ"


@pytest.mark.parametrize("key", CITY)
def test_every_result_rests_on_the_citys_own_tender(key: str) -> None:
    number = {"nagaoka": "0", "niigata": "1", "saitama": "2", "kurume": "3", "sendai": "4"}[key]
    assert {one.clause[:4] for one in CITY[key].talk.results} == {f"00{number} "}


@pytest.mark.parametrize("key", CITY)
def test_every_debt_kind_has_somebody_to_hand_over_to(key: str) -> None:
    one = CITY[key]
    for debt in one.debts:
        (department,) = one.departments_of(debt.key)
        assert department.name == debt.department
        assert one.department(department.key) == department


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ('[result.promise]\nneds = ["note"]', "result.promise.neds: 知らない項目です。使えるのは clause、"),
        ('[result.promise]\nneeds = ["money"]', "result.promise.needs[0]: 「money」 は使えません。promise、"),
        ('[result.promise.effect]\nscript = "done"', "result.promise.effect.script: 「done」 は使えません"),
        ('[result.promise.effect]\nscrpt = "none"', "result.promise.effect.scrpt: 知らない項目です"),
        ('[result.promise]\nkey_press = "12"', "result.promise.key_press"),
        ('[result.promise]\nkey_press = "1"', "result.promise.key_press: キー「1」は spoke_completed が使っています"),
        ('[result.promise]\ndebts = ["car_tax"]', "result.promise.debts: 科目「car_tax」はありません"),
        ('[result.promise]\nidentity = "asked"', "result.promise.identity: スクリプトの完了・納付約束には"),
        ('[result.promise]\ntalkers = ["other"]', "result.promise.talkers: スクリプトの完了・納付約束は"),
        ('[result.other_home]\ntalkers = ["self"]', "result.other_home.talkers: 他人宅（other_home）の応対者は"),
        ('[result.hand_over]\nneeds = ["department"]', "result.hand_over.needs: 市へ引き継ぐ結果には"),
        ('[result.hand_over]\nmay = ["note"]', "result.hand_over.may: 「note」は needs にもあります"),
        ('[result.spoke_partial]\nidentity = "none"', "result.spoke_partial.identity: 本人との通話では"),
        ('[result.new]\nname = "新"', "result.new.talkers: ありません"),
        ("[talk]\nnote_longest = 0", "talk.note_longest: 「0」 は使えません"),
        ("[talk]\npromise_within_days = 0", "talk.promise_within_days: 「0」 は使えません"),
        ('[talk.ways]\nSlip = "納付書"', "talk.ways"),
        ('[talk]\ndecided_by = "mayor"', "talk.decided_by: 「mayor」 は使えません。operator、supervisor"),
        (
            '[[department]]\nkey = "tax"\nname = "納税課"\nnumber = "0258009599"\nhours = ["17:15", "8:30"]',
            "department[0].hours（納税課）",
        ),
        ('[[department]]\nkey = "tax"\nname = "納税課"\nnumber = "内線12"', "department[0].number（納税課）"),
        (
            '[[department]]\nkey = "tax"\nname = "納税課"\nnumber = "0258009599"\ndebts = ["car_tax"]',
            "department[0].debts（納税課）: 科目「car_tax」はありません",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(more: str, told: str, tmp_path: Path) -> None:
    assert told in problems(tmp_path, more)


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    more = '[result.promise]\nidentity = "asked"\nkey_press = "1"\n[result.hand_over]\nneeds = []'
    assert len(problems(tmp_path, more).splitlines()) == 3


def test_the_same_key_is_free_for_results_of_different_debts() -> None:
    pressed = {
        debt: next(one.key for one in CITY["kurume"].talk.results_for(debt) if one.key_press == "2")
        for debt in ("city_tax", "income_return", "eligibility_loss")
    }
    assert pressed == {"city_tax": "promise", "income_return": "filing_agreed", "eligibility_loss": "procedure_agreed"}


def test_a_departments_hours_are_those_of_the_profile(tmp_path: Path) -> None:
    more = '[[department]]\nkey = "tax"\nname = "納税課"\nnumber = "0258009599"\nhours = ["08:30", "17:15"]'
    (department,) = city(tmp_path, more).departments
    assert str(department.hours) == "08:30～17:15"


def test_who_decides_what_the_tender_leaves_open_is_a_setting(tmp_path: Path) -> None:
    operator, supervisor = {Right.DESK}, {Right.DESK, Right.SUPERVISE}
    assert city(tmp_path).talk.lets_decide(operator)
    strict = city(tmp_path, '[talk]\ndecided_by = "supervisor"').talk
    assert (strict.lets_decide(operator), strict.lets_decide(supervisor)) == (False, True)


def test_a_city_adds_what_its_callers_ask_and_what_is_of_no_kind_stays_last(tmp_path: Path) -> None:
    inquiries = city(tmp_path, '[talk.inquiries]\nwaste = "ごみ"').talk.inquiries
    assert list(inquiries.values())[-2:] == ["ごみ", "その他"]
    saitama = set(CITY["saitama"].talk.inquiries.values())
    assert {"継続車検用納税証明書", "障害者減免", "抹消", "還付", "納税通知書"} <= saitama  # I-007, I-015, I-016


def test_nobody_but_strangers_can_be_another_home() -> None:
    for one in CITY.values():
        for result in one.talk.results:
            assert not result.said.other_home or set(result.talkers) <= {Talker.OTHER, Talker.UNKNOWN}
