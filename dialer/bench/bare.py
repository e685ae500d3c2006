"""The bare loop: starts calls over AMI, waits for their ends, starts the next. No store, no rules, no operators.

What the engine is measured against: it has the same link to Asterisk and gives the same orders.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from dialer.ami import AmiLink
from dialer.core.events import ChannelEvent, ChannelId, HungUp, LinkEvent, LinkLost, LinkUp
from dialer.ports import Accepted, Outgoing

LINK_SECONDS = 10.0
LONGEST_CALL_SECONDS = 60.0


@dataclass(slots=True)
class Ends:
    """Implements the Inbox port: hears of the ends of calls and nothing else."""

    up: asyncio.Event = field(default_factory=asyncio.Event)
    link_was_lost: bool = False
    _waits: dict[ChannelId, asyncio.Future[None]] = field(default_factory=dict)

    def of(self, channel: ChannelId) -> "asyncio.Future[None]":
        return self._waits.setdefault(channel, asyncio.get_running_loop().create_future())

    def put_nowait(self, item: ChannelEvent | LinkEvent, /) -> None:
        match item:
            case HungUp(channel=channel):
                end = self._waits.pop(channel, None)
                if end is not None and not end.done():
                    end.set_result(None)
            case LinkUp():
                self.up.set()
            case LinkLost():
                self.link_was_lost = True
            case _:
                pass


@dataclass(frozen=True, slots=True)
class Order:
    """What every call of a leg has in common."""

    leg: str  # begins the names of its channels: no uuid, so nobody takes them for attempts
    trunk: str
    caller_id: str
    city: str
    at_once: int
    timeout_seconds: float
    calls_per_second: float | None = None  # None: as fast as calls end


@dataclass(frozen=True, slots=True)
class Placed:
    ended: int
    lost: int  # refused, or begun and their end never heard


async def place(link: AmiLink, ends: Ends, numbers: Sequence[str], order: Order) -> Placed:
    """Each number once, `at_once` at a time."""
    left = iter(enumerate(numbers))
    pace = _Pace(order.calls_per_second)
    ended = 0

    async def line() -> None:
        nonlocal ended
        for place, number in left:
            await pace.turn()
            came_to_its_end = await _one_call(link, ends, number, order, place)
            ended += came_to_its_end  # not in one line: other calls end during the wait

    keeper = asyncio.create_task(link.run())
    try:
        async with asyncio.timeout(LINK_SECONDS):
            await ends.up.wait()
        await asyncio.gather(*(line() for _ in range(order.at_once)))
    finally:
        await link.close()
        await keeper
    return Placed(ended, len(numbers) - ended)


async def _one_call(link: AmiLink, ends: Ends, number: str, order: Order, place: int) -> bool:
    channel = ChannelId(f"{order.leg}-{place:06d}")  # of one length: Asterisk takes bare-1 for bare-12
    end = ends.of(channel)
    call = Outgoing(
        channel=channel,
        endpoint=f"PJSIP/{number}@{order.trunk}",
        context="customer",
        exten="answered",
        caller_id=order.caller_id,
        timeout_seconds=order.timeout_seconds,
        variables={"ATTEMPT": channel, "CITY": order.city, "MEET_WITHIN": "1.5", "RECORD": "no"},
    )
    if not isinstance(await link.start(call), Accepted):
        return False
    try:
        async with asyncio.timeout(LONGEST_CALL_SECONDS):
            await end
    except TimeoutError:
        return False
    return True


class _Pace:
    """So many starts a second, one after the other."""

    def __init__(self, per_second: float | None) -> None:
        self._gap = 0.0 if per_second is None else 1 / per_second
        self._next = time.monotonic()

    async def turn(self) -> None:
        if self._gap:
            now = time.monotonic()
            mine = max(now, self._next)
            self._next = mine + self._gap
            await asyncio.sleep(mine - now)
