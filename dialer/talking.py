"""What an operator does with a talk: hold, mute, keys, and handing the person over (`transferring`).

The desk shows what was ordered at once and what Asterisk says as soon as it does. Whatever ends a hold ends with the
person beside an operator: the same one, as a rule; another when that one's leg stays away.
"""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial

import structlog

from dialer.core import events as heard
from dialer.core.call import Call
from dialer.core.events import ChannelEvent, ChannelId
from dialer.core.floor import Desk, Floor
from dialer.core.orders import How, Order, OrderKind
from dialer.core.transfers import Stage, belongs_to
from dialer.core.values import AttemptId, CallId, LegState, OperatorState
from dialer.journal import Journal
from dialer.ports import ChannelUp, Clock, Switch, SwitchNotReady
from dialer.tasks import Tasks
from dialer.transferring import Outside, Transfers, TransferSteps

log = structlog.get_logger()

FIND_EVERY_SECONDS = 1.0
OWN_OPERATOR_SECONDS = 20.0  # so long a held person waits for a leg that was lost, before another operator will do

HOLD_APPLICATION = "BackGround"  # of the dialplan's `hold`

NO_OVERFLOW = "つなぐ先の担当課が決められていません"
NO_TALK = "通話中ではありません"
NO_LINK = "交換機との接続が切れています。もう一度操作してください"


@dataclass(frozen=True, slots=True)
class TalkSteps:
    """What Calls and Desks can do for a talk."""

    call: Callable[[AttemptId], Call | None]  # while it has no outcome
    say: Callable[[ChannelEvent], None]  # as if it had been heard: folded, and stored
    changed: Callable[[Desk], None]  # to be stored and shown
    handed_over: Callable[[AttemptId], None]  # the operator wraps up, the call goes on without
    another: Callable[[AttemptId], Desk | None]  # for a person whose own operator is away: one who is free, talking now
    back_in_line: Callable[[CallId], None]  # of a caller who has not met anybody yet


