"""`python -m earlab.judging FOLDER [--detector NAME] [--split held_out]`: what a detector does on a corpus.

`ear` is ours as a call asks it, `ear-to-the-end` whenever it says something; `baseline` the simplest there is, `amd`
Asterisk's AMD as arithmetic (defaults).
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path

from dialer.media.speech import Samples, read_wav
from earlab import LabError, labels
from earlab.amd_model import DEFAULTS, answers, loudness
from earlab.answers import Answer, Detector
from earlab.baseline import baseline
from earlab.labels import Label
from earlab.picture import error_against_time
from earlab.report import lines
from earlab.scores import Pair, Scores, scored


def ear(*, to_the_end: bool = False) -> Detector:
    """The project's own; imported only when asked for, with its weights."""
    from earlab.ours import our_detector

    return our_detector(to_the_end=to_the_end)


def amd() -> Detector:
    def hear(label: Label, samples: Samples) -> Answer:
        return answers([label], loudness(samples)[None, :], DEFAULTS)[label.file]

    return hear


DETECTORS: dict[str, Callable[[], Detector]] = {
    "ear": ear,
    "ear-to-the-end": partial(ear, to_the_end=True),
    "baseline": lambda: baseline,
    "amd": amd,
}


def _heard(folder: Path, name: str, part: Sequence[Label]) -> tuple[list[Answer], float]:
    detector = DETECTORS[name]()
    told, spent = [], 0.0
    for label in part:
        samples = read_wav(folder / label.file)
        began = time.process_time()
        told.append(detector(label, samples))
        spent += time.process_time() - began
    return told, spent


def judged(name: str, folder: Path, known: Sequence[Label], processes: int = 1) -> Scores:
    """Each file as a call of its own."""
    parts = [known[start::processes] for start in range(processes)]
    if processes < 2:
        made = [_heard(folder, name, known)]
    else:
        with ProcessPoolExecutor(processes) as pool:
            made = list(pool.map(partial(_heard, folder, name), parts))
    told = {answer.file: answer for answers_, _ in made for answer in answers_}
    return scored(name, known, told, sum(spent for _, spent in made), hears_tones=name.startswith("ear"))


def _told(pair: Pair) -> str:
    return json.dumps({"label": pair.label.as_dict(), "answer": asdict(pair.answer)}, ensure_ascii=False)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="earlab.judging", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--detector", choices=list(DETECTORS), action="append")
    parser.add_argument("--split", choices=("train", "held_out"))
    parser.add_argument("--voices", help="only voices whose name begins so")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--answers", type=Path, help="one line a file: the truth and the answer")
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--processes", type=int, default=1)
    told = parser.parse_args(arguments)
    try:
        known = [
            label
            for label in labels.read(told.folder)
            if told.split in (None, label.split) and label.voice.startswith(told.voices or "")
        ]
        if not known:
            raise LabError(f"{told.folder}: no file of this half and these voices")
        names = told.detector or ["ear"]
        scores = [judged(name, told.folder, known, told.processes) for name in names]
    except LabError as wrong:
        print(wrong, file=sys.stderr)
        return 1
    print("\n".join(lines(scores)))
    if told.json:
        told.json.write_text(
            json.dumps([one.as_dict() for one in scores], ensure_ascii=False, indent=2) + "\n", "utf-8"
        )
    if told.answers:
        told.answers.write_text("".join(_told(pair) + "\n" for one in scores for pair in one.pairs), "utf-8")
    if told.picture:
        told.picture.write_text(error_against_time(scores), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
