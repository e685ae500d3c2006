"""The server for callers as the process that it is, with the real store: what is written, and what a kill changes."""

import os
import signal
from pathlib import Path

import pytest

from dialer.config import Dialling
from dialer.core.callers import LAST
from dialer.simulated import Scene, SimulatedCentre
from simnet.call import Call
from simnet.callers import Caller, showing
from simnet.network import Network, Plan
from simnet.ports import quiet_port
from simnet.subscribers import Behaviour, subscriber
from tests.adapters.store_rows import rows_of
from tests.places import LIB
from tests.waiting import until

pytestmark = pytest.mark.asterisk

CALLER = "0258001000"
DIALLED = "0258009029"
WRITTEN = "SELECT dialled, group_key, number, number_given, route, rank FROM inbound_call"


async def until_something_more_is_heard(call: Call, seconds: float) -> None:
    party = call.party
    assert party is not None
    enough = party.heard.sound_ms + 1000 * seconds
    await until(lambda: party.heard.sound_ms > enough)
    assert call.ended_at is None


async def test_who_waits_is_written_down_and_waits_on_when_the_server_is_killed_or_freezes(centre_folder: Path) -> None:
    who = [subscriber(CALLER, Behaviour.PERSON)]
    scene = Scene("saitama", who, 1, Dialling(), callers=True, cases_at_once=False, manned=False)
    async with SimulatedCentre(centre_folder, LIB, scene) as centre:
        assert centre.settings.database_url is not None
        url = centre.settings.database_url.get_secret_value()
        server = centre.supervisor.children["agi"]
        await centre.start_engine()  # nobody is taken for frozen who is alone
        plan = Plan(
            folder=centre_folder / "callers-network",
            carrier_port=quiet_port(),
            exchange=f"127.0.0.1:{centre.settings.own_node.sip_port}",
            subscribers={},
            speech_folder=LIB / "speech",
        )
        async with Network(plan) as network:
            caller = Caller(DIALLED, showing(CALLER), keeps_tape=True, hangs_up_after_seconds=90.0)
            row = (DIALLED, "tax", CALLER, "given", "waiting", LAST)
            one = network.start(caller)
            await until(lambda: rows_of(url, WRITTEN) == [row])
            await until(lambda: one.party is not None and one.party.heard.sound_ms > 1000)
            server.ready.clear()
            os.kill(centre.supervisor.pid("agi"), signal.SIGKILL)
            await centre.supervisor.until_ready("agi")
            await until_something_more_is_heard(one, 3.0)

            other = network.start(caller)
            await until(lambda: other.party is not None and other.party.heard.sound_ms > 1000)
            frozen = centre.supervisor.pid("agi")
            os.kill(frozen, signal.SIGSTOP)
            await until(lambda: server.pid != frozen)
            await until_something_more_is_heard(other, 3.0)

            for call in (one, other):
                await network.place.line(call).hang_up()
            records = [await network.until_ended(call) for call in (one, other)]
            assert all(record.answered_at is not None for record in records)
            assert records[0].silences == ()  # none of more than a second, with a server or without
            assert rows_of(url, WRITTEN) == [row, row]
        await until(lambda: f"PJSIP/{centre.settings.trunk.name}-" not in centre.instance.say("core show channels"))
    told = (centre_folder / "log" / "agi.log").read_text("utf-8")
    assert "a call came in" in told
    assert CALLER not in told
    assert DIALLED not in told
