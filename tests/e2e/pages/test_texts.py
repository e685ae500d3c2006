"""Texts and scripts in a real Chromium: entered by one, approved by somebody else, by keyboard."""

from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Browser, Page, expect

from dialer.config import Trunk, load_settings
from dialer.texts import Texts
from dialer.web.texts import TEXTS
from tests.city_profiles import CITY
from tests.e2e.pages.page import looked_at
from tests.web_browser import sign_in, terminal
from tests.web_rig import PASSWORD, HandClock, web_rig

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = "ただいま、電話が混み合っております。しばらくたってから、おかけ直しください。"
PLAYED = """one => new Promise(done => {
    one.volume = 0;
    one.addEventListener("timeupdate", () => one.currentTime > 0.3 && done(true));
    one.play();
})"""
MAKING_MS = 60_000  # the sounds of a city whose engine has never run are all made at once


async def test_a_text_is_entered_heard_and_approved_by_somebody_else(
    database_url: str, tmp_path: Path, browser: Browser
) -> None:
    clock = HandClock()
    settings = load_settings(
        state_dir=tmp_path, city="nagaoka", database_url=database_url, trunk=Trunk(host="192.0.2.1")
    )

    def prepare(app: web.Application) -> None:
        app[TEXTS] = Texts(settings, CITY["nagaoka"], clock)

    async with web_rig(database_url, tmp_path, clock=clock, prepare=prepare) as rig:
        await rig.person("boss", ["supervisor"], name="管理 一郎")
        await rig.person("other", ["supervisor"], name="管理 二郎")
        async with terminal(browser, rig.origin) as page:
            await sign_in(page, "boss", PASSWORD)
            await page.goto(f"{rig.origin}/texts")
            wrong = await looked_at(page, "texts")
            await page.get_by_role("link", name="お待ちの方が多いときのご案内").press("Enter")
            await page.get_by_label("文面", exact=True).focus()
            await page.keyboard.type(TEXT)
            await page.keyboard.press("Tab")
            await page.keyboard.press("Enter")
            section = page.get_by_role("region", name="版2: 下書き")
            await expect(section).to_contain_text(TEXT, timeout=MAKING_MS)
            audio = section.locator("audio")
            assert await audio.evaluate(PLAYED)
            wrong += await looked_at(page, "text")
            wrong += await _script_is_rewritten(page)
            wrong += await _results_are_rewritten(page)
        async with terminal(browser, rig.origin) as page:
            await sign_in(page, "other", PASSWORD)
            await page.goto(f"{rig.origin}/texts/full")
            await page.get_by_label("版2の承認の根拠").focus()
            await page.keyboard.type("協議書 第3号")
            await page.keyboard.press("Enter")
            await expect(page.get_by_role("region", name="版2: 承認")).to_contain_text(
                "協議書 第3号", timeout=MAKING_MS
            )
            await expect(page.get_by_role("region", name="いま流れる文面")).to_contain_text("版2")
            await _script_is_approved(page)
            wrong += await _results_are_approved(page)
        assert wrong == []


async def _script_is_rewritten(page: Page) -> list[str]:
    await page.goto("/scripts")
    wrong = await looked_at(page, "scripts")
    await page.get_by_role("link", name="納付のお願い", exact=True).press("Enter")
    walk = page.get_by_role("region", name="版1を通して見る")
    await walk.get_by_role("link", name="本人・同居の家族が出た").press("Enter")
    await expect(page.locator("#step-identity")).to_be_in_viewport()
    await page.get_by_role("link", name="版1をもとに編集する").press("Enter")
    wrong += await looked_at(page, "script-form")
    closing = page.get_by_role("region", name="結び（完了）")
    await closing.get_by_label("話す言葉").fill("滞納がなくなり次第、失礼いたします。")
    first = page.get_by_role("region", name="名乗り")
    await first.get_by_label("話す言葉").fill("滞納の件でございます。")
    await page.get_by_label("変更の理由").fill("言い回し")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("「滞納」は本人確認の前には言えません")
    wrong += await looked_at(page, "script-form-wrong")
    await expect(page.get_by_label("変更の理由")).to_have_value("言い回し")
    await first.get_by_label("話す言葉").fill("私、{city}から委託を受けております、{operator}と申します。")
    await page.get_by_label("変更の理由").press("Enter")
    await expect(page.get_by_role("region", name="版1との違い")).to_contain_text("滞納がなくなり次第")
    return wrong + await looked_at(page, "script")


async def _script_is_approved(page: Page) -> None:
    await page.goto("/scripts/script/reminder?version=2")
    await page.get_by_label("承認の根拠").fill("協議書 第3号")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("region", name="版2: 承認")).to_be_visible()


async def _results_are_rewritten(page: Page) -> list[str]:
    await page.goto("/result-list")
    wrong = await looked_at(page, "result-list")
    await page.get_by_role("link", name="これをもとに編集する").press("Enter")
    absent = page.get_by_role("region", name="本人不在（在宅時間は不明）")
    await absent.get_by_label("名前").fill("ご本人が不在")
    await absent.get_by_label("キー", exact=True).select_option("1")
    await page.get_by_label("変更の理由").fill("言い方をそろえる")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("キー「1」は")
    wrong += await looked_at(page, "result-form-wrong")
    await absent.get_by_label("キー", exact=True).select_option("5")
    await page.get_by_label("変更の理由").press("Enter")
    await expect(page.get_by_role("region", name="いま選べるものとの違い")).to_contain_text("ご本人が不在")
    return wrong


async def _results_are_approved(page: Page) -> list[str]:
    await page.goto("/result-list")
    await expect(page.get_by_role("region", name="いま選べる応対結果: 市の設定")).not_to_contain_text("ご本人が不在")
    await page.get_by_label("承認の根拠").fill("協議書 第3号")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("region", name="いま選べる応対結果: 版1")).to_contain_text("ご本人が不在")
    return await looked_at(page, "result-list-approved")
