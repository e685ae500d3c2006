"""Recordings of talks: both sides apart (left the person, right the operator), 8 kHz WAV, named by the attempt only."""

import asyncio
import time
import wave
from collections.abc import Sequence
from pathlib import Path

from dialer.core.values import AttemptId
from dialer.ports import Recording

RATE = 8000
CHANNELS = 2
SAMPLE_BYTES = 2
FRAME_BYTES = CHANNELS * SAMPLE_BYTES
BLOCK = 1 << 16
STILL_SECONDS = 0.25
PATIENCE_SECONDS = 5.0


class Recordings:
    """Implements the Recorder port over the folder that Asterisk writes to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def finish(self, attempt: AttemptId) -> Recording | None:
        return await asyncio.to_thread(self._finish, attempt)

    def left_over(self) -> Sequence[AttemptId]:
        return [AttemptId(path.stem) for path in self._folder.glob("*.raw")]

    def _finish(self, attempt: AttemptId) -> Recording | None:
        raw, done = self._folder / f"{attempt}.raw", self._folder / f"{attempt}.wav"
        if not raw.exists():
            return _length_of(done, attempt) if done.exists() else None
        _wait_until_still(raw)
        part = done.with_suffix(".part")
        with raw.open("rb") as source, wave.open(str(part), "wb") as target:
            target.setnchannels(CHANNELS)
            target.setsampwidth(SAMPLE_BYTES)
            target.setframerate(RATE)
            while block := source.read(BLOCK * FRAME_BYTES):
                target.writeframes(block[: len(block) - len(block) % FRAME_BYTES])
        part.rename(done)
        raw.unlink()
        return _length_of(done, attempt)


def _length_of(path: Path, attempt: AttemptId) -> Recording:
    with wave.open(str(path), "rb") as recording:
        return Recording(attempt, path.name, recording.getnframes() / recording.getframerate())


def _wait_until_still(raw: Path) -> None:
    """Asterisk closes the file a moment after the hang-up."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    size = -1
    while time.monotonic() < deadline and size != (size := raw.stat().st_size):
        time.sleep(STILL_SECONDS)
