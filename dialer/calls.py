"""The life of a call: from its claim to its one outcome, and the person's meeting with an operator in between."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from dialer.answered import Answered
from dialer.caller_parts import CallerRules, CallerSteps
from dialer.callers import Callers
from dialer.core import events as heard
from dialer.core.call import Call, GaveUp, fold
from dialer.core.ear_events import Answerer, VerdictCorrected
from dialer.core.events import ChannelEvent, ChannelId, OperatorHungUp
from dialer.core.floor import Desk
from dialer.core.groups import Group
from dialer.core.history import kept
from dialer.core.outcomes import Judged, RingRules, judge
from dialer.core.values import AttemptId, CallId, EndedBy, Outcome
from dialer.desks import Desks, WrapUp
from dialer.journal import Journal
from dialer.listening import EarRules, Listening, Steps
from dialer.live_call import Live, ended
from dialer.meeting import Meeting
from dialer.ports import ChannelUp, Claimed, Clock, OpenAttempt, Recorded, Store, Switch, SwitchNotReady
from dialer.recorder import Recorder
from dialer.talking import Talks, TalkSteps
from dialer.tapes import Tapes
from dialer.tasks import Tasks
from dialer.transferring import Outside
from dialer.watcher import Watcher

log = structlog.get_logger()

GHOST_SECONDS = 0.2  # HangupRequest without Hangup: a leg that Asterisk forgot
REFUSED_WAIT = timedelta(seconds=10)
UNKNOWN_WAIT = timedelta(minutes=30)  # nobody is called twice because of our fault
NORMAL_CLEARING = 16  # Q.850
NO_ANSWER_CAUSE = 19


@dataclass(frozen=True, slots=True)
class CallRules:
    """The settings a call goes by."""

    min_ring_seconds: float
    early_media_seconds: float
    set_up_seconds: float
    meet_within_seconds: float
    shortest_talk_seconds: float
    wrap_up_seconds: float
    wrap_up_ends_by_time: bool = False
    chimes: bool = False  # a soft tone in a telephone's ear at the join

    @property
    def longest_seconds(self) -> float:
        """From the INVITE until we end a call that nobody answers: it may speak first and ring then."""
        return self.set_up_seconds + self.early_media_seconds + self.min_ring_seconds


class Calls:
    """Every call that has no outcome yet. `on_room` is called when an operator or a line has become free."""

    def __init__(
        self,
        rules: CallRules,
        phones: Sequence[str],
        *,
        switch: Switch,
        store: Store,
        recorder: Recorder | None,
        clock: Clock,
        tasks: Tasks,
        on_room: Callable[[], None],
        outside: Outside,
        callers: CallerRules,
        handling_seconds: Callable[[], float | None] = lambda: None,
        ear: EarRules | None = None,
    ) -> None:
        self.live: dict[AttemptId, Live] = {}
        self.journal = Journal(store)
        self.desks = Desks(
            phones,
            switch=switch,
            store=store,
            journal=self.journal,
            clock=clock,
            tasks=tasks,
            wrap_up=WrapUp(rules.wrap_up_seconds, rules.wrap_up_ends_by_time),
            chimes=rules.chimes,
            on_free=self._desk_free,
        )
        self._rules = rules
        self._ring_rules = RingRules(
            min_ring=timedelta(seconds=rules.min_ring_seconds),
            meet_within=timedelta(seconds=rules.meet_within_seconds),
            shortest_talk=timedelta(seconds=rules.shortest_talk_seconds),
            decide_within=timedelta(seconds=ear.undecided_seconds if ear else 0),
        )
        self._switch, self._store, self._clock, self._tasks = switch, store, clock, tasks
        self.tapes = Tapes(recorder, self.journal, store, tasks)
        self._on_room = on_room
        steps = Steps(self.channel_event, self._meet, self._end, self._give_up_by_id, self._wait, self._room)
        self.listening = Listening(ear, steps, switch, clock, tasks.spawn)
        self.talks = Talks(
            outside,
            TalkSteps(self._call, self.channel_event, self._another_operator, self._back),
            self.desks,
            switch=switch,
            journal=self.journal,
            clock=clock,
            tasks=tasks,
        )
        meeting = Meeting(self.desks, switch, tasks)
        self._answered = Answered(self.live, self.desks, meeting, self.waits_for_operator, tasks)
        self.callers = Callers(
            callers,
            CallerSteps(self._withdraw_by_id, self.talks, handling_seconds, on_room),
            meeting,
            self.desks,
            self.tapes,
            switch=switch,
            store=store,
            journal=self.journal,
            clock=clock,
            tasks=tasks,
        )
        self._watcher = Watcher()

    def watch(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self.desks.on_worked = watcher.worked

    def forget(self) -> None:
        """Another engine has these calls now; nothing is said to Asterisk."""
        for live in self.live.values():
            live.cancel_timer()
        self.live.clear()
        self.listening.forget()
        self._answered.forget()
        self.callers.forget()
        self.talks.forget()
        self.desks.forget()

    def begin(self, one: Claimed | OpenAttempt, team: Group = None) -> Live:
        """`team`: the operators for whom it is placed."""
        live = self.live[one.attempt] = Live(one.attempt, one.claimed_at, one.caller_id, debt=one.debt, team=team)
        return live

    def not_placed(self, live: Live, reason: str) -> None:
        """Surely nothing rang: the case is soon due again."""
        judged = Judged(Outcome.NOT_PLACED, reason, EndedBy.US, {})
        self._write_end(live, judged, self._clock.now(), again_after=REFUSED_WAIT)
        self.desks.release(live.attempt)

    def withdraw(self, live: Live, why: GaveUp = GaveUp.WITHDRAWN) -> None:
        """As a rule the city wants no call any more. Who has answered already is talked to."""
        live.cancel_timer()
        self._give_up(live, why)

    # --- what Asterisk tells of a call

    def channel_event(self, event: ChannelEvent) -> None:
        if isinstance(event, heard.FarEndHungUp):
            self._tasks.later(GHOST_SECONDS, partial(self._lay_ghost, event.channel))
        if self.talks.heard(event) or self.desks.heard(event) or self.callers.heard(event):
            return
        live = self.live.get(AttemptId(event.channel))
        if live is None:
            return
        before = live.call
        live.call = fold(before, event)
        if (record := kept(event)) is not None:
            self.journal.event(Recorded(live.attempt, event.at, *record))
        match event:
            case heard.ChannelCreated() if before.gave_up is not None:
                self._give_up(live, before.gave_up)
            case heard.ChannelCreated():
                self._end_after(live, self._rules.set_up_seconds, GaveUp.NEVER_RANG)
            case heard.Progressed() if before.ringing_at is None and before.progressed_at is None:
                self._watcher.rings(live.attempt)
                self.listening.progressed(live.attempt)
                self._end_after(live, self._rules.early_media_seconds, GaveUp.RANG_ENOUGH)
            case heard.RingingStarted() if before.ringing_at is None:
                self._watcher.rings(live.attempt)
                self._end_after(live, self._rules.min_ring_seconds, GaveUp.RANG_ENOUGH)
            case heard.Answered() if before.answered_at is None:
                self._watcher.answered(live.attempt)
                if not self.listening.answered(live.attempt):
                    self.meet(live)
            case heard.BridgeEntered() if before.joined_at is None and live.call.joined_at is not None:
                self._joined(live)
            case heard.JoinEnded(result=result) if result != "SUCCESS":
                if not self.talks.join_missed(live.attempt):
                    self._answered.missed(live.attempt)
            case heard.DialEnded(answered=False) if live.call.placed_at is None:
                live.unsure = True  # accepted, and no channel came of it
            case heard.HungUp() if not live.unsure:
                self.over(live)  # else the next look judges it, with what the witness saw while we did not
            case _:
                self.listening.heard(live.attempt, before, live.call, event)

    def waits_for_operator(self, live: Live) -> bool:
        """Somebody is there who may be a person, and is with no operator yet."""
        call = live.call
        with_ear = call.is_with_machine or self.listening.listens(live.attempt, call)
        return call.is_up and call.joined_at is None and not with_ear

    def correct(self, attempt: AttemptId, what: Answerer) -> bool:
        """An operator's key: what it really is. The operator is free at once when it is no person.

        False when the call has gone, or is known to be just that.
        """
        live = self.live.get(attempt)
        if live is None or not live.call.is_up or live.call.answerer is what:
            return False
        self.channel_event(VerdictCorrected(ChannelId(attempt), self._clock.now(), what.value))
        if not what.may_be_person:
            self.talks.over(attempt)
            self.desks.release(attempt, wrap_up=False)
        return True

    def operator_ends(self, attempt: AttemptId) -> str | None:
        """The call, not the operator's leg. None, or why not."""
        if attempt in self.callers.here:
            return self.callers.operator_ends(attempt)
        live = self.live.get(attempt)
        if live is None or live.call.name is None:
            return "発信の準備中です。もう一度操作してください"
        if not self._switch.ready:
            return "交換機との接続を待っています"
        self.channel_event(OperatorHungUp(ChannelId(attempt), self._clock.now()))
        if live.call.answered_at is None:
            self._give_up_by_id(attempt, GaveUp.OPERATOR)
        else:
            self._tasks.spawn(self.end(live.call.name))
        return None

    def _call(self, attempt: AttemptId) -> Call | None:
        live = self.live.get(attempt)
        return live.call if live is not None else self.callers.call(attempt)

    def group_of(self, call: CallId) -> Group:
        """Of the debt kind that it is about."""
        live = self.live.get(call)
        return self.callers.group_of(call) if live is None else self.desks.floor.groups.of_debt(live.debt)

    def every_call(self) -> dict[CallId, Call]:
        """In both directions, while they have no outcome."""
        ours = {live.attempt: live.call for live in self.live.values()}
        return ours | {one.call_id: one.one.call for one in self.callers.here.values()}

    def _another_operator(self, attempt: AttemptId) -> Desk | None:
        """For a person who is held, and whose own operator's leg stays away."""
        group = self.group_of(attempt)
        if self.desks.floor.next_free(group, anybody=True) is None:
            return None
        self.desks.release(attempt, wrap_up=False)
        if self.desks.reserve(attempt, group, group, anybody=True) is None:
            return None
        desk = self.desks.talking(attempt)
        if desk is not None:
            self.desks.note(attempt, desk)
        return desk

    def _back(self, call: CallId) -> None:
        self.callers.back_in_line(call)

    def _wait(self, attempt: AttemptId, seconds: float, step: Callable[[AttemptId], None]) -> None:
        """Then the step, unless something else comes before."""
        live = self.live.get(attempt)
        if live is not None:
            live.cancel_timer()
            live.timer = self._tasks.later(seconds, lambda: step(attempt) if attempt in self.live else None)

    def _withdraw_by_id(self, attempt: AttemptId) -> None:
        if (live := self.live.get(attempt)) is not None:
            self.withdraw(live)

    def _meet(self, attempt: AttemptId) -> None:
        if (live := self.live.get(attempt)) is not None:
            self.meet(live)

    def _end(self, attempt: AttemptId) -> None:
        live = self.live.get(attempt)
        if live is not None and live.call.name is not None:
            self._tasks.spawn(self.end(live.call.name))

    def _give_up_by_id(self, attempt: AttemptId, why: GaveUp) -> None:
        if (live := self.live.get(attempt)) is not None:
            live.cancel_timer()
            self._give_up(live, why)

    def _end_after(self, live: Live, seconds: float, why: GaveUp) -> None:
        live.cancel_timer()
        if live.call.answered_at is None:
            live.timer = self._tasks.later(seconds, partial(self._give_up, live, why))

    def _give_up(self, live: Live, why: GaveUp) -> None:
        if live.call.answered_at is None and live.call.ended_at is None:
            live.call = replace(live.call, gave_up=why)
            if live.call.name is not None:  # else as soon as there is a channel
                self._tasks.spawn(self.end(live.call.name, NO_ANSWER_CAUSE))

    async def end(self, channel: str, cause: int = NORMAL_CLEARING) -> None:
        try:
            await self._switch.end(channel, cause)
        except SwitchNotReady as away:
            log.warning("cannot end", channel=channel, why=str(away))

    def _lay_ghost(self, channel: ChannelId) -> None:
        """A far end that hung up in the very millisecond of a join can leave its leg behind (seen 7 times in 60)."""
        live, desk = self.live.get(AttemptId(channel)), self.desks.floor.by_leg(channel)
        name = live.call.name if live else desk.channel if desk else None
        if name:
            self._tasks.spawn(self.end(name))

    # --- bringing a person and an operator together

    def meet(self, live: Live) -> None:
        live.cancel_timer()
        self._watcher.is_person(live.attempt)
        self._answered.meet(live)
        self._tasks.post(self._on_room)  # one operator fewer: it may be too risky to let others ring

    def _joined(self, live: Live) -> None:
        """Both are in one bridge: the only proof of a join."""
        desk = self.desks.talking(live.attempt)
        self._watcher.joined(live.attempt)
        waited = (live.call.joined_at or live.claimed_at) - (live.call.answered_at or live.claimed_at)
        after_ms = round(waited.total_seconds() * 1000)
        log.info("joined", attempt_id=live.attempt, phone=desk.phone if desk else None, after_ms=after_ms)

    def _desk_free(self) -> None:
        """Who answered us cannot wait; then who called us; only then a new call."""
        if not (self._answered.next() or self.callers.serve()):
            self._on_room()

    def serve(self) -> None:
        """Operators take other debt kinds from now on: whoever waits may have one now."""
        while self._answered.next() or self.callers.serve():
            pass

    def _room(self) -> None:
        """A call needs no operator, and perhaps no line any more: who called us may have been kept waiting for it."""
        while self.callers.serve():
            pass
        self._on_room()

    def resume(self, live: Live, call: Call, up: ChannelUp) -> None:
        """After a restart or a lost link: the call is still up, and `call` is what is now known of it."""
        if up.state == "Up" and call.answered_at is None:
            call = replace(call, answered_at=self._clock.now())
        live.call, live.unsure = replace(call, name=up.name), False
        meets_nobody = live.call.is_up and live.call.joined_at is None
        if meets_nobody and self.listening.resumed(live.attempt, live.call, up.application):
            return
        if self.waits_for_operator(live):
            self.meet(live)
        elif live.call.answered_at is None:  # how long it rang unwatched is not sure: the full time from now
            self._end_after(live, self._rules.min_ring_seconds, GaveUp.RANG_ENOUGH)

    # --- the end of a call

    def over(self, live: Live) -> None:
        self.talks.over(live.attempt)
        now = self._clock.now()
        judged = judge(live.call, self._ring_rules)
        # what was not placed may have rung after all
        again_after = UNKNOWN_WAIT if judged.outcome is Outcome.NOT_PLACED else live.again_after
        self._write_end(live, judged, live.call.ended_at or now, again_after)
        if live.call.joined_at is not None:
            self.tapes.keep(live.attempt)
        self.desks.release(live.attempt)
        self._room()

    def _write_end(self, live: Live, judged: Judged, ended_at: datetime, again_after: timedelta | None) -> None:
        live.cancel_timer()
        self.listening.forget(live.attempt)
        del self.live[live.attempt]
        desk = self.desks.floor.with_attempt(live.attempt)
        self._watcher.over(live.attempt, judged.outcome)
        self.journal.ended(ended(live, judged, ended_at, desk if live.call.joined_at else None, again_after))
        log.info("ended", attempt_id=live.attempt, outcome=judged.outcome.value)
