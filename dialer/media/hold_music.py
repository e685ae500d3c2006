"""What a person hears who has been asked for a moment: a quiet melody of our own, `<prompts>/hold.wav`.

One file for every city, played round and round by the dialplan. Sine tones only: they pass every telephone line, nobody
else's rights are touched, and no word is said that a city would have to approve (T-018).
"""

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dialer.folders import private_folder
from dialer.media.speech import RATE, Samples, write_wav

Wave = npt.NDArray[np.float64]

NAME = "hold"
PAUSE = "pause"  # its beginning, for while a key is awaited
PAUSE_BEATS = 9
TUNE = 3  # raise it when the melody changes: the file is then made anew
BEAT_SECONDS = 0.55
RING_SECONDS = 1.6  # a note dies away like a struck string, over the next ones
AUDIBLE = 10 ** (-38 / 20)  # RMS
MUSIC_LEVEL = 10 ** (-20 / 20)  # it fills the wait, it does not entertain
REST = -1
MELODY = (
    0, 2, 4, 7, 9, 7, 4, REST, 2, 4, 7, 4, 2, 0, 2, REST, 4, 7, 9, 12, 9, 7, 9, REST, 7, 4, 2, 4, 0,
)  # fmt: skip
"""Semitones above the key note; five notes to the octave, so that none is harsh beside another that still sounds."""
BASS = (0, 0, 9, 7, 0, 4, 7, 0)  # one for four beats, an octave below
KEY_HERTZ = 392.0  # g', low enough for the ear and high enough for the line


def place_hold_music(folder: Path) -> bool:
    """True when it was made now."""
    path, mark = private_folder(folder) / f"{NAME}.wav", folder / f".{NAME}"
    made_of, pause = str(TUNE), folder / f"{PAUSE}.wav"
    if path.exists() and pause.exists() and mark.exists() and mark.read_text("utf-8") == made_of:
        return False
    write_wav(hold_music(), path)
    write_wav(pause_music(), pause)
    mark.write_text(made_of, "utf-8")
    return True


@cache
def hold_music() -> Samples:
    """It begins at once: who is put on hold in the middle of a word must learn that nobody has hung up. It ends before
    the last note has died away: the next round, or what is said then, is not to follow a silence."""
    sound = tune()
    step = RATE // 50
    levels = np.sqrt((sound[: sound.size // step * step].reshape(-1, step) ** 2).mean(axis=1))
    end = (int(np.flatnonzero(levels > AUDIBLE)[-1]) + 1) * step
    sound[end - step : end] *= np.linspace(1.0, 0.0, step)
    return np.round(sound[:end] * 32767).astype(np.int16)


@cache
def pause_music() -> Samples:
    """Some five seconds that die away: nobody who thinks which key to press hears only silence."""
    sound = tune()[: round(PAUSE_BEATS * BEAT_SECONDS * RATE)] * 0.5
    fade = round(BEAT_SECONDS * RATE)
    sound[-fade:] *= np.linspace(1.0, 0.0, fade)
    return np.round(sound * 32767).astype(np.int16)


def tune() -> Wave:
    whole = np.zeros(round(((len(MELODY) - 1) * BEAT_SECONDS + RING_SECONDS) * RATE) + 1)
    for place, step in enumerate(MELODY):
        if step != REST:
            _add(whole, place, _note(KEY_HERTZ * 2 ** (step / 12)))
    for place, step in enumerate(BASS):
        _add(whole, place * 4, 0.5 * _note(KEY_HERTZ / 2 * 2 ** (step / 12)))
    return whole * (MUSIC_LEVEL / float(np.abs(whole).max()))


def _note(hertz: float) -> Wave:
    time = np.arange(round(RING_SECONDS * RATE)) / RATE
    tone = np.sin(2 * np.pi * hertz * time) + 0.25 * np.sin(4 * np.pi * hertz * time)
    return np.asarray(tone * np.minimum(1.0, time / 0.01) * np.exp(-2.2 * time) * (1 - time / RING_SECONDS))


def _add(whole: Wave, beat: int, note: Wave) -> None:
    begins = round(beat * BEAT_SECONDS * RATE)
    whole[begins : begins + len(note)] += note
