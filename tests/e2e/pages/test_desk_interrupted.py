"""A talk at the operator's page that something comes between, in a real Chromium: nothing typed is lost."""

import asyncio
from dataclasses import replace

import pytest
from playwright.async_api import Browser, expect

from dialer.web.desk_parts import DESK
from tests.books import weekdays
from tests.desk_rig import DeskRig, wire_to
from tests.e2e.pages.page import at_desk, joined, state_is
from tests.waiting import until
from tests.web_browser import violations
from tests.web_rig import PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_what_was_typed_survives_a_reload_and_nothing_of_it_stays_on_the_terminal(
    rig: DeskRig, browser: Browser
) -> None:
    async with at_desk(rig, browser) as page:
        await joined(rig, page)
        await page.keyboard.press("9")
        await page.get_by_label("備考").fill("隣の家の番号とのこと")
        await page.reload()  # at once: before any pause in the typing
        await expect(page.get_by_label("備考")).to_have_value("隣の家の番号とのこと")
        kept = "[Object.keys(localStorage).length, Object.keys(sessionStorage).length]"
        assert await page.evaluate(kept) == [0, 0]
        assert await page.evaluate("indexedDB.databases().then((all) => all.length)") == 0


async def test_a_result_that_has_gone_while_somebody_talks_is_said_to_be_gone_and_nothing_typed_is_lost(
    rig: DeskRig, browser: Browser
) -> None:
    async with at_desk(rig, browser) as page:
        attempt = await joined(rig, page)
        await page.locator("#result-other_home").click()
        await page.get_by_label("備考").fill("別の家")
        book = weekdays()
        kept = tuple(one for one in book.city.talk.results if one.key != "other_home")
        talk = replace(book.city.talk, results=kept)
        rig.rules.next = replace(book, city=replace(book.city, talk=talk))
        await until(lambda: rig.rules.next is None)
        rig.hang_up(attempt)
        await expect(page.locator("#result-other_home")).to_have_count(0)
        await page.get_by_role("button", name="登録", exact=True).click()
        await expect(page.locator("#form-error")).to_contain_text("選んだ結果は、いまの一覧にありません")
        await page.reload()
        await expect(page.locator("#told")).to_contain_text("結果を選び直してください")
        await page.locator("#result-cut_off").click()
        await expect(page.get_by_label("備考")).to_have_value("別の家")
        await page.get_by_role("button", name="登録", exact=True).click()
        await state_is(page, "待機中")
        assert rig.do("SELECT result, note FROM talk_record") == [{"result": "cut_off", "note": "別の家"}]


@pytest.mark.parametrize(
    ("away", "title", "goes_on"),
    [
        ({"hours": 1}, "画面がロックされています", "ロックを解除"),
        ({"hours": 13}, "もう一度サインインしてください", "サインイン"),
    ],
    ids=["locked", "over"],
)
async def test_a_session_that_ends_while_somebody_types_is_taken_up_over_the_page(
    rig: DeskRig, browser: Browser, away: dict[str, float], title: str, goes_on: str
) -> None:
    async with at_desk(rig, browser) as page:
        attempt = await joined(rig, page)
        await page.keyboard.press("9")
        await page.get_by_label("備考").fill("はじめ")
        await until(lambda: bool(rig.do("SELECT 1 FROM desk_draft WHERE content ->> 'note' = 'はじめ'")))
        rig.rig.clock.pass_time(**away)
        await page.get_by_label("備考").press_sequentially("、つづき")
        dialog = page.get_by_role("dialog", name=title)
        await expect(dialog).to_be_visible()
        assert await violations(page) == []
        rig.hang_up(attempt)
        await dialog.get_by_label("パスワード").fill(PASSWORD)
        await dialog.get_by_role("button", name=goes_on, exact=True).click()
        await expect(page.get_by_label("備考")).to_have_value("はじめ、つづき")
        await state_is(page, "後処理中")
        await page.get_by_role("button", name="登録", exact=True).click()
        await state_is(page, "待機中")
        assert rig.do("SELECT note FROM talk_record") == [{"note": "はじめ、つづき"}]


async def test_a_cut_is_told_and_mended_without_a_hand_and_without_loss(rig: DeskRig, browser: Browser) -> None:
    async with wire_to(rig.rig) as wire, at_desk(rig, browser, origin=f"https://127.0.0.1:{wire.port}") as page:
        attempt = await joined(rig, page)
        await page.keyboard.press("9")
        await wire.cut()
        await page.get_by_label("備考").fill("切れている間に書いた")
        await expect(page.get_by_role("alert").first).to_contain_text("サーバーとの接続が切れました", timeout=30_000)
        rig.hang_up(attempt)
        await wire.mend()
        await state_is(page, "後処理中")
        await expect(page.locator("#alert")).to_be_empty()
        await expect(page.get_by_label("備考")).to_have_value("切れている間に書いた")
        await page.get_by_role("button", name="登録", exact=True).click()
        await state_is(page, "待機中")
        assert rig.do("SELECT note FROM talk_record") == [{"note": "切れている間に書いた"}]


async def test_a_page_that_slept_comes_back_to_the_present_state_and_has_what_was_typed(
    rig: DeskRig, browser: Browser
) -> None:
    """As a terminal whose lid was closed: nothing runs in the page, and its connections are gone when it wakes."""
    async with wire_to(rig.rig) as wire, at_desk(rig, browser, origin=f"https://127.0.0.1:{wire.port}") as page:
        attempt = await joined(rig, page)
        await page.keyboard.press("9")
        await page.get_by_label("備考").fill("眠る前に書いた")
        lid, asleep = await page.context.new_cdp_session(page), asyncio.Event()
        lid.on("Debugger.paused", lambda _: asleep.set())
        await lid.send("Debugger.enable")
        await lid.send("Debugger.pause")
        nudge = asyncio.ensure_future(page.evaluate("Date.now()"))  # it falls asleep at the next thing that it does
        await asleep.wait()
        await wire.cut()
        rig.hang_up(attempt)
        await wire.mend()
        live = rig.rig.app[DESK].live
        await until(lambda: not live.is_followed("hanako"))
        await lid.send("Debugger.resume")
        await nudge
        await state_is(page, "後処理中")
        await expect(page.get_by_label("備考")).to_have_value("眠る前に書いた")
        await page.get_by_role("button", name="登録", exact=True).click()
        await state_is(page, "待機中")
        assert rig.do("SELECT note FROM talk_record") == [{"note": "眠る前に書いた"}]
