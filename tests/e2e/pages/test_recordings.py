"""Finding and hearing a recording, in a real Chromium: by keyboard, and for axe."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Response, expect

from dialer.core.recording_rules import RecordingRules
from dialer.profiles import load_city
from tests.desk_rig import DeskRig, desk_rig
from tests.e2e.pages.page import looked_at
from tests.recorded_talks import recorded
from tests.stores import leading_store
from tests.waiting import until
from tests.web_browser import sign_in, terminal
from tests.web_rig import PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECONDS = 30.0
TOLD = "SELECT function, ids, detail FROM operation WHERE function IN ('hear', 'heard') ORDER BY seq"


@pytest_asyncio.fixture(loop_scope="module")
async def rig(database_url: str, tmp_path: Path) -> AsyncIterator[DeskRig]:
    """Of a city that has its talks recorded."""
    rules = RecordingRules(on=True, keep_days=90, recorders=32, clause="004 §5(5)イ(ウ)")
    city = replace(load_city("nagaoka"), recordings=rules)
    async with leading_store(database_url) as store, desk_rig(store, database_url, tmp_path, city=city) as opened:
        yield opened


async def is_at(page: Page, first: float, last: float) -> None:
    async with asyncio.timeout(15):
        while not first <= await page.evaluate("sound.currentTime") <= last:
            await asyncio.sleep(0.02)


async def test_a_recording_is_found_heard_and_moved_in_by_keyboard_and_the_log_knows(
    rig: DeskRig, browser: Browser
) -> None:
    await rig.rig.person("hanako", name="見本 花子")
    await rig.rig.person("reiko", ["supervisor"], name="見本 礼子")
    talk = await recorded(rig, SECONDS)
    parts: list[Response] = []
    async with terminal(browser, rig.rig.origin) as page:
        page.on("response", lambda one: parts.append(one) if "/sound" in one.url else None)
        await sign_in(page, "reiko", PASSWORD)
        await page.get_by_role("link", name="画面の一覧").press("Enter")
        await page.get_by_role("link", name="録音").press("Enter")
        await expect(page.locator("#found-title")).to_contain_text("1件")
        wrong = await looked_at(page, "recordings")
        await page.get_by_label("長さ（秒以上）").fill("31")
        await page.keyboard.press("Enter")
        await expect(page.locator("main")).to_contain_text("該当する録音はありません。")
        await page.get_by_label("長さ（秒以上）").fill("")
        await page.keyboard.press("Enter")
        await page.get_by_role("link", name="見本 花子の録音").press("Enter")
        await page.wait_for_url(f"**/recordings/{talk}")

        drawn = page.locator(".recording-side").first
        await expect(drawn).to_have_attribute("d", re.compile(r"^M0 \d"))
        wrong += await looked_at(page, "recording")
        assert parts == [], "nothing is fetched before it is played"
        play, place = page.get_by_role("button", name="再生"), page.get_by_role("slider")
        await play.press("Enter")
        await is_at(page, 0.3, SECONDS)
        await expect(page.locator("#play")).to_have_text("一時停止")
        assert {one.status for one in parts} == {206}
        await page.get_by_label("速さ").select_option("2")
        assert await page.evaluate("[sound.playbackRate, sound.preservesPitch]") == [2, True]
        await page.locator("#play").press("Enter")
        await expect(play).to_be_visible()

        await place.press("Home")
        await page.locator("#on").press("Enter")
        await is_at(page, 5, 5.1)
        await place.press("ArrowRight")
        await is_at(page, 10, 10.1)
        await place.press("ArrowLeft")
        await page.locator("#back").press("Enter")
        await is_at(page, 0, 0.1)
        await place.press("End")
        await expect(place).to_have_attribute("aria-valuetext", "0分30秒")
        await place.click(position={"x": 10, "y": 10})
        await is_at(page, 0.1, 1)
        await place.press("Space")
        await is_at(page, 2, SECONDS)
        await page.get_by_role("link", name="録音の一覧").press("Enter")
        await page.wait_for_url("**/recordings")
        assert wrong == []
        await until(lambda: len(rig.do(TOLD)) == 3)
    told = rig.do(TOLD)
    assert told[0] == {"function": "hear", "ids": [talk], "detail": None}
    assert [one["function"] for one in told[1:]] == ["heard", "heard"]
    assert [one["detail"]["from"] for one in told[1:]] == [0, 0]


async def test_a_recording_that_is_deleted_while_somebody_has_it_open_says_so(rig: DeskRig, browser: Browser) -> None:
    await rig.rig.person("hanako", name="見本 花子")
    await rig.rig.person("boss", ["administrator"], name="管理 一郎")
    talk = await recorded(rig)
    async with terminal(browser, rig.rig.origin) as page:
        await sign_in(page, "boss", PASSWORD)
        await page.goto(f"/recordings/{talk}")
        other = await page.context.new_page()
        await other.goto(f"/recordings/{talk}")
        await other.get_by_label("保存の理由").fill("苦情の申立て")
        await other.keyboard.press("Enter")
        await expect(other.locator("main")).to_contain_text("bossが保存を指定（苦情の申立て）")
        await other.get_by_role("button", name="保存の指定を解除する").press("Enter")
        await other.get_by_label("削除の理由").fill("本人の求め")
        wrong = await looked_at(other, "recording-kept")
        await other.keyboard.press("Enter")
        await expect(other.locator("main")).to_contain_text("bossが削除（本人の求め）")
        wrong += await looked_at(other, "recording-deleted")
        await page.get_by_role("button", name="再生").press("Enter")
        await expect(page.get_by_role("alert")).to_have_text("この録音は削除されました。")
        assert wrong == []
