"""Recordings from outside: what is taken, and what is refused in one line that says how to mend it."""

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from dialer.media.finishing import finish, speak
from dialer.media.loudness import active_level, as_floats
from dialer.media.uploads import RecordingRefused, read_recording

Floats = npt.NDArray[np.float64]


def write(path: Path, sound: Floats, *, rate: int = 8000, width: int = 2, channels: int = 1) -> Path:
    whole = np.clip(sound, -1.0, 1.0) * (2.0 ** (8 * width - 1) - 1)
    if width == 1:
        content = np.round(whole + 128).astype(np.uint8).tobytes()
    else:
        wide = np.round(whole).astype("<i4").reshape(-1, 1)
        content = wide.view(np.uint8).reshape(-1, 4)[:, :width].tobytes()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(content)
    return path


@pytest.fixture(scope="module")
def speech() -> Floats:
    """Three seconds of a voice, -1 to 1."""
    return np.asarray(speak("お電話ありがとうございます。"), dtype=np.float64) / 32768


def at_rate(speech: Floats, rate: int) -> Floats:
    return np.interp(np.arange(len(speech) * rate // 8000) * 8000 / rate, np.arange(len(speech)), speech)


@pytest.mark.parametrize(("rate", "width", "channels"), [(8000, 2, 1), (16000, 2, 1), (44100, 3, 2), (48000, 4, 1)])
def test_every_usual_wav_becomes_the_same_prompt(
    rate: int, width: int, channels: int, speech: Floats, tmp_path: Path
) -> None:
    sound = np.repeat(at_rate(speech, rate) * 0.3, channels)
    prompt = finish(read_recording(write(tmp_path / "a.wav", sound, rate=rate, width=width, channels=channels)))
    assert prompt.dtype == np.int16
    assert len(prompt) / 8000 == pytest.approx(len(speech) / 8000, abs=0.15)
    assert active_level(as_floats(prompt)) == pytest.approx(-20, abs=0.3)


def test_a_tone_above_the_telephone_band_does_not_come_back_as_another(speech: Floats, tmp_path: Path) -> None:
    """Taken from 48 to 8 kHz without a filter, 6 kHz would be heard at 2 kHz."""
    rate = 48000
    high = 0.2 * np.sin(2 * np.pi * 6000 * np.arange(len(speech) * 6) / rate)
    narrow = read_recording(write(tmp_path / "a.wav", at_rate(speech, rate) * 0.3 + high, rate=rate))
    plain = read_recording(write(tmp_path / "b.wav", at_rate(speech, rate) * 0.3, rate=rate))
    left = np.abs(np.fft.rfft((narrow - plain) * np.hanning(len(narrow))))
    assert 20 * np.log10(float(np.max(left)) / (0.2 * len(narrow) / 4)) < -60


def noisy(speech: Floats, level: float) -> Floats:
    return speech * 0.3 + level * np.random.default_rng(1).standard_normal(len(speech))


def test_hum_and_a_constant_are_taken_away(speech: Floats, tmp_path: Path) -> None:
    hum = 0.05 + 0.05 * np.sin(2 * np.pi * 50 * np.arange(len(speech)) / 8000)
    with_hum = finish(read_recording(write(tmp_path / "a.wav", speech * 0.3, rate=8000)) + hum.astype(np.float32))
    spectrum = np.abs(np.fft.rfft(with_hum / 32768.0)) / len(with_hum)
    heights = np.fft.rfftfreq(len(with_hum), 1 / 8000)
    assert float(np.max(spectrum[heights < 60])) < 1e-3


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("short", "0.5～90秒"),
        ("long", "0.5～90秒"),
        ("silent", "音が入っていません"),
        ("faint", "小さすぎます"),
        ("clipped", "割れています"),
        ("noisy", "雑音"),
        ("eight bits", "16ビット"),
        ("four channels", "チャンネル"),
        ("slow", "4000 Hz"),
        ("empty", "PCM の WAV"),
        ("text", "PCM の WAV"),
        ("half a header", "PCM の WAV"),
        ("no sound at all", "0.0秒"),
        ("missing", "読めません"),
        ("folder", "読めません"),
    ],
)
def test_what_cannot_be_a_prompt_is_refused_with_the_cure(name: str, said: str, speech: Floats, tmp_path: Path) -> None:
    path = tmp_path / "recording.wav"
    match name:
        case "short":
            write(path, speech[:3000])
        case "long":
            write(path, np.tile(speech * 0.3, 50))
        case "silent":
            write(path, np.zeros(16000))
        case "faint":
            write(path, speech * 0.01)
        case "clipped":
            write(path, speech * 8)
        case "noisy":
            write(path, noisy(speech, 0.02))
        case "eight bits":
            write(path, speech, width=1)
        case "four channels":
            write(path, np.repeat(speech, 4), channels=4)
        case "slow":
            write(path, speech, rate=4000)
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_text("これは音声ではありません")
        case "half a header":
            path.write_bytes(write(path, speech).read_bytes()[:30])
        case "no sound at all":
            write(path, np.zeros(0))
        case "folder":
            path.mkdir()
    with pytest.raises(RecordingRefused, match=said) as refused:
        read_recording(path)
    assert str(refused.value).startswith("recording.wav: ")
    assert "\n" not in str(refused.value)


def test_a_broken_end_is_cut_off_not_fatal(speech: Floats, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", speech * 0.3)
    path.write_bytes(path.read_bytes()[:-1001])
    assert len(read_recording(path)) == pytest.approx(len(speech) - 500, abs=1)
