"""The simplest detector that hears anything: what ours has to beat besides app_amd, and what tests the judging.

An utterance is sound 9 dB above the quietest of the last second; who stops within 2.5 s and is silent for 0.8 s is a
person; who speaks on is a machine.
"""

import numpy as np

from dialer.media.speech import Samples
from earlab.answers import BLOCK, BLOCK_MS, Answer
from earlab.labels import Label

LONGEST_OPENING_MS = 2500
HAND_OVER_MS = 800
UNDECIDED_MS = 4000
ABOVE_FLOOR_DB = 9.0
LEAST_DB = -52.0


def baseline(label: Label, samples: Samples) -> Answer:
    blocks = samples[: samples.size // BLOCK * BLOCK].reshape(-1, BLOCK).astype(np.float64) / 32768
    levels = 10 * np.log10(np.mean(blocks**2, axis=1) + 1e-10)
    began: int | None = None
    last = 0
    for index, level in enumerate(levels):
        now = (index + 1) * BLOCK_MS
        floor = float(np.min(levels[max(0, index - 50) : index + 1]))
        if level > max(floor + ABOVE_FLOOR_DB, LEAST_DB):
            began = now if began is None else began
            last = now
        if began is not None and last - began > LONGEST_OPENING_MS:
            return Answer(label.file, "voicemail", now, reason="speaks on")
        if began is not None and now - last >= HAND_OVER_MS:
            return Answer(label.file, "person", now, reason="spoke and waits")
        if now >= UNDECIDED_MS:
            return Answer(label.file, "undecided", now, reason="time is over")
    return Answer(label.file, "undecided", len(levels) * BLOCK_MS, reason="it ended")
