"""An operator's whole way in a real browser: seat, sound, call, result, next call. Nothing of it is played by rows."""

import asyncio
import os
import signal
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from dialer.account_commands import add_account
from dialer.config import Dialling
from dialer.core.orders import OrderKind
from dialer.simulated import ENGINE, Scene, SimulatedCentre
from dialer.stack import web
from dialer.staffing import Actor, NewAccount
from simnet.subscribers import Behaviour, subscriber
from tests.places import LIB, short_folder
from tests.waiting import until
from tests.web_browser import chromium, sign_in, terminal
from tests.web_rig import PASSWORD

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

PEOPLE = [
    subscriber(f"02580010{place:02d}", Behaviour.PERSON, setup_seconds=0.1, ring_seconds=0.4, talk_seconds=60.0)
    for place in range(16)
]
DIALLING = Dialling(min_ring_seconds=2.0, wrap_up_seconds=30.0, drain_seconds=5.0)
SLOW = 30_000  # ms: the machine is busy
SEAT = "op01"


@dataclass(slots=True)
class Workplace:
    """Of somebody who has just been given an account."""

    centre: SimulatedCentre
    page: Page
    browser: Browser
    login: str

    async def state_is(self, name: str) -> None:
        await expect(self.page.locator("#state-name")).to_contain_text(name, timeout=SLOW)

    async def sit_and_be_ready(self) -> None:
        await self.page.get_by_role("button", name="着席する").click()
        await self.state_is("休止中・着席")
        await expect(self.page.locator("#phone-health")).to_contain_text("接続済み", timeout=SLOW)
        await self.page.get_by_role("button", name="受付を開始").click()

    def legs(self) -> int:
        """Of the operator, as the exchange has them."""
        lines = self.centre.instance.say("core show channels concise").splitlines()
        return sum(line.startswith(f"PJSIP/{SEAT}") for line in lines)

    async def register(self, result: str) -> None:
        await self.page.locator(f"#result-{result}").click()
        await self.page.get_by_role("button", name="登録", exact=True).click()

    def results(self) -> list[tuple[Any, ...]]:
        """Of all that they entered: result, note, and whether identity was confirmed."""
        return self._own(
            "SELECT result, coalesce(note, ''), identity_confirmed FROM talk_record WHERE by = %s ORDER BY id"
        )

    def outcomes(self) -> list[str | None]:
        """Of all their calls; None: it goes on."""
        return [
            outcome for (outcome,) in self._own("SELECT outcome FROM attempt WHERE account = %s ORDER BY claimed_at")
        ]

    def _own(self, statement: str) -> list[tuple[Any, ...]]:
        url = self.centre.settings.database_url
        assert url is not None
        with psycopg.connect(url.get_secret_value()) as connection:
            return connection.execute(statement.encode(), [self.login]).fetchall()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre() -> AsyncIterator[SimulatedCentre]:
    scene = Scene("nagaoka", PEOPLE, operators=1, dialling=DIALLING, manned=False)
    with short_folder() as folder:
        async with SimulatedCentre(folder, LIB, scene) as opened:
            await opened.supervisor.add(web(opened.settings))
            await opened.start_engine()
            yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def at(centre: SimulatedCentre) -> AsyncIterator[Workplace]:
    login = f"hanako-{uuid.uuid4().hex[:6]}"
    account = NewAccount(login, "見本 花子", ("operator",), PASSWORD, their_own=True)
    await add_account(centre.settings, centre.city, account, Actor("test", datetime.now(UTC)))
    async with chromium() as browser, terminal(browser, origin_of(centre)) as page:
        await sign_in(page, login, PASSWORD)
        try:
            yield Workplace(centre, page, browser, login)
        finally:
            await go_home(centre, login)


@asynccontextmanager
async def supervising(at: Workplace) -> AsyncIterator[Page]:
    """Somebody looks at the floor meanwhile."""
    login = f"reiko-{uuid.uuid4().hex[:6]}"
    account = NewAccount(login, "見本 礼子", ("supervisor",), PASSWORD, their_own=True)
    await add_account(at.centre.settings, at.centre.city, account, Actor("test", datetime.now(UTC)))
    async with terminal(at.browser, origin_of(at.centre)) as page:
        await sign_in(page, login, PASSWORD)
        await page.wait_for_url("**/floor")
        await expect(page.locator("#lines")).to_contain_text("使用中")
        yield page


async def go_home(centre: SimulatedCentre, login: str) -> None:
    """Nobody is on any line, and the seat is free for the next one."""
    await centre.store.order(SEAT, OrderKind.LEAVE_SEAT, {}, by=login)
    centre.instance.say("channel request hangup all")
    async with asyncio.timeout(30):
        while any(one.account for one in await centre.store.operators(centre.city.key)):
            await asyncio.sleep(0.05)


def origin_of(centre: SimulatedCentre) -> str:
    return f"https://127.0.0.1:{centre.settings.web.port}"


