"""Japanese speech, made by the real voice once and kept."""

import sys
from pathlib import Path

import numpy as np
import pytest

from dialer.media.speech import PEAK, RATE, Speech, SpeechFailed, read_wav, write_wav

TEXT = "もしもし。"


def test_a_text_is_spoken_at_8_khz_with_its_peak_at_minus_3_dbfs_and_no_silence_around(tmp_path: Path) -> None:
    samples = Speech(tmp_path).samples(TEXT)
    assert samples.dtype == np.int16
    assert 0.3 < len(samples) / RATE < 1.5
    assert abs(int(np.max(np.abs(samples.astype(int)))) - round(PEAK)) <= 1
    loud = np.flatnonzero(np.abs(samples.astype(int)) > 0.02 * 32767)
    assert loud[0] < 0.1 * RATE
    assert len(samples) - loud[-1] < 0.1 * RATE


def test_a_kept_text_needs_no_voice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Speech(tmp_path).samples(TEXT)
    monkeypatch.setitem(sys.modules, "pyopenjtalk", None)  # an import would now fail
    assert np.array_equal(Speech(tmp_path).samples(TEXT), first)
    with pytest.raises(ImportError):
        Speech(tmp_path).samples("はい。")


def test_another_voice_or_text_has_its_own_file_without_the_text_in_its_name(tmp_path: Path) -> None:
    Speech(tmp_path).samples(TEXT)
    Speech(tmp_path).samples("はい。")
    Speech(tmp_path, voice="another").samples(TEXT)
    names = [path.name for path in tmp_path.iterdir()]
    assert len(names) == 3
    assert all(name.isascii() and name.endswith(".wav") for name in names)


def test_a_prompt_is_the_same_sound_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    speech = Speech(tmp_path / "kept")
    speech.write(TEXT, tmp_path / "prompts" / "hello.wav")
    assert np.array_equal(read_wav(tmp_path / "prompts" / "hello.wav"), speech.samples(TEXT))
    assert [path.name for path in (tmp_path / "prompts").iterdir()] == ["hello.wav"]


@pytest.mark.parametrize("text", ["", " \n", "。"])
def test_nothing_to_say_is_an_error(text: str, tmp_path: Path) -> None:
    with pytest.raises(SpeechFailed):
        Speech(tmp_path).samples(text)
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_reads_the_same(tmp_path: Path) -> None:
    samples = np.array([0, 1, -1, 32767, -32768], dtype=np.int16)
    write_wav(samples, tmp_path / "a.wav")
    assert np.array_equal(read_wav(tmp_path / "a.wav"), samples)
