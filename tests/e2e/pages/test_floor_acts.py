"""What supervisors and the city's inspector do from the floor's page, in a real Chromium, and what is refused."""

import asyncio

import pytest
from playwright.async_api import Browser, expect

from dialer.web.attendance import Attendance
from dialer.web.desk_parts import DESK
from tests.desk_rig import DeskRig
from tests.floor_rig import floor, opened, operator, ringing, tell
from tests.waiting import until
from tests.web_browser import sign_in, terminal, violations
from tests.web_rig import PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_how_a_debt_kind_is_called_is_changed_with_a_reason_and_all_of_them_are_stopped(
    rig: DeskRig, browser: Browser
) -> None:
    await rig.rig.person("reiko", ["supervisor"], name="見本 礼子")
    rig.do(
        "INSERT INTO debt_kind (city, key, name, department, caller_id)"
        " VALUES ('nagaoka', 'city_tax', '市税', '収納課', '0258009001') ON CONFLICT DO NOTHING"
    )
    async with terminal(browser, rig.rig.origin) as page:
        await opened(page)
        await tell(rig, floor(rig))
        await page.get_by_role("button", name="市税：予測発信").click()
        dialog = page.get_by_role("dialog", name="市税の発信の方法")
        await expect(dialog.get_by_label("理由（必須）")).to_be_focused()
        await expect(dialog.get_by_label("予測発信")).to_be_checked()
        assert await violations(page) == []
        await dialog.get_by_label("プレビュー発信").check()
        await dialog.get_by_role("button", name="変更する").click()
        await expect(dialog.get_by_role("alert")).to_contain_text("理由を")
        await dialog.get_by_label("理由（必須）").fill("市との協議による")
        await page.keyboard.press("Enter")
        await expect(dialog).to_be_hidden()
        await page.get_by_role("button", name="すべて休止").click()
        stop = page.get_by_role("dialog", name="すべての科目を休止")
        await stop.get_by_label("理由（必須）").fill("回線の障害")
        await stop.get_by_role("button", name="休止する").click()
        await expect(stop).to_be_hidden()
        await page.get_by_role("button", name="放棄率の目標：1.0%").press("Enter")
        aim = page.get_by_role("dialog", name="放棄率の目標")
        await expect(aim.get_by_label("理由（必須）")).to_be_focused()
        assert await violations(page) == []
        await page.keyboard.type("苦情があったため")
        await page.keyboard.press("Enter")
        await expect(aim.get_by_role("alert")).to_have_text("目標を選んでください。")
        await aim.get_by_label("0.0%", exact=True).check()
        await page.keyboard.press("Enter")
        await expect(aim).to_be_hidden()
    assert rig.do("SELECT target, reason, by FROM pace_choice") == [
        {"target": 0.0, "reason": "苦情があったため", "by": "reiko"}
    ]
    assert rig.do("SELECT mode, reason, by FROM mode_choice ORDER BY id") == [
        {"mode": "preview", "reason": "市との協議による", "by": "reiko"},
        {"mode": "paused", "reason": "回線の障害", "by": "reiko"},
    ]
    assert rig.do("SELECT function, what, ids, detail FROM operation ORDER BY id") == [
        {"function": f"mode_{new}", "what": "debt", "ids": ["city_tax"], "detail": {"old": old, "new": new}}
        for old, new in (("progressive", "preview"), ("preview", "paused"))
    ] + [{"function": "target", "what": "pace", "ids": ["0.0"], "detail": None}]


async def test_a_change_that_says_nothing_changes_nothing(rig: DeskRig) -> None:
    page = await rig.operator("reiko", ("supervisor",))
    right: dict[str, object] = {"debts": ["city_tax"], "mode": "paused", "reason": "試験"}
    wrongs: list[dict[str, object]] = [
        {"debts": []},
        {"debts": ["gold"]},
        {"debts": "city_tax"},
        {"mode": "fast"},
        {"mode": None},
        {"reason": " "},
    ]
    for wrong in wrongs:
        assert (await page.ask("POST", "/floor/modes", json=right | wrong)).status == 422
    for target in (0.031, -0.01, True, "1"):
        assert (await page.ask("POST", "/floor/target", json={"target": target, "reason": "試験"})).status == 422
    assert (await page.ask("POST", "/floor/target", json={"target": 0, "reason": " "})).status == 422
    other = await rig.operator("hanako")
    assert (await other.ask("POST", "/floor/modes", json=right)).status == 403
    assert (await other.ask("POST", "/floor/target", json={"target": 0, "reason": "試験"})).status == 403
    assert rig.do("SELECT count(*) AS found FROM pace_choice") == [{"found": 0}]
    assert rig.do("SELECT count(*) AS found FROM mode_choice") == [{"found": 0}]


