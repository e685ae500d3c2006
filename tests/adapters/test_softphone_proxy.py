"""What stands between a browser's telephone and Asterisk, with a far end that is within reach of the test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, WSServerHandshakeError, web
from structlog.testing import capture_logs

from dialer.ports import StoreUnavailable
from dialer.web import softphone
from dialer.web.softphone import ELSEWHERE, MOST_BYTES, OVER, Softphones, may_send
from tests.waiting import until

NUMBER = "0258001234"
REGISTER = (
    "REGISTER sip:yobikake.invalid SIP/2.0\r\n"
    "To: <sip:{user}@yobikake.invalid>\r\n"
    "From: <sip:{user}@yobikake.invalid>;tag=a1\r\n\r\n"
)
INVITE = f"INVITE sip:op01-web@x.invalid SIP/2.0\r\nFrom: <sip:{NUMBER}@yobikake.invalid>;tag=z\r\n\r\n"


@dataclass
class Site:
    """The proxy, its far end, and who sits where."""

    address: str
    softphones: Softphones
    session: ClientSession
    seat: list[str | None] = field(default_factory=lambda: ["op01"])
    store_away: bool = False
    exchange: list[web.WebSocketResponse] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    async def open(self) -> ClientWebSocketResponse:
        return await self.session.ws_connect(f"{self.address}/softphone", protocols=("sip",), max_msg_size=0)


@asynccontextmanager
async def serving(*routes: web.RouteDef) -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes(routes)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async def far_end(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("sip",))
        await socket.prepare(request)
        made.exchange.append(socket)
        async for message in socket:
            made.heard.append(message.data)
        return socket

    async def seat_of(_request: web.Request) -> str | None:
        if made.store_away:
            raise StoreUnavailable("gone")
        return made.seat[0]

    async with serving(web.get("/ws", far_end)) as exchange, ClientSession() as session:
        softphones = Softphones(exchange, lambda: {"op01": "hush"}, seat_of)
        routes = web.get("/softphone", softphones.connect), web.get("/softphone/login", softphones.login)
        async with serving(*routes) as address:
            made = Site(f"http://{address}", softphones, session)
            yield made
            await softphones.close()


async def closed(browser: ClientWebSocketResponse) -> int | None:
    """The code that the browser is told."""
    async with asyncio.timeout(10):
        assert (await browser.receive()).type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING)
    return browser.close_code


async def test_messages_pass_both_ways_and_nothing_of_them_is_logged(site: Site) -> None:
    with capture_logs() as logged:
        async with await site.open() as browser:
            await browser.send_str(REGISTER.format(user="op01-web"))
            await until(lambda: site.heard == [REGISTER.format(user="op01-web")])
            await site.exchange[0].send_str(INVITE)
            assert await browser.receive_str(timeout=10) == INVITE
        await until(lambda: site.exchange[0].closed)
    assert [entry["event"] for entry in logged] == ["softphone connected", "softphone left"]
    assert NUMBER not in str(logged)
    assert "sip:" not in str(logged)


async def test_the_end_of_either_side_ends_the_other(site: Site) -> None:
    browser = await site.open()
    await until(lambda: len(site.exchange) == 1)
    await site.exchange[0].close()
    assert await closed(browser) == softphone.GONE
    browser = await site.open()
    await browser.close()
    await until(lambda: len(site.exchange) == 2 and site.exchange[1].closed)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (REGISTER.format(user="op02-web"), softphone.BROKEN_RULE),
        (b"\x00\x01", softphone.BROKEN_RULE),
        (REGISTER.format(user="op01-web") + "x" * MOST_BYTES, softphone.TOO_BIG),
    ],
    ids=["another's phone", "not text", "too long"],
)
async def test_what_no_telephone_of_this_seat_sends_ends_it(site: Site, sent: str | bytes, code: int) -> None:
    async with await site.open() as browser:
        await (browser.send_bytes(sent) if isinstance(sent, bytes) else browser.send_str(sent))
        assert await closed(browser) == code
    assert site.heard == []


async def test_the_newest_telephone_of_a_seat_ends_the_one_before(site: Site) -> None:
    first = await site.open()
    second = await site.open()
    assert await closed(first) == ELSEWHERE
    await second.send_str(REGISTER.format(user="op01-web"))
    await until(lambda: len(site.heard) == 1)


async def test_a_telephone_that_is_out_of_reach_holds_up_no_newer_one(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(softphone, "CLOSE_SECONDS", 3600.0)
    first = await site.open()  # reads nothing, so it never hears that it is to close
    second = await site.open()
    await second.send_str(REGISTER.format(user="op01-web"))
    await until(lambda: len(site.heard) == 1)
    assert (await first.receive(timeout=10)).data == ELSEWHERE


async def test_a_seat_that_is_left_takes_its_telephone_along(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(softphone, "SEAT_LOOK_SECONDS", 0.01)
    browser = await site.open()
    site.seat[0] = None
    assert await closed(browser) == OVER


async def test_a_telephone_stays_while_the_database_is_away(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(softphone, "SEAT_LOOK_SECONDS", 0.001)
    asked = 0
    seat_of = site.softphones._seat_of

    async def counting(request: web.Request) -> str | None:
        nonlocal asked
        asked += 1
        return await seat_of(request)

    site.softphones._seat_of = counting
    browser = await site.open()
    site.store_away = True
    before = asked
    await until(lambda: asked > before + 10)
    await browser.send_str(REGISTER.format(user="op01-web"))
    await until(lambda: len(site.heard) == 1)


@pytest.mark.parametrize(
    ("path", "seat", "store_away", "status"),
    [
        ("/softphone/login", "op01", False, 200),
        ("/softphone/login", None, False, 403),
        ("/softphone/login", "op02", False, 503),  # Asterisk has no such phone
        ("/softphone/login", "op01", True, 503),
        ("/softphone", None, False, 403),
        ("/softphone", "op01", True, 503),
    ],
)
async def test_only_who_sits_somewhere_gets_a_telephone(
    site: Site, path: str, seat: str | None, store_away: bool, status: int
) -> None:
    site.seat[0], site.store_away = seat, store_away
    async with site.session.get(site.address + path) as answer:
        assert answer.status == status
        if status == 200:
            assert answer.headers["Cache-Control"] == "no-store"
            login = {"uri": "sip:op01-web@yobikake.invalid", "user": "op01-web", "secret": "hush", "ice": []}
            assert await answer.json() == login


async def test_an_exchange_that_is_away_is_told_before_the_socket_opens() -> None:
    async def seat_of(_request: web.Request) -> str:
        return "op01"

    softphones = Softphones("127.0.0.1:1", dict, seat_of)
    async with serving(web.get("/softphone", softphones.connect)) as address, ClientSession() as session:
        with pytest.raises(WSServerHandshakeError) as refused:
            await session.ws_connect(f"http://{address}/softphone", protocols=("sip",))
    assert refused.value.status == 503


async def test_a_browser_that_takes_nothing_holds_the_exchange_up_instead_of_filling_our_memory(site: Site) -> None:
    async with await site.open() as browser:
        await until(lambda: len(site.exchange) == 1)
        message, taken = "x" * (MOST_BYTES - 1), 0
        with suppress(TimeoutError):
            while taken < 2000:
                async with asyncio.timeout(1):
                    await site.exchange[0].send_str(message)
                taken += 1
        assert not browser.closed
    assert 0 < taken < 2000


def request(head: str, sender: str = "From: <sip:op01-web@yobikake.invalid>;tag=a", to: str = "To: <sip:x@y>") -> str:
    return f"{head} SIP/2.0\r\n{sender}\r\n{to}\r\nCall-ID: c\r\n\r\n"


STRANGER = "From: <sip:op02-web@yobikake.invalid>;tag=a"
TAGGED = "To: <sip:x@y>;tag=b"


@pytest.mark.parametrize(
    ("message", "may"),
    [
        ("\r\n\r\n", True),
        ("SIP/2.0 200 OK\r\nFrom: <sip:anybody@x>\r\n\r\n", True),
        (request("REGISTER sip:y"), True),
        (request("INVITE sip:echo@y"), True),
        (request("BYE sip:x@y", STRANGER, TAGGED), True),  # in a call the sender is who Asterisk called
        (request("REGISTER sip:y", STRANGER), False),
        (request("REGISTER sip:y", STRANGER, TAGGED), False),
        (request("INVITE sip:echo@y", STRANGER), False),
        (request("INVITE sip:echo@y", STRANGER, "To: <sip:x@y;tag=b>"), False),  # a tag of the address, not of the call
        (request("INVITE sip:echo@y", STRANGER + "\r\nFrom: <sip:op01-web@y>;tag=c"), False),
        (request("INVITE sip:echo@y", "f: <sip:op02-web@y>;tag=a"), False),
        (request("INVITE sip:echo@y", "Subject: none"), False),
        ("HELLO", False),
    ],
)
def test_a_request_is_its_own_phones(message: str, may: bool) -> None:
    assert may_send(message, "op01-web") is may
