"""The page of campaigns in a real Chromium: a debt kind is paused and resumed by keyboard, and it prints."""

import pytest
from playwright.async_api import Browser, expect

from tests.desk_rig import DeskRig
from tests.e2e.pages.page import looked_at
from tests.floor_rig import floor, tell
from tests.web_browser import sign_in, terminal
from tests.web_rig import PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_debt_kind_is_paused_and_resumed_by_keyboard_with_reasons(grouped: DeskRig, browser: Browser) -> None:
    rig = grouped
    await rig.rig.person("reiko", ["supervisor"], name="見本 礼子")
    await rig.rig.person("hanako", ["operator"], name="見本 花子")
    rig.sit("hanako")
    rig.do(
        "INSERT INTO work_plan (city, subject, channel, month, planned, reason, by, at)"
        " VALUES ('nagaoka', 'city_tax', 'calls', '2026-11-01', 400, '協議による', 'reiko', now())"
    )
    rig.ring(rig.person())
    await tell(rig, floor(rig))
    async with terminal(browser, rig.rig.origin) as page:
        await sign_in(page, "reiko", PASSWORD)
        await page.goto("/pages")
        await page.get_by_role("listitem").get_by_role("link", name="催告業務の状況").press("Enter")
        row = page.get_by_role("region", name="科目ごとの状況").get_by_role("row", name="市税")
        await expect(row).to_contain_text("自動発信")
        await expect(row).to_contain_text("席に1人")
        await expect(row).to_contain_text("0.2%")
        await expect(page.get_by_text("架電の制御: 担当者の空きを待っています")).to_be_visible()
        wrong = await looked_at(page, "campaigns")
        for link, reason, becomes in (
            ("市税を休止", "市の指示", "発信しません"),
            ("市税を再開", "指示の取消し", "自動発信"),
        ):
            await page.get_by_role("link", name=link).press("Enter")
            await expect(page.get_by_label("理由")).to_be_focused()
            await page.keyboard.type(reason)
            if becomes == "発信しません":
                wrong += await looked_at(page, "campaigns-change")
            await page.keyboard.press("Enter")
            await page.wait_for_url(lambda url: url.endswith("/campaigns"))
            await expect(row).to_contain_text(reason)
            await expect(row).to_contain_text(becomes)
        await page.emulate_media(media="print")
        await expect(page.get_by_role("link", name="市税を休止")).to_be_hidden()
        await expect(row).to_be_visible()
        assert wrong == []
    assert rig.do("SELECT mode, reason FROM mode_choice ORDER BY id") == [
        {"mode": "paused", "reason": "市の指示"},
        {"mode": "progressive", "reason": "指示の取消し"},
    ]
