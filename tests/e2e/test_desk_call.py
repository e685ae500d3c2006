"""An operator's whole way in a real browser: seat, sound, call, result, next call. Nothing of it is played by rows."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.async_api import Page, expect
from psycopg.rows import dict_row

from dialer.account_commands import NewAccount, add_account
from dialer.config import Dialling
from dialer.simulated import ENGINE, Scene, SimulatedCentre
from dialer.stack import web
from simnet.subscribers import Behaviour, subscriber
from tests.places import LIB
from tests.waiting import until
from tests.web_browser import chromium, sign_in, terminal
from tests.web_rig import PASSWORD

pytestmark = pytest.mark.asterisk

PEOPLE = [
    subscriber(f"02580010{place:02d}", Behaviour.PERSON, setup_seconds=0.1, ring_seconds=0.4, talk_seconds=60.0)
    for place in range(6)
]
DIALLING = Dialling(min_ring_seconds=2.0, wrap_up_seconds=30.0, drain_seconds=5.0)
SLOW = 30_000  # ms: the machine is busy


@dataclass(slots=True)
class Workplace:
    centre: SimulatedCentre
    page: Page

    async def state_is(self, name: str) -> None:
        await expect(self.page.locator("#state-name")).to_contain_text(name, timeout=SLOW)

    async def sit_and_be_ready(self) -> None:
        await self.page.get_by_role("button", name="着席する").click()
        await self.state_is("休止中・着席")
        await expect(self.page.locator("#phone-health")).to_contain_text("接続済み", timeout=SLOW)
        await self.page.get_by_role("button", name="受付を開始").click()

    async def register(self, result: str) -> None:
        await self.page.locator(f"#result-{result}").click()
        await self.page.get_by_role("button", name="登録", exact=True).click()

    def rows(self, statement: str) -> list[dict[str, Any]]:
        url = self.centre.settings.database_url
        assert url is not None
        with psycopg.connect(url.get_secret_value(), row_factory=dict_row) as connection:
            return connection.execute(statement.encode()).fetchall()


@asynccontextmanager
async def workplace(folder: Path) -> AsyncIterator[Workplace]:
    scene = Scene("nagaoka", PEOPLE, operators=1, dialling=DIALLING, manned=False)
    async with SimulatedCentre(folder, LIB, scene) as centre:
        await centre.supervisor.add(web(centre.settings))
        account = NewAccount("hanako", "見本 花子", ("operator",), PASSWORD, "test", their_own=True)
        await add_account(centre.settings, centre.city, account, datetime.now(UTC))
        await centre.start_engine()
        origin = f"https://127.0.0.1:{centre.settings.web.port}"
        async with chromium() as browser, terminal(browser, origin) as page:
            await sign_in(page, "hanako", PASSWORD)
            yield Workplace(centre, page)


async def test_from_the_seat_to_the_next_call(centre_folder: Path) -> None:
    async with workplace(centre_folder) as at:
        await at.sit_and_be_ready()
        await at.state_is("通話中")
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
        assert at.rows("SELECT result, identity_confirmed, by FROM talk_record") == [
            {"result": "spoke_completed", "identity_confirmed": True, "by": "hanako"}
        ]


async def test_a_page_that_is_loaded_again_during_a_talk_has_its_call_and_its_sound_back(centre_folder: Path) -> None:
    async with workplace(centre_folder) as at:
        await at.sit_and_be_ready()
        await at.state_is("通話中")
        name = await at.page.locator("#person h2").inner_text()
        await at.page.locator("#result-cut_off").click()
        await at.page.get_by_label("備考").fill("途中まで")
        await at.page.reload()
        await expect(at.page.locator("#person h2")).to_have_text(name)
        await expect(at.page.get_by_label("備考")).to_have_value("途中まで")
        await expect(at.page.locator("#phone-health")).to_contain_text("接続済み", timeout=SLOW)


async def test_an_engine_that_is_killed_in_a_talk_costs_neither_the_talk_nor_its_result(centre_folder: Path) -> None:
    async with workplace(centre_folder) as at:
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
        assert at.rows("SELECT result, by FROM talk_record") == [{"result": "cut_off", "by": "hanako"}]
