"""Whether somebody looks at the desk: no call goes to a page that was closed, locked, left or has fallen asleep.

The page of an operator is open as long as its stream is. Where it has gone, the operator is paused; who signs out has
left the seat. What is being said goes on: the pause begins after it.
"""

import asyncio
from collections.abc import AsyncIterator

import structlog
from aiohttp import web

from dialer.core.orders import OrderKind
from dialer.core.values import OperatorState, PauseReason
from dialer.ports import Operator, StoreUnavailable
from dialer.web.desk_parts import DESK, DeskParts
from dialer.web.parts import PARTS, WebParts
from dialer.web.softphone_routes import SOFTPHONES

log = structlog.get_logger()

LOOK_SECONDS = 2.0
GONE_SECONDS = 15.0  # a page that was reloaded, or a line that blinked, is back sooner
AGAIN_SECONDS = 30.0  # an engine that is away takes the order when it is back
SEAT_FREED = "管理者が席を空けたため"
GONE = {"reason": PauseReason.PAGE_GONE.value}


async def leave_seat(request: web.Request, login: str) -> None:
    """Somebody signs out; their browser's telephone goes with them."""
    phone = await _order(request.app.get(DESK), login, OrderKind.LEAVE_SEAT, {})
    if phone is not None:
        await request.app[SOFTPHONES].leave(phone)


def tell_page(request: web.Request, login: str) -> None:
    """Somebody signed in elsewhere: the page that they had looks at once, and lets go of its telephone."""
    desk = request.app.get(DESK)
    if desk is not None:
        desk.live.tell(login)


async def step_away(request: web.Request, login: str) -> None:
    """Somebody locks the page."""
    await _order(request.app.get(DESK), login, OrderKind.PAUSE, GONE)


async def _order(desk: DeskParts | None, login: str, kind: OrderKind, detail: dict[str, str]) -> str | None:
    """For the seat they have, which is told; None: they have none."""
    own = desk.live.desk_of(login) if desk is not None else None
    if desk is None or own is None:
        return None
    await desk.orders.order(own.phone, kind, detail, by=login)
    return own.phone


def add_attendance(app: web.Application) -> None:
    """After `add_desk`."""
    app.cleanup_ctx.append(_running)


async def _running(app: web.Application) -> AsyncIterator[None]:
    looking = asyncio.create_task(Attendance(app[DESK], app[PARTS]).run())
    yield
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)


class Attendance:
    def __init__(self, desk: DeskParts, parts: WebParts) -> None:
        self._desk, self._parts = desk, parts
        self._seen: dict[str, float] = {}  # by login: when its page was there
        self._ordered: dict[str, float] = {}
        self._sits: set[str] = set()  # of those who are to be signed out

    async def run(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look(clock())
            except StoreUnavailable as away:
                log.warning("cannot pause who has left the page", why=str(away))

    async def look(self, now: float) -> None:
        """Who has just been met is given the time of one who has just left."""
        await self._sign_out_who_has_left()
        for operator in list(self._desk.live.operators.values()):
            login = operator.account
            if login is None:
                continue
            if self._desk.live.is_followed(login):
                self._seen[login] = now
            gone = now - self._seen.setdefault(login, now)
            if gone < GONE_SECONDS or not _takes_calls(operator) or self._asked_lately(login, now):
                continue
            self._ordered[login] = now
            log.info("nobody looks at the desk", phone=operator.phone)
            await self._desk.orders.order(operator.phone, OrderKind.PAUSE, GONE, by=login)

    async def _sign_out_who_has_left(self) -> None:
        """A supervisor has freed their seat: at once, or at the end of a talk. Who sits down again meanwhile stays."""
        for login, by in list(self._desk.leaving.items()):
            own = self._desk.live.desk_of(login)
            if own is None:
                del self._desk.leaving[login]
                await self._parts.staff.end_sessions(login, by, SEAT_FREED, self._parts.clock.now())
            elif own.leaving:
                self._sits.discard(login)
            elif login in self._sits:  # twice: the row may be a moment older than the order
                del self._desk.leaving[login]
                self._sits.discard(login)
            else:
                self._sits.add(login)

    def _asked_lately(self, login: str, now: float) -> bool:
        return now - self._ordered.get(login, -AGAIN_SECONDS) < AGAIN_SECONDS


def _takes_calls(operator: Operator) -> bool:
    """Now, or when what is being done is over."""
    return operator.pause_reason is None and operator.state is not OperatorState.OFFLINE and not operator.leaving
