"""The speakers of the lessons: the training half's, with throats drawn anew each time and words of their own."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from earlab import variants
from earlab.cast import Cast, half, one_of, seeded
from earlab.persons import CHATTER
from earlab.shaping import Throat
from earlab.sound import Chance, Wave
from earlab.speech import MOODS, NEURAL
from earlab.voices import Split, Voice

LONGEST_SECONDS = 6.5  # of a call: later ones teach little
POOL = {"person": 700, "again": 60, "screened": 24, "own_voice": 700, "carrier": 150, "factory": 180, "refuses": 60}
POOL |= {"screening": 150, "fax": 16}
POOL_OF_ANNOUNCEMENTS = 240
NEURAL_SHARE = 0.4  # of the voices
FEW = {"person": 9, "own_voice": 5, "again": 2}  # a neural voice is slow, and says only so many of each pool, its own
FEW_OF_OTHERS = 1
STYLES = {
    "mei": ((0, 1.0), (-6, 0.9), (3, 1.2), (-3, 1.1)),
    "nitech": ((0, 1.0), (5, 1.1), (-2, 0.85)),
    "tohoku_neutral": ((0, 1.0), (-5, 1.1), (2, 0.9)),
}


class Pupils(Cast):
    """A cast that says variants, in voices drawn anew each time."""

    def __init__(self, store: Path, split: Split, sources: tuple[str, ...]) -> None:
        super().__init__(store, split, sources)
        self._here = sources
        self._lately = self._speakers[0]

    def within(self, seconds: float) -> float:
        return min(seconds, LONGEST_SECONDS)

    def anyone(self, chance: Chance) -> Voice:
        self._lately = voice = self._another_throat(chance, one_of(chance, self._drawn(chance)))
        return voice

    def _drawn(self, chance: Chance) -> tuple[Voice, ...]:
        neural = chance.random() < NEURAL_SHARE
        return tuple(one for one in self._speakers if (one.source in NEURAL) == neural) or self._speakers

    def _another_throat(self, chance: Chance, voice: Voice) -> Voice:
        half_tones = float(np.clip(chance.normal(0, 3), -7, 7))
        tract = 2 ** ((0.25 * half_tones + float(chance.normal(0, 1.2))) / 12)
        old = voice.throat
        throat = Throat(
            pitch=float(np.clip(old.pitch * 2 ** (half_tones / 12), 0.6, 1.45)),
            tract=float(np.clip(old.tract * tract, 0.76, 1.3)),
            tract_low=old.tract_low * float(2 ** (chance.normal(0, 0.5) / 12)),
            tilt_db_per_octave=old.tilt_db_per_octave + float(chance.normal(0, 2)),
            breath=float(chance.uniform(0, 0.5)) if chance.random() < 0.4 else 0.0,
            melody_half_tones=float(chance.uniform(0.2, 2.0)),
        )
        style = STYLES.get(voice.source, ((0, 1.0),))
        half_tone, speed = style[int(chance.integers(len(style)))]
        moods = [one for one in MOODS.get(voice.source.split("_")[0], (voice.source,)) if one in self._here]
        mood = str(chance.choice(moods))
        return replace(voice, source=mood, throat=throat, half_tone=half_tone, speed=speed)

    def text(self, chance: Chance, name: str, texts: object) -> tuple[str, str]:
        """For whoever was drawn last."""
        own = _indexes(self._lately.source, name)
        return name, _filled(name, own[int(chance.integers(len(own)))])

    def bystanders(self, chance: Chance, count: int = 3) -> list[Wave]:
        quick = [one for one in self._speakers if one.source not in NEURAL] or self._speakers
        own = [text for _, text in half(CHATTER, self.split)]
        return [
            self.say(chance, self._another_throat(chance, one_of(chance, quick)), str(chance.choice(own)))
            for _ in range(count)
        ]


def _indexes(source: str, name: str) -> range:
    """Of the pool's texts, those that the voice says."""
    size = POOL.get(name, POOL_OF_ANNOUNCEMENTS)
    if source not in NEURAL:
        return range(size)
    count = min(size, FEW.get(name, FEW_OF_OTHERS))
    first = NEURAL.index(source) * size // len(NEURAL)
    return range(min(first, size - count), min(first, size - count) + count)


def _filled(name: str, index: int) -> str:
    chance = seeded(4711, name, index)
    return variants.filled(chance, variants.variant(chance, name))


@cache
def texts_of(source: str) -> frozenset[str]:
    """All sentences that a neural voice says."""
    own: set[str] = set()
    for name in variants.KINDS:
        for index in _indexes(source, name):
            text = _filled(name, index)
            own.update(text.split("|"))
            own.update(part + "。" for part in text.split("。") if part.strip())
    return frozenset(own)
