"""Brings operators' orders from the store to whoever carries them out, and the answers back."""

import asyncio
from collections.abc import Callable
from functools import partial

import structlog

from dialer.calls import Calls
from dialer.core.floor import Desk
from dialer.core.orders import (
    NO_SUCH_SEAT,
    OF_A_TALK,
    OF_OTHERS_SEATS,
    OK,
    TOO_LATE,
    Order,
    OrderKind,
    is_too_late,
    problems,
)
from dialer.ports import Clock, Store, StoreFault, StoreUnavailable
from dialer.seating import NOT_YOURS, Seating
from dialer.supervising import Supervising
from dialer.tasks import Tasks

log = structlog.get_logger()

AWAY_SECONDS = 0.5
REMEMBERED = 5000  # orders, so that one is not carried out twice before its answer is stored
NOT_UNDERSTOOD = "実行できませんでした。もう一度操作してください"
NO_CALL = "通話中ではありません"
NOT_FOR_THIS = "いまの通話には使えません"
NOT_HERE = "この操作は使えません"

Handler = Callable[[Desk, Order], str | None]
Answer = Callable[[str | None], None]
Later = Callable[[Desk, Order, Answer], None]


class Ordering:
    """Runs for ever beside the engine; every order is carried out by the engine's one consumer.

    `now` are done at once; `later` must be waited for, and answer when they are done.
    """

    def __init__(
        self, city: str, calls: Calls, *, store: Store, clock: Clock, tasks: Tasks, may_take: Callable[[], bool]
    ) -> None:
        self._city, self._calls = city, calls
        self._store, self._clock, self._tasks = store, clock, tasks
        self._may_take = may_take
        self._taken: dict[int, None] = {}
        seating = Seating(calls.desks)
        self._take_seat: Handler = seating.take_seat
        self._supervised: Handler = Supervising(seating, calls).order
        self.now: dict[OrderKind, Handler] = {
            OrderKind.LEAVE_SEAT: seating.leave_seat,
            OrderKind.READY: seating.ready,
            OrderKind.PAUSE: seating.pause,
            OrderKind.EXTEND: seating.extend,
            OrderKind.FINISH: seating.finish,
            OrderKind.HELP: seating.help,
            OrderKind.HANG_UP: self._hang_up,
            OrderKind.CORRECT: self._correct,
        }
        self.later: dict[OrderKind, Later] = {}

    def give_talks(self, order: Handler) -> None:
        """Who does what is done to a talk."""
        self.now |= dict.fromkeys(OF_A_TALK, order)

    async def run(self) -> None:
        away = False
        while True:
            await self._store.await_orders()
            if not self._may_take():
                continue
            try:
                orders = await self._store.take_orders(self._city, self._clock.now())
                away = False
            except (StoreUnavailable, StoreFault) as why:
                if not away:
                    log.warning("cannot take orders", why=str(why))
                away = True
                await asyncio.sleep(AWAY_SECONDS)
                continue
            for order in orders:
                self._tasks.post(partial(self._handle, order))

    def _handle(self, order: Order) -> None:
        if order.id in self._taken or not self._may_take():
            return
        self._remember(order.id)
        try:
            answer = self._carried_out(order)
        except Exception:
            log.exception("order could not be carried out", kind=order.kind, order=order.id)
            answer = NOT_UNDERSTOOD
        if answer is not None:
            self._answer(order, answer)

    def _carried_out(self, order: Order) -> str | None:
        """The answer; None when it comes later."""
        desk = self._calls.desks.floor.desks.get(order.phone)
        if wrong := problems(order.kind, order.detail):
            return "\n".join(wrong)
        if desk is None:
            return NO_SUCH_SEAT
        if is_too_late(order):
            return TOO_LATE
        kind = OrderKind(order.kind)
        if kind is OrderKind.TAKE_SEAT:
            return self._take_seat(desk, order) or OK
        if kind in OF_OTHERS_SEATS:
            return self._supervised(desk, order) or OK
        if desk.account != order.by:
            return OK if kind in (OrderKind.LEAVE_SEAT, OrderKind.FINISH) else NOT_YOURS
        if (later := self.later.get(kind)) is not None:
            later(desk, order, lambda why: self._answer(order, why or OK))
            return None
        handler = self.now.get(kind)
        return NOT_HERE if handler is None else handler(desk, order) or OK

    def _answer(self, order: Order, answer: str) -> None:
        log.info("order", kind=order.kind, phone=order.phone, done=answer == OK)
        self._calls.journal.write(lambda: self._store.answer_order(order.id, answer))

    def _remember(self, order: int) -> None:
        self._taken[order] = None
        while len(self._taken) > REMEMBERED:
            del self._taken[next(iter(self._taken))]

    # --- of the call

    def _hang_up(self, desk: Desk, order: Order) -> str | None:
        if desk.takes is not None:
            return self._calls.desks.on_declined(desk)
        if desk.attempt is None or not desk.is_busy:
            return NO_CALL
        return self._calls.operator_ends(desk.attempt)

    def _correct(self, desk: Desk, order: Order) -> str | None:
        if desk.attempt is None or not self._calls.correct(desk.attempt, order.corrected):
            return NOT_FOR_THIS
        return None
