"""`./run bench ear`: our ear and Asterisk's AMD() on the same recordings, in one run.

A seeded corpus is made (kept for the next run). AMD's settings are searched on the training half, ours learned there;
both are judged on the other half, whose voices and texts they have never met. AMD is the real one: files are played to
it in a private Asterisk in real time.
"""

import asyncio
import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

import earlab
from dialer.bench.figures import BenchFailed
from dialer.config import Settings
from dialer.folders import private_folder
from dialer.media.speech import read_wav
from earlab import LabError, labels
from earlab.amd_asterisk import AmdBench
from earlab.amd_model import DEFAULTS, AmdSettings, answers, loudness, tuned
from earlab.corpus import make_corpus, orders
from earlab.judging import judged
from earlab.labels import Label
from earlab.picture import error_against_time
from earlab.report import lines
from earlab.scores import Scores, scored
from earlab.speech import available
from earlab.statistics import Quantile, Share
from earlab.voices import Split

PROCESSES = min(2, os.cpu_count() or 1)
GOAL_LOST, GOAL_PASSED, GOAL_MEDIAN, GOAL_P95, GOAL_FAX, GOAL_TONE = 0.005, 0.03, 1.5, 2.5, 1.0, 0.98


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many files; about 0.42 of each half are persons: 600 are needed to claim 0.5 % lost."""

    train: int = 800
    held_out: int = 1500

    @classmethod
    def judging(cls, files: int) -> "Sizes":
        """A third as many are enough to tune AMD: it has nine numbers."""
        return cls(max(40, files // 3), files)


@dataclass(frozen=True, slots=True)
class Goal:
    what: str
    measured: Share | Quantile | None
    limit: float
    at_least: bool = False  # a share that should be high; else the less the better
    rivals: Sequence[float | None] = ()  # AMD's: defaults, then the tuned ones; none: it does not do that at all

    @property
    def met(self) -> bool:
        return self.measured is not None and self._holds(self.measured.value)

    @property
    def surely_met(self) -> bool:
        """Also at the worse of the 95 % bounds."""
        if self.measured is None:
            return False
        low, high = self.measured.bounds
        return self._holds(low if self.at_least else high)

    @property
    def better_than_amd(self) -> bool | None:
        """Than every one of them; None: there is nothing to compare with."""
        if not self.rivals:
            return None
        measured = self.measured
        return measured is not None and all(one is None or measured.value < one for one in self.rivals)

    def _holds(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        met = "met, also at the bound" if self.surely_met else "met" if self.met else "NOT met"
        better = {True: "better than each", False: "NOT better than each", None: "AMD cannot"}[self.better_than_amd]
        rivals = "".join(f"{'-' if one is None else self._told(one):>10}" for one in self.rivals) or " " * 30
        return f"{self.what:28} {self._own():>25}{self._told(self.limit):>8} {met:23}{rivals}  {better}"

    def _own(self) -> str:
        if self.measured is None:
            return "-"
        low, high = self.measured.bounds
        return f"{self._told(self.measured.value)} ({self._told(low)}-{self._told(high)})"

    def _told(self, value: float) -> str:
        return f"{value:.2f} s" if isinstance(self.measured, Quantile) else f"{100 * value:.2f} %"


GOALS_HEAD = f"{'':28} {'ours, 95 % bounds':>25}{'goal':>8} {'':23}{'defaults':>10}{'balanced':>10}{'persons':>10}  AMD"


@dataclass(frozen=True, slots=True)
class EarFigures:
    seed: int
    voices: Sequence[str]
    ours: Scores
    amd: Sequence[Scores]  # defaults, then the two tuned ones
    arguments: Mapping[str, AmdSettings]  # of each AMD
    agreement: float  # of the arithmetic used for tuning with the real AMD
    picture: Path
    seconds: float

    @property
    def goals(self) -> list[Goal]:
        """Beside AMD at its defaults, tuned so that both errors weigh the same, and tuned to lose few persons."""
        ours = self.ours
        return [
            Goal("persons lost", ours.persons_lost, GOAL_LOST, rivals=[one.persons_lost.value for one in self.amd]),
            Goal(
                "machines passed",
                ours.machines_passed,
                GOAL_PASSED,
                rivals=[one.machines_passed.value for one in self.amd],
            ),
            Goal(  # the same, read more strictly: whoever is undecided is joined too
                "machines passed or undecided",
                ours.machines_at_operators,
                GOAL_PASSED,
                rivals=[one.machines_at_operators.value for one in self.amd],
            ),
            Goal("persons, median", ours.seconds("person", 0.5), GOAL_MEDIAN, rivals=_seconds(self.amd, 0.5)),
            Goal("persons, p95", ours.seconds("person", 0.95), GOAL_P95, rivals=_seconds(self.amd, 0.95)),
            Goal("fax after its tone, p95", ours.fax_seconds, GOAL_FAX),
            Goal("tone's end within 150 ms", ours.tones_found, GOAL_TONE, at_least=True),
        ]

    def lines(self) -> list[str]:
        return [
            GOALS_HEAD,
            *(str(goal) for goal in self.goals),
            "",
            *lines([self.ours, *self.amd]),
            "",
            *(f"{name}: AMD({one.arguments})" for name, one in self.arguments.items()),
            f"seed {self.seed}; voices {', '.join(self.voices)}; picture {self.picture}",
            f"AMD's arithmetic (for tuning) and the real AMD agree on {100 * self.agreement:.1f} % of the files",
            f"{self.seconds:.0f} s in all",
        ]

    def as_dict(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "voices": list(self.voices),
            "goals": [
                {
                    "what": one.what,
                    "measured": one.measured and one.measured.value,
                    "limit": one.limit,
                    "met": one.met,
                    "met_at_the_bound": one.surely_met,
                    "amd": list(one.rivals),
                    "better_than_amd": one.better_than_amd,
                }
                for one in self.goals
            ],
            "detectors": [one.as_dict() for one in (self.ours, *self.amd)],
            "amd_arguments": {name: one.arguments for name, one in self.arguments.items()},
            "amd_model_agreement": round(self.agreement, 4),
            "seconds": round(self.seconds, 1),
        }


async def bench_ear(
    settings: Settings,
    console: Console,
    *,
    seed: int = 1,
    sizes: Sizes | None = None,
    detector: str = "ear",
    folder: Path | None = None,
    processes: int = PROCESSES,
) -> EarFigures:
    """`detector` may name another of earlab.judging's, to measure against."""
    sizes, began = sizes or Sizes(), time.monotonic()
    folder = private_folder(folder or settings.state_dir / "bench" / "ear")
    try:
        train, held_out = await asyncio.to_thread(_corpora, settings, console, folder, seed, sizes, processes)
        amd = await asyncio.to_thread(_tuned, console, folder / "train", train)
        console.print(f"our detector hears {len(held_out)} files")
        ours = await asyncio.to_thread(judged, detector, folder / "held_out", held_out, processes)
        rivals, agreement = await _real_amd(settings, console, folder, held_out, amd)
    except LabError as failed:
        raise BenchFailed(str(failed)) from None
    picture = folder / "error-against-time.svg"
    picture.write_text(error_against_time([ours, *rivals]), encoding="utf-8")
    return EarFigures(seed, available(), ours, rivals, amd, agreement, picture, time.monotonic() - began)


