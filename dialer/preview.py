"""Preview: the engine offers the most urgent case to each free operator, who looks at it and dials, or skips it.

Nothing is dialled by itself. A case that was skipped is offered again only after some minutes, to whoever is free then.
"""

from collections.abc import Callable, Collection, Sequence
from functools import partial

import structlog

from dialer.core.floor import Desk
from dialer.core.orders import Order
from dialer.core.values import CaseId, OperatorState
from dialer.desks import Desks
from dialer.ports import Clock, Store, StoreUnavailable
from dialer.tasks import Tasks

log = structlog.get_logger()

AGAIN_SECONDS = 1.0  # nothing was due, or the store was away
NOT_OFFERED = "この案件の表示は終わっています"


class Preview:
    def __init__(
        self,
        city: str,
        desks: Desks,
        open_debts: Callable[[], Collection[str]],
        *,
        store: Store,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._city, self._desks, self._open_debts = city, desks, open_debts
        self._store, self._clock, self._tasks = store, clock, tasks
        self._asking = False
        self._ask_after = 0.0  # monotonic

    def offer(self) -> None:
        """One case to each who has none; asked again whenever somebody may be free."""
        waiting = self._waiting()
        if not waiting or self._asking or self._clock.monotonic() < self._ask_after:
            return
        self._asking = True
        self._tasks.spawn(self._ask(len(waiting)))

    def skip(self, desk: Desk, order: Order) -> str | None:
        """Why stands in the order, which keeps the case from being offered for a while."""
        if desk.preview != order.case:
            return NOT_OFFERED
        desk.preview = None
        self._desks.save(desk)
        self.offer()
        return None

    def _waiting(self) -> list[Desk]:
        desks = self._desks.floor.desks.values()
        free = [desk for desk in desks if desk.state is OperatorState.FREE and desk.preview is None]
        return sorted(free, key=lambda desk: desk.since)

    async def _ask(self, count: int) -> None:
        cases: Sequence[CaseId] = ()
        offered = [desk.preview for desk in self._desks.floor.desks.values() if desk.preview is not None]
        try:
            cases = await self._store.due_cases(self._city, count, self._clock.now(), self._open_debts(), offered)
        except StoreUnavailable as away:
            log.warning("cannot look for cases to offer", why=str(away))
        finally:
            self._tasks.post(partial(self._offered, count, cases))

    def _offered(self, count: int, cases: Sequence[CaseId]) -> None:
        self._asking = False
        if len(cases) < count:
            self._ask_after = self._clock.monotonic() + AGAIN_SECONDS
        for desk, case in zip(self._waiting(), cases, strict=False):
            desk.preview = case
            self._desks.save(desk)
