"""Kill any part at random moments under running calls: every attempt is accounted for, nobody is called twice.

The moments are drawn from a seed. Three sources are compared afterwards: the attempts, Asterisk's own record, and the
log of the network, which knows nothing of the engine.
"""

import asyncio
import os
import random
import signal
from collections import Counter
from pathlib import Path

import pytest

from dialer.config import Dialling, Hearing
from dialer.simulated import Scene, SimulatedCentre
from simnet.subscribers import Behaviour, Subscriber, subscriber
from tests.e2e.floor import assert_operators_come_free, assert_quiet, until_called
from tests.places import LIB

pytestmark = pytest.mark.asterisk

DIALLING = Dialling(
    min_ring_seconds=2.0,
    early_media_seconds=10.0,
    set_up_seconds=5.0,
    wrap_up_seconds=0.2,
    wrap_up_ends="time",
    shortest_talk_seconds=0.5,
    drain_seconds=20.0,
)
OPERATORS = 5
PEOPLE = 60
ROUNDS = 2  # each part is killed so often


def crowd(chance: random.Random) -> list[Subscriber]:
    """Mostly persons, so that kills meet calls in every stage: set-up, ringing, the join, the talk."""

    def one(place: int) -> Subscriber:
        number, brief = (
            f"02580012{place:02d}",
            {"setup_seconds": 0.1, "ring_seconds": round(chance.uniform(0.1, 1.5), 2)},
        )
        match chance.randrange(10):
            case 0:
                return subscriber(number, Behaviour.NO_ANSWER)
            case 1:
                return subscriber(number, Behaviour.REJECTED, **brief)
            case 2:
                return subscriber(number, Behaviour.NOT_IN_USE, greeting="使われておりません")
            case 3:
                return subscriber(number, Behaviour.ANSWERING_MACHINE, record_seconds=20.0, **brief)
            case _:
                talk = round(chance.uniform(0.5, 6.0), 2)
                return subscriber(number, Behaviour.PERSON, talk_seconds=talk, **brief)

    return [one(place) for place in range(PEOPLE)]


async def kill(centre: SimulatedCentre, part: str) -> None:
    """One part, as `kill -9` would; then it is up again by itself."""
    supervisor = centre.supervisor
    if part == "link":
        sessions = centre.instance.say("manager show connected").splitlines()
        for line in sessions:
            if line.strip().startswith("yobikake"):  # the engine's and the ear's
                centre.instance.say(f"manager kick session {line.split()[4]}")
        return
    supervisor.children[part].ready.clear()
    os.kill(supervisor.pid(part), signal.SIGKILL)
    await supervisor.until_ready(part)


@pytest.mark.parametrize(("seed", "engines"), [(20261125, ["engine"]), (20261126, ["engine", "engine-2"])])
async def test_after_any_kill_all_calls_are_accounted_for_and_nobody_is_called_twice(
    centre_folder: Path, seed: int, engines: list[str]
) -> None:
    chance = random.Random(seed)
    hearing = Hearing(learn_greetings=False)
    scene = Scene("nagaoka", crowd(chance), operators=OPERATORS, dialling=DIALLING, hearing=hearing)
    async with SimulatedCentre(centre_folder, LIB, scene) as centre:
        for name in engines:
            await centre.start_engine(name=name)
        parts = [*engines, "ear", "asterisk-a", "postgres", "link"] * ROUNDS
        chance.shuffle(parts)
        for part in parts:
            await asyncio.sleep(chance.uniform(1.0, 5.0))  # the moment is the experiment
            await kill(centre, part)
        await until_called(centre, within=150)
        await assert_operators_come_free(centre)
        await centre.stop_engine()

        attempts = await centre.store.attempts_seen("nagaoka", centre.began)
        assert len({one.number for one in attempts}) == PEOPLE, "somebody was not called at all"
        await assert_quiet(centre)
        assert list(centre.instance.recordings.glob("*.raw")) == [], "a recording was left unfinished"
        called = Counter(call.number for call in centre.network_calls())
        assert [number for number, times in called.items() if times > 1] == []
