"""Which layout a file has, judged by its beginning: headings, encoding, and whether its first rows can be read."""

import os
from dataclasses import dataclass
from pathlib import Path

from dialer.core.city import City
from dialer.core.layout import FileFormat, Layout
from dialer.lists.cases import ReadList
from dialer.lists.readers import READERS
from dialer.lists.rows import Problem, Unreadable
from dialer.lists.standard import STANDARD
from dialer.lists.whole import fault_of

HEAD_BYTES = 256 * 1024
MOST_BAD = 0.5  # of the first rows: with more of them bad it is another layout
LEAST_FOUND = 0.5  # of a layout's columns; what only names persons would otherwise be a list of who has paid
LEAST_NAMED = 0.4  # of the file's own columns


@dataclass(frozen=True, slots=True)
class Fit:
    layout: Layout
    bad: float  # share of the first rows
    columns: int  # of the layout that the file has

    @property
    def how_badly(self) -> tuple[int, float]:
        return -self.columns, self.bad


def import_layouts(city: City) -> tuple[Layout, ...]:
    return (STANDARD, *(one for one in city.layouts if not one.kind.is_export))


def recognised(path: Path, city: City, *, simulated: bool) -> tuple[Layout, ...]:
    """Those that fit best: one, several between which a person has to choose, or none. Raises Unreadable."""
    head = _head_of(path)
    try:
        fits = [fit for layout in import_layouts(city) if (fit := _fit(head, city, layout, simulated)) is not None]
    finally:
        head.unlink()
    best = min((fit.how_badly for fit in fits), default=None)
    return tuple(fit.layout for fit in fits if fit.how_badly == best)


def _head_of(path: Path) -> Path:
    """A file beside it with its first rows; the last may be cut anywhere, and is left out."""
    try:
        with path.open("rb") as file:
            data = file.read(HEAD_BYTES)
            is_whole = not file.read(1)
    except OSError as error:
        raise Unreadable(Problem(path.name, None, None, f"ファイルを読めません（{error.strerror}）。")) from None
    if (fault := fault_of(data)) is not None:
        raise Unreadable(Problem(path.name, None, None, fault))
    kept = data if is_whole else data[: data.rfind(b"\n") + 1]
    head = path.with_name(f"{path.stem}.head")
    with os.fdopen(os.open(head, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as written:
        written.write(kept)
    return head


def _fit(head: Path, city: City, layout: Layout, simulated: bool) -> Fit | None:
    found: ReadList[object] = READERS[layout.kind](head, city, layout, simulated=simulated)
    if found.is_unreadable or found.file is None:
        return None
    records = list(found.file.records())
    bad = len({problem.row for problem in found.problems}) / max(1, len(records))
    if bad > MOST_BAD:
        return None
    if layout.format is FileFormat.FIXED or not layout.heading:
        return Fit(layout, bad, len(layout.columns))
    columns = max(len(one.cells) for one in records)
    if columns < LEAST_FOUND * len(layout.columns) or columns < LEAST_NAMED * len(found.file.header):
        return None
    return Fit(layout, bad, columns)