async def test_a_supervisor_who_pauses_at_a_seat_listens_whispers_and_ends_it(rig: DeskRig, browser: Browser) -> None:
    await rig.rig.person("reiko", ["supervisor"], name="見本 礼子")
    await rig.rig.person("hanako", ["operator"], name="見本 花子")
    rig.sit("reiko", "op01")
    rig.sit("hanako", "op02")
    attempt = ringing(rig, 1)
    rig.join(attempt, "op02")
    talks = operator(rig, "op02", "talking", account="hanako", call=attempt)
    pauses = operator(rig, "op01", "paused", account="reiko")
    async with terminal(browser, rig.rig.origin) as page:
        await opened(page)
        await tell(rig, floor(rig, operators=[pauses, talks]))
        await page.get_by_role("button", name="op02 見本 花子 の通話を聴く").click()
        await until(lambda: rig.orders[-1:] == [("op01", "listen", {"to": "op02", "how": "listen"})])
        await tell(rig, floor(rig, operators=[{**pauses, "listens_to": "op02", "listens_how": "listen"}, talks]))
        bar = page.get_by_role("region", name="聴取")
        await expect(bar).to_contain_text("op02 見本 花子 の通話を聴取しています。")
        await expect(bar.get_by_role("button", name="聴くだけ")).to_have_attribute("aria-pressed", "true")
        assert await violations(page) == []
        await bar.get_by_role("button", name="担当者にだけ話す").click()
        await until(lambda: rig.orders[-1] == ("op01", "listen", {"to": "op02", "how": "whisper"}))
        await bar.get_by_role("button", name="聴取を終える").click()
        await until(lambda: rig.orders[-1] == ("op01", "stop_listening", {}))
        await tell(rig, floor(rig, operators=[pauses, talks]))
        await expect(bar).to_be_hidden()
    assert rig.do("SELECT function, what, ids, by FROM operation ORDER BY id") == [
        {"function": how, "what": "call", "ids": [attempt], "by": "reiko"} for how in ("listen", "whisper")
    ]


async def test_without_a_seat_or_a_right_nobody_listens(rig: DeskRig) -> None:
    page, other = await rig.operator("reiko", ("supervisor",)), await rig.operator("hanako")
    asked = {"to": "op02", "how": "listen"}
    assert (await page.ask("POST", "/floor/listen", json=asked)).status == 409
    rig.sit("reiko", "op01")
    await until(lambda: rig.rig.app[DESK].live.desk_of("reiko") is not None)
    assert (await page.ask("POST", "/floor/listen", json=asked | {"how": "shout"})).status == 422
    assert (await other.ask("POST", "/floor/listen", json=asked)).status == 403
    assert rig.orders == []


