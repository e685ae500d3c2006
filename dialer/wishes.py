"""People who asked to be called back keep their place in line: when it is their turn, an operator dials them.

The operator is reserved first and hears whoever answers at once, as in a call of their own.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

import structlog

from dialer.caller_parts import NoWishes
from dialer.calls import Calls
from dialer.core.callers import Order, Wish
from dialer.core.groups import Group
from dialer.core.values import CallId
from dialer.manual import Manual, NotNow
from dialer.ports import Claimed, Clock, NotClaimed, Store, StoreFault, StoreUnavailable
from dialer.tasks import Tasks

log = structlog.get_logger()

LOOK_SECONDS = 5.0


class Wishes(NoWishes):
    def __init__(self, city: str, calls: Calls, manual: Manual, *, store: Store, clock: Clock, tasks: Tasks) -> None:
        self._city, self._calls, self._manual = city, calls, manual
        self._store, self._clock, self._tasks = store, clock, tasks
        self._open: dict[CallId, Wish] = {}
        self._done: set[CallId] = set()  # taken up here; the store may still list them
        self._looking = False
        self._look_at = 0.0  # monotonic

    def __len__(self) -> int:
        return len(self._open)

    def before(self, order: Order, groups: Callable[[Group], bool]) -> int:
        return sum(one.order < order and groups(self._group_of(one)) for one in self._open.values())

    @property
    def groups(self) -> Counter[Group]:
        return Counter(self._group_of(one) for one in self._open.values())

    def _group_of(self, wish: Wish) -> Group:
        return self._calls.desks.floor.groups.of_debt(wish.debt)

    def look_soon(self) -> None:
        self._look_at = 0.0
        self.tick()

    def tick(self) -> None:
        if not self._looking and self._clock.monotonic() >= self._look_at:
            self._looking = True
            self._tasks.spawn(self._look())

    def forget(self) -> None:
        self._open.clear()
        self._done.clear()

    async def _look(self) -> None:
        found: Sequence[Wish] | None = None
        try:
            found = await self._store.open_wishes(self._city)
        except (StoreUnavailable, StoreFault) as away:
            log.warning("cannot look for wishes", why=str(away))
        finally:
            self._tasks.post(partial(self._found, found))

    def _found(self, found: Sequence[Wish] | None) -> None:
        self._looking = False
        self._look_at = self._clock.monotonic() + LOOK_SECONDS
        if found is not None:
            self._done &= {one.call for one in found}
            self._open = {one.call: one for one in found if one.call not in self._done}
            self._calls.callers.serve()

    def serve(self, before: Order | None) -> bool:
        """True when a free operator calls somebody back whose turn comes before that of `before`."""
        due = [one for one in self._open.values() if before is None or one.order <= before]
        if not due or self._manual.why_no_call() is not None:
            return False
        kept = self._calls.callers.rung.kept
        for wish in sorted(due, key=lambda one: one.order):
            desk = self._calls.desks.floor.next_for_caller(self._group_of(wish), kept)
            if desk is not None:
                del self._open[wish.call]
                self._done.add(wish.call)
                self._manual.call(desk, wish.case, wish.number, partial(self._called, wish))
                return True
        return False

    def _called(self, wish: Wish, found: Claimed | NotClaimed | NotNow) -> None:
        match found:
            case Claimed():
                self._close(wish, found, "折り返しました")
            case NotClaimed(why=why):
                self._close(wish, None, why)
            case NotNow():
                self._done.discard(wish.call)  # asked again at the next look

    def _close(self, wish: Wish, claimed: Claimed | None, why: str) -> None:
        log.info("wish", call_id=wish.call, attempt_id=claimed.attempt if claimed else None)
        attempt = claimed.attempt if claimed is not None else None
        self._calls.journal.write(lambda: self._store.close_wish(wish.call, attempt, why))
