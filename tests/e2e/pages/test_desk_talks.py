"""Talks at the operator's page, in a real Chromium, over TLS and the real Postgres. Rows play the engine."""

import json
import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.desk_rig import AMOUNTS, DeskRig
from tests.e2e.pages.page import at_desk, confirm, joined, overlooked, state_is
from tests.waiting import until
from tests.web_browser import sign_in, terminal, violations
from tests.web_rig import PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVIL = '"\'><img src=x onerror="window.evil=1"><script>window.evil=1</script>{{7*7}}${7*7}'


async def test_a_join_shows_who_is_on_the_line_and_nothing_of_money_until_identity_is_confirmed(
    rig: DeskRig, browser: Browser
) -> None:
    async with at_desk(rig, browser) as page:
        told: list[str] = []
        wire = await page.context.new_cdp_session(page)
        await wire.send("Network.enable")
        wire.on("Network.eventSourceMessageReceived", lambda event: told.append(event["data"]))
        case = rig.person("見本 次郎", "ミホン ジロウ")
        rig.do(
            "INSERT INTO person_flag (city, person_id, kind, note, source, by, since)"
            " SELECT city, person_id, 'lawyer', '連絡は代理人へ', 'list', 'import', now() FROM cases WHERE id = %(id)s",
            id=case,
        )
        rig.talk(case)
        await expect(page.get_by_role("heading", name="見本 次郎")).to_be_visible()
        await expect(page.get_by_role("region", name="注意事項")).to_contain_text("連絡は代理人へ")
        await expect(page.locator("#person")).to_contain_text("昭和50年4月12日")
        await expect(page.locator("#gate")).to_be_visible()
        assert any("見本 次郎" in one for one in told)
        seen = [*told, await page.content()]
        assert [amount for amount in AMOUNTS for one in seen if amount in one] == []
        await confirm(page)
        await expect(page.locator("#money")).to_contain_text("45,600円")


async def test_the_script_leads_through_the_identity_step_and_its_steps_are_recorded(
    rig: DeskRig, browser: Browser
) -> None:
    async with at_desk(rig, browser) as page:
        attempt = await joined(rig, page)
        await page.get_by_role("button", name="本人・同居の家族が出た").click()
        await page.get_by_role("button", name="本人と確認できた").click()
        await expect(page.locator("#identity-error")).to_have_text("確認の方法を選んでください。")
        await page.locator("#identity-how").select_option("name_birthday")
        await page.get_by_role("button", name="本人と確認できた").click()
        await expect(page.locator("#script-title")).to_have_text("用件")
        await expect(page.locator("#script")).to_contain_text("77,700円")
        await page.get_by_role("button", name="話したくない").click()
        await expect(page.locator("#result-declined")).to_have_attribute("aria-pressed", "true")
        rig.hang_up(attempt)
        await state_is(page, "後処理中")
        await page.get_by_label("応対者").select_option("self")
        await page.get_by_label("備考").fill("話さないとのこと")
        await page.get_by_role("button", name="登録", exact=True).click()
        await state_is(page, "待機中")
        (record,) = rig.do("SELECT result, steps, identity_confirmed, identity_how, note FROM talk_record")
        assert record == {
            "result": "declined",
            "steps": ["opening", "identity", "matter", "declined"],
            "identity_confirmed": True,
            "identity_how": "name_birthday",
            "note": "話さないとのこと",
        }


async def test_a_whole_talk_goes_by_keyboard(rig: DeskRig, browser: Browser) -> None:
    async with at_desk(rig, browser) as page:
        await page.keyboard.press("r")
        await state_is(page, "待機中")
        attempt = await joined(rig, page)
        await page.keyboard.press("h")
        await state_is(page, "保留中")
        await page.keyboard.press("h")
        await state_is(page, "通話中")
        await page.locator("#identity-how").focus()
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Tab")  # out of the list: keys work again
        await page.keyboard.press("y")
        await expect(page.locator("#total")).to_be_visible()
        await page.keyboard.press("2")
        await expect(page.get_by_label("応対者")).to_be_focused()
        await expect(page.locator("#save")).to_be_disabled()
        await page.keyboard.press("ArrowDown")
        await page.get_by_label("納付の約束日").focus()
        await page.keyboard.press("ArrowDown")
        await page.get_by_label("金額（円）").focus()
        await page.keyboard.type("１０，０００円")
        await page.get_by_label("納付の方法").focus()
        await page.keyboard.press("ArrowDown")
        rig.hang_up(attempt)
        await expect(page.locator("#save")).to_be_enabled()
        await page.get_by_label("金額（円）").press("Enter")
        await state_is(page, "待機中")
        (record,) = rig.do("SELECT promise_day, promise_yen, promise_way, talker FROM talk_record")
        assert (str(record["promise_day"]), record["promise_yen"], record["talker"]) == ("2026-11-25", 10_000, "self")
        assert rig.kinds() == ["ready", "hold", "unhold", "finish"]


