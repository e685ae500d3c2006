"""What operators order for themselves: to sit, to pause, to be ready, to have finished.

Each answers None when it is done, else what the operator reads. To order the same twice is no error: after a restart
orders may be taken again.
"""

from datetime import timedelta

from dialer.core.floor import Desk
from dialer.core.orders import NO_SOUND, Order
from dialer.core.values import LegState, OperatorState, PauseReason
from dialer.desks import Desks

NOT_YOURS = "この席に着いていません。席に着き直してください"
TAKEN = "この席は使用中です。ほかの席を選んでください"
BUSY = "通話中は切り替えられません"
RESULT_FIRST = "通話の結果を登録すると受付可になります"
LISTENS = "聴取を終えてから受付を開始してください"
NO_WRAP_UP = "後処理中ではありません"
EXTENDED = "延長は1回までです"


class Seating:
    def __init__(self, desks: Desks) -> None:
        self._desks = desks

    def take_seat(self, desk: Desk, order: Order) -> str | None:
        if desk.account not in (None, order.by):
            return TAKEN
        if desk.is_busy and desk.seat is not order.seat:
            return BUSY
        for other in self._desks.floor.of_account(order.by):
            if other is not desk:
                self.leave_seat(other, order)
        if desk.account == order.by and desk.seat is order.seat:
            desk.leaving = False
            self._desks.save(desk)
            return None
        if desk.account == order.by:  # the other way to hear
            self._desks.legs.put_down(desk)
        else:
            desk.vacate()
            desk.account = order.by
        desk.seat, desk.leaving = order.seat, False
        if desk.state is OperatorState.WRAP_UP:
            desk.pause_reason = desk.pause_reason or PauseReason.SIGNED_IN
        else:
            desk.pause_reason = PauseReason.SIGNED_IN
            self._desks.become(desk, OperatorState.CONNECTING)
        self._desks.legs.bring_up(desk)
        return None

    def leave_seat(self, desk: Desk, order: Order) -> str | None:
        if desk.is_busy:
            desk.leaving = True
            self._desks.save(desk)
            if desk.takes is not None:
                self._desks.on_declined(desk)
        else:
            self._desks.leave(desk)
        return None

    def ready(self, desk: Desk, order: Order) -> str | None:
        if desk.leg_state is not LegState.UP:
            return NO_SOUND
        if desk.state is OperatorState.WRAP_UP and desk.pause_reason is None:
            return RESULT_FIRST
        if desk.listens_to is not None:
            return LISTENS
        desk.pause_reason = None
        if desk.state is OperatorState.PAUSED:
            self._desks.rest(desk)
        else:
            self._desks.save(desk)
        return None

    def pause(self, desk: Desk, order: Order) -> str | None:
        """At once, or when the call and what must be entered of it is over."""
        changes = desk.pause_reason is not order.pause_reason
        desk.pause_reason = order.pause_reason
        if desk.state is OperatorState.FREE or (desk.state is OperatorState.PAUSED and changes):
            self._desks.become(desk, OperatorState.PAUSED)
        else:
            self._desks.save(desk)
        return None

    def extend(self, desk: Desk, order: Order) -> str | None:
        if desk.state is not OperatorState.WRAP_UP or desk.wrap_up_until is None:
            return NO_WRAP_UP
        if desk.extended:
            return EXTENDED
        desk.extended = True
        desk.wrap_up_until += timedelta(seconds=self._desks.wrap_up.seconds)
        self._desks.save(desk)
        self._desks.time_wrap_up(desk)
        return None

    def finish(self, desk: Desk, order: Order) -> str | None:
        """Its result is in. Of an earlier talk there is nothing left to do here."""
        if desk.wrapping == order.attempt:
            self._desks.rest(desk)
        elif desk.attempt == order.attempt:
            desk.finished = True
        return None

    def help(self, desk: Desk, order: Order) -> str | None:
        desk.help = order.on
        self._desks.save(desk)
        return None
