"""An exchange that dies in the middle of calls: they end by themselves within seconds, and the log says so."""

import asyncio
import os
import signal
from pathlib import Path

from simnet.log import EndedBy
from simnet.subscribers import Behaviour, subscriber
from tests.sim.facing import SHOWN, facing

ASK_AND_WAIT_SECONDS = 1.0 + 2 * 1.0 + 1.0  # silence, two questions, a margin


async def test_calls_end_when_the_exchange_is_heard_no_more(tmp_path: Path) -> None:
    ringing = subscriber("0258002000", Behaviour.NO_ANSWER, setup_seconds=0.1)
    talking = subscriber("0258002001", Behaviour.PERSON, setup_seconds=0.1, ring_seconds=0.1, talk_seconds=60)
    announced = subscriber("0258002002", Behaviour.OUT_OF_AREA, setup_seconds=0.1, repeats=10)
    async with facing(tmp_path, [ringing, talking, announced]) as both:
        calls = [both.exchange.call(SHOWN, who.number, seconds=60) for who in (ringing, talking, announced)]
        for call, sign in zip(calls, ("RUNG", "ACCEPTED", "PROGRESS"), strict=True):
            await call.happened(sign).wait()
        await both.exchange.media.close()
        for pid in both.exchange.sipp_pids:
            os.kill(pid, signal.SIGKILL)
        died_at = asyncio.get_running_loop().time()
        while len(both.network.ended) < len(calls):
            await both.network.until_next_end()
        took = asyncio.get_running_loop().time() - died_at
        records = {record.number: record for record in both.network.ended}
    assert took < ASK_AND_WAIT_SECONDS
    assert {record.ended_by for record in records.values()} == {EndedBy.TIMEOUT}
    assert [records[who.number].final_code for who in (ringing, talking, announced)] == [None, 200, None]


async def test_an_exchange_that_sends_no_audio_but_answers_when_asked_keeps_its_calls(tmp_path: Path) -> None:
    quiet = subscriber(
        "0258002000", Behaviour.PERSON, setup_seconds=0.1, ring_seconds=0.1, talk_seconds=5, patience_seconds=60
    )
    async with facing(tmp_path, [quiet]) as both:
        call = both.exchange.call(SHOWN, quiet.number, seconds=60, speaks=False)
        await call.happened("ACCEPTED").wait()
        assert call.party is not None
        call.party.sends = False
        record = (await both.ended(call)).network
    assert record.ended_by is EndedBy.FAR_END  # the person hung up after all five seconds
    assert record.answered_at is not None
    assert record.ended_at - record.answered_at > 4.9
