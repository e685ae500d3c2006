"""Seats, states, calls by hand and departments at the operator's page, in a real Chromium."""

import re
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from dialer.core.calendar.values import Hours
from dialer.core.city import Department
from dialer.core.values import PhoneNumber
from tests.books import weekdays
from tests.desk_rig import DeskRig, desk_rig
from tests.e2e.pages.page import at_desk, confirm, joined, overlooked, state_is
from tests.stores import leading_store
from tests.waiting import until
from tests.web_browser import violations

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_seat_is_taken_on_the_page_and_a_pause_needs_its_reason(rig: DeskRig, browser: Browser) -> None:
    async with at_desk(rig, browser, seated=False) as page:
        await page.get_by_label("席の電話機").check()
        await page.get_by_role("button", name="着席する").click()
        await state_is(page, "休止中・着席")
        await page.get_by_role("button", name="受付を開始").click()
        await state_is(page, "待機中")
        await page.keyboard.press("p")
        assert await violations(page) == []
        await page.keyboard.press("2")
        await state_is(page, "休止中・食事")
        assert rig.orders == [
            ("op01", "take_seat", {"seat": "phone"}),
            ("op01", "ready", {}),
            ("op01", "pause", {"reason": "meal"}),
        ]


async def test_every_state_fits_the_screen_and_satisfies_axe(rig: DeskRig, browser: Browser) -> None:
    asked: list[str] = []
    async with at_desk(rig, browser, seated=False) as page:
        page.on("request", lambda request: asked.append(request.url))
        await state_is(page, "席についていません")
        seen = {"none": await overlooked(page)}
        rig.sit("hanako")
        for state in ("paused", "connecting", "free", "reserved"):
            rig.desk(state=state, pause_reason="break" if state == "paused" else None)
            await expect(page.locator("#desk")).to_have_attribute("data-state", state)
            seen[state] = await overlooked(page)
        attempt = await joined(rig, page)
        seen["talking"] = await overlooked(page)
        await confirm(page)
        seen["identified"] = await overlooked(page)
        for columns in ({"on_hold": True}, {"on_hold": False, "consulting": "collection"}, {"leg_state": "lost"}):
            rig.desk(**columns)
            await expect(page.locator("#state-name")).to_have_text(
                re.compile({"on_hold": "保留中", "leg_state": "接続なし"}.get(next(reversed(columns)), "転送先"))
            )
            seen[str(columns)] = await overlooked(page)
        rig.desk(consulting=None, leg_state="up")
        rig.hang_up(attempt)
        await expect(page.locator("#wrap-up")).to_have_attribute("data-overdue", "yes")
        for result in ("promise", "absent_until", "call_back", "hand_over", "new_number"):
            await page.locator(f"#result-{result}").click()
            await expect(page.locator("#form")).to_be_visible()
            seen[result] = await overlooked(page)
        for act in ("keys", "menu"):
            await page.locator(f"[data-act={act}]").click()
            seen[act] = await violations(page)
            await page.keyboard.press("Escape")
        assert {state: wrong for state, wrong in seen.items() if wrong} == {}
        assert [url for url in asked if not url.startswith(rig.rig.origin + "/")] == []


async def test_a_case_that_is_offered_is_looked_at_and_dialled_or_skipped_with_a_reason(
    rig: DeskRig, browser: Browser
) -> None:
    async with at_desk(rig, browser) as page:
        case = rig.person("見本 四郎")
        rig.desk(state="free", pause_reason=None, preview_case=case)
        await expect(page.get_by_role("heading", name="見本 四郎")).to_be_visible()
        assert await overlooked(page) == []
        await page.get_by_role("button", name="見送る").click()
        await expect(page.locator("#skip-error")).to_have_text("見送る理由を書いてください")
        await page.get_by_label("見送る理由").fill("本日は対応中")
        await page.get_by_role("button", name="見送る").click()
        await page.get_by_role("button", name="発信").first.click()
        await until(lambda: rig.kinds() == ["skip", "dial"])
        (number,) = rig.do("SELECT id FROM phone_number ORDER BY position LIMIT 1")
        assert [detail for _, _, detail in rig.orders] == [
            {"case": case, "reason": "本日は対応中"},
            {"case": case, "number": number["id"]},
        ]


