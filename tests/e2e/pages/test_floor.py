"""The floor's page in a real Chromium: a busy floor, what needs a supervisor first, and what is not told."""

import pytest
from playwright.async_api import Browser, expect

from dialer.core.stages import Stage
from tests.desk_rig import DeskRig
from tests.floor_rig import PACE, STATES, call, floor, opened, operator, ringing, tell
from tests.web_browser import terminal, violations
from tests.web_rig import PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="module")

STAGES = (Stage.DIALLING, Stage.RINGING, Stage.RINGING, Stage.HEARING, Stage.MACHINE, Stage.WAITING)


async def test_a_busy_floor_is_seen_at_once_with_who_needs_the_supervisor_first(rig: DeskRig, browser: Browser) -> None:
    await rig.rig.person("reiko", ["supervisor"], name="見本 礼子")
    await rig.rig.person("hanako", ["operator"], name="見本 花子")
    attempts = [ringing(rig, place) for place in range(24)]
    waiting = [await rig.call_in("0258001234") for _ in range(3)]
    over = await rig.call_in()
    rig.join(over)
    rig.hang_up(over)
    operators = [operator(rig, f"op{place:02d}", STATES[place % 5], 20 + place) for place in range(1, 34)]
    operators.append(operator(rig, "op34", "talking", 95, account="hanako", call=attempts[0], help=True))
    alone = {"persons": 120, "left_alone": 1, "spent": True}
    busy = floor(
        rig,
        operators=operators,
        calls=[
            call(rig, attempts[0], Stage.TALKING, 95, operator="op34"),
            *(call(rig, one, STAGES[place % 6], place + 1) for place, one in enumerate(attempts[1:])),
        ],
        callers=[call(rig, one, Stage.WAITING, 40 - place, place=place + 1) for place, one in enumerate(waiting)],
        lines={"all": 60, "used": 27, "kept_for_callers": 2},
        pace=PACE | {"persons": 120, "left_alone": 1, "lost_by_ear": 0.2, "by_debt": {"city_tax": alone}},
    )
    async with terminal(browser, rig.rig.origin) as page:
        await opened(page)
        await tell(rig, busy)
        first = page.locator("#operators tr").first
        await expect(first).to_contain_text("管理者を呼んでいます")
        await expect(first).to_contain_text("見本 花子")
        await expect(first).to_contain_text("通話中")
        await expect(page.locator("#status")).to_have_text("op34 見本 花子 が管理者を呼んでいます。")
        assert await page.locator("#operators tr").count() == 34
        assert await page.locator("#calls tr").count() == 24
        await expect(page.locator("#waiting")).to_have_text("3人")
        await expect(page.locator("#lines")).to_have_text("27 / 60 使用中（着信用 2）")
        await expect(page.locator("#answered")).to_have_text("100.0%　1 / 1件")
        await expect(page.locator("#abandoned")).to_have_text("1人 / 120人 0.8%（ほかに機械と誤認 推計0.2人）")
        await expect(page.locator("#debts")).to_contain_text("放棄1 / 120人（上限に近いため一人に一件ずつ）")
        assert "0258001234" not in await page.content()
        assert "025800****" in await page.content()
        assert await page.evaluate("[document.documentElement.scrollHeight, document.documentElement.scrollWidth]") == [
            768,
            1366,
        ]
        assert await violations(page) == []
        await expect(page.locator("#operators tr").last).to_contain_text("席なし")


async def test_rows_come_go_and_change_place_with_what_is_told(rig: DeskRig, browser: Browser) -> None:
    await rig.rig.person("reiko", ["supervisor"], name="見本 礼子")
    one, other = ringing(rig, 1), ringing(rig, 2)
    async with terminal(browser, rig.rig.origin) as page:
        await opened(page)
        await tell(
            rig,
            floor(
                rig,
                operators=[operator(rig, "op01", "free"), operator(rig, "op02", "free")],
                calls=[call(rig, one, Stage.RINGING), call(rig, other, Stage.DIALLING)],
            ),
        )
        await expect(page.locator("#calls tr")).to_have_count(2)
        await tell(
            rig,
            floor(
                rig,
                operators=[operator(rig, "op01", "free"), operator(rig, "op02", "talking", 700)],
                calls=[call(rig, other, Stage.RINGING)],
            ),
        )
        await expect(page.locator("#calls tr")).to_have_count(1)
        await expect(page.locator("#calls")).to_contain_text("呼出中")
        await expect(page.locator("#operators tr").first).to_contain_text("op02")
        await expect(page.locator("#operators tr").first).to_contain_text("通話が長くなっています")


async def test_an_engine_that_says_nothing_is_told_and_comes_back(rig: DeskRig, browser: Browser) -> None:
    await rig.rig.person("reiko", ["supervisor"], name="見本 礼子")
    async with terminal(browser, rig.rig.origin) as page:
        await opened(page)
        await tell(rig, floor(rig))
        await expect(page.locator("#why")).to_have_text("担当者の空きを待っています")
        rig.rig.clock.pass_time(seconds=4)
        await expect(page.locator("#away")).to_contain_text("架電の制御から応答がありません")
        await tell(rig, floor(rig, why="架電できる案件はありません"))
        await expect(page.locator("#away")).to_be_hidden()
        await expect(page.locator("#why")).to_have_text("架電できる案件はありません")


async def test_who_may_not_supervise_does_not_see_it(rig: DeskRig) -> None:
    page = await rig.operator()
    for path in ("/floor", "/floor/state", "/floor/events"):
        assert (await page.get(path)).status == 403


async def test_a_page_that_slept_asks_for_the_password_and_shows_the_floor_as_it_is_now(
    rig: DeskRig, browser: Browser
) -> None:
    await rig.rig.person("reiko", ["supervisor"], name="見本 礼子")
    async with terminal(browser, rig.rig.origin) as page:
        await opened(page)
        await tell(rig, floor(rig, operators=[operator(rig, "op01", "free")]))
        await expect(page.locator("#operators tr")).to_have_count(1)
        rig.rig.clock.pass_time(seconds=3600)
        dialog = page.get_by_role("dialog", name="画面がロックされています")
        await expect(dialog).to_be_visible(timeout=20_000)
        await dialog.get_by_label("パスワード").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(dialog).to_be_hidden()
        await expect(page.locator("#health")).to_have_text("接続済み")
        await tell(rig, floor(rig, why="架電できる案件はありません"))
        await expect(page.locator("#operators tr")).to_have_count(0)
        await expect(page.locator("#why")).to_have_text("架電できる案件はありません")
