"""The page of the list of talk results: with the real Postgres."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import ClientResponse

from tests.adapters.store_rows import rows_of
from tests.adapters.test_web_scripts import form_in
from tests.web_rig import Browser, Rig, web_rig

PAGE = "/result-list"
LOGGED = "SELECT function FROM operation WHERE what = 'result_list' AND function <> 'view' ORDER BY id"


@dataclass
class Desk:
    rig: Rig
    boss: Browser
    other: Browser

    async def enter(self, changed: dict[str, str], based_on: int = 0) -> ClientResponse:
        form = form_in(await (await self.boss.get(f"{PAGE}/new?from={based_on}")).text())
        return await self.boss.ask("POST", f"{PAGE}/new", form={**form, "why": "言い方をそろえる", **changed})

    async def decide(self, who: Browser, act: str, version: int = 1, **form: str) -> ClientResponse:
        await who.get(PAGE)
        return await who.ask("POST", PAGE, form={"act": act, "version": str(version), "reason": "協議書 第3号", **form})

    async def used(self) -> str:
        page = await (await self.other.get(PAGE)).text()
        return page[page.index('id="used-title"') : page.index("</table>")]


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with web_rig(database_url, tmp_path) as rig:
        boss = await rig.visitor("boss", ["supervisor"], name="管理 一郎")
        other = await rig.visitor("other", ["supervisor"], name="管理 二郎")
        yield Desk(rig, boss, other)


async def place_of(desk: Desk, key: str) -> str:
    form = form_in(await (await desk.boss.get(f"{PAGE}/new")).text())
    return next(name.removeprefix("key-") for name, value in form.items() if name.startswith("key-") and value == key)


async def test_a_list_is_rewritten_by_one_approved_by_another_and_taken_back(desk: Desk, database_url: str) -> None:
    assert "市の設定" in await desk.used()
    answer = await desk.enter({f"name-{await place_of(desk, 'absent')}": "ご本人が不在"})
    assert (answer.status, answer.headers["Location"]) == (303, f"{PAGE}?version=1")
    own = await desk.decide(desk.boss, "approve")
    assert own.status == 422
    assert "ご自分で登録した版は承認できません" in await own.text()
    seen = await (await desk.other.get(f"{PAGE}?version=1")).text()
    assert "<del>本人不在（在宅時間は不明）</del>" in seen
    assert "<ins>ご本人が不在</ins>" in seen
    assert "ご本人が不在" not in await desk.used()
    assert (await desk.decide(desk.other, "approve")).status == 303
    assert "ご本人が不在" in await desk.used()
    assert (await desk.decide(desk.other, "withdraw")).status == 303
    assert "ご本人が不在" not in await desk.used()
    acts = [function for (function,) in rows_of(database_url, LOGGED)]
    assert acts == ["add", "approve", "withdraw"]


async def test_a_result_is_added_that_does_what_another_does(desk: Desk) -> None:
    added = {"name-new": "本人不在（出張中）", "same-new": "absent", "order-new": "1", "use-new": "yes"}
    assert (await desk.enter({**added, "relation-new": "needs"})).status == 303
    page = await (await desk.boss.get(f"{PAGE}?version=1")).text()
    rows = page[page.index('id="rows-title"') :]
    keyless = re.findall(r"<tr><td></td>(.*?)</tr>", rows, re.DOTALL)[0]
    assert "本人不在（出張中）" in keyless
    assert "同一世帯員、他の人" in keyless
    assert "本人は不在" in keyless


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"name-new": "新しい結果"}, "同じ働きの結果を選んでください"),
        ({"why": ""}, "変更の理由を"),
        ({"name-0": ""}, "name"),
        ({"press-0": "2"}, "キー「2」は"),
        ({"name-0": "長" * 41}, "名前は40文字まで"),
        ({"based_on": "7"}, "版を選んでください"),
    ],
)
async def test_what_is_wrong_is_told_with_all_that_was_typed_and_nothing_is_entered(
    desk: Desk, database_url: str, changed: dict[str, str], told: str
) -> None:
    answer = await desk.enter({"hint-0": "必ず復唱します", **changed})
    page = await answer.text()
    assert answer.status == 422
    assert told in page
    assert ("必ず復唱します" in page) is ("based_on" not in changed)
    assert rows_of(database_url, "SELECT count(*) FROM manual WHERE kind = 'results'") == [(0,)]


async def test_what_a_form_did_not_send_stays_as_it_was(desk: Desk, database_url: str) -> None:
    await desk.boss.get(PAGE)
    short = {"based_on": "0", "why": "短い", "key-0": "absent", "name-0": "不在", "use-0": "yes", "relation-0": "needs"}
    assert (await desk.boss.ask("POST", f"{PAGE}/new", form=short)).status == 303
    ((document,),) = rows_of(database_url, "SELECT document FROM manual WHERE kind = 'results'")
    assert next(iter(document["result"])) == "absent"
    assert document["result"]["promise"]["needs"] == ["promise"]
