"""`python -m earlab.phrases OUT.json`: what each phrase of phrases.toml reaches by chance, in lessons that lack it.

Lessons are machines of every kind in the training half's voices, with wordings of variants.toml, heard by the second
network that ships. Only averages are taken of them, so some hundreds are enough. A new second network needs this anew.
"""

import argparse
import sys
import tomllib
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dialer.core.hearing.network import Network
from dialer.core.hearing.senses import Senses
from dialer.core.hearing.spectrum import BLOCK, Pcm, Spectrum
from dialer.core.hearing.wording import PHONES, TOPICS, Phrase, Phrases
from dialer.media.hearing import read_networks, write_phrases
from earlab import LabError
from earlab.cast import seeded
from earlab.labels import Label
from earlab.lesson_files import NEVER_TAUGHT
from earlab.machine_scenes import own_voice, screening, voicemail
from earlab.pupils import Pupils
from earlab.scenes import Scene, announcement, ringing
from earlab.speech import NEURAL, SOURCES, available, check, phones

Floats = npt.NDArray[np.float32]

SCENES: tuple[tuple[Scene, float], ...] = (
    (announcement, 0.68),
    (voicemail, 0.08),
    (own_voice, 0.05),
    (screening, 0.11),
    (ringing, 0.08),
)
LONGEST_SECONDS = 13.0
ABOVE_CHANCE = 2.0  # deviations above the mean: what chance rarely reaches
HINT_COUNTS_LESS = 0.7
SAID_UNASKED = 0.98  # what fits better than this share was said after all, in an announcement of another kind


class Speakers(Pupils):
    def within(self, seconds: float) -> float:
        return min(seconds, LONGEST_SECONDS)


@dataclass(frozen=True, slots=True)
class Heard:
    topic: int | None  # None: it only rings, with music
    best: Floats  # what each phrase reached


@cache
def wanted() -> tuple[Phrase, ...]:
    """As they are written in phrases.toml; nothing known yet of what they reach by chance."""
    told = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    return tuple(
        Phrase(written, _phones(written), topic, HINT_COUNTS_LESS if how == "hints" else 0.0, 0.0)
        for topic, (what, kind) in enumerate(TOPICS)
        for how, written in ((how, one) for how in ("says", "hints") for one in told[(kind or what).value][how])
    )


def _phones(written: str) -> tuple[str, ...]:
    return tuple(one for one in phones(written) if one in PHONES)


def topic_of(label: Label) -> int | None:
    if label.what == "silent":
        return None
    names = [(what.value, kind.value if kind else None) for what, kind in TOPICS]
    return names.index((label.what, label.announcement))


def best_fit(pcm: Pcm, network: Network, phrases: Phrases) -> Floats:
    spectrum, senses, state, laid = Spectrum(), Senses(), network.rest(), phrases.rest()
    best = np.full(len(phrases.rows), -np.inf, dtype=np.float32)
    for at in range(0, pcm.size - BLOCK + 1, BLOCK):
        state = network.moved(state, senses.sounds(spectrum.frame(pcm[at : at + BLOCK])))
        laid = phrases.moved(laid, network.said(state))
        np.maximum(best, phrases.fit(laid), out=best)
    return best


@cache
def _ear() -> tuple[Network, Phrases]:
    return read_networks()[1], Phrases(wanted())


@lru_cache
def _speakers(speech: Path, sources: tuple[str, ...]) -> Speakers:
    return Speakers(speech, "train", sources)


@dataclass(frozen=True, slots=True)
class Task:
    speech: Path
    sources: tuple[str, ...]
    seed: int
    index: int


def heard(task: Task) -> Heard:
    chance = seeded(task.seed, "phrases", task.index)
    scene = SCENES[int(chance.choice(len(SCENES), p=[share for _, share in SCENES]))][0]
    call = scene(_speakers(task.speech, task.sources), chance)
    return Heard(topic_of(call.label), best_fit(call.pcm, *_ear()))


def _may_say(topic: int, phrase: int) -> bool:
    """A machine of this topic may well say that phrase."""
    what, kind = TOPICS[phrase]
    return topic == phrase or (kind is None and TOPICS[topic][0] is what)


def fitted(every: Sequence[Heard]) -> tuple[Phrase, ...]:
    found = []
    for place, phrase in enumerate(wanted()):
        others = [one.best[place] for one in every if one.topic is not None and not _may_say(one.topic, phrase.topic)]
        music = [one.best[place] for one in every if one.topic is None]
        by_chance, in_music = _rarely_reached(others) + phrase.by_chance, _rarely_reached(music)
        found.append(replace(phrase, by_chance=round(by_chance, 3), in_music=round(in_music, 3)))
    return tuple(found)


def _rarely_reached(best: Sequence[np.float32]) -> float:
    fits = np.array(best)
    fits = fits[fits <= np.quantile(fits, SAID_UNASKED)]
    return float(fits.mean() + ABOVE_CHANCE * fits.std())


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="earlab.phrases", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--voices", default="", help="comma between; none: the quick ones that are here and may teach")
    parser.add_argument("--speech", type=Path, default=Path("speech"), help="where speech is kept")
    parser.add_argument("--processes", type=int, default=1)
    told = parser.parse_args(arguments)
    named = tuple(told.voices.split(",")) if told.voices else tuple(one for one in available() if one not in NEURAL)
    sources = tuple(one for one in named if one in SOURCES and one not in NEVER_TAUGHT)
    tasks = [Task(told.speech, sources, told.seed, index) for index in range(told.count)]
    try:
        check(sources)
        if told.processes < 2:
            every = list(map(heard, tasks))
        else:
            with ProcessPoolExecutor(told.processes) as pool:
                every = list(pool.map(heard, tasks, chunksize=10))
    except LabError as wrong:
        print(wrong, file=sys.stderr)
        return 1
    write_phrases(told.out, fitted(every))
    print(f"{len(wanted())} phrases from {len(every)} lessons, voices: {', '.join(sources)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
