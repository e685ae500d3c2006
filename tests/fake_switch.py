"""A tiny telephone exchange: the whole port in memory, with its subscribers; no mock library."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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
from tests.fake_exchange import ROOMS, Channel, FakeExchange

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


class FakeSwitch(FakeExchange):
    """Every channel that is up is in `up`; `placed` is every call that ever left. Also a Witness."""

    def __init__(self, inbox: "asyncio.Queue[object]", clock: Clock, subscribers: Mapping[str, Subscriber]) -> None:
        super().__init__(inbox, clock)
        self._subscribers = subscribers
        self.placed: list[Outgoing] = []
        self.answer_to_start: StartResult = Accepted()
        self.joins_fail = 0
        self.legs_answer_after = 0.05
        self.spies: list[Outgoing] = []
        self.messages_ordered: list[ChannelId] = []
        self.busiest = 0
        self.room = 0  # callers who need no place in line
        self._numbered = 0

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
        channel = Channel(call, f"PJSIP/{trunk_or_phone}-{self._numbered:08x}")
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
        self._leaves(one)
        one.application = "Bridge"
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

    async def confer(self, seat: str, operator: str) -> bool:
        one, other = self._asked(seat), self._asked(operator)
        if one is None:
            return False
        self.listening.pop(seat, None)
        if other is None:
            self._waits(one)
        else:
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
        if found is not None:
            self.listening.pop(leg, None)
            self._alone(found)
            self._waits(found)
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
        group: str = "tax",
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
        channel = self.up[id_] = Channel(call, f"PJSIP/carrier-{self._numbered:08x}", application="AGI")
        now = self._clock.now()
        self._tell(heard.ChannelCreated(id_, now, channel.name))
        arrived = heard.CallerArrived(id_, now, channel.name, CALLER_ID, group, rank, route.value)
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

    def callers(self) -> list[Channel]:
        return [one for one in self.up.values() if one.call.context == "inbound"]

    def customers(self) -> list[Channel]:
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

    def departments(self) -> list[Channel]:
        return [one for one in self.up.values() if one.call.context == "department"]

    def leg(self, phone: str) -> Channel | None:
        return next((one for one in self.up.values() if one.call.endpoint == f"PJSIP/{phone}"), None)

    def hear_each_other(self, one: Channel, other: Channel) -> bool:
        together = one.bridge == other.bridge and one.bridge is not None and one.bridge not in ROOMS
        return together and not (one.muted or other.muted)

    def hold_unheard(self, person: Channel) -> None:
        """An order that was carried out while the link broke."""
        assert not self.connected
        self._alone(person)
        self._held(person)

    def hang_up(self, customer: "Channel") -> None:
        """The far end does."""
        self._gone(customer, 0, None, by_far_end=True)

    def answer(self, customer: "Channel") -> None:
        """The far end does, now."""
        self._answers(customer)

    def hang_up_leg(self, phone: str) -> None:
        leg = self.leg(phone)
        assert leg is not None, f"{phone} has no leg"
        self._gone(leg, 16, None)

    # inside

    def _subscriber(self, channel: Channel) -> None:
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

    def _behaviour(self, channel: Channel) -> Subscriber:
        number = channel.call.endpoint.removeprefix("PJSIP/").split("@")[0]
        return self._subscribers.get(number, NOT_IN_USE)

    def _rings(self, channel: Channel) -> None:
        channel.state = "Ringing"
        self._tell(heard.RingingStarted(channel.call.channel, self._clock.now()))

    def _answers(self, channel: Channel) -> None:
        channel.state = "Up"
        self._tell(heard.Answered(channel.call.channel, self._clock.now()))
        if channel.call.context == "department":
            self._waits_for_person(channel)
        if "EAR" in channel.call.variables:
            channel.application = "AudioSocket"
            for seconds, step in self._behaviour(channel).ear:
                self._after(channel, seconds, partial(self._ear, step))

    def _waits_in_line(self, channel: Channel) -> None:
        channel.application, channel.bridge = "AGI", None
        self._tell(heard.CallerWaits(channel.call.channel, self._clock.now()))

    def _wishes(self, channel: Channel) -> None:
        self._tell(heard.CallerWished(channel.call.channel, self._clock.now()))
        self._after(channel, 3.0, lambda one: self._gone(one, 16, None))

    def _overflows(self, channel: Channel) -> None:
        if channel.application == "AGI":
            self._tell(heard.CallerOverflows(channel.call.channel, self._clock.now()))

    def _told(self, channel: Channel) -> None:
        self._tell(heard.CallerTold(channel.call.channel, self._clock.now()))
        self._gone(channel, 16, None)

    def _progresses(self, channel: Channel) -> None:
        self._tell(heard.Progressed(channel.call.channel, self._clock.now()))

    def _ear(self, step: EarStep, channel: Channel) -> None:
        """Until the call is taken from it."""
        if channel.bridge is not None or channel.application == "BackGround":
            return
        if step is None:
            self._gone(channel, 16, None)
        else:
            self._tell(step(channel.call.channel, self._clock.now()))

    def _operator_answers(self, channel: Channel) -> None:
        self._answers(channel)
        self._waits(channel)
