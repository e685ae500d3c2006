"""The operator's page in a real Chromium, over TLS and the real Postgres. The engine's half is played by its rows."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from dialer.core.calendar.values import Hours
from dialer.core.city import Department
from dialer.core.values import AttemptId, PhoneNumber
from dialer.web.desk_parts import DESK
from tests.books import weekdays
from tests.desk_rig import AMOUNTS, DeskRig, desk_rig, wire_to
from tests.stores import leading_store
from tests.waiting import until
from tests.web_browser import chromium, sign_in, terminal, violations
from tests.web_rig import PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVIL = '"\'><img src=x onerror="window.evil=1"><script>window.evil=1</script>{{7*7}}${7*7}'
OUTSIDE = """() => [...document.querySelectorAll('.desk *')].filter((one) => {
    const box = one.getBoundingClientRect();
    const outside = box.right > innerWidth + 1 || box.bottom > innerHeight + 1;
    return box.width > 0 && outside && !one.closest('.desk-panel');
}).map((one) => one.outerHTML.slice(0, 80))"""
"""What sticks out of the screen. The three panels scroll, each for itself."""


@pytest_asyncio.fixture(loop_scope="module")
async def rig(database_url: str, tmp_path: Path) -> AsyncIterator[DeskRig]:
    async with leading_store(database_url) as store, desk_rig(store, database_url, tmp_path) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


@asynccontextmanager
async def at_desk(
    rig: DeskRig, browser: Browser, *, seated: bool = True, origin: str | None = None
) -> AsyncIterator[Page]:
    await rig.rig.person("hanako", ["operator"], name="見本 花子")
    async with terminal(browser, origin or rig.rig.origin) as page:
        await sign_in(page, "hanako", PASSWORD)
        await page.wait_for_url("**/desk")
        if seated:
            rig.sit("hanako")
            await state_is(page, "休止中")
        yield page


async def state_is(page: Page, name: str) -> None:
    await expect(page.locator("#state-name")).to_contain_text(name)


async def joined(rig: DeskRig, page: Page, **columns: str) -> AttemptId:
    attempt = rig.talk(rig.person(**columns))
    await expect(page.locator("#script-title")).to_be_focused()
    return attempt


async def confirm(page: Page) -> None:
    await page.locator("#identity-how").select_option("name_birthday")
    await page.locator("#identity-yes").click()
    await expect(page.locator("#total")).to_have_text("77,700円")


async def overlooked(page: Page) -> Sequence[str]:
    """What is wrong for eyes and for screen readers."""
    assert await page.evaluate("[document.documentElement.scrollHeight, document.documentElement.scrollWidth]") == [
        768,
        1366,
    ]
    outside: list[str] = await page.evaluate(OUTSIDE)
    return [*outside, *await violations(page)]


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
        await asleep.wait()
        await wire.cut()
        rig.hang_up(attempt)
        await wire.mend()
        live = rig.rig.app[DESK].live
        await until(lambda: not live.is_followed("hanako"))
        await lid.send("Debugger.resume")
        await state_is(page, "後処理中")
        await expect(page.get_by_label("備考")).to_have_value("眠る前に書いた")
        await page.get_by_role("button", name="登録", exact=True).click()
        await state_is(page, "待機中")
        assert rig.do("SELECT note FROM talk_record") == [{"note": "眠る前に書いた"}]


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
