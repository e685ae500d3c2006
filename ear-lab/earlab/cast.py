"""Who speaks which text: speakers and texts of one half, said with the pauses and melody of the moment."""

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from earlab import LabError, notices_apart, notices_further
from earlab.persons import CHATTER, NAMES, SHOPS
from earlab.shaping import Throat, shaped
from earlab.sound import Chance, Wave, decibels, samples
from earlab.speech import SpeechStore, check
from earlab.voices import Split, Voice, speakers


def half(texts: Sequence[str], split: Split) -> list[tuple[int, str]]:
    """Every second text, with its number among all."""
    return [(index, text) for index, text in enumerate(texts) if (index % 2 == 0) == (split == "train")]


class Cast:
    """The speakers and the words of one half of the corpus."""

    def __init__(self, store: Path, split: Split, sources: tuple[str, ...]) -> None:
        check(sources)
        self.split = split
        self._store = SpeechStore(store)
        self._speakers = speakers(split, sources)
        if not self._speakers:
            raise LabError(f"no speaker of {', '.join(sources)} is in the half {split}: name more --voices")

    def within(self, seconds: float) -> float:
        """How long a recording is made that could last so long."""
        return seconds

    def anyone(self, chance: Chance) -> Voice:
        return one_of(chance, self._speakers)

    def steady(self, chance: Chance) -> Voice:
        """One who could be an announcer: no child."""
        while (voice := self.anyone(chance)).is_a_childs:
            pass
        return voice

    def text(self, chance: Chance, name: str, texts: Sequence[str]) -> tuple[str, str]:
        """One of this half's texts with a name in it, and its id."""
        own = half(texts, self.split)
        index, text = own[int(chance.integers(len(own)))]
        filled = text.replace("{name}", self._one_of_two(chance, NAMES, index))
        return f"{name}-{index:02d}", filled.replace("{shop}", self._one_of_two(chance, SHOPS, index))

    def _one_of_two(self, chance: Chance, names: Sequence[str], index: int) -> str:
        """Each text with two names only: speech that is kept already costs nothing."""
        own = [one for _, one in half(names, self.split)]
        return own[(index + int(chance.integers(2))) % len(own)]

    def say(self, chance: Chance, voice: Voice, text: str, *, rise: float = 0.0, lively: float = 1.0) -> Wave:
        """One phrase, without silence around it. The same speaker says it a little differently each time."""
        raw = self._store.speech(voice.source, text, voice.half_tone, voice.speed)
        wobble = float(2 ** (chance.normal(0, 0.6 * lively) / 12))
        throat = voice.throat
        moment = Throat(
            pitch=throat.pitch * wobble,
            tract=throat.tract * float(2 ** (chance.normal(0, 0.15) / 12)),
            tract_low=throat.tract_low,
            tilt_db_per_octave=throat.tilt_db_per_octave + float(chance.normal(0, 0.5)),
            breath=throat.breath,
            melody_half_tones=throat.melody_half_tones * lively,
            rise_half_tones=rise,
        )
        return shaped(raw, moment, chance)

    def bystanders(self, chance: Chance, count: int = 3) -> list[Wave]:
        own = [text for _, text in half(CHATTER, self.split)]
        return [self.say(chance, self.anyone(chance), str(chance.choice(own))) for _ in range(count)]


class CastApart(Cast):
    """It says announcements that no other cast says, of both halves alike: they neither teach nor choose."""

    texts = "apart"
    notices: Mapping[str, Sequence[str]] = notices_apart.ANNOUNCEMENTS

    def text(self, chance: Chance, name: str, texts: Sequence[str]) -> tuple[str, str]:
        own = self.notices.get(name)
        if own is None:
            return super().text(chance, name, texts)
        index = int(chance.integers(len(own)))
        return f"{name}-{self.texts}-{index:02d}", own[index]


class CastFurther(CastApart):
    texts = "further"
    notices = notices_further.ANNOUNCEMENTS


CASTS: Mapping[str, type[Cast]] = {"usual": Cast, "apart": CastApart, "further": CastFurther}
"""By the announcements that are said."""


def one_of(chance: Chance, speakers: Sequence[Voice]) -> Voice:
    """Each synthesiser's voice as likely as another, whatever number of throats it has."""
    sources = sorted({one.source for one in speakers})
    source = str(chance.choice(sources))
    own = [one for one in speakers if one.source == source]
    return own[int(chance.integers(len(own)))]


def pause(chance: Chance, median_seconds: float, sigma: float = 0.4, most: float = 4.0) -> Wave:
    seconds = min(most, float(np.exp(chance.normal(np.log(median_seconds), sigma))))
    return np.zeros(samples(seconds), dtype=np.float32)


def loudness(chance: Chance, low: float, high: float) -> float:
    """From speech at -20 dBFS, as it is kept, to a level in between."""
    return decibels(float(chance.uniform(low, high)) + 20.0)


def seeded(seed: int, *words: object) -> Chance:
    """Chance of its own for each file, whatever process makes it."""
    return np.random.default_rng([seed, *(zlib.crc32(str(word).encode()) for word in words)])
