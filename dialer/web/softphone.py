"""A browser's way to its telephone: SIP over a WebSocket, passed on to the Asterisk that only we reach.

Who may pass: a visitor who signed in, may sit at a desk and has taken a seat. Voice does not come this way.
What is passed on names people's numbers, so nothing of it is ever logged.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

import structlog
from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, WebSocketError, WSMsgType, web

from dialer.ports import StoreUnavailable

log = structlog.get_logger()

SUBPROTOCOL = "sip"
DOMAIN = "yobikake.invalid"  # of the phones' SIP addresses: Asterisk knows a phone by its name alone
MOST_BYTES = 64 << 10  # of one message; an INVITE with its media description has about 3 kB
HEARTBEAT_SECONDS = 15.0
SEAT_LOOK_SECONDS = 10.0
OPEN_SECONDS = 5.0
CLOSE_SECONDS = 2.0  # for the far end's word; a browser that has gone says none
OVER = 4001  # close codes that softphone.js knows: it does not come back after these
ELSEWHERE = 4002
BROKEN_RULE = 1008
GONE = 1011
TOO_BIG = 1009

RESPONSE = re.compile(r"SIP/2\.0 [1-6]\d\d ")
SENDER = re.compile(r"^(?:From|f)[ \t]*:(.*)$", re.MULTILINE | re.IGNORECASE)
IN_DIALOG = re.compile(r"^(?:To|t)[ \t]*:.*>[^<>\n]*;[ \t]*tag=[^;\s]+", re.MULTILINE | re.IGNORECASE)
REGISTER = re.compile(r"REGISTER\s", re.IGNORECASE)
KEEP_ALIVE = ("\r\n", "\r\n\r\n")

SeatOf = Callable[[web.Request], Awaitable[str | None]]
"""The phone the visitor sits at now (op07), or None."""

Sockets = web.WebSocketResponse | ClientWebSocketResponse


class Softphones:
    """The browsers' phones of this process. A seat has one: the newest."""

    def __init__(self, exchange: str, secrets: Callable[[], Mapping[str, str]], seat_of: SeatOf) -> None:
        """`exchange` is host:port of Asterisk's WebSocket, `secrets` what its phones sign in with."""
        self._exchange = f"ws://{exchange}/ws"
        self._secrets = secrets
        self._seat_of = seat_of
        self._open: dict[str, web.WebSocketResponse] = {}
        self._ending: set[asyncio.Task[bool]] = set()

    async def login(self, request: web.Request) -> web.Response:
        """What the page's telephone registers with; it is used through us only, and while the seat is taken."""
        phone = await self._seat(request)
        secret = (await asyncio.to_thread(self._secrets)).get(phone)
        if secret is None:
            raise web.HTTPServiceUnavailable(text="この席の電話は用意されていません。管理者に知らせてください。")
        user = user_of(phone)
        answer = {"uri": f"sip:{user}@{DOMAIN}", "user": user, "secret": secret, "ice": []}
        return web.json_response(answer, headers={"Cache-Control": "no-store"})

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        phone = await self._seat(request)
        async with ClientSession() as session:
            try:
                async with asyncio.timeout(OPEN_SECONDS):
                    exchange = await session.ws_connect(
                        self._exchange,
                        protocols=(SUBPROTOCOL,),
                        max_msg_size=MOST_BYTES,
                        heartbeat=HEARTBEAT_SECONDS,
                    )
            except (ClientError, OSError, TimeoutError) as wrong:
                log.warning("exchange takes no softphone", phone=phone, why=type(wrong).__name__)
                raise web.HTTPServiceUnavailable(text="電話交換機につながりません。") from None
            async with exchange:
                browser = web.WebSocketResponse(
                    protocols=(SUBPROTOCOL,),
                    max_msg_size=MOST_BYTES,
                    heartbeat=HEARTBEAT_SECONDS,
                    timeout=CLOSE_SECONDS,
                    compress=False,
                )
                await browser.prepare(request)
                await self._serve(request, phone, browser, exchange)
        return browser

    async def leave(self, phone: str) -> None:
        """The seat was left or the visitor's session ended: their telephone with it, at once."""
        browser = self._open.get(phone)
        if browser is not None:
            await browser.close(code=OVER)

    async def close(self, _app: web.Application | None = None) -> None:
        """At the end of the process; the phones come back to the next one."""
        await asyncio.gather(*(browser.close(code=GONE) for browser in list(self._open.values())))

    async def _seat(self, request: web.Request) -> str:
        try:
            phone = await self._seat_of(request)
        except StoreUnavailable:
            raise web.HTTPServiceUnavailable(text="データベースにつながりません。") from None
        if phone is None:
            raise web.HTTPForbidden(text="席に着いていません。")
        return phone

    async def _serve(
        self, request: web.Request, phone: str, browser: web.WebSocketResponse, exchange: ClientWebSocketResponse
    ) -> None:
        before = self._open.get(phone)
        self._open[phone] = browser
        if before is not None:
            self._end(before, ELSEWHERE)
        log.info("softphone connected", phone=phone)
        ways = {
            asyncio.create_task(_from_browser(browser, exchange, user_of(phone))),
            asyncio.create_task(_from_exchange(exchange, browser)),
            asyncio.create_task(self._until_seat_is_left(request, phone)),
        }
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            code = max(task.result() for task in done)
            log.info("softphone left", phone=phone, code=code)
            await browser.close(code=code)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            if self._open.get(phone) is browser:
                del self._open[phone]

    def _end(self, browser: web.WebSocketResponse, code: int) -> None:
        """Nobody waits for it: after a cut the one before may be out of reach."""
        ending = asyncio.create_task(browser.close(code=code))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def _until_seat_is_left(self, request: web.Request, phone: str) -> int:
        while True:
            await asyncio.sleep(SEAT_LOOK_SECONDS)
            with suppress(StoreUnavailable):  # a talk goes on without the database
                if await self._seat_of(request) != phone:
                    return OVER


def user_of(phone: str) -> str:
    """How Asterisk names the browser's phone of a seat."""
    return f"{phone}-web"


def may_send(message: str, user: str) -> bool:
    """Who registers or calls is its own phone: a secret kept from a seat that was left is of no use through us.

    Within a call the sender is who Asterisk called, and Asterisk knows its calls by their tags.
    """
    head = message.partition("\r\n\r\n")[0]
    if message in KEEP_ALIVE or RESPONSE.match(head) or (IN_DIALOG.search(head) and not REGISTER.match(head)):
        return True
    senders: list[str] = SENDER.findall(head)
    return len(senders) == 1 and f"<sip:{user}@" in senders[0]


async def _from_browser(browser: web.WebSocketResponse, exchange: ClientWebSocketResponse, user: str) -> int:
    """Each returns the code to close with. Sending waits until the other side has taken what it has."""
    async for message in browser:
        if message.type is not WSMsgType.TEXT or not may_send(message.data, user):
            return _why(browser, BROKEN_RULE)
        with suppress(ConnectionError):
            await exchange.send_str(message.data)
    return _why(browser, 1000)


async def _from_exchange(exchange: ClientWebSocketResponse, browser: web.WebSocketResponse) -> int:
    async for message in exchange:
        if message.type is WSMsgType.TEXT:
            with suppress(ConnectionError):
                await browser.send_str(message.data)
    return _why(exchange, GONE)


def _why(socket: Sockets, otherwise: int) -> int:
    wrong = socket.exception()
    return wrong.code if isinstance(wrong, WebSocketError) else otherwise