async def test_from_the_seat_to_the_next_call_and_the_supervisor_sees_all_of_it(at: Workplace) -> None:
    async with supervising(at) as floor:
        await at.sit_and_be_ready()
        await at.state_is("通話中")
        seat = floor.locator("#operators tr").first
        await expect(seat).to_contain_text("見本 花子")
        await expect(seat).to_contain_text("通話中")
        await expect(floor.locator("#calls tr")).to_contain_text("通話中")
        await expect(floor.locator("#calls tr")).to_contain_text(SEAT)
        await at.page.keyboard.press("s")
        await expect(seat).to_contain_text("管理者を呼んでいます")
    await at.page.keyboard.press("h")
    await at.state_is("保留中")
    await at.page.keyboard.press("h")
    await at.state_is("通話中")
    await at.page.locator("#identity-how").select_option("name_birthday")
    await at.page.locator("#identity-yes").click()
    await expect(at.page.locator("#total")).to_be_visible()
    first = await at.page.locator("#person h2").inner_text()
    await at.page.keyboard.press("e")
    await at.state_is("後処理中")
    await at.register("spoke_completed")
    await at.state_is("通話中")
    await expect(at.page.locator("#person h2")).not_to_have_text(first)
    await expect(at.page.locator("#gate")).to_be_visible()  # a new person, a new step
    await expect(at.page.locator("#today-calls")).to_have_text("1")
    assert at.results() == [("spoke_completed", "", True)]


async def test_a_page_that_is_loaded_again_during_a_talk_has_its_call_and_its_sound_back(at: Workplace) -> None:
    await at.sit_and_be_ready()
    await at.state_is("通話中")
    name = await at.page.locator("#person h2").inner_text()
    await at.page.locator("#result-cut_off").click()
    await at.page.get_by_label("備考").fill("途中まで")
    await at.page.reload()
    await expect(at.page.locator("#person h2")).to_have_text(name)
    await expect(at.page.get_by_label("備考")).to_have_value("途中まで")
    await expect(at.page.locator("#phone-health")).to_contain_text("接続済み", timeout=SLOW)
    await at.state_is("通話中")
    assert at.outcomes() == [None], "the person was not there any more"


async def test_a_second_sign_in_takes_the_talk_over_and_the_first_page_says_so(at: Workplace) -> None:
    await at.sit_and_be_ready()
    await at.state_is("通話中")
    name = await at.page.locator("#person h2").inner_text()
    await at.page.locator("#result-cut_off").click()
    await at.page.get_by_label("備考").fill("途中まで")
    async with terminal(at.browser, origin_of(at.centre)) as page:
        await sign_in(page, at.login, PASSWORD)
        second = Workplace(at.centre, page, at.browser, at.login)
        dialog = at.page.get_by_role("dialog", name="もう一度サインインしてください")
        await expect(dialog).to_contain_text("別の画面か端末で", timeout=SLOW)
        await expect(at.page.locator("#alert")).to_contain_text("別の画面でこの席の電話が使われた", timeout=SLOW)
        await expect(page.locator("#person h2")).to_have_text(name, timeout=SLOW)
        await expect(page.locator("#phone-health")).to_contain_text("接続済み", timeout=SLOW)
        await second.state_is("通話中")  # no music any more
        assert at.legs() == 1
        await page.keyboard.press("e")
        await second.state_is("後処理中")
        await expect(page.get_by_label("備考")).to_have_value("途中まで")
        await page.get_by_role("button", name="登録", exact=True).click()
        await second.state_is("休止中")
        await page.get_by_role("button", name="受付を開始").click()
        await second.state_is("通話中")
        await expect(page.locator("#person h2")).not_to_have_text(name)
        assert at.legs() == 1
        assert at.results() == [("cut_off", "途中まで", None)]
        assert at.outcomes() == ["talked", None]


async def test_an_engine_that_is_killed_in_a_talk_costs_neither_the_talk_nor_its_result(at: Workplace) -> None:
    await at.sit_and_be_ready()
    await at.state_is("通話中")
    name = await at.page.locator("#person h2").inner_text()
    engine = at.centre.supervisor.pid(ENGINE)
    os.kill(engine, signal.SIGKILL)
    await until(lambda: at.centre.supervisor.children[ENGINE].pid not in (engine, None))
    await at.centre.supervisor.until_ready(ENGINE)
    await expect(at.page.locator("#alert")).to_be_empty(timeout=SLOW)
    await at.state_is("通話中")
    await expect(at.page.locator("#person h2")).to_have_text(name)
    await at.page.locator("#result-cut_off").click()
    await at.page.locator("[data-act=hang_up]").click()
    await at.state_is("後処理中")
    await at.page.get_by_role("button", name="登録", exact=True).click()
    await at.state_is("通話中")
    assert at.results() == [("cut_off", "", None)]
