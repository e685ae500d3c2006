"""The speakers of the lessons: the training half's, with throats drawn anew each time and words of their own."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from earlab import variants
from earlab.cast import Cast, half, seeded
from earlab.persons import CHATTER
from earlab.shaping import Throat
from earlab.sound import Chance, Wave
from earlab.speech import KOKORO, MOODS
from earlab.voices import Split, Voice

LONGEST_SECONDS = 6.5  # of a call: later ones teach little
POOL = {"person": 300, "again": 40, "screened": 16, "own_voice": 200, "carrier": 90, "factory": 100, "refuses": 40}
POOL |= {"screening": 90, "fax": 12}
POOL_OF_ANNOUNCEMENTS = 60
SLOW = {"person": 50, "own_voice": 16}  # of each pool the slow synthesiser says so many too
SLOW_OF_OTHERS = 7
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

    def within(self, seconds: float) -> float:
        return min(seconds, LONGEST_SECONDS)

    def anyone(self, chance: Chance) -> Voice:
        voice = super().anyone(chance)
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
        size = POOL.get(name, POOL_OF_ANNOUNCEMENTS)
        return name, _filled(name, int(chance.integers(size)))

    def say(self, chance: Chance, voice: Voice, text: str, *, rise: float = 0.0, lively: float = 1.0) -> Wave:
        if voice.source in KOKORO and text not in slow_texts():
            quick = [one for one in self._here if one not in KOKORO]
            voice = replace(voice, source=str(chance.choice(quick)), half_tone=0, speed=1.0)
        return super().say(chance, voice, text, rise=rise, lively=lively)


def _filled(name: str, index: int) -> str:
    chance = seeded(4711, name, index)
    return variants.filled(chance, variants.variant(chance, name))


@cache
def slow_texts() -> frozenset[str]:
    """Sentences that the slow synthesisers are asked for; the others are said by the quick ones."""
    slow = {text for _, text in half(CHATTER, "train")}
    for name in variants.KINDS:
        for index in range(SLOW.get(name, SLOW_OF_OTHERS)):
            text = _filled(name, index)
            slow.update(text.split("|"))
            slow.update(part + "。" for part in text.split("。") if part.strip())
    return frozenset(slow)
