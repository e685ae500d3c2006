"""What a line brings, made of tones: 8 kHz, as large as 16 bits."""

import numpy as np
import numpy.typing as npt

from dialer.core.hearing.spectrum import BLOCK, Pcm

RATE = 8000

Sound = npt.NDArray[np.float64]


def tone(hertz: float, seconds: float, level: float = 8000) -> Sound:
    return level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


def quiet(seconds: float) -> Sound:
    return np.zeros(round(seconds * RATE))


def ringback(hertz: float = 400, beat: float = 16) -> Sound:
    """One second of it."""
    time = np.arange(RATE) / RATE
    return 4000 * (1 + np.cos(2 * np.pi * beat * time)) * np.sin(2 * np.pi * hertz * time)


def line(*pieces: Sound, noise: float = 20.0) -> Pcm:
    """As a line brings it, with a little noise."""
    whole = np.concatenate(pieces)
    return as_pcm(whole + np.random.default_rng(1).normal(0, noise, whole.size))


def as_pcm(sound: Sound) -> Pcm:
    return np.clip(sound, -32768, 32767).astype(np.int16)


def blocks(samples: Pcm) -> list[Pcm]:
    return [samples[at : at + BLOCK] for at in range(0, samples.size - BLOCK + 1, BLOCK)]


def melody(seed: int, seconds: float = 5.0) -> Sound:
    """Something as busy as speech: harmonics that change every 120 ms."""
    chance = np.random.default_rng(seed)
    parts = []
    for _ in range(int(seconds / 0.12)):
        base = chance.uniform(120, 260)
        shape = chance.uniform(0, 1, 12)
        parts.append(sum(shape[n] * tone(base * (n + 1), 0.12, 1500) for n in range(12)))
    return np.concatenate(parts)
