"""`./run bench backup`: a day backed up and restored into an empty place, beside a bare copy of its recordings."""

import asyncio
import os
import shutil
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from pydantic import SecretStr
from rich.console import Console

from dialer.backup.keys import make_key
from dialer.backup_commands import BroughtBack, back_up, bring_back
from dialer.config import Settings
from dialer.core.recording_rules import SECOND_BYTES
from dialer.embedded.postgres import PostgresCluster
from dialer.folders import private_folder
from dialer.store import migrate
from dialer.store.fresh import fresh_database

OPERATORS, HOURS, TALKING = 34, 8.0, 0.6
CALL_SECONDS = 90
GOAL_SECONDS = 300.0
EVENTS_OF_A_CALL = 25
ROWS = """
INSERT INTO city VALUES ('nagaoka', '長岡市');
INSERT INTO person (city, address_key, name, kana)
    SELECT 'nagaoka', number::text, '見本 ' || number, 'ミホン' FROM generate_series(1, 100000) AS number;
INSERT INTO call SELECT id, 'nagaoka', 'attempt' FROM unnest(%(calls)s::uuid[]) AS id;
INSERT INTO call_event (city, call_id, at, kind, detail)
    SELECT 'nagaoka', id, now() + number * interval '1 s', 'answered', '{"state": "Up", "cause": 16}'
    FROM call, generate_series(1, %(events)s) AS number;
INSERT INTO operation (at, city, by, function, what, ids, count, took_ms)
    SELECT now(), 'nagaoka', 'hanako', 'view', 'case', ARRAY[number::text], 1, 1
    FROM generate_series(1, %(views)s) AS number;
INSERT INTO recording (call_id, city, file, seconds, at)
    SELECT id, 'nagaoka', id || '.wav', %(seconds)s, now() FROM unnest(%(talks)s::uuid[]) AS id;
"""


@dataclass(frozen=True, slots=True)
class Figures:
    rows: int
    recorded_bytes: int
    backup_bytes: int
    backup_seconds: float
    restore_seconds: float
    copy_seconds: float  # of the recordings alone

    @property
    def worked(self) -> bool:
        return self.restore_seconds <= GOAL_SECONDS

    def lines(self) -> list[str]:
        times = self.restore_seconds / self.copy_seconds
        recorded, kept = self.recorded_bytes / 1e9, self.backup_bytes / 1e9
        return [
            f"restore {self.restore_seconds:.0f} s (goal: {GOAL_SECONDS:.0f} s), {times:.1f} times a bare copy",
            f"backup with its check {self.backup_seconds:.0f} s",
            f"{self.rows:,} rows, recordings {recorded:.1f} GB, backup {kept:.1f} GB",
        ]

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__} | {"goal_seconds": GOAL_SECONDS}


def backup_bench(settings: Settings, console: Console, share: float = 1.0) -> Figures:
    """`share`: of a day."""
    folder = settings.state_dir / "bench-backup"
    shutil.rmtree(folder, ignore_errors=True)
    cluster = PostgresCluster(settings.state_dir)
    started = not cluster.is_running
    cluster.start()
    try:
        return _measured(cluster, private_folder(folder), console, share)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if started:
            cluster.stop()


def _measured(cluster: PostgresCluster, folder: Path, console: Console, share: float) -> Figures:
    talks = int(OPERATORS * HOURS * 3600 * TALKING * share / CALL_SECONDS)
    url, empty = (fresh_database(cluster.url, f"yobikake_bench_{name}") for name in ("backup", "restore"))
    migrate(url)
    console.print(f"{talks:,} talks of {CALL_SECONDS} s …")
    recorded = _fill(url, private_folder(folder / "recordings"), talks)
    copying = _seconds_of_a_copy(folder / "recordings", folder / "copy")
    make_key(folder / "key")
    from_here, to = _settings(folder, url), _settings(private_folder(folder / "restored"), empty)
    began = time.monotonic()
    made = asyncio.run(back_up(from_here, private_folder(folder / "away"), folder / "key", "bench", _now())).made
    backed_up = time.monotonic()
    shutil.rmtree(folder / "recordings")  # as they are gone when one restores
    restoring = time.monotonic()
    found: BroughtBack = asyncio.run(bring_back(to, made.file, folder / "key", "bench", _now()))
    restored = time.monotonic()
    return Figures(
        rows=found.restored.rows,
        recorded_bytes=recorded,
        backup_bytes=made.read.bytes,
        backup_seconds=backed_up - began,
        restore_seconds=restored - restoring,
        copy_seconds=copying,
    )


def _seconds_of_a_copy(folder: Path, copy: Path) -> float:
    began = time.monotonic()
    shutil.copytree(folder, copy)
    os.sync()
    took = time.monotonic() - began
    shutil.rmtree(copy)
    return took


def _fill(url: str, folder: Path, talks: int) -> int:
    """Two calls without a talk for each with one; sound that cannot be pressed together."""
    calls = [uuid.uuid4() for _ in range(3 * talks)]
    sound = os.urandom(SECOND_BYTES * CALL_SECONDS)
    values = {"calls": calls, "talks": calls[:talks], "events": EVENTS_OF_A_CALL, "views": 6 * talks}
    with psycopg.connect(url) as connection, psycopg.ClientCursor(connection) as cursor:
        cursor.execute(ROWS, {**values, "seconds": CALL_SECONDS})
    for talk in calls[:talks]:
        (folder / f"{talk}.wav").write_bytes(sound)
    return talks * len(sound)


def _settings(folder: Path, url: str) -> Settings:
    return Settings(state_dir=folder, database_url=SecretStr(url))


def _now() -> datetime:
    return datetime.now(UTC)
