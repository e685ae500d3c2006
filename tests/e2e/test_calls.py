"""Every behaviour of the network, called over the real Asterisk and brought to its outcome."""

import asyncio
import os
import signal
import wave
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from dialer.config import Dialling, Identity
from dialer.core.values import AttemptId, Outcome
from dialer.simulated import Scene, SimulatedCentre
from simnet.log import EndedBy
from simnet.network import Network, Plan
from simnet.ports import quiet_port
from simnet.subscribers import Behaviour, Subscriber, subscriber
from tests.e2e.floor import assert_no_number_in_any_log, assert_operators_come_free, assert_quiet, until_called
from tests.places import LIB
from tests.tapes import tape_of
from tests.waiting import until

pytestmark = pytest.mark.asterisk

MIN_RING = 2.0
DIALLING = Dialling(
    min_ring_seconds=MIN_RING,
    early_media_seconds=20.0,
    set_up_seconds=5.0,
    wrap_up_seconds=0.2,
    wrap_up_ends="time",
    shortest_talk_seconds=1.0,
    drain_seconds=20.0,
)
BRIEF: dict[str, float | str] = {"setup_seconds": 0.1, "ring_seconds": 0.3}
TALKS: dict[str, float | str] = {**BRIEF, "talk_seconds": 3.0}
EXPECTED: Sequence[tuple[Behaviour, dict[str, float | str], Outcome]] = [
    (Behaviour.PERSON, TALKS, Outcome.TALKED),
    (Behaviour.HANGS_UP_AT_ONCE, BRIEF, Outcome.HUNG_UP_EARLY),
    (Behaviour.NO_ANSWER, {"setup_seconds": 0.8}, Outcome.NO_ANSWER),
    (Behaviour.BUSY, {}, Outcome.BUSY),
    (Behaviour.NOT_IN_USE, {"greeting": "使われておりません"}, Outcome.NOT_IN_USE),
    (Behaviour.NUMBER_CHANGED, {"greeting": "変更されました"}, Outcome.NUMBER_CHANGED),
    (Behaviour.UNPAID, {"greeting": "お客様の都合により"}, Outcome.UNCLEAR_REFUSAL),
    (Behaviour.OUT_OF_AREA, {"greeting": "電源が入っていない"}, Outcome.UNCLEAR_REFUSAL),
    (Behaviour.REJECTED, BRIEF, Outcome.REJECTED),
    (Behaviour.CONGESTION, {}, Outcome.NETWORK_ERROR),
    (Behaviour.MUSIC_PERSON, TALKS, Outcome.TALKED),
    (Behaviour.FAX, {**BRIEF, "talk_seconds": 2.0}, Outcome.TALKED),  # until the ear hears it
]


def numbered(wanted: Sequence[tuple[Behaviour, dict[str, float | str]]]) -> list[Subscriber]:
    return [subscriber(f"02580010{place:02d}", behaviour, **values) for place, (behaviour, values) in enumerate(wanted)]


async def test_every_behaviour_of_the_network_comes_to_its_outcome(centre_folder: Path) -> None:
    people = numbered([(behaviour, values) for behaviour, values, _ in EXPECTED])
    scene = Scene("nagaoka", people, operators=3, dialling=DIALLING)
    async with SimulatedCentre(centre_folder, LIB, scene) as centre:
        await centre.start_engine()
        await until_called(centre, within=90)
        await assert_operators_come_free(centre)
        await centre.stop_engine()
        attempts = {str(one.number): one for one in await centre.store.attempts_seen("nagaoka", centre.began)}
        outcomes = [(one.behaviour, attempts[one.number].outcome) for one in people]
        assert outcomes == [(behaviour, outcome) for behaviour, _, outcome in EXPECTED]
        await assert_quiet(centre)
        assert_no_number_in_any_log(centre)

        calls = {call.number: call for call in centre.network_calls()}
        shown = centre.city.debts[0].caller_id
        assert {(call.from_number, call.p_asserted, call.privacy) for call in calls.values()} == {(shown, shown, None)}
        nobody = calls[people[2].number]
        assert nobody.ringing_at is not None
        assert nobody.ended_at - nobody.ringing_at >= MIN_RING - 0.02  # as the far end saw it
        person = calls[people[0].number]
        assert person.heard_ms > 200, "the person heard no operator"
        assert person.first_heard_at is not None
        assert person.answered_at is not None
        assert await recorded_sides(centre, AttemptId(attempts[people[0].number].attempt)) == (True, True)


