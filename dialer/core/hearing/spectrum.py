"""From samples to what an ear notices in 20 ms: bands, loudness, periodicity, steadiness of tones. Streaming.

Two spectra are taken of each block: a short one (32 ms) for the bands of speech and a long one (64 ms) for pitch and
tones. What is returned is used by the sounds' network, by the tone rules and by fingerprints.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RATE = 8000
BLOCK = 160
BLOCK_MS = 20
SHORT = 256
LONG = 512
BANDS = 24
LOWEST, HIGHEST = 120.0, 3700.0
QUIETEST = -96.0  # dBFS of nothing at all

Floats = npt.NDArray[np.float32]
Pcm = npt.NDArray[np.int16]


def _mel(hertz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return 2595 * np.log10(1 + np.asarray(hertz, dtype=np.float64) / 700)


def _filters() -> Floats:
    edges = 700 * (10 ** (np.linspace(_mel(LOWEST), _mel(HIGHEST), BANDS + 2) / 2595) - 1)
    bins = np.fft.rfftfreq(SHORT, 1 / RATE)
    rising = (bins[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)


FILTERS = _filters()
SHORT_WINDOW = np.hanning(SHORT).astype(np.float32) / 32768
LONG_WINDOW = np.hanning(LONG).astype(np.float32) / 32768
SHORT_POWER = float(np.sum((SHORT_WINDOW * 32768) ** 2)) * SHORT / 2
FIRST_BIN, LAST_BIN = 10, 244  # 156 … 3812 Hz in the long spectrum: inside every line's band
FIRST_LAG, LAST_LAG = 18, 134  # pitch 444 … 60 Hz
WINDOW_LAGS = np.fft.irfft(np.abs(np.fft.rfft(LONG_WINDOW, 2 * LONG)) ** 2)[: LAST_LAG + 1]
WINDOW_LAGS = (WINDOW_LAGS / WINDOW_LAGS[0]).astype(np.float32)
TINY = np.float32(1e-10)


@dataclass(slots=True)
class Frame:
    """What 20 ms sounded like."""

    bands: Floats  # log10 of the power in each band
    level: float  # dBFS
    zero: bool  # every sample the same: made by a machine, or nothing sent
    periodicity: float  # 0 … 1
    pitch: float  # Hz, where periodicity says it means something
    dominance: float  # share of the power around the strongest line
    two_lines: float  # share of the power around the two strongest lines
    hertz: float  # of the strongest line
    steadiness: float  # likeness of this long spectrum to the one 40 ms ago
    power: Floats  # the long power spectrum


class Spectrum:
    """Turns blocks of exactly 160 samples into frames; remembers 64 ms."""

    def __init__(self) -> None:
        self._samples = np.zeros(LONG, dtype=np.float32)
        nothing: Floats = np.zeros(LAST_BIN - FIRST_BIN, dtype=np.float32)
        self._before = [nothing, nothing]

    def frame(self, block: Pcm) -> Frame:
        samples = self._samples
        samples[:-BLOCK] = samples[BLOCK:]
        samples[-BLOCK:] = block
        recent = samples[-BLOCK:]
        mean = recent.sum() / BLOCK  # as mean(), in a quarter of its time
        variance = float(np.dot(recent, recent)) / BLOCK - float(mean) ** 2
        level = max(QUIETEST, 10 * np.log10(max(variance, 0.0) / 32768**2 + 1e-10))

        centred = samples - samples.sum() / LONG
        short = np.fft.rfft(centred[-SHORT:] * SHORT_WINDOW)
        power = short.real**2 + short.imag**2
        bands = np.log10(power.astype(np.float32) @ FILTERS + TINY)

        spectrum = np.fft.rfft(centred * LONG_WINDOW, 2 * LONG)
        fine = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
        fine[:12] = 0  # below 94 Hz a line carries hum and steps of the level only
        lags = np.fft.irfft(fine)[: LAST_LAG + 1]
        total = float(lags[0])
        if total > 1e-9:
            curve = lags[FIRST_LAG:] / (WINDOW_LAGS[FIRST_LAG:] * total)
            best = int(np.argmax(curve))
            periodicity = min(1.0, max(0.0, float(curve[best])))
            pitch = RATE / (best + FIRST_LAG)
        else:
            periodicity, pitch = 0.0, 0.0

        long = fine[::2][FIRST_BIN:LAST_BIN]
        whole = float(long.sum()) + 1e-9
        strongest = int(np.argmax(long))
        low, high = max(0, strongest - 2), strongest + 3
        first = float(long[low:high].sum())
        rest = long.copy()
        rest[low:high] = 0
        second = int(np.argmax(rest))
        two = first + float(rest[max(0, second - 2) : second + 3].sum())
        root = np.sqrt(long)
        norm = float(np.sqrt(whole))
        before = self._before[0]
        steadiness = float(np.dot(root, before)) / norm if whole > 1e-8 else 0.0
        self._before = [self._before[1], np.asarray(root / norm, dtype=np.float32)]
        return Frame(
            bands=bands,
            level=float(level),
            zero=bool(recent[0] == mean and not np.any(recent != recent[0])),
            periodicity=periodicity,
            pitch=pitch,
            dominance=first / whole,
            two_lines=two / whole,
            hertz=_between(long, strongest),
            steadiness=min(1.0, steadiness),
            power=long,
        )


def _between(power: Floats, peak: int) -> float:
    """The frequency of a line to a part of a bin."""
    if not 0 < peak < power.size - 1:
        return (peak + FIRST_BIN) * RATE / LONG
    left, middle, right = (float(np.log(power[at] + TINY)) for at in (peak - 1, peak, peak + 1))
    bend = left - 2 * middle + right
    shift = 0.5 * (left - right) / bend if bend < 0 else 0.0
    return (peak + FIRST_BIN + shift) * RATE / LONG


class Blocks:
    """Cuts whatever comes into blocks of 160 samples; garbage becomes samples, never an exception."""

    def __init__(self) -> None:
        self._rest = np.zeros(0, dtype=np.int16)

    def cut(self, samples: object) -> list[Pcm]:
        block = as_samples(samples)
        if self._rest.size == 0 and block.size == BLOCK:
            return [block]
        whole = np.concatenate([self._rest, block])
        count = whole.size // BLOCK
        self._rest = whole[count * BLOCK :].copy()
        return [whole[at * BLOCK : (at + 1) * BLOCK] for at in range(count)]


def as_samples(samples: object) -> Pcm:
    """16-bit samples of an array or of little-endian bytes; what cannot be read is left out."""
    if isinstance(samples, np.ndarray) and samples.dtype == np.int16 and samples.ndim == 1:
        return samples
    if isinstance(samples, bytes | bytearray | memoryview):
        raw = bytes(samples)
        return np.frombuffer(raw[: len(raw) // 2 * 2], dtype="<i2").astype(np.int16)
    try:
        loose = np.asarray(samples, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError):
        return np.zeros(0, dtype=np.int16)
    return np.clip(np.nan_to_num(loose, nan=0.0, posinf=32767, neginf=-32768), -32768, 32767).astype(np.int16)
