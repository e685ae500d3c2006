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


def assert_no_number_in_any_log(centre: SimulatedCentre) -> None:
    """Neither whom we called nor what we showed: ids only."""
    written = [*(centre.folder / "log").glob("*.log"), centre.instance.log_file, centre.instance.witness_file]
    numbers = [one.number for one in centre.scene.subscribers] + [str(debt.caller_id) for debt in centre.city.debts]
    told = [path.name for path in written if any(number in path.read_text("utf-8", "replace") for number in numbers)]
    assert len(written) > 4
    assert told == []


async def assert_operators_come_free(centre: SimulatedCentre, within: float = 20.0) -> None:
    """After the last call: free is who stands in Asterisk's waiting room, and that is everybody."""
    deadline = time.monotonic() + within
    wanted = (centre.scene.operators, centre.scene.operators)
    while (found := await _free_and_waiting(centre)) != wanted:
        assert time.monotonic() < deadline, f"free in the store and in the waiting room: {found}, not {wanted}"
        await asyncio.sleep(LOOK_SECONDS)


async def _free_and_waiting(centre: SimulatedCentre) -> tuple[int, int]:
    states = await centre.store.operator_states(centre.city.key)
    return states[OperatorState.FREE], centre.instance.say("core show channels concise").count("!BridgeWait!")
