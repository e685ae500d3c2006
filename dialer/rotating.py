"""Logs that do not grow for ever: a file that has become too large is put aside, and the oldest of those go.

Whoever writes keeps its file open and knows nothing of this: it writes at the end, whatever the end is, so what is
there is copied away and the file made empty. What comes in the moment between is lost, which a log can bear.
"""

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Bounds:
    most_bytes: int = 20 << 20
    files: int = 4  # put aside, besides the one that is written to


def rotate(logs: Iterable[Path], bounds: Bounds) -> list[Path]:
    """Which were put aside. A disk that is full is no reason to end, and the best to make them empty."""
    done = []
    for log in logs:
        try:
            if log.stat().st_size <= bounds.most_bytes:
                continue
        except OSError:
            continue
        with suppress(OSError):
            _put_aside(log, bounds.files)
        with suppress(OSError):
            os.truncate(log, 0)
            done.append(log)
    return done


def aside(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")


def _put_aside(log: Path, files: int) -> None:
    for old in log.parent.glob(f"{log.name}.*"):
        number = old.name.rpartition(".")[2]
        if number.isdigit() and int(number) >= files:
            old.unlink()
    for place in range(files - 1, 0, -1):
        with suppress(FileNotFoundError):
            aside(log, place).replace(aside(log, place + 1))
    part = log.with_name(f".{log.name}.part")
    with log.open("rb") as source, part.open("wb") as target:
        os.fchmod(target.fileno(), 0o600)
        shutil.copyfileobj(source, target)
    part.replace(aside(log, 1))
