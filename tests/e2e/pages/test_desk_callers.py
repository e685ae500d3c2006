"""Somebody calls us, at the operator's page: known, unknown, one of several, with a question that concerns no case."""

import pytest
from playwright.async_api import Browser, expect

from tests.desk_rig import AMOUNTS, DeskRig
from tests.e2e.pages.page import at_desk, confirm, overlooked, state_is
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

KNOWN = "0258001234"  # of whoever `rig.person` makes


async def test_a_known_callers_case_opens_before_the_first_word_and_its_result_is_entered_as_any(
    rig: DeskRig, browser: Browser
) -> None:
    async with at_desk(rig, browser) as page:
        case = rig.person("見本 次郎", "ミホン ジロウ")
        rig.do(
            "INSERT INTO person_flag (city, person_id, kind, note, source, by, since)"
            " SELECT city, person_id, 'lawyer', '連絡は代理人へ', 'list', 'import', now() FROM cases WHERE id = %(id)s",
            id=case,
        )
        call = await rig.call_in(KNOWN)
        await expect(page.locator("#line")).to_contain_text("着信待ち 1人")
        rig.reserve(call)
        await state_is(page, "着信：つながります")
        await expect(page.locator("#caller-said")).to_contain_text("着信　市税（0258009001）あて　発信者 0258001234")
        await expect(page.locator("#arrival")).to_have_text("着信です。市税。見本 次郎 様の案件です。")
        await expect(page.locator("#warnings")).to_contain_text("連絡は代理人へ")
        await expect(page.locator("#script-title")).to_be_focused()
        await expect(page.locator("#script")).to_contain_text("お電話ありがとうございます。")
        content = await page.content()
        assert [amount for amount in AMOUNTS if amount in content] == []
        assert await overlooked(page) == []
        rig.join(call)
        await state_is(page, "通話中（着信）")
        await expect(page.locator("[data-act=voicemail]")).to_be_disabled()
        await page.keyboard.press("h")
        await state_is(page, "保留中")
        await page.keyboard.press("h")
        await state_is(page, "通話中（着信）")
        await page.keyboard.press("m")
        await confirm(page)
        rig.hang_up(call)
        await page.keyboard.press("1")
        await page.get_by_role("button", name="登録", exact=True).click()
        await state_is(page, "待機中")
        assert rig.do("SELECT kind, case_id FROM case_event") == [{"kind": "callback", "case_id": case}]
        assert rig.kinds() == ["hold", "unhold", "mute", "finish"]


async def test_an_unknown_caller_is_searched_for_and_may_turn_out_to_be_somebody_else(
    rig: DeskRig, browser: Browser
) -> None:
    async with at_desk(rig, browser) as page:
        right = rig.person("見本 五郎", "ミホン ゴロウ")
        rig.person("見本 一郎", "ミホン イチロウ")
        call = await rig.call_in()
        rig.reserve(call)
        rig.join(call)
        await expect(page.locator("#caller-said")).to_contain_text("発信者 番号の通知なし")
        await expect(page.locator("#search-words")).to_be_focused()
        await page.keyboard.type("ミホンイチ")
        await page.keyboard.press("Enter")
        await expect(page.locator("#search-told")).to_have_text("1件")
        assert await overlooked(page) == []
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="見本 一郎")).to_be_visible()
        await expect(page.locator("#script-title")).to_have_text("本人確認")  # greeted already
        await expect(page.locator("#script-title")).to_be_focused()
        await confirm(page)
        await page.keyboard.press("c")
        dialog = page.get_by_role("dialog", name="案件を選び直す")
        await page.keyboard.type("ミホンゴ")
        await page.keyboard.press("Enter")
        await dialog.get_by_role("button", name="見本 五郎 市税 を選ぶ").click()
        await expect(page.get_by_role("heading", name="見本 五郎")).to_be_visible()
        await expect(page.locator("#gate")).to_be_visible()
        content = await page.content()
        assert [amount for amount in AMOUNTS if amount in content] == []
        assert rig.do("SELECT case_id FROM inbound_call") == [{"case_id": right}]


async def test_the_fullest_bar_fits_the_screen(rig: DeskRig, browser: Browser) -> None:
    async with at_desk(rig, browser) as page:
        for _ in range(12):  # a talk without its result each
            rig.hang_up(rig.talk(rig.person()))
        waiting = [await rig.call_in(KNOWN) for _ in range(13)]
        rig.reserve(waiting[0])
        rig.join(waiting[0])
        rig.desk(pause_reason="work")
        await state_is(page, "通話中（着信） （このあと事務作業）")
        await expect(page.locator("#line")).to_contain_text("着信待ち 12人")
        await expect(page.locator("#unfinished")).to_have_text("未入力 12件")
        await page.evaluate("document.querySelector('#line').dataset.late = 'yes'")
        assert await overlooked(page) == []
        assert await page.locator(".desk-state-name").evaluate("one => one.scrollWidth <= one.clientWidth")


async def test_one_of_several_with_the_number_is_chosen_and_a_question_without_a_case_is_classified_by_keyboard(
    rig: DeskRig, browser: Browser
) -> None:
    async with at_desk(rig, browser) as page:
        rig.person("見本 一郎", "ミホン イチロウ")
        rig.person("見本 花枝", "ミホン ハナエ")
        call = await rig.call_in(KNOWN)
        rig.reserve(call)
        rig.join(call)
        listed = page.get_by_role("list", name="この番号の方")
        await expect(listed.get_by_role("listitem")).to_have_count(2)
        await expect(page.locator("#script-title")).to_be_focused()
        assert await overlooked(page) == []
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="見本 花枝")).to_be_visible()
        await page.keyboard.press("w")  # it is about something else
        await expect(page.locator("#search-words")).to_be_focused()
        await page.keyboard.press("Escape")
        await page.keyboard.press("8")
        await expect(page.get_by_label("備考")).to_be_focused()
        await page.keyboard.type("還付の時期")
        await expect(page.locator("#save")).to_be_disabled()
        assert await overlooked(page) == []
        await page.reload()
        await expect(page.get_by_label("備考")).to_have_value("還付の時期")
        rig.hang_up(call)
        await expect(page.locator("#save")).to_be_enabled()
        await page.get_by_label("備考").press("Control+Enter")
        await state_is(page, "待機中")
        await until(lambda: rig.kinds() == ["finish"])
        assert rig.do("SELECT category, note FROM inquiry") == [{"category": "refund", "note": "還付の時期"}]
        await page.get_by_role("button", name="案件のない着信 結果を見る・訂正").click()
        await expect(page.locator("#looking")).to_contain_text("以前の通話")
        await page.locator("#inquiry-payment").click()
        await expect(page.get_by_label("備考")).to_have_value("還付の時期")
        await page.get_by_label("訂正の理由").fill("納付の相談でした")
        await page.get_by_label("訂正の理由").press("Enter")
        await expect(page.locator("#looking")).to_be_hidden()
        assert rig.do("SELECT category, why FROM inquiry ORDER BY number DESC LIMIT 1") == [
            {"category": "payment", "why": "納付の相談でした"}
        ]
