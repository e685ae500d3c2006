"""A person who is held goes back to an operator: the same one, as a rule; another when that one's leg stays away."""

from collections.abc import Callable
from functools import partial

import structlog

from dialer.core.call import Call
from dialer.core.floor import Desk
from dialer.core.values import AttemptId, CallId, LegState
from dialer.desks import Desks
from dialer.ports import Switch, SwitchNotReady
from dialer.tasks import Tasks

log = structlog.get_logger()

FIND_EVERY_SECONDS = 1.0
OWN_OPERATOR_SECONDS = 20.0  # so long a held person waits for a leg that was lost, before another operator will do


class TakingBack:
    """`is_away`: somebody else is to have the person, who is not to be brought back now."""

    def __init__(
        self,
        desks: Desks,
        call: Callable[[AttemptId], Call | None],
        another: Callable[[AttemptId], Desk | None],
        back_in_line: Callable[[CallId], None],
        is_away: Callable[[AttemptId], bool],
        switch: Switch,
        tasks: Tasks,
    ) -> None:
        self._desks, self._call, self._another = desks, call, another
        self._back_in_line, self._is_away = back_in_line, is_away
        self._switch, self._tasks = switch, tasks
        self._looking: set[AttemptId] = set()

    def leg_of(self, attempt: AttemptId) -> str | None:
        desk = self._desks.floor.with_attempt(attempt)
        return desk.channel if desk is not None and desk.leg_state is LegState.UP else None

    def take_back(self, attempt: AttemptId) -> None:
        call, leg = self._call(attempt), self.leg_of(attempt)
        if call is None or not call.is_up or call.name is None:
            return
        if call.joined_at is None:
            self._back_in_line(attempt)
        elif leg is None:
            self.find_operator(attempt)
        else:
            self._tasks.spawn(self._join(attempt, call.name, leg))

    def find_operator(self, attempt: AttemptId) -> None:
        if attempt not in self._looking:
            self._looking.add(attempt)
            self._tasks.later(FIND_EVERY_SECONDS, partial(self._found, attempt, FIND_EVERY_SECONDS))

    def over(self, attempt: AttemptId) -> None:
        self._looking.discard(attempt)

    def forget(self) -> None:
        self._looking.clear()

    def _found(self, attempt: AttemptId, waited: float) -> None:
        """The own operator's leg is back, or another operator is free; else again in a moment. The music goes on."""
        call = self._call(attempt)
        if attempt not in self._looking:
            return
        if call is None or not call.is_held or self._is_away(attempt):
            self._looking.discard(attempt)
            return
        if self.leg_of(attempt) is None and waited >= OWN_OPERATOR_SECONDS:
            other = self._another(attempt)
            if other is not None:
                other.on_hold = True
                log.info("taken by another operator", attempt_id=attempt, phone=other.phone)
        if self.leg_of(attempt) is None or not self._switch.ready:
            again = partial(self._found, attempt, waited + FIND_EVERY_SECONDS)
            self._tasks.later(FIND_EVERY_SECONDS, again)
            return
        self._looking.discard(attempt)
        self.take_back(attempt)

    async def _join(self, attempt: AttemptId, person: str, leg: str) -> None:
        try:
            done = await self._switch.join(person, leg)
        except SwitchNotReady as away:
            log.warning("cannot take a person back", attempt_id=attempt, why=str(away))
            done = False
        if not done:
            self._tasks.post(partial(self.find_operator, attempt))
