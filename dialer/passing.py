"""A talk that goes to another seat of the centre: to a supervisor, or to an operator who is free.

Both legs are up, so nothing is dialled: the person is held, and joined to the other leg. Blind: at once, which is some
milliseconds of music (from one Bridge() straight into the next, Asterisk records but the person's side). Attended: the
two speak first. From the moment in which the person and the other are in one bridge the talk is theirs; until then, and
again whenever anything fails, it is the first operator's.

    COMING ── everybody is free to be moved ──► MEETING ── in one bridge ──► TALKING ── complete ──► PARTING ──► JOINING
       └───── blind ──────────────────────────────────────────────────────────────────────────────────────────► JOINING
"""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial

import structlog

from dialer.core import events as heard
from dialer.core.call import Call
from dialer.core.events import ChannelEvent, ChannelId
from dialer.core.floor import Desk
from dialer.core.values import AttemptId, LegState, OperatorState, PauseReason
from dialer.desks import Desks
from dialer.ports import ChannelUp, Clock, Switch
from dialer.tasks import Tasks

log = structlog.get_logger()

STEP_SECONDS = 5.0  # everything is a matter of milliseconds
APART_SECONDS = 0.2  # the two are in one bridge no more
MISSES = 2  # looks in a row

OWN_SEAT = "自分の席には転送できません"
NOBODY_SITS = "この席にはだれも着いていません"
NOT_NOW = "この席の担当者は、いま応対できません"
NO_SOUND_THERE = "この席の担当者は、いま音声につながっていません"
UNDER_WAY = "転送の手続き中です"
NOT_TALKING = "転送先と話しているときだけ完了できます"
NEARLY_THERE = "もう転送先につながるところです"

NOT_REACHED = "転送先の席につながりませんでした"
LEG_LOST = "転送先の席の音声が切れました"
DECLINED = "転送先の担当者が受けませんでした"
CANCELLED = "担当者が転送を取り消しました"
OPERATOR_LOST = "担当者の音声が切れました"


class Stage(StrEnum):
    COMING = "coming"
    MEETING = "meeting"  # the two operators are on the way to each other
    TALKING = "talking"
    PARTING = "parting"
    JOINING = "joining"  # the person is on the way to the other


@dataclass(slots=True, eq=False)
class Passage:
    attempt: AttemptId
    by: Desk
    to: Desk
    attended: bool
    by_leg: ChannelId
    to_leg: ChannelId
    awaited: set[ChannelId]  # who is still with somebody else
    stage: Stage = Stage.COMING
    bridges: dict[ChannelId, str] = field(default_factory=dict)
    missing: int = 0

    @property
    def person(self) -> ChannelId:
        return ChannelId(self.attempt)

    def share(self, one: ChannelId, other: ChannelId) -> bool:
        return self.bridges.get(one) is not None and self.bridges.get(one) == self.bridges.get(other)


@dataclass(frozen=True, slots=True)
class PassSteps:
    """What Talks can do for it."""

    call: Callable[[AttemptId], Call | None]
    say: Callable[[ChannelEvent], None]  # as if it had been heard of the person's channel
    take_back: Callable[[AttemptId], None]


