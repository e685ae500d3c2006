"""The soft tone that an operator's telephone hears when somebody is joined: `<prompts>/chime.wav`."""

from pathlib import Path

import numpy as np

from dialer.folders import private_folder
from dialer.media.speech import RATE, Samples, write_wav

NAME = "chime"
HERTZ, SECONDS, FADE_SECONDS = 740.0, 0.12, 0.02  # as static/softphone-sound.js has it
LEVEL = 10 ** (-24 / 20)


def place_chime(folder: Path) -> None:
    path = private_folder(folder) / f"{NAME}.wav"
    if not path.exists():
        write_wav(chime(), path)


def chime() -> Samples:
    return tone(HERTZ, SECONDS, LEVEL)


def tone(hertz: float, seconds: float, level: float) -> Samples:
    """It fades in and out: no click beside a voice."""
    time = np.arange(round(seconds * RATE)) / RATE
    fade = np.minimum(1.0, np.minimum(time, seconds - time) / FADE_SECONDS)
    return np.asarray(np.round(level * 32767 * fade * np.sin(2 * np.pi * hertz * time)), dtype=np.int16)
