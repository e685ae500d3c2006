"""The calendar in a real Chromium: a day is changed by keyboard, after looking at what it does."""

import pytest
from playwright.async_api import Browser, expect

from tests.desk_rig import DeskRig
from tests.e2e.pages.page import looked_at
from tests.web_browser import sign_in, terminal
from tests.web_rig import PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_day_is_closed_after_looking_at_what_it_does(rig: DeskRig, browser: Browser) -> None:
    await rig.rig.person("boss", ["administrator"], name="管理 一郎")
    async with terminal(browser, rig.rig.origin) as page:
        await sign_in(page, "boss", PASSWORD)
        await page.get_by_role("listitem").get_by_role("link", name="暦").press("Enter")
        await expect(page.get_by_role("heading", name="長岡市の暦 2026年11月")).to_be_visible()
        await page.get_by_role("link", name="次の月").press("Enter")
        await page.get_by_role("link", name="12月17日（木）を変更する").press("Enter")
        await expect(page.get_by_label("日", exact=True)).to_have_value("2026-12-17")
        wrong = await looked_at(page, "calendar")
        await page.get_by_label("内容").select_option(label="休みにする")
        await page.get_by_label("理由").focus()
        await page.keyboard.type("庁舎の停電")
        await page.keyboard.press("Enter")
        proposal = page.get_by_role("region", name="登録すると、こう変わります")
        await expect(proposal).to_contain_text("「受付中」が「次の受付は、12月18日、金曜日")
        wrong += await looked_at(page, "calendar-proposal")
        await proposal.get_by_role("button", name="この内容で登録する").press("Enter")
        await expect(page.get_by_role("region", name="この月の変更の履歴")).to_contain_text("庁舎の停電")
        await page.emulate_media(media="print")
        await expect(page.get_by_role("button", name="変わることを確かめる")).to_be_hidden()
        await expect(page.get_by_role("region", name="12月の予定")).to_be_visible()
        assert wrong == []
