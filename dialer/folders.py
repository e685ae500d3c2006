"""Folders and files that only we may read, and short places for sockets."""

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST_SOCKET_FOLDER = 80
"""A unix socket's path may have 107 bytes; the servers add a name of their own."""


def private_folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


@contextmanager
def only_one(folder: Path) -> Iterator[bool]:
    """Whether nobody else is at work in this folder; then what was left in it by somebody who was killed is gone."""
    with (private_folder(folder) / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        for left in folder.glob("*/"):
            shutil.rmtree(left, ignore_errors=True)
        yield True


def write_secret(path: Path, content: str | Callable[[], str]) -> str:
    """Write with mode 0600 from the first byte. A callable makes the content only when there is none yet."""
    if callable(content):
        if path.exists():
            return path.read_text()
        content = content()
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(content)
    part.replace(path)
    return content


def write_json(path: Path, value: object) -> None:
    """Readers see the old or the new text, never half of one."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    part.replace(path)


def read_json(path: Path) -> dict[str, object]:
    """Empty when there is none."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return read if isinstance(read, dict) else {}


def run_place(folder: Path) -> Path:
    """Where a server of this folder puts its sockets: inside it, or in a short place when the path is too long."""
    inside = folder / "run"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_FOLDER:
        return inside
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"yobikake-{os.geteuid()}-{name}"


def own_folder(folder: Path, owner: int | None = None) -> Path:
    """Make it, for us or that user alone; PermissionError when somebody else put it there first."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink() or folder.lstat().st_uid not in (owner, os.geteuid()):
        raise PermissionError(f"{folder} belongs to another user; remove it and start again")
    if owner is not None:
        os.chown(folder, owner, -1)
    folder.chmod(0o700)
    return folder