class Passing:
    def __init__(self, desks: Desks, steps: PassSteps, *, switch: Switch, clock: Clock, tasks: Tasks) -> None:
        self._desks, self._steps = desks, steps
        self._switch, self._clock, self._tasks = switch, clock, tasks
        self._under_way: dict[AttemptId, Passage] = {}
        desks.on_declined = self.declined

    def of(self, attempt: AttemptId | None) -> Passage | None:
        return self._under_way.get(attempt) if attempt is not None else None

    def is_conferring(self, attempt: AttemptId | None) -> bool:
        passage = self.of(attempt)
        return passage is not None and passage.stage is Stage.TALKING

    def forget(self) -> None:
        self._under_way.clear()

    # --- what the operators want; None: it is done, else why not

    def begin(self, desk: Desk, attempt: AttemptId, to: Desk, *, attended: bool, is_held: bool) -> str | None:
        """The person is on the way to the music already, or hears it."""
        if attempt in self._under_way:
            return UNDER_WAY
        if (why := why_not(desk, to)) is not None:
            return why
        assert desk.leg is not None  # of a talk
        assert to.leg is not None  # its leg is up
        passage = Passage(attempt, desk, to, attended, desk.leg, to.leg, set())
        if not is_held:
            passage.awaited |= {passage.person} if desk.on_hold else {passage.person, desk.leg}
        if not attended and to.listens_to is not None:
            passage.awaited.add(to.leg)
            self._order(passage, self._switch.back_to_waiting(to.channel or ""))
        self._under_way[attempt] = passage
        self._say(
            passage,
            partial(heard.PassOrdered, seat=to.phone, by=desk.account or "", to=to.account or "", attended=attended),
        )
        self._desks.expect(attempt, to)  # what its page shows of it is written first
        self._consulting(passage, to.phone)
        self._later(passage, STEP_SECONDS, Stage.COMING)
        self._go_on(passage)
        return None

    def complete(self, attempt: AttemptId) -> str | None:
        passage = self.of(attempt)
        if passage is None or passage.stage is not Stage.TALKING:
            return NOT_TALKING
        self._becomes(passage, Stage.PARTING)
        self._order(passage, self._switch.back_to_waiting(passage.to.channel or ""))
        return None

    def cancel(self, attempt: AttemptId) -> str | None:
        return self._give_up(self.of(attempt), CANCELLED)

    def declined(self, desk: Desk) -> str | None:
        """Who was to get the talk leaves, or hangs up."""
        return self._give_up(self.of(desk.takes), DECLINED)

    def _give_up(self, passage: Passage | None, why: str) -> str | None:
        if passage is None:
            return "転送の手続き中ではありません"
        if passage.stage in (Stage.PARTING, Stage.JOINING):
            return NEARLY_THERE
        self._fail(passage, why)
        return None

    # --- what happens

    def heard(self, event: ChannelEvent) -> None:
        for passage in list(self._under_way.values()):
            if event.channel in (passage.person, passage.by_leg, passage.to_leg):
                self._heard(passage, event)

    def _heard(self, passage: Passage, event: ChannelEvent) -> None:
        match event:
            case heard.BridgeEntered(channel=channel, bridge=bridge):
                passage.bridges[channel] = bridge
                self._entered(passage)
            case heard.Held(channel=channel) | heard.OperatorWaiting(channel=channel):
                passage.awaited.discard(channel)
                self._waits(passage, channel)
            case heard.HungUp(channel=channel) if channel == passage.to_leg:
                self._soon(passage, LEG_LOST)
            case heard.HungUp(channel=channel) if channel == passage.by_leg and passage.stage is not Stage.JOINING:
                self._soon(passage, OPERATOR_LOST)
            case _:
                pass

    def missed(self, attempt: AttemptId) -> bool:
        """Bridge() with the other leg returned at once. True when it was this that the person was on the way to."""
        passage = self.of(attempt)
        if passage is None or passage.stage is not Stage.JOINING:
            return False
        self._fail(passage, NOT_REACHED)
        return True

    def person_gone(self, attempt: AttemptId) -> None:
        """Nothing is left to be passed on: both go back to their own matters."""
        passage = self._under_way.pop(attempt, None)
        if passage is None:
            return
        if passage.stage in (Stage.MEETING, Stage.TALKING):
            self._order(passage, self._switch.back_to_waiting(passage.to.channel or ""))
        self._desks.rest(passage.to)

    def look(self, channels: Mapping[ChannelId, ChannelUp]) -> None:
        """After a time in which nothing was heard."""
        for passage in list(self._under_way.values()):
            person, by, to = (channels.get(one) for one in (passage.person, passage.by_leg, passage.to_leg))
            if to is None or passage.to.leg != passage.to_leg:
                self._fail(passage, LEG_LOST)
            elif passage.stage is Stage.JOINING and person is not None and person.bridge == to.bridge is not None:
                self._met(passage)
            elif passage.stage is Stage.TALKING:
                passage.missing = 0 if by is not None and by.bridge == to.bridge else passage.missing + 1
                if passage.missing >= MISSES:
                    self._fail(passage, NOT_REACHED)

    # --- one step each

    def _go_on(self, passage: Passage) -> None:
        if passage.stage is not Stage.COMING or passage.awaited:
            return
        if passage.attended:
            self._becomes(passage, Stage.MEETING)
            self._order(passage, self._switch.confer(passage.to.channel or "", passage.by.channel or ""))
        else:
            self._join(passage)

    def _waits(self, passage: Passage, channel: ChannelId) -> None:
        """Somebody hears music, or is in the waiting room."""
        match passage.stage:
            case Stage.COMING:
                self._go_on(passage)
            case Stage.PARTING if channel == passage.to_leg:
                self._join(passage)
            case Stage.MEETING | Stage.TALKING if channel == passage.to_leg:
                self._later(passage, APART_SECONDS, passage.stage)  # whose leg was lost, if any, is about to be heard
            case _:
                pass

    def _entered(self, passage: Passage) -> None:
        """Who enters first is chance: only equal bridges count."""
        if passage.stage is Stage.MEETING and passage.share(passage.by_leg, passage.to_leg):
            passage.stage = Stage.TALKING
        elif passage.stage is Stage.JOINING and passage.share(passage.person, passage.to_leg):
            self._met(passage)

    def _join(self, passage: Passage) -> None:
        call = self._steps.call(passage.attempt)
        if call is None or call.name is None or passage.to.channel is None:
            self._fail(passage, NOT_REACHED)
            return
        self._becomes(passage, Stage.JOINING)
        passage.bridges.clear()
        self._order(passage, self._switch.join(call.name, passage.to.channel))

    def _met(self, passage: Passage) -> None:
        """Both in one bridge: the only proof."""
        del self._under_way[passage.attempt]
        log.info("passed on", attempt_id=passage.attempt, phone=passage.to.phone, attended=passage.attended)
        self._say(passage, partial(heard.Passed, seat=passage.to.phone))
        self._desks.take_over(passage.attempt, passage.to)

    def _fail(self, passage: Passage, why: str) -> None:
        del self._under_way[passage.attempt]
        log.info("not passed on", attempt_id=passage.attempt, phone=passage.to.phone, why=why)
        self._say(passage, partial(heard.PassFailed, seat=passage.to.phone, why=why))
        self._consulting(passage, None)
        self._steps.take_back(passage.attempt)
        if passage.to.takes == passage.attempt:
            self._desks.rest(passage.to)

    # ---

    def _becomes(self, passage: Passage, stage: Stage) -> None:
        passage.stage = stage
        self._later(passage, STEP_SECONDS, stage)

    def _later(self, passage: Passage, seconds: float, stage: Stage) -> None:
        """It has not gone on by then. While the link is away nobody knows."""

        def late() -> None:
            if not self._is(passage, stage):
                return
            if self._switch.ready:
                self._fail(passage, NOT_REACHED)
            else:
                self._later(passage, seconds, stage)

        self._tasks.later(seconds, late)

    def _soon(self, passage: Passage, why: str) -> None:
        """When the desks know of the leg, too: an operator without one is not free."""
        self._tasks.post(lambda: self._fail(passage, why) if self._has(passage) else None)

    def _order(self, passage: Passage, order: Coroutine[object, object, bool]) -> None:
        stage = passage.stage

        def failed() -> None:
            if self._is(passage, stage):
                self._fail(passage, NOT_REACHED)

        self._tasks.order(passage.attempt, order, failed)

    def _has(self, passage: Passage) -> bool:
        return self._under_way.get(passage.attempt) is passage

    def _is(self, passage: Passage, stage: Stage) -> bool:
        return self._has(passage) and passage.stage is stage

    def _consulting(self, passage: Passage, seat: str | None) -> None:
        if passage.by.attempt == passage.attempt:
            passage.by.consulting = seat
            self._desks.save(passage.by)

    def _say(self, passage: Passage, event: Callable[[ChannelId, datetime], ChannelEvent]) -> None:
        self._steps.say(event(passage.person, self._clock.now()))


def why_not(desk: Desk, to: Desk) -> str | None:
    """Why this talk cannot go there now."""
    if to is desk:
        return OWN_SEAT
    if to.account is None:
        return NOBODY_SITS
    is_away = to.leaving or to.pause_reason is PauseReason.PAGE_GONE
    if is_away or to.state not in (OperatorState.PAUSED, OperatorState.FREE):
        return NOT_NOW
    return None if to.leg_state is LegState.UP and to.channel is not None else NO_SOUND_THERE
