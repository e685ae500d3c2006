"""From speech, synthesised or recorded, to a prompt: trimmed, joined, one loudness, a little silence around."""

import hashlib
import warnings
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "Couldn't find ffmpeg", RuntimeWarning)  # only other formats would need it
    from pydub import AudioSegment

from dialer.media.announcer import announced, made_with, sentences
from dialer.media.loudness import BLOCK, active, as_floats, levelled, without_rumble
from dialer.media.speech import RATE, Samples, SpeechFailed

Floats = npt.NDArray[np.float32]

RECIPE = 2  # raise it when anything here changes: all prompts are then made anew
PAUSE_MS = 350  # between two sentences, besides the quiet at their edges
COMMA_MS = 340
LEAD_IN_MS, TAIL_MS = 100, 200  # the first syllable survives a slow start of the far end, the last one a quick cut
BEFORE_BLOCKS, AFTER_BLOCKS = 2, 5  # soft sounds at the edges belong to the speech


def spoken_name(text: str) -> str:
    """By what its sound is made of, so that the same sound is made once and another text is another file."""
    return hashlib.sha256(f"{RECIPE}\n{made_with()}\n{text}".encode()).hexdigest()[:24]


def speak(text: str) -> Samples:
    """A whole text as a prompt."""
    said = sentences(text)
    if not said:
        raise SpeechFailed("there is nothing to say: the text is empty")
    return _joined([_sentence(one) for one in said])


def finish(recorded: Floats) -> Samples:
    """A recording as a prompt; its pauses stay as the speaker made them."""
    return _joined([levelled(_trimmed(without_rumble(recorded)))])


@lru_cache(maxsize=500)
def _sentence(text: str) -> Floats:
    """Cities share most of theirs."""
    return levelled(_without_long_pauses(_trimmed(without_rumble(announced(text)))))


def _joined(parts: Sequence[Floats]) -> Samples:
    whole = AudioSegment.silent(LEAD_IN_MS, RATE)
    for place, part in enumerate(parts):
        pause = AudioSegment.silent(PAUSE_MS if place else 0, RATE)
        whole = whole + pause + AudioSegment(_int16(part).tobytes(), frame_rate=RATE, sample_width=2, channels=1)
    whole += AudioSegment.silent(TAIL_MS, RATE)
    return _int16(levelled(as_floats(np.frombuffer(whole.raw_data, dtype="<i2").astype(np.int16))))


def _trimmed(sound: Floats) -> Floats:
    speech = np.flatnonzero(active(sound))
    first, last = int(speech[0]) - BEFORE_BLOCKS, int(speech[-1]) + 1 + AFTER_BLOCKS
    kept = sound[max(0, first * BLOCK) : last * BLOCK].copy()
    ramp = np.linspace(0.0, 1.0, BLOCK // 2, dtype=np.float32)
    kept[: len(ramp)] *= ramp
    kept[-len(ramp) :] *= ramp[::-1]
    return kept


def _without_long_pauses(sound: Floats) -> Floats:
    """The voice stops for 0.6 s at every comma; on a telephone that sounds as if the call had been lost."""
    speech, longest = np.flatnonzero(active(sound)), COMMA_MS * RATE // 1000
    kept, begins = [], 0
    for before, after in pairwise(speech):
        pause, ends = int(after - before - 1) * BLOCK, int(before + 1) * BLOCK
        if pause > longest:
            kept.append(sound[begins : ends + longest // 2])
            begins = ends + pause - (longest - longest // 2)
    return np.concatenate([*kept, sound[begins:]])


def _int16(sound: Floats) -> Samples:
    return np.asarray(np.round(sound * 32767), dtype="<i2").astype(np.int16)
