"""Beside a running engine: recordings past their time are deleted, and what was left unfinished is tried again.

Nothing is deleted to make room: what the city wants kept stays until its days are over (T-028).
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import structlog

from dialer.core.city import City
from dialer.core.recording_rules import recorded_before
from dialer.core.values import AttemptId
from dialer.media.recording_keys import KeyFile, KeysUnusable, RecordingUnreadable
from dialer.media.recordings import finished, known, remove
from dialer.ports import Clock, StoreFault, StoreUnavailable
from dialer.store.recordings import RecordingStore
from dialer.store.staff_logs import LogEntry

log = structlog.get_logger()

FIRST_SECONDS = 60.0
LOOK_SECONDS = 3600.0
AT_ONCE = 200
BY = "yobikake"  # nobody's login: the program
WHY = "保存期間の満了"


class RecordingKeeper:
    """`finish`: asks the engine to finish what is left over."""

    def __init__(
        self,
        folder: Path,
        keys: KeyFile,
        store: RecordingStore,
        clock: Clock,
        *,
        city: Callable[[], City],
        leads: Callable[[], bool],
        finish: Callable[[], None],
    ) -> None:
        self._folder, self._keys, self._store, self._clock = folder, keys, store, clock
        self._city, self._leads, self._finish = city, leads, finish

    async def run(self) -> None:
        await asyncio.sleep(FIRST_SECONDS)
        while True:
            if self._leads():
                self._finish()
                await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        try:
            await self._prune(self._clock.now())
            await self._agree()
        except (StoreUnavailable, StoreFault) as away:
            log.warning("cannot look after recordings", why=str(away))
        except OSError as failed:
            log.error("a recording could not be taken away", why=failed.strerror)

    async def _prune(self, now: datetime) -> None:
        """What is past its time: the rows first, so that a file without one is found by the next look."""
        city = self._city()
        before = recorded_before(city.recordings, now)
        if before is None:
            return

        def entry(ids: Sequence[str]) -> LogEntry:
            detail = {"before": before.isoformat(), "keep_days": city.recordings.keep_days}
            return LogEntry(now, city.key, BY, None, "prune", "recording", ids, len(ids), 0.0, detail)

        while ids := await self._store.past(before, AT_ONCE):
            gone = await self._store.delete(ids, BY, WHY, now, entry)
            await asyncio.to_thread(self._remove, gone)
            log.info("recordings past their time are deleted", count=len(gone))

    async def _agree(self) -> None:
        """Files and rows, after a crash between the two."""
        here = await asyncio.to_thread(finished, self._folder)
        for first in range(0, len(here), AT_ONCE):
            deleted, missing = await self._store.unlike(here[first : first + AT_ONCE])
            await asyncio.to_thread(self._remove, deleted)
            for one in missing:
                await self._save(AttemptId(one))

    async def _save(self, one: AttemptId) -> None:
        try:
            recording = await asyncio.to_thread(known, self._folder, self._keys, one)
        except (RecordingUnreadable, KeysUnusable) as unread:
            log.error("a recording cannot be read", attempt_id=one, why=str(unread))
            return
        if recording is not None:
            await self._store.save(recording)

    def _remove(self, ids: Sequence[str]) -> None:
        for one in ids:
            remove(self._folder, one)
