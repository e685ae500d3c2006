"""People who answered us and met no operator are not left alone twice: one is reserved before their telephone rings.

They are called when their plan says so, before anybody else is dialled, by an operator who is kept for exactly this
call and hears whoever answers at once. The pace reckons with it while it comes near, so that nobody has to wait for
that operator.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import structlog

from dialer.calls import Calls
from dialer.core.call import GaveUp
from dialer.core.floor import Desk
from dialer.core.groups import Group, lacking
from dialer.core.owed import OwedCall
from dialer.core.pacing.progressive import RINGS_SECONDS
from dialer.core.values import AttemptId, CaseId
from dialer.giving_way import APPOINTED_WAIT, GivingWay
from dialer.manual import Manual, NotNow
from dialer.planning import Planning
from dialer.ports import Claimed, Clock, NotClaimed, Store, StoreFault, StoreUnavailable
from dialer.tasks import Tasks

log = structlog.get_logger()

LOOK_SECONDS = 10.0
NOT_AGAIN_SECONDS = 60.0  # a case that could not be claimed
AHEAD = timedelta(seconds=RINGS_SECONDS)  # what is dialled now may want an operator so long


class Owed:
    def __init__(
        self,
        planning: Planning,
        calls: Calls,
        manual: Manual,
        giving_way: GivingWay,
        *,
        store: Store,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._planning, self._calls, self._manual, self._giving_way = planning, calls, manual, giving_way
        self._store, self._clock, self._tasks = store, clock, tasks
        self._near: Sequence[OwedCall] = ()  # due, or soon
        self._not_before: dict[CaseId, float] = {}  # monotonic
        self._rung: set[AttemptId] = set()
        self._looking = False
        self._look_at = 0.0  # monotonic

    @property
    def groups(self) -> Counter[Group]:
        """Operators who are wanted now, or will be while what is dialled now may still ring, by whose debt kind."""
        dialled = self._planning.dialled_debts()
        return Counter(self._group(one.debt) for one in self._near if one.debt in dialled)

    def tick(self) -> None:
        """Once a second, while the engine leads."""
        self._keep_operators()
        if not self._looking and self._clock.monotonic() >= self._look_at:
            self._looking = True
            self._tasks.spawn(self._look())

    async def _look(self) -> None:
        found: Sequence[OwedCall] = ()
        try:
            if debts := self._planning.dialled_debts():
                found = await self._store.owed_calls(self._planning.city.key, self._clock.now() + AHEAD, debts)
        except (StoreUnavailable, StoreFault) as away:
            log.warning("cannot look for who was left alone", why=str(away))
        finally:
            self._tasks.post(partial(self._found, found))

    def _found(self, found: Sequence[OwedCall]) -> None:
        now = self._clock.monotonic()
        self._looking, self._look_at = False, now + LOOK_SECONDS
        self._not_before = {case: at for case, at in self._not_before.items() if at > now}
        self._near = [one for one in found if one.case not in self._not_before]

    def serve(self) -> None:
        """As many as are due and have an operator on whom nobody else counts."""
        now = self._clock.now()
        for one in [one for one in self._near if one.due_at <= now]:
            if self._manual.why_no_call() is not None:
                return
            is_dialled = one.debt in self._planning.dialled_debts()
            if is_dialled and (desk := self._spare(self._group(one.debt))) is not None:
                self._put_off(one.case)
                self._manual.call(desk, one.case, one.number, partial(self._called, one))

    def _group(self, debt: str | None) -> Group:
        return self._calls.desks.floor.groups.of_debt(debt)

    def _spare(self, group: Group) -> Desk | None:
        """Somebody free who takes it, and whom nobody else will miss."""
        floor = self._calls.desks.floor
        desk, free = floor.next_free(group), floor.free_by_group()
        if desk is None:
            return None
        needed = self._giving_way.spoken_for + Counter(one.group for one in self._calls.callers.line)
        without = free - Counter([floor.group_of(desk)])
        return desk if lacking(without, needed) <= lacking(free, needed) else None

    def _put_off(self, case: CaseId) -> None:
        """What the store says of it now was asked before."""
        self._near = [one for one in self._near if one.case != case]
        self._not_before[case] = self._clock.monotonic() + NOT_AGAIN_SECONDS

    def _called(self, owed: OwedCall, found: Claimed | NotClaimed | NotNow) -> None:
        match found:
            case Claimed():
                log.info("calls again who was left alone", attempt_id=found.attempt, case_id=owed.case)
                self._rung.add(found.attempt)
            case NotClaimed() | NotNow():
                log.info("not called again yet", case_id=owed.case, why=found.why)

    # --- while it rings

    def _keep_operators(self) -> None:
        """Whose leg was lost cannot take the call: somebody else does, or the telephone stops ringing."""
        self._rung &= self._calls.live.keys()
        floor = self._calls.desks.floor
        for attempt in self._rung:
            live, desk = self._calls.live[attempt], floor.with_attempt(attempt)
            if live.call.answered_at is not None or (desk is not None and desk.channel is not None):
                continue
            group = self._group(live.debt)
            has_spare = self._spare(group) is not None
            self._calls.desks.release(attempt)
            if has_spare and (other := self._calls.desks.reserve(attempt, group, None)) is not None:
                self._calls.desks.note(attempt, other)
                continue
            live.again_after = APPOINTED_WAIT
            self._calls.withdraw(live, GaveUp.NO_OPERATOR)
