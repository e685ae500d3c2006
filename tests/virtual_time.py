"""An event loop whose clock jumps to the next timer: an hour of calls runs in milliseconds."""

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

from tests.event_table import START

T = TypeVar("T")


class _JumpingSelector(selectors.DefaultSelector):
    """Never waits for a timer; tells the loop how far to move its clock instead."""

    jumped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("nothing left to wait for: the test hangs")
        if not ready and timeout:
            self.jumped += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.jumped


class VirtualClock:
    """Implements the Clock port over the loop it is asked from."""

    stepped = timedelta()  # by somebody who sets the clock of the day

    def now(self) -> datetime:
        return START + timedelta(seconds=self.monotonic()) + self.stepped

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


def run_virtual(work: Coroutine[Any, Any, T]) -> T:
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()
