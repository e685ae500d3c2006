"""Who gets a telephone of the site: signed in, allowed to sit at a desk, and sitting there in the browser."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import WSServerHandshakeError, web

from dialer.embedded.asterisk import AsteriskInstance
from dialer.store.postgres import PostgresStore
from dialer.web import softphone
from dialer.web.softphone import OVER
from dialer.web.softphone_routes import SOFTPHONES
from tests.adapters.test_softphone_proxy import serving
from tests.desk_rig import DeskRig, desk_rig
from tests.web_rig import Browser

LOGIN = "/softphone/login"


@pytest.fixture
async def desk(store: PostgresStore, database_url: str, tmp_path: Path) -> AsyncIterator[DeskRig]:
    async with desk_rig(store, database_url, tmp_path) as made:
        settings = made.rig.parts.settings
        file = AsteriskInstance(settings, settings.own_node).web_phones_file
        file.parent.mkdir()
        file.write_text(json.dumps({"op01": "hush"}))
        yield made


async def silent_exchange(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(protocols=("sip",))
    await socket.prepare(request)
    await socket.receive()
    return socket


async def seated(desk: DeskRig, page: Browser, phone: str, seat: str) -> None:
    """And the page has heard of it."""
    desk.sit("hanako", phone, seat)
    stream = await desk.follow(page)
    await stream.snapshot(lambda found: found["operator"] is not None and found["operator"]["seat"] == seat)


async def asked(page: Browser, path: str) -> int:
    return (await page.ask("GET", path, headers={"Accept": "application/json"})).status


async def test_nobody_gets_one_without_signing_in_the_right_to_sit_at_a_desk_and_a_seat(desk: DeskRig) -> None:
    await seated(desk, await desk.operator(), "op01", "browser")
    assert await asked(desk.rig.browser(), LOGIN) == 401
    assert await asked(await desk.operator("kanri", ("auditor",)), LOGIN) == 403
    assert await asked(await desk.operator("tetsuo"), LOGIN) == 403


async def test_who_sits_at_a_desk_phone_gets_none_in_the_browser(desk: DeskRig) -> None:
    page = await desk.operator()
    await seated(desk, page, "op01", "phone")
    assert await asked(page, LOGIN) == 403


async def test_who_sits_in_the_browser_gets_that_seats_own(desk: DeskRig) -> None:
    page = await desk.operator()
    await seated(desk, page, "op01", "browser")
    answer = await page.ask("GET", LOGIN)
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    assert (await answer.json())["user"] == "op01-web"


async def test_a_page_of_another_site_gets_no_socket(desk: DeskRig) -> None:
    page = await desk.operator()
    await seated(desk, page, "op01", "browser")
    with pytest.raises(WSServerHandshakeError) as refused:
        await page.session.ws_connect(
            f"{desk.rig.origin}/softphone", protocols=("sip",), headers={"Origin": "https://elsewhere.invalid"}
        )
    assert refused.value.status == 403


async def test_the_end_of_the_session_ends_the_telephone(desk: DeskRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(softphone, "SEAT_LOOK_SECONDS", 0.05)
    page = await desk.operator()
    await seated(desk, page, "op01", "browser")
    async with serving(web.get("/ws", silent_exchange)) as exchange:
        desk.rig.app[SOFTPHONES]._exchange = f"ws://{exchange}/ws"
        socket = await page.session.ws_connect(
            f"{desk.rig.origin}/softphone", protocols=("sip",), headers={"Origin": desk.rig.origin}
        )
        assert (await page.ask("POST", "/sign-out", json={})).status < 400
        assert (await socket.receive(timeout=10)).data == OVER
