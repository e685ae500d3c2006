"""Reads a backup from its first byte to its last, and holds every file against the manifest."""

import hashlib
import tarfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dialer.backup import contents
from dialer.backup.contents import ABOUT, MANIFEST, MEMBER, About, BadContents, Manifest, about_from, manifest_from
from dialer.backup.sealing import NotABackup, OtherFormat, SealBroken, SealedReader, SealError, WrongKey
from dialer.calendar_commands import CannotAnswer

BLOCK = 1 << 20
MOST_TOLD = 64 << 20  # bytes of about.json or manifest.json: nobody has so many recordings
WHY = {
    NotABackup: "バックアップのファイルではありません",
    OtherFormat: "新しいプログラムの形式です。プログラムを新しくしてください",
    WrongKey: "別の鍵で作られています。作った時の鍵を指定してください",
    SealBroken: "書き換えられたか、途中で切れています",
}


Sink = Callable[[str], AbstractContextManager[BinaryIO | None]]
"""Given a file's name: where its content goes; None: nowhere."""


@dataclass(frozen=True, slots=True)
class Read:
    about: About
    manifest: Manifest
    bytes: int
    sum: str  # of the whole file as it lies there


def nowhere(_name: str) -> AbstractContextManager[BinaryIO | None]:
    return nullcontext(None)


def read_about(path: Path, key: bytes) -> About:
    """The beginning alone: nothing of what follows has been checked."""
    with _plainly(path), path.open("rb") as source:
        tar = _tar(SealedReader(source, key))
        first = tar.next()
        if first is None or first.name != ABOUT:
            raise BadContents(ABOUT)
        return about_from(_told(tar, first))


def read_all(path: Path, key: bytes, sink: Sink = nowhere, on_about: Callable[[About], None] = lambda _: None) -> Read:
    """CannotAnswer with the reason when anything of it is not as it was written."""
    with _plainly(path), path.open("rb") as file:
        source = _Summed(file)
        reader = SealedReader(source, key)  # type: ignore[arg-type]
        tar = _tar(reader)
        about: About | None = None
        manifest: Manifest | None = None
        sums: dict[str, str] = {}
        for member in tar:
            if manifest is not None or not member.isreg() or not MEMBER.fullmatch(member.name) or member.name in sums:
                raise BadContents(member.name)
            if (about is None) != (member.name == ABOUT):
                raise BadContents(ABOUT)
            if member.name == MANIFEST:
                manifest = manifest_from(_told(tar, member))
            elif member.name == ABOUT:
                told = _told(tar, member)
                about = about_from(told)
                sums[ABOUT] = contents.sum_of(told)
                on_about(about)
            else:
                with sink(member.name) as target:
                    sums[member.name] = _copy(tar, member, target)
        reader.end()
        if about is None or manifest is None or dict(manifest.sums) != sums:
            raise BadContents(MANIFEST)
        return Read(about, manifest, source.bytes, source.sum.hexdigest())


def _tar(reader: SealedReader) -> tarfile.TarFile:
    return tarfile.open(fileobj=reader, mode="r|", bufsize=BLOCK)  # type: ignore[call-overload, no-any-return]


def _told(tar: tarfile.TarFile, member: tarfile.TarInfo | None) -> bytes:
    source = None if member is None or member.size > MOST_TOLD else tar.extractfile(member)
    if source is None:
        raise BadContents(ABOUT)
    return source.read()


def _copy(tar: tarfile.TarFile, member: tarfile.TarInfo, target: BinaryIO | None) -> str:
    source, summed = tar.extractfile(member), hashlib.sha256()
    assert source is not None
    while block := source.read(BLOCK):
        summed.update(block)
        if target is not None:
            target.write(block)
    return summed.hexdigest()


class _Summed:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.sum, self.bytes = hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self.sum.update(block)
        self.bytes += len(block)
        return block


@contextmanager
def _plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except SealError as wrong:
        raise CannotAnswer(f"{path.name}: {WHY[type(wrong)]}。") from None
    except (BadContents, tarfile.TarError, EOFError):
        raise CannotAnswer(f"{path.name}: 中身がバックアップではありません。") from None
    except FileNotFoundError as gone:
        if gone.filename in (None, str(path)):
            raise CannotAnswer(f"{path}: ありません。") from None
        raise
    except IsADirectoryError:
        raise CannotAnswer(f"{path}: フォルダーです。バックアップのファイルを指定してください。") from None
