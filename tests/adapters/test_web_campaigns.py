"""The page of campaigns: each debt kind as it is, changed as on the floor, and two who do so at once."""

import html
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dialer.store.postgres import PostgresStore
from tests.books import of_two_groups, weekdays
from tests.desk_rig import DeskRig, desk_rig
from tests.web_rig import NOW, Browser

PAUSE = {"debt": "city_tax", "mode": "paused", "reason": "市の指示"}
MODES = "SELECT debt, mode, reason, by FROM mode_choice ORDER BY id"


@pytest.fixture
async def rig(store: PostgresStore, database_url: str, tmp_path: Path) -> AsyncIterator[DeskRig]:
    book = replace(of_two_groups(weekdays(), {}), read_at=NOW - timedelta(hours=3))
    async with desk_rig(store, database_url, tmp_path, book=book, city=book.city) as opened:
        opened.do(
            "INSERT INTO debt_kind (city, key, name, department, caller_id)"
            " VALUES ('nagaoka', 'insurance', '国民健康保険料', '', '0258009002')"
        )
        yield opened


@pytest.fixture
async def reiko(rig: DeskRig) -> Browser:
    return await rig.operator("reiko", ("supervisor",))


async def rows(browser: Browser) -> dict[str, str]:
    """What is shown of each debt kind, without marks."""
    text = html.unescape(await (await browser.get("/campaigns")).text())
    table = text[text.index("campaigns-table") : text.index('id="texts-title"')]
    found = re.findall(r"<tr>\s*<th scope=\"row\">([^<]+)(.*?)</tr>", table, re.DOTALL)
    return {name: " ".join(re.sub("<[^>]+>", " ", rest).split()) for name, rest in found}


async def seen(browser: Browser, debt: str = "city_tax") -> str:
    text = await (await browser.get(f"/campaigns?debt={debt}")).text()
    found = re.search(r'name="seen" value="([^"]*)"', text)
    assert found is not None
    return html.unescape(found[1])


async def test_each_debt_kind_is_shown_as_it_is_now(rig: DeskRig, reiko: Browser) -> None:
    rig.person()
    rig.do(
        "INSERT INTO work_plan (city, subject, channel, month, planned, reason, by, at)"
        " VALUES ('nagaoka', 'city_tax', 'calls', '2026-11-01', 40, '', 'reiko', now())"
    )
    shown = await rows(reiko)
    tax, insurance = shown["市税"], shown["国民健康保険料"]
    for part in (
        "自動発信 設定どおり",
        "架電 09:00～20:00",
        "受電 09:00～20:00",
        "0258009001",
        "残り 1件",
        "計画 40 実績 －",
    ):
        assert part in tax
    for part in ("0258009002", "残り 0件", "今、架電できる案件がありません", "計画なし", "なし 4件"):
        assert part in insurance


async def test_settings_are_shown_with_where_they_are_from_and_when_the_profile_was_read(reiko: Browser) -> None:
    text = await (await reiko.get("/campaigns")).text()
    settings = text[text.index('id="settings-title"') :]
    assert "いまのプロファイルは 2026-11-25 07:00 に読み込みました" in settings
    assert "nagaoka.toml の [[debt]]" in settings
    assert "nagaoka.toml を書き換える（再起動は不要）" in settings


async def test_a_pause_and_its_end_go_through_the_floors_code_and_the_log_has_old_and_new(
    rig: DeskRig, reiko: Browser
) -> None:
    preview = PAUSE | {"mode": "preview", "reason": "協議による"}
    for form in (preview, PAUSE):
        assert (await reiko.ask("POST", "/campaigns", form=form | {"seen": await seen(reiko)})).status == 303
    tax = (await rows(reiko))["市税"]
    assert "休止 市の指示" in tax
    assert "reiko" in tax
    assert "発信しません この科目の架電は休止中です（市の指示）" in tax
    text = await (await reiko.get("/campaigns")).text()
    assert 'href="/campaigns?debt=city_tax&amp;mode=preview"' in text, "it is resumed as it was called before"
    logged = rig.do("SELECT function, ids, detail FROM operation WHERE function LIKE 'mode%%' ORDER BY id")
    assert [(one["function"], one["ids"], one["detail"]) for one in logged] == [
        ("mode_preview", ["city_tax"], {"old": "progressive", "new": "preview"}),
        ("mode_paused", ["city_tax"], {"old": "preview", "new": "paused"}),
    ]


async def test_of_two_who_change_it_at_once_the_second_is_told_and_nothing_is_changed(
    rig: DeskRig, reiko: Browser
) -> None:
    other = await rig.operator("other", ("supervisor",))
    looked = await seen(reiko)
    json = {"debts": ["city_tax"], "mode": "preview", "reason": "協議による"}
    await other.get("/campaigns")
    assert (await other.ask("POST", "/floor/modes", json=json)).status == 200
    answer = await reiko.ask("POST", "/campaigns", form=PAUSE | {"seen": looked})
    assert answer.status == 409
    assert "ほかの方が発信の方法を変更しました" in await answer.text()
    assert [row["mode"] for row in rig.do(MODES)] == ["preview"]
    assert (await reiko.ask("POST", "/campaigns", form=PAUSE | {"seen": await seen(reiko)})).status == 303


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"debt": "tolls"}, "科目を選んで"),
        ({"debt": ""}, "科目を選んで"),
        ({"mode": "burn"}, "発信の方法を選んで"),
        ({"reason": " "}, "理由を"),
        ({"reason": "長" * 101}, "理由を"),
        ({"reason": "a\x1bb"}, "理由を"),
        ({"seen": "yesterday"}, "ほかの方が"),
    ],
)
async def test_what_cannot_be_is_said_in_one_line_and_changes_nothing(
    rig: DeskRig, reiko: Browser, wrong: dict[str, str], why: str
) -> None:
    await reiko.get("/campaigns")
    answer = await reiko.ask("POST", "/campaigns", form=PAUSE | {"seen": ""} | wrong)
    (alert,) = re.findall(r'<div class="wrong" role="alert">(.*?)</div>', await answer.text(), re.DOTALL)
    assert answer.status in (409, 422)
    assert alert.count("<p>") == 1
    assert why in alert
    assert rig.do(MODES) == []


async def test_who_may_only_look_changes_nothing(rig: DeskRig) -> None:
    for login, role in (("viewer", "client_viewer"), ("audit", "auditor")):
        viewer = await rig.operator(login, (role,))
        text = await (await viewer.get("/campaigns?debt=city_tax")).text()
        assert "市税" in text
        assert "変更する</button>" not in text
        assert (await viewer.ask("POST", "/campaigns", form=PAUSE | {"seen": ""})).status == 403
    operator = await rig.operator("hanako")
    assert (await operator.get("/campaigns")).status == 403
    assert rig.do(MODES) == []


async def test_texts_that_are_said_are_told_by_their_version_and_debt_kinds_stand_together_where_they_are_alike(
    rig: DeskRig, reiko: Browser
) -> None:
    rig.do(
        "INSERT INTO message (city, purpose, language, version, text, shipped, by, at)"
        " VALUES ('nagaoka', 'apology', 'ja', 1, '見本', true, 'reiko', now())"
    )
    text = await (await reiko.get("/campaigns")).text()
    part = text[text.index('id="texts-title"') : text.index('id="settings-title"')]
    assert re.findall(r'campaigns-all">([^<]+)', part) == ["市税、国民健康保険料"]
    assert re.findall(r"<td>([^<]+)", part) == ["なし", "なし", "なし", "版1（下書き）"]
