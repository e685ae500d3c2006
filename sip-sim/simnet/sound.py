"""What is heard on a telephone line, as G.711 µ-law bytes: silence, tones, room noise, music, and joined pieces.

Pure: numpy in, bytes out. A `Sound` is always whole 20 ms frames, so a player never has to cut or pad.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

RATE = 8000
FRAME = 160  # bytes, or samples, of 20 ms
FRAME_SECONDS = FRAME / RATE

Sound = bytes
Samples = npt.NDArray[np.int16]
Wave = npt.NDArray[np.float64]

SILENT_BYTE = 0xFF
SILENT_FRAME = bytes([SILENT_BYTE]) * FRAME

BIAS = 0x84
CLIP = 32635


def _to_ulaw_table() -> npt.NDArray[np.uint8]:
    """G.711, all 65536 samples at once; indexed by the sample read as unsigned."""
    value = np.arange(-32768, 32768, dtype=np.int32)
    sign = np.where(value < 0, 0x80, 0)
    biased = np.minimum(np.abs(value), CLIP) + BIAS
    exponent = np.floor(np.log2(biased)).astype(np.int32) - 7
    mantissa = (biased >> (exponent + 3)) & 0x0F
    code = ~(sign | (exponent << 4) | mantissa) & 0xFF
    return np.roll(code.astype(np.uint8), 32768)


def _from_ulaw_table() -> Samples:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    exponent = (code >> 4) & 0x07
    size = ((((code & 0x0F) << 3) + BIAS) << exponent) - BIAS
    return np.where(code & 0x80, -size, size).astype(np.int16)


TO_ULAW = _to_ulaw_table()
FROM_ULAW = _from_ulaw_table()


def encoded(samples: Samples) -> Sound:
    """µ-law, filled up with silence to whole frames."""
    raw = TO_ULAW[samples.view(np.uint16)].tobytes()
    return raw + bytes([SILENT_BYTE]) * (-len(raw) % FRAME)


def decoded(sound: bytes) -> Samples:
    return FROM_ULAW[np.frombuffer(sound, dtype=np.uint8)]


def seconds_of(sound: Sound) -> float:
    return len(sound) / RATE


def silence(seconds: float) -> Sound:
    return SILENT_FRAME * round(seconds / FRAME_SECONDS)


def _sound(wave: Wave) -> Sound:
    return encoded(np.round(np.clip(wave, -1.0, 1.0) * 32767).astype(np.int16))


def _time(seconds: float) -> Wave:
    return np.arange(round(seconds * RATE)) / RATE


@cache
def tone(hertz: float, seconds: float, level_db: float = -13.0) -> Sound:
    """One steady tone; `level_db` is its peak below full scale."""
    return _sound(10 ** (level_db / 20) * np.sin(2 * np.pi * hertz * _time(seconds)))


@cache
def ringing_tone() -> Sound:
    """The Japanese ringing tone, 400 Hz in a beat of 16 Hz: 1 s on, 2 s off."""
    time = _time(1.0)
    beat = 0.5 * (1 + np.cos(2 * np.pi * 16 * time))
    return _sound(0.15 * beat * np.sin(2 * np.pi * 400 * time)) + silence(2.0)


@cache
def fax_answer() -> Sound:
    """T.30 CED: silence, then 2100 Hz for 3 s."""
    return silence(0.5) + tone(2100, 3.0)


@cache
def music() -> Sound:
    """A little tune of its own making, in place of a ringing tone."""
    notes = [523.25, 659.25, 783.99, 659.25, 587.33, 698.46, 880.0, 698.46, 493.88, 587.33, 783.99, 587.33]
    time = _time(0.4)
    fade = np.exp(-3 * time)
    pieces = [0.2 * fade * (np.sin(2 * np.pi * note * time) + 0.4 * np.sin(4 * np.pi * note * time)) for note in notes]
    return _sound(np.concatenate(pieces))


@cache
def room_noise(seed: int, level_db: float = -52.0, seconds: float = 2.0) -> Sound:
    """What a live handset sends between words; a machine sends nothing."""
    chance = np.random.default_rng(seed)
    return _sound(10 ** (level_db / 20) * chance.standard_normal(round(seconds * RATE)))
