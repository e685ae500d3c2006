"""Talk scripts: what the five cities say, what no script may say, and what is filled in."""

import re
from datetime import date
from pathlib import Path

import pytest

from dialer.core.city import Purpose
from dialer.core.script import (
    GATED,
    NEVER,
    NOT_BEFORE_IDENTITY,
    PLACEHOLDER,
    NoScript,
    TalkScript,
    fill,
    filled,
    script_for,
)
from dialer.profiles import ProfileError
from tests.city_profiles import CITY
from tests.scripts_shipped import shipped_scripts

SCRIPTS: dict[str, tuple[TalkScript, ...]] = {key: shipped_scripts(city) for key, city in CITY.items()}
EACH = [(city, script) for city, scripts in SCRIPTS.items() for script in scripts]
IDS = [f"{city}-{script.key}" for city, script in EACH]
each_script = pytest.mark.parametrize(("city", "script"), EACH, ids=IDS)


@pytest.mark.parametrize(("city", "debt"), [(city, debt.key) for city, one in CITY.items() for debt in one.debts])
def test_every_debt_kind_has_a_script_of_its_purpose(city: str, debt: str) -> None:
    kind = CITY[city].debt(debt)
    assert kind is not None
    found = script_for(SCRIPTS[city], debt, kind.purpose.value, drafts=True)
    assert isinstance(found, TalkScript)
    assert found.purpose == kind.purpose.value
    assert not found.debts or debt in found.debts


@pytest.mark.parametrize(
    ("city", "debt", "key"),
    [
        ("nagaoka", "city_tax", "reminder"),
        ("niigata", "national_health", "insurance"),
        ("niigata", "nursery", "nursery"),
        ("saitama", "car_tax", "reminder"),
        ("kurume", "unjust_enrichment", "unjust_enrichment"),
        ("kurume", "income_return", "filing"),
        ("kurume", "eligibility_loss", "withdrawal"),
        ("sendai", "school_lunch", "school_lunch"),
        ("sendai", "disaster_loan", "disaster_loan"),
    ],
)
def test_a_debt_kind_with_words_of_its_own_has_its_own_script(city: str, debt: str, key: str) -> None:
    kind = CITY[city].debt(debt)
    assert kind is not None
    found = script_for(SCRIPTS[city], debt, kind.purpose.value, drafts=True)
    assert isinstance(found, TalkScript)
    assert found.key == key


@each_script
def test_nobody_learns_the_matter_before_he_is_known(city: str, script: TalkScript) -> None:
    for step in script.steps:
        if step.key in script.open_steps:
            assert not [word for word in NOT_BEFORE_IDENTITY if word in step.text], step.key
            assert not set(PLACEHOLDER.findall(step.text)) & set(GATED), step.key


@each_script
def test_third_parties_and_families_who_were_not_asked_are_told_nothing(city: str, script: TalkScript) -> None:
    assert {"opening", "identity", "third_party", "absent", "wrong_number", "not_confirmed"} <= script.open_steps
    assert "matter" not in script.open_steps


@each_script
def test_nothing_sounds_like_public_authority_and_all_is_polite(city: str, script: TalkScript) -> None:
    for step in script.steps:
        assert not [word for word in NEVER if word in step.text], step.key
        sentences = [one for one in re.split("[。]", step.text) if one]
        rude = [
            one
            for one in sentences
            if not re.search(
                r"(です|ます|ません|ました|でしょうか|ますか|ますね|ませんか|ください|せん|ございます)$", one
            )
        ]
        assert rude == [], step.key


@each_script
def test_a_script_can_be_completed_and_only_behind_the_identity(city: str, script: TalkScript) -> None:
    complete = {step.key for step in script.steps if step.completes}
    assert complete
    assert not complete & script.open_steps


@each_script
def test_the_results_that_a_script_suggests_are_results_of_the_debt(city: str, script: TalkScript) -> None:
    one = CITY[city]
    debts = script.debts or tuple(debt.key for debt in one.debts if debt.purpose.value == script.purpose)
    for debt in debts:
        known = {result.key for result in one.talk.results_for(debt)}
        suggested = {branch.result for step in script.steps for branch in step.branches if branch.result}
        chosen = script_for(SCRIPTS[city], debt, script.purpose, drafts=True)
        if isinstance(chosen, TalkScript) and chosen.key == script.key:
            assert suggested <= known


@pytest.mark.parametrize("city", CITY)
def test_no_script_that_comes_with_the_program_is_approved(city: str) -> None:
    for debt in CITY[city].debts:
        found = script_for(SCRIPTS[city], debt.key, debt.purpose.value, drafts=False)
        assert isinstance(found, NoScript)
        assert "承認前" in found.reason


