"""Makes an empty place into the centre that was.

Everything is read, checked and laid beside before anything of the place changes; the database comes back in one
transaction. A place that holds anything is refused.
"""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import psycopg

from dialer.backup import dumping
from dialer.backup.contents import DATABASE, RECORDINGS, STATE, About
from dialer.backup.reading import Read, read_about, read_all
from dialer.calendar_commands import CannotAnswer
from dialer.config import Settings
from dialer.daemon import is_running
from dialer.embedded.postgres import PostgresCluster
from dialer.embedded.postgres_files import moved_to
from dialer.folders import private_folder
from dialer.ports import StoreUnavailable
from dialer.stack import migrate_tables, owner_url
from dialer.store.migrating import head_revision, knows
from dialer.store.url import libpq_url

BESIDE = "restoring"  # in the state folder
DUMP = "database.dump"
NOTHING = "復元は行っていません。"
GROWTH = 1.3  # what the tables and their indexes need while they are made


@dataclass(frozen=True, slots=True)
class Restored:
    read: Read
    rows: int
    recordings: int
    kept: tuple[str, ...]  # files of the place that were there and stay
    upgraded_from: str | None  # the migration that the backup had, when it is not this program's


def restore(settings: Settings, file: Path, key: bytes, prove: Callable[[Restored], None] = lambda _: None) -> Restored:
    """CannotAnswer, and the place is as it was, when anything is not right.

    `prove` is called while the database can be asked; a private cluster that did not run is stopped afterwards.
    """
    _check_known(read_about(file, key))
    if is_running(settings):
        raise CannotAnswer(
            f"このフォルダーのセンターが動いています。./run down で止めるか、別の場所で行ってください。{NOTHING}"
        )
    recordings = settings.recordings_folder
    if recordings.is_dir() and any(recordings.iterdir()):
        raise CannotAnswer(f"{recordings} が空ではありません。空の場所に復元してください。{NOTHING}")
    if settings.database_url is not None or _has_cluster(settings.state_dir):
        with _database(settings):
            pass  # it is empty: known before hours of recordings are read
    with _beside(settings) as beside:
        read = read_all(file, key, _into(beside), lambda about: _check_room(settings, beside, about, file))
        with _database(settings) as url:
            rows = _put_back(settings, url, beside / DUMP, read.about)
            kept = _move(beside, settings.state_dir)
            old = read.about.revision if read.about.revision != head_revision() else None
            migrate_tables(settings)
            restored = Restored(read, rows, read.manifest.recordings, kept, old)
            prove(restored)
    return restored


def _has_cluster(state_dir: Path) -> bool:
    return any((home / "data").exists() or moved_to(home) for home in state_dir.glob("postgres-[0-9]*"))


def _check_known(about: About) -> None:
    if not knows(about.revision):
        raise CannotAnswer(
            f"このバックアップ（表の版 {about.revision}、{about.program}）は、このプログラム（{head_revision()}）より"
            f"新しい版で作られています。プログラムを新しくしてください。{NOTHING}"
        )


@contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """One that is empty. A private cluster is made when there is none, and stopped again when it did not run."""
    cluster = PostgresCluster(settings.state_dir) if settings.database_url is None else None
    started = cluster is not None and not cluster.is_running
    if cluster is not None and started:
        cluster.start()
    try:
        url = owner_url(settings)
        try:
            with psycopg.connect(libpq_url(url), connect_timeout=5) as connection:
                tables = dumping.tables_of(connection)
        except psycopg.Error as away:
            raise StoreUnavailable(type(away).__name__) from None
        if tables:
            raise CannotAnswer(
                f"データベースが空ではありません（表 {len(tables)}個）。空のデータベースか、新しい状態のフォルダー"
                f"（YOBIKAKE_STATE_DIR）に復元してください。{NOTHING}"
            )
        yield url
    finally:
        if cluster is not None and started:
            cluster.stop()


@contextmanager
def _beside(settings: Settings) -> Iterator[Path]:
    """What an earlier try left behind is gone; so is this one at the end."""
    beside = settings.state_dir / BESIDE
    shutil.rmtree(beside, ignore_errors=True)
    try:
        yield private_folder(beside)
    except OSError as failed:
        if failed.errno in (errno.ENOSPC, errno.EDQUOT):
            raise CannotAnswer(f"{settings.state_dir}: 空きがありません。{NOTHING}") from None
        raise CannotAnswer(f"{failed.filename or settings.state_dir}: {failed.strerror}。{NOTHING}") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _check_room(settings: Settings, beside: Path, about: About, file: Path) -> None:
    """The files, the dump and the tables made of it; often on one disk."""
    wanted, free = int(file.stat().st_size + about.database_bytes * GROWTH), shutil.disk_usage(beside).free
    if free < wanted:
        raise CannotAnswer(
            f"空きが{free >> 20} MB、必要なのは約{wanted >> 20} MB です。{settings.state_dir}: {NOTHING}"
        )


class _into:  # noqa: N801 (it reads as what it does)
    """Files as they will lie, the pieces of the dump as one."""

    def __init__(self, beside: Path) -> None:
        self._beside = beside

    @contextmanager
    def __call__(self, name: str) -> Iterator[BinaryIO | None]:
        whole = name.startswith(DATABASE)
        path = self._beside / (DUMP if whole else name)
        private_folder(path.parent)
        with path.open("ab" if whole else "xb") as target:
            os.fchmod(target.fileno(), 0o600)
            yield target


def _put_back(settings: Settings, url: str, dump: Path, about: About) -> int:
    """How many rows, each table as many as the backup says."""
    with psycopg.connect(libpq_url(url), connect_timeout=5) as connection:
        program = dumping.tool(settings, "pg_restore", max(about.postgres, connection.info.server_version // 10000))
    dumping.put_back(program, url, dump)
    with psycopg.connect(libpq_url(url), connect_timeout=5) as connection:
        rows = dumping.rows_of(connection)
    if wrong := sorted(set(rows.items()) ^ set(about.tables.items())):
        raise CannotAnswer(f"行数がバックアップの記録と違う表があります: {wrong[0][0]}。この場所は使わないでください。")
    return sum(rows.values())


def _move(beside: Path, state_dir: Path) -> tuple[str, ...]:
    """Recordings and files of the state; what is there already stays."""
    kept = []
    places = [(path, state_dir / path.relative_to(beside)) for path in (beside / RECORDINGS).glob("*")]
    places += [(path, state_dir / path.relative_to(beside / STATE)) for path in (beside / STATE).rglob("*")]
    for source, target in places:
        if not source.is_file():
            continue
        if target.exists():
            kept.append(target.name)
            continue
        if target.parent != state_dir:
            private_folder(target.parent)
        source.rename(target)
    os.sync()
    return tuple(kept)
