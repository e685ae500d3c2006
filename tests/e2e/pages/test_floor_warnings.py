"""Warnings on the floor, and the floor on a wall, in a real Chromium."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from dialer.core.stages import Stage
from dialer.web.warden import WARDEN
from tests.desk_rig import DeskRig
from tests.floor_rig import PACE, STATES, call, floor, operator, ringing, tell
from tests.web_browser import sign_in, terminal, violations
from tests.web_rig import PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="module")

TONES = """
globalThis.tones = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (when) { globalThis.tones++; return start.call(this, when); };
"""
SIZE = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
CLOSED: dict[str, list[str]] = {"open": []}  # no list runs dry


@asynccontextmanager
async def supervisor(rig: DeskRig, browser: Browser, login: str) -> AsyncIterator[Page]:
    """Whose floor is open, and who has touched nothing yet."""
    await rig.rig.person(login, ["supervisor"], name="見本 礼子")
    async with terminal(browser, rig.rig.origin) as page:
        await page.add_init_script(TONES)
        await sign_in(page, login, PASSWORD)
        await page.goto("/floor")
        await expect(page.locator("#health")).to_have_text("接続済み")
        await tell(rig, floor(rig, **CLOSED))
        await expect(page.locator("#parts")).to_contain_text("正常: データベース、交換機、架電の制御")
        yield page


async def look(rig: DeskRig) -> None:
    await rig.rig.app[WARDEN].look()


async def tones(page: Page) -> int:
    return int(await page.evaluate("globalThis.tones"))


async def test_a_warning_is_shown_said_sounded_once_and_acknowledged_by_keyboard_for_every_page(
    rig: DeskRig, browser: Browser
) -> None:
    async with supervisor(rig, browser, "reiko") as page, supervisor(rig, browser, "yoko") as other:
        box = page.get_by_role("region", name="警告", exact=True)
        await expect(box).to_be_hidden()
        rig.machine.change("agi", is_up=False)
        await look(rig)
        await expect(box.get_by_role("listitem")).to_contain_text("着信の案内: 停止しています。")
        await expect(page.locator("#parts [data-well=no]")).to_have_text("着信の案内: 停止しています")
        await expect(page.locator("#warnings-said")).to_contain_text("注意: 着信の案内: 停止しています。")
        assert await tones(page) == 0  # nobody has touched it
        await page.keyboard.press("Tab")
        rig.machine.change("asterisk-a", is_up=False)
        await look(rig)
        await expect(box.get_by_role("listitem").first).to_contain_text("交換機: 停止しています。")
        assert await tones(page) == 3
        assert await violations(page) == []
        await page.get_by_role("button", name="警告音を消す").press("Enter")
        await expect(page.get_by_role("button", name="警告音を消す")).to_have_attribute("aria-pressed", "true")
        rig.machine.change("ear", is_up=False)
        await look(rig)
        await expect(box.get_by_role("listitem")).to_have_count(3)
        assert await tones(page) == 3
        await page.get_by_role("button", name="確認した: 交換機").press("Enter")
        seen = "確認: 見本 礼子"
        await expect(box.get_by_role("listitem").filter(has_text="交換機")).to_contain_text(seen)
        await expect(other.locator("#warnings li").filter(has_text="交換機")).to_contain_text(seen)
        assert await violations(page) == []
        for name in ("agi", "asterisk-a", "ear"):
            rig.machine.change(name, is_up=True)
        await look(rig)
        await expect(box).to_be_hidden()
        await expect(other.locator("#warnings li")).to_have_count(0)
    assert rig.do("SELECT function, by FROM operation") == [{"function": "acknowledge", "by": "reiko"}]


async def test_many_warnings_leave_room_for_the_floor(rig: DeskRig, browser: Browser) -> None:
    async with supervisor(rig, browser, "reiko") as page:
        operators = [operator(rig, f"op{place:02d}", "wrap_up", 70 + place) for place in range(1, 20)]
        rig.machine.change("engine", told={"lead": "leads", "exchange": True, "held": "承認された文面がありません"})
        await tell(rig, floor(rig, operators=operators, **CLOSED))
        await expect(page.locator("#operators tr")).to_have_count(19)
        await look(rig)
        await expect(page.locator("#warnings li")).to_have_count(20)
        await expect(page.locator("#warnings-count")).to_have_text("未確認の警告 20件")
        await expect(page.locator("#warnings li").first).to_contain_text("架電できません。承認された文面がありません。")
        assert await page.evaluate(SIZE) == [1366, 768]
        assert await violations(page) == []


async def wall(rig: DeskRig, page: Page) -> str:
    """A link, made as a supervisor makes it."""
    await page.get_by_role("button", name="壁面表示").press("Enter")
    dialog = page.get_by_role("dialog", name="壁面表示のリンク")
    await expect(dialog.get_by_label("設置場所")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("alert")).to_contain_text("設置場所を")
    await page.keyboard.type("執務室")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("listitem")).to_contain_text("執務室")
    link = dialog.get_by_label("リンク（この一度だけ表示します）")
    await expect(link).to_have_value(re.compile(rf"^{re.escape(rig.rig.origin)}/wall/[\w-]{{32}}$"))
    assert await violations(page) == []
    return await link.input_value()


async def test_a_wall_shows_the_floor_without_anybody_and_goes_dark_when_the_link_is_taken_back(
    rig: DeskRig, browser: Browser, capfd: pytest.CaptureFixture[str]
) -> None:
    await rig.rig.person("hanako", ["operator"], name="見本 花子")
    attempts = [ringing(rig, place) for place in range(12)]
    waits = await rig.call_in("0258001234")
    operators = [operator(rig, f"op{place:02d}", STATES[place % 5], 20 + place) for place in range(1, 34)]
    operators.append(operator(rig, "op34", "talking", 95, account="hanako", call=attempts[0], help=True))
    busy = floor(
        rig,
        operators=operators,
        calls=[call(rig, one, Stage.RINGING) for one in attempts],
        callers=[call(rig, waits, Stage.WAITING, 75, place=1)],
        lines={"all": 60, "used": 27, "kept_for_callers": 2},
        pace=PACE | {"persons": 120, "left_alone": 1},
        why="この科目の架電は休止中です（見本 太郎様の件）",
        **CLOSED,
    )
    async with supervisor(rig, browser, "reiko") as page:
        link = await wall(rig, page)
        context = await browser.new_context(
            base_url=rig.rig.origin, ignore_https_errors=True, viewport=ViewportSize(width=1920, height=1080)
        )
        screen = await context.new_page()
        sent: list[str] = []
        screen.on("request", lambda asked: sent.append(str(asked.headers.get("referer", ""))))
        answer = await screen.goto(link)
        assert answer is not None
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert await context.cookies() == []
        await tell(rig, busy)
        await expect(screen.locator("#seats li")).to_have_count(34)
        await expect(screen.locator("#waiting")).to_have_text("1")
        await expect(screen.locator("#abandoned")).to_have_text("0.8")
        await expect(screen.locator("#stages")).to_have_text("呼出中12")
        await look(rig)
        await expect(screen.locator("#warnings li").first).to_contain_text("着信でお待たせしている方がいます")
        assert await screen.evaluate(SIZE) == [1920, 1080]
        assert await violations(screen) == []
        await screen.set_viewport_size(ViewportSize(width=1366, height=768))
        assert await screen.evaluate(SIZE) == [1366, 768]
        content = await screen.content()
        for personal in ("見本", "025800", "hanako", "太郎", str(waits), str(attempts[0])):
            assert personal not in content.replace("見本市", "")
        assert not [one for one in sent if "/wall/" in one]
        await page.get_by_role("button", name="執務室のリンクを無効にする").press("Enter")
        await expect(page.locator("#wall-links li")).to_have_count(0)
        await tell(rig, busy)
        rig.rig.app[WARDEN]._floor.refresh()
        await expect(screen.get_by_role("alert")).to_have_text("この表示のリンクは無効になりました。", timeout=8000)
        assert await screen.locator("#seats li").count() == 0
        await screen.goto(link)
        await expect(screen.get_by_role("heading", level=1)).to_have_text("ページが見つかりません")
        await context.close()
    secret = link.rpartition("/")[2]
    written = capfd.readouterr()
    assert secret not in written.out + written.err
    assert "/wall/…" in written.out + written.err
    assert rig.do("SELECT function, what FROM operation ORDER BY id") == [
        {"function": "create", "what": "wall_link"},
        {"function": "revoke", "what": "wall_link"},
    ]
    assert secret not in json.dumps(rig.do("SELECT secret_hash, name FROM wall_link"))


async def test_who_may_not_supervise_makes_no_links(rig: DeskRig) -> None:
    page = await rig.operator()
    assert (await page.get("/floor/wall-links")).status == 403
    assert (await page.ask("POST", "/floor/wall-links", json={"name": "玄関"})).status == 403
    assert (await page.ask("POST", "/floor/wall-links/1/revoke", json={})).status == 403
    stranger = rig.rig.browser()
    for more in ("", "/state", "/events"):
        assert (await stranger.get(f"/wall/guessed{more}")).status == 404
