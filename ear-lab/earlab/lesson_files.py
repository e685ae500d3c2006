"""`python -m earlab.lesson_files FOLDER`: makes the lessons of `earlab.train` and keeps them, 200 in a file.

The same seed, numbers and voices make the same lessons. Several processes share the work. With --sounds there are also
calls in really recorded voices (earlab.recordings).
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from earlab import LabError
from earlab.labels import Label, label_of
from earlab.lessons import Clip, Floats, Lesson, Strip, call, clip, frames, strip
from earlab.pupils import LONGEST_SECONDS, Pupils
from earlab.recordings import RecordedCast, recorded_call
from earlab.sound import LINE_RATE
from earlab.speech import APART, SOURCES, available, check

IN_ONE_FILE = 200
NEVER_TAUGHT = ("gongitsune", "nezumi", "espeak", *APART)  # they speak in the held-out half
KINDS = {"call": 12_000, "clip": 5_400, "strip": 2_400, "recorded": 2_400}  # and how many are worth making


@dataclass(frozen=True, slots=True)
class Task:
    folder: Path
    speech: Path
    sources: tuple[str, ...]
    sounds: Path | None
    kind: str
    seed: int
    first: int
    count: int

    @property
    def path(self) -> Path:
        return self.folder / f"{self.kind}-{self.first:06d}.npz"


@lru_cache
def _recorded_cast(sounds: Path) -> RecordedCast:
    return RecordedCast(sounds)


@lru_cache
def _cast(speech: Path, sources: tuple[str, ...]) -> Pupils:
    return Pupils(speech, "train", sources)


def make(task: Task) -> None:
    """A file that is there already is kept: what was interrupted goes on."""
    if task.path.exists():
        return
    rows: list[Floats] = []
    truths: list[str] = []
    for index in range(task.first, task.first + task.count):
        made, truth = _lesson(task, index)
        rows.append(made)
        truths.append(json.dumps(truth))
    part = task.path.with_suffix(".part")
    with part.open("wb") as file:
        lengths = np.array([one.shape[0] for one in rows])
        np.savez_compressed(file, rows=np.concatenate(rows).astype(np.float16), lengths=lengths, truths=truths)
    part.replace(task.path)


def _lesson(task: Task, index: int) -> tuple[Floats, object]:
    if task.kind == "recorded":
        assert task.sounds is not None
        _, heard = recorded_call(_recorded_cast(task.sounds), task.seed, index)
        return frames(heard.pcm[: int(LONGEST_SECONDS * LINE_RATE)]), heard.label.as_dict()
    cast = _cast(task.speech, task.sources)
    match task.kind:
        case "call":
            lesson = call(cast, task.seed, index)
            return lesson.rows, lesson.label.as_dict()
        case "clip":
            spoken = clip(cast, task.seed, index)
            return spoken.rows, spoken.phones.tolist()
        case _:
            made = strip(cast, task.seed, index)
            return made.rows, made.truth.astype(int).tolist()


def _kept(folder: Path, kind: str) -> Iterator[tuple[Floats, object]]:
    paths = sorted(folder.glob(f"{kind}-*.npz"))
    if not paths:
        raise LabError(
            f"{folder}: no lessons of the kind {kind}. Make them first: python -m earlab.lesson_files FOLDER"
        )
    for path in paths:
        with np.load(path, allow_pickle=False) as kept:
            rows, ends, truths = kept["rows"].astype(np.float32), np.cumsum(kept["lengths"]), kept["truths"]
        for start, end, truth in zip([0, *ends], ends, truths, strict=False):
            yield rows[start:end], json.loads(str(truth))


def calls(folder: Path) -> list[Lesson]:
    """The recorded ones count twice: they are few, and nearer to people."""
    kinds = ["call", *(["recorded"] * 2 if any(folder.glob("recorded-*.npz")) else [])]
    return [Lesson(rows, _label(truth)) for kind in kinds for rows, truth in _kept(folder, kind)]


def clips(folder: Path) -> list[Clip]:
    return [Clip(rows, np.array(truth, dtype=np.int64)) for rows, truth in _kept(folder, "clip")]


def strips(folder: Path) -> list[Strip]:
    return [Strip(rows, np.array(truth, dtype=np.float32)) for rows, truth in _kept(folder, "strip")]


def _label(truth: object) -> Label:
    assert isinstance(truth, dict)
    return label_of(truth)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="earlab.lesson_files", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=3)
    for kind, count in KINDS.items():
        parser.add_argument(f"--{kind}", type=int, default=count, metavar="COUNT")
    parser.add_argument("--sounds", type=Path, help="folders of prompts, one for each speaker; none: nothing recorded")
    parser.add_argument("--voices", default="", help="comma between; none: all that are here and may teach")
    parser.add_argument("--speech", type=Path, help="where speech is kept; none: speech beside FOLDER")
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    told = parser.parse_args(arguments)
    sources = tuple(told.voices.split(",")) if told.voices else available()
    sources = tuple(one for one in sources if one in SOURCES and one not in NEVER_TAUGHT)
    speech = told.speech or told.folder.resolve().parent / "speech"
    told.folder.mkdir(parents=True, exist_ok=True)
    tasks = [
        Task(told.folder, speech, sources, told.sounds, kind, told.seed, first, min(IN_ONE_FILE, count - first))
        for kind in KINDS
        if kind != "recorded" or told.sounds
        for count in [getattr(told, kind)]
        for first in range(0, count, IN_ONE_FILE)
    ]
    try:
        check(sources)
        with ProcessPoolExecutor(told.processes) as pool:
            for number, _ in enumerate(pool.map(make, tasks), 1):
                print(f"\r{number} of {len(tasks)} files", end="", flush=True)
    except LabError as wrong:
        print(wrong, file=sys.stderr)
        return 1
    print(f"\nlessons in {told.folder}, voices: {', '.join(sources)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
