"""The pages in a real Chromium: judged by axe, worked by keyboard, attacked with names."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.web_browser import chromium, sign_in, terminal, violations
from tests.web_rig import PASSWORD, Rig, web_rig

pytestmark = pytest.mark.asyncio(loop_scope="module")

NASTY = """<script>document.title='owned'</script>"><img src=x onerror="document.title='owned'">'{{7*7}}"""
TYPED = "まだ送っていない文字"


@pytest_asyncio.fixture(loop_scope="module")
async def rig(database_url: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with web_rig(database_url, tmp_path) as opened:
        await opened.person("hanako", ["auditor"])
        await opened.person("taro", ["auditor"], must_change=True)
        await opened.person("nasty", ["auditor"], name=NASTY)
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, rig: Rig) -> AsyncIterator[Page]:
    async with terminal(browser, rig.origin) as opened:
        yield opened


async def refused_at_the_door(page: Page) -> None:
    await page.goto("/sign-in")
    await page.get_by_label("ログインID").fill("hanako")
    await page.get_by_label("パスワード").fill("wrong")
    await page.get_by_role("button", name="サインイン").click()
    await expect(page.get_by_role("alert")).to_be_visible()


async def refused_a_new_password(page: Page) -> None:
    await sign_in(page, "hanako", PASSWORD)
    await page.goto("/password")
    await page.get_by_label("現在のパスワード").fill(PASSWORD)
    await page.get_by_label("新しいパスワード", exact=True).fill("a")
    await page.get_by_label("新しいパスワード（確認）").fill("b")
    await page.get_by_role("button", name="変更", exact=True).click()
    await expect(page.get_by_role("alert")).to_be_visible()


async def locked(page: Page) -> None:
    await sign_in(page, "hanako", PASSWORD)
    await page.get_by_role("button", name="画面をロック").click()
    await page.wait_for_url("**/unlock*")


async def locked_over_the_page(page: Page) -> None:
    await sign_in(page, "hanako", PASSWORD)
    await lock_over(page)


async def lock_over(page: Page) -> None:
    """As when the idle time is over: the page learns it at its next question."""
    await page.evaluate("async () => { const api = await import('/static/api.js'); await api.send('/lock'); }")
    await page.evaluate("() => { import('/static/api.js').then((api) => api.send('/active')); }")
    await expect(page.get_by_role("dialog")).to_be_visible()


async def home(page: Page) -> None:
    await sign_in(page, "hanako", PASSWORD)


async def must_change(page: Page) -> None:
    await sign_in(page, "taro", PASSWORD)


async def not_found(page: Page) -> None:
    await page.goto("/nothing")


@pytest.mark.parametrize(
    "there",
    [refused_at_the_door, refused_a_new_password, locked, locked_over_the_page, home, must_change, not_found],
    ids=lambda there: there.__name__,
)
async def test_no_page_breaks_a_rule_of_axe_and_none_has_to_be_scrolled(page: Page, there) -> None:  # type: ignore[no-untyped-def]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await there(page)
    assert await violations(page) == []
    assert await page.evaluate("() => document.documentElement.scrollHeight <= innerHeight")
    assert {url.split("/")[2] for url in asked} == {page.url.split("/")[2]}
    await page.set_viewport_size({"width": 320, "height": 480})
    assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert await violations(page) == []


async def test_one_signs_in_locks_and_leaves_by_keyboard(page: Page) -> None:
    await page.goto("/sign-in")
    await expect(page.get_by_label("ログインID")).to_be_focused()
    await page.keyboard.type("hanako")
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="見本 花子さん")).to_be_visible()
    names = []
    for _ in range(4):
        await page.keyboard.press("Tab")
        names.append(await page.evaluate("() => document.activeElement.textContent"))
    assert names == ["本文へ移動", "画面の一覧", "画面をロック", "サインアウト"]
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/sign-in")


async def test_what_is_typed_survives_the_lock(page: Page) -> None:
    await sign_in(page, "hanako", PASSWORD)
    await page.goto("/password")
    field = page.get_by_label("新しいパスワード", exact=True)
    await field.fill(TYPED)
    await lock_over(page)
    await page.keyboard.press("Escape")
    dialog = page.get_by_role("dialog", name="画面がロックされています")
    await expect(dialog).to_be_visible()
    await page.keyboard.type("wrong")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("alert")).to_contain_text("パスワードが違います")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0)
    assert await field.input_value() == TYPED


