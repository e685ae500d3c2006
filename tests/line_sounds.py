"""What a line brings, made of tones: 8 kHz, as large as 16 bits."""

import numpy as np
import numpy.typing as npt

RATE = 8000

Sound = npt.NDArray[np.float64]
Pcm = npt.NDArray[np.int16]


def tone(hertz: float, seconds: float, level: float = 8000) -> Sound:
    return level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


def quiet(seconds: float) -> Sound:
    return np.zeros(round(seconds * RATE))


def line(*pieces: Sound, noise: float = 20.0) -> Pcm:
    """As a line brings it, with a little noise."""
    whole = np.concatenate(pieces)
    return as_pcm(whole + np.random.default_rng(1).normal(0, noise, whole.size))


def as_pcm(sound: Sound) -> Pcm:
    return np.clip(sound, -32768, 32767).astype(np.int16)
