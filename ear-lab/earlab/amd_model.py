"""Asterisk's AMD() as arithmetic over many files and settings at once: finds its best settings without hours of calls.

Written from its documented behaviour and checked against the real one by the bench, which prints how often they agree.
"""

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from dialer.media.speech import Samples
from earlab.answers import BLOCK, BLOCK_MS, Answer
from earlab.labels import Label
from earlab.scores import Scores, scored

Grid = npt.NDArray[np.int64]

UNDECIDED, PERSON, MACHINE = 0, 1, 2
VERDICT = {UNDECIDED: "undecided", PERSON: "person", MACHINE: "voicemail"}
TOTAL_MS = 5000
LONGER_TOTAL_MS = 5500
COUNTED_TWICE_MS = 480  # Asterisk 22 gives up so much before its total: it also counts the wait for the first frames
FRAMES = LONGER_TOTAL_MS // BLOCK_MS


@dataclass(frozen=True, slots=True)
class AmdSettings:
    """In the order of AMD()'s arguments; its own defaults."""

    initial_silence: int = 2500
    greeting: int = 1500
    after_greeting_silence: int = 800
    total_analysis_time: int = TOTAL_MS
    minimum_word_length: int = 100
    between_words_silence: int = 50
    maximum_number_of_words: int = 2  # one more makes a machine
    silence_threshold: int = 256
    maximum_word_length: int = 5000

    @property
    def arguments(self) -> str:
        return ",".join(str(value) for value in astuple(self))


DEFAULTS = AmdSettings()


def grid() -> Iterator[AmdSettings]:
    """The settings tried; all that people turn."""
    for initial, greeting, after, between, words, threshold in product(
        (2500, 3500, 4500), (1500, 2000, 2500, 3000), (500, 800, 1000, 1200), (50, 120, 200), (2, 4, 7), (128, 256, 512)
    ):
        yield AmdSettings(initial, greeting, after, LONGER_TOTAL_MS, 100, between, words, threshold)


def loudness(samples: Samples) -> Grid:
    """The mean of abs(sample) for each 20 ms, until AMD gives up; -1 after the end."""
    blocks = samples[: samples.size // BLOCK * BLOCK].reshape(-1, BLOCK)[:FRAMES]
    out = np.full(FRAMES, -1, dtype=np.int64)
    out[: len(blocks)] = np.abs(blocks.astype(np.int64)).sum(axis=1) // BLOCK
    return out


def decide(levels: Grid, settings: AmdSettings) -> tuple[Grid, Grid]:
    """For files × frames: the verdicts, and when (ms)."""
    files = levels.shape[0]
    gives_up = settings.total_analysis_time - COUNTED_TWICE_MS
    verdict, at = np.zeros(files, dtype=np.int64), np.full(files, gives_up, dtype=np.int64)
    silence, voice_run, voice, words = (np.zeros(files, dtype=np.int64) for _ in range(4))
    in_word, greeted, open_ = np.ones(files, bool), np.zeros(files, bool), np.ones(files, bool)
    for frame in range(levels.shape[1]):
        now = (frame + 1) * BLOCK_MS
        if now >= gives_up:
            break
        level = levels[:, frame]
        ended = open_ & (level < 0)
        at[ended] = now
        open_ &= ~ended
        quiet = level < settings.silence_threshold
        silence = np.where(quiet, silence + BLOCK_MS, 0)
        pausing = quiet & (silence >= settings.between_words_silence)
        in_word &= ~pausing
        voice_run[pausing] = 0
        machine = quiet & ~greeted & (silence >= settings.initial_silence)
        person = quiet & greeted & (silence >= settings.after_greeting_silence)
        loud = ~quiet
        voice_run[loud] += BLOCK_MS
        voice[loud] += BLOCK_MS
        begins = loud & ~in_word & (voice_run >= settings.minimum_word_length)
        words += begins
        in_word |= begins
        machine |= loud & (voice_run >= settings.maximum_word_length)
        machine |= loud & (words > settings.maximum_number_of_words)
        machine |= loud & greeted & (voice >= settings.greeting)
        greeted |= loud & (voice_run >= settings.minimum_word_length)
        for value, hit in ((MACHINE, machine), (PERSON, person & ~machine)):
            newly = open_ & hit
            verdict[newly], at[newly] = value, now
            open_ &= ~newly
        if not open_.any():
            break
    return verdict, at


def answers(labels: Sequence[Label], levels: Grid, settings: AmdSettings) -> dict[str, Answer]:
    verdicts, times = decide(levels, settings)
    return {
        label.file: Answer(label.file, VERDICT[int(verdict)], int(at))
        for label, verdict, at in zip(labels, verdicts, times, strict=True)
    }


@dataclass(frozen=True, slots=True)
class Tuned:
    """The best of the grid by two judges: equal weight of both errors, and the cost of a lost person (20 machines)."""

    balanced: AmdSettings
    cheapest: AmdSettings


def tuned(labels: Sequence[Label], levels: Grid) -> Tuned:
    known = [(settings, _score(labels, levels, settings)) for settings in grid()]
    balanced = min(known, key=lambda one: one[1].persons_lost.value + _missed(one[1]))
    cheapest = min(known, key=lambda one: 20 * one[1].persons_lost.value + _missed(one[1]))
    return Tuned(balanced[0], cheapest[0])


def _score(labels: Sequence[Label], levels: Grid, settings: AmdSettings) -> Scores:
    return scored("model", labels, answers(labels, levels, settings))


def _missed(scores: Scores) -> float:
    return scores.machines_passed.value + scores.machines_undecided.value
