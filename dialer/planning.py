"""The rulebook at work: which debt kinds are open, plans kept up to date, calls that need not ring on."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial

import structlog

from dialer.calls import Calls
from dialer.core.city import City
from dialer.core.decide import Rulebook
from dialer.core.values import TOKYO, AttemptId
from dialer.ports import Clock, Store, StoreUnavailable
from dialer.tasks import Tasks

log = structlog.get_logger()


class Planning:
    """Asked and ticked by the engine while it leads. `on_planned` is called when there may be something to call."""

    def __init__(
        self,
        book: Rulebook,
        calls: Calls,
        *,
        store: Store,
        clock: Clock,
        tasks: Tasks,
        on_planned: Callable[[], None],
    ) -> None:
        self._calls, self._store, self._clock, self._tasks = calls, store, clock, tasks
        self._city = book.city.key
        self._on_planned = on_planned
        self._planning = self._asking = False
        self.use(book)

    @property
    def city(self) -> City:
        return self._book.city

    def use(self, book: Rulebook) -> None:
        """New rules, for the next decision on; calls in flight are not touched."""
        self._book = book
        self._planned_on: date | None = None  # the day for which every case has its plan
        self._minute: datetime | None = None  # for which these are open
        self._open: frozenset[str] = frozenset()
        self._store.use(book)

    def open_debts(self) -> frozenset[str]:
        """The debt kinds for which the calendar allows calls now (T-034)."""
        minute = self._clock.now().replace(second=0, microsecond=0)
        if minute != self._minute:
            debts = (debt.key for debt in self._book.city.debts)
            found = (debt for debt in debts if self._book.calendar.calls_at(minute, debt).is_open)
            self._minute, self._open = minute, frozenset(found)
        return self._open

    def why_closed(self) -> str | None:
        """What an operator reads when no debt kind may be called."""
        return None if self.open_debts() else self._book.calendar.calls_at(self._clock.now()).reason

    def tick(self) -> None:
        if not self._planning:
            self._planning = True
            self._tasks.spawn(self._plan(self._clock.now(), self._book))
        ringing = [one.attempt for one in self._calls.live.values() if one.call.answered_at is None]
        if ringing and not self._asking:
            self._asking = True
            self._tasks.spawn(self._ask_withdrawn(ringing))

    async def _plan(self, now: datetime, book: Rulebook) -> None:
        """Cases to which something happened and plans that ran out; once a day, and by new rules, every case."""
        today, planned = now.astimezone(TOKYO).date(), 0
        try:
            while done := await self._store.plan(self._city, now):
                planned += done
            if today != self._planned_on:
                planned += await self._store.plan_all(self._city, now)
                self._planned_on = today if book is self._book else None
        except StoreUnavailable as away:
            log.warning("cannot plan", why=str(away))
        finally:
            self._tasks.post(partial(self._planned, planned))

    def _planned(self, count: int) -> None:
        self._planning = False
        if count:
            log.info("planned", cases=count)
            self._on_planned()

    async def _ask_withdrawn(self, ringing: Sequence[AttemptId]) -> None:
        """A stop or a payment that comes while the telephone rings (C-012)."""
        try:
            withdrawn = await self._store.withdrawn(ringing)
            self._tasks.post(partial(self._withdraw, withdrawn))
        except StoreUnavailable as away:
            log.warning("cannot ask what was withdrawn", why=str(away))
        finally:
            self._asking = False

    def _withdraw(self, attempts: frozenset[AttemptId]) -> None:
        for attempt in attempts & self._calls.live.keys():
            self._calls.withdraw(self._calls.live[attempt])
