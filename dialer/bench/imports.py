"""`./run bench import`: Sendai's eight files (D-003) through `dialer import`, beside a bare COPY of the same rows.

Each file is taken over by a process of its own, as a clerk would; the start of Python is in the figures.
"""

import csv
import io
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console

from dialer.config import ROOT, Settings
from dialer.core.layout import Layout, LayoutColumn
from dialer.embedded.postgres import PostgresCluster
from dialer.folders import private_folder
from dialer.lists.dates import write_date
from dialer.profiles import load_city
from dialer.store import migrate
from dialer.store.fresh import fresh_database

CITY = "sendai"
FILES = {
    "kokuho": 17_000,
    "zei": 60_000,
    "kaigo": 3_000,
    "kouki": 2_000,
    "kyushoku": 6_000,
    "hoiku": 6_000,
    "saigai": 3_000,
    "homon": 5_000,
}
"""Layouts of the profile and how many rows each has in the tender (004 §4(12)イ)."""

GOAL_SECONDS, GOAL_MB = 60.0, 500.0
ITEMS = 3  # rows for one case, where the layout has items
DATABASE = "yobikake_bench_import"


@dataclass(frozen=True, slots=True)
class Figures:
    rows: int
    seconds: float
    copy_seconds: float
    again_seconds: float
    peak_mb: float
    cases: int
    added_again: int

    @property
    def worked(self) -> bool:
        return self.cases > 0 and self.added_again == 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "seconds": round(self.seconds, 1),
            "bare_copy_seconds": round(self.copy_seconds, 2),
            "ratio": round(self.seconds / self.copy_seconds, 1),
            "again_seconds": round(self.again_seconds, 1),
            "peak_mb": round(self.peak_mb),
            "cases": self.cases,
            "added_again": self.added_again,
        }

    def lines(self) -> Iterator[str]:
        met = {True: "met", False: "NOT met"}
        yield (
            f"import of {self.rows:,} rows in {len(FILES)} files: {self.seconds:.1f} s   "
            f"goal: at most {GOAL_SECONDS:.0f} s for 102,000: {met[self.seconds <= GOAL_SECONDS]}"
        )
        yield f"peak memory: {self.peak_mb:.0f} MB   goal: at most {GOAL_MB:.0f} MB: {met[self.peak_mb <= GOAL_MB]}"
        yield f"a bare COPY of the same rows: {self.copy_seconds:.2f} s; ratio {self.seconds / self.copy_seconds:.1f}"
        again = f"the same files again: {self.again_seconds:.1f} s, {self.added_again} cases added"
        yield f"{again}; {self.cases:,} cases in all"


def bench_imports(settings: Settings, console: Console, *, seed: int = 1, share: float = 1.0) -> Figures:
    """`share`: of the tender's rows; the tests take a small one."""
    folder = private_folder(settings.state_dir / "bench-import")
    files = {key: _write(folder, key, max(ITEMS, round(count * share)), seed) for key, count in FILES.items()}
    rows = sum(max(ITEMS, round(count * share)) for count in FILES.values())
    cluster = PostgresCluster(folder)
    cluster.start()
    try:
        url = fresh_database(cluster.url, DATABASE)
        migrate(url)
        copied = _bare_copy(url, files)
        console.print(f"bare COPY done; importing {rows:,} rows …", highlight=False)
        first = _import_all(settings, url, files)
        cases = _count(url)
        again = _import_all(settings, url, files)
        return Figures(rows, first, copied, again, _peak_mb(), cases, _count(url) - cases)
    finally:
        cluster.stop()


def _write(folder: Path, key: str, rows: int, seed: int) -> Path:
    """Invented people in the layout's own columns and encoding; numbers of a block that nobody owns."""
    layout = load_city(CITY).layout(key)
    assert layout is not None
    chance = random.Random(f"{key} {seed}")  # noqa: S311 (invented people)
    path = folder / f"{key}.csv"
    with path.open("w", encoding=layout.encodings[0], newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([column.header for column in layout.columns])
        writer.writerows(_rows(layout, rows, chance))
    path.chmod(0o600)
    return path


def _rows(layout: Layout, rows: int, chance: random.Random) -> Iterator[list[str]]:
    itemised = layout.is_itemised
    debts = list((debt.words if (debt := layout.column("debt")) else {}).keys())
    for place in range(rows):
        person = place // ITEMS if itemised else place
        said = random.Random(f"{layout.key} {person}")  # noqa: S311 (the same for all rows of a person)
        fixed, mobile = f"0258-00-{said.randrange(10_000):04d}", f"0900{said.randrange(10**7):07d}"
        values = {
            "address_key": f"{person + 1:010d}",
            "name": f"見本　{person + 1}",
            "kana": f"ミホン {person + 1}",
            "household": f"{person // 2:08d}",
            "number1": fixed if said.random() < 0.6 else mobile,
            "number2": mobile if said.random() < 0.3 else "",
            "debt": said.choice(debts) if debts else "",
            "language": "11" if said.random() < 0.01 else "01",
            "item_name": f"{person:06d}{place % ITEMS}",
            "item_year": "2026",
            "item_term": str(place % ITEMS + 1),
            "item_amount": str(chance.randrange(1000, 90_000)),
        }
        yield [_cell(column, values) for column in layout.columns]


def _cell(column: LayoutColumn, values: dict[str, str]) -> str:
    if column.field == "item_due_on":
        return write_date(date(2026, 9, 30), column.pattern)
    return values.get(column.field, "")


def _bare_copy(url: str, files: dict[str, Path]) -> float:
    """What the database alone needs for these rows, as text and without a key."""
    began = time.perf_counter()
    with psycopg.connect(url) as connection:
        for key, path in files.items():
            text = path.read_text(encoding="cp932")
            width = len(next(csv.reader(io.StringIO(text))))
            columns = ", ".join(f"c{place} text" for place in range(width))
            connection.execute(f"CREATE TEMPORARY TABLE bare_{key} ({columns})".encode())
            with connection.cursor().copy(f"COPY bare_{key} FROM STDIN (FORMAT csv, HEADER)".encode()) as copy:
                copy.write(text)
    return time.perf_counter() - began


def _import_all(settings: Settings, url: str, files: dict[str, Path]) -> float:
    """One process after the other."""
    state = settings.state_dir / "bench-import"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DATABASE_URL": url, "YOBIKAKE_STATE_DIR": str(state)}
    began = time.perf_counter()
    for key, path in files.items():
        words = ["import", str(path), "--city", CITY, "--layout", key, "--round", "2026-11-01..2026-11-30", "--json"]
        _dialer(words, environment)
    return time.perf_counter() - began


def _dialer(words: Sequence[str], environment: dict[str, str]) -> None:
    done = subprocess.run([sys.executable, "-m", "dialer", *words], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"dialer {words[0]} ended with {done.returncode}: {(done.stderr or done.stdout)[-2000:]}")


def _count(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(b"SELECT count(*) FROM cases").fetchone()
        assert row is not None
        return int(row[0])


def _peak_mb() -> float:
    """Of the biggest process that was waited for: an import, for the server is not a child that ends."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
