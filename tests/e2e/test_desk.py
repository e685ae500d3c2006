"""Operators' desks by orders alone, over the real Postgres, engine and Asterisk."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from dialer.config import Dialling
from dialer.core.orders import OK, OrderKind
from dialer.core.values import EndedBy, LegState, OperatorState, Outcome, PauseReason
from dialer.ports import Operator
from dialer.simulated import Scene, SimulatedCentre
from dialer.simulated_desks import Manner
from simnet.subscribers import Behaviour, Subscriber, subscriber
from tests.adapters.store_rows import rows_of
from tests.e2e.floor import assert_quiet, until_called
from tests.places import LIB

pytestmark = pytest.mark.asterisk

ANNA = "anna"
TALKS = 10
DIALLING = Dialling(
    min_ring_seconds=2.0,
    early_media_seconds=10.0,
    set_up_seconds=5.0,
    wrap_up_seconds=0.2,
    shortest_talk_seconds=0.5,
    drain_seconds=20.0,
)


def talkers(count: int, seconds: float) -> list[Subscriber]:
    brief = {"setup_seconds": 0.1, "ring_seconds": 0.3, "talk_seconds": seconds}
    return [subscriber(f"02580013{place:02d}", Behaviour.PERSON, **brief) for place in range(count)]


@dataclass
class Room:
    """The desks, seen through the tables only."""

    centre: SimulatedCentre

    async def order(self, kind: str, phone: str = "op01", by: str = ANNA, **detail: object) -> str | None:
        store = self.centre.store
        return await store.answered(await store.order(phone, OrderKind(kind), detail, by=by), within_seconds=10.0)

    async def desk(self, phone: str = "op01") -> Operator:
        return next(one for one in await self.centre.store.operators("nagaoka") if one.phone == phone)

    async def until(self, is_so: Callable[[Operator], bool], phone: str = "op01", within: float = 30.0) -> Operator:
        deadline = time.monotonic() + within
        while not is_so(found := await self.desk(phone)):
            assert time.monotonic() < deadline, found
            await asyncio.sleep(0.05)
        return found

    async def sit(self, phone: str = "op01", by: str = ANNA) -> None:
        assert await self.order("take_seat", phone, by, seat="phone") == OK
        await self.until(lambda desk: desk.leg_state is LegState.UP, phone)

    async def work(self, phone: str = "op01", by: str = ANNA) -> None:
        await self.sit(phone, by)
        assert await self.order("ready", phone, by) == OK

    async def until_states(self, wanted: list[OperatorState], within: float = 60.0) -> None:
        """So many in each, whoever they are."""
        deadline = time.monotonic() + within
        while (found := Counter(one.state for one in await self.centre.store.operators("nagaoka"))) != Counter(wanted):
            assert time.monotonic() < deadline, found
            await asyncio.sleep(0.05)

    def legs(self) -> list[str]:
        lines = self.centre.instance.say("core show channels concise").splitlines()
        return [line.split("!")[0] for line in lines if line.startswith("PJSIP/op")]


def is_in(state: OperatorState) -> Callable[[Operator], bool]:
    return lambda desk: desk.state is state


async def test_an_operator_signs_in_loses_the_leg_talks_and_hangs_up(centre_folder: Path) -> None:
    scene = Scene("nagaoka", talkers(1, 60.0), operators=1, dialling=DIALLING, manned=False)
    async with SimulatedCentre(centre_folder, LIB, scene) as centre:
        await centre.start_engine()
        room = Room(centre)
        assert room.legs() == []
        await room.sit()
        assert (await room.desk()).pause_reason is PauseReason.SIGNED_IN
        (leg,) = room.legs()

        assert await room.order("ready") == OK
        await room.until(is_in(OperatorState.TALKING))
        await asyncio.sleep(1.0)  # of the talk
        assert await room.order("hang_up") == OK
        wrapping = await room.until(is_in(OperatorState.WRAP_UP))
        assert room.legs() == [leg], "the leg did not stay"
        assert await room.order("finish", attempt=wrapping.attempt) == OK
        await room.until(is_in(OperatorState.FREE))

        centre.instance.say(f"channel request hangup {leg}")
        lost = await room.until(is_in(OperatorState.PAUSED))
        assert lost.pause_reason is PauseReason.LEG_LOST
        await room.until(lambda desk: desk.leg_state is LegState.UP)
        (again,) = room.legs()
        assert again != leg
        assert await room.order("ready") == OK
        await room.until(is_in(OperatorState.FREE))

        await until_called(centre, within=30)
        assert await room.order("leave_seat") == OK
        await room.until(lambda desk: desk.account is None)
        await centre.stop_engine()
        (attempt,) = await centre.store.attempts_seen("nagaoka", centre.began)
        assert attempt.outcome is Outcome.TALKED
        question = "SELECT ended_by, operator, account FROM attempt"
        assert rows_of(url_of(centre), question) == [(EndedBy.OPERATOR.value, "op01", ANNA)]
        assert room.legs() == []
        await assert_quiet(centre)


async def test_ten_talks_outlive_the_engine_and_each_has_its_result_entered_at_the_desk(centre_folder: Path) -> None:
    """With one operator more, who is free. All of them use the desk's pages."""
    manner, people = Manner(identify_seconds=0.5, wrap_up_seconds=(0.1, 0.5)), talkers(TALKS, 25.0)
    scene = Scene(
        "nagaoka",
        people,
        operators=TALKS + 1,
        dialling=DIALLING,
        phones_hum=True,
        desks=manner,
        cases_at_once=False,
    )
    async with SimulatedCentre(centre_folder, LIB, scene) as centre:
        await centre.start_engine()
        room = Room(centre)
        await room.until_states([OperatorState.FREE] * (TALKS + 1))  # however long they take to arrive
        await centre.add_cases(people, datetime.now(UTC))
        await room.until_states([OperatorState.TALKING] * TALKS + [OperatorState.FREE])
        before, legs = await centre.store.operators("nagaoka"), sorted(room.legs())
        talking = next(one for one in before if one.attempt is not None)
        tapes = {one: one.stat().st_size for one in centre.instance.recordings.glob("*.raw")}
        assert len(tapes) == TALKS
        centre.supervisor.children["engine"].ready.clear()
        os.kill(centre.supervisor.pid("engine"), signal.SIGKILL)
        late = asyncio.create_task(room.order("pause", talking.phone, talking.account or "", reason="meal"))
        await centre.supervisor.until_ready("engine")
        assert await late == OK, "an order that waited for the engine was lost"
        for tape, begun in tapes.items():
            assert silences(tape, begun) == (0, 0), "somebody was not heard while there was no engine"
        after = await centre.store.operators("nagaoka")
        assert [(one.state, one.leg, one.attempt, one.account) for one in after] == [
            (one.state, one.leg, one.attempt, one.account) for one in before
        ]
        assert sorted(room.legs()) == legs
        await room.until_states([OperatorState.FREE] * TALKS + [OperatorState.PAUSED])
        assert (await room.desk(talking.phone)).pause_reason is PauseReason.MEAL
        entered = rows_of(url_of(centre), "SELECT call_id FROM talk_record")
        assert len(entered) == len(set(entered)) == TALKS
        await centre.stop_engine()
        attempts = await centre.store.attempts_seen("nagaoka", centre.began)
        assert [one.outcome for one in attempts] == [Outcome.TALKED] * TALKS
        await assert_quiet(centre)