async def test_a_case_is_found_by_name_and_called_by_hand_and_the_search_is_in_the_log(
    rig: DeskRig, browser: Browser
) -> None:
    async with at_desk(rig, browser) as page:
        case = rig.person("見本 五郎", "ミホン ゴロウ")
        rig.person("別人 六郎", "ベツジン ロクロウ")
        await page.keyboard.press("k")
        await page.get_by_label("氏名・カナ・宛名番号・電話番号").fill("ミホンゴ")
        await page.keyboard.press("Enter")
        await expect(page.locator("#search-told")).to_have_text("1件")
        assert await violations(page) == []
        await page.get_by_role("button", name=re.compile("見本 五郎.*を開く")).click()
        await page.get_by_role("button", name="発信").first.click()
        await until(lambda: rig.kinds() == ["dial"])
        logged = rig.do("SELECT function, ids FROM operation ORDER BY id")
        assert [(one["function"], one["ids"]) for one in logged] == [
            ("search", [str(case)]),
            ("view", [str(case)]),
            ("call", [str(case)]),
        ]


ORDERS_OF_A_TALK = [
    ("m", ("mute", {})),
    ("s", ("help", {"on": True})),
    ("v", ("correct", {"what": "voicemail"})),
    ("f", ("correct", {"what": "fax"})),
    ("a", ("correct", {"what": "announcement"})),
    ("e", ("hang_up", {})),
]


async def test_what_can_be_done_to_a_call_has_its_key_and_only_while_it_makes_sense(
    rig: DeskRig, browser: Browser
) -> None:
    async with at_desk(rig, browser) as page:
        for key, _ in ORDERS_OF_A_TALK:
            await page.keyboard.press(key)  # nobody is on the line
        attempt = await joined(rig, page)
        for key, _ in ORDERS_OF_A_TALK:
            await page.keyboard.press(key)
        await until(lambda: len(rig.orders) == len(ORDERS_OF_A_TALK))
        assert [(kind, detail) for _, kind, detail in rig.orders] == [order for _, order in ORDERS_OF_A_TALK]
        rig.hang_up(attempt)
        await state_is(page, "後処理中")
        await page.keyboard.press("x")
        await until(lambda: rig.kinds()[len(ORDERS_OF_A_TALK) :] == ["extend"])


async def test_a_call_is_handed_to_a_department_after_a_word_with_it(rig: DeskRig, browser: Browser) -> None:
    async with at_desk(rig, browser) as page:
        await joined(rig, page)
        await page.keyboard.press("d")
        await page.get_by_role("button", name="5", exact=True).click()
        await page.keyboard.press("t")
        assert await overlooked(page) == []
        await page.get_by_role("button", name="先に話してからつなぐ").click()
        rig.desk(consulting="collection")
        await expect(page.locator("#drawer")).to_contain_text("収納課と通話中")
        await page.get_by_role("button", name="つなぐ", exact=True).click()
        await until(lambda: len(rig.orders) == 3)
        assert [(kind, detail) for _, kind, detail in rig.orders] == [
            ("digits", {"digits": "5"}),
            ("transfer", {"to": "collection", "how": "attended"}),
            ("complete_transfer", {}),
        ]


async def test_a_talk_is_passed_on_to_a_supervisor_by_keyboard_with_a_note(rig: DeskRig, browser: Browser) -> None:
    rig.more_seats("op03")
    async with at_desk(rig, browser) as page:
        for login, role, name, phone in (
            ("kanri", "supervisor", "見本 管理", "op03"),
            ("jiro", "operator", "見本 次郎", "op02"),
        ):
            await rig.rig.person(login, [role], name=name)
            rig.sit(login, phone)
        attempt = await joined(rig, page)
        await page.keyboard.press("t")
        grey = page.get_by_role("option", name="見本 次郎（op02・休止中）")
        await expect(grey).to_be_disabled()
        to = page.get_by_label("転送先")
        await expect(to).to_be_focused()
        await expect(page.get_by_label("引継ぎメモ")).to_be_hidden()
        await page.keyboard.press("End")
        await expect(to).to_have_value("op03")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        await expect(page.get_by_label("引継ぎメモ")).to_be_focused()
        await page.keyboard.type("分納の相談。上司と話したいとのこと。")
        assert await overlooked(page) == []
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Shift+Tab")
        await expect(page.get_by_role("button", name="先に話してからつなぐ")).to_be_focused()
        await page.keyboard.press("Enter")
        await until(lambda: rig.kinds() == ["transfer"])
        assert rig.orders[0] == ("op01", "transfer", {"to": "op03", "how": "attended"})
        rig.desk(consulting="op03", on_hold=True)
        await expect(page.locator("#drawer")).to_contain_text("見本 管理さんと通話中")
        assert await overlooked(page) == []
        (kept,) = rig.do("SELECT by, content ->> 'note' AS note FROM desk_draft WHERE call_id = %(id)s", id=attempt)
        assert kept == {"by": "hanako", "note": "分納の相談。上司と話したいとのこと。"}


