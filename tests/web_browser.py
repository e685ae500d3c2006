"""A real Chromium that looks at our pages, and axe to judge them."""

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright

VIEW = ViewportSize(width=1366, height=768)  # what terminals of town halls have
FLAGS = (
    "--no-sandbox",  # root
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)
SETTLED = "Promise.allSettled(document.getAnimations().map((moving) => moving.finished))"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@asynccontextmanager
async def chromium(*more_flags: str) -> AsyncIterator[Browser]:
    """`more_flags`: such as --use-file-for-fake-audio-capture=FILE.wav."""
    program = shutil.which("chromium")
    assert program is not None, "Chromium is missing: apt-get install chromium"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=[*FLAGS, *more_flags])
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def terminal(browser: Browser, origin: str) -> AsyncIterator[Page]:
    """A page of a terminal of its own: no cookies yet, and nothing a page complains about goes unseen."""
    context: BrowserContext = await browser.new_context(
        base_url=origin,
        viewport=VIEW,
        ignore_https_errors=True,
        locale="ja-JP",
        timezone_id="Asia/Tokyo",
    )
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if _is_our_fault(line.type, line.text) else None)
    try:
        yield page
        assert complaints == [], complaints
    finally:
        await context.close()


def _is_our_fault(kind: str, text: str) -> bool:
    """Answers such as 401 are told as errors too; they are the server's to answer for."""
    return kind == "error" and not text.startswith("Failed to load resource")


async def sign_in(page: Page, login: str, password: str) -> None:
    await page.goto("/sign-in")
    await page.get_by_label("ログインID").fill(login)
    await page.get_by_label("パスワード").fill(password)
    await page.get_by_role("button", name="サインイン").click()
    await page.wait_for_url(lambda url: "/sign-in" not in url)


async def violations(page: Page, rules: dict[str, Any] | None = None) -> Sequence[str]:
    """What axe finds wrong, as lines that can be read: rule and element. Changing colours are waited for."""
    await page.evaluate(SETTLED)
    found = await Axe().run(page, options=rules or RULES)
    return [
        f"{wrong['id']}: {wrong['help']}: {node['html'][:120]}"
        for wrong in found.response["violations"]
        for node in wrong["nodes"]
    ]
