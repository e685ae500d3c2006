"""Makes one recorded or synthesised voice into many: pitch and its melody, vocal tract, breath, brightness. Pure.

The sound is played faster or slower along a curve (pitch), then each frame's spectral envelope is taken off, its
frequency axis bent as if the vocal tract were longer or shorter, and put back.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from earlab.sound import RATE, Chance, Wave, decibels, rms, slow

WINDOW, HOP = 512, 128
LIFTER = 36  # quefrency samples that are envelope; finer structure is the voice's pitch

Grid = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Throat:
    """How a voice differs from the one it is made of. All 1 or 0: the same voice."""

    pitch: float = 1.0
    tract: float = 1.0  # formants times this: above 1 a shorter tract
    tract_low: float = 1.0  # in addition, below 1 kHz
    tilt_db_per_octave: float = 0.0
    breath: float = 0.0  # share of noise above 2 kHz
    melody_half_tones: float = 0.5  # slow random walk of the pitch
    rise_half_tones: float = 0.0  # over the last third: a question


def shaped(sound: Wave, throat: Throat, chance: Chance) -> Wave:
    if sound.size < WINDOW:
        return sound
    curve = _pitch_curve(sound.size, throat, chance)
    bent = _played(sound, curve)
    return _envelope_bent(bent, throat, float(np.mean(curve)), chance)


def _pitch_curve(count: int, throat: Throat, chance: Chance) -> Grid:
    half_tones = throat.melody_half_tones * slow(chance, count, 2.0).astype(np.float64)
    last = count - count // 3
    half_tones[last:] += throat.rise_half_tones * np.linspace(0, 1, count - last) ** 1.5
    return np.asarray(throat.pitch * 2 ** (half_tones / 12), dtype=np.float64)


def _played(sound: Wave, curve: Grid) -> Wave:
    position = np.cumsum(np.interp(np.linspace(0, 1, int(sound.size / np.mean(curve))), _axis(curve.size), curve))
    position = position[position < sound.size - 1]
    return np.interp(position, np.arange(sound.size), sound).astype(np.float32)


def _axis(count: int) -> Grid:
    return np.linspace(0, 1, count)


def _envelope_bent(sound: Wave, throat: Throat, played_pitch: float, chance: Chance) -> Wave:
    window = np.hanning(WINDOW + 1)[:-1]
    padded = np.pad(sound, (WINDOW, WINDOW))
    starts = np.arange(0, padded.size - WINDOW, HOP)
    frames = padded[starts[:, None] + np.arange(WINDOW)] * window
    spectrum = np.fft.rfft(frames, axis=1)
    size = np.log(np.abs(spectrum) + 1e-6)
    cepstrum = np.fft.irfft(size, axis=1)
    cepstrum[:, LIFTER:-LIFTER] = 0
    envelope = np.fft.rfft(cepstrum, axis=1).real

    frequency = np.fft.rfftfreq(WINDOW, 1 / RATE)
    low_share = np.clip((1500 - frequency) / 1000, 0, 1)
    factor = throat.tract * (1 + (throat.tract_low - 1) * low_share)
    source = np.clip(frequency * played_pitch / factor / (RATE / WINDOW), 0, WINDOW // 2)
    below = np.floor(source).astype(int)
    above = np.minimum(below + 1, WINDOW // 2)
    share = source - below
    wanted = envelope[:, below] * (1 - share) + envelope[:, above] * share
    wanted = wanted + np.log(10) / 20 * throat.tilt_db_per_octave * np.log2(np.maximum(frequency, 125) / 500)
    changed = spectrum * np.exp(np.clip(wanted - envelope, -6, 3))
    if throat.breath:
        noise = np.exp(wanted) * np.exp(2j * np.pi * chance.random(spectrum.shape)) * decibels(3.0)
        where = throat.breath * np.clip((frequency - 1200) / 1500, 0, 1)
        changed = changed * (1 - where) + noise * where

    out = np.zeros(padded.size)
    weight = np.full(padded.size, 1e-6)
    back = np.fft.irfft(changed, WINDOW, axis=1) * window
    for offset in range(WINDOW // HOP):  # frames that do not overlap are laid down together
        part = back[offset :: WINDOW // HOP].reshape(-1)
        at = offset * HOP
        out[at : at + part.size] += part[: out.size - at]
        tiled = np.tile(window**2, part.size // WINDOW)
        weight[at : at + tiled.size] += tiled[: weight.size - at]
    made = (out / np.maximum(weight, 0.3))[WINDOW : WINDOW + sound.size]
    now = rms(made.astype(np.float32))
    return np.asarray(made * (rms(sound) / now if now else 0.0), dtype=np.float32)
