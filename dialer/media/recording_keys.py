"""The keys that recordings are encrypted with: in a file that only its owner may read, and nowhere else.

RecordingUnreadable       of one recording: why it cannot be heard
  ├ KeyMissing            its key is not in the file (any more)
  └ Damaged               cut off, or changed since it was written
KeysUnusable              the file of keys itself; one line that says how to mend it
"""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dialer.config import SettingsError

KEY_BYTES = 32
ID_BYTES = 8
READABLE_BY_OTHERS = 0o077


class KeysUnusable(SettingsError):
    """Recordings can neither be made nor heard."""


class RecordingUnreadable(Exception):
    """Nobody can hear it."""


class KeyMissing(RecordingUnreadable):
    """Put the key back, and it can be heard again."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"its key {key_id} is not in the file of keys")
        self.key_id = key_id


class Damaged(RecordingUnreadable):
    """Not as it was written."""


@dataclass(frozen=True, slots=True)
class RecordingKey:
    id: str
    made_at: datetime
    secret: bytes

    def __repr__(self) -> str:
        return f"RecordingKey({self.id})"


class KeyFile:
    """The last key of the file is for what is recorded from now on; the earlier ones are for what was."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def newest(self) -> RecordingKey:
        """Made when there is none yet."""
        return (self.all() or (self.add(only_first=True),))[-1]

    def find(self, key_id: str) -> RecordingKey:
        """KeyMissing when it is not there."""
        for key in self.all():
            if key.id == key_id:
                return key
        raise KeyMissing(key_id)

    def all(self) -> Sequence[RecordingKey]:
        try:
            mode = self._path.stat().st_mode
            if mode & READABLE_BY_OTHERS:
                raise KeysUnusable(
                    f"{self._path.name}: others than its owner may read it. Take the right away (chmod 600), and think "
                    "of a new key: ./run dialer recordings new-key"
                )
            return _read(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return ()
        except OSError as wrong:
            raise KeysUnusable(f"{self._path.name}: cannot be read ({wrong.strerror})") from None
        except (ValueError, KeyError, TypeError):
            raise KeysUnusable(
                f"{self._path.name}: is not a file of keys. Put it back from where the keys are kept; without it no "
                "recording made so far can be heard."
            ) from None

    def add(self, *, only_first: bool = False) -> RecordingKey:
        """A new key, used from now on. `only_first`: unless somebody else has just made one."""
        key = RecordingKey(secrets.token_hex(ID_BYTES), datetime.now(UTC), secrets.token_bytes(KEY_BYTES))
        with _alone(self._path):
            known = self.all()
            if known and only_first:
                return known[-1]
            self._write([*known, key])
        return key

    def take_from(self, other: "KeyFile") -> Sequence[RecordingKey]:
        """Keys that are not here yet; the newest here stays the one that is used."""
        with _alone(self._path):
            known = self.all()
            here = {one.id for one in known}
            added = [one for one in other.all() if one.id not in here]
            if added:
                self._write([*added, *known])
        return added

    def _write(self, keys: Sequence[RecordingKey]) -> None:
        """On the disk before anything is encrypted with it."""
        told = [
            {"id": one.id, "made_at": one.made_at.isoformat(), "key": base64.b64encode(one.secret).decode()}
            for one in keys
        ]
        part = self._path.with_name(f".{self._path.name}.part")
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(json.dumps({"keys": told}, indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._path)
        sync_folder(self._path.parent)


def _read(content: str) -> Sequence[RecordingKey]:
    keys = [
        RecordingKey(one["id"], datetime.fromisoformat(one["made_at"]), base64.b64decode(one["key"], validate=True))
        for one in json.loads(content)["keys"]
    ]
    if any(len(one.secret) != KEY_BYTES or len(bytes.fromhex(one.id)) != ID_BYTES for one in keys):
        raise ValueError
    return keys


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Two that add a key at once do it one after the other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def sync_folder(folder: Path) -> None:
    """So that a name given to a file is there after a power cut as well."""
    with suppress(OSError):
        place = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(place)
        finally:
            os.close(place)
