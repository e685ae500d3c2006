"""What must hold before and after every test with a real centre."""

import asyncio
import time
from datetime import UTC, datetime

from dialer.core.values import OperatorState
from dialer.simulated import SimulatedCentre

LOOK_SECONDS = 0.1


async def until_called(centre: SimulatedCentre, within: float) -> None:
    """Every case that is due has been called and its attempt has its outcome."""
    deadline = time.monotonic() + within
    while await centre.store.cases_due(centre.city.key, datetime.now(UTC)):
        assert time.monotonic() < deadline, f"not done in {within} s: {centre.engine_status()}"
        await asyncio.sleep(LOOK_SECONDS)


async def assert_quiet(centre: SimulatedCentre) -> None:
    """No channel but the operators' legs, no open attempt, three sources of one mind."""
    mismatches = await centre.mismatches()
    assert mismatches == []
    assert await centre.store.open_attempts(centre.city.key) == []
    channels = centre.instance.say("core show channels concise").splitlines()
    assert [line for line in channels if f"PJSIP/{centre.settings.trunk.name}-" in line] == []


async def assert_operators_are_where_they_say(centre: SimulatedCentre) -> None:
    """Free is who stands in the waiting room, and nobody else."""
    states = await centre.store.operators(centre.city.key)
    waiting = centre.instance.say("core show channels concise").count("!BridgeWait!")
    assert sum(one.state is OperatorState.FREE for one in states) == waiting == len(centre.settings.phones)
