"""What a supervisor orders for somebody else's seat: a break, the seat free, the talk over or taken over,
a call for help answered, a result entered by somebody else.

Whether somebody may is asked for where the order is taken down. What has changed since they looked is not done.
"""

from dataclasses import replace

from dialer.calls import Calls
from dialer.core.floor import Desk
from dialer.core.orders import How, Order, OrderKind
from dialer.seating import Seating

SOMEBODY_ELSE = "この席の担当者が替わりました。表示を確かめて、もう一度操作してください"
OVER = "この通話はもう終わっています"
NO_SEAT = "引き取るには席が必要です。先に着席してください"
NOT_CALLED = "管理者の呼び出しは、もう取り下げられています"


class Supervising:
    def __init__(self, seating: Seating, calls: Calls) -> None:
        self._seating, self._calls = seating, calls

    def order(self, desk: Desk, order: Order) -> str | None:
        """None: done, or as soon as the talk is over. Else one line why not."""
        match order.kind:
            case OrderKind.RELIEVE:
                return self._seating.finish(desk, order)
            case OrderKind.END_TALK | OrderKind.TAKE_OVER if not (desk.is_busy and desk.attempt == order.attempt):
                return OVER
            case OrderKind.END_TALK:
                return self._calls.operator_ends(order.attempt)
            case OrderKind.TAKE_OVER:
                return self._take_over(desk, order)
        if desk.account != order.account:
            return SOMEBODY_ELSE
        match order.kind:
            case OrderKind.GIVE_BREAK:
                return self._seating.pause(desk, order)
            case OrderKind.FREE_SEAT:
                return self._seating.leave_seat(desk, order)
            case _:
                return self._answer_help(desk)

    def _take_over(self, desk: Desk, order: Order) -> str | None:
        """The talk goes to the own seat, as if the operator had passed it on without a word."""
        own = next(iter(self._calls.desks.floor.of_account(order.by)), None)
        if own is None:
            return NO_SEAT
        passed = {"to": own.phone, "how": How.BLIND.value}
        return self._calls.talks.order(desk, replace(order, kind=OrderKind.TRANSFER, detail=passed))

    def _answer_help(self, desk: Desk) -> str | None:
        if not desk.help:
            return NOT_CALLED
        desk.help = False
        self._calls.desks.save(desk)
        return None
