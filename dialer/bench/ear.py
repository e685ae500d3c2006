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
from earlab.voices import Split

PROCESSES = min(2, os.cpu_count() or 1)
GOALS_LOST, GOALS_PASSED, GOALS_MEDIAN, GOALS_P95, GOALS_FAX, GOALS_TONE = 0.005, 0.03, 1.5, 2.5, 1.0, 0.98


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
    measured: float | None
    limit: float
    met: bool
    better_than_amd: bool | None  # than the tuned one; None: it does not do that at all

    def __str__(self) -> str:
        against = {True: "better than AMD", False: "NOT better than AMD", None: "AMD cannot"}[self.better_than_amd]
        told = "-" if self.measured is None else f"{self.measured:.4g}"
        return f"{self.what:28} {told:>8}   goal: {self.limit:g}: {'met' if self.met else 'NOT met'}; {against}"


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
        """Against AMD tuned so that both errors weigh the same: tuned for one alone it gives up the other."""
        ours, rival = self.ours, self.amd[1]
        fax, tone = ours.fax_seconds, ours.tones_found.value
        return [
            _least("persons lost", ours.persons_lost.value, GOALS_LOST, rival.persons_lost.value),
            _least("machines passed", _missed(ours), GOALS_PASSED, _missed(rival)),
            _least("persons, median s", _p(ours, 0.5), GOALS_MEDIAN, _p(rival, 0.5)),
            _least("persons, p95 s", _p(ours, 0.95), GOALS_P95, _p(rival, 0.95)),
            _least("fax after its tone, p95 s", None if fax is None else fax.value, GOALS_FAX, None),
            Goal("tone's end within 150 ms", tone, GOALS_TONE, tone >= GOALS_TONE, None),
        ]

    def lines(self) -> list[str]:
        return [
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
                {"what": one.what, "measured": one.measured, "limit": one.limit, "met": one.met} for one in self.goals
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
) -> EarFigures:
    """`detector` may name another of earlab.judging's, to measure against."""
    sizes, began = sizes or Sizes(), time.monotonic()
    folder = private_folder(folder or settings.state_dir / "bench" / "ear")
    try:
        train, held_out = await asyncio.to_thread(_corpora, settings, console, folder, seed, sizes)
        amd = await asyncio.to_thread(_tuned, console, folder / "train", train)
        console.print(f"our detector hears {len(held_out)} files")
        ours = await asyncio.to_thread(judged, detector, folder / "held_out", held_out, PROCESSES)
        rivals, agreement = await _real_amd(settings, console, folder, held_out, amd)
    except LabError as failed:
        raise BenchFailed(str(failed)) from None
    picture = folder / "error-against-time.svg"
    picture.write_text(error_against_time([ours, *rivals]), encoding="utf-8")
    return EarFigures(seed, available(), ours, rivals, amd, agreement, picture, time.monotonic() - began)


def _corpora(
    settings: Settings, console: Console, folder: Path, seed: int, sizes: Sizes
) -> tuple[list[Label], list[Label]]:
    return (
        _corpus(settings, console, folder / "train", "train", seed, sizes.train),
        _corpus(settings, console, folder / "held_out", "held_out", seed, sizes.held_out),
    )


def _corpus(settings: Settings, console: Console, folder: Path, split: Split, seed: int, count: int) -> list[Label]:
    """What was made before of the same things is taken again."""
    made_of, stamp = json.dumps([_recipe(), seed, count, available()]), folder / "made-of.json"
    if stamp.exists() and stamp.read_text() == made_of:
        return labels.read(folder)
    console.print(f"making {count} calls ({split})")
    private_folder(folder)
    stamp.unlink(missing_ok=True)
    for old in folder.glob("*.wav"):
        old.unlink()
    made = make_corpus(orders(folder, settings.lib / "ear-speech", available(), seed, count, (split,)))
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


def _least(what: str, measured: float | None, limit: float, rival: float | None) -> Goal:
    better = None if rival is None else measured is not None and measured < rival
    return Goal(what, measured, limit, measured is not None and measured <= limit, better)


def _p(scores: Scores, share: float) -> float | None:
    found = scores.seconds("person", share)
    return None if found is None else found.value


def _missed(scores: Scores) -> float:
    """Undecided machines too reach an operator."""
    return scores.machines_passed.value + scores.machines_undecided.value
