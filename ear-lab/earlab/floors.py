"""Other floors under the same call: a lesson heard once more through a noise gate, or with noise. Works on frames.

In the lessons a place and its noise come with who speaks there; a network would learn the noise. So the floor of every
lesson is drawn anew, whoever speaks.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

from dialer.core.hearing.spectrum import BANDS, BLOCK
from earlab.cast import seeded
from earlab.lessons import frames
from earlab.sound import Chance, coloured

Floats = npt.NDArray[np.float32]

LEVEL, ZERO, PERIODICITY = BANDS, BANDS + 1, BANDS + 2  # columns of a lesson's rows
SLOPES = (-9.0, -6.0, -3.0, 0.0, 3.0)  # dB an octave
NOISE_BLOCKS = 600
REFERENCE = -40.0  # dBFS of the kept noise
CLEAR_DB, LOST_DB = 18.0, 3.0  # above the noise: all of a frame's tonality is left, none is


def with_another_floor(rows: Floats, chance: Chance) -> Floats:
    draw = chance.random()
    if draw < 0.25:
        return gated(rows, chance, None)
    if draw < 0.45:
        return gated(rows, chance, float(chance.uniform(-75, -46)))
    if draw < 0.75:
        return with_noise(rows, chance, float(chance.uniform(-66, -36)))
    return rows


def gated(rows: Floats, chance: Chance, comfort_noise: float | None) -> Floats:
    """What is quiet is not sent: nothing comes instead, or a steady hiss."""
    level = rows[:, LEVEL]
    opens = level > np.percentile(level, 95) - float(chance.uniform(22, 34))
    held = int(chance.integers(2, 9))
    open_ = np.convolve(opens, np.ones(held + 1))[: opens.size] > 0
    instead = np.tile(_nothing(), (rows.shape[0], 1))
    if comfort_noise is not None:
        instead = _noise(rows.shape[0], chance, comfort_noise)
    return np.where(open_[:, None], rows, instead).astype(np.float32)


def with_noise(rows: Floats, chance: Chance, decibels: float) -> Floats:
    noise = _noise(rows.shape[0], chance, decibels)
    out = rows.copy()
    out[:, :BANDS] = np.log10(10 ** rows[:, :BANDS] + 10 ** noise[:, :BANDS])
    out[:, LEVEL] = 10 * np.log10(10 ** (rows[:, LEVEL] / 10) + 10 ** (noise[:, LEVEL] / 10))
    out[:, ZERO] = 0
    left = np.clip((rows[:, LEVEL] - noise[:, LEVEL] - LOST_DB) / (CLEAR_DB - LOST_DB), 0, 1)[:, None]
    out[:, PERIODICITY:] = left * rows[:, PERIODICITY:] + (1 - left) * noise[:, PERIODICITY:]
    return out


@cache
def _nothing() -> Floats:
    last: Floats = frames(np.zeros(4 * BLOCK, dtype=np.int16))[-1]
    return last


@cache
def _kept_noise(slope: float) -> Floats:
    chance = seeded(1, "floor", slope)
    sound = coloured(chance, 2 * NOISE_BLOCKS * BLOCK, slope)[::2]
    sound = sound / np.sqrt(np.mean(sound**2)) * 10 ** (REFERENCE / 20) * 32768
    return frames(np.clip(np.round(sound), -32768, 32767).astype(np.int16))[8:]


def _noise(count: int, chance: Chance, decibels: float) -> Floats:
    kept = _kept_noise(SLOPES[int(chance.integers(len(SLOPES)))])
    first = int(chance.integers(kept.shape[0]))
    out: Floats = kept[(first + np.arange(count)) % kept.shape[0]].copy()
    out[:, :BANDS] += (decibels - REFERENCE) / 10
    out[:, LEVEL] += decibels - REFERENCE
    return out
