"""Persons looked for and looked at, and lists taken over, in a real Chromium: by keyboard, and for axe."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.desk_rig import DeskRig
from tests.e2e.pages.page import looked_at
from tests.web_browser import sign_in, terminal
from tests.web_rig import PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIST = """宛名番号,氏名,カナ,科目,金額,電話番号1
00001,見本 一郎,ミホン イチロウ,市税,12000,0258-00-1001
00002,<b>見本</b> 二子,ミホン フタコ,市税,340000,0258-00-1002
00003,=1+1,ミホン,市税,5000,0258-00-1003
"""


async def test_a_supervisor_finds_a_person_and_sees_household_and_what_happened(rig: DeskRig, browser: Browser) -> None:
    rig.rig.clock.pass_time(minutes=5)
    case = rig.person(name="髙﨑 花子", kana="タカサキ ハナコ")
    other = rig.person(name="髙﨑 次郎", kana="タカサキ ジロウ")
    rig.do("UPDATE person SET household = '77'")
    for outcome in ("no_answer", "busy"):
        rig.hang_up(rig.ring(case), outcome=outcome)
        rig.rig.clock.pass_time(minutes=5)
    await rig.rig.person("kanri", ["supervisor"], name="管理 一郎")
    async with terminal(browser, rig.rig.origin) as page:
        await sign_in(page, "kanri", PASSWORD)
        await page.get_by_role("link", name="画面の一覧").press("Enter")
        await page.get_by_role("link", name="対象者の検索").press("Enter")
        await expect(page.get_by_label("氏名・カナ・番号")).to_be_focused()
        await page.keyboard.type("たかさき")
        await page.keyboard.press("Enter")
        await expect(page.locator("#found-title")).to_contain_text("2人")
        assert "たかさき" not in page.url
        wrong = await looked_at(page, "people")
        await page.get_by_role("link", name="髙﨑 花子").press("Enter")
        await expect(page.get_by_role("region", name="世帯")).to_contain_text("髙﨑 次郎")
        await expect(page.get_by_role("region", name="対象者")).to_contain_text("155,400円")
        history = page.get_by_role("region", name="経過").get_by_role("listitem")
        await expect(history.first).to_contain_text("話中")
        wrong += await looked_at(page, "person")
        await page.get_by_role("link", name="髙﨑 次郎").press("Enter")
        await expect(page.get_by_role("cell", name=str(other), exact=True)).to_be_visible()
        assert wrong == []


async def test_a_list_is_handed_in_looked_at_and_taken_over(rig: DeskRig, browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "12月の名簿.csv"
    file.write_text(LIST, encoding="utf-8-sig")
    await rig.rig.person("torikomi", ["data_handler"], name="取込 一郎")
    async with terminal(browser, rig.rig.origin) as page:
        await sign_in(page, "torikomi", PASSWORD)
        await page.get_by_role("listitem").get_by_role("link", name="名簿の取込").press("Enter")
        wrong = await looked_at(page, "imports")
        await page.get_by_label("ファイル（CSV または固定長）").set_input_files(file)
        await page.get_by_label("架電期間の初日（任意）").fill("2026-12-01")
        await page.get_by_label("架電期間の最終日（任意）").fill("2026-12-10")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="取込の前の確認")).to_be_visible(timeout=30_000)
        await expect(page.get_by_role("region", name="誤り")).to_contain_text("数式とみなされます")
        wrong += await looked_at(page, "import-shown")
        await page.get_by_label("誤りのある 1行を除いて取り込む").press("Space")
        await page.get_by_role("button", name="取り込む").press("Enter")
        await expect(page.get_by_role("heading", name="取込が済みました")).to_be_visible(timeout=30_000)
        wrong += await looked_at(page, "import-done")
        await page.get_by_role("link", name="取込の一覧").press("Enter")
        await expect(page.get_by_role("region", name="受渡しの記録")).to_contain_text("12月の名簿.csv")
        wrong += await looked_at(page, "imports-after")
        assert wrong == []
