"""What fills a wait: a telephone's sound, never a long silence, and quieter music than words."""

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dialer.media.hold_music import hold_music, place_hold_music, tune

RATE = 8000
QUIET_SECONDS = 1.2


Wave = npt.NDArray[np.float64]


def loudness(sound: Wave) -> Wave:
    """RMS of each 20 ms."""
    frames = sound[: len(sound) // 160 * 160].reshape(-1, 160)
    return np.asarray(np.sqrt(np.mean(frames**2, axis=1)))


def test_the_file_is_one_that_asterisk_plays_and_is_made_once(tmp_path: Path) -> None:
    assert place_hold_music(tmp_path)
    file = tmp_path / "hold.wav"
    with wave.open(str(file), "rb") as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (RATE, 1, 2)
        assert 15 < sound.getnframes() / RATE < 40
    made_at = file.stat().st_mtime_ns
    assert not place_hold_music(tmp_path)
    assert file.stat().st_mtime_ns == made_at
    file.unlink()
    assert place_hold_music(tmp_path)


def test_nobody_who_waits_hears_only_silence_for_long_also_from_one_round_to_the_next() -> None:
    twice = np.concatenate([hold_music(), hold_music()]).astype(float)
    loud = np.flatnonzero(loudness(twice) > 100)
    assert loud[0] * 0.02 < 0.1, "it begins with a silence"
    assert np.diff(loud).max() * 0.02 < QUIET_SECONDS


def test_the_music_is_quiet_and_within_what_a_line_carries() -> None:
    music = tune()
    assert 0.05 < np.abs(music).max() <= 0.1
    spectrum = np.abs(np.fft.rfft(music)) ** 2
    hertz = np.fft.rfftfreq(len(music), 1 / RATE)
    passed = spectrum[(hertz > 180) & (hertz < 3400)].sum() / spectrum.sum()
    assert passed > 0.99
