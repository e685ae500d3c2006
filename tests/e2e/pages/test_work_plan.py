"""The work plan in a real Chromium: the tables of a tender are pasted, looked at and entered by keyboard."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.e2e.pages.page import looked_at
from tests.niigata_plan import PRINTED
from tests.plan_rig import called, plan_rig
from tests.web_browser import sign_in, terminal
from tests.web_rig import PASSWORD, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def niigata(database_url: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with plan_rig(database_url, tmp_path) as opened:
        yield opened


async def test_the_tables_of_a_tender_are_pasted_looked_at_and_held_against_what_was_done(
    niigata: Rig, browser: Browser, database_url: str
) -> None:
    await niigata.person("reiko", ["supervisor"], name="見本 礼子")
    called(
        database_url, [niigata.clock.now() - timedelta(days=day) for day in range(1, 20) for _ in range(3 + day % 4)]
    )
    async with terminal(browser, niigata.origin) as page:
        await sign_in(page, "reiko", PASSWORD)
        await page.goto("/pages")
        await page.get_by_role("listitem").get_by_role("link", name="業務計画と実績").press("Enter")
        await expect(page.get_by_text("2026年度の計画はまだありません。")).to_be_visible()
        await page.get_by_label("または、表を貼り付け").focus()
        await page.keyboard.insert_text(PRINTED)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        proposal = page.get_by_role("region", name="登録すると、こう変わります")
        await expect(proposal).to_contain_text("「計」は 2,600、各月の合計は 2,700 です")
        wrong = await looked_at(page, "plan-proposal")
        await proposal.get_by_label("理由").focus()
        await page.keyboard.type("市の別表")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/plan?year=2026")
        year = page.get_by_role("region", name="月ごとの計画と実績")
        await expect(year.get_by_role("row", name="市税 架電 計画")).to_contain_text("64,000")
        await expect(page.get_by_role("region", name="11月の進み具合")).to_contain_text("届かない見込み")
        wrong += await looked_at(page, "plan")
        await page.get_by_role("link", name="市税 架電 11月の計画（4,500）を変更する").press("Enter")
        await expect(page.get_by_label("月", exact=True)).to_have_value("2026-11")
        await expect(page.get_by_label("件数（空欄にすると取り消し）")).to_be_focused()
        await page.keyboard.type("100")
        await page.keyboard.press("Tab")
        await page.keyboard.type("協議による")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/plan?year=2026")
        await expect(page.get_by_role("region", name="変更の履歴").get_by_role("row").nth(1)).to_contain_text(
            "協議による"
        )
        await expect(page.get_by_role("region", name="11月の進み具合")).to_contain_text("達成の見込み")
        await page.emulate_media(media="print")
        await expect(page.get_by_role("button", name="この月の計画を変更する")).to_be_hidden()
        await expect(year).to_be_visible()
        assert wrong == []
