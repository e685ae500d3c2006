"""What the engine knows of its operators and what becomes of them: seated, paused, free, with somebody, wrapping up.

    offline ── take_seat ──► connecting ── leg up ──► paused ── ready ──► free ── somebody answers ──► reserved
                                                        ▲                  ▲                              │
                                                        └─── finish, or the time, unless a pause ─── wrap_up ◄── talking

A leg that is lost makes a pause of it, now or after the call.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from dialer.core.events import ChannelEvent, ChannelId
from dialer.core.floor import Desk, DueCase, Floor
from dialer.core.groups import Group, Groups
from dialer.core.pacing.values import Work
from dialer.core.values import AttemptId, CallId, LegState, OperatorState, PauseReason
from dialer.journal import Journal
from dialer.legs import Legs, Told
from dialer.monitoring import HEARS, Monitoring
from dialer.ports import ChannelUp, Clock, Operator, Store, Switch
from dialer.tasks import Tasks

log = structlog.get_logger()

WORKS = {OperatorState.TALKING: Work.TALK, OperatorState.WRAP_UP: Work.WRAP_UP}


@dataclass(frozen=True, slots=True)
class WrapUp:
    seconds: float
    ends_by_time: bool  # False: only when the result is in, however long that takes


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
        wrap_up: WrapUp,
        chimes: bool,
        on_free: Callable[[], None],
    ) -> None:
        self.floor = Floor(list(phones))
        self.wrap_up, self._chimes = wrap_up, chimes
        self.legs = Legs(switch, tasks, Told(self.has, self.save, self._leg_up, self._leg_lost))
        self._store, self._journal = store, journal
        self._clock, self._tasks = clock, tasks
        self._on_free = on_free
        self.monitoring = Monitoring(lambda: self.floor, self.save, switch, tasks)
        self.on_worked: Callable[[Desk, Work], None] = lambda desk, work: None
        self.on_away: Callable[[], None] = lambda: None  # somebody who was free is not, and has no call of the dialer
        self.on_declined: Callable[[Desk], str | None] = lambda desk: None  # a talk that was to be passed on to it
        self._seen_with: dict[str, AttemptId] = {}  # a person whose talk is another operator's, as far as we know
        self._knows_by_rows = False  # and nothing has been heard since

    def has(self, desk: Desk) -> bool:
        return self.floor.desks.get(desk.phone) is desk

    # --- calls

    def reserve(self, attempt: AttemptId, group: Group, first: Group, *, anybody: bool = False) -> Desk | None:
        return self._reserve(self.floor.next_free(group, first, anybody=anybody), attempt)

    def reserve_for_caller(self, call: CallId, group: Group, kept: Counter[Group]) -> Desk | None:
        return self._reserve(self.floor.next_for_caller(group, kept), call)

    def _reserve(self, desk: Desk | None, attempt: AttemptId) -> Desk | None:
        if desk is not None:
            desk.attempt, desk.dialers_turn = attempt, False
            self.become(desk, OperatorState.RESERVED)
        return desk

    def talking(self, attempt: AttemptId) -> Desk | None:
        desk = self.floor.with_attempt(attempt)
        if desk is not None and desk.state is not OperatorState.TALKING:
            desk.finished = False
            self.become(desk, OperatorState.TALKING)
            if self._chimes:
                self.legs.chime(desk)
        return desk

    def release(self, attempt: AttemptId, *, wrap_up: bool = True) -> None:
        """The call is over for the operator, or the join did not come about."""
        desk = self.floor.with_attempt(attempt)
        if desk is None:
            return
        is_entered = desk.finished or desk.leaving  # who leaves enters it later
        if wrap_up and desk.state is OperatorState.TALKING and not is_entered:
            desk.put_down()
            desk.wrapping = attempt
            desk.wrap_up_until = self._clock.now() + timedelta(seconds=self.wrap_up.seconds)
            self.become(desk, OperatorState.WRAP_UP)
            self.time_wrap_up(desk)
        else:
            self.rest(desk)

    def expect(self, attempt: AttemptId, desk: Desk) -> None:
        """Another operator is about to pass this talk on: the case opens there, and no call comes in between."""
        desk.takes = attempt
        desk.hear_nobody()
        self.become(desk, OperatorState.RESERVED)

    def take_over(self, attempt: AttemptId, desk: Desk) -> None:
        """The person is with this operator now. Whose talk it was has nothing to enter of it, and is free."""
        before = self.floor.with_attempt(attempt)
        desk.attempt, desk.takes = attempt, None
        desk.finished = before is not None and before is not desk and before.finished
        if before is not None and before is not desk:
            before.attempt = None
            self.note(attempt, desk)
        self.become(desk, OperatorState.TALKING)
        if before is not None and before is not desk:
            if self._chimes:
                self.legs.chime(desk)
            self.rest(before)

    def note(self, call: CallId, desk: Desk) -> None:
        """Who meets this call."""
        phone, account = desk.phone, desk.account
        self._journal.write(lambda: self._store.note_operator(call, phone, account))

    def time_wrap_up(self, desk: Desk) -> None:
        if self.wrap_up.ends_by_time and desk.wrap_up_until is not None:
            seconds = max(0.0, (desk.wrap_up_until - self._clock.now()).total_seconds())
            self._tasks.later(seconds, partial(self._time_is_over, desk, desk.wrap_up_until))

    def _time_is_over(self, desk: Desk, until: datetime) -> None:
        if self.has(desk) and desk.state is OperatorState.WRAP_UP and desk.wrap_up_until == until:
            self.rest(desk)

    def rest(self, desk: Desk) -> None:
        """Nothing is left to be done: free, or paused when that was asked for or nothing could be heard."""
        if desk.leaving:
            self.leave(desk)
            return
        desk.put_down()
        if desk.leg_state is not LegState.UP:
            desk.pause_reason = desk.pause_reason or PauseReason.LEG_LOST
        if desk.pause_reason is not None:
            self.become(desk, OperatorState.PAUSED)
            return
        self.become(desk, OperatorState.FREE)
        self._on_free()

    def show(self, desk: Desk, case: DueCase | None) -> None:
        """A case to look at; none: no longer, and calls may come again."""
        desk.preview = case
        self.save(desk)
        if case is None:
            self._on_free()

    def leave(self, desk: Desk) -> None:
        self.legs.put_down(desk)
        desk.vacate()
        self.become(desk, OperatorState.OFFLINE)

    # --- legs

    def heard(self, event: ChannelEvent) -> bool:
        """True when the event was of an operator's leg."""
        desk = self.floor.by_leg(event.channel)
        self.legs.heard(desk, event)
        if desk is not None:
            self.monitoring.heard(desk, event)
        return desk is not None

    def _leg_up(self, desk: Desk) -> None:
        if desk.state is OperatorState.CONNECTING:
            self.rest(desk)
        else:
            self.save(desk)

    def _leg_lost(self, desk: Desk) -> None:
        desk.hear_nobody()
        match desk.state:
            case OperatorState.FREE:
                desk.pause_reason = PauseReason.LEG_LOST
                self.become(desk, OperatorState.PAUSED)
            case OperatorState.RESERVED | OperatorState.TALKING | OperatorState.WRAP_UP:
                desk.pause_reason = desk.pause_reason or PauseReason.LEG_LOST  # afterwards
                self.save(desk)
            case _:
                self.save(desk)

    # --- after a restart, and now and then

    def know(self, operators: Sequence[Operator], channels: Mapping[ChannelId, ChannelUp]) -> None:
        """At a take-over: who sat where, doing what, when the engine before us wrote it down."""
        self._knows_by_rows = True
        talks = {one.attempt for one in operators if one.state is OperatorState.TALKING}
        for operator in operators:
            desk = self.floor.desks.get(operator.phone)
            if desk is None or desk.account is not None or operator.account is None or operator.seat is None:
                continue
            expects = operator.state is OperatorState.RESERVED and operator.attempt in talks
            _restore(desk, replace(operator, attempt=None) if expects else operator, self._clock)
            up = channels.get(operator.leg) if operator.leg else None
            if up is None:
                if operator.state is OperatorState.FREE:
                    desk.state, desk.pause_reason = OperatorState.PAUSED, PauseReason.LEG_LOST
                self.legs.lose(desk)
            else:
                desk.leg, desk.channel = operator.leg, up.name
                if up.application == HEARS:
                    desk.listens_to, desk.listens_how = operator.listens_to, operator.listens_how
            self.save(desk)
            self.time_wrap_up(desk)

    def look(
        self,
        channels: Mapping[ChannelId, ChannelUp],
        talks: Mapping[ChannelId, AttemptId],
        live: Collection[AttemptId],
    ) -> None:
        """Operators are where Asterisk says they are."""
        seen_before, self._seen_with = self._seen_with, {}
        at_once, self._knows_by_rows = self._knows_by_rows, False
        for desk in self.floor.desks.values():
            talk = talks.get(desk.leg) if desk.leg is not None else None
            if talk is not None and (at_once or self._is_sure(desk, talk, seen_before.get(desk.phone))):
                self._is_in_talk(desk, talk)
            if desk.is_busy and desk.attempt is not None and desk.attempt not in live:
                self.release(desk.attempt)
            self.legs.look(desk, channels)
        self.legs.end_unwanted(channels)
        self.legs.end_strays(self.floor.desks.values(), channels, talks)

    def _is_sure(self, desk: Desk, attempt: AttemptId, seen_before: AttemptId | None) -> bool:
        """Channels are listed a moment before: that a talk is another operator's now must be said twice in a row."""
        other = self.floor.with_attempt(attempt)
        if other is None or desk.attempt == attempt or seen_before == attempt:
            return True
        self._seen_with[desk.phone] = attempt
        return False

    def _is_in_talk(self, desk: Desk, attempt: AttemptId) -> None:
        desk.leg_state = LegState.UP
        if desk.attempt != attempt or desk.state is not OperatorState.TALKING:
            self.take_over(attempt, desk)

    def forget(self) -> None:
        """Another engine has these operators now; what was still to be done for these desks is not done."""
        self.floor = Floor(list(self.floor.desks), self.floor.groups)

    def regroup(self, groups: Groups) -> None:
        """Who takes what from now on. Who is with somebody, or about to be, stays so."""
        before, self.floor.groups = self.floor.groups, groups
        for desk in self.floor.desks.values():
            if desk.account is not None and before.of(desk.account) != groups.of(desk.account):
                log.info("another group", phone=desk.phone, group=groups.of(desk.account))
                self.save(desk)

    # --- what is told of a desk

    def become(self, desk: Desk, state: OperatorState) -> None:
        if (work := WORKS.get(desk.state)) is not None and state is not desk.state:
            self.on_worked(desk, work)
        goes_away = desk.state is OperatorState.FREE is not state and desk.attempt is None
        desk.become(state, self._clock.monotonic(), self._clock.now())
        if state is not OperatorState.FREE:
            desk.preview = None
        self.save(desk)
        if goes_away:
            self.on_away()

    def save(self, desk: Desk) -> None:
        operator = row_of(desk, self.floor.group_of(desk))
        self._journal.write(lambda: self._store.save_operator(operator))


