"""A network that closes at once: what its people have said last is said."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from simnet.callers import Caller, Stay, showing
from simnet.log import EndedBy
from simnet.network import Network, Plan
from simnet.ports import quiet_port
from simnet.subscribers import Behaviour, subscriber
from tests.sim.facing import SPEECH

CALLED = subscriber("0258002000", Behaviour.PERSON, setup_seconds=0.1, ring_seconds=0.1, talk_seconds=60)


@contextlib.contextmanager
def starved(pids: list[int]) -> Iterator[None]:
    """They come to their work only when this process waits: all on one processor, and they idle."""
    before = os.sched_getaffinity(0)
    one = {min(before)}
    for pid in pids:
        os.sched_setaffinity(pid, one)
        os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
    os.sched_setaffinity(0, one)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


async def test_whoever_has_hung_up_is_gone_for_the_exchange_too_when_the_network_closes_at_once(tmp_path: Path) -> None:
    theirs = quiet_port()

    def plan(name: str, port: int) -> Plan:
        return Plan(tmp_path / name, port, f"127.0.0.1:{theirs}", {CALLED.number: CALLED}, speech_folder=SPEECH)

    async with Network(plan("exchange", theirs)) as exchange:
        with contextlib.ExitStack() as until_closed:
            async with Network(plan("network", quiet_port())) as network:
                call = network.start(Caller(CALLED.number, showing("0258001000"), (Stay(),)))
                await call.happened("ACCEPTED").wait()
                until_closed.enter_context(starved(network.sipp_pids))
                await network.place.line(call).hang_up()
                await network.until_ended(call)
        while not exchange.ended:
            await exchange.until_next_end()
        assert exchange.ended[0].ended_by is EndedBy.EXCHANGE  # a BYE came, not only silence
