"""A lesson heard from another throat and at another pace, drawn anew each time it is taught.

Some ten thousand calls are soon known by heart, noise and all; what a network learns of these it does not know of
others. Works on the inputs of the third network (earlab.train.meaning_inputs).
"""

import numpy as np
import numpy.typing as npt

from dialer.core.hearing.senses import SOUND_INPUTS
from dialer.core.hearing.spectrum import BANDS
from earlab.sound import Chance

Floats = npt.NDArray[np.float32]

PITCH = SOUND_INPUTS - 1
TIMES = [SOUND_INPUTS + place for place in (10, 11, 12, 13, 14, 16)]  # behind the bands in what Senses.sensed gives
QUICKEST = 0.18  # natural logarithm of a pace


def varied(given: Floats, weight: Floats, length: int, chance: Chance) -> tuple[Floats, Floats]:
    """The first `length` blocks of it, and how much each counts: nothing where the lesson is over."""
    pace = float(np.exp(np.clip(chance.normal(0, 0.08), -QUICKEST, QUICKEST))) if chance.random() < 0.7 else 1.0
    at = (np.arange(length) * pace).astype(np.int64)
    at = at[at < given.shape[0]]
    out, counts = np.zeros((length, given.shape[1]), dtype=np.float32), np.zeros(length, dtype=np.float32)
    out[: at.size], counts[: at.size] = given[at], weight[at]
    out[: at.size, TIMES] /= pace
    if chance.random() < 0.6:
        out[:, :BANDS] = _moved(out[:, :BANDS], float(np.exp(chance.normal(0, 0.05))), float(chance.normal(0, 0.35)))
    out[:, PITCH] += float(chance.normal(0, 0.12))
    return out, counts


def _moved(bands: Floats, stretch: float, shift: float) -> Floats:
    """A longer or shorter throat: its bands are found elsewhere."""
    from_ = np.clip(np.arange(BANDS) * stretch + shift, 0, BANDS - 1.001)
    low = from_.astype(np.int64)
    above = (from_ - low).astype(np.float32)
    return np.asarray(bands[:, low] * (1 - above) + bands[:, low + 1] * above, dtype=np.float32)
