"""Preview: the engine offers the most urgent case to an operator, who looks at it and dials, or skips it.

Nothing is dialled by itself. A case that was skipped is offered again only after some minutes, to whoever is free then.
"""

from collections.abc import Callable, Collection, Sequence
from functools import partial

import structlog

from dialer.core.floor import Desk, DueCase
from dialer.core.orders import Order
from dialer.desks import Desks
from dialer.ports import Clock, Store, StoreUnavailable
from dialer.tasks import Tasks

log = structlog.get_logger()

AGAIN_SECONDS = 1.0  # nothing was due, or the store was away
NOT_OFFERED = "この案件の表示は終わっています"


class Preview:
    """`debts` are those whose cases may be offered now, `may_look` those who may be shown one now, in their order.

    `on_asked` is called when the store has answered, whatever it said.
    """

    def __init__(
        self,
        city: str,
        desks: Desks,
        debts: Callable[[], Collection[str]],
        may_look: Callable[[], Sequence[Desk]],
        *,
        on_asked: Callable[[], None],
        store: Store,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._city, self._desks, self._debts, self._may_look = city, desks, debts, may_look
        self._on_asked = on_asked
        self._store, self._clock, self._tasks = store, clock, tasks
        self.asking = False
        self._ask_after = 0.0  # monotonic

    def offer(self) -> None:
        """One case to each; asked again whenever somebody may be free."""
        if self.asking or self._clock.monotonic() < self._ask_after or not (debts := self._debts()):
            return
        if count := len(self._may_look()):
            self.asking = True
            self._tasks.spawn(self._ask(count, debts))

    def take_back(self) -> None:
        """Cases of debt kinds that are not offered any more."""
        debts = self._debts()
        for desk in self._desks.floor.desks.values():
            if desk.preview is not None and desk.preview.debt not in debts:
                self._desks.show(desk, None)

    def skip(self, desk: Desk, order: Order) -> str | None:
        """Why stands in the order, which keeps the case from being offered for a while."""
        if desk.preview is None or desk.preview.case != order.case:
            return NOT_OFFERED
        self._desks.show(desk, None)
        return None

    async def _ask(self, count: int, debts: Collection[str]) -> None:
        cases: Sequence[DueCase] = ()
        offered = [desk.preview.case for desk in self._desks.floor.desks.values() if desk.preview is not None]
        try:
            cases = await self._store.due_cases(self._city, count, self._clock.now(), debts, offered)
        except StoreUnavailable as away:
            log.warning("cannot look for cases to offer", why=str(away))
        finally:
            self._tasks.post(partial(self._offered, count, cases))

    def _offered(self, count: int, cases: Sequence[DueCase]) -> None:
        self.asking = False
        if len(cases) < count:
            self._ask_after = self._clock.monotonic() + AGAIN_SECONDS
        debts = self._debts()
        wanted = [case for case in cases if case.debt in debts]
        for desk, case in zip(self._may_look(), wanted, strict=False):
            self._desks.show(desk, case)
        self._on_asked()
