"""`./run bench import`: Sendai's eight files (D-003) through `dialer import`, beside a bare COPY of the same rows.

Each file is taken over by a process of its own, as a clerk would; the start of Python is in the figures.
"""

import csv
import io
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console

from dialer.bench.import_people import People
from dialer.config import ROOT, Settings
from dialer.core.values import TOKYO
from dialer.embedded.postgres import PostgresCluster
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
LEAST_ROWS = 3
DATABASE = "yobikake_bench_import"


@dataclass(frozen=True, slots=True)
class Figures:
    rows: int
    seconds: float
    copy_seconds: float
    again_seconds: float
    peak_mb: float
    cases: int
    planned: int
    added_again: int

    @property
    def worked(self) -> bool:
        return self.planned > 0 and self.added_again == 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "seconds": round(self.seconds, 1),
            "bare_copy_seconds": round(self.copy_seconds, 2),
            "ratio": round(self.seconds / self.copy_seconds, 1),
            "again_seconds": round(self.again_seconds, 1),
            "peak_mb": round(self.peak_mb),
            "cases": self.cases,
            "planned": self.planned,
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
        yield f"{again}; {self.cases:,} cases in all, {self.planned:,} of them planned"


def bench_imports(settings: Settings, console: Console, *, seed: int = 1, share: float = 1.0) -> Figures:
    """`share`: of the tender's rows; the tests take a small one."""
    folder = settings.state_dir / "bench-import"
    folder.mkdir(parents=True, exist_ok=True)  # not private: root hands Postgres to an account of its own
    files = _write(folder, {key: max(LEAST_ROWS, round(count * share)) for key, count in FILES.items()}, seed)
    rows = sum(max(LEAST_ROWS, round(count * share)) for count in FILES.values())
    cluster = PostgresCluster(folder)
    cluster.start()
    try:
        url = fresh_database(cluster.url, DATABASE)
        migrate(url)
        copied = _bare_copy(url, files)
        console.print(f"bare COPY done; importing {rows:,} rows …", highlight=False)
        first = _import_all(settings, url, files)
        cases, planned = _count(url), _count(url, "plan_kind IS NOT NULL")
        again = _import_all(settings, url, files)
        return Figures(rows, first, copied, again, _peak_mb(), cases, planned, _count(url) - cases)
    finally:
        cluster.stop()


def _write(folder: Path, counts: Mapping[str, int], seed: int) -> dict[str, Path]:
    city, people = load_city(CITY), People(seed)
    files: dict[str, Path] = {}
    for key, count in counts.items():
        layout = city.layout(key)
        assert layout is not None
        files[key] = folder / f"{key}.csv"
        people.write(files[key], layout, count)
    return files


def _bare_copy(url: str, files: dict[str, Path]) -> float:
    """What the database alone needs for these rows, as text and without a key."""
    began = time.perf_counter()
    with psycopg.connect(url) as connection:
        for key, path in files.items():
            text = path.read_text(encoding="cp932")
            width = len(next(csv.reader(io.StringIO(text))))
            columns = ", ".join(f"c{place} text" for place in range(width))
            connection.execute(f"CREATE TABLE bare_{key} ({columns})".encode())
            with connection.cursor().copy(f"COPY bare_{key} FROM STDIN (FORMAT csv, HEADER)".encode()) as copy:
                copy.write(text)
    return time.perf_counter() - began


def _import_all(settings: Settings, url: str, files: dict[str, Path]) -> float:
    """One process after the other."""
    state = settings.state_dir / "bench-import"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DATABASE_URL": url, "YOBIKAKE_STATE_DIR": str(state)}
    began = time.perf_counter()
    for key, path in files.items():
        words = ["import", str(path), "--city", CITY, "--layout", key, "--round", _round(), "--json"]
        _dialer(words, environment)
    return time.perf_counter() - began


def _round() -> str:
    """Four weeks from today: new cases can be planned, whenever this runs."""
    today = datetime.now(TOKYO).date()
    return f"{today}..{today + timedelta(days=27)}"


def _dialer(words: Sequence[str], environment: dict[str, str]) -> None:
    done = subprocess.run([sys.executable, "-m", "dialer", *words], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"dialer {words[0]} ended with {done.returncode}: {(done.stderr or done.stdout)[-2000:]}")


def _count(url: str, which: str = "true") -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(f"SELECT count(*) FROM cases WHERE {which}".encode()).fetchone()  # noqa: S608
        assert row is not None
        return int(row[0])


def _peak_mb() -> float:
    """Of the biggest process that was waited for: an import, for the server is not a child that ends."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