async def test_a_supervisor_gives_a_break_and_ends_a_talk_by_keyboard(rig: DeskRig, browser: Browser) -> None:
    await rig.rig.person("reiko", ["supervisor"], name="見本 礼子")
    await rig.rig.person("hanako", ["operator"], name="見本 花子")
    rig.sit("hanako", "op02")
    attempt = ringing(rig, 1)
    rig.join(attempt, "op02")
    talks = operator(rig, "op02", "talking", account="hanako", call=attempt, help=True)
    async with terminal(browser, rig.rig.origin) as page:
        await opened(page)
        await tell(rig, floor(rig, operators=[talks]))
        acts = page.get_by_role("button", name="op02 見本 花子 の操作")
        dialog = page.get_by_role("dialog", name="op02 見本 花子")
        await acts.press("Enter")
        await expect(dialog.get_by_label("呼び出しに応じる")).to_be_checked()
        assert await violations(page) == []
        await dialog.get_by_label("休止にする").press("Space")
        await dialog.get_by_label("休止の理由").select_option("食事")
        await dialog.get_by_role("button", name="実行する").press("Enter")
        await expect(dialog).to_be_hidden()
        await acts.press("Enter")
        await dialog.get_by_label("通話を切る").check()
        await expect(dialog).to_contain_text("担当者は結果を登録します。")
        await dialog.get_by_role("button", name="実行する").press("Enter")
        await expect(dialog).to_be_hidden()
    assert rig.orders == [
        ("op02", "give_break", {"account": "hanako", "reason": "meal"}),
        ("op02", "end_talk", {"attempt": attempt}),
    ]
    assert rig.do("SELECT function, what, ids FROM operation ORDER BY id") == [
        {"function": "give_break", "what": "account", "ids": ["hanako"]},
        {"function": "end_talk", "what": "call", "ids": [attempt]},
    ]


async def test_whose_seat_is_freed_is_signed_out_as_soon_as_nobody_talks(rig: DeskRig) -> None:
    boss, hanako = await rig.operator("reiko", ("supervisor",)), await rig.operator("hanako")
    rig.sit("hanako", "op02")
    await until(lambda: rig.rig.app[DESK].live.desk_of("hanako") is not None)
    asked = {"phone": "op02", "kind": "free_seat", "detail": {"account": "hanako"}}
    assert (await (await boss.ask("POST", "/floor/seats", json=asked)).json())["ok"]
    attendance = Attendance(rig.rig.app[DESK], rig.rig.parts)
    await attendance.look(0.0)
    assert (await hanako.get("/visit")).status == 200, "may still be in a talk"
    rig.do("UPDATE operator SET state = 'offline', account = NULL, seat = NULL WHERE phone = 'op02'")
    await until(lambda: rig.rig.app[DESK].live.desk_of("hanako") is None)
    await attendance.look(1.0)
    assert (await hanako.get("/visit", headers={"Accept": "application/json"})).status == 401


async def test_what_operators_are_let_known_is_read_and_who_has_not_is_told(rig: DeskRig, browser: Browser) -> None:
    await rig.rig.person("reiko", ["supervisor"], name="見本 礼子")
    await rig.rig.person("hanako", ["operator"], name="見本 花子")
    await rig.rig.person("jiro", ["operator"], name="見本 次郎")
    rig.sit("hanako", "op02")
    rig.sit("jiro", "op01")
    seats = [operator(rig, "op02", "free", account="hanako"), operator(rig, "op01", "free", account="jiro")]
    async with terminal(browser, rig.rig.origin) as page, terminal(browser, rig.rig.origin) as desk:
        await opened(page)
        await sign_in(desk, "hanako", PASSWORD)
        await tell(rig, floor(rig, operators=seats))
        await expect(page.locator("#operators tr")).to_have_count(2)
        await page.get_by_role("button", name="連絡", exact=True).click()
        dialog = page.get_by_role("dialog", name="オペレーターへの連絡")
        await expect(dialog.get_by_label("宛先")).to_have_text("着席している全員（2人）op01 見本 次郎op02 見本 花子")
        await dialog.get_by_role("button", name="連絡する").click()
        await expect(dialog.get_by_role("alert")).to_contain_text("200文字以内")
        await dialog.get_by_label("内容").fill("15時から打合せです。")
        assert await violations(page) == []
        await dialog.get_by_role("button", name="連絡する").click()
        await expect(dialog).to_be_hidden()
        told = desk.get_by_role("region", name="連絡")
        await expect(told).to_contain_text("連絡（見本 礼子、")
        await expect(told).to_contain_text("15時から打合せです。")
        await expect(desk.locator("#status")).to_have_text("管理者からの連絡です。15時から打合せです。")
        assert await violations(desk) == []
        await told.get_by_role("button", name="確認しました").click()
        await expect(told).to_be_hidden()
        await page.get_by_role("button", name="連絡", exact=True).click()
        await expect(dialog.get_by_role("list")).to_contain_text("1 / 2人が確認（未確認：見本 次郎）")


