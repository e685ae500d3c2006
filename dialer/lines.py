"""The carrier's lines: how many are free for whom, and how many new calls a second it takes."""

from collections.abc import Callable

from dialer.calls import Calls
from dialer.core.pacing.rate import Rate
from dialer.placing import TrunkRules
from dialer.ports import Clock


class Lines:
    """`apart`: people who call have lines of their own (T-007). `by_hand`: calls that are being claimed for an operator
    who dials; each will want a line.
    """

    def __init__(
        self, trunk: TrunkRules, calls: Calls, apart: Callable[[], bool], clock: Clock, *, by_hand: Callable[[], int]
    ) -> None:
        self._trunk, self._calls, self._apart, self._clock = trunk, calls, apart, clock
        self._rate = Rate(trunk.calls_per_second, 1.0, clock.monotonic())
        self._by_hand = by_hand
        self.claiming = 0  # by the dialer itself

    @property
    def all_claiming(self) -> int:
        return self.claiming + self._by_hand()

    @property
    def _callers(self) -> int:
        return 0 if self._apart() else len(self._calls.callers.here)

    @property
    def _used(self) -> int:
        return len(self._calls.live) + self._callers + self._calls.talks.transfers.lines + self.all_claiming

    @property
    def free(self) -> int:
        return max(0, self._trunk.lines - self._used)

    def told(self) -> dict[str, int]:
        """For people: all, those in use, and those that are kept for people who call."""
        kept = max(0, self._trunk.lines_for_callers - self._callers)
        return {"all": self._trunk.lines, "used": self._used, "kept_for_callers": min(kept, self.free)}

    @property
    def free_for_dialling(self) -> int:
        """By the dialer itself: some are kept for people who call."""
        return max(0, self.free - max(0, self._trunk.lines_for_callers - self._callers))

    @property
    def wait_seconds(self) -> float:
        """Until one more call may start, after fewer could be taken than were wanted."""
        return self._rate.wait_seconds

    def take(self, wanted: int) -> int:
        """How many of so many new calls may start now."""
        allowed, self._rate = self._rate.take(wanted, self._clock.monotonic())
        return allowed

    def take_one(self) -> float:
        """0.0: taken; else in how many seconds to ask again."""
        return 0.0 if self.take(1) else self.wait_seconds
