"""The real AMD() of a private Asterisk on files: it says what its arithmetic says, and a missing part is named."""

from pathlib import Path

import numpy as np
import pytest

from dialer.media.speech import Samples, write_wav
from earlab.amd_asterisk import AmdBench
from earlab.amd_model import DEFAULTS, AmdSettings, answers, loudness
from earlab.labels import Label
from tests.places import LIB

TIME_MS = 200
PATIENT = AmdSettings(after_greeting_silence=1500)

SOUNDS = {
    "says-hello": [(0, 400), (8000, 500), (0, 3500)],
    "speaks-on": [(0, 400), (8000, 3000)],
    "says-nothing": [(0, 4000)],
    "counts": [(0, 200), (8000, 200), (0, 100), (8000, 200), (0, 100), (8000, 200), (0, 2000)],
}


def _sound(parts: list[tuple[int, int]]) -> Samples:
    chance = np.random.default_rng(1)
    return np.concatenate([chance.integers(-level - 1, level + 1, ms * 8) for level, ms in parts]).astype(np.int16)


@pytest.mark.asterisk
async def test_asterisk_and_the_arithmetic_agree_on_plain_sounds(tmp_path: Path) -> None:
    """Times agree within 200 ms: frames, and what a busy machine adds."""
    known = [Label(f"{name}.wav", "person") for name in SOUNDS]
    sounds = [_sound(parts) for parts in SOUNDS.values()]
    for label, sound in zip(known, sounds, strict=True):
        write_wav(sound, tmp_path / label.file)
    levels = np.stack([loudness(sound) for sound in sounds])
    bench = AmdBench(tmp_path / "asterisk", LIB, tmp_path, [DEFAULTS, PATIENT])
    async with bench.running():
        for number, settings in enumerate((DEFAULTS, PATIENT)):
            heard = await bench.judge(number, known)
            for name, expected in answers(known, levels, settings).items():
                said = heard.answers[name]
                assert said.verdict == expected.verdict, (name, said.reason)
                assert said.decided_at_ms == pytest.approx(expected.decided_at_ms, abs=TIME_MS)


def test_the_default_settings_are_written_in_the_order_of_amds_arguments() -> None:
    assert DEFAULTS.arguments == "2500,1500,800,5000,100,50,2,256,5000"
