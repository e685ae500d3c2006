"""A tiny exchange and a store in memory: whole fakes of the engine's ports, with state a test can look at."""

import asyncio
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from dialer.core import events as heard
from dialer.core.decide import Rulebook
from dialer.core.events import ChannelEvent, ChannelId
from dialer.core.orders import Order, OrderKind
from dialer.core.values import AttemptId, CaseId, CaseState, OperatorState, Outcome, PhoneNumber
from dialer.ports import (
    Accepted,
    ChannelUp,
    Claimed,
    Clock,
    Ended,
    NotClaimed,
    OpenAttempt,
    Operator,
    Outgoing,
    Recorded,
    Recording,
    Refused,
    StartResult,
    StoreUnavailable,
    SwitchNotReady,
)
from tests.event_table import START

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
            self._held(one)
        else:
            self._meet(one, other)
        return True

    async def mute(self, operator: str, *, on: bool) -> bool:
        found = self._asked(operator)
        if found is not None:
            found.muted = on
        return found is not None

    async def chime(self, operator: str) -> bool:
        found = self._asked(operator)
        if found is not None:
            found.chimed += 1
        return found is not None

    async def send_digits(self, channel: str, digits: str) -> bool:
        found = self._asked(channel)
        if found is not None:
            found.digits += digits
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
        return [ChannelUp(id_, one.name, one.state, one.application, one.bridge) for id_, one in self.up.items()]

    # what a test does to it

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
            else:  # Bridge() returned: the dialplan ends the call
                self._gone(other, 16, None)
        self._tell(heard.HungUp(id_, now, cause, code))

    def _tell(self, event: ChannelEvent) -> None:
        """Asterisk writes its own record whether we are connected or not."""
        unseen = heard.RingingStarted | heard.OperatorWaiting | heard.Held | heard.TransferMissed
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


@dataclass(slots=True)
class FakeCase:
    case: CaseId
    number: PhoneNumber
    due_at: datetime
    state: CaseState = CaseState.OPEN
    debt: str = "city_tax"
    until: datetime | None = None  # None: a window without an end


DEAD = frozenset({Outcome.NOT_IN_USE, Outcome.NUMBER_CHANGED, Outcome.INVALID_NUMBER})
AGAIN_AFTER = {Outcome.LOST: timedelta(minutes=30), Outcome.NETWORK_ERROR: timedelta(minutes=2)}
AGAIN_LATER = timedelta(hours=3)


