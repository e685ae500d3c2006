"""The one writer: keeps what happened and brings it to the store in order, however long the store is away.

The engine never waits for the database while a person is on the line. What is in the journal is also in Asterisk's own
record, so an engine that dies with a full journal loses nothing that a restart cannot settle.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from dialer.core.values import AttemptId
from dialer.ports import Ended, Recorded, Store, StoreFault, StoreUnavailable

log = structlog.get_logger()

RETRY_SECONDS = (0.1, 0.3, 1.0, 2.0)
BATCH = 500

Write = Callable[[], Awaitable[None]]


class Journal:
    """Events first, then single writes, then outcomes: an outcome is never stored before what led to it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._events: list[Recorded] = []
        self._writes: list[Write] = []
        self._ended: list[Ended] = []
        self._work = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def event(self, recorded: Recorded) -> None:
        self._events.append(recorded)
        self._wake()

    def write(self, write: Write) -> None:
        """Any other write of the store, made in the order handed over."""
        self._writes.append(write)
        self._wake()

    def ended(self, ended: Ended) -> None:
        self._ended.append(ended)
        self._wake()

    @property
    def length(self) -> int:
        return len(self._events) + len(self._writes) + len(self._ended)

    @property
    def pending(self) -> set[AttemptId]:
        """Attempts whose outcome is decided but not yet stored."""
        return {ended.attempt for ended in self._ended}

    async def run(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            while self.length:
                await self._write_some()
            self._empty.set()

    async def drained(self) -> None:
        """Returns when everything handed over so far is in the store."""
        await self._empty.wait()

    def _wake(self) -> None:
        self._empty.clear()
        self._work.set()

    async def _write_some(self) -> None:
        ended = self._ended[:BATCH]  # taken first: their events are already in the list
        writes = self._writes[:]
        events = self._events[: max(BATCH, len(self._events) if ended or writes else 0)]
        if events:
            await self._until_stored(lambda: self._store.append(events))
            del self._events[: len(events)]
        for write in writes:
            await self._until_stored(write)
            del self._writes[0]
        if ended:
            if not await self._until_stored(lambda: self._store.finish(ended)):
                for one in ended:  # one of them is at fault; the others must not suffer
                    await self._until_stored(partial(self._store.finish, [one]))
            del self._ended[: len(ended)]

    async def _until_stored(self, write: Write) -> bool:
        """False when the store will never take it; its attempt stays open and is settled anew by the next look."""
        tries = 0
        while True:
            try:
                await write()
                return True
            except StoreFault as fault:
                log.error("could not be stored", why=str(fault))
                return False
            except StoreUnavailable as away:
                wait = RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)]
                if tries % 10 == 0:
                    log.warning("store away, keeping the journal", waiting=self.length, why=str(away))
                tries += 1
                await asyncio.sleep(wait)
