"""The floor of a supervisor whose right is limited to a group, in a real Chromium, and what happens when it changes."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from dialer.core.stages import Stage
from tests.adapters.store_rows import put_case, put_person
from tests.desk_rig import DeskRig
from tests.floor_rig import PACE, call, floor, opened, operator, tell
from tests.web_browser import sign_in, terminal, violations
from tests.web_rig import PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="module")

TELLS_SECONDS = 0.2
DEBT = (
    "INSERT INTO debt_kind (city, key, name, department, caller_id)"
    " SELECT city, 'insurance', '国民健康保険料', department, '0258009002' FROM debt_kind"
)
WAITS = "担当者の空きを待っています"


@asynccontextmanager
async def told(rig: DeskRig, content: Mapping[str, Any]) -> AsyncIterator[None]:
    """Again and again, as an engine does."""

    async def go_on() -> None:
        while True:
            await tell(rig, content)
            await asyncio.sleep(TELLS_SECONDS)

    telling = asyncio.create_task(go_on())
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


async def busy(rig: DeskRig) -> Mapping[str, Any]:
    """Taro talks about tax, Hanako about insurance, Jiro takes both."""
    rig.do(DEBT)
    rig.more_seats("op03", "op04")
    calls = {}
    for place, (login, group, debt) in enumerate(
        (("taro", "tax", "city_tax"), ("hanako", "insurance", "insurance"), ("jiro", None, "insurance")), 1
    ):
        await rig.rig.person(login, ["operator"], name=f"見本 {('太郎', '花子', '次郎')[place - 1]}")
        rig.sit(login, f"op0{place}")
        rig.desk(f"op0{place}", group_key=group)
        case = put_case(rig.url, put_person(rig.url, f"025800100{place}"), debt=debt)
        calls[login] = rig.talk(case, f"op0{place}")
    seats = [
        operator(rig, "op01", "talking", account="taro", group="tax", call=calls["taro"], help=True),
        operator(rig, "op02", "talking", account="hanako", group="insurance", call=calls["hanako"]),
        operator(rig, "op03", "talking", account="jiro", group=None, call=calls["jiro"]),
        operator(rig, "op04", "offline", group=None),
    ]
    alone = {"persons": 10, "left_alone": 1, "spent": False}
    return floor(
        rig,
        operators=seats,
        calls=[
            call(rig, calls[login], Stage.TALKING, group=group, operator=phone)
            for login, group, phone in (
                *(("taro", "tax", "op01"), ("hanako", "insurance", "op02")),
                ("jiro", "insurance", "op03"),
            )
        ],
        teams=[
            {"group": key, "name": name, "operators": 1, "free": 0, "calls": 1, "waiting": 0, "why": WAITS}
            for key, name in (("tax", "市税"), ("insurance", "国民健康保険料"))
        ],
        modes={"city_tax": "predictive", "insurance": "predictive"},
        open=["city_tax", "insurance"],
        pace={**PACE, "persons": 20, "left_alone": 2, "by_debt": {"city_tax": alone, "insurance": alone}},
    )


async def test_the_floor_of_a_group_shows_and_stops_nothing_else(grouped: DeskRig, browser: Browser) -> None:
    rig = grouped
    content = await busy(rig)
    await rig.rig.person("reiko", [], name="見本 礼子")
    await rig.rig.grant("reiko", "supervisor", groups=["tax"])
    async with terminal(browser, rig.rig.origin) as page, told(rig, content):
        await opened(page)
        rows = page.locator("#operators tr")
        await expect(rows.filter(has_text="op")).to_have_count(3)
        await expect(rows.filter(has_text="op01")).to_contain_text("市税")
        await expect(rows.filter(has_text="op03")).to_contain_text("全科目")
        await expect(page.locator("#operators")).not_to_contain_text("花子")
        await expect(page.locator("#calls tr")).to_have_count(1)
        await expect(page.locator("#limited")).to_contain_text("担当グループ「市税」だけを表示しています。")
        await expect(page.locator("#why")).to_have_text("市税：担当者の空きを待っています")
        await expect(page.locator("#abandoned")).to_have_text("1人 / 10人 10.0%")
        await expect(page.locator("#debts li")).to_have_count(1)
        await expect(page.get_by_role("button", name="op03")).to_have_count(0)
        for name in ("壁面表示", "お知らせ音声", "担当グループ", "放棄率の目標：1.0%"):
            await expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
        for name in ("本日の推移", "オペレーター画面"):
            await expect(page.get_by_role("link", name=name)).to_have_count(0)
        assert await violations(page) == []
        await page.get_by_role("button", name="すべて休止").press("Enter")
        await page.get_by_role("textbox", name="理由（必須）").fill("市の指示")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.get_by_role("button", name="連絡", exact=True).press("Enter")
        dialog = page.get_by_role("dialog", name="オペレーターへの連絡")
        await expect(dialog.get_by_label("宛先").locator("option")).to_have_text(
            ["着席している全員（1人）", "op01 見本 太郎"]
        )
        await page.keyboard.press("Escape")
    assert rig.do("SELECT debt, mode, by FROM mode_choice") == [{"debt": "city_tax", "mode": "paused", "by": "reiko"}]


async def test_two_open_tabs_show_what_the_right_reaches_as_soon_as_it_changes(
    grouped: DeskRig, browser: Browser
) -> None:
    rig = grouped
    content = await busy(rig)
    await rig.rig.person("reiko", [], name="見本 礼子")
    await rig.rig.grant("reiko", "supervisor", groups=["tax"])
    async with terminal(browser, rig.rig.origin) as first, told(rig, content):
        await opened(first)
        second = await first.context.new_page()
        await second.goto("/floor")
        tabs = (first, second)
        for tab in tabs:
            await expect(tab.locator("#calls tr")).to_have_count(1)
        await rig.rig.grant("reiko", "supervisor", groups=["insurance"])
        for tab in tabs:
            await expect(tab.locator("#limited")).to_contain_text("国民健康保険料")
            await expect(tab.locator("#calls tr")).to_have_count(2)
            await expect(tab.locator("#operators")).not_to_contain_text("太郎")
        await rig.rig.grant("reiko", "supervisor")
        for tab in tabs:
            await expect(tab.locator("#calls tr")).to_have_count(3)
            await expect(tab.get_by_role("button", name="壁面表示")).to_be_visible()
        await rig.rig.grant("reiko", "supervisor", granted=False)
        for tab in tabs:
            await expect(tab.get_by_role("heading", name="権限がありません")).to_be_visible()
            await expect(tab.locator("#operators")).to_have_count(0)


async def test_an_administrator_limits_a_role_by_keyboard(grouped: DeskRig, browser: Browser) -> None:
    rig = grouped
    await rig.rig.person("reiko", ["administrator"], name="見本 礼子")
    await rig.rig.person("hanako", [], name="見本 花子")
    async with terminal(browser, rig.rig.origin) as page:
        await sign_in(page, "reiko", PASSWORD)
        await page.goto("/accounts/hanako")
        await page.get_by_label("役割", exact=True).select_option("supervisor")
        await page.get_by_role("group", name="担当グループを限る（任意）").get_by_label("市税").press("Space")
        await page.get_by_label("付与の理由").fill("市税の担当")
        await page.keyboard.press("Enter")
        await expect(page.locator(".sheet-role")).to_contain_text("（担当グループは市税のみ）")
        assert await violations(page) == []
