"""The server for callers as the process that it is, with the real store: what is written, and what a kill changes."""

import os
import signal
from pathlib import Path

import pytest

from dialer.config import Dialling
from dialer.simulated import Scene, SimulatedCentre
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


async def test_who_waits_is_written_down_and_waits_on_when_the_server_is_killed(centre_folder: Path) -> None:
    scene = Scene("saitama", [subscriber(CALLER, Behaviour.PERSON)], 1, Dialling(), callers=True, cases_at_once=False)
    async with SimulatedCentre(centre_folder, LIB, scene) as centre:
        assert centre.settings.database_url is not None
        url = centre.settings.database_url.get_secret_value()
        network = Network(
            Plan(
                folder=centre_folder / "callers-network",
                carrier_port=quiet_port(),
                exchange=f"127.0.0.1:{centre.settings.own_node.sip_port}",
                subscribers={},
                speech_folder=LIB / "speech",
            )
        )
        async with network:
            call = network.start(Caller(DIALLED, showing(CALLER), keeps_tape=True, hangs_up_after_seconds=90.0))
            await until(lambda: rows_of(url, WRITTEN) == [(DIALLED, "tax", CALLER, "given", "waiting", 1)])
            await until(lambda: call.party is not None and call.party.heard.sound_ms > 1000)
            os.kill(centre.supervisor.pid("agi"), signal.SIGKILL)
            await centre.supervisor.until_ready("agi")
            assert call.party is not None
            before = call.party.heard.sound_ms
            await until(lambda: call.party is not None and call.party.heard.sound_ms > before + 3000)
            assert call.ended_at is None
            assert len(rows_of(url, WRITTEN)) == 1
            await network.place.line(call).hang_up()
            record = await network.until_ended(call)
            assert record.answered_at is not None
            assert record.silences == ()  # none of more than a second, with a server or without
        await until(lambda: f"PJSIP/{centre.settings.trunk.name}-" not in centre.instance.say("core show channels"))
    told = (centre_folder / "log" / "agi.log").read_text("utf-8")
    assert "a call came in" in told
    assert CALLER not in told
    assert DIALLED not in told
