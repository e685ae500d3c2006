"""Operators are moved from one group to another on the floor's page, in a real Chromium, and are told so."""

import re
from collections.abc import Sequence

import pytest
from playwright.async_api import Browser, expect

from tests.desk_rig import DeskRig
from tests.floor_rig import floor, opened, operator, tell
from tests.web_browser import sign_in, terminal, violations
from tests.web_rig import PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_operators_are_moved_to_another_group_with_a_reason_and_are_told_so(
    grouped: DeskRig, browser: Browser
) -> None:
    rig = grouped
    await rig.rig.person("reiko", ["supervisor"], name="見本 礼子")
    await rig.rig.person("hanako", ["operator"], name="見本 花子")
    await rig.rig.person("jiro", ["operator"], name="見本 次郎")
    rig.do(
        "INSERT INTO group_choice (city, account, group_key, reason, by, at)"
        " VALUES ('nagaoka', 'hanako', 'insurance', '応援', 'reiko', now())"
    )
    rig.sit("hanako", "op02")
    rig.sit("jiro", "op01")
    rig.desk("op02", group_key="insurance")
    seats = [
        operator(rig, "op02", "free", account="hanako", group="insurance"),
        operator(rig, "op01", "free", account="jiro", group=None),
    ]
    teams = [{"group": "insurance", "name": "国民健康保険料", "operators": 1, "free": 1, "calls": 2, "waiting": 0}]
    async with terminal(browser, rig.rig.origin) as page, terminal(browser, rig.rig.origin) as desk:
        await opened(page)
        await sign_in(desk, "hanako", PASSWORD)
        await tell(rig, floor(rig, operators=seats, teams=teams))
        await expect(page.locator("#operators tr").first).to_contain_text("見本")
        await expect(page.locator("#operators tr", has_text="op02")).to_contain_text("国民健康保険料")
        await expect(page.locator("#operators tr", has_text="op01")).to_contain_text("全科目")
        await expect(page.locator("#teams")).to_have_text("国民健康保険料：1人（待機1・架電中2）")
        await expect(desk.locator("#group")).to_have_text("担当 国民健康保険料")
        await page.get_by_label("表示", exact=True).select_option("国民健康保険料")
        await expect(page.locator("#operators tr")).to_have_count(1)
        await page.get_by_label("表示", exact=True).select_option("全科目")
        await expect(page.locator("#operators tr")).to_have_text([re.compile("op01")])
        await page.get_by_label("表示", exact=True).select_option("すべての担当")
        await page.get_by_role("button", name="担当グループ", exact=True).press("Enter")
        dialog = page.get_by_role("dialog", name="担当グループを変更")
        await dialog.get_by_label("op02 見本 花子（国民健康保険料）").press("Space")
        await dialog.get_by_label("op01 見本 次郎（全科目）").press("Space")
        await dialog.get_by_role("button", name="変更する").press("Enter")
        await expect(dialog.get_by_role("alert")).to_have_text("新しい担当を選んでください。")
        assert await violations(page) == []
        await dialog.get_by_label("市税").press("Space")
        await dialog.get_by_label("理由（必須）").fill("市税の架電を増やすため")
        await page.keyboard.press("Enter")
        await expect(dialog).to_be_hidden()
        await expect(desk.locator("#notices")).to_contain_text("担当が「市税」に替わりました。")
    assert rig.do("SELECT account, group_key, reason, by FROM group_choice ORDER BY id OFFSET 1") == [
        {"account": one, "group_key": "tax", "reason": "市税の架電を増やすため", "by": "reiko"}
        for one in ("jiro", "hanako")
    ]
    assert rig.do("SELECT function, ids, detail FROM operation WHERE function = 'group' ORDER BY id") == [
        {"function": "group", "ids": ["jiro"], "detail": {"old": "all", "new": "tax"}},
        {"function": "group", "ids": ["hanako"], "detail": {"old": "insurance", "new": "tax"}},
    ]


async def test_a_move_that_says_nothing_moves_nobody(grouped: DeskRig) -> None:
    page = await grouped.operator("reiko", ("supervisor",))
    hanako = await grouped.operator("hanako")
    right: dict[str, object] = {"accounts": ["hanako"], "group": "tax", "reason": "応援"}
    wrongs: dict[str, Sequence[object]] = {
        "accounts": ([], ["nobody"], "hanako", None, [1], [["hanako"]]),
        "group": ("water", 1, ["tax"]),
        "reason": (" ", "長" * 101),
    }
    for name, wrong in ((name, wrong) for name, all_wrong in wrongs.items() for wrong in all_wrong):
        assert (await page.ask("POST", "/floor/groups", json=right | {name: wrong})).status == 422, wrong
    assert (await page.ask("POST", "/floor/groups", json=right | {"group": None})).status == 409, "takes all already"
    assert (await hanako.ask("POST", "/floor/groups", json=right)).status == 403
    assert grouped.do("SELECT id FROM group_choice") == []
    assert (await page.ask("POST", "/floor/groups", json=right)).status == 200
    assert (await page.ask("POST", "/floor/groups", json=right)).status == 409
