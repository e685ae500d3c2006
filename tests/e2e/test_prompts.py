"""A centre with a real carrier, as a person starts it: up, and calling nobody before the city approved its texts."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialer.config import ROOT
from dialer.media.prompts import OUR_OWN
from simnet.ports import quiet_port
from tests.places import LIB
from tests.waiting import until

pytestmark = pytest.mark.asterisk

CALLED = ("apology", "inbound", "waiting", "closed", "voicemail", "screening")


class Centre:
    def __init__(self, folder: Path) -> None:
        ports = {
            "sip_port": quiet_port(),
            "ami_port": quiet_port(),
            "http_port": quiet_port(),
            "rtp_from": 24600,
            "rtp_to": 24800,
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("YOBIKAKE")}
        self.environment = {
            **kept,
            "PYTHONPATH": str(ROOT),
            "YOBIKAKE_STATE_DIR": str(folder),
            "YOBIKAKE_LIB_DIR": str(LIB),
            "YOBIKAKE_OPERATOR_PHONES": "2",
            "YOBIKAKE_NODES": json.dumps([{"name": "a", **ports}]),
            "YOBIKAKE_TRUNK": json.dumps({"host": "192.0.2.1", "port": 5060}),
            "YOBIKAKE_WEB__SERVE": "false",
            "YOBIKAKE_CALLERS__PORT": str(quiet_port()),
            "YOBIKAKE_HEARING": json.dumps({"port": quiet_port()}),
        }

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        argv = [sys.executable, "-m", "dialer", *words]
        return subprocess.run(argv, env=self.environment, capture_output=True, text=True, timeout=120, check=False)

    def says(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def why(self) -> str:
        """What the engine says, also while it is still coming up and `status` therefore ends with 1."""
        return self.run("status").stdout.splitlines()[-1].removeprefix("engine says").strip()

    def decide(self, word: str, purpose: str) -> None:
        self.says("prompts", word, "--purpose", purpose, "--version", "1", "--reason", "協議書 第3号")


@pytest.fixture
def centre(centre_folder: Path) -> Iterator[Centre]:
    made = Centre(centre_folder)
    yield made
    made.says("down", "--now")


async def test_nobody_is_called_before_the_texts_are_approved_and_nobody_after_one_is_withdrawn(
    centre: Centre, centre_folder: Path
) -> None:
    prompts = centre_folder / "prompts"
    centre.says("set-up")
    centre.says("up")
    await until(lambda: centre.why().startswith("承認された文面がそろうまで架電しません（"))
    assert centre.why().count("版1は下書きです") == len(CALLED)
    assert {path.name for path in prompts.rglob("*.wav")} == set(OUR_OWN)
    for purpose in CALLED:
        centre.decide("approve", purpose)
    await until(lambda: "文面" not in centre.why())
    assert (prompts / "nagaoka" / "apology.wav").exists()
    made = len(list((prompts / "sound").iterdir()))
    assert made > len(CALLED)  # the notice outside the hours names each of the next openings
    centre.decide("withdraw", "apology")
    await until(lambda: "担当者につながらないときのお詫び: 文面は取り下げられています" in centre.why())
    assert not (prompts / "nagaoka" / "apology.wav").exists()
    assert len(list((prompts / "sound").iterdir())) == made - 1
    told = (centre_folder / "log" / "engine.log").read_text(encoding="utf-8")
    assert [told.count('"no calls are placed"') >= 2, told.count("texts are complete")] == [True, 1]
