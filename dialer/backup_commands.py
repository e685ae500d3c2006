"""The answers of `dialer backup` and `dialer restore`."""

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from dialer.audit_commands import Verified, verify
from dialer.backup.keys import read_key
from dialer.backup.making import Made, make
from dialer.backup.reading import Read, read_all
from dialer.backup.restoring import Restored, restore
from dialer.calendar_commands import CannotAnswer
from dialer.command_log import Use, note
from dialer.config import Settings
from dialer.core.values import TOKYO
from dialer.profiles import load_city

T = TypeVar("T")

NICE = 10
NO_FOLDER = "--to でフォルダーを指定するか、設定の backup.folder に書いてください。"


@dataclass(frozen=True, slots=True)
class BackedUp:
    made: Made

    def as_dict(self) -> dict[str, Any]:
        return {"file": str(self.made.file), **_told(self.made.read), "removed": list(self.made.removed)}

    def as_text(self) -> str:
        removed = f"\n古いバックアップ {len(self.made.removed)}件を消しました。" if self.made.removed else ""
        return f"{self.made.file}\n{_words(self.made.read)}\n読み直して確かめました。{removed}"


@dataclass(frozen=True, slots=True)
class Looked:
    read: Read

    def as_dict(self) -> dict[str, Any]:
        return _told(self.read)

    def as_text(self) -> str:
        return f"{_words(self.read)}\n最後まで正しく読めました。何も変えていません。"


@dataclass(frozen=True, slots=True)
class BroughtBack:
    restored: Restored
    verified: Verified

    def as_dict(self) -> dict[str, Any]:
        return {
            **_told(self.restored.read),
            "rows": self.restored.rows,
            "recordings": self.restored.recordings,
            "kept": list(self.restored.kept),
            "upgraded_from": self.restored.upgraded_from,
            "audit": self.verified.as_dict(),
        }

    def as_text(self) -> str:
        restored, lines = self.restored, [f"復元しました。{_words(self.restored.read)}"]
        lines.append(f"{restored.rows:,}行と録音{restored.recordings:,}件は、バックアップの記録と同じです。")
        if restored.upgraded_from is not None:
            lines.append(f"表を {restored.upgraded_from} からこのプログラムの版にしました。")
        if restored.kept:
            lines.append(f"すでにあったファイルはそのままです: {'、'.join(sorted(restored.kept))}")
        return "\n".join([*lines, self.verified.as_text()])


def _told(read: Read) -> dict[str, Any]:
    about = read.about
    return {
        "at": about.at.isoformat(),
        "city": about.city,
        "program": about.program,
        "revision": about.revision,
        "rows": about.rows,
        "tables": dict(about.tables),
        "recordings": read.manifest.recordings,
        "recordings_missing": read.manifest.missing,
        "bytes": read.bytes,
        "sha256": read.sum,
    }


def _words(read: Read) -> str:
    about, missing = read.about, read.manifest.missing
    lost = f"（ほかに、ファイルのない録音 {missing:,}件）" if missing else ""
    return (
        f"{about.at.astimezone(TOKYO):%Y-%m-%d %H:%M} の {about.city}、{about.rows:,}行、"
        f"録音{read.manifest.recordings:,}件{lost}、{read.bytes / (1 << 20):,.1f} MB、表の版 {about.revision}"
    )


async def back_up(settings: Settings, to: Path | None, key_file: Path | None, by: str, now: datetime) -> BackedUp:
    """The key is read first: nothing is begun without it."""
    folder = to or settings.backup.folder
    if folder is None:
        raise CannotAnswer(NO_FOLDER)
    key = read_key(key_file or settings.backup.key_file)
    made = await asyncio.to_thread(_nicely, lambda: make(settings, folder, key, now))
    read = made.read
    detail: dict[str, str | int | None] = {
        "file": made.file.name,
        "bytes": read.bytes,
        "sha256": read.sum,
        "recordings": read.manifest.recordings,
        "missing": read.manifest.missing,
        "removed": len(made.removed),
        "verified": 1,
    }
    await note(settings, load_city(settings.city), Use(by, now, "backup", "database", (), read.about.rows, detail))
    return BackedUp(made)


async def look_into(settings: Settings, file: Path, key_file: Path | None) -> Looked:
    key = read_key(key_file or settings.backup.key_file)
    return Looked(await asyncio.to_thread(read_all, file, key))


async def bring_back(settings: Settings, file: Path, key_file: Path | None, by: str, now: datetime) -> BroughtBack:
    """The logs of what came back prove themselves before anybody works on them."""
    key, proofs = read_key(key_file or settings.backup.key_file), list[Verified]()

    def prove(restored: Restored) -> None:
        proofs.append(asyncio.run(_proven(settings, restored, by, now)))

    restored = await asyncio.to_thread(restore, settings, file, key, prove)
    return BroughtBack(restored, proofs[0])


async def _proven(settings: Settings, restored: Restored, by: str, now: datetime) -> Verified:
    read = restored.read
    of_its_city = settings.model_copy(update={"city": read.about.city})
    found = await verify(of_its_city, by, now)
    detail: dict[str, str | int | None] = {
        "at": read.about.at.isoformat(timespec="seconds"),
        "sha256": read.sum,
        "recordings": restored.recordings,
        "findings": len(found.findings),
    }
    await note(of_its_city, load_city(read.about.city), Use(by, now, "restore", "database", (), restored.rows, detail))
    return found


def _nicely(work: Callable[[], T]) -> T:
    """Of this thread alone: whoever else works in the process keeps its place."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
    return work()