def silences(tape: Path, begun: int) -> tuple[int, int]:
    """Seconds without a sound of the person, and of the operator, in what was recorded since then."""
    both = np.fromfile(tape, "<i2", offset=begun - begun % 4)
    seconds = both[: both.size // 16000 * 16000].reshape(-1, 8000, 2)
    assert len(seconds) > 0
    person, operator = (~seconds.any(axis=1)).sum(axis=0)
    return int(person), int(operator)


async def test_an_operator_dials_and_speaks_to_whoever_answers(centre_folder: Path) -> None:
    scene = Scene("nagaoka", talkers(2, 4.0), operators=1, dialling=DIALLING, manned=False)
    async with SimulatedCentre(centre_folder, LIB, scene) as centre:
        await centre.start_engine()
        room = Room(centre)
        await room.sit()
        question = "SELECT cases.id, phone_number.id FROM cases JOIN phone_number USING (person_id) ORDER BY 1 DESC"
        case, number = rows_of(url_of(centre), question)[0]
        assert await room.order("dial", case=case, number=number) == OK
        await room.until(is_in(OperatorState.TALKING))
        wrapping = await room.until(is_in(OperatorState.WRAP_UP))
        assert await room.order("finish", attempt=wrapping.attempt) == OK
        assert (await room.desk()).state is OperatorState.PAUSED
        await centre.stop_engine()
        (attempt,) = await centre.store.attempts_seen("nagaoka", centre.began)
        assert attempt.outcome is Outcome.TALKED
        (call,) = centre.network_calls()
        assert call.number == scene.subscribers[-1].number
        assert call.heard_ms > 200, "the person heard no operator"
        await assert_quiet(centre)


def url_of(centre: SimulatedCentre) -> str:
    assert centre.settings.database_url is not None
    return centre.settings.database_url.get_secret_value()
