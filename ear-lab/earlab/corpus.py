"""`python -m earlab.corpus --seed N --count K FOLDER`: K labelled calls as 8 kHz WAV files, and labels.jsonl.

The same seed, count and voices make the same files. Speech is kept in a folder beside the corpora, so a second corpus
costs seconds.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from dialer.media.speech import write_wav
from earlab import LabError
from earlab.cast import CASTS, Cast, seeded
from earlab.labels import Label, write
from earlab.machine_scenes import screening, voicemail
from earlab.scenes import Scene, announcement, fax, person, ringing, silent
from earlab.speech import available, check
from earlab.voices import Split

SCENES: dict[str, tuple[Scene, float]] = {
    "person": (person, 0.42),
    "voicemail": (voicemail, 0.29),
    "screening": (screening, 0.09),
    "announcement": (announcement, 0.11),
    "fax": (fax, 0.05),
    "silent": (silent, 0.025),
    "ringing": (ringing, 0.015),
}
SPLITS: tuple[Split, ...] = ("train", "held_out")


@dataclass(frozen=True, slots=True)
class Order:
    """One file to make; `index` alone decides what it is."""

    folder: Path
    speech: Path
    sources: tuple[str, ...]
    seed: int
    index: int
    split: Split
    what: str
    texts: str = "usual"  # of announcements: a name of CASTS


def orders(
    folder: Path,
    speech: Path,
    sources: tuple[str, ...],
    seed: int,
    count: int,
    splits: Sequence[Split] = SPLITS,
    scenes: Sequence[str] = tuple(SCENES),
    *,
    texts: str = "usual",
) -> list[Order]:
    """The halves alternate; within a half the classes come in their shares, the rare ones not last."""
    made: list[Order] = []
    whole = sum(SCENES[what][1] for what in scenes)
    places = [(what, SCENES[what][1] / whole) for what in scenes]
    first = {what: 1.0 - share for what, share in places}  # all are due at once
    owed: dict[Split, dict[str, float]] = {split: dict(first) for split in splits}
    for index in range(count):
        split = splits[index % len(splits)]
        for what, share in places:
            owed[split][what] += share
        what = max(owed[split], key=lambda name: owed[split][name])
        owed[split][what] -= 1.0
        made.append(Order(folder, speech, sources, seed, index, split, what, texts))
    return made


@lru_cache
def _cast(speech: Path, split: Split, sources: tuple[str, ...], texts: str) -> Cast:
    return CASTS[texts](speech, split, sources)


def make(order: Order) -> Label:
    chance = seeded(order.seed, order.index, order.split, order.what)
    scene, _ = SCENES[order.what]
    call = scene(_cast(order.speech, order.split, order.sources, order.texts), chance)
    name = f"{order.split}-{order.what}-{order.index:05d}.wav"
    write_wav(call.pcm, order.folder / name)
    return replace(call.label, file=name)


def make_corpus(wanted: Sequence[Order], processes: int = 2) -> list[Label]:
    folder = wanted[0].folder
    folder.mkdir(parents=True, exist_ok=True)
    if processes < 2:
        labels = [make(order) for order in wanted]
    else:
        with ProcessPoolExecutor(processes) as pool:
            labels = list(pool.map(make, wanted, chunksize=8))
    write(folder, labels)
    return labels


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="earlab.corpus", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--split", choices=SPLITS, help="only this half")
    parser.add_argument("--scene", choices=list(SCENES), action="append", help="only these; again for more")
    parser.add_argument("--texts", choices=list(CASTS), default="usual", help="of announcements")
    parser.add_argument("--voices", default="", help="comma between; none: all that are here")
    parser.add_argument("--speech", type=Path, help="where speech is kept; none: speech beside FOLDER")
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    told = parser.parse_args(arguments)
    sources = tuple(told.voices.split(",")) if told.voices else available()
    speech = told.speech or told.folder.resolve().parent / "speech"
    splits = (told.split,) if told.split else SPLITS
    try:
        check(sources)
        if told.count < 1:
            raise LabError("--count: at least 1")
        scenes = told.scene or list(SCENES)
        wanted = orders(told.folder, speech, sources, told.seed, told.count, splits, scenes, texts=told.texts)
        labels = make_corpus(wanted, told.processes)
    except LabError as wrong:
        print(wrong, file=sys.stderr)
        return 1
    print(f"{len(labels)} files in {told.folder}, voices: {', '.join(sources)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
