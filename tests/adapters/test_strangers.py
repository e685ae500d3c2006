"""Whoever is not the carrier and no telephone of ours: refused, written down, and of no weight for who really calls."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from structlog.testing import LogCapture

from dialer.core.events import CallerWaits, ChannelCreated
from simnet.callers import Caller, showing
from simnet.strangers import Stranger
from tests.adapters.test_callers_asterisk import NUMBERS, called
from tests.caller_days import put_days
from tests.caller_rig import Hall, Street
from tests.waiting import until

pytestmark = pytest.mark.asterisk

STRANGER, EACH, A_SECOND = "127.0.0.9", 150, 300.0


@pytest.fixture
async def nagaoka(tmp_path: Path) -> AsyncIterator[tuple[Hall, Street]]:
    async with called(tmp_path, "nagaoka") as both:
        yield both


@pytest.fixture
def logs() -> Iterator[LogCapture]:
    """What our side of the link logs."""
    capture, before = LogCapture(), structlog.get_config()["processors"]
    structlog.configure(processors=[capture])
    yield capture
    structlog.configure(processors=before)


async def test_a_flood_of_strangers_gets_no_channel_and_keeps_nobody_from_being_answered(
    nagaoka: tuple[Hall, Street], logs: LogCapture
) -> None:
    hall, street = nagaoka
    put_days(hall.settings.caller_files, NUMBERS["nagaoka"], "0000,waiting,nagaoka,tax,5,0.2,60,,,,.\n")
    told = logs.entries
    exchange = ("127.0.0.1", hall.settings.own_node.sip_port)
    numbers = [f"0258{place:06d}" for place in range(EACH)]
    async with Stranger(STRANGER, exchange) as stranger:
        stranger.send(b"\x00" * 1200)
        stranger.send(b"INVITE sip:x SIP/2.0\r\nContent-Length: 99999999\r\n\r\n")
        await stranger.sends("INVITE", [NUMBERS["nagaoka"], "op01", *numbers], A_SECOND)
        caller = street.network.start(Caller(NUMBERS["nagaoka"], showing("0258001000")))
        await stranger.sends("REGISTER", ["op01", "op01-web", "carrier", *numbers], A_SECOND)
        await street.heard.first(CallerWaits)
        await until(lambda: caller.answered_at is not None)
        assert caller.answered_at is not None
        assert caller.answered_at - caller.invited_at < 1.0
        assert set(stranger.answers) <= {401, 403}
    created = [one for one in street.heard.items if isinstance(one, ChannelCreated)]
    assert len(created) == 1
    assert "No matching endpoint" not in street.instance.log_file.read_text("utf-8", "replace")
    refused = [line for line in told if line["event"] == "a stranger's calls are refused"]
    assert [line["address"] for line in refused] == [STRANGER]
    assert not any(number in str(line) for line in told for number in numbers)
