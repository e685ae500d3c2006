"""The record of pacing on disk: a file a day for each city, a line for each thing told or decided. No personal data.

A day that is over is compressed, and thrown away after some days.
"""

import gzip
import json
import shutil
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TextIO

import structlog

from dialer.folders import private_folder

log = structlog.get_logger()

LINES_AT_ONCE = 200  # until they are written; a killed engine loses no more of the record


class PaceRecord:
    """Nothing depends on it: a full disk costs the record, not a call."""

    def __init__(self, folder: Path, city: str, *, keep_days: int) -> None:
        self._folder, self._city, self._keep_days = folder, city, keep_days
        self._day: date | None = None
        self._file: TextIO | None = None
        self._unwritten = 0

    def note(self, day: date, line: Mapping[str, Any]) -> None:
        if self._keep_days == 0:
            return
        try:
            if day != self._day:
                self._turn_to(day)
            assert self._file is not None
            self._file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
            self._unwritten += 1
            if self._unwritten >= LINES_AT_ONCE:
                self._file.flush()
                self._unwritten = 0
        except OSError as wrong:
            log.warning("cannot keep the record of pacing", why=wrong.strerror)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = self._day = None

    def _turn_to(self, day: date) -> None:
        self.close()
        private_folder(self._folder)
        self._tidy(day)
        self._file = (self._folder / f"{self._city}-{day}.jsonl").open("a", encoding="utf-8")
        self._day = day

    def _tidy(self, today: date) -> None:
        for path in self._folder.glob(f"{self._city}-*.jsonl"):
            if path.name != f"{self._city}-{today}.jsonl":
                with path.open("rb") as plain, gzip.open(f"{path}.gz", "ab") as packed:
                    shutil.copyfileobj(plain, packed)
                path.unlink()
        oldest = today - timedelta(days=self._keep_days)
        for path in self._folder.glob(f"{self._city}-*.jsonl.gz"):
            if path.name < f"{self._city}-{oldest}":
                path.unlink()


def lines_of(folder: Path, city: str, day: date) -> Iterator[dict[str, Any]]:
    """Of one day, in their order; a line that a killed engine left half is the last of its part and is left out."""
    plain = folder / f"{city}-{day}.jsonl"
    packed = plain.with_name(plain.name + ".gz")
    for path, opened in ((packed, gzip.open), (plain, open)):
        if path.exists():
            with opened(path, "rt", encoding="utf-8") as file:
                for text in file:
                    if text.endswith("}\n"):
                        yield json.loads(text)
