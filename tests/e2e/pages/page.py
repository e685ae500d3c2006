"""What an operator does at the page, and what would be overlooked on it."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from dialer.core.values import AttemptId
from tests.desk_rig import DeskRig
from tests.web_browser import sign_in, terminal, violations
from tests.web_rig import PASSWORD

OUTSIDE = """() => [...document.querySelectorAll('.desk *')].filter((one) => {
    const box = one.getBoundingClientRect();
    const outside = box.right > innerWidth + 1 || box.bottom > innerHeight + 1;
    return box.width > 0 && outside && !one.closest('.desk-panel');
}).map((one) => one.outerHTML.slice(0, 80))"""
"""What sticks out of the screen. The three panels scroll, each for itself."""
WIDTH = "document.documentElement.scrollWidth"
PICTURES = os.environ.get("YOBIKAKE_PICTURES")


async def looked_at(page: Page, name: str) -> list[str]:
    """What is wrong with a page of tables. Pictures for people, where somebody wants them."""
    if PICTURES:
        await page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)
    assert await page.evaluate(WIDTH) == 1366, name
    return [f"{name}: {one}" for one in await violations(page)]


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
