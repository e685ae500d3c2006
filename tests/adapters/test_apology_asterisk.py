"""Which apology the real Asterisk speaks, by our own dialplan. A Local channel plays the far end."""

import uuid
from pathlib import Path

import numpy as np
import pytest

from dialer.core.events import ApologyPlayed, ChannelId, HungUp
from dialer.media.speech import write_wav
from dialer.ports import Accepted, Outgoing
from tests.adapters.test_ami_asterisk import Exchange, linked_to
from tests.adapters.test_asterisk import instance_in

pytestmark = pytest.mark.asterisk

WAITS = "Local/wait@operator/n"  # answers, says nothing and stays
OWN, CITYS = "sound/own", "nagaoka/apology"


@pytest.mark.parametrize(
    ("sounds", "named", "complete"),
    [
        ([OWN], OWN, True),
        ([CITYS], OWN, True),  # withdrawn while it rang
        ([CITYS], None, True),
        ([OWN], None, False),
        ([], OWN, False),
    ],
)
async def test_the_apology_of_the_debt_kind_is_spoken_or_else_the_citys(
    sounds: list[str], named: str | None, complete: bool, tmp_path: Path
) -> None:
    instance = instance_in(tmp_path)
    instance.configure()
    for name in sounds:
        write_wav(np.full(4000, 1000, dtype=np.int16), tmp_path / "prompts" / f"{name}.wav")
    channel = ChannelId(str(uuid.uuid4()))
    variables = {"ATTEMPT": channel, "CITY": "nagaoka", "MEET_WITHIN": "0.1", "RECORD": "no"}
    if named:
        variables["APOLOGY"] = named
    async with Exchange(instance).running(), linked_to(instance) as (link, heard):
        call = Outgoing(channel, WAITS, "customer", "answered", None, 10.0, variables)
        assert await link.start(call) == Accepted()
        assert (await heard.first(ApologyPlayed, channel)).complete is complete
        assert (await heard.first(HungUp, channel)).cause == 16
