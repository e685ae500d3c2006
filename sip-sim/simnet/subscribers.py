"""The subscriber file: a CSV that a person can edit, one line for each number.

`number,behaviour` and whatever of the other columns the behaviour understands; an empty field takes the behaviour's
own default. A number of seconds may be a range, `4..12`: it is drawn once for each number, always the same for a seed.
"""

import csv
import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from pathlib import Path

from simnet import texts


class Behaviour(StrEnum):
    PERSON = "person"
    HANGS_UP_AT_ONCE = "hangs_up_at_once"
    ANSWERING_MACHINE = "answering_machine"
    MOBILE_VOICEMAIL = "mobile_voicemail"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    NOT_IN_USE = "not_in_use"
    NUMBER_CHANGED = "number_changed"
    UNPAID = "unpaid"
    OUT_OF_AREA = "out_of_area"
    OUT_OF_AREA_ANSWERS = "out_of_area_answers"
    REJECTED = "rejected"
    CONGESTION = "congestion"
    FAX = "fax"
    SCREENING = "screening"
    FALSE_RINGBACK = "false_ringback"
    FALLS_DEAD = "falls_dead"
    MUSIC_PERSON = "music_person"
    MUSIC_NO_ANSWER = "music_no_answer"


@dataclass(frozen=True, slots=True)
class Subscriber:
    """How one number behaves. All durations in seconds; sip-sim/README.md says what each behaviour makes of them."""

    number: str
    behaviour: Behaviour
    setup_seconds: float = 0.0  # from the INVITE to the first sign of life
    ring_seconds: float = 0.0  # from the first ring to the answer, or to the network's patience
    opening: str = ""  # a person's first words
    talk_seconds: float = 0.0  # from the answer to the hang-up
    hangs_up: str = ""  # subscriber | exchange
    patience_seconds: float = 0.0  # how long a person who hears nothing at all stays
    greeting: str = ""  # what a machine or the network says
    pause_seconds: float = 0.0  # between its sentences
    tone_hz: float = 0.0  # after the greeting
    tone_seconds: float = 0.0
    record_seconds: float = 0.0  # how long a machine records; 0: it hangs up after the tone
    repeats: float = 0.0  # how often an announcement is spoken
    calls_back_seconds: float = 0.0  # after a call that nobody talked on; 0: never


@dataclass(frozen=True, slots=True)
class FileProblem:
    row: int
    column: str
    what: str

    def __str__(self) -> str:
        return f"row {self.row}, column {self.column}: {self.what}"


class SubscriberFileWrong(Exception):
    """All problems of the file, each with its row and column."""

    def __init__(self, path: Path, problems: list[FileProblem]) -> None:
        super().__init__("\n".join(f"{path.name} {problem}" for problem in problems))
        self.problems = problems


Value = float | str
_RINGS: Mapping[str, Value] = {"setup_seconds": 0.5, "ring_seconds": 8.0}
_TALKS: Mapping[str, Value] = {
    "opening": texts.OPENINGS[0], "talk_seconds": 40.0, "hangs_up": "subscriber", "patience_seconds": 10.0,
}  # fmt: skip
_MACHINE: Mapping[str, Value] = {
    "greeting": texts.MACHINE, "pause_seconds": 0.5, "tone_hz": 1000.0, "tone_seconds": 0.4, "record_seconds": 30.0,
}  # fmt: skip
_BACK: Mapping[str, Value] = {"calls_back_seconds": 0.0}
_WITHOUT_END: Mapping[str, Value] = {"setup_seconds": 0.5, "ring_seconds": 180.0}


def _announces(text: str) -> dict[str, Value]:
    return {"setup_seconds": 0.5, "greeting": text, "pause_seconds": 0.4, "repeats": 1.0}


DEFAULTS: Mapping[Behaviour, Mapping[str, Value]] = {
    Behaviour.PERSON: {**_RINGS, **_TALKS, **_BACK},
    Behaviour.HANGS_UP_AT_ONCE: {**_RINGS, "talk_seconds": 0.3},
    Behaviour.ANSWERING_MACHINE: {**_RINGS, "ring_seconds": 12.0, **_MACHINE, **_BACK},
    Behaviour.MOBILE_VOICEMAIL: {**_RINGS, "ring_seconds": 15.0, **_MACHINE, "greeting": texts.VOICEMAIL, **_BACK},
    Behaviour.NO_ANSWER: {**_WITHOUT_END, **_BACK},
    Behaviour.BUSY: {"setup_seconds": 0.3},
    Behaviour.NOT_IN_USE: _announces(texts.NOT_IN_USE),
    Behaviour.NUMBER_CHANGED: _announces(texts.NUMBER_CHANGED),
    Behaviour.UNPAID: _announces(texts.UNPAID),
    Behaviour.OUT_OF_AREA: _announces(texts.OUT_OF_AREA),
    Behaviour.OUT_OF_AREA_ANSWERS: _announces(texts.OUT_OF_AREA),
    Behaviour.REJECTED: {**_RINGS, "ring_seconds": 2.0},
    Behaviour.CONGESTION: {"setup_seconds": 0.3},
    Behaviour.FAX: {**_RINGS, "ring_seconds": 3.0, "talk_seconds": 20.0},
    Behaviour.SCREENING: {
        **_RINGS, "ring_seconds": 0.5, **_TALKS, "opening": texts.WHO_IS_IT,
        "greeting": texts.SCREENING, "pause_seconds": 0.4, "record_seconds": 8.0,
    },
    Behaviour.FALSE_RINGBACK: {**_RINGS, "ring_seconds": 6.0, **_TALKS},
    Behaviour.FALLS_DEAD: {**_RINGS, "talk_seconds": 10.0},
    Behaviour.MUSIC_PERSON: {**_RINGS, **_TALKS, **_BACK},
    Behaviour.MUSIC_NO_ANSWER: {**_WITHOUT_END, **_BACK},
}  # fmt: skip
"""The columns that each behaviour understands, with its defaults."""

