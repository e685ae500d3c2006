"""One level for all prompts, whoever speaks them: measured over the speech itself, pauses left out.

As ITU-T P.56 defines it, in blocks of 20 ms: speech is what lies less than 15.9 dB below the level of the speech, with
the short gaps between its syllables.
"""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from dialer.media.speech import RATE, Samples, SpeechFailed

Floats = npt.NDArray[np.float32]

LEVEL = -20.0  # dB below full scale, of the speech
PEAK = 10 ** (-3.2 / 20)  # below -3 dBFS with some room for rounding
BLOCK = RATE // 50
MARGIN_DB = 15.9
GAP_BLOCKS = 10  # 200 ms
LOOK_AHEAD = RATE // 200  # 5 ms
LOWEST_HZ, FULL_FROM_HZ = 80.0, 160.0  # below, a telephone passes nothing, and a microphone hears the building
LEVELLING_ROUNDS = 8


def as_floats(samples: Samples) -> Floats:
    """-1 to 1."""
    return np.asarray(samples / 32768, dtype=np.float32)


def active(sound: Floats) -> npt.NDArray[np.bool_]:
    """Which blocks of 20 ms are speech."""
    whole = sound[: len(sound) // BLOCK * BLOCK].astype(np.float64).reshape(-1, BLOCK)
    powers = np.mean(whole**2, axis=1)
    if powers.size == 0 or not np.any(powers > 1e-9):
        raise SpeechFailed("there is no sound in it")
    speech: npt.NDArray[np.bool_] = powers > 1e-9
    for _ in range(50):
        level = float(np.mean(powers[speech]))
        wider = _closed(powers > level * 10 ** (-MARGIN_DB / 10))
        if np.array_equal(wider, speech):
            break
        speech = wider
    return speech


def active_level(sound: Floats) -> float:
    """dB below full scale, of the speech alone."""
    blocks = sound[: len(sound) // BLOCK * BLOCK].astype(np.float64).reshape(-1, BLOCK)
    return _decibels(float(np.mean(blocks[active(sound)] ** 2)))


def noise_level(sound: Floats) -> float:
    """Of what is no speech; of the quietest twentieth when speech is everywhere."""
    powers = np.sort(np.mean(sound[: len(sound) // BLOCK * BLOCK].astype(np.float64).reshape(-1, BLOCK) ** 2, axis=1))
    return _decibels(float(np.mean(powers[: max(1, len(powers) // 20)])))


def levelled(sound: Floats) -> Floats:
    """The speech at LEVEL, no peak above PEAK: the few that stick out are turned down, without a click."""
    done = sound.astype(np.float32)
    for _ in range(LEVELLING_ROUNDS):
        off = LEVEL - active_level(done)
        if abs(off) < 0.05 and float(np.max(np.abs(done))) <= PEAK:
            break
        done = limited(np.asarray(done * 10 ** (off / 20), dtype=np.float32))
    return done


def limited(sound: Floats) -> Floats:
    """Turned down around each peak by as much as it needs: lowest gain near by, smoothed over the same time."""
    needed = np.minimum(1.0, PEAK / np.maximum(np.abs(sound), 1e-9))
    if float(np.min(needed)) >= 1.0:
        return sound
    width = 2 * LOOK_AHEAD + 1
    near = np.lib.stride_tricks.sliding_window_view(np.pad(needed, LOOK_AHEAD, mode="edge"), width).min(axis=1)
    window = np.hanning(width + 2)[1:-1]
    gain = np.convolve(np.pad(near, LOOK_AHEAD, mode="edge"), window / window.sum(), mode="valid")
    return np.asarray(sound * gain, dtype=np.float32)


def without_rumble(sound: Floats) -> Floats:
    """No constant, no hum: they would count as loudness and nobody hears them on a telephone."""
    spectrum = np.fft.rfft(sound)
    heights = np.fft.rfftfreq(len(sound), 1 / RATE)
    ramp = np.clip((heights - LOWEST_HZ) / (FULL_FROM_HZ - LOWEST_HZ), 0.0, 1.0)
    return np.asarray(np.fft.irfft(spectrum * ramp, len(sound)), dtype=np.float32)


def _closed(speech: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Gaps between syllables belong to the speech; what comes before its first and after its last block does not."""
    filled, places = speech.copy(), np.flatnonzero(speech)
    for before, after in pairwise(places):
        if after - before <= GAP_BLOCKS:
            filled[before:after] = True
    return filled


def _decibels(power: float) -> float:
    return 10.0 * float(np.log10(max(power, 1e-12)))
