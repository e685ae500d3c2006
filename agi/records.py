"""From the threads of the calls to the store: nobody on the telephone waits for a database for long.

One loop in one thread asks the store. What could not be written is kept, in order, and written when the store is back.
"""

import asyncio
import concurrent.futures
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar

import structlog

from dialer.ports import StoreFault, StoreUnavailable

log = structlog.get_logger()

T = TypeVar("T")
Work = Callable[[], Awaitable[None]]

MOST_KEPT = 20_000
AGAIN_SECONDS = 1.0
GOODBYE_SECONDS = 3.0


@dataclass
class Records:
    """`with`: the loop runs inside. What is still to be written at the end gets a last chance."""

    kept: deque[Work] = field(default_factory=deque)
    lost: int = 0  # beyond what can be kept

    def __enter__(self) -> Self:
        self._idle, begun = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main(begun)), name="records", daemon=True)
        self._thread.start()
        begun.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.flush(GOODBYE_SECONDS)
        self.loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def _main(self, begun: threading.Event) -> None:
        self.loop = asyncio.get_running_loop()
        self._wake, self._over = asyncio.Event(), asyncio.Event()
        writing = asyncio.create_task(self._write_on())
        begun.set()
        await self._over.wait()
        writing.cancel()  # asyncio.run ends whatever else goes on

    def beside(self, work: Coroutine[Any, Any, None]) -> "concurrent.futures.Future[None]":
        """In the same loop, until it is cancelled."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def ask(self, question: Coroutine[Any, Any, T], seconds: float) -> T | None:
        """None: no answer within the time, or the store is away. The question is then dropped."""
        asked = asyncio.run_coroutine_threadsafe(question, self.loop)
        try:
            return asked.result(seconds)
        except (TimeoutError, concurrent.futures.CancelledError):
            asked.cancel()
            log.warning("the store does not answer in time", seconds=seconds)
        except (StoreUnavailable, StoreFault) as away:
            log.warning("the store cannot be asked", why=str(away))
        return None

    def write(self, work: Work, wait_seconds: float = 0.0) -> bool:
        """Later at the latest. True when it was written within the time."""
        written = threading.Event()

        async def done() -> None:
            await work()
            written.set()

        if len(self.kept) >= MOST_KEPT:
            self.lost += 1
            return False
        self._idle.clear()
        self.kept.append(done)
        self.loop.call_soon_threadsafe(self._wake.set)
        return written.wait(wait_seconds) if wait_seconds else False

    def flush(self, seconds: float) -> bool:
        """Whether nothing is left to be written."""
        return not self.kept or self._idle.wait(seconds)

    async def _write_on(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self.kept:
                if not await self._written(self.kept[0]):
                    await asyncio.sleep(AGAIN_SECONDS)
                    continue
                self.kept.popleft()
            self._idle.set()

    async def _written(self, work: Work) -> bool:
        """Or refused: another try would be refused too."""
        try:
            await work()
        except StoreUnavailable:
            return False
        except StoreFault as refused:
            log.error("a record of a call was refused", why=str(refused))
        return True
