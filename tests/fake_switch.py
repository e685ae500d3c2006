"""A tiny telephone exchange: the whole port in memory, with its subscribers; no mock library."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from dialer.core import events as heard
from dialer.core.callers import LAST, Route
from dialer.core.channel_ids import channel_id
from dialer.core.events import ChannelEvent, ChannelId
from dialer.core.values import CallId, Ear, PhoneNumber
from dialer.ports import (
    Accepted,
    ChannelUp,
    Clock,
    Outgoing,
    Refused,
    StartResult,
    SwitchNotReady,
)

CALLER_ID = PhoneNumber("0258009001")


EarStep = Callable[[ChannelId, datetime], ChannelEvent] | None
"""An event of the ear; None: it hangs up."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """How a telephone behaves when it is called."""

    rings_after: float | None = 0.1
    answers_after: float | None = None  # seconds of ringing; None: never
    hangs_up_after: float | None = None  # seconds after the answer
    refused_with: tuple[int, int] | None = None  # cause, SIP code
    progresses_after: float | None = None  # a 183
    ear: Sequence[tuple[float, "EarStep"]] = ()  # seconds after the answer (or the 183), and what the ear does then


PERSON = Subscriber(answers_after=4.0, hangs_up_after=60.0)
NOBODY = Subscriber()
NOT_IN_USE = Subscriber(rings_after=None, refused_with=(1, 404))


@dataclass(slots=True)
class _Channel:
    call: Outgoing
    name: str
    state: str = "Down"
    bridge: str | None = None
    application: str = ""
    muted: bool = False
    digits: str = ""  # sent to its far end
    chimed: int = 0
    variables: dict[str, str] = field(default_factory=dict)  # set since it is up
    timers: list[asyncio.TimerHandle] = field(default_factory=list)


class FakeSwitch:
    """Every channel that is up is in `up`; `placed` is every call that ever left. Also a Witness.

    Who shares a `bridge` hears each other; a person without one who is in `BackGround` hears music.
    """

    def __init__(self, inbox: "asyncio.Queue[object]", clock: Clock, subscribers: Mapping[str, Subscriber]) -> None:
        self.inboxes, self._clock, self._subscribers = [inbox], clock, subscribers
        self.up: dict[ChannelId, _Channel] = {}
        self.placed: list[Outgoing] = []
        self.written: dict[ChannelId, list[ChannelEvent]] = {}
        self.connected = True
        self.answer_to_start: StartResult = Accepted()
        self.joins_fail = 0
        self.legs_answer_after = 0.05
        self.bridger_first = False  # as a rule whoever waited is there first
        self.spies: list[Outgoing] = []
        self.messages_ordered: list[ChannelId] = []
        self.busiest = 0
        self.room = 0  # callers who need no place in line
        self.listening: dict[str, tuple[str, Ear]] = {}  # a supervisor's leg to an operator's
        self._numbered = self._bridges = 0

    # the ports

    @property
    def ready(self) -> bool:
        return self.connected

    async def events(self) -> Mapping[ChannelId, Sequence[ChannelEvent]]:
        return {channel: list(events) for channel, events in self.written.items()}

    async def start(self, call: Outgoing) -> StartResult:
        if not self.connected:
            return Refused("link down")
        if not isinstance(self.answer_to_start, Accepted):
            return self.answer_to_start
        if call.context == "early":
            self.spies.append(call)
            return Accepted()
        self._numbered += 1
        trunk_or_phone = call.endpoint.split("@")[-1].removeprefix("PJSIP/")
        channel = _Channel(call, f"PJSIP/{trunk_or_phone}-{self._numbered:08x}")
        assert call.channel not in self.up, "ChannelId already in use"
        self.up[call.channel] = channel
        self.placed.append(call)
        self.busiest = max(self.busiest, len(self.customers()))
        self._tell(heard.ChannelCreated(call.channel, self._clock.now(), channel.name))
        if call.context == "operator":
            self._after(channel, self.legs_answer_after, self._operator_answers)
        else:
            self._subscriber(channel)
        return Accepted()

    async def join(self, customer: str, operator: str) -> bool:
        if not self.connected:
            raise SwitchNotReady("link down")
        one, other = self._named(customer), self._named(operator)
        if self.joins_fail > 0 or one is None:
            self.joins_fail -= 1
            return False
        one.application, one.bridge = "Bridge", None
        if other is None:
            self._tell(heard.JoinEnded(one.call.channel, self._clock.now(), "NONEXISTENT"))
            if one.call.context == "inbound":
                self._waits_in_line(one)
        else:
            self._meet(one, other)
        return True

    async def hold(self, customer: str) -> bool:
        found = self._asked(customer)
        if found is None:
            return False
        self._alone(found)
        self._held(found)
        return True

    async def consult(self, department: str, operator: str) -> bool:
        one, other = self._asked(department), self._asked(operator)
        if one is None or other is None:
            return False
        self._meet(one, other)
        return True

    async def part(self, department: str) -> bool:
        found = self._asked(department)
        if found is None:
            return False
        self._alone(found)
        self._waits_for_person(found)
        return True

    async def hand_over(self, customer: str, department: str) -> bool:
        one, other = self._asked(customer), self._asked(department)
        if one is None:
            return False
        if other is None:
            self._tell(heard.TransferMissed(one.call.channel, self._clock.now(), "NONEXISTENT"))
            if one.application == "AGI":
                self._waits_in_line(one)
            else:
                self._held(one)
        else:
            self._meet(one, other)
        return True

    async def mute(self, operator: str, *, on: bool) -> bool:
        found = self._asked(operator)
        if found is not None:
            found.muted = on
        return found is not None

    async def listen(self, supervisor: str, operator: str, how: Ear) -> bool:
        found = self._asked(supervisor)
        if found is not None:
            self.listening[supervisor], found.application = (operator, how), "ChanSpy"
        return found is not None

    async def back_to_waiting(self, leg: str) -> bool:
        found = self._asked(leg)
        if found is not None and self.listening.pop(leg, None) is not None:
            found.application = ""
            self._tell(heard.OperatorWaiting(found.call.channel, self._clock.now()))
        return found is not None

    async def chime(self, operator: str) -> bool:
        found = self._asked(operator)
        if found is not None:
            found.chimed += 1
        return found is not None

    async def tell_room(self, callers: int, until: datetime) -> bool:
        self.room = callers
        return True

    async def send_digits(self, channel: str, digits: str) -> bool:
        found = self._asked(channel)
        if found is not None:
            found.digits += digits
        return found is not None

    async def set_variables(self, channel: str, variables: Mapping[str, str]) -> bool:
        found = self._asked(channel)
        if found is not None:
            found.variables |= variables
        return found is not None

    async def leave_message(self, customer: str) -> bool:
        """The operator's leg goes back to its waiting room; the customer's is the ear's."""
        found = self._asked(customer)
        if found is None:
            return False
        self.messages_ordered.append(found.call.channel)
        self._alone(found)
        return True

    async def end(self, channel: str, cause: int = 16) -> bool:
        if not self.connected:
            raise SwitchNotReady("link down")
        found = self._named(channel)
        if found is not None:
            self._gone(found, cause, None)
        return found is not None

    async def channels_up(self) -> Sequence[ChannelUp]:
        if not self.connected:
            raise SwitchNotReady("link down")
        return [
            ChannelUp(id_, one.name, one.state, one.application, one.bridge, one.call.context)
            for id_, one in self.up.items()
        ]

    # what a test does to it

    def call_in(
        self,
        *,
        route: Route = Route.WAITING,
        rank: int = LAST,
        rings: float = 1.0,
        hangs_up_after: float | None = None,
        told_after: float | None = None,
        wishes_after: float | None = None,
        overflows_after: float | None = None,
    ) -> CallId:
        """Somebody calls the city, and the dialplan does with the call what it does without asking anybody."""
        self._numbered += 1
        id_ = channel_id(f"a-1764460800.{self._numbered}")
        call = Outgoing(id_, "PJSIP/carrier", "inbound", "waiting", None, 0.0)
        channel = self.up[id_] = _Channel(call, f"PJSIP/carrier-{self._numbered:08x}", application="AGI")
        now = self._clock.now()
        self._tell(heard.ChannelCreated(id_, now, channel.name))
        arrived = heard.CallerArrived(id_, now, channel.name, CALLER_ID, "tax", rank, route.value)
        self._tell(arrived)
        self._after(channel, rings, self._answers)
        if route is Route.WAITING:
            self._after(channel, rings, self._waits_in_line)
        if hangs_up_after is not None:
            self._after(channel, hangs_up_after, lambda one: self._gone(one, 0, None, by_far_end=True))
        if told_after is not None:
            self._after(channel, rings + told_after, self._told)
        if wishes_after is not None:
            self._after(channel, rings + wishes_after, self._wishes)
        if overflows_after is not None:
            self._after(channel, rings + overflows_after, self._overflows)
        return CallId(id_)

    def callers(self) -> list[_Channel]:
        return [one for one in self.up.values() if one.call.context == "inbound"]

    def customers(self) -> list[_Channel]:
        return [one for one in self.up.values() if one.call.context == "customer"]

    def drop_link(self) -> None:
        self.connected = False
        self._tell_all(heard.LinkLost(self._clock.now(), "test"))

    def restore_link(self, booted_at: datetime | None = None) -> None:
        self.connected = True
        self._tell_all(heard.LinkUp(self._clock.now(), booted_at))

    def die_and_boot(self) -> None:
        """Killed: every channel is gone without a word, and it starts anew."""
        self.drop_link()
        for channel in self.up.values():
            for timer in channel.timers:
                timer.cancel()
        self.up.clear()
        asyncio.get_running_loop().call_later(1.0, lambda: self.restore_link(self._clock.now()))

    def departments(self) -> list[_Channel]:
        return [one for one in self.up.values() if one.call.context == "department"]

    def leg(self, phone: str) -> _Channel | None:
        return next((one for one in self.up.values() if one.call.endpoint == f"PJSIP/{phone}"), None)

    def hear_each_other(self, one: _Channel, other: _Channel) -> bool:
        rooms = (None, "idle", "departments")
        return one.bridge == other.bridge and one.bridge not in rooms and not (one.muted or other.muted)

    def hold_unheard(self, person: _Channel) -> None:
        """An order that was carried out while the link broke."""
        assert not self.connected
        self._alone(person)
        self._held(person)

    def hang_up(self, customer: "_Channel") -> None:
        """The far end does."""
        self._gone(customer, 0, None, by_far_end=True)

    def answer(self, customer: "_Channel") -> None:
        """The far end does, now."""
        self._answers(customer)

    def hang_up_leg(self, phone: str) -> None:
        leg = self.leg(phone)
        assert leg is not None, f"{phone} has no leg"
        self._gone(leg, 16, None)

    # inside

    def _subscriber(self, channel: _Channel) -> None:
        behaves = self._behaviour(channel)
        if behaves.refused_with is not None:
            cause, code = behaves.refused_with
            self._after(channel, 0.2, lambda one: self._gone(one, cause, code, by_far_end=True))
        if behaves.progresses_after is not None:
            self._after(channel, behaves.progresses_after, self._progresses)
            for seconds, step in behaves.ear if behaves.answers_after is None else ():
                self._after(channel, behaves.progresses_after + seconds, partial(self._ear, step))
        if behaves.rings_after is not None:
            self._after(channel, behaves.rings_after, self._rings)
            if behaves.answers_after is not None:
                self._after(channel, behaves.rings_after + behaves.answers_after, self._answers)
                if behaves.hangs_up_after is not None:
                    whole = behaves.rings_after + behaves.answers_after + behaves.hangs_up_after
                    self._after(channel, whole, lambda one: self._gone(one, 0, None, by_far_end=True))

    def _behaviour(self, channel: _Channel) -> Subscriber:
        number = channel.call.endpoint.removeprefix("PJSIP/").split("@")[0]
        return self._subscribers.get(number, NOT_IN_USE)

    def _rings(self, channel: _Channel) -> None:
        channel.state = "Ringing"
        self._tell(heard.RingingStarted(channel.call.channel, self._clock.now()))

    def _answers(self, channel: _Channel) -> None:
        channel.state = "Up"
        self._tell(heard.Answered(channel.call.channel, self._clock.now()))
        if channel.call.context == "department":
            self._waits_for_person(channel)
        if "EAR" in channel.call.variables:
            channel.application = "AudioSocket"
            for seconds, step in self._behaviour(channel).ear:
                self._after(channel, seconds, partial(self._ear, step))

    def _waits_in_line(self, channel: _Channel) -> None:
        channel.application, channel.bridge = "AGI", None
        self._tell(heard.CallerWaits(channel.call.channel, self._clock.now()))

    def _wishes(self, channel: _Channel) -> None:
        self._tell(heard.CallerWished(channel.call.channel, self._clock.now()))
        self._after(channel, 3.0, lambda one: self._gone(one, 16, None))

    def _overflows(self, channel: _Channel) -> None:
        if channel.application == "AGI":
            self._tell(heard.CallerOverflows(channel.call.channel, self._clock.now()))

    def _told(self, channel: _Channel) -> None:
        self._tell(heard.CallerTold(channel.call.channel, self._clock.now()))
        self._gone(channel, 16, None)

    def _progresses(self, channel: _Channel) -> None:
        self._tell(heard.Progressed(channel.call.channel, self._clock.now()))

    def _ear(self, step: EarStep, channel: _Channel) -> None:
        """Until the call is taken from it."""
        if channel.bridge is not None or channel.application == "BackGround":
            return
        if step is None:
            self._gone(channel, 16, None)
        else:
            self._tell(step(channel.call.channel, self._clock.now()))

    def _operator_answers(self, channel: _Channel) -> None:
        self._answers(channel)
        self._waits(channel)

    def _meet(self, one: _Channel, other: _Channel) -> None:
        """Bridge() of the first with the second, wherever that was."""
        self._bridges += 1
        one.application, one.bridge = "Bridge", f"talk-{self._bridges}"
        other.bridge = one.bridge
        came = [one, other] if self.bridger_first else [other, one]
        for count, channel in enumerate(came, start=1):
            self._tell(heard.BridgeEntered(channel.call.channel, self._clock.now(), one.bridge, count))

    def _alone(self, channel: _Channel) -> None:
        """Taken out of its bridge; an operator who was there waits again."""
        bridge, channel.bridge = channel.bridge, None
        for other in [one for one in self.up.values() if one.bridge == bridge is not None]:
            if other.call.context == "operator":
                self._waits(other)

    def _held(self, channel: _Channel) -> None:
        channel.application, channel.bridge = "BackGround", None
        self._tell(heard.Held(channel.call.channel, self._clock.now()))

    def _waits_for_person(self, channel: _Channel) -> None:
        channel.application, channel.bridge = "BridgeWait", "departments"
        self._tell(heard.BridgeEntered(channel.call.channel, self._clock.now(), "departments", 1))
        self._after(channel, 5.0, lambda one: self._gone(one, 16, None) if one.bridge == "departments" else None)

    def _waits(self, channel: _Channel) -> None:
        channel.bridge, channel.muted = "idle", False
        self._tell(heard.OperatorWaiting(channel.call.channel, self._clock.now()))

    def _gone(self, channel: _Channel, cause: int, code: int | None, *, by_far_end: bool = False) -> None:
        now, id_ = self._clock.now(), channel.call.channel
        for timer in channel.timers:
            timer.cancel()
        if self.up.pop(id_, None) is None:
            return
        if by_far_end:
            self._tell(heard.FarEndHungUp(id_, now))
        rooms = (None, "idle", "departments")
        for other in [one for one in self.up.values() if one.bridge == channel.bridge not in rooms]:
            if other.call.context == "operator":
                self._waits(other)
            elif "-web-" in channel.name and other.call.context == "customer":
                self._held(other)  # Bridge() returned: the dialplan waits for the page's next leg
            else:  # or ends the call
                self._gone(other, 16, None)
        self._tell(heard.HungUp(id_, now, cause, code))
        self.listening.pop(channel.name, None)
        for other in [one for one in self.up.values() if self.listening.get(one.name, ("",))[0] == channel.name]:
            del self.listening[other.name]
            other.application = ""
            self._tell(heard.OperatorWaiting(other.call.channel, now))

    def _tell(self, event: ChannelEvent) -> None:
        """Asterisk writes its own record whether we are connected or not."""
        by_the_dialplan = heard.OperatorWaiting | heard.Held | heard.TransferMissed | heard.CallerArrived
        of_callers = heard.CallerWaits | heard.CallerTold | heard.CallerWished | heard.CallerOverflows
        unseen = heard.RingingStarted | by_the_dialplan | of_callers
        if not isinstance(event, unseen):
            self.written.setdefault(event.channel, []).append(event)
        if self.connected:
            self._tell_all(event)

    def _tell_all(self, item: object) -> None:
        for inbox in self.inboxes:
            inbox.put_nowait(item)

    def _after(self, channel: _Channel, seconds: float, step: Callable[[_Channel], None]) -> None:
        channel.timers.append(asyncio.get_running_loop().call_later(seconds, step, channel))

    def _asked(self, name: str) -> _Channel | None:
        if not self.connected:
            raise SwitchNotReady("link down")
        return self._named(name)

    def _named(self, name: str) -> _Channel | None:
        return next((one for one in self.up.values() if one.name == name), None)
