"""Background work of the engine: everything comes back through its one inbox."""

import asyncio
from collections.abc import Callable, Coroutine

import structlog

from dialer.ports import SwitchNotReady

log = structlog.get_logger()


class Tasks:
    """`spawn` runs a coroutine, `later` waits, `post` hands a step to the one consumer."""

    def __init__(self, inbox: "asyncio.Queue[object]") -> None:
        self._inbox = inbox
        self._running: set[asyncio.Task[None]] = set()

    def post(self, step: Callable[[], None]) -> None:
        self._inbox.put_nowait(step)

    def later(self, seconds: float, step: Callable[[], None]) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, self.post, step)

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._done)

    def order(self, attempt: str, order: Coroutine[object, object, bool], refused: Callable[[], None]) -> None:
        """`refused`, a step, when the switch does not do it; while the link is away, what came of it is seen later."""
        self.spawn(self._ordered(attempt, order, refused))

    async def _ordered(self, attempt: str, order: Coroutine[object, object, bool], refused: Callable[[], None]) -> None:
        try:
            done = await order
        except SwitchNotReady as away:
            log.warning("cannot order", attempt_id=attempt, why=str(away))
            return
        if not done:
            self.post(refused)

    async def cancel(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("background work failed", exc_info=task.exception())
