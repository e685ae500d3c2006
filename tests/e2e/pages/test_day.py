"""The page that looks back on a day, over invented days in the real Postgres."""

from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Browser, Page, expect

from tests.desk_rig import DeskRig
from tests.invented_days import Inventor
from tests.web_browser import sign_in, terminal, violations
from tests.web_rig import PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="module")

TODAY = date(2026, 11, 25)
ACCOUNTS = [f"worker{place:02}" for place in range(1, 6)]
PATHS = ("/floor/day", "/floor/day/figures", "/floor/day/hours", "/floor/day/targets", "/floor/day/calls")
PLACED = "outcome IS DISTINCT FROM 'not_placed' AND (claimed_at AT TIME ZONE 'Asia/Tokyo')::date = %(day)s"


def invent(rig: DeskRig) -> None:
    """Five days, the last until ten in the morning."""
    for place, login in enumerate(ACCOUNTS, 1):
        rig.do(
            "INSERT INTO account (login, name, suspended, created_at) VALUES (%(login)s, %(name)s, false, now())",
            login=login,
            name=f"担当 {place}号",
        )
    days = [TODAY - timedelta(days=back) for back in (6, 5, 2, 1, 0)]
    inventor = Inventor(7, ACCOUNTS, people=120, until=rig.rig.clock.now(), borders=False, small_days=1, closes=13)
    inventor.write(rig.url, days)


async def opened(page: Page) -> None:
    await sign_in(page, "reiko", PASSWORD)
    await page.goto("/floor/day")
    await expect(page.locator("#map td b").first).to_be_visible()


async def test_a_busy_day_is_drawn_and_told_in_tables_and_each_number_opens_its_calls(
    rig: DeskRig, browser: Browser
) -> None:
    await rig.rig.person("reiko", ["supervisor"], name="見本 礼子")
    invent(rig)
    async with terminal(browser, rig.rig.origin) as page:
        await opened(page)
        (stored,) = rig.do(f"SELECT count(*) AS n FROM attempt WHERE {PLACED}", day=TODAY)
        placed = page.locator("#head a").first
        await expect(placed).to_have_text(f"{stored['n']:,}件")
        for strip in ("calls", "rates", "waits", "work"):
            await expect(page.locator(f"#strip-{strip} canvas")).to_be_visible()
        assert await page.locator("#operators tr").count() == len(ACCOUNTS)
        await expect(page.locator("#targets")).to_contain_text("SMSの送信は、この画面ではまだ集計していません。")
        await expect(page.locator("#targets td[data-prospect]").first).not_to_have_text("－")
        await page.get_by_text("図の数値を表で見る").press("Enter")
        await expect(page.locator("#quarters tr").first).to_be_visible()
        assert await violations(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") == 1366

        one = page.locator("#quarters td a").first
        count, address = await one.text_content(), await one.get_attribute("href")
        assert set(parse_qs(urlsplit(address or "").query)) == {"day", "quarter", "figure"}
        await one.press("Enter")
        await page.wait_for_url("**/floor/day/calls?**")
        await expect(page.get_by_role("heading", level=2)).to_contain_text(f"発信：{count}件")
        rows = page.locator("tbody tr")
        assert await rows.count() == int(count or 0)
        await expect(rows.first).to_contain_text("****")
        assert "見本" not in (await page.locator("main").text_content() or ""), "no person is named"
        assert await violations(page) == []
        await page.go_back()
        await expect(placed).to_have_text(f"{stored['n']:,}件")
    (logged,) = rig.do("SELECT by, what, count, cardinality(ids) AS ids FROM operation WHERE function = 'day_calls'")
    assert logged == {"by": "reiko", "what": "call", "count": int(count or 0), "ids": int(count or 0)}


async def test_another_day_and_other_days_of_the_map_are_looked_at_by_keyboard(rig: DeskRig, browser: Browser) -> None:
    await rig.rig.person("reiko", ["supervisor"], name="見本 礼子")
    invent(rig)
    async with terminal(browser, rig.rig.origin) as page:
        await opened(page)
        before = TODAY - timedelta(days=1)
        chosen = page.get_by_label("日付")
        await chosen.evaluate("(day, before) => { day.max = day.value = before }", before.isoformat())
        await page.get_by_role("button", name="更新").press("Enter")  # it has been open since yesterday
        await expect(chosen).to_have_value(TODAY.isoformat())
        (stored,) = rig.do(f"SELECT count(*) AS n FROM attempt WHERE {PLACED}", day=before)
        await page.get_by_label("日付").fill(before.isoformat())
        await page.keyboard.press("Enter")
        await expect(page.locator("#head a").first).to_have_text(f"{stored['n']:,}件")
        await expect(page.locator("#status")).to_have_text("更新しました。")
        tuesday = page.locator("#map tr").nth(1).locator("b")
        assert await tuesday.count() > 0
        await page.get_by_label("期間").fill(TODAY.isoformat())  # a Wednesday
        await page.keyboard.press("Enter")
        await expect(tuesday).to_have_count(0)
        await page.get_by_label("期間").fill("2026-01-01")
        await page.keyboard.press("Enter")
        await expect(page.locator("#span-wrong")).to_have_text("期間は93日までにしてください。")
        await page.get_by_label("日付").fill("2026-11-22")  # a Sunday
        await page.keyboard.press("Enter")
        await expect(page.locator("#nothing")).to_be_visible()


async def test_a_supervisor_and_the_citys_inspectors_may_look_and_nobody_else(rig: DeskRig) -> None:
    for login, role in (("reiko", "supervisor"), ("kansa", "auditor"), ("shiyakusho", "client_viewer")):
        page = await rig.operator(login, (role,))
        for path in PATHS:
            assert (await page.get(path)).status == 200, (role, path)
    for login, role in (("hanako", "operator"), ("kanri", "administrator")):
        page = await rig.operator(login, (role,))
        for path in PATHS:
            assert (await page.get(path)).status == 403, (role, path)
    inspector = rig.rig.browser()
    assert (await inspector.sign_in("kansa")).status == 200
    assert 'href="/floor/day"' in await (await inspector.get("/")).text()
    for path in PATHS:
        assert (await inspector.ask("POST", path, json={})).status == 405, "it changes nothing"


async def test_an_address_that_leads_nowhere_is_told_in_a_sentence(rig: DeskRig) -> None:
    page = await rig.operator("reiko", ("supervisor",))
    for query in ("figure=gold", "day=9999-12-31", "quarter=09:01"):
        answer = await page.get(f"/floor/day/calls?{query}")
        assert answer.status == 422
        assert "表示できません" in await answer.text()
    assert (await page.get("/floor/day/figures?day=today")).status == 422
    assert (await page.get("/floor/day/hours?first=2025-01-01&last=2026-01-01")).status == 422
    assert rig.do("SELECT count(*) AS found FROM operation") == [{"found": 0}]
