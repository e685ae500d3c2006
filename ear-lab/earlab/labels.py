"""The truth about a corpus: `labels.jsonl`, one object a file. Time 0 is the answer, or the start of early media."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from earlab import LabError

LABELS = "labels.jsonl"
CLASSES = ("person", "voicemail", "screening", "fax", "announcement", "silent")
ANNOUNCEMENTS = ("not_in_use", "changed", "unpaid", "refused", "off_or_out_of_area", "other")


@dataclass(frozen=True, slots=True)
class Label:
    file: str
    what: str  # "class" in the file
    announcement: str | None = None
    beep_end_ms: int | None = None
    speech_from_ms: int | None = None
    ring_seconds: float | None = None
    number_type: str = "fixed"
    voice: str = "-"
    text_id: str = "-"
    split: str = "train"
    answered: bool = True
    notes: str = ""
    tone_from_ms: int | None = None  # where a fax's first own tone begins

    def as_dict(self) -> dict[str, Any]:
        told = asdict(self)
        return {"file": told.pop("file"), "class": told.pop("what"), **told}


def write(folder: Path, labels: Iterable[Label]) -> None:
    text = "".join(json.dumps(label.as_dict(), ensure_ascii=False) + "\n" for label in labels)
    (folder / LABELS).write_text(text, encoding="utf-8")


def read(folder: Path) -> list[Label]:
    path = folder / LABELS
    if not path.exists():
        raise LabError(f"{path}: there is no such file. Make a corpus first: python -m earlab.corpus --count K FOLDER")
    return [_label(line, f"{path}:{number}") for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)]


def label_of(told: dict[str, Any]) -> Label:
    """The reverse of `as_dict`."""
    return Label(what=told["class"], **{name: value for name, value in told.items() if name != "class"})


def _label(line: str, where: str) -> Label:
    try:
        label = label_of(json.loads(line))
    except (ValueError, TypeError, KeyError) as wrong:
        raise LabError(f"{where}: not a label ({wrong}). Make the corpus anew.") from None
    if label.what not in CLASSES or (label.announcement or "other") not in ANNOUNCEMENTS:
        raise LabError(f"{where}: there is no class {label.what} or announcement {label.announcement}.")
    return label
