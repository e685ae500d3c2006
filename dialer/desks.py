"""Operators' audio legs: brought up once, kept up, and free again after each call."""

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import structlog

from dialer.core.events import (
    ChannelCreated,
    ChannelEvent,
    ChannelId,
    DialEnded,
    FarEndHungUp,
    HungUp,
    OperatorWaiting,
)
from dialer.core.floor import Desk, Floor
from dialer.core.values import AttemptId, OperatorState
from dialer.journal import Journal
from dialer.ports import Accepted, ChannelUp, Clock, Operator, Outgoing, Store, Switch
from dialer.tasks import Tasks

log = structlog.get_logger()

LEG_TIMEOUT_SECONDS = 10.0
LEG_RETRY_SECONDS = 2.0


class Desks:
    """What the engine asks of its operators. `on_free` is called whenever one becomes free."""

    def __init__(
        self,
        phones: Sequence[str],
        *,
        switch: Switch,
        store: Store,
        journal: Journal,
        clock: Clock,
        tasks: Tasks,
        wrap_up_seconds: float,
        on_free: Callable[[], None],
    ) -> None:
        self.floor = Floor(list(phones))
        self._switch, self._store, self._journal = switch, store, journal
        self._clock, self._tasks = clock, tasks
        self._wrap_up_seconds = wrap_up_seconds
        self._on_free = on_free

    def know(self, operators: Sequence[Operator]) -> None:
        """At a take-over: the legs that the engine before us brought up may still be there."""
        for operator in operators:
            desk = self.floor.desks.get(operator.phone)
            if desk is not None and desk.leg is None:
                desk.leg = operator.leg

    def forget(self) -> None:
        """Another engine has these operators now; what was still to be done for these desks is not done."""
        self.floor = Floor(list(self.floor.desks))

    def _has(self, desk: Desk) -> bool:
        return self.floor.desks.get(desk.phone) is desk

    def reserve(self, attempt: AttemptId) -> Desk | None:
        desk = self.floor.longest_free()
        if desk is not None:
            desk.attempt = attempt
            self._become(desk, OperatorState.RESERVED)
        return desk

    def talking(self, attempt: AttemptId) -> Desk | None:
        desk = self.floor.with_attempt(attempt)
        if desk is not None and desk.state is not OperatorState.TALKING:
            self._become(desk, OperatorState.TALKING)
        return desk

    def release(self, attempt: AttemptId, *, wrap_up: bool = True) -> None:
        """The call is over for the operator, or the join did not come about."""
        desk = self.floor.with_attempt(attempt)
        if desk is None:
            return
        desk.attempt = None
        if desk.leg is None:
            self._become(desk, OperatorState.OFFLINE)
        elif desk.state is OperatorState.TALKING and wrap_up:
            self._become(desk, OperatorState.WRAP_UP)
            self._tasks.later(self._wrap_up_seconds, partial(self._wrapped_up, desk, desk.since))
        else:
            self._free(desk)

    def heard(self, event: ChannelEvent) -> bool:
        """True when the event was of an operator's leg."""
        desk = self.floor.by_leg(event.channel)
        if desk is None:
            return False
        match event:
            case ChannelCreated(name=name):
                desk.channel = name
            case OperatorWaiting() if desk.state is OperatorState.CONNECTING:
                self._free(desk)
            case FarEndHungUp():
                pass  # the engine's sweeper sees to a leg that does not go
            case HungUp() | DialEnded(answered=False):
                self._leg_lost(desk)
            case _:
                pass
        return True

    def look(self, channels: Mapping[ChannelId, ChannelUp], talks: Mapping[ChannelId, AttemptId]) -> None:
        """Operators are where Asterisk says they are; who has no leg gets one."""
        for desk in self.floor.desks.values():
            up = channels.get(desk.leg) if desk.leg else None
            if up is None:
                if desk.state is not OperatorState.CONNECTING:
                    self._leg_lost(desk)
                continue
            desk.channel = up.name
            if up.channel in talks:
                desk.attempt = talks[up.channel]
                self._become(desk, OperatorState.TALKING)
            elif desk.state is OperatorState.OFFLINE:
                self._become(desk, OperatorState.CONNECTING)
            if up.channel not in talks and up.bridge and desk.state is OperatorState.CONNECTING:
                self._free(desk)

    def _leg_lost(self, desk: Desk) -> None:
        desk.leg = desk.channel = None
        self._become(desk, OperatorState.OFFLINE)
        self._tasks.later(LEG_RETRY_SECONDS if desk.tried else 0.0, partial(self._bring_up, desk))

    def _bring_up(self, desk: Desk) -> None:
        if not self._has(desk) or desk.leg is not None or desk.state is not OperatorState.OFFLINE:
            return
        desk.leg = ChannelId(str(uuid.uuid4()))
        desk.tried = True
        self._become(desk, OperatorState.CONNECTING)
        self._tasks.spawn(self._call_leg(desk, desk.leg))

    async def _call_leg(self, desk: Desk, leg: ChannelId) -> None:
        outgoing = Outgoing(leg, f"PJSIP/{desk.phone}", "operator", "wait", None, LEG_TIMEOUT_SECONDS)
        result = await self._switch.start(outgoing)
        if not isinstance(result, Accepted):
            log.warning("operator's phone could not be called", phone=desk.phone, why=result.why)
            self._tasks.post(partial(self._call_failed, desk, leg))
            return
        await asyncio.sleep(LEG_TIMEOUT_SECONDS + LEG_RETRY_SECONDS)
        self._tasks.post(partial(self._call_failed, desk, leg))

    def _call_failed(self, desk: Desk, leg: ChannelId) -> None:
        """Also the net under an accepted call of which nothing more was heard."""
        if self._has(desk) and desk.leg == leg and desk.state is OperatorState.CONNECTING:
            self._leg_lost(desk)

    def _wrapped_up(self, desk: Desk, since: float) -> None:
        if self._has(desk) and desk.state is OperatorState.WRAP_UP and desk.since == since:
            self._free(desk)

    def _free(self, desk: Desk) -> None:
        self._become(desk, OperatorState.FREE)
        self._on_free()

    def _become(self, desk: Desk, state: OperatorState) -> None:
        desk.become(state, self._clock.monotonic())
        operator, now = Operator(desk.phone, state, desk.leg), self._clock.now()
        self._journal.write(lambda: self._store.save_operator(operator, now))
