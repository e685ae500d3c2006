"""A sample of the load: 60 calls at once, ten new ones each second, audio both ways at both ends of one process.

The full figure, 120 calls against a real Asterisk, is in sip-sim/README.md.
"""

import asyncio
from pathlib import Path

from simnet.log import EndedBy
from simnet.subscribers import Behaviour, subscriber
from tests.sim.facing import SHOWN, facing

CALLS, CALLS_PER_SECOND, TALK_SECONDS = 60, 10, 7.0
PACKETS = TALK_SECONDS * 50


async def test_sixty_calls_lose_neither_a_message_nor_audio(tmp_path: Path) -> None:
    people = [
        subscriber(
            f"025800{4000 + n}", Behaviour.PERSON, setup_seconds=0.1, ring_seconds=0.2, talk_seconds=TALK_SECONDS
        )
        for n in range(CALLS)
    ]
    most = 0
    async with facing(tmp_path, people) as both:
        before = [one.media.frames_given_up for one in (both.exchange, both.network)]
        began = asyncio.get_running_loop().time()
        calls = []
        for n, who in enumerate(people):
            await asyncio.sleep(began + n / CALLS_PER_SECOND - asyncio.get_running_loop().time())
            calls.append(both.exchange.call(SHOWN, who.number, seconds=60))
            most = max(most, len(both.network.open_calls))
        ends = [await both.ended(call) for call in calls]
        after = [one.media.frames_given_up for one in (both.exchange, both.network)]
    assert most >= CALLS - 5
    sent_by_exchange, sent_by_network = (
        PACKETS - now + then for then, now in zip(before, after, strict=True)
    )  # a machine that stood still sent less
    for end in ends:
        assert (end.network.ended_by, end.exchange.ended_by) == (EndedBy.FAR_END, EndedBy.EXCHANGE)
        assert end.network.heard_packets >= 0.95 * sent_by_exchange
        assert end.exchange.heard_packets >= 0.95 * sent_by_network
        assert end.network.heard_ms > 1000
