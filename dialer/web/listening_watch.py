"""Whoever listens does so within their rights, also when these, the talk or the operator's group change meanwhile.

Whether somebody may is asked for when they begin. This looks on: at each change of a seat, and every second for rights
that were taken away or have run out. Who may no longer is led back to the waiting room, and the log says so.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import structlog
from aiohttp import web

from dialer.core.groups import Group
from dialer.core.orders import OrderKind
from dialer.core.reach import limits_of, narrower
from dialer.core.rights import Right
from dialer.core.values import Ear
from dialer.ports import Operator, StoreFault, StoreUnavailable
from dialer.store.staff_grants import Given, given_to
from dialer.store.staff_logs import LogEntry
from dialer.web.desk_parts import DESK, DeskParts
from dialer.web.floor_reach import may_hear
from dialer.web.parts import PARTS, WebParts

log = structlog.get_logger()

LOOK_SECONDS = 1.0
AGAIN_SECONDS = 3.0


class ListeningWatch:
    def __init__(self, desk: DeskParts, parts: WebParts) -> None:
        self._desk, self._parts = desk, parts
        self._given: dict[str, tuple[float, Given]] = {}  # by login, and since when it is known
        self._ordered: dict[str, float] = {}  # by phone

    async def run(self) -> None:
        clock, moved = asyncio.get_running_loop().time, self._desk.live.moved
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await moved.wait()
            moved.clear()
            try:
                await self.look(clock())
            except (StoreUnavailable, StoreFault) as away:
                log.warning("cannot look who listens", why=str(away))

    async def look(self, now: float) -> None:
        """`now`: in seconds."""
        for one in list(self._desk.live.operators.values()):
            if one.account is None or one.listens_to is None:
                continue
            if now - self._ordered.get(one.phone, -AGAIN_SECONDS) < AGAIN_SECONDS or await self._may(one, now):
                continue
            self._ordered[one.phone] = now
            await self._stop(one, one.account)

    async def _may(self, one: Operator, now: float) -> bool:
        heard = self._desk.live.operators.get(str(one.listens_to))
        given = await self._rights(str(one.account), now)
        needed = [Right.LISTEN] if one.listens_how is Ear.LISTEN else [Right.LISTEN, Right.SUPERVISE]
        if not {right for right, _ in given}.issuperset(needed):
            return False
        limits, reach = limits_of(given), None
        for right in needed:
            reach = narrower(reach, limits.get(right))
        if reach is None or heard is None:
            return True
        return may_hear(reach, heard, await self._about(heard))

    async def _rights(self, login: str, now: float) -> Given:
        known = self._given.get(login)
        if known is None or now - known[0] >= LOOK_SECONDS:
            city, moment = self._parts.city.key, self._parts.clock.now()
            found = await self._parts.database.ask(lambda connection: given_to(connection, login, city, moment))
            known = self._given[login] = now, found
        return known[1]

    async def _about(self, heard: Operator) -> Group:
        if heard.attempt is None:
            return None
        return self._parts.city.group_of(await self._desk.live.debt_of(heard.attempt))

    async def _stop(self, one: Operator, login: str) -> None:
        log.info("may not listen any more", phone=one.phone, to=one.listens_to)
        about = [str(one.listens_to)]
        entry = LogEntry(self._parts.clock.now(), self._parts.city.key, login, None, "refuse", "group", about, 1, 0.0)
        await self._parts.logs.operation(entry)
        await self._desk.orders.order(one.phone, OrderKind.STOP_LISTENING, {}, by=login)


def add_listening_watch(app: web.Application) -> None:
    """After `add_desk`."""
    app.cleanup_ctx.append(_running)


async def _running(app: web.Application) -> AsyncIterator[None]:
    looking = asyncio.create_task(ListeningWatch(app[DESK], app[PARTS]).run())
    yield
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
