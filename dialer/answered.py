"""Who has answered us meets an operator: a free one who takes the debt kind, else the next one who becomes free.

Those come first for whom the call was placed. Nobody meets an operator who does not take it: Asterisk apologises.
"""

from collections.abc import Callable, Mapping
from functools import partial

from dialer.core.values import AttemptId
from dialer.desks import Desks
from dialer.live_call import Live
from dialer.meeting import Meeting
from dialer.tasks import Tasks

JOIN_AGAIN_SECONDS = 0.05  # whatever made the join fail is not asked in a tight loop


class Answered:
    """`waits`: somebody is there who may be a person, and is with no operator yet."""

    def __init__(
        self,
        live: Mapping[AttemptId, Live],
        desks: Desks,
        meeting: Meeting,
        waits: Callable[[Live], bool],
        tasks: Tasks,
    ) -> None:
        self._live, self._desks, self._meeting = live, desks, meeting
        self._waits, self._tasks = waits, tasks
        self._waiting: list[AttemptId] = []

    def meet(self, live: Live) -> None:
        desk = self._desks.floor.with_attempt(live.attempt)
        if desk is not None and desk.channel is None:  # it was lost while the operator's own call rang
            self._desks.release(live.attempt)
            desk = None
        desk = desk or self._desks.reserve(live.attempt, self._desks.floor.groups.of_debt(live.debt), live.team)
        if desk is None:
            self._waiting.append(live.attempt)
            return
        assert live.call.name is not None  # an answered person's channel has one
        self._meeting.bring(live.attempt, live.call.name, desk, self.missed)

    def next(self) -> bool:
        """True when somebody who waited has an operator now."""
        for attempt in list(self._waiting):
            live = self._live.get(attempt)
            if live is None or not self._waits(live):
                self._waiting.remove(attempt)
            elif self._desks.floor.next_free(self._desks.floor.groups.of_debt(live.debt)) is not None:
                self._waiting.remove(attempt)
                self.meet(live)
                return True
        return False

    def missed(self, attempt: AttemptId) -> None:
        """The operator's leg has gone, or the person has. The next operator, while the person is there."""
        self._desks.release(attempt)
        live = self._live.get(attempt)
        if live is not None and self._waits(live):
            self._tasks.later(JOIN_AGAIN_SECONDS, partial(self._again, live))

    def forget(self) -> None:
        self._waiting.clear()

    def _again(self, live: Live) -> None:
        if live.attempt in self._live and self._waits(live) and live.attempt not in self._waiting:
            self.meet(live)
