"""Calls that an operator dials: one number of an open case, when the rules allow it.

The operator is kept for this call from the first moment and hears whoever answers at once: no ear comes between.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import structlog

from dialer.calls import Calls
from dialer.core.floor import Desk
from dialer.core.orders import Order
from dialer.core.values import LegState, OperatorState
from dialer.ordering import Answer
from dialer.ports import Claimed, Clock, NotClaimed, Store, StoreFault, StoreUnavailable
from dialer.tasks import Tasks

log = structlog.get_logger()

NOT_IDLE = "通話中または後処理中は発信できません"
NO_SOUND = "音声がつながっていないため発信できません"
NO_STORE = "データベースと接続できないため発信できません"
TOO_LATE = "発信の準備が間に合いませんでした"


@dataclass(frozen=True, slots=True)
class Line:
    """What the engine lends."""

    why_not: Callable[[], str | None]  # it may start no call at all now
    why_not_claimed: Callable[[Claimed], str | None]  # nor this one, after all
    wait_seconds: Callable[[], float]  # until the trunk may take one more; asked again after so long. 0: now
    start: Callable[[Claimed], None]


class Manual:
    def __init__(self, city: str, calls: Calls, line: Line, *, store: Store, clock: Clock, tasks: Tasks) -> None:
        self._city, self._calls, self._line = city, calls, line
        self._store, self._clock, self._tasks = store, clock, tasks
        self.claiming = 0

    def dial(self, desk: Desk, order: Order, answer: Answer) -> None:
        if why := self._why_not(desk):
            answer(why)
            return
        self.claiming += 1
        if desk.preview is not None and desk.preview.case == order.case:
            desk.dialers_turn = True
        self._calls.desks.become(desk, OperatorState.RESERVED)
        self._tasks.spawn(self._claim(desk, order, answer))

    def _why_not(self, desk: Desk) -> str | None:
        if desk.state not in (OperatorState.FREE, OperatorState.PAUSED):
            return NOT_IDLE
        if desk.leg_state is not LegState.UP:
            return NO_SOUND
        return self._line.why_not()

    async def _claim(self, desk: Desk, order: Order, answer: Answer) -> None:
        found: Claimed | NotClaimed = NotClaimed(NO_STORE)
        try:
            while (wait := self._line.wait_seconds()) > 0:
                await asyncio.sleep(wait)
            found = await self._store.claim_one(self._city, order.case, order.number, self._clock.now())
        except (StoreUnavailable, StoreFault) as away:
            log.warning("cannot claim for an operator", why=str(away))
        finally:
            self._tasks.post(partial(self._claimed, desk, found, answer))

    def _claimed(self, desk: Desk, found: Claimed | NotClaimed, answer: Answer) -> None:
        self.claiming -= 1
        is_there = self._calls.desks.has(desk) and desk.state is OperatorState.RESERVED and desk.attempt is None
        if isinstance(found, NotClaimed):
            why: str | None = found.why
        elif not self._calls.desks.has(desk):
            return  # another engine leads now, and settles this attempt
        else:
            live = self._calls.begin(found.attempt, found.claimed_at, found.caller_id)
            gone = TOO_LATE if not is_there or desk.leaving or desk.channel is None else None
            why = gone or self._line.why_not_claimed(found)
            if why is None:
                desk.attempt = found.attempt
                self._calls.desks.save(desk)
                self._line.start(found)
            else:
                self._calls.not_placed(live, why)
        if why is not None and is_there:
            self._calls.desks.rest(desk)
        answer(why)
