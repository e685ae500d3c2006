"""What was said against what a far end really recorded, by correlation."""

from dataclasses import dataclass

import numpy as np

from dialer.media.speech import RATE, Samples

PART_SECONDS = 0.5
QUIET = 1000.0  # of a part's norm: too little to compare


@dataclass(frozen=True, slots=True)
class Found:
    """Where a sound lies in a recording, and how alike each half second of it is."""

    at_ms: float
    alike: tuple[float, ...]


def find(sound: Samples, recording: Samples) -> Found | None:
    """None when the recording is too short to hold it."""
    wanted, heard = sound.astype(float), recording.astype(float)
    if heard.size < wanted.size:
        return None
    size = 1 << (heard.size + wanted.size).bit_length()
    matched = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size)), size)
    lag = int(np.argmax(matched[: heard.size - wanted.size + 1]))
    part = int(PART_SECONDS * RATE)
    parts = [(wanted[at : at + part], heard[lag + at : lag + at + part]) for at in range(0, wanted.size - part, part)]
    alike = [
        float(np.dot(one, other) / (np.linalg.norm(one) * np.linalg.norm(other) + 1e-9))
        for one, other in parts
        if np.linalg.norm(one) > QUIET
    ]
    return Found(lag / RATE * 1000, tuple(alike))