def test_a_city_changes_single_steps_of_the_common_script() -> None:
    common, niigata = (_step(city, "reminder", "transfer") for city in ("nagaoka", "niigata"))
    assert "インターネット" in niigata
    assert "インターネット" not in common
    assert _step("nagaoka", "reminder", "done") == _step("niigata", "reminder", "done")


def test_what_a_base_is_changed_in_reaches_the_scripts_that_rest_on_it() -> None:
    assert "書面は、お手元に届いて" in _step("kurume", "insurance", "when")


# --- for people who call us


@pytest.mark.parametrize(("city", "debt"), [(city, debt.key) for city, one in CITY.items() for debt in one.debts])
def test_who_calls_is_greeted_and_hears_the_matter_of_the_debt_behind_the_identity(city: str, debt: str) -> None:
    kind = CITY[city].debt(debt)
    assert kind is not None
    ours, theirs = (
        script_for(SCRIPTS[city], debt, kind.purpose.value, drafts=True, for_callers=called) for called in (False, True)
    )
    assert isinstance(ours, TalkScript)
    assert isinstance(theirs, TalkScript)
    assert theirs.steps[0].text.startswith("お電話ありがとうございます")
    assert (theirs.step("matter"), theirs.key) == (ours.step("matter"), f"{ours.key}_callers1")


@pytest.mark.parametrize("city", CITY)
def test_nobody_who_calls_hears_a_name_before_he_has_said_his_own(city: str) -> None:
    for script in SCRIPTS[city]:
        if script.for_callers:
            said = {step.key: step.text for step in script.steps if step.key in script.open_steps}
            assert [key for key, text in said.items() if "{name}" in text] == []


def test_without_words_for_callers_their_talk_begins_with_the_question_who_they_are(tmp_path: Path) -> None:
    scripts = loaded(tmp_path)
    found = script_for(scripts, "city_tax", Purpose.REMINDER.value, drafts=True, for_callers=True)
    assert isinstance(found, TalkScript)
    assert found.steps[0].key == "opening"  # where this one asks
    long = script_for([one for one in SCRIPTS["nagaoka"] if not one.for_callers], "city_tax", "reminder", drafts=True)
    assert isinstance(long, TalkScript)
    assert long.from_identity.steps[0].key == "identity"


CALLERS = """
[callers]
first = "opening"
[callers.step.opening]
heading = "名乗り"
text = "お電話ありがとうございます。"
branches = [{ label = "本人", to = "matter", confirms = true }]
"""


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (("ございます", "ございます。{debt}の件"), "callers.step.opening: 「{debt}」は本人確認の前には使えません"),
        (('to = "matter"', 'to = "end"'), "callers.step.opening: 分岐「本人」の行き先「end」はありません"),
        (('first = "opening"', 'first = "start"'), "callers: first の「start」というステップはありません"),
        (("confirms = true", 'confirms = true, result = "x"'), "callers.step.opening: 応対結果「x」はありません"),
    ],
)
def test_what_is_wrong_with_the_words_for_callers_is_told_once(
    changed: tuple[str, str], told: str, tmp_path: Path
) -> None:
    assert changed[0] in CALLERS
    with pytest.raises(ProfileError, match=re.escape(told)) as wrong:
        loaded(tmp_path, GOOD + CALLERS.replace(*changed))
    assert str(wrong.value).startswith("scripts/_common.toml: callers")
    assert str(wrong.value).count(told) == 1


APPROVED = '[{}]\napproved = {{ on = 2026-10-01, by = "x", reason = "y" }}\n'


@pytest.mark.parametrize(
    ("approved", "greeted"),
    [((), None), (("callers",), None), (("script.reminder",), False), (("script.reminder", "callers"), True)],
)
def test_with_a_real_carrier_callers_hear_only_what_is_approved(
    approved: tuple[str, ...], greeted: bool | None, tmp_path: Path
) -> None:
    scripts = loaded(tmp_path, GOOD + CALLERS, "".join(map(APPROVED.format, approved)))
    found = script_for(scripts, "city_tax", "reminder", drafts=False, for_callers=True)
    assert (found.for_callers if isinstance(found, TalkScript) else None) is greeted


def _step(city: str, script: str, key: str) -> str:
    found = next(one for one in SCRIPTS[city] if one.key == script).step(key)
    assert found is not None
    return found.text


# --- filled in


def test_a_value_is_text_whatever_it_looks_like() -> None:
    assert fill("{name}様、{amount}", {"name": "{amount}", "amount": "5円"}) == "{amount}様、5円"
    assert fill("{name}", {}) == "（不明）"


def test_a_gated_step_comes_without_its_text_until_it_may_be_read() -> None:
    script = SCRIPTS["nagaoka"][0]
    shown = filled(script, {"amount": "12,300円"})
    hidden = {step["key"]: step["text"] for step in _steps(shown.as_json(amounts=False))}
    told = {step["key"]: step["text"] for step in _steps(shown.as_json(amounts=True))}
    assert hidden["matter"] is None
    assert "12,300円" in str(told["matter"])
    assert {key for key, text in hidden.items() if text is not None} == script.open_steps


