"""Writes a backup while the centre runs: one snapshot of the tables, and the files that they know.

It is written beside its name, synced, read again from the disk from beginning to end, and only then given its name.
"""

import errno
import fcntl
import hashlib
import io
import os
import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import psycopg

from dialer.backup import contents, dumping
from dialer.backup.contents import ABOUT, DATABASE, MANIFEST, RECORDINGS, SETTINGS, STATE, About, Manifest
from dialer.backup.reading import Read, read_all
from dialer.backup.sealing import SealedWriter
from dialer.calendar_commands import CannotAnswer
from dialer.config import Settings, settings_file
from dialer.doctor.version import program_version
from dialer.ports import StoreUnavailable
from dialer.store.upkeep import look_at
from dialer.store.url import libpq_url

BLOCK = 1 << 20
FILES = "SELECT file FROM recording WHERE file IS NOT NULL ORDER BY file"
NOTHING = "バックアップは作っていません。"


@dataclass(frozen=True, slots=True)
class Made:
    file: Path
    read: Read
    removed: tuple[str, ...] = ()  # older ones


def make(settings: Settings, folder: Path, key: bytes, now: datetime) -> Made:
    """CannotAnswer with nothing left behind when it does not work."""
    name = f"yobikake-{settings.city}-{now.astimezone(UTC):%Y%m%dT%H%M%S}.backup"
    with _alone(folder), _no_half(folder / f"{name}.part") as part:
        with part.open("xb") as target:
            os.fchmod(target.fileno(), 0o600)
            _write(settings, target, key, now)
            target.flush()
            os.fsync(target.fileno())
        read = read_all(part, key)
        part.rename(folder / name)
        _sync(folder)
    removed = _remove_old(folder, settings.city, settings.backup.keep)
    return Made(folder / name, read, removed)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    try:
        lock = (folder / ".lock").open("w")
    except OSError as refused:
        raise CannotAnswer(f"{folder}: 書けません（{refused.strerror}）。{NOTHING}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotAnswer(f"{folder}: ほかのバックアップが進行中です。終わってから行ってください。") from None
        for left in folder.glob("yobikake-*.backup.part"):  # by somebody who was killed
            left.unlink()
        yield


@contextmanager
def _no_half(part: Path) -> Iterator[Path]:
    try:
        yield part
    except OSError as failed:
        if failed.errno in (errno.ENOSPC, errno.EDQUOT):
            raise CannotAnswer(f"{part.parent}: 空きがありません。{NOTHING}") from None
        raise CannotAnswer(f"{failed.filename or part.parent}: {failed.strerror}。{NOTHING}") from None
    finally:
        part.unlink(missing_ok=True)


def _write(settings: Settings, target: BinaryIO, key: bytes, now: datetime) -> None:
    from dialer.stack import owner_url

    url = owner_url(settings)
    try:
        seen = look_at(libpq_url(url), settings.city)
        if seen.revision is None:
            raise CannotAnswer("データベースに表がまだありません。./run up を行ってください。")
        with psycopg.connect(libpq_url(url), connect_timeout=5, application_name="yobikake backup") as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            connection.execute("SET LOCAL statement_timeout = 0")
            row = connection.execute("SELECT pg_export_snapshot()").fetchone()
            assert row is not None
            found = [str(one[0]) for one in connection.execute(FILES).fetchall()]
            folder = settings.recordings_folder
            sizes = sum(_size(folder / one) for one in found)
            about = About(
                at=now,
                program=program_version(),
                city=settings.city,
                revision=seen.revision,
                postgres=seen.major,
                database_bytes=seen.bytes,
                recording_bytes=sizes,
                tables=dumping.rows_of(connection),
            )
            _check_room(target, sizes + seen.bytes // 2)
            program = dumping.tool(settings, "pg_dump", seen.major)
            with dumping.dumped(program, url, str(row[0])) as pieces:
                _put_all(settings, target, key, about, pieces, [folder / one for one in found])
    except psycopg.Error as away:
        raise StoreUnavailable(type(away).__name__) from None


def _check_room(target: BinaryIO, wanted: int) -> None:
    free = shutil.disk_usage(target.fileno()).free
    if free < wanted:
        raise CannotAnswer(f"空きが{free >> 20} MB、必要なのは約{wanted >> 20} MB です。{NOTHING}")


def _put_all(
    settings: Settings, target: BinaryIO, key: bytes, about: About, pieces: Iterator[bytes], recordings: list[Path]
) -> None:
    sealed = SealedWriter(target, key)
    with tarfile.open(fileobj=sealed, mode="w|", format=tarfile.PAX_FORMAT) as tar:  # type: ignore[call-overload]
        members = _Members(tar)
        members.put(ABOUT, about.as_json())
        for number, piece in enumerate(pieces):
            members.put(f"{DATABASE}{number:06d}", piece)
        missing = sum(not members.copy(f"{RECORDINGS}{path.name}", path) for path in recordings)
        for name, path in _state(settings):
            members.copy(f"{STATE}{name}", path)
        members.put(MANIFEST, Manifest(members.sums, missing).as_json())
    sealed.close()


def _state(settings: Settings) -> Iterator[tuple[str, Path]]:
    if settings_file().is_file():
        yield SETTINGS, settings_file()
    for pattern in contents.KEPT:
        for path in sorted(settings.state_dir.glob(pattern)):
            name = path.relative_to(settings.state_dir).as_posix()
            if path.is_file() and contents.MEMBER.fullmatch(STATE + name):
                yield name, path


@dataclass(slots=True)
class _Members:
    tar: tarfile.TarFile
    sums: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, data: bytes) -> None:
        self.tar.addfile(_info(name, len(data)), io.BytesIO(data))
        self.sums[name] = contents.sum_of(data)

    def copy(self, name: str, path: Path) -> bool:
        """As long as it is now. False when it is not there."""
        try:
            source = path.open("rb")
        except FileNotFoundError:
            return False
        with source:
            summed = _Summed(source)
            self.tar.addfile(_info(name, os.fstat(source.fileno()).st_size), summed)
        self.sums[name] = summed.sum.hexdigest()
        return True


class _Summed:
    """Passes a file on and sums what was passed."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.sum = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._source.read(size)
        self.sum.update(block)
        return block


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_old(folder: Path, city: str, keep: int | None) -> tuple[str, ...]:
    if keep is None:
        return ()
    ours = re.compile(rf"yobikake-{re.escape(city)}-\d{{8}}T\d{{6}}\.backup")
    old = sorted((path for path in folder.iterdir() if ours.fullmatch(path.name)), reverse=True)[keep:]
    for path in old:
        path.unlink()
    return tuple(path.name for path in old)
