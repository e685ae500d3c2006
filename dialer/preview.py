"""Preview: the engine offers the most urgent case to an operator, who looks at it and dials, or skips it.

Nothing is dialled by itself. A case that was skipped is offered again only after some minutes, to whoever is free then.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

import structlog

from dialer.core.floor import Desk, DueCase
from dialer.core.groups import Group, takes
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
        self._ask_after: dict[Group, float] = {}  # monotonic, by whose debt kinds they are

    def comes_first(self) -> bool:
        """True while it is not known whom a case is shown to. One case to each, by whose debt kinds it is; asked again
        whenever somebody may be free.
        """
        debts = self._debts()
        if self.asking or not debts:
            return self.asking
        now, floor = self._clock.monotonic(), self._desks.floor
        count = Counter(floor.group_of(desk) for desk in self._may_look())
        wanted = {group: many for group, many in count.items() if now >= self._ask_after.get(group, 0.0)}
        if wanted:
            self.asking = True
            self._tasks.spawn(self._ask(wanted, debts))
        return self.asking

    def take_back(self) -> None:
        """Cases of debt kinds that are not offered any more, or that the operator does not take any more."""
        debts = self._debts()
        for desk in self._desks.floor.desks.values():
            if desk.preview is not None and not (desk.preview.debt in debts and self._takes(desk, desk.preview)):
                self._desks.show(desk, None)

    def skip(self, desk: Desk, order: Order) -> str | None:
        """Why stands in the order, which keeps the case from being offered for a while."""
        if desk.preview is None or desk.preview.case != order.case:
            return NOT_OFFERED
        self._desks.show(desk, None)
        return None

    async def _ask(self, wanted: Mapping[Group, int], debts: Collection[str]) -> None:
        found: dict[Group, Sequence[DueCase]] = dict.fromkeys(wanted, ())
        besides = [desk.preview.case for desk in self._desks.floor.desks.values() if desk.preview is not None]
        groups = self._desks.floor.groups
        try:
            for group, count in wanted.items():
                theirs = [debt for debt in debts if takes(group, groups.of_debt(debt))]
                if theirs:
                    now = self._clock.now()
                    found[group] = await self._store.due_cases(self._city, count, now, theirs, besides)
                    besides += [one.case for one in found[group]]
        except StoreUnavailable as away:
            log.warning("cannot look for cases to offer", why=str(away))
        finally:
            self._tasks.post(partial(self._offered, wanted, found))

    def _offered(self, wanted: Mapping[Group, int], found: Mapping[Group, Sequence[DueCase]]) -> None:
        self.asking = False
        for group, cases in found.items():
            if len(cases) < wanted[group]:
                self._ask_after[group] = self._clock.monotonic() + AGAIN_SECONDS
        debts = self._debts()
        left = [case for cases in found.values() for case in cases if case.debt in debts]
        for desk in self._may_look():
            case = next((one for one in left if self._takes(desk, one)), None)
            if case is not None:
                left.remove(case)
                self._desks.show(desk, case)
        self._on_asked()

    def _takes(self, desk: Desk, case: DueCase) -> bool:
        return self._desks.floor.takes(desk, self._desks.floor.groups.of_debt(case.debt))
