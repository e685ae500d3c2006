"""Recordings of talks: both sides apart (left the person, right the operator), 8 kHz, named by the call's id only.

Asterisk writes `<id>.raw` in clear while people talk. After the call it becomes `<id>.rec`: encrypted, a WAV file with
the wave form behind it. Only when that lies on the disk whole is what was in clear removed; a crash in between leaves
both, and the next start does it again. What an earlier version kept in clear (`<id>.wav`) is encrypted in the same way.
"""

import asyncio
import os
import struct
import time
import wave
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import structlog

from dialer.core.city import City
from dialer.core.values import AttemptId
from dialer.media.recording_keys import Damaged, KeyFile, KeysUnusable, RecordingUnreadable, sync_folder
from dialer.media.sealed_file import SealedFile, seal
from dialer.media.wave_form import Peaks, WaveForm, unpacked
from dialer.recorder import Recording

log = structlog.get_logger()

RATE = 8000
CHANNELS = 2
SAMPLE_BYTES = 2
FRAME_BYTES = CHANNELS * SAMPLE_BYTES
BLOCK_FRAMES = 1 << 14
STILL_SECONDS = 0.25
PATIENCE_SECONDS = 5.0
RAW, CLEAR, SEALED, PART = ".raw", ".wav", ".rec", ".part"
WAV_HEAD = struct.Struct("<4sI4s4sIHHIIHH4sI")
LENGTH = struct.Struct(">I")


class Recordings:
    """Implements the Recorder port over the folder that Asterisk writes to."""

    def __init__(self, folder: Path, keys: KeyFile, records: Callable[[City], bool] = lambda city: True) -> None:
        self._folder, self._keys, self._records = folder, keys, records

    def records(self, city: City) -> bool:
        return self._records(city)

    async def finish(self, attempt: AttemptId) -> Recording | None:
        return await asyncio.to_thread(self._finish, attempt)

    def left_over(self) -> Sequence[AttemptId]:
        with suppress(FileNotFoundError), os.scandir(self._folder) as found:
            names = [Path(one.name) for one in found if one.name.endswith((RAW, CLEAR))]
            return list(dict.fromkeys(AttemptId(name.stem) for name in names))
        return []

    def _finish(self, attempt: AttemptId) -> Recording | None:
        raw, clear = self._folder / f"{attempt}{RAW}", self._folder / f"{attempt}{CLEAR}"
        try:
            if raw.exists():
                _wait_until_still(raw)
                self._seal(attempt, raw)
            elif clear.exists():
                self._seal(attempt, clear)
            return known(self._folder, self._keys, attempt)
        except (OSError, KeysUnusable) as failed:
            why = failed.strerror if isinstance(failed, OSError) else str(failed)
            log.error("a recording could not be finished; it will be tried again", attempt_id=attempt, why=why)
        except RecordingUnreadable as unread:
            log.error("a recording cannot be read", attempt_id=attempt, why=str(unread))
        return None

    def _seal(self, attempt: AttemptId, source: Path) -> None:
        part = self._folder / f"{attempt}{PART}"
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
                seal(_kept_of(source), target, self._keys.newest(), attempt)
                target.flush()
                os.fsync(target.fileno())
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        part.replace(self._folder / f"{attempt}{SEALED}")
        sync_folder(self._folder)
        source.unlink()


class Kept:
    """A finished recording, open for reading."""

    def __init__(self, folder: Path, keys: KeyFile, attempt: str) -> None:
        """FileNotFoundError, RecordingUnreadable, KeysUnusable."""
        self._sealed = SealedFile(folder / f"{attempt}{SEALED}", keys, attempt)
        try:
            end = self._sealed.size - LENGTH.size
            (length,) = LENGTH.unpack(self._sealed.read_all(end, LENGTH.size))
            self.size: int = end - length  # of the WAV file
            if self.size < WAV_HEAD.size:
                raise Damaged("it is too short")
        except BaseException:
            self.close()
            raise

    @property
    def seconds(self) -> float:
        return (self.size - WAV_HEAD.size) / FRAME_BYTES / RATE

    @property
    def key_id(self) -> str:
        return self._sealed.key_id

    @property
    def is_deleted(self) -> bool:
        return self._sealed.is_deleted

    def read(self, at: int, most: int) -> bytes:
        """Of the WAV file, from there on; a part of what was asked for, and nothing at the end."""
        return self._sealed.read(at, min(most, self.size - at)) if at < self.size else b""

    def wave_form(self) -> WaveForm:
        return unpacked(self._sealed.read_all(self.size, self._sealed.size - LENGTH.size - self.size))

    def close(self) -> None:
        self._sealed.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def known(folder: Path, keys: KeyFile, attempt: AttemptId) -> Recording | None:
    """What lies there under this name."""
    path = folder / f"{attempt}{SEALED}"
    try:
        with Kept(folder, keys, attempt) as kept:
            return Recording(attempt, path.name, kept.seconds, path.stat().st_size, kept.key_id)
    except FileNotFoundError:
        return None


def finished(folder: Path) -> Sequence[str]:
    """The ids of what lies there."""
    with suppress(FileNotFoundError), os.scandir(folder) as found:
        return [one.name.removesuffix(SEALED) for one in found if one.name.endswith(SEALED)]
    return []


def remove(folder: Path, attempt: str) -> None:
    """Whatever there is of it."""
    for suffix in (SEALED, CLEAR, RAW, PART):
        (folder / f"{attempt}{suffix}").unlink(missing_ok=True)
    sync_folder(folder)


def _kept_of(source: Path) -> Iterator[bytes]:
    """The WAV file, its wave form, and how long that is."""
    frames = _frames_in(source)
    peaks = Peaks(frames)
    yield _wav_head(frames * FRAME_BYTES)
    for block in _blocks(source, frames):
        peaks.add(block)
        yield block
    packed = peaks.wave_form().packed()
    yield packed + LENGTH.pack(len(packed))


def _frames_in(source: Path) -> int:
    if source.suffix == RAW:
        return source.stat().st_size // FRAME_BYTES
    with wave.open(str(source), "rb") as file:
        if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (RATE, CHANNELS, SAMPLE_BYTES):
            raise Damaged("it is not of two sides at 8 kHz")
        return file.getnframes()


def _blocks(source: Path, frames: int) -> Iterator[bytes]:
    """Neither more nor less than that; Damaged when it has become shorter."""
    with source.open("rb") as file:
        if source.suffix == CLEAR:
            file.seek(WAV_HEAD.size)
        while frames:
            block = file.read(min(frames, BLOCK_FRAMES) * FRAME_BYTES)
            if not block or len(block) % FRAME_BYTES:
                raise Damaged("it has become shorter")
            frames -= len(block) // FRAME_BYTES
            yield block


def _wav_head(data: int) -> bytes:
    rate = RATE * FRAME_BYTES
    form = (b"fmt ", 16, 1, CHANNELS, RATE, rate, FRAME_BYTES, 8 * SAMPLE_BYTES)
    return WAV_HEAD.pack(b"RIFF", WAV_HEAD.size - 8 + data, b"WAVE", *form, b"data", data)


def _wait_until_still(raw: Path) -> None:
    """Asterisk closes the file a moment after the hang-up."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    size = -1
    while time.monotonic() < deadline and size != (size := raw.stat().st_size):
        time.sleep(STILL_SECONDS)