class MemoryStore:
    """Implements the Store port; `away` makes it unavailable.

    It decides by the outcome alone: who was talked to is done with, a number out of use is never called again, and
    everybody else is called again after a while.
    """

    def __init__(self, cases: Sequence[FakeCase], phones: Sequence[str] = ("op01",)) -> None:
        self.cases = {case.case: case for case in cases}
        self.book: Rulebook | None = None
        self.planned: list[datetime] = []  # when all cases were planned
        self.dead: set[PhoneNumber] = set()
        self.claims: dict[AttemptId, Claimed] = {}
        self.ended: dict[AttemptId, Ended] = {}
        self.noted: dict[AttemptId, str] = {}
        self.appended: list[Recorded] = []
        self.desks = {phone: Operator(phone, OperatorState.OFFLINE, None) for phone in phones}
        self.accounts: dict[AttemptId, str | None] = {}
        self.orders: dict[int, Order] = {}
        self.answers: dict[int, str] = {}
        self.clock: Clock | None = None  # for the moments of orders; none: all are new
        self._ordered = asyncio.Event()
        self.recordings: list[Recording] = []
        self.away = False
        self.looking_takes = 0.0  # seconds
        self.claims_fail = 0  # so many claims of an operator

    def _ask(self) -> None:
        if self.away:
            raise StoreUnavailable("test")

    def use(self, book: Rulebook) -> None:
        self.book = book

    async def plan(self, city: str, now: datetime) -> int:
        self._ask()
        return 0

    async def plan_all(self, city: str, now: datetime) -> int:
        self._ask()
        self.planned.append(now)
        return len(self.cases)

    async def withdrawn(self, attempts: Sequence[AttemptId]) -> frozenset[AttemptId]:
        self._ask()
        gone = (CaseState.STOPPED, CaseState.PAID)
        return frozenset(attempt for attempt in attempts if self.cases[self.claims[attempt].case].state in gone)

    async def claim(self, city: str, limit: int, now: datetime, debts: Collection[str]) -> Sequence[Claimed]:
        self._ask()
        open_now = self._open()
        busy_cases, busy_numbers = {one.case for one in open_now}, {one.number for one in open_now}
        found: list[Claimed] = []
        for case in sorted(self.cases.values(), key=lambda case: (case.due_at, case.case)):
            until = case.until or now + timedelta(days=1)
            callable_now = case.state is CaseState.OPEN and case.debt in debts and case.due_at <= now < until
            callable_now = callable_now and case.number not in self.dead
            if not callable_now or case.case in busy_cases or case.number in busy_numbers or len(found) >= limit:
                continue
            busy_numbers.add(case.number)
            attempt = AttemptId(str(uuid.uuid4()))
            found.append(Claimed(attempt, case.case, case.debt, case.number, CALLER_ID, now, until))
        self.claims.update({one.attempt: one for one in found})
        return found

    async def due_cases(
        self, city: str, limit: int, now: datetime, debts: Collection[str], besides: Collection[CaseId]
    ) -> Sequence[CaseId]:
        self._ask()
        skips = [order for order in self.orders.values() if order.kind == OrderKind.SKIP]
        skipped = {order.case for order in skips if now - order.at < timedelta(minutes=10)}
        busy = {one.number for one in self._open()}
        due = [
            case.case
            for case in sorted(self.cases.values(), key=lambda case: (case.due_at, case.case))
            if case.state is CaseState.OPEN and case.debt in debts and case.due_at <= now
            if case.number not in busy | self.dead and case.case not in skipped and case.case not in besides
        ]
        return due[:limit]

    async def claim_one(self, city: str, case: CaseId, number: int, now: datetime) -> Claimed | NotClaimed:
        """A case has one number, whose id is the case's and a thousand."""
        self.claims_fail -= 1
        if self.claims_fail >= 0:
            raise StoreUnavailable("test")
        self._ask()
        found = self.cases.get(case)
        if found is None or number != found.case + 1000:
            return NotClaimed("この案件はありません")
        if found.state is not CaseState.OPEN or found.number in self.dead:
            return NotClaimed("この案件は架電できません")
        if any(one.case == case or one.number == found.number for one in self._open()):
            return NotClaimed("この番号または同じ世帯に、いま架電しています")
        claimed = Claimed(
            AttemptId(str(uuid.uuid4())), case, found.debt, found.number, CALLER_ID, now, now + timedelta(hours=1)
        )
        self.claims[claimed.attempt] = claimed
        return claimed

    def _open(self) -> list[Claimed]:
        return [self.claims[attempt] for attempt in self.claims if attempt not in self.ended]

    async def append(self, events: Sequence[Recorded]) -> None:
        self._ask()
        self.appended.extend(events)

    async def finish(self, ended: Sequence[Ended]) -> None:
        self._ask()
        for one in ended:
            if one.attempt in self.ended:
                continue
            self.ended[one.attempt] = one
            case = self.cases[self.claims[one.attempt].case]
            if one.outcome in DEAD:
                self.dead.add(case.number)
            elif one.outcome is Outcome.TALKED and case.state is CaseState.OPEN:
                case.state = CaseState.COMPLETE
            else:
                case.due_at = one.ended_at + (one.again_after or AGAIN_AFTER.get(one.outcome, AGAIN_LATER))

    async def note_operator(self, attempt: AttemptId, phone: str, account: str | None) -> None:
        self._ask()
        self.noted[attempt], self.accounts[attempt] = phone, account

    async def open_attempts(self, city: str) -> Sequence[OpenAttempt]:
        await asyncio.sleep(self.looking_takes)
        self._ask()
        return [
            OpenAttempt(one.attempt, one.case, one.number, one.claimed_at, self.noted.get(one.attempt), one.caller_id)
            for one in self.claims.values()
            if one.attempt not in self.ended
        ]

    async def closed(self, city: str, attempts: Sequence[AttemptId]) -> frozenset[AttemptId]:
        self._ask()
        return frozenset(attempts) & self.ended.keys()

    async def history(self, attempts: Sequence[AttemptId]) -> Sequence[Recorded]:
        self._ask()
        return [record for record in self.appended if record.attempt in attempts]

    async def operators(self, city: str) -> Sequence[Operator]:
        await asyncio.sleep(self.looking_takes)
        self._ask()
        return list(self.desks.values())

    async def save_operator(self, operator: Operator) -> None:
        self._ask()
        self.desks[operator.phone] = operator

    async def await_orders(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):  # not wait_for: on 3.11 it can swallow a cancellation
                await self._ordered.wait()
        self._ordered.clear()

    async def take_orders(self, city: str, now: datetime) -> Sequence[Order]:
        self._ask()
        taken = [order for id_, order in self.orders.items() if id_ not in self.answers]
        return [replace(order, waited_seconds=(now - order.at).total_seconds()) for order in taken]

    async def answer_order(self, order: int, answer: str) -> None:
        self._ask()
        self.answers.setdefault(order, answer)

    async def order(self, phone: str, kind: OrderKind, detail: Mapping[str, object], *, by: str) -> int:
        """As the desk's page does, which can order although the engine's store is away."""
        order = Order(len(self.orders) + 1, phone, kind.value, detail, by, self.clock.now() if self.clock else START)
        self.orders[order.id] = order
        self._ordered.set()
        return order.id

    async def answered(self, order: int, *, within_seconds: float = 3.0) -> str | None:
        deadline = asyncio.get_running_loop().time() + within_seconds
        while order not in self.answers and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.01)
        return self.answers.get(order)

    async def save_recording(self, recording: Recording) -> None:
        self._ask()
        self.recordings.append(recording)
