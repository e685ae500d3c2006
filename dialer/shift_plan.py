"""The plan of shifts and breaks at work: when each operator will go, as far as somebody has entered it."""

from collections.abc import Mapping, Sequence
from functools import partial

import structlog

from dialer.core.shift_plan import PlannedTime, seconds_until_gone
from dialer.core.values import TOKYO
from dialer.ports import Clock, Store, StoreUnavailable
from dialer.tasks import Tasks

log = structlog.get_logger()

LOOK_SECONDS = 30.0
AHEAD_SECONDS = 60.0  # no decision looks further


class ShiftPlan:
    """Without a plan, or while the store is away, nobody is expected to go."""

    def __init__(self, city: str, *, store: Store, clock: Clock, tasks: Tasks) -> None:
        self._city, self._store, self._clock, self._tasks = city, store, clock, tasks
        self._times: Mapping[str, Sequence[PlannedTime]] = {}
        self._looking = False
        self._look_at = 0.0  # monotonic

    def tick(self) -> None:
        """Once a second."""
        if not self._looking and self._clock.monotonic() >= self._look_at:
            self._looking = True
            self._tasks.spawn(self._look())

    async def _look(self) -> None:
        times: Sequence[PlannedTime] | None = None
        try:
            times = await self._store.planned_times(self._city, self._clock.now().astimezone(TOKYO).date())
        except StoreUnavailable as away:
            log.warning("cannot look at the plan of shifts", why=str(away))
        finally:
            self._tasks.post(partial(self._found, times))

    def _found(self, times: Sequence[PlannedTime] | None) -> None:
        self._looking, self._look_at = False, self._clock.monotonic() + LOOK_SECONDS
        if times is not None:
            logins = {one.login for one in times}
            self._times = {login: [one for one in times if one.login == login] for login in logins}

    def leaves_in(self, account: str | None) -> float | None:
        """In so many seconds, when that is soon."""
        found = seconds_until_gone(self._times.get(account or "", ()), self._clock.now())
        return found if found is not None and found <= AHEAD_SECONDS else None