async def recorded_sides(centre: SimulatedCentre, attempt: AttemptId) -> tuple[bool, bool]:
    """Is there speech of the person (left) and of the operator (right)? Also holds the length against the store's."""
    async with asyncio.timeout(10):
        while not (stored := await centre.store.recording(attempt)):
            await asyncio.sleep(0.1)
    assert centre.instance.recordings.joinpath(stored.file).stat().st_size == stored.bytes
    with wave.open(BytesIO(tape_of(centre.settings, attempt)), "rb") as file:
        assert (file.getframerate(), file.getnchannels()) == (8000, 2)
        sound = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
        assert stored.seconds == pytest.approx(file.getnframes() / 8000)
    loud = np.abs(sound).max(axis=0) > 1000
    return bool(loud[0]), bool(loud[1])


async def test_a_person_whom_nobody_takes_hears_the_apology_also_when_the_engine_stands_still(
    centre_folder: Path,
) -> None:
    people = numbered([(Behaviour.PERSON, {**BRIEF, "ring_seconds": 2.0, "talk_seconds": 20.0})])
    async with SimulatedCentre(centre_folder, LIB, Scene("nagaoka", people, 1, DIALLING)) as centre:
        await centre.start_engine()
        await until(lambda: "!Ringing!" in centre.instance.say("core show channels concise"))
        os.kill(centre.supervisor.pid("engine"), signal.SIGSTOP)
        await until(lambda: len(centre.network_calls()) == 1, within=30)
        os.kill(centre.supervisor.pid("engine"), signal.SIGCONT)
        await until_called(centre, within=30)
        await assert_operators_come_free(centre)
        await centre.stop_engine()
        (attempt,) = await centre.store.attempts_seen("nagaoka", centre.began)
        assert attempt.outcome is Outcome.ABANDONED
        (call,) = centre.network_calls()
        assert call.ended_by is EndedBy.EXCHANGE
        assert call.first_heard_at is not None
        assert call.answered_at is not None
        assert call.first_heard_at - call.answered_at < 2.0
        assert call.heard_ms > 3000
        await assert_quiet(centre)


@pytest.mark.parametrize(
    ("identity", "prefix_186", "asserted", "preferred"),
    [
        ("from", True, False, False),
        ("p_preferred", False, False, True),
    ],
)
async def test_the_number_is_shown_where_the_carrier_wants_it(
    centre_folder: Path, identity: Identity, prefix_186: bool, asserted: bool, preferred: bool
) -> None:
    people = numbered([(Behaviour.BUSY, {})])
    scene = Scene("sendai", people, 1, DIALLING, identity=identity, prefix_186=prefix_186)
    async with SimulatedCentre(centre_folder, LIB, scene) as centre:
        await centre.start_engine()
        await until_called(centre, within=30)
        await centre.stop_engine()
        await assert_quiet(centre)
        (call,) = centre.network_calls()
        shown = centre.city.debts[1].caller_id  # the one of the case's debt kind
        assert call.from_number == shown
        assert call.p_asserted == (shown if asserted else None)
        assert call.p_preferred == (shown if preferred else None)
        assert call.prefix_186 is prefix_186
        assert call.privacy is None


async def test_who_calls_in_is_answered_and_reaches_no_outside_line(centre_folder: Path) -> None:
    """Without an engine too: the city's number is answered with a greeting; a subscriber's number is refused."""
    people = numbered([(Behaviour.PERSON, TALKS)])
    async with SimulatedCentre(centre_folder, LIB, Scene("nagaoka", people, 1, DIALLING, callers=True)) as centre:
        node = centre.settings.own_node
        outside = Plan(
            folder=centre_folder / "callers",
            carrier_port=quiet_port(),
            exchange=f"{node.host}:{node.sip_port}",
            subscribers={},
            speech_folder=LIB / "speech",
        )
        async with Network(outside) as callers:
            ours = callers.call("0258001999", str(centre.city.debts[0].caller_id), seconds=7)
            not_ours = callers.call("0258001998", people[0].number, seconds=7)
            async with asyncio.timeout(30):
                answered = await callers.until_ended(ours)
                refused = await callers.until_ended(not_ours)
            assert answered.ended_by is EndedBy.FAR_END
            assert answered.heard_ms > 3000
            assert (refused.final_code, refused.heard_ms) == (404, 0)
        assert centre.network_calls() == []
