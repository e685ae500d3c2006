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
from dialer.core.values import CaseId, LegState, OperatorState
from dialer.ordering import Answer
from dialer.ports import Claimed, Clock, NotClaimed, Store, StoreFault, StoreUnavailable
from dialer.tasks import Tasks

log = structlog.get_logger()

NOT_IDLE = "通話中または後処理中は発信できません"
LISTENS = "聴取を終えてから発信してください"
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


@dataclass(frozen=True, slots=True)
class NotNow:
    """No rule forbids it, and nothing rang: it may be tried again."""

    why: str  # as the operator reads it


Done = Callable[[Claimed | NotClaimed | NotNow], None]


class Manual:
    def __init__(self, city: str, calls: Calls, line: Line, *, store: Store, clock: Clock, tasks: Tasks) -> None:
        self._city, self._calls, self._line = city, calls, line
        self._store, self._clock, self._tasks = store, clock, tasks
        self.claiming = 0

    def dial(self, desk: Desk, order: Order, answer: Answer) -> None:
        if why := self._why_not(desk):
            answer(why)
            return
        if desk.preview is not None and desk.preview.case == order.case:
            desk.dialers_turn = True
        self.call(
            desk, order.case, order.number, lambda found: answer(None if isinstance(found, Claimed) else found.why)
        )

    def _why_not(self, desk: Desk) -> str | None:
        if desk.state not in (OperatorState.FREE, OperatorState.PAUSED):
            return NOT_IDLE
        if desk.listens_to is not None:
            return LISTENS
        if desk.leg_state is not LegState.UP:
            return NO_SOUND
        return self.why_no_call()

    def why_no_call(self) -> str | None:
        """None: one may be started."""
        return self._line.why_not()

    def call(self, desk: Desk, case: CaseId, number: int, done: Done) -> None:
        """The operator is reserved at once. `done` is told what became of it, unless another engine leads by then."""
        self.claiming += 1
        self._calls.desks.become(desk, OperatorState.RESERVED)
        self._tasks.spawn(self._claim(desk, case, number, done))

    async def _claim(self, desk: Desk, case: CaseId, number: int, done: Done) -> None:
        found: Claimed | NotClaimed | NotNow = NotNow(NO_STORE)
        try:
            while (wait := self._line.wait_seconds()) > 0:
                await asyncio.sleep(wait)
            found = await self._store.claim_one(self._city, case, number, self._clock.now())
        except (StoreUnavailable, StoreFault) as away:
            log.warning("cannot claim for an operator", why=str(away))
        finally:
            self._tasks.post(partial(self._claimed, desk, found, done))

    def _claimed(self, desk: Desk, found: Claimed | NotClaimed | NotNow, done: Done) -> None:
        self.claiming -= 1
        is_there = self._calls.desks.has(desk) and desk.state is OperatorState.RESERVED and desk.attempt is None
        if isinstance(found, Claimed):
            if not self._calls.desks.has(desk):
                return  # another engine leads now, and settles this attempt
            found = self._started(desk, found, is_there=is_there)
        if not isinstance(found, Claimed) and is_there:
            self._calls.desks.rest(desk)
        done(found)

    def _started(self, desk: Desk, claimed: Claimed, *, is_there: bool) -> Claimed | NotNow:
        live = self._calls.begin(claimed)
        gone = TOO_LATE if not is_there or desk.leaving or desk.channel is None else None
        if (why := gone or self._line.why_not_claimed(claimed)) is not None:
            self._calls.not_placed(live, why)
            return NotNow(why)
        desk.attempt = claimed.attempt
        self._calls.desks.save(desk)
        self._line.start(claimed)
        return claimed