async def test_no_key_works_while_a_text_is_being_written_and_all_can_be_turned_off(
    rig: DeskRig, browser: Browser
) -> None:
    async with at_desk(rig, browser) as page:
        await joined(rig, page)
        await page.keyboard.press("9")
        await page.get_by_label("備考").fill("")
        await page.get_by_label("備考").press_sequentially("hmve?1")
        await expect(page.get_by_label("備考")).to_have_value("hmve?1")
        await expect(page.locator("#result-other_home")).to_have_attribute("aria-pressed", "true")
        await page.keyboard.press("Escape")
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog", name="キーの一覧")).to_contain_text("保留")
        await page.get_by_label("1文字のキーを使う").uncheck()
        await page.keyboard.press("Escape")
        await page.keyboard.press("h")
        await page.locator("[data-act=mute]").click()  # by hand everything still goes
        await until(lambda: rig.kinds() == ["mute"])
        await page.reload()
        await state_is(page, "通話中")
        await page.keyboard.press("h")  # off for the account, not for the page
        await page.locator("[data-act=mute]").click()
        await until(lambda: rig.kinds() == ["mute", "mute"])


async def test_what_is_missing_is_said_beside_its_field_and_nothing_is_lost(rig: DeskRig, browser: Browser) -> None:
    async with at_desk(rig, browser) as page:
        attempt = await joined(rig, page)
        await confirm(page)
        rig.hang_up(attempt)
        await page.locator("#result-promise").click()
        await page.get_by_label("備考").fill("年内に")
        await expect(page.get_by_label("納付の約束日").locator("option", has_text="11月28日")).to_be_disabled()
        await page.get_by_role("button", name="登録", exact=True).click()
        await expect(page.locator("#error-promise_day")).to_have_text("納付の約束日を入れてください")
        await expect(page.get_by_label("納付の約束日")).to_have_attribute("aria-invalid", "true")
        await expect(page.get_by_label("備考")).to_have_value("年内に")
        assert await overlooked(page) == []
        assert rig.do("SELECT number FROM talk_record") == []


async def test_who_comes_second_sees_what_the_first_wrote_and_corrects_it_with_a_reason(
    rig: DeskRig, browser: Browser
) -> None:
    async with at_desk(rig, browser) as page:
        attempt = await joined(rig, page)
        rig.hang_up(attempt)
        await page.locator("#result-other_home").click()
        await page.get_by_label("備考").fill("別の家")
        chief = await rig.operator("chief", ("operator", "supervisor"))
        theirs = {"attempt": attempt, "expected_number": 0, "result": "cut_off", "note": "無言"}
        assert (await chief.ask("POST", "/desk/results", json=theirs)).status == 200
        await page.get_by_role("button", name="登録", exact=True).click()
        dialog = page.get_by_role("dialog", name="ほかの人が先に結果を登録しました")
        await expect(dialog).to_contain_text("chief")
        assert await violations(page) == []
        await dialog.get_by_role("button", name="理由を書いて訂正する").click()
        await expect(page.get_by_label("備考")).to_have_value("別の家")
        await page.get_by_label("訂正の理由").fill("聞き直した")
        await page.get_by_role("button", name="訂正して登録").click()
        await state_is(page, "待機中")
        records = rig.do("SELECT number, by, result, why FROM talk_record ORDER BY number")
        assert [(one["number"], one["by"], one["why"]) for one in records] == [
            (1, "chief", None),
            (2, "hanako", "聞き直した"),
        ]


async def test_an_earlier_talk_without_a_result_is_listed_and_entered(rig: DeskRig, browser: Browser) -> None:
    async with at_desk(rig, browser) as page:
        attempt = rig.talk(rig.person("見本 三郎"))
        rig.hang_up(attempt)
        rig.desk(state="paused", pause_reason="meal", call_id=None)
        await page.get_by_role("button", name="見本 三郎 入力する").click()
        await expect(page.locator("#looking")).to_contain_text("以前の通話")
        await page.get_by_role("button", name="相手が分からないまま切断").click()
        await page.get_by_role("button", name="登録", exact=True).click()
        await expect(page.get_by_role("button", name="見本 三郎 結果を見る・訂正")).to_be_visible()
        assert rig.do("SELECT result FROM talk_record") == [{"result": "cut_off"}]
        assert rig.kinds() == []  # the desk of now has nothing to do with it