def _steps(told: dict[str, object]) -> list[dict[str, object]]:
    steps = told["steps"]
    assert isinstance(steps, list)
    return steps


# --- what is wrong with a file

GOOD = """
[script.reminder]
name = "お願い"
first = "opening"

[script.reminder.step.opening]
heading = "名乗り"
text = "{name}様でしょうか。"
branches = [{ label = "本人", to = "matter", confirms = true, result = "promise" }]

[script.reminder.step.matter]
heading = "用件"
text = "{debt}、{amount}です。"
branches = [{ label = "聞いた", to = "done" }]

[script.reminder.step.done]
heading = "結び"
text = "失礼いたします。"
completes = true
"""


def loaded(folder: Path, common: str = GOOD, own: str = "") -> tuple[TalkScript, ...]:
    (folder / "_common.toml").write_text(common, encoding="utf-8")
    if own:
        (folder / "nagaoka.toml").write_text(own, encoding="utf-8")
    return shipped_scripts(CITY["nagaoka"], folder)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (("{name}", "{nmae}"), "opening: 「{nmae}」は使えません。使えるのは {city}、"),
        (("{name}様", "{debt}の件で{name}様"), "opening: 「{debt}」は本人確認の前には使えません"),
        (("{name}様", "税のことで{name}様"), "opening: 「税」は本人確認の前には言えません（A-37）"),
        (("{amount}です。", "{amount}です。差押えます。"), "matter: 「差押」は公権力の行使"),
        (("{amount}です。", "{amount です。"), "matter: 「{」と「}」の数が合いません"),
        (
            ('to = "done"', 'to = "end"'),
            "matter: 分岐「聞いた」の行き先「end」はありません。あるのは opening、matter、done",
        ),
        (("completes = true", "completes = false"), "completes = true のステップ）がありません"),
        ((", confirms = true", ""), "done: 本人確認の前に完了地点があります"),
        (('first = "opening"', 'first = "start"'), "first の「start」というステップはありません"),
        (('result = "promise"', 'result = "promis"'), "応対結果「promis」はありません"),
        (('name = "お願い"', 'name = ""'), "script.reminder.name"),
        (('heading = "用件"\n', ""), "script.reminder.step.matter.heading: ありません"),
        (("completes = true", "complete = true"), "script.reminder.step.done.complete: 知らない項目です"),
        (
            ('to = "done" }]', 'to = "done" }]\n[script.reminder.step.lost]\nheading = "迷子"\ntext = ""'),
            "lost: どこからも来られない",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(changed: tuple[str, str], told: str, tmp_path: Path) -> None:
    assert changed[0] in GOOD
    with pytest.raises(ProfileError, match=re.escape(told)) as wrong:
        loaded(tmp_path, GOOD.replace(*changed))
    assert str(wrong.value).startswith("scripts/_common.toml: script.reminder")


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ('[script.reminder]\ndebts = ["car_tax"]', "nagaoka.toml: script.reminder: 科目「car_tax」はありません"),
        ('[script.reminder.step.opening]\ntext = "{debt}"', "nagaoka.toml: script.reminder.step.opening: 「{debt}」"),
        ('[script.own]\nbase = "remind"\nname = "x"', "nagaoka.toml: script.own.base: base の「remind」"),
        ("[script.reminder", "nagaoka.toml: TOML として読めません"),
        ('[script.reminder.approved]\non = "soon"\nby = "x"\nreason = "y"', "script.reminder.approved.on"),
    ],
)
def test_what_is_wrong_in_a_citys_own_file_is_told_with_that_file(own: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=re.escape(told)):
        loaded(tmp_path, own=own)


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    bad = GOOD.replace("{name}様", "{debt}税").replace('to = "done"', 'to = "end"')
    with pytest.raises(ProfileError) as wrong:
        loaded(tmp_path, bad)
    assert len(str(wrong.value).splitlines()) >= 3


def test_an_approved_script_is_used_with_a_real_carrier(tmp_path: Path) -> None:
    own = '[script.reminder]\napproved = { on = 2026-10-01, by = "収納課", reason = "承認通知" }'
    found = script_for(loaded(tmp_path, own=own), "city_tax", Purpose.REMINDER.value, drafts=False)
    assert isinstance(found, TalkScript)
    assert found.approval is not None
    assert (found.version, found.approval.on) == (1, date(2026, 10, 1))


def test_a_city_without_a_script_is_told_so() -> None:
    assert script_for((), "city_tax", "reminder", drafts=True) == NoScript("この科目のトークスクリプトはありません")