def row_of(desk: Desk, group: Group) -> Operator:
    return Operator(
        phone=desk.phone,
        state=desk.state,
        leg=desk.leg,
        since=desk.changed_at,
        seat=desk.seat,
        account=desk.account,
        leaving=desk.leaving,
        leg_state=desk.leg_state,
        attempt=desk.attempt or desk.wrapping or desk.takes,
        pause_reason=desk.pause_reason,
        wrap_up_until=desk.wrap_up_until,
        extended=desk.extended,
        on_hold=desk.on_hold,
        muted=desk.muted,
        help=desk.help,
        consulting=desk.consulting,
        preview=desk.preview.case if desk.preview is not None else None,
        listens_to=desk.listens_to,
        listens_how=desk.listens_how,
        group=group,
    )


def _restore(desk: Desk, operator: Operator, clock: Clock) -> None:
    """What cannot be seen from here comes from the row; whether it is so, Asterisk is asked next."""
    desk.seat, desk.account, desk.leaving = operator.seat, operator.account, operator.leaving
    desk.leg_state, desk.pause_reason = operator.leg_state, operator.pause_reason
    lasted = (clock.now() - operator.since).total_seconds() if operator.since else 0.0
    desk.changed_at, desk.since = operator.since, clock.monotonic() - lasted
    desk.state, desk.extended, desk.help = operator.state, operator.extended, operator.help
    desk.on_hold, desk.muted, desk.consulting = operator.on_hold, operator.muted, operator.consulting
    match operator.state:
        case OperatorState.WRAP_UP:
            desk.wrapping, desk.wrap_up_until = operator.attempt, operator.wrap_up_until
        case OperatorState.TALKING | OperatorState.RESERVED if operator.attempt is not None:
            desk.attempt = operator.attempt
        case OperatorState.PAUSED:
            pass
        case _:  # free if the leg is in its waiting room, and not in a talk of which nobody was told
            desk.state, desk.leg_state = OperatorState.CONNECTING, LegState.COMING
