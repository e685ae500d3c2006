"""Bringing a person on the line and an operator together: the order to Asterisk, and what is noted of it."""

from collections.abc import Callable
from functools import partial

import structlog

from dialer.core.floor import Desk
from dialer.core.values import CallId
from dialer.desks import Desks
from dialer.ports import Switch, SwitchNotReady
from dialer.tasks import Tasks

log = structlog.get_logger()


class Meeting:
    def __init__(self, desks: Desks, switch: Switch, tasks: Tasks) -> None:
        self._desks, self._switch, self._tasks = desks, switch, tasks

    def bring(self, call: CallId, person: str, desk: Desk, missed: Callable[[CallId], None]) -> None:
        """The person's channel by its name, to an operator who is reserved. Both in one bridge is the only proof."""
        assert desk.channel is not None  # a reserved operator's leg is up
        self._desks.note(call, desk)
        self._tasks.spawn(self._join(call, person, desk.channel, missed))

    async def _join(self, call: CallId, person: str, operator: str, missed: Callable[[CallId], None]) -> None:
        joined = False
        try:
            joined = await self._switch.join(person, operator)
        except SwitchNotReady as away:
            log.warning("cannot join", call_id=call, why=str(away))
        if not joined:
            self._tasks.post(partial(missed, call))
