"""Two networks that face each other: the one under test, and one that plays its exchange.

Both are real SIPp and real RTP, and each keeps its own log, so every claim is checked from both ends of the call.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

from simnet.call import Call
from simnet.log import CallRecord, Direction
from simnet.network import Network, Plan
from simnet.ports import quiet_port
from simnet.subscribers import Subscriber
from tests.places import LIB

SPEECH = LIB / "speech"
SHOWN = "0258000001"  # the number that the exchange shows


@dataclass(frozen=True, slots=True)
class BothEnds:
    network: CallRecord  # of the network under test
    exchange: CallRecord  # of the one that plays the exchange


@dataclass(slots=True)
class Facing:
    network: Network
    exchange: Network

    async def ended(self, call: Call) -> BothEnds:
        """When both ends have logged it."""
        while True:
            ours = next((one for one in self.network.ended if one.call_id == call.call_id), None)
            theirs = next((one for one in self.exchange.ended if one.call_id == call.call_id), None)
            if ours is not None and theirs is not None:
                return BothEnds(ours, theirs)
            await self.any_end()

    async def any_end(self) -> None:
        ends = [asyncio.create_task(one.until_next_end()) for one in (self.network, self.exchange)]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()

    async def calls_back(self, number: str) -> CallRecord:
        """The call that a subscriber makes of his own accord."""
        while True:
            for one in self.network.ended:
                if one.direction is Direction.TO_EXCHANGE and one.from_number == number:
                    return one
            await self.any_end()


@contextlib.asynccontextmanager
async def facing(
    folder: Path, subscribers: Iterable[Subscriber], at_the_exchange: Iterable[Subscriber] = ()
) -> AsyncIterator[Facing]:
    ours, theirs = quiet_port(), quiet_port()
    failed: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: failed.append(what))

    def plan(name: str, port: int, other: int, people: Iterable[Subscriber]) -> Plan:
        known = {one.number: one for one in people}
        return Plan(
            folder=folder / name,
            carrier_port=port,
            exchange=f"127.0.0.1:{other}",
            subscribers=known,
            speech_folder=SPEECH,
            silent_after_seconds=1.0,
        )

    async with (
        Network(plan("network", ours, theirs, subscribers)) as network,
        Network(plan("exchange", theirs, ours, at_the_exchange)) as exchange,
    ):
        yield Facing(network, exchange)
    assert not failed, failed  # a story that broke