class Talks:
    """`floor` is asked anew each time: at a stand-by it is another."""

    def __init__(
        self,
        outside: Outside,
        steps: TalkSteps,
        floor: Callable[[], Floor],
        *,
        switch: Switch,
        journal: Journal,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._outside, self._steps, self._floor = outside, steps, floor
        self._switch, self._clock, self._tasks = switch, clock, tasks
        self.transfers = Transfers(
            outside,
            TransferSteps(
                call=steps.call,
                leg=self._leg_of,
                say=steps.say,
                consulting=self._consulting,
                take_back=self._take_back,
                handed_over=self._handed_over,
            ),
            switch=switch,
            journal=journal,
            clock=clock,
            tasks=tasks,
        )
        self._looking_for_operator: set[AttemptId] = set()
        self._unheard_holds: set[AttemptId] = set()
        self._bridges: dict[ChannelId, str] = {}  # where persons and legs were last

    # --- what the operator wants

    def order(self, desk: Desk, order: Order) -> str | None:
        """None: accepted. Else one line why not, for the operator to read."""
        attempt = desk.attempt or desk.wrapping
        if order.kind == OrderKind.CANCEL_TRANSFER and attempt is not None:  # also when the person has gone meanwhile
            return self.transfers.cancel(attempt)
        call = self._steps.call(desk.attempt) if desk.attempt else None
        if desk.attempt is None or call is None or desk.state is not OperatorState.TALKING:
            return NO_TALK
        if not call.is_up or call.name is None or call.joined_at is None:
            return NO_TALK
        if not self._switch.ready or desk.channel is None:
            return NO_LINK
        match order.kind:
            case OrderKind.HOLD:
                return self._hold(desk, call.name)
            case OrderKind.UNHOLD:
                return self._unhold(desk, desk.attempt)
            case OrderKind.MUTE | OrderKind.UNMUTE:
                return self._mute(desk, desk.channel, on=order.kind == OrderKind.MUTE)
            case OrderKind.DIGITS:
                return self._digits(desk, call.name, str(order.detail["digits"]))
            case OrderKind.TRANSFER:
                attended = order.detail["how"] == How.ATTENDED
                return self._transfer(desk, desk.attempt, call, str(order.detail["to"]), attended=attended)
            case OrderKind.COMPLETE_TRANSFER:
                return self.transfers.complete(desk.attempt)
            case _:
                return "この操作は通話にはありません"

    def _hold(self, desk: Desk, person: str) -> str | None:
        if desk.on_hold:
            return "すでに保留中です"
        desk.on_hold, desk.muted = True, False  # the leg's waiting room ends the muting
        self._steps.changed(desk)
        self._order(self._switch.hold(person), partial(self._not_held, desk, desk.attempt))
        return None

    def _not_held(self, desk: Desk, attempt: AttemptId | None) -> None:
        """The person has gone, which is about to be heard, or the link has."""
        if desk.attempt == attempt and self._floor().desks.get(desk.phone) is desk:
            desk.on_hold = False
            self._steps.changed(desk)

    def _unhold(self, desk: Desk, attempt: AttemptId) -> str | None:
        if self.transfers.of(attempt) is not None:
            return "転送の手続き中です。取り消すと相手に戻ります"
        if not desk.on_hold:
            return "保留中ではありません"
        self._take_back(attempt)
        return None

    def _mute(self, desk: Desk, leg: str, *, on: bool) -> str | None:
        consult = self.transfers.of(desk.attempt) if desk.attempt else None
        if on and desk.on_hold and (consult is None or consult.stage is not Stage.TALKING):
            return "保留中は相手に声が届いていません"
        if desk.muted != on:
            desk.muted = on
            self._steps.changed(desk)
        self._order(self._switch.mute(leg, on=on), partial(self._not_muted, desk, desk.attempt, on))
        return None

    def _not_muted(self, desk: Desk, attempt: AttemptId | None, on: bool) -> None:
        """Never show a voice as cut off that is heard."""
        if desk.attempt == attempt and desk.muted == on:
            desk.muted = not on
            self._steps.changed(desk)

    def _digits(self, desk: Desk, person: str, digits: str) -> str | None:
        consult = self.transfers.of(desk.attempt) if desk.attempt else None
        if consult is not None and consult.stage is Stage.TALKING and consult.name is not None:
            self._order(self._switch.send_digits(consult.name, digits))
        elif desk.on_hold:
            return "保留中は送れません"
        else:
            self._order(self._switch.send_digits(person, digits))
        return None

    def _transfer(self, desk: Desk, attempt: AttemptId, call: Call, key: str, *, attended: bool) -> str | None:
        refused = self.transfers.begin(attempt, call, key, attended=attended)
        if refused is None and not desk.on_hold and call.name is not None:
            self._hold(desk, call.name)
        return refused

    # --- what a caller who waits wants of nobody

    def overflow(self, call: CallId, known: Call) -> str | None:
        """The music goes on until the department answers. None: it is called. Else why not."""
        department = self._outside.overflow_to()
        return self.transfers.begin(call, known, department, attended=False) if department else NO_OVERFLOW

    def is_leaving(self, call: CallId) -> bool:
        consult = self.transfers.of(call)
        return consult is not None and consult.stage is Stage.JOINING

    # --- what happens

    def heard(self, event: ChannelEvent) -> bool:
        """True when the event was of a department's channel, and so of nobody else's."""
        department = belongs_to(event.channel)
        if department is not None:
            self.transfers.heard(department[0], event)
            return True
        floor = self._floor()
        if (desk := floor.by_leg(event.channel)) is not None:
            self._heard_of_leg(desk, event)
        elif (desk := floor.with_attempt(AttemptId(event.channel))) is not None:
            self._heard_of_person(desk, AttemptId(event.channel), event)
        else:
            self._heard_of_caller(AttemptId(event.channel), event)
        return False

    def _heard_of_caller(self, call: CallId, event: ChannelEvent) -> None:
        """Without an operator: of those, transfers know only who is to meet a department."""
        match event:
            case heard.BridgeEntered(bridge=bridge):
                self.transfers.person_entered(call, bridge)
            case heard.TransferMissed():
                self.transfers.person_missed(call)
            case _:
                pass

    def _heard_of_leg(self, desk: Desk, event: ChannelEvent) -> None:
        match event:
            case heard.OperatorWaiting() if desk.muted:
                desk.muted = False  # the dialplan has ended it
                self._steps.changed(desk)
            case heard.BridgeEntered(bridge=bridge) if desk.attempt is not None:
                self._bridges[event.channel] = bridge
                self.transfers.operator_entered(desk.attempt, bridge)
                self._together(desk, desk.attempt)
            case heard.HungUp():
                self._bridges.pop(event.channel, None)
                if desk.attempt is not None and desk.on_hold:
                    self.transfers.operator_gone(desk.attempt)
                    self._find_operator(desk.attempt)
            case _:
                pass

    def _heard_of_person(self, desk: Desk, attempt: AttemptId, event: ChannelEvent) -> None:
        match event:
            case heard.BridgeEntered(bridge=bridge):
                self._bridges[event.channel] = bridge
                if not self.transfers.person_entered(attempt, bridge):
                    self._together(desk, attempt)
            case heard.TransferMissed():
                self.transfers.person_missed(attempt)
            case heard.Held() if desk.state is OperatorState.TALKING and not desk.on_hold:
                desk.on_hold = True  # nobody asked for it: the page's leg was lost
                self._steps.changed(desk)
                self._find_operator(attempt)
            case _:
                pass

    def _together(self, desk: Desk, attempt: AttemptId) -> None:
        """The hold is over when both are in one bridge, whoever came first."""
        persons = self._bridges.get(ChannelId(attempt))
        if desk.on_hold and desk.leg is not None and persons is not None and persons == self._bridges.get(desk.leg):
            desk.on_hold = False
            self._steps.changed(desk)

    def join_missed(self, attempt: AttemptId) -> bool:
        """A held person was taken back, and the operator's leg had gone: True, and there is music again."""
        desk, call = self._floor().with_attempt(attempt), self._steps.call(attempt)
        if desk is None or not desk.on_hold or call is None or not call.is_up or call.name is None:
            return False
        self._order(self._switch.hold(call.name))
        self._find_operator(attempt)
        return True

    def over(self, attempt: AttemptId) -> None:
        """The person has gone. Before the desk is released."""
        self._looking_for_operator.discard(attempt)
        self._unheard_holds.discard(attempt)
        self._bridges.pop(ChannelId(attempt), None)
        self.transfers.person_gone(attempt)
        desk = self._floor().with_attempt(attempt)
        if desk is None:
            return
        if desk.muted and desk.channel is not None:
            self._order(self._switch.mute(desk.channel, on=False))
        desk.on_hold = desk.muted = False
        if self.transfers.of(attempt) is None:
            desk.consulting = None

    def forget(self) -> None:
        """Another engine has these talks now."""
        self._looking_for_operator.clear()
        self._unheard_holds.clear()
        self._bridges.clear()
        self.transfers.forget()

    # --- after a time in which nothing was heard

    def look(self, calls: Mapping[AttemptId, Call], channels: Mapping[ChannelId, ChannelUp]) -> None:
        """Of every person on a line: after `Desks.look`, which has put the operators to their talks."""
        for attempt, call in calls.items():
            person = channels.get(ChannelId(attempt))
            concerns_us = call.joined_at is not None or bool(call.transfers)
            if person is not None and concerns_us and call.is_up:
                self._look_at(attempt, person, channels)

    def _look_at(self, attempt: AttemptId, person: ChannelUp, channels: Mapping[ChannelId, ChannelUp]) -> None:
        is_held = self._is_held(person)  # which may make it known
        desk, call = self._floor().with_attempt(attempt), self._steps.call(attempt)
        if desk is not None and call is not None and desk.on_hold != is_held == call.is_held:
            desk.on_hold = is_held
            self._steps.changed(desk)
        if call is not None:
            self.transfers.look(attempt, call, channels, desk.leg if desk else None)
        if not is_held:
            return
        if desk is not None and desk.consulting is not None and self.transfers.of(attempt) is None:
            self._consulting(attempt, None)  # what an engine before us had begun came to nothing
            self._take_back(attempt)
        elif desk is None or desk.channel is None:
            self._find_operator(attempt)

    def _is_held(self, person: ChannelUp) -> bool:
        """As the list of channels has it, which may be older than what was heard since: so said twice, or known."""
        attempt = AttemptId(person.channel)
        call = self._steps.call(attempt)
        hears_music = person.bridge is None and person.application == HOLD_APPLICATION
        if call is None or call.is_held or not hears_music:
            self._unheard_holds.discard(attempt)
            return hears_music and call is not None
        if attempt not in self._unheard_holds:
            self._unheard_holds.add(attempt)
            return False
        self._steps.say(heard.Held(person.channel, self._clock.now()))
        return True

    # --- back to an operator

    def _take_back(self, attempt: AttemptId) -> None:
        call, leg = self._steps.call(attempt), self._leg_of(attempt)
        if call is None or not call.is_up or call.name is None:
            return
        if call.joined_at is None:
            self._steps.back_in_line(attempt)
        elif leg is None:
            self._find_operator(attempt)
        else:
            self._order(self._switch.join(call.name, leg), partial(self._find_operator, attempt))

    def _find_operator(self, attempt: AttemptId) -> None:
        if attempt not in self._looking_for_operator:
            self._looking_for_operator.add(attempt)
            self._tasks.later(FIND_EVERY_SECONDS, partial(self._found, attempt, FIND_EVERY_SECONDS))

    def _found(self, attempt: AttemptId, waited: float) -> None:
        """The own operator's leg is back, or another operator is free; else again in a moment. The music goes on."""
        call = self._steps.call(attempt)
        if attempt not in self._looking_for_operator:
            return
        if call is None or not call.is_held or self.transfers.of(attempt) is not None:
            self._looking_for_operator.discard(attempt)
            return
        if self._leg_of(attempt) is None and waited >= OWN_OPERATOR_SECONDS:
            other = self._steps.another(attempt)
            if other is not None:
                other.on_hold = True
                log.info("taken by another operator", attempt_id=attempt, phone=other.phone)
        if self._leg_of(attempt) is None or not self._switch.ready:
            again = partial(self._found, attempt, waited + FIND_EVERY_SECONDS)
            self._tasks.later(FIND_EVERY_SECONDS, again)
            return
        self._looking_for_operator.discard(attempt)
        self._take_back(attempt)

    # ---

    def _leg_of(self, attempt: AttemptId) -> str | None:
        desk = self._floor().with_attempt(attempt)
        return desk.channel if desk is not None and desk.leg_state is LegState.UP else None

    def _consulting(self, attempt: AttemptId, department: str | None) -> None:
        for desk in self._floor().desks.values():
            if attempt in (desk.attempt, desk.wrapping) and desk.consulting != department:
                desk.consulting = department
                self._steps.changed(desk)

    def _handed_over(self, attempt: AttemptId) -> None:
        desk = self._floor().with_attempt(attempt)
        if desk is not None:
            desk.on_hold = desk.muted = False
            self._steps.handed_over(attempt)

    def _order(self, order: Coroutine[object, object, bool], otherwise: Callable[[], None] = lambda: None) -> None:
        self._tasks.spawn(self._carried_out(order, otherwise))

    async def _carried_out(self, order: Coroutine[object, object, bool], otherwise: Callable[[], None]) -> None:
        try:
            done = await order
        except SwitchNotReady as away:
            log.warning("order to a talk not carried out", why=str(away))
            done = False
        if not done:
            self._tasks.post(otherwise)