async def test_the_citys_inspector_watches_and_listens_and_changes_nothing(rig: DeskRig, browser: Browser) -> None:
    await rig.rig.person("kanshi", ["client_viewer"], name="見本 視子")
    await rig.rig.person("hanako", ["operator"], name="見本 花子")
    rig.sit("hanako", "op02")
    talks = operator(rig, "op02", "talking", account="hanako")
    async with terminal(browser, rig.rig.origin) as page:
        await sign_in(page, "kanshi", PASSWORD)
        await expect(page.locator("#health")).to_have_text("接続済み")
        await tell(rig, floor(rig, operators=[talks]))
        await expect(page.locator("#debts")).to_contain_text("市税：予測発信")
        for name in ("すべて休止", "連絡", "操作", "市税"):
            await expect(page.get_by_role("button", name=name)).to_have_count(0)
        await page.get_by_role("button", name="聴取用の席：なし").click()
        dialog = page.get_by_role("dialog", name="聴取用の席")
        assert await violations(page) == []
        await dialog.get_by_label("席", exact=True).select_option("op01")
        await dialog.get_by_label("席の電話機").check()
        await dialog.get_by_role("button", name="着席する").click()
        await expect(dialog).to_be_hidden()
        await until(lambda: rig.orders == [("op01", "take_seat", {"seat": "phone"})])
        rig.sit("kanshi", "op01")
        seat = operator(rig, "op01", "paused", account="kanshi", pause="signed_in")
        await tell(rig, floor(rig, operators=[seat, talks]))
        await expect(page.get_by_role("button", name="聴取用の席：op01（音声 接続済み）")).to_be_visible()
        await page.get_by_role("button", name="op02 見本 花子 の通話を聴く").click()
        await until(lambda: rig.orders[-1:] == [("op01", "listen", {"to": "op02", "how": "listen"})])
        listens = {**seat, "listens_to": "op02", "listens_how": "listen"}
        await tell(rig, floor(rig, operators=[listens, talks]))
        bar = page.get_by_role("region", name="聴取", exact=True)
        await expect(bar.get_by_role("button")).to_have_text(["聴くだけ", "聴取を終える"])
        assert await violations(page) == []


async def test_the_inspector_is_refused_whatever_would_change_something(rig: DeskRig) -> None:
    page = await rig.operator("kanshi", ("client_viewer",))
    rig.sit("kanshi", "op01")
    await until(lambda: rig.rig.app[DESK].live.desk_of("kanshi") is not None)
    refused: list[tuple[str, dict[str, object]]] = [
        ("/floor/modes", {"debts": ["city_tax"], "mode": "paused", "reason": "試験"}),
        ("/floor/seats", {"phone": "op02", "kind": "free_seat", "detail": {"account": "hanako"}}),
        ("/floor/notices", {"text": "連絡"}),
        ("/floor/listen", {"to": "op02", "how": "whisper"}),
        ("/floor/listen", {"to": "op02", "how": "join"}),
        ("/desk/orders", {"kind": "ready"}),
    ]
    for path, asked in refused:
        assert (await page.ask("POST", path, json=asked)).status == 403, path
    assert rig.orders == []
    assert (await page.ask("POST", "/floor/listen", json={"to": "op02", "how": "listen"})).status == 200