async def test_the_slip_of_a_talk_is_one_sheet_of_paper_that_managers_print_and_every_look_at_it_is_in_the_log(
    rig: DeskRig, browser: Browser
) -> None:
    async with at_desk(rig, browser) as page:
        case = rig.person("見本 次郎", "ミホン ジロウ")
        attempt = rig.talk(case)
        rig.hang_up(attempt)
        await state_is(page, "後処理中")
        refused = await page.request.get(f"/desk/talks/{attempt}/slip", headers={"Accept": "text/html"})
        assert (refused.status, "結果を登録すると" in await refused.text()) == (409, True)
        await confirm(page)
        await page.locator("#result-hand_over").click()
        await page.get_by_label("応対者").select_option("self")
        await page.get_by_label("備考").fill("分納の相談。\n平日の午後に連絡がほしいとのこと。")
        await page.get_by_label("引継ぎ先").select_option(index=1)
        await page.get_by_role("button", name="登録", exact=True).click()
        await state_is(page, "待機中")
        await page.get_by_role("button", name="見本 次郎 結果を見る・訂正").click()
        async with page.context.expect_page() as opening:
            await page.get_by_role("link", name="引継連絡票").click()
        sheet = await opening.value
        await expect(sheet.get_by_role("heading", name="引継連絡票")).to_be_visible()
        await expect(sheet.get_by_role("main")).to_contain_text("平日の午後に連絡がほしいとのこと。")
        assert await violations(sheet) == []
        await expect(sheet.get_by_role("button", name="印刷する")).to_have_count(0)
        for without in (sheet, page):
            await without.emulate_media(media="print")
            await expect(without.locator("body > *:visible")).to_have_count(0)
            await without.emulate_media(media="screen")
        await rig.rig.person("reiko", ["supervisor"])
        async with terminal(browser, rig.rig.origin) as managers:
            await sign_in(managers, "reiko", PASSWORD)
            await managers.goto(f"/desk/talks/{attempt}/slip")
            await printed(managers)
        logged = rig.do("SELECT by, function, what, ids FROM operation WHERE what = 'slip' ORDER BY id")
        assert [tuple(one.values()) for one in logged] == [
            ("hanako", "view", "slip", [str(case)]),
            ("reiko", "print", "slip", [str(case)]),
        ]


async def printed(sheet: Page) -> None:
    """On one sheet of paper."""
    await sheet.evaluate("() => { window.printed = 0; window.print = () => { window.printed += 1; }; }")
    await sheet.get_by_role("button", name="印刷する").click()
    assert await sheet.evaluate("window.printed") == 1
    paper = await sheet.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    await sheet.emulate_media(media="print")
    await expect(sheet.get_by_role("button", name="印刷する")).to_be_hidden()


async def test_what_the_tender_leaves_to_a_person_is_decided_where_the_case_is_shown(
    rig: DeskRig, browser: Browser
) -> None:
    async with at_desk(rig, browser) as page:
        attempt = await joined(rig, page)
        rig.hang_up(attempt)
        await page.locator("#result-declined").click()
        await page.get_by_label("応対者").select_option("self")
        await page.locator("#identity-no").click()
        await page.get_by_label("備考").fill("話さないとのこと")
        await page.get_by_role("button", name="登録", exact=True).click()
        await expect(page.locator("#told")).to_contain_text("担当者の判断です。「最近の通話」か")
        await page.get_by_role("button", name="見本 太郎 結果を見る・訂正").click()
        await page.get_by_role("button", name="完了にするか判断する").click()
        dialog = page.get_by_role("dialog", name="この案件を完了にするかの判断")
        await expect(dialog.get_by_role("radio", name="再度の架電は困難（000 §10(4)ウ）")).to_be_checked()
        assert await violations(page) == []
        await dialog.get_by_label("理由（任意）").fill("強い拒否")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator("#money")).to_contain_text("業務完了（再度の架電は困難と担当者が判断）")
        await expect(page.locator("#money")).to_contain_text("担当者の判断: 再度の架電は困難（hanako）")
        await expect(page.locator("#decide")).to_have_count(0)
        assert await overlooked(page) == []


async def test_no_field_of_a_list_can_become_part_of_the_page(rig: DeskRig, browser: Browser) -> None:
    async with at_desk(rig, browser) as page:
        case = rig.person(f"太郎{EVIL}", f"タロウ{EVIL}", **{"住所": EVIL, f"備考{EVIL}": EVIL})
        rig.do(
            "UPDATE cases SET reason = %(evil)s, items = %(items)s",
            evil=EVIL,
            items=json.dumps([{"name": EVIL, "year": EVIL, "term": EVIL, "due_on": None, "amount_yen": 1}]),
        )
        rig.do("UPDATE debt_kind SET name = name || %(evil)s, department = department || %(evil)s", evil=EVIL)
        rig.do(
            "INSERT INTO person_flag (city, person_id, kind, note, source, by, since)"
            " SELECT city, person_id, 'other', %(evil)s, 'list', %(evil)s, now() FROM cases",
            evil=EVIL,
        )
        rig.talk(case)
        await expect(page.locator("#warnings")).to_contain_text(EVIL)
        await expect(page.locator("#person h2")).to_have_text(f"太郎{EVIL}")
        await page.locator("#identity-how").select_option("name_birthday")
        await page.locator("#identity-yes").click()
        await expect(page.locator("#money")).to_contain_text(EVIL)
        assert await page.evaluate("window.evil") is None
        assert await page.locator(".desk img, .desk script").count() == 0
        assert await overlooked(page) == []
