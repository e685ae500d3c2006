"""Sound at 16 kHz before the line narrows it: a wave type, spectra and small signals. Pure."""

import numpy as np
import numpy.typing as npt

RATE = 16000
LINE_RATE = 8000

Wave = npt.NDArray[np.float32]
Chance = np.random.Generator


def samples(seconds: float) -> int:
    return max(0, round(seconds * RATE))


def times(seconds: float) -> Wave:
    return np.arange(samples(seconds), dtype=np.float32) / np.float32(RATE)


def decibels(level: float) -> float:
    """As a factor."""
    return float(10 ** (level / 20))


def rms(sound: Wave) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))) if sound.size else 0.0


def levelled(sound: Wave, level: float) -> Wave:
    """At a root mean square of `level` dBFS; silence stays silence."""
    now = rms(sound)
    return sound if now < 1e-9 else (sound * (decibels(level) / now)).astype(np.float32)


def white(chance: Chance, count: int) -> Wave:
    return chance.standard_normal(count, dtype=np.float32)


def coloured(chance: Chance, count: int, slope_db_per_octave: float, low: float = 60.0, high: float = 7500.0) -> Wave:
    """Noise whose spectrum falls or rises with frequency."""
    if count == 0:
        return np.zeros(0, dtype=np.float32)
    spectrum = np.fft.rfft(white(chance, count))
    frequency = np.fft.rfftfreq(count, 1 / RATE)
    gain = np.where(
        (frequency >= low) & (frequency <= high),
        (np.maximum(frequency, 1.0) / 1000) ** (slope_db_per_octave / 6.02),
        0.0,
    )
    return np.fft.irfft(spectrum * gain, count).astype(np.float32)


def slow(chance: Chance, count: int, per_second: float) -> Wave:
    """A smooth random curve in about -1 … 1 that changes `per_second` times a second."""
    knots = max(2, int(count / RATE * per_second) + 2)
    return np.interp(np.linspace(0, knots - 1, count), np.arange(knots), np.tanh(chance.standard_normal(knots))).astype(
        np.float32
    )


def faded(sound: Wave, seconds: float = 0.005) -> Wave:
    """Without clicks at its ends."""
    edge = min(samples(seconds), sound.size // 2)
    if edge == 0:
        return sound
    out = sound.copy()
    ramp = np.linspace(0, 1, edge, dtype=np.float32)
    out[:edge] *= ramp
    out[-edge:] *= ramp[::-1]
    return out


def mixed(count: int, *pieces: tuple[int, Wave]) -> Wave:
    """Pieces at their places; what does not fit is cut."""
    out = np.zeros(count, dtype=np.float32)
    for at, piece in pieces:
        room = min(piece.size, count - at)
        if at < count and room > 0:
            out[at : at + room] += piece[:room]
    return out


def repeated(sound: Wave, count: int, start: int = 0) -> Wave:
    """Endlessly, from somewhere inside it."""
    if sound.size == 0:
        return np.zeros(count, dtype=np.float32)
    return np.resize(np.roll(sound, -start), count).astype(np.float32)
