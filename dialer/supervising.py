"""What a supervisor orders for somebody else's seat: a break, the seat free, the talk over, a call for help
answered, a result entered by somebody else.

Whether somebody may is asked for where the order is taken down. What has changed since they looked is not done.
"""

from dialer.calls import Calls
from dialer.core.floor import Desk
from dialer.core.orders import Order, OrderKind
from dialer.seating import Seating

SOMEBODY_ELSE = "この席の担当者が替わりました。表示を確かめて、もう一度操作してください"
OVER = "この通話はもう終わっています"
NOT_CALLED = "管理者の呼び出しは、もう取り下げられています"


class Supervising:
    def __init__(self, seating: Seating, calls: Calls) -> None:
        self._seating, self._calls = seating, calls

    def order(self, desk: Desk, order: Order) -> str | None:
        """None: done, or as soon as the talk is over. Else one line why not."""
        if order.kind == OrderKind.END_TALK:
            is_on = desk.is_busy and desk.attempt == order.attempt
            return self._calls.operator_ends(order.attempt) if is_on else OVER
        if order.kind == OrderKind.RELIEVE:
            return self._seating.finish(desk, order)
        if desk.account != order.account:
            return SOMEBODY_ELSE
        match order.kind:
            case OrderKind.GIVE_BREAK:
                return self._seating.pause(desk, order)
            case OrderKind.FREE_SEAT:
                return self._seating.leave_seat(desk, order)
            case _:
                return self._answer_help(desk)

    def _answer_help(self, desk: Desk) -> str | None:
        if not desk.help:
            return NOT_CALLED
        desk.help = False
        self._calls.desks.save(desk)
        return None
