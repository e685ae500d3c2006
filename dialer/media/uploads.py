"""A recording by a human voice in place of the synthesised one: checked, then made like every other prompt.

Only plain WAV is read, and only by the standard library: no converter is ever given a file from outside.
"""

import struct
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

from dialer.media.loudness import active_level, noise_level
from dialer.media.speech import RATE, SpeechFailed
from dialer.media.wav_stream import whole_numbers

Floats = npt.NDArray[np.float32]

LARGEST_BYTES = 60_000_000  # five minutes of studio stereo
LOWEST_RATE = 8000
HIGHEST_RATE = 192_000
SHORTEST_SECONDS = 0.5
LONGEST_SECONDS = 90.0
QUIETEST = -45.0  # dB below full scale, of the speech: raising more than that raises the noise with it
NOISE_BELOW = 20.0  # dB between speech and noise
CLIPPED_SHARE = 0.0005  # of the samples at the very end of the scale


class RecordingRefused(Exception):
    """The recording cannot be a prompt: one line, what is wrong and how to mend it."""


def read_recording(path: Path) -> Floats:
    """At 8 kHz, one channel, as loud as it was."""
    sound, rate = _read(path)
    seconds = len(sound) / rate
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        said = f"{SHORTEST_SECONDS:g}～{LONGEST_SECONDS:g}秒"
        raise _refused(path, f"長さが{seconds:.1f}秒です。{said}の録音にしてください")
    mono = sound.mean(axis=1, dtype=np.float32)
    if float(np.mean(np.abs(sound) >= 0.999)) > CLIPPED_SHARE:
        raise _refused(path, "音が割れています（最大値に張り付いています）。入力レベルを下げて録り直してください")
    narrow = np.asarray(soxr.resample(mono, rate, RATE, quality="VHQ"), dtype=np.float32) if rate != RATE else mono
    try:
        level, noise = active_level(narrow), noise_level(narrow)
    except SpeechFailed:
        raise _refused(path, "音が入っていません。録り直してください") from None
    if level < QUIETEST:
        raise _refused(path, f"音が小さすぎます（{level:.0f} dBFS）。{QUIETEST:.0f} dBFS 以上で録り直してください")
    if level - noise < NOISE_BELOW:
        what = f"雑音が大きすぎます（声との差 {level - noise:.0f} dB）。"
        raise _refused(path, f"{what}{NOISE_BELOW:.0f} dB 以上の差がとれる静かな所で録り直してください")
    return narrow


def _read(path: Path) -> tuple[Floats, int]:
    """Samples by channel, -1 to 1."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise _refused(path, f"大きすぎます。{LARGEST_BYTES // 1_000_000} MB までの WAV にしてください")
        with wave.open(str(path), "rb") as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            content = file.readframes(file.getnframes())
    except OSError as error:
        raise _refused(path, f"読めません（{error.strerror}）。ファイルを確かめてください") from None
    except (wave.Error, EOFError, struct.error, RuntimeError):
        raise _refused(path, "PCM の WAV ではありません。16ビットの WAV で書き出してください") from None
    if channels not in (1, 2) or width not in (2, 3, 4):
        raise _refused(path, f"{channels}チャンネル・{width * 8}ビットです。16ビット以上の1か2チャンネルにしてください")
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise _refused(path, f"標本化周波数が {rate} Hz です。{LOWEST_RATE}～{HIGHEST_RATE} Hz にしてください")
    content = content[: len(content) // (width * channels) * width * channels]
    return whole_numbers(content, width).reshape(-1, channels), rate


def _refused(path: Path, what: str) -> RecordingRefused:
    return RecordingRefused(f"{path.name}: {what}。")
