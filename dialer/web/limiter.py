"""How often one address may try. In this process only: the lock-out of an account is counted in the store."""

from collections import deque
from enum import StrEnum

MOST_ADDRESSES = 10_000


class Allowed(StrEnum):
    YES = "yes"
    NO = "no"
    NO_FOR_THE_FIRST_TIME = "no_first"  # of this window: worth a line in the log, the thousandth is not


class Limiter:
    """A moving window."""

    def __init__(self, most: int, *, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._tries: dict[str, deque[float]] = {}
        self._refused: dict[str, float] = {}

    def ask(self, address: str, now: float) -> Allowed:
        if address not in self._tries and len(self._tries) >= MOST_ADDRESSES:
            self._sweep(now)
        tries = self._tries.setdefault(address, deque())
        while tries and tries[0] <= now - self._seconds:
            tries.popleft()
        if len(tries) < self._most:
            tries.append(now)
            return Allowed.YES
        told_at, self._refused[address] = self._refused.get(address), now
        known = told_at is not None and told_at > now - self._seconds
        return Allowed.NO if known else Allowed.NO_FOR_THE_FIRST_TIME

    def _sweep(self, now: float) -> None:
        """Whoever has not tried for a whole window; under attack from very many, everybody."""
        self._tries = {one: tries for one, tries in self._tries.items() if tries and tries[-1] > now - self._seconds}
        self._refused = {one: at for one, at in self._refused.items() if at > now - self._seconds}
        if len(self._tries) >= MOST_ADDRESSES:
            self._tries.clear()