COLUMNS = [field.name for field in fields(Subscriber)]
TEXT_COLUMNS = {"opening", "greeting"}
NUMBER = re.compile(r"0\d{9,10}")
AMOUNT = re.compile(r"(\d+(?:\.\d+)?)(?:\.\.(\d+(?:\.\d+)?))?")
LARGEST = {"tone_hz": 3400.0, "repeats": 10.0}
LARGEST_SECONDS = 3600.0


def subscriber(number: str, behaviour: Behaviour, **values: Value) -> Subscriber:
    """With the behaviour's defaults for all that is not said."""
    strange = values.keys() - DEFAULTS[behaviour].keys()
    if strange:
        raise ValueError(f"{behaviour} does not know {', '.join(sorted(strange))}")
    return replace(Subscriber(number, behaviour), **{**DEFAULTS[behaviour], **values})  # type: ignore[arg-type]


def read(path: Path, seed: int = 0) -> dict[str, Subscriber]:
    """The file's subscribers by number, or SubscriberFileWrong with every problem in it."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as wrong:
        raise SubscriberFileWrong(path, [FileProblem(1, "-", f"cannot be read as UTF-8 text ({wrong})")]) from None
    rows = csv.DictReader(text.splitlines())
    problems = _wrong_columns(rows.fieldnames or [])
    found: dict[str, Subscriber] = {}
    for row in rows if not problems else ():
        one = _subscriber(row, rows.line_num, seed, problems)
        if one is None:
            continue
        if one.number in found:
            problems.append(FileProblem(rows.line_num, "number", f"{one.number} stands in the file already"))
        found[one.number] = one
    if problems:
        raise SubscriberFileWrong(path, problems)
    return found


def write(path: Path, subscribers: Iterable[Subscriber]) -> None:
    """The same file from values; only the columns that somebody uses."""
    rows = [
        {name: getattr(one, name) for name in ("number", "behaviour", *DEFAULTS[one.behaviour])} for one in subscribers
    ]
    used = [name for name in COLUMNS if any(name in row for row in rows)] or ["number", "behaviour"]
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, used, lineterminator="\n")
        out.writeheader()
        out.writerows(rows)


def _wrong_columns(names: Sequence[str]) -> list[FileProblem]:
    problems = [
        FileProblem(1, name or "(empty)", f"unknown column; known are {', '.join(COLUMNS)}")
        for name in names
        if name not in COLUMNS
    ]
    problems += [
        FileProblem(1, need, "this column is missing") for need in ("number", "behaviour") if need not in names
    ]
    return problems


def _subscriber(
    row: Mapping[str | None, str | None], line: int, seed: int, problems: list[FileProblem]
) -> Subscriber | None:
    before = len(problems)
    number, word = (row.get("number") or "").strip(), (row.get("behaviour") or "").strip()
    if None in row:
        problems.append(FileProblem(line, "-", "more fields than columns; is a text with a comma in quotes?"))
    if not NUMBER.fullmatch(number):
        problems.append(FileProblem(line, "number", f'"{number}" is not 10 or 11 digits that begin with 0'))
    if word not in set(Behaviour):
        problems.append(FileProblem(line, "behaviour", f'"{word}" is unknown; known are {", ".join(Behaviour)}'))
        return None
    behaviour = Behaviour(word)
    values: dict[str, Value] = {}
    for name, text in row.items():
        if name in (None, "number", "behaviour") or not (text or "").strip():
            continue
        assert name is not None
        value = _value(name, (text or "").strip(), behaviour, random.Random(f"{seed}:{number}:{name}"))
        if isinstance(value, Problem):
            problems.append(FileProblem(line, name, value.what))
        else:
            values[name] = value
    return subscriber(number, behaviour, **values) if len(problems) == before else None


@dataclass(frozen=True, slots=True)
class Problem:
    what: str


def _value(name: str, text: str, behaviour: Behaviour, chance: random.Random) -> Value | Problem:
    if name not in DEFAULTS[behaviour]:
        return Problem(f"{behaviour} has no {name}; leave it empty (it knows {', '.join(DEFAULTS[behaviour])})")
    if name in TEXT_COLUMNS:
        return text
    if name == "hangs_up":
        return text if text in ("subscriber", "exchange") else Problem(f'"{text}" is neither subscriber nor exchange')
    found = AMOUNT.fullmatch(text)
    if found is None:
        return Problem(f'"{text}" is neither a number such as 4.5 nor a range such as 4..12')
    low, high = float(found[1]), float(found[2] or found[1])
    if not low <= high <= LARGEST.get(name, LARGEST_SECONDS):
        return Problem(f"{text}: must not fall, and not be above {LARGEST.get(name, LARGEST_SECONDS):.0f}")
    return low if low == high else round(chance.uniform(low, high), 3)
