"""The pages of the scripts: with the real Postgres."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest
from aiohttp import ClientResponse

from tests.adapters.store_rows import rows_of
from tests.web_rig import Browser, Rig, web_rig

ONE = "/scripts/script/reminder"
COUNT = "SELECT (SELECT count(*) FROM manual), (SELECT count(*) FROM manual_decision)"
FIELD = re.compile(
    r'<input (?P<input>[^>]*)>|<textarea [^>]*name="(?P<area>[^"]+)"[^>]*>(?P<text>[^<]*)</textarea>'
    r'|<select [^>]*name="(?P<select>[^"]+)"[^>]*>(?P<options>.*?)</select>',
    re.DOTALL,
)


def form_in(page: str) -> dict[str, str]:
    """As a browser would send it."""
    sent: dict[str, str] = {}
    for one in FIELD.finditer(page[page.index('class="script-form"') :]):
        if one["input"]:
            said = dict(re.findall(r'([\w-]+)="([^"]*)"', one["input"]))
            if said.get("type") != "checkbox" or re.search(r"\bchecked\b", one["input"]):
                sent[said["name"]] = unescape(said.get("value", ""))
        elif one["area"]:
            sent[one["area"]] = unescape(one["text"]).replace("\n", "\r\n")
        else:
            chosen = re.search(r'<option value="([^"]*)" selected', one["options"])
            sent[one["select"]] = chosen[1] if chosen else ""
    return sent


@dataclass
class Desk:
    rig: Rig
    boss: Browser
    other: Browser

    async def form(self, who: Browser, where: str = ONE) -> dict[str, str]:
        answer = await who.get(f"{where}/new?from=1")
        assert answer.status == 200
        return form_in(await answer.text())

    async def enter(self, who: Browser, changed: Mapping[str, str], where: str = ONE) -> ClientResponse:
        form = await self.form(who, where)
        return await who.ask("POST", f"{where}/new", form={**form, "why": "言い回し", **changed})

    async def decide(self, who: Browser, act: str, **form: str) -> ClientResponse:
        await who.get(ONE)
        return await who.ask("POST", ONE, form={"act": act, "version": "2", "reason": "協議書 第3号", **form})


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with web_rig(database_url, tmp_path) as rig:
        boss = await rig.visitor("boss", ["supervisor"], name="管理 一郎")
        other = await rig.visitor("other", ["supervisor"], name="管理 二郎")
        yield Desk(rig, boss, other)


def place_of(form: dict[str, str], key: str) -> str:
    return next(name.removeprefix("key-") for name, value in form.items() if name.startswith("key-") and value == key)


async def test_a_script_is_rewritten_by_one_approved_by_another_and_taken_back(desk: Desk, database_url: str) -> None:
    form = await desk.form(desk.boss)
    text = f"text-{place_of(form, 'done')}"
    answer = await desk.enter(desk.boss, {text: "ありがとうございました。失礼いたします。"})
    assert (answer.status, answer.headers["Location"]) == (303, f"{ONE}?version=2")
    own = await desk.decide(desk.boss, "approve")
    assert own.status == 422
    assert "ご自分で登録した版は承認できません" in await own.text()
    seen = await (await desk.other.get(f"{ONE}?version=2")).text()
    assert "<ins>ありがとうございました。失礼いたします。</ins>" in seen
    assert seen.count("<ins>") == 1
    assert (await desk.decide(desk.other, "approve")).status == 303
    assert "版2 承認" in await (await desk.other.get("/scripts")).text()
    assert (await desk.decide(desk.other, "approve", version="1")).status == 303  # the version before again
    assert (await desk.decide(desk.other, "withdraw", version="1")).status == 303
    rows = rows_of(database_url, "SELECT state, by, reason FROM manual_decision ORDER BY id")
    assert [row[0] for row in rows] == ["approved", "approved", "withdrawn"]
    logged = rows_of(database_url, "SELECT by, function, ids FROM operation WHERE function <> 'view' ORDER BY id")
    assert [(by, function, *ids) for by, function, ids in logged] == [
        ("boss", "add", "script:reminder:2"),
        ("other", "approve", "script:reminder:2"),
        ("other", "approve", "script:reminder:1"),
        ("other", "withdraw", "script:reminder:1"),
    ]


async def test_what_is_sent_back_unchanged_is_the_same_document(desk: Desk, database_url: str) -> None:
    for where in (ONE, "/scripts/callers/callers"):
        answer = await desk.enter(desk.boss, {}, where)
        assert answer.status == 422
        assert "版1と同じ内容です" in await answer.text()


async def test_steps_and_branches_are_added_and_what_is_emptied_is_left_out(desk: Desk, database_url: str) -> None:
    form = await desk.form(desk.boss)
    slip, matter = place_of(form, "slip"), place_of(form, "matter")
    new = place_of(form, "step_1")
    leads_away = next(number for number in range(6) if form[f"to-{number}-{matter}"] == "slip")
    changed = {
        **{name: "" for name in form if name.endswith(f"-{slip}") and not name.startswith("key-")},
        f"to-{leads_away}-{matter}": "step_1",
        f"heading-{new}": "納付書の再発行",
        f"text-{new}": "承知いたしました。",
        f"label-0-{new}": "希望する",
        f"to-0-{new}": "when",
        f"result-0-{new}": "promise",
    }
    assert (await desk.enter(desk.boss, changed)).status == 303
    ((document,),) = rows_of(database_url, "SELECT document FROM manual WHERE version = 2")
    assert "slip" not in document["step"]
    assert list(document["step"])[-1] == "step_1"
    assert document["step"]["step_1"]["branches"] == [{"label": "希望する", "to": "when", "result": "promise"}]


async def test_what_cannot_be_said_is_told_line_by_line_with_all_that_was_typed(desk: Desk, database_url: str) -> None:
    form = await desk.form(desk.boss)
    opening, matter = place_of(form, "opening"), place_of(form, "matter")
    before = rows_of(database_url, COUNT)
    answer = await desk.enter(
        desk.boss,
        {f"text-{opening}": "滞納の件で<b>お電話</b>", f"to-0-{matter}": "gone", "why": "理由は「言い回し」"},
    )
    page = await answer.text()
    assert answer.status == 422
    assert "「滞納」は本人確認の前には言えません（A-37）。" in page
    assert "行き先「gone」はありません" in page
    typed = form_in(page)
    assert typed[f"text-{opening}"] == "滞納の件で<b>お電話</b>"
    assert (typed[f"to-0-{matter}"], typed["why"]) == ("gone", "理由は「言い回し」")
    assert rows_of(database_url, COUNT) == before


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"why": ""}, "変更の理由を200文字以内で"),
        ({"why": "あ" * 201}, "変更の理由を200文字以内で"),
        ({"name": "あ" * 61}, "名前は60文字まで"),
        ({"name": ""}, "name"),
        ({"first": ""}, "first"),
        ({"heading-0": ""}, "heading"),
        ({"text-0": "あ" * 1001}, "話す言葉は1000文字まで"),
        ({"key-0": "../x"}, "step"),
        ({"result-0-3": "nonsense"}, "応対結果「nonsense」はありません"),
        ({"based_on": "99"}, "版を選んでください"),
    ],
)
async def test_bad_input_changes_nothing(desk: Desk, database_url: str, changed: dict[str, str], told: str) -> None:
    await desk.boss.get("/scripts")
    before = rows_of(database_url, COUNT)
    answer = await desk.enter(desk.boss, changed)
    assert answer.status == 422
    assert told in await answer.text()
    assert rows_of(database_url, COUNT) == before


@pytest.mark.parametrize(
    ("act", "form", "told"),
    [
        ("approve", {"version": "99"}, "版を選んで"),
        ("approve", {"version": "x"}, "版を選んで"),
        ("approve", {"reason": " "}, "根拠"),
        ("approve", {"last": "2026-01-01"}, "もう過ぎています"),
        ("approve", {"first": "2027-02-01", "last": "2027-01-01"}, "開始が終了より前"),
        ("approve", {"first": "soon"}, "2026-12-01 のように"),
        ("burn", {}, "操作を選んで"),
    ],
)
async def test_a_decision_that_cannot_be_is_said_in_one_line(
    desk: Desk, database_url: str, act: str, form: dict[str, str], told: str
) -> None:
    answer = await desk.decide(desk.boss, act, **{"version": "1", **form})
    assert answer.status == 422
    assert told in await answer.text()
    assert rows_of(database_url, "SELECT count(*) FROM manual_decision") == [(0,)]


async def test_of_two_who_save_at_once_both_are_kept_and_the_second_is_told(desk: Desk, database_url: str) -> None:
    mine, theirs = await desk.form(desk.boss), await desk.form(desk.other)
    for who, form, name in ((desk.boss, mine, "お願い甲"), (desk.other, theirs, "お願い乙")):
        answer = await who.ask("POST", f"{ONE}/new", form={**form, "name": name, "why": "言い回し"})
        assert answer.status == 303
    assert "最新ではありませんでした" in await (await desk.other.get(answer.headers["Location"])).text()
    assert "最新ではありませんでした" not in await (await desk.other.get(f"{ONE}?version=2")).text()
    names = rows_of(database_url, "SELECT document->>'name' FROM manual WHERE key = 'reminder' ORDER BY version")
    assert names[1:] == [("お願い甲",), ("お願い乙",)]


async def test_a_script_of_forty_long_steps_is_taken(desk: Desk, database_url: str) -> None:
    form = await desk.form(desk.boss)
    matter, last = place_of(form, "matter"), int(place_of(form, "step_1"))
    more = {f"label-6-{matter}": "長い話", f"to-6-{matter}": "long_0"}
    for number in range(40 - last):
        place, after = last + number, "done" if number == 39 - last else f"long_{number + 1}"
        more |= {f"key-{place}": f"long_{number}", f"heading-{place}": "長い話", f"text-{place}": "あ" * 250}
        more |= {f"note-{place}": "い" * 150}
        for branch in range(5):
            more |= {f"label-{branch}-{place}": f"分岐{branch}", f"to-{branch}-{place}": after}
    answer = await desk.enter(desk.boss, more)
    assert answer.status == 303, await answer.text()
    ((document,),) = rows_of(database_url, "SELECT document FROM manual WHERE version = 2")
    assert len(document["step"]) == 40
    assert (await desk.boss.get(f"{ONE}?version=2")).status == 200


async def test_the_page_says_what_is_used_and_what_lacks_approval(desk: Desk) -> None:
    page = await (await desk.boss.get("/scripts")).text()
    assert page.count("下書き</span>") == 2 * len(desk.rig.parts.city.debts)
    assert "は承認されていません" in page
    walk = await (await desk.boss.get(ONE)).text()
    assert 'href="#step-identity"' in walk
    assert "見本 太郎様のお宅でしょうか" in walk
    assert (await desk.boss.get("/scripts/callers/callers")).status == 200


async def test_who_may_not_set_scripts_sees_none(desk: Desk) -> None:
    operator = await desk.rig.visitor("hanako", ["operator"])
    for where in ("/scripts", ONE, f"{ONE}/new"):
        assert (await operator.get(where)).status == 403
    assert (await desk.boss.get("/scripts/script/nonsense")).status == 404
    assert (await desk.boss.get("/scripts/results/results")).status == 404