async def test_a_result_that_is_missing_is_given_to_somebody_else(rig: DeskRig, browser: Browser) -> None:
    await rig.rig.person("reiko", ["supervisor"], name="見本 礼子")
    await rig.rig.person("jiro", ["operator"], name="見本 次郎")
    left = await rig.operator("hanako")
    rig.sit("hanako", "op02")
    rig.sit("jiro", "op01")
    attempt = rig.talk(rig.person(), "op02")
    rig.hang_up(attempt, "op02")
    seats = [operator(rig, "op02", "wrap_up", account="hanako"), operator(rig, "op01", "paused", account="jiro")]
    async with terminal(browser, rig.rig.origin) as page, terminal(browser, rig.rig.origin) as desk:
        await opened(page)
        await tell(rig, floor(rig, operators=seats))
        await expect(page.locator("#operators tr")).to_have_count(2)
        await page.get_by_role("button", name="結果未入力").press("Enter")
        dialog = page.get_by_role("dialog", name="結果が未入力の通話")
        await dialog.get_by_label("見本 花子").check()
        await dialog.get_by_label("登録する人").select_option("op01 見本 次郎")
        await dialog.get_by_label("理由（必須）").fill("早退のため")
        assert await violations(page) == []
        await dialog.get_by_role("button", name="引き継ぐ").click()
        await expect(dialog).to_be_hidden()
        assert rig.orders[-1] == ("op02", "relieve", {"attempt": attempt})
        assert (await (await left.get("/desk/snapshot")).json())["unfinished"] == []
        assert (await left.get(f"/desk/talks/{attempt}")).status == 404
        await sign_in(desk, "jiro", PASSWORD)
        await desk.get_by_role("button", name="未入力 1件").click()
        await page.get_by_role("button", name="結果未入力").press("Enter")
        await expect(dialog.get_by_label("見本 次郎")).to_be_visible()
    assert rig.do("SELECT account, reason, by FROM result_duty") == [
        {"account": "jiro", "reason": "早退のため", "by": "reiko"}
    ]
    boss = await rig.operator("masako", ("supervisor",))
    gone: dict[str, object] = {"call": "0" * 36, "to": "jiro", "reason": "早退のため"}
    assert (await boss.ask("POST", "/floor/results", json=gone)).status == 409
    assert (await boss.ask("POST", "/floor/results", json=gone | {"to": "nobody"})).status == 422


async def test_the_citys_message_is_heard_set_and_withdrawn(rig: DeskRig, browser: Browser) -> None:
    await rig.rig.person("reiko", ["supervisor"], name="見本 礼子")
    async with terminal(browser, rig.rig.origin) as page:
        await opened(page)
        await page.get_by_role("button", name="お知らせ音声").press("Enter")
        dialog = page.get_by_role("dialog", name="電話をかけてきた方へのお知らせ")
        await expect(dialog.get_by_role("list")).to_have_text("再生するお知らせはありません。")
        await dialog.get_by_label("新しいお知らせ").fill("12月3日は、お休みをいただきます。")
        await dialog.get_by_role("button", name="聞いて確かめる").click()
        await expect(dialog.locator("#special-seconds")).to_have_text("1.0秒")
        assert await violations(page) == []
        await dialog.get_by_label("根拠").fill("市の指示")
        await dialog.get_by_role("button", name="登録する").click()
        await expect(dialog.get_by_role("alert")).to_have_text("再生する期間の終わりを選んでください。")
        await dialog.get_by_label("終わる日").fill("2026-12-03")
        await dialog.get_by_role("button", name="登録する").click()
        await expect(dialog).to_be_hidden()
        assert [(one["text"], one["by"]) for one in rig.spoken.messages] == [
            ("12月3日は、お休みをいただきます。", "reiko")
        ]
        await page.get_by_role("button", name="お知らせ音声").press("Enter")
        await dialog.get_by_label("根拠").fill("取りやめ")
        await dialog.get_by_role("button", name="版1 を取り下げる").click()
        await expect(dialog.get_by_role("list")).to_have_text("再生するお知らせはありません。")
    assert [one["function"] for one in rig.do("SELECT function FROM operation ORDER BY id")] == [
        "set_message",
        "withdraw_message",
    ]


async def test_rights_that_are_taken_away_end_the_open_page_at_once(rig: DeskRig) -> None:
    page = await rig.operator("reiko", ("supervisor",))
    stream = await page.get("/floor/events", headers={"Accept": "text/event-stream"})
    assert stream.status == 200
    await rig.rig.grant("reiko", "supervisor", granted=False)
    async with asyncio.timeout(20):
        while await stream.content.readline():
            pass
    asked: dict[str, object] = {"phone": "op01", "kind": "free_seat", "detail": {"account": "hanako"}}
    assert (await page.ask("POST", "/floor/seats", json=asked)).status == 403
    assert rig.orders == []
