"""What an operator does with a talk: hold, mute, keys, handing the person over (`transferring`, `passing`).

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
from dialer.core.floor import Desk
from dialer.core.orders import How, Order, OrderKind
from dialer.core.transfers import Stage, belongs_to
from dialer.core.values import AttemptId, CallId, OperatorState
from dialer.desks import Desks
from dialer.journal import Journal
from dialer.passing import Passing, PassSteps
from dialer.ports import ChannelUp, Clock, Switch, SwitchNotReady
from dialer.taking_back import TakingBack
from dialer.tasks import Tasks
from dialer.transferring import Outside, Transfers, TransferSteps

log = structlog.get_logger()

HOLD_APPLICATION = "BackGround"  # of the dialplan's `hold`

NO_OVERFLOW = "つなぐ先の担当課が決められていません"
NO_TALK = "通話中ではありません"
NO_LINK = "交換機との接続が切れています。もう一度操作してください"


@dataclass(frozen=True, slots=True)
class TalkSteps:
    """What Calls can do for a talk."""

    call: Callable[[AttemptId], Call | None]  # while it has no outcome
    say: Callable[[ChannelEvent], None]  # as if it had been heard: folded, and stored
    another: Callable[[AttemptId], Desk | None]  # for a person whose own operator is away: one who is free, talking now
    back_in_line: Callable[[CallId], None]  # of a caller who has not met anybody yet


class Talks:
    def __init__(
        self,
        outside: Outside,
        steps: TalkSteps,
        desks: Desks,
        *,
        switch: Switch,
        journal: Journal,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._outside, self._steps, self._desks = outside, steps, desks
        self._switch, self._clock, self._tasks = switch, clock, tasks
        self._returns = TakingBack(desks, steps.call, steps.another, steps.back_in_line, self._is_away, switch, tasks)
        self.passing = Passing(
            desks, PassSteps(steps.call, steps.say, self._returns.take_back), switch=switch, clock=clock, tasks=tasks
        )
        self.transfers = Transfers(
            outside,
            TransferSteps(
                call=steps.call,
                leg=self._returns.leg_of,
                say=steps.say,
                consulting=self._consulting,
                take_back=self._returns.take_back,
                handed_over=self._handed_over,
            ),
            switch=switch,
            journal=journal,
            clock=clock,
            tasks=tasks,
        )
        self._unheard_holds: set[AttemptId] = set()
        self._bridges: dict[ChannelId, str] = {}  # where persons and legs were last

    # --- what the operator wants

    def order(self, desk: Desk, order: Order) -> str | None:
        """None: accepted. Else one line why not, for the operator to read."""
        attempt = desk.attempt or desk.wrapping
        if order.kind == OrderKind.CANCEL_TRANSFER and attempt is not None:  # also when the person has gone meanwhile
            return (self.passing if self.passing.of(attempt) else self.transfers).cancel(attempt)
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
                return (self.passing if self.passing.of(desk.attempt) else self.transfers).complete(desk.attempt)
            case _:
                return "この操作は通話にはありません"

    def _hold(self, desk: Desk, person: str) -> str | None:
        if desk.on_hold:
            return "すでに保留中です"
        desk.on_hold, desk.muted = True, False  # the leg's waiting room ends the muting
        self._desks.save(desk)
        self._order(self._switch.hold(person), partial(self._not_held, desk, desk.attempt))
        return None

    def _not_held(self, desk: Desk, attempt: AttemptId | None) -> None:
        """The person has gone, which is about to be heard, or the link has."""
        if desk.attempt == attempt and self._desks.floor.desks.get(desk.phone) is desk:
            desk.on_hold = False
            self._desks.save(desk)

    def _unhold(self, desk: Desk, attempt: AttemptId) -> str | None:
        if self._is_away(attempt):
            return "転送の手続き中です。取り消すと相手に戻ります"
        if not desk.on_hold:
            return "保留中ではありません"
        self._returns.take_back(attempt)
        return None

    def _mute(self, desk: Desk, leg: str, *, on: bool) -> str | None:
        if on and desk.on_hold and not self._is_conferring(desk.attempt):
            return "保留中は相手に声が届いていません"
        if desk.muted != on:
            desk.muted = on
            self._desks.save(desk)
        self._order(self._switch.mute(leg, on=on), partial(self._not_muted, desk, desk.attempt, on))
        return None

    def _not_muted(self, desk: Desk, attempt: AttemptId | None, on: bool) -> None:
        """Never show a voice as cut off that is heard."""
        if desk.attempt == attempt and desk.muted == on:
            desk.muted = not on
            self._desks.save(desk)

    def _digits(self, desk: Desk, person: str, digits: str) -> str | None:
        consult = self.transfers.of(desk.attempt) if desk.attempt else None
        if consult is not None and consult.stage is Stage.TALKING and consult.name is not None:
            self._order(self._switch.send_digits(consult.name, digits))
        elif desk.on_hold:
            return "保留中は送れません"
        else:
            self._order(self._switch.send_digits(person, digits))
        return None

    def _transfer(self, desk: Desk, attempt: AttemptId, call: Call, to: str, *, attended: bool) -> str | None:
        """To a seat of the centre, else to a department of the city."""
        if self._is_away(attempt):
            return "転送の手続き中です"
        seat = self._desks.floor.desks.get(to)
        if seat is not None:
            refused = self.passing.begin(desk, attempt, seat, attended=attended, is_held=call.is_held)
        else:
            refused = self.transfers.begin(attempt, call, to, attended=attended)
        if refused is None and not desk.on_hold and call.name is not None:
            self._hold(desk, call.name)
        return refused

    def _is_away(self, attempt: AttemptId) -> bool:
        """Somebody else is to have the person."""
        return self.transfers.of(attempt) is not None or self.passing.of(attempt) is not None

    def _is_conferring(self, attempt: AttemptId | None) -> bool:
        """The operator speaks with whoever is to have the person."""
        consult = self.transfers.of(attempt) if attempt is not None else None
        return self.passing.is_conferring(attempt) or (consult is not None and consult.stage is Stage.TALKING)

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
        self.passing.heard(event)
        floor = self._desks.floor
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
                self._desks.save(desk)
            case heard.BridgeEntered(bridge=bridge) if desk.attempt is not None:
                self._bridges[event.channel] = bridge
                self.transfers.operator_entered(desk.attempt, bridge)
                self._together(desk, desk.attempt)
            case heard.HungUp():
                self._bridges.pop(event.channel, None)
                if desk.attempt is not None and desk.on_hold:
                    self.transfers.operator_gone(desk.attempt)
                    self._returns.find_operator(desk.attempt)
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
                self._desks.save(desk)
                self._returns.find_operator(attempt)
            case _:
                pass

    def _together(self, desk: Desk, attempt: AttemptId) -> None:
        """The hold is over when both are in one bridge, whoever came first."""
        persons = self._bridges.get(ChannelId(attempt))
        if desk.on_hold and desk.leg is not None and persons is not None and persons == self._bridges.get(desk.leg):
            desk.on_hold = False
            self._desks.save(desk)

    def join_missed(self, attempt: AttemptId) -> bool:
        """A held person was taken back, and the operator's leg had gone: True, and there is music again. Or another's
        leg, to whom the talk was to be passed on."""
        if self.passing.missed(attempt):
            return True
        desk, call = self._desks.floor.with_attempt(attempt), self._steps.call(attempt)
        if desk is None or not desk.on_hold or call is None or not call.is_up or call.name is None:
            return False
        self._order(self._switch.hold(call.name))
        self._returns.find_operator(attempt)
        return True

    def over(self, attempt: AttemptId) -> None:
        """The person has gone. Before the desk is released."""
        self._returns.over(attempt)
        self._unheard_holds.discard(attempt)
        self._bridges.pop(ChannelId(attempt), None)
        self.transfers.person_gone(attempt)
        self.passing.person_gone(attempt)
        desk = self._desks.floor.with_attempt(attempt)
        if desk is None:
            return
        if desk.muted and desk.channel is not None:
            self._order(self._switch.mute(desk.channel, on=False))
        desk.on_hold = desk.muted = False
        if self.transfers.of(attempt) is None:
            desk.consulting = None

    def forget(self) -> None:
        """Another engine has these talks now."""
        self._returns.forget()
        self._unheard_holds.clear()
        self._bridges.clear()
        self.transfers.forget()
        self.passing.forget()

    # --- after a time in which nothing was heard

    def look(self, calls: Mapping[AttemptId, Call], channels: Mapping[ChannelId, ChannelUp]) -> None:
        """Of every person on a line: after `Desks.look`, which has put the operators to their talks."""
        for attempt, call in calls.items():
            person = channels.get(ChannelId(attempt))
            concerns_us = call.joined_at is not None or bool(call.transfers)
            if person is not None and concerns_us and call.is_up:
                self._look_at(attempt, person, channels)
        self.passing.look(channels)

    def _look_at(self, attempt: AttemptId, person: ChannelUp, channels: Mapping[ChannelId, ChannelUp]) -> None:
        is_held = self._is_held(person)  # which may make it known
        desk, call = self._desks.floor.with_attempt(attempt), self._steps.call(attempt)
        if desk is not None and call is not None and desk.on_hold != is_held == call.is_held:
            desk.on_hold = is_held
            self._desks.save(desk)
        if call is not None:
            self.transfers.look(attempt, call, channels, desk.leg if desk else None)
        if desk is not None and desk.consulting is not None and not self._is_away(attempt):
            self._consulting(attempt, None)  # what an engine before us had begun came to nothing
            if is_held:
                self._returns.take_back(attempt)
        elif is_held and (desk is None or desk.channel is None):
            self._returns.find_operator(attempt)

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

    # ---

    def _consulting(self, attempt: AttemptId, department: str | None) -> None:
        for desk in self._desks.floor.desks.values():
            if attempt in (desk.attempt, desk.wrapping) and desk.consulting != department:
                desk.consulting = department
                self._desks.save(desk)

    def _handed_over(self, attempt: AttemptId) -> None:
        desk = self._desks.floor.with_attempt(attempt)
        if desk is not None:
            desk.on_hold = desk.muted = False
            self._desks.release(attempt)

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