def _corpora(
    settings: Settings, console: Console, folder: Path, seed: int, sizes: Sizes, processes: int
) -> tuple[list[Label], list[Label]]:
    def corpus(split: Split, count: int) -> list[Label]:
        return _corpus(settings, console, folder / split, split, seed, count, processes)

    return corpus("train", sizes.train), corpus("held_out", sizes.held_out)


def _corpus(
    settings: Settings, console: Console, folder: Path, split: Split, seed: int, count: int, processes: int
) -> list[Label]:
    """What was made before of the same things is taken again."""
    made_of, stamp = json.dumps([_recipe(), seed, count, available()]), folder / "made-of.json"
    if stamp.exists() and stamp.read_text() == made_of:
        return labels.read(folder)
    console.print(f"making {count} calls ({split})")
    private_folder(folder)
    stamp.unlink(missing_ok=True)
    for old in folder.glob("*.wav"):
        old.unlink()
    made = make_corpus(orders(folder, settings.lib / "ear-speech", available(), seed, count, (split,)), processes)
    stamp.write_text(made_of)
    return made


@cache
def _recipe() -> str:
    """Changes with anything in the laboratory: a kept corpus is then made anew."""
    whole = hashlib.sha256()
    for part in sorted(Path(earlab.__file__).parent.glob("*.[pt]*")):
        whole.update(part.read_bytes())
    return whole.hexdigest()


def _tuned(console: Console, folder: Path, train: Sequence[Label]) -> dict[str, AmdSettings]:
    console.print("searching AMD's best settings on the training half")
    best = tuned(train, _levels(folder, train))
    return {"AMD defaults": DEFAULTS, "AMD balanced": best.balanced, "AMD persons first": best.cheapest}


def _levels(folder: Path, known: Sequence[Label]) -> "np.ndarray[Any, np.dtype[np.int64]]":
    return np.stack([loudness(read_wav(folder / label.file)) for label in known])


async def _real_amd(
    settings: Settings, console: Console, folder: Path, held_out: Sequence[Label], amd: Mapping[str, AmdSettings]
) -> tuple[list[Scores], float]:
    sounds, scores, same = folder / "held_out", [], 0
    levels = await asyncio.to_thread(_levels, sounds, held_out)
    bench = AmdBench(folder / "asterisk", settings.lib, sounds, list(amd.values()))
    async with bench.running():
        for number, (name, one) in enumerate(amd.items()):
            console.print(f"Asterisk hears {len(held_out)} files: {name}")
            heard = await bench.judge(number, held_out)
            scores.append(scored(name, held_out, heard.answers, heard.cpu_seconds, hears_tones=False))
            model = answers(held_out, levels, one)
            same += sum(model[label.file].verdict == heard.answers[label.file].verdict for label in held_out)
    return scores, same / (len(amd) * len(held_out))


def _seconds(rivals: Sequence[Scores], share: float) -> list[float | None]:
    found = [one.seconds("person", share) for one in rivals]
    return [one.value if one else None for one in found]
