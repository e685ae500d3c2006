"""From versions of scripts to what desks show, and what differs between two of them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.manuals import Document, Manual, ManualKind
from dialer.core.script import Branch, Step, TalkScript, script_for
from dialer.core.script_changes import step_changes
from dialer.core.versions import Decision, VersionState
from dialer.profiles.script_versions import BadDocument, faults_of, scripts_in_force
from dialer.profiles.scripts import shipped_manuals
from dialer.script_book import checked
from tests.city_profiles import CITY

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
NAGAOKA, KURUME = CITY["nagaoka"], CITY["kurume"]
SHIPPED = {one.key: one for one in shipped_manuals(NAGAOKA, NOW)}
REMINDER, CALLERS = SHIPPED["reminder"], SHIPPED["callers"]
YES = Decision(VersionState.APPROVED, "suzuki", NOW - timedelta(days=1), reason="協議書")
GONE = "debt_of_old"


def with_step(one: Manual, key: str, **changed: object) -> Document:
    step = {**one.document["step"], key: {**one.document["step"][key], **changed}}
    return {**one.document, "step": step}


UNUSABLE = replace(REMINDER, version=2, document={**REMINDER.document, "debts": [GONE]}, decision=replace(YES, at=NOW))


def version_of(manuals: list[Manual], *, drafts: bool = False) -> int | None:
    found = script_for(scripts_in_force(NAGAOKA, manuals, NOW).scripts, "city_tax", "reminder", drafts=drafts)
    return found.version if isinstance(found, TalkScript) else None


def test_a_version_that_does_not_fit_the_profile_any_more_gives_way_to_the_one_before_and_it_is_told() -> None:
    manuals = [replace(REMINDER, decision=YES), UNUSABLE]
    assert version_of(manuals) == 1
    (passed,) = scripts_in_force(NAGAOKA, manuals, NOW).passed_over
    assert (passed.manual.version, GONE in passed.faults[0]) == (2, True)
    assert version_of([REMINDER, UNUSABLE]) is None  # before it is only a draft
    assert version_of([REMINDER, UNUSABLE], drafts=True) == 1


def test_a_result_that_has_gone_is_suggested_no_more_and_the_script_stays() -> None:
    branches = [{"label": "聞き取った", "to": "transfer", "result": "result_of_old"}]
    manuals = [
        replace(REMINDER, document=with_step(REMINDER, "paid", branches=branches), decision=YES),
        CALLERS,
    ]
    found = scripts_in_force(NAGAOKA, manuals, NOW)
    assert found.passed_over == ()
    assert [one.for_callers for one in found.scripts] == [False, True]
    steps = [one.step("paid") for one in found.scripts]
    assert [[branch.result for branch in step.branches] for step in steps if step] == [[None], [None]]
    assert "result_of_old" in faults_of(manuals[0], NAGAOKA)[0], "nobody may enter it so"


def test_a_document_of_another_shape_is_passed_over_and_breaks_nothing() -> None:
    broken = replace(UNUSABLE, document={"step": "none", "named": 3})
    assert version_of([replace(REMINDER, decision=YES), broken]) == 1
    assert faults_of(broken, NAGAOKA)


def test_the_version_of_the_words_for_callers_and_of_the_script_are_both_in_what_a_talk_keeps() -> None:
    manuals = [replace(REMINDER, version=5, decision=YES), replace(CALLERS, version=3, decision=YES)]
    used = scripts_in_force(NAGAOKA, manuals, NOW)
    found = script_for(used.scripts, "city_tax", "reminder", drafts=False, for_callers=True)
    assert isinstance(found, TalkScript)
    assert (found.key, found.version) == ("reminder_callers3", 5)


def test_a_script_for_debts_that_the_city_has_no_more_is_not_one_for_all_debts() -> None:
    (insurance,) = [one for one in shipped_manuals(CITY["niigata"], NOW) if one.key == "insurance"]
    assert faults_of(insurance, CITY["niigata"]) == ()
    assert "科目" in faults_of(insurance, NAGAOKA)[0]


states = st.sampled_from(["draft", "approved", "withdrawn", "expired", "coming"])


@given(st.lists(st.tuples(states, st.booleans()), max_size=5))
def test_with_a_real_carrier_no_draft_and_nothing_withdrawn_expired_or_wrong_is_ever_given_out(
    said: list[tuple[str, bool]],
) -> None:
    decisions = {
        "draft": None,
        "approved": YES,
        "withdrawn": replace(YES, state=VersionState.WITHDRAWN),
        "expired": replace(YES, valid_until=NOW),
        "coming": replace(YES, valid_from=NOW + timedelta(seconds=1)),
    }
    versions = [
        replace(REMINDER if fits else UNUSABLE, version=number, decision=decisions[state])
        for number, (state, fits) in enumerate(said, 1)
    ]
    usable = [one.version for one, (state, fits) in zip(versions, said, strict=True) if state == "approved" and fits]
    assert version_of(versions) == (max(usable) if usable else None)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"key": "x_callers1"}, "登録できません"),
        ({"kind": ManualKind.RESULTS}, "登録できません"),
        ({"kind": ManualKind.CALLERS, "key": "others"}, "callers だけです"),
        ({"document": {**REMINDER.document, "debts": ["city_tax", "car_tax"]}}, "科目「car_tax」はありません"),
        ({"document": with_step(REMINDER, "done", text="あ" * 1001)}, "話す言葉は1000文字まで"),
        ({"document": {**REMINDER.document, "name": "あ" * 200_001}}, "大きすぎます"),
        ({"document": {**REMINDER.document, "first": "identity"}}, "どこからも来られない"),
    ],
)
def test_what_cannot_be_entered_is_told(changed: dict[str, object], told: str) -> None:
    one = replace(REMINDER, **changed)  # type: ignore[arg-type]
    with pytest.raises(BadDocument, match=told):
        checked(NAGAOKA, list(SHIPPED.values()), one.kind, one.key, one.document, NOW)


def test_a_script_that_the_words_for_callers_do_not_fit_is_refused() -> None:
    steps = {key: one for key, one in REMINDER.document["step"].items() if key != "identity"}
    ask = {**REMINDER.document["step"]["identity"]}
    text = json.dumps({**steps, "asking": ask}).replace('"identity"', '"asking"')
    document = {**REMINDER.document, "step": json.loads(text)}
    with pytest.raises(BadDocument, match="かかってきた電話の台本（版1）と合いません"):
        checked(NAGAOKA, list(SHIPPED.values()), ManualKind.SCRIPT, "reminder", document, NOW)


def test_what_differs_is_told_step_by_step() -> None:
    first = Step("a", "名乗り", "もしもし。", branches=(Branch("本人", "b", confirms=True),))
    last = Step("b", "結び", "失礼いたします。", completes=True)
    more = Step("c", "案内", "口座振替もございます。", branches=(Branch("終える", "b", result="promise"),))
    changed = replace(first, text="お忙しいところ恐れ入ります。", branches=(Branch("本人", "c", confirms=True),))
    told = [(one.of, one.part, one.before, one.after) for one in step_changes((first, last), (changed, more, last), {})]
    assert told == [
        ("名乗り（a）", "話す言葉", "もしもし。", "お忙しいところ恐れ入ります。"),
        ("名乗り（a）", "分岐", "本人 → 結び（本人確認）", "本人 → 案内（本人確認）"),
        ("案内（c）", "見出し", "", "案内"),
        ("案内（c）", "話す言葉", "", "口座振替もございます。"),
        ("案内（c）", "分岐", "", "終える → 結び（結果「promise」）"),
    ]
    assert [one.part for one in step_changes((first, more, last), (first, last), {})] == ["ステップ"]
    assert list(step_changes((first, last), (first, last), {})) == []
