"""A supervisor hears a talk through the own telephone leg, speaks to the operator alone, or to both.

The leg goes from its waiting room to the operator's leg, and back when the supervisor has heard enough or that leg is
gone. Whoever listens gets no call meanwhile: only who pauses may.
"""

from collections.abc import Callable
from functools import partial

import structlog

from dialer.core.events import ChannelEvent, OperatorWaiting
from dialer.core.floor import Desk, Floor
from dialer.core.orders import NO_SOUND, NO_SUCH_SEAT, Order, OrderKind
from dialer.core.values import Ear, LegState, OperatorState
from dialer.ports import Switch, SwitchNotReady
from dialer.tasks import Tasks

log = structlog.get_logger()

HEARS = "ChanSpy"  # what a leg that listens is in, of the dialplan's `monitor`

ONLY_PAUSED = "休止中に聴取できます。先に休止にしてください"
OWN_SEAT = "自分の席は聴取できません"
NOBODY_THERE = "この席の担当者は、いま音声につながっていません"
NOT_LISTENING = "聴取していません"
NO_LINK = "交換機との接続が切れています。もう一度操作してください"


class Monitoring:
    def __init__(
        self, floor: Callable[[], Floor], changed: Callable[[Desk], None], switch: Switch, tasks: Tasks
    ) -> None:
        self._floor, self._changed, self._switch, self._tasks = floor, changed, switch, tasks

    def order(self, desk: Desk, order: Order) -> str | None:
        """None: accepted. Else one line why not."""
        if not self._switch.ready:
            return NO_LINK
        if order.kind == OrderKind.STOP_LISTENING:
            return self._stop(desk)
        other = self._floor().desks.get(str(order.detail["to"]))
        if other is None:
            return NO_SUCH_SEAT
        if other is desk:
            return OWN_SEAT
        if desk.state is not OperatorState.PAUSED:
            return ONLY_PAUSED
        if desk.leg_state is not LegState.UP or desk.channel is None:
            return NO_SOUND
        if other.leg_state is not LegState.UP or other.channel is None:
            return NOBODY_THERE
        desk.listens_to, desk.listens_how = other.phone, Ear(str(order.detail["how"]))
        self._changed(desk)
        self._tasks.spawn(self._listen(desk, desk.channel, other.channel, desk.listens_how))
        return None

    def heard(self, desk: Desk, event: ChannelEvent) -> None:
        """Of a leg: whoever is back in the waiting room listens no more."""
        if isinstance(event, OperatorWaiting):
            self._over(desk)

    def _stop(self, desk: Desk) -> str | None:
        if desk.listens_to is None or desk.channel is None:
            return NOT_LISTENING
        self._tasks.spawn(self._hear_no_more(desk.channel))
        return None

    async def _listen(self, desk: Desk, channel: str, other: str, how: Ear) -> None:
        try:
            if await self._switch.listen(channel, other, how):
                log.info("listens", phone=desk.phone, to=desk.listens_to, how=how.value)
                return
        except SwitchNotReady as away:
            log.warning("cannot listen", why=str(away))
        self._tasks.post(partial(self._over, desk))

    async def _hear_no_more(self, channel: str) -> None:
        try:
            await self._switch.back_to_waiting(channel)
        except SwitchNotReady as away:
            log.warning("cannot end listening", why=str(away))

    def _over(self, desk: Desk) -> None:
        if desk.listens_to is not None:
            desk.hear_nobody()
            self._changed(desk)