async def test_what_is_typed_survives_the_end_of_the_session(rig: Rig, page: Page) -> None:
    await sign_in(page, "hanako", PASSWORD)
    await page.goto("/password")
    field = page.get_by_label("新しいパスワード", exact=True)
    await field.fill(TYPED)
    await rig.parts.staff.end_sessions("hanako", "boss", "", rig.clock.now())
    asked = "() => { window.answer = import('/static/api.js').then((api) => api.send('/lock')); }"
    await page.evaluate(asked)
    dialog = page.get_by_role("dialog", name="もう一度サインインしてください")
    await dialog.get_by_label("パスワード").fill(PASSWORD)
    await dialog.get_by_role("button", name="サインイン", exact=True).click()
    await expect(dialog).to_have_count(0)
    assert await page.evaluate("() => window.answer") == {}  # asked again, with the new token
    assert await field.input_value() == TYPED


async def test_a_session_that_ends_while_it_is_locked_is_opened_by_signing_in(rig: Rig, page: Page) -> None:
    await locked_over_the_page(page)
    await rig.parts.staff.end_sessions("hanako", "boss", "", rig.clock.now())
    dialog = page.get_by_role("dialog")
    for heading in ("画面がロックされています", "もう一度サインインしてください"):
        await expect(dialog.get_by_role("heading", name=heading)).to_be_visible()
        await dialog.get_by_label("パスワード").fill(PASSWORD)
        await page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0)


async def test_a_page_that_nobody_touches_covers_itself(rig: Rig, page: Page) -> None:
    await page.clock.install()
    async with page.expect_response("**/visit"):
        await sign_in(page, "hanako", PASSWORD)
    rig.clock.pass_time(minutes=15)
    await page.clock.fast_forward("15:01")
    await expect(page.get_by_role("dialog", name="画面がロックされています")).to_be_visible()
    assert await page.evaluate("() => getComputedStyle(document.querySelector('dialog'), '::backdrop').backgroundColor")


async def test_of_two_tabs_the_one_in_use_keeps_the_other_open(rig: Rig, page: Page) -> None:
    await page.clock.install()
    async with page.expect_response("**/visit"):
        await sign_in(page, "hanako", PASSWORD)
    rig.clock.pass_time(minutes=10)
    other = await page.context.new_page()
    await other.goto("/password")
    rig.clock.pass_time(minutes=5)
    async with page.expect_response("**/visit") as looked:
        await page.clock.fast_forward("15:01")
    assert (await (await looked.value).json())["idle_seconds_left"] == 600
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_a_name_is_never_a_script(page: Page) -> None:
    await sign_in(page, "nasty", PASSWORD)
    for path in ("/", "/password"):
        await page.goto(path)
        await expect(page.locator(".who")).to_have_text(NASTY)
    await page.get_by_role("button", name="画面をロック").click()
    await expect(page.get_by_text(f"続けるには、{NASTY}さんの")).to_be_visible()
    assert await page.title() == "画面のロック | 呼びかけ"
    assert await page.locator("img").count() == 0


async def test_what_is_typed_or_linked_is_never_a_script(page: Page) -> None:
    await page.goto(f"/sign-in?next=/%22%3E{NASTY}")
    await page.get_by_label("ログインID").fill(NASTY)
    await page.get_by_label("パスワード").fill("wrong")
    await page.get_by_role("button", name="サインイン").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    assert await page.get_by_label("ログインID").input_value() == NASTY[:64]
    assert await page.title() == "サインイン | 呼びかけ"
    assert await page.locator("img").count() == 0


async def test_the_browser_itself_refuses_what_the_policy_forbids(rig: Rig, browser: Browser) -> None:
    page = await (await browser.new_context(base_url=rig.origin, ignore_https_errors=True)).new_page()
    await page.goto("/sign-in")
    with pytest.raises(Exception, match="TrustedHTML"):
        await page.evaluate("() => { document.body.innerHTML = '<p>text</p>'; }")
    with pytest.raises(Exception, match="TrustedScript"):
        await page.evaluate("() => { document.createElement('script').textContent = 'alert(1)'; }")
    assert await page.evaluate("() => document.featurePolicy.allowsFeature('microphone')")
    assert not await page.evaluate("() => document.featurePolicy.allowsFeature('camera')")
