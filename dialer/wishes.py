"""People who asked to be called back keep their place in line: when it is their turn, an operator dials them.

The operator is reserved first and hears whoever answers at once, as in a call of their own.
"""

import asyncio
from collections.abc import Sequence
from functools import partial

import structlog

from dialer.caller_parts import NoWishes
from dialer.calls import Calls
from dialer.core.callers import Order, Wish
from dialer.core.floor import Desk
from dialer.core.values import CallId, OperatorState
from dialer.manual import Line
from dialer.ports import Claimed, Clock, NotClaimed, Store, StoreFault, StoreUnavailable
from dialer.tasks import Tasks

log = structlog.get_logger()

LOOK_SECONDS = 5.0
GONE = "担当者の準備が間に合いませんでした"


class Wishes(NoWishes):
    def __init__(self, city: str, calls: Calls, line: Line, *, store: Store, clock: Clock, tasks: Tasks) -> None:
        self._city, self._calls, self._line = city, calls, line
        self._store, self._clock, self._tasks = store, clock, tasks
        self._open: dict[CallId, Wish] = {}
        self._done: set[CallId] = set()  # taken up here; the store may still list them
        self._looking = False
        self._look_at = 0.0  # monotonic
        self.claiming = 0

    def __len__(self) -> int:
        return len(self._open)

    def before(self, order: Order) -> int:
        return sum(one.order < order for one in self._open.values())

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
        wish = min(self._open.values(), key=lambda one: one.order, default=None)
        if wish is None or (before is not None and before < wish.order) or self._line.why_not() is not None:
            return False
        desk = self._calls.desks.floor.next_for_caller()
        if desk is None:
            return False
        del self._open[wish.call]
        self._done.add(wish.call)
        self.claiming += 1
        self._calls.desks.become(desk, OperatorState.RESERVED)
        self._tasks.spawn(self._claim(desk, wish))
        return True

    async def _claim(self, desk: Desk, wish: Wish) -> None:
        found: Claimed | NotClaimed | None = None
        try:
            while (wait := self._line.wait_seconds()) > 0:
                await asyncio.sleep(wait)
            found = await self._store.claim_one(self._city, wish.case, wish.number, self._clock.now())
        except (StoreUnavailable, StoreFault) as away:
            log.warning("cannot claim for a wish", why=str(away))
        finally:
            self._tasks.post(partial(self._claimed, desk, wish, found))

    def _claimed(self, desk: Desk, wish: Wish, found: Claimed | NotClaimed | None) -> None:
        self.claiming -= 1
        if not self._calls.desks.has(desk):
            return  # another engine leads now, and settles this attempt
        is_there = desk.state is OperatorState.RESERVED and desk.attempt is None
        if found is None:
            self._done.discard(wish.call)  # the store was away: asked again at the next look
        elif isinstance(found, NotClaimed):
            self._close(wish, None, found.why)
        elif why := (GONE if not is_there or desk.channel is None else self._line.why_not_claimed(found)):
            self._calls.not_placed(self._calls.begin(found.attempt, found.claimed_at, found.caller_id), why)
            self._done.discard(wish.call)
        else:
            self._calls.begin(found.attempt, found.claimed_at, found.caller_id)
            desk.attempt = found.attempt
            self._calls.desks.save(desk)
            self._line.start(found)
            self._close(wish, found, "折り返しました")
            return
        if is_there:
            self._calls.desks.rest(desk)

    def _close(self, wish: Wish, claimed: Claimed | None, why: str) -> None:
        log.info("wish", call_id=wish.call, attempt_id=claimed.attempt if claimed else None)
        attempt = claimed.attempt if claimed is not None else None
        self._calls.journal.write(lambda: self._store.close_wish(wish.call, attempt, why))