async def test_who_is_asked_to_take_a_talk_sees_its_case_and_the_note_and_may_decline(
    rig: DeskRig, browser: Browser
) -> None:
    async with at_desk(rig, browser) as page:
        await rig.rig.person("kanri", ["supervisor"], name="見本 管理")
        rig.sit("kanri", "op02")
        attempt = rig.talk(rig.person("見本 次郎", "ミホン ジロウ"), "op02")
        rig.do(
            "INSERT INTO desk_draft (city, call_id, by, content, at)"
            " VALUES ('nagaoka', %(id)s, 'kanri', '{\"note\": \"分納の相談\", \"identity_confirmed\": true}', now())",
            id=attempt,
        )
        rig.do(
            "INSERT INTO call_event (city, call_id, at, kind, detail) VALUES ('nagaoka', %(id)s, now(), 'pass_ordered',"
            ' \'{"seat": "op01", "by": "kanri", "to": "hanako", "attended": true}\')',
            id=attempt,
        )
        rig.reserve(attempt)
        await expect(page.get_by_role("region", name="引継ぎ")).to_contain_text(
            "見本 管理さんが通話を引き継ごうとしています。"
        )
        await expect(page.get_by_role("region", name="引継ぎ")).to_contain_text("引継ぎメモ：分納の相談")
        await expect(page.get_by_role("heading", name="見本 次郎")).to_be_visible()
        await state_is(page, "転送を受けます")
        assert await overlooked(page) == []
        await page.get_by_role("button", name="転送を断る").press("Enter")
        await until(lambda: rig.kinds() == ["hang_up"])
        rig.join(attempt)
        await expect(page.get_by_role("region", name="引継ぎ")).to_contain_text("見本 管理さんから引き継いだ通話です。")
        await expect(page.locator("#gate")).to_be_visible()
        await confirm(page)
        assert await overlooked(page) == []


async def test_a_closed_department_is_grey_and_why_a_transfer_failed_is_told(
    database_url: str, tmp_path: Path, browser: Browser
) -> None:
    book = weekdays()
    closed = Department("evening", "夜間窓口", PhoneNumber("0258009502"), hours=Hours(time(17), time(20)))
    city = replace(book.city, departments=(closed, *book.city.departments))
    async with (
        leading_store(database_url) as store,
        desk_rig(store, database_url, tmp_path, book=replace(book, city=city)) as rig,
        at_desk(rig, browser) as page,
    ):
        attempt = await joined(rig, page)
        await page.keyboard.press("t")
        await expect(page.get_by_label("転送先")).to_have_value("collection")
        await expect(page.get_by_role("option", name="夜間窓口（受付時間外・17:00～20:00）")).to_be_disabled()
        await expect(page.locator("#drawer")).to_contain_text("次は11月25日（水）17:00に開きます。")
        failed = '{"number": 1, "why": "転送先は話し中でした"}'
        rig.do(
            "INSERT INTO call_event (city, call_id, at, kind, detail)"
            " VALUES ('nagaoka', %(id)s, now(), 'transfer_failed', %(failed)s)",
            id=attempt,
            failed=failed,
        )
        rig.desk(muted=True)
        await expect(page.get_by_role("status").first).to_have_text("転送できませんでした。転送先は話し中でした。")
        await expect(page.locator("#told")).to_be_visible()
        assert await overlooked(page) == []


async def test_who_does_not_let_the_page_hear_him_is_told_how_to(rig: DeskRig, browser: Browser) -> None:
    async with at_desk(rig, browser, seated=False) as page:
        await page.add_init_script(
            "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))"
        )
        await page.reload()
        rig.sit("hanako", seat="browser")
        await expect(page.locator("#alert")).to_contain_text("マイクの使用が許可されていません")
        await expect(page.locator("#phone-health")).to_contain_text("使えません")
        await expect(page.get_by_role("button", name="電話をつなぐ")).to_be_visible()
        assert await overlooked(page) == []
