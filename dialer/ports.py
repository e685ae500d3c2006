"""What the engine needs of the world. Adapters implement it; tests/fake_switch.py and fake_store.py are whole fakes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from dialer.core.callers import Arrived, Caller, InboundEnded, OpenInbound, Wish
from dialer.core.decide import Rulebook
from dialer.core.events import ChannelEvent, ChannelId, LinkEvent
from dialer.core.floor import DueCase
from dialer.core.orders import Order
from dialer.core.values import (
    AttemptId,
    CallId,
    CaseId,
    Ear,
    EndedBy,
    LegState,
    OperatorState,
    Outcome,
    PauseReason,
    PhoneNumber,
    Seat,
)
from dialer.pace_ports import PaceStore
from dialer.recorder import Recording


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One Originate: a customer's call or an operator's leg."""

    channel: ChannelId  # becomes ActionID, ChannelId and uniqueid
    endpoint: str  # PJSIP/0258…@carrier or PJSIP/op01
    context: str
    exten: str
    caller_id: str | None  # the number shown; None for an operator's leg
    timeout_seconds: float  # counted by Asterisk from the INVITE
    variables: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Accepted:
    """Asterisk took the order; the rest comes as events."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Surely not dialled: not connected, or Asterisk said no. Safe to give back."""

    why: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The link broke or no answer came: it may or may not ring. Never send it again; look."""

    why: str


StartResult = Accepted | Refused | Unknown


@dataclass(frozen=True, slots=True)
class ChannelUp:
    """One line of Asterisk's list of channels."""

    channel: ChannelId
    name: str
    state: str  # Down, Ringing, Up …
    application: str  # AudioSocket, Wait, BridgeWait, Bridge …
    bridge: str | None
    context: str = ""  # of the dialplan


class Switch(Protocol):
    """A telephone exchange. Methods are safe to repeat, but for `start`, `chime` and `send_digits`; none raises for a
    channel that has gone, all but `start` raise SwitchNotReady while the link is down.
    """

    @property
    def ready(self) -> bool: ...
    async def start(self, call: Outgoing) -> StartResult: ...
    async def join(self, customer: str, operator: str) -> bool:
        """Send the customer's channel (by name) into Bridge() with the operator's; False when it has gone."""
        ...

    async def leave_message(self, customer: str) -> bool:
        """Send the customer's channel to the ear, which leaves the message at once; False when it has gone."""
        ...

    async def hold(self, customer: str) -> bool:
        """Out of the talk and to the music; the operator's leg goes back to its waiting room. `join` ends it."""
        ...

    async def consult(self, department: str, operator: str) -> bool:
        """A department that waits, and an operator whose leg waits: into one bridge."""
        ...

    async def confer(self, seat: str, operator: str) -> bool:
        """Two legs, of which the second waits: into one bridge, and afterwards both wait again."""
        ...

    async def part(self, department: str) -> bool:
        """Out of the bridge with the operator; it waits for the person then, a few seconds at most."""
        ...

    async def hand_over(self, customer: str, department: str) -> bool:
        """A person who is held, and a department that waits: into one bridge, which ends with either of them."""
        ...

    async def mute(self, operator: str, *, on: bool) -> bool:
        """What the operator says reaches nobody. It ends by itself when the leg is back in its waiting room."""
        ...

    async def listen(self, supervisor: str, operator: str, how: Ear) -> bool:
        """The supervisor's leg hears the operator's, or speaks into it too; `back_to_waiting` ends it."""
        ...

    async def back_to_waiting(self, leg: str) -> bool:
        """A leg that listens goes back to its waiting room."""
        ...

    async def chime(self, operator: str) -> bool:
        """A soft tone into this telephone's ear alone, into whatever is being said."""
        ...

    async def set_variables(self, channel: str, variables: Mapping[str, str]) -> bool:
        """What the dialplan reads of a channel that is up."""
        ...

    async def tell_room(self, callers: int, until: datetime) -> bool:
        """So many callers need no place in line: an operator is free or reserved for each. It holds until then."""
        ...

    async def send_digits(self, channel: str, digits: str) -> bool:
        """Keys for the far end of this channel. The one order that must not be repeated."""
        ...

    async def end(self, channel: str, cause: int = 16) -> bool: ...
    async def channels_up(self) -> Sequence[ChannelUp]:
        """Raises SwitchNotReady while the link is down."""
        ...


class SwitchNotReady(Exception):
    """The exchange cannot be asked now."""


class Inbox(Protocol):
    """Where a Switch puts what it hears, in order, without ever blocking."""

    def put_nowait(self, item: ChannelEvent | LinkEvent, /) -> None: ...


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, UTC."""
        ...

    def monotonic(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Claimed:
    """A committed attempt row: now, and only now, this number may be dialled."""

    attempt: AttemptId
    case: CaseId
    debt: str
    number: PhoneNumber
    caller_id: PhoneNumber
    claimed_at: datetime
    until: datetime  # the plan's window: from this moment on it may not be dialled
    machines_before: int = 0  # earlier calls of this household to this number that a machine answered
    talks_before: int = 0
    appointed: bool = False  # somebody expects it


@dataclass(frozen=True, slots=True)
class NotClaimed:
    """Why an operator may not call this number of this case now."""

    why: str  # as the operator reads it


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """An attempt without an outcome, as a (re)started engine finds it."""

    attempt: AttemptId
    case: CaseId
    number: PhoneNumber
    claimed_at: datetime
    operator: str | None  # phone name of the operator it was joined to
    caller_id: PhoneNumber | None = None  # the number shown
    debt: str | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """One event as it is appended to the attempt's history."""

    attempt: AttemptId
    at: datetime
    kind: str  # snake_case name of the event
    detail: dict[str, str | int | float | bool | None]


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended. What follows for its cases the store decides by the rulebook, in the same transaction."""

    attempt: AttemptId
    outcome: Outcome
    reason: str
    evidence: dict[str, str | int | float | bool | None]
    ended_at: datetime
    ended_by: EndedBy
    placed_at: datetime | None
    ringing_at: datetime | None
    answered_at: datetime | None
    joined_at: datetime | None
    operator: str | None
    account: str | None = None  # who sat there, by login
    again_after: timedelta | None = None  # not placed, or withdrawn: when its case may be called instead


@dataclass(frozen=True, slots=True)
class Operator:
    """A desk as everybody may see it: what the engine tells of it, and all that it needs to go on after a restart."""

    phone: str  # op01
    state: OperatorState
    leg: ChannelId | None
    since: datetime | None = None  # of the state
    seat: Seat | None = None
    account: str | None = None  # who sits there, by login
    leaving: bool = False  # as soon as the talk is over
    leg_state: LegState = LegState.NONE
    attempt: AttemptId | None = None  # who is on the line, or was: until the result is in
    pause_reason: PauseReason | None = None  # of a pause; at other times of the one that follows
    wrap_up_until: datetime | None = None
    extended: bool = False
    on_hold: bool = False
    muted: bool = False
    help: bool = False
    consulting: str | None = None  # a department, or a seat
    preview: CaseId | None = None  # the case that is offered
    listens_to: str | None = None  # whose talk this supervisor hears, by phone
    listens_how: Ear | None = None
    group: str | None = None  # whose debt kinds they take; none: every debt kind


class StoreUnavailable(Exception):
    """Postgres cannot be asked now. Nothing was written; ask again later."""


class StoreFault(Exception):
    """Asking again will not help: a bug, or a database that is not migrated."""


class Store(PaceStore, Protocol):
    """Cases and attempts in Postgres. Every write is one transaction and may be repeated without harm."""

    def use(self, book: Rulebook) -> None:
        """Decide by this from now on. Nothing is claimed, planned or decided before the first."""
        ...

    async def claim(
        self, city: str, limit: int, now: datetime, debts: Collection[str], along: Collection[str] = ()
    ) -> Sequence[Claimed]:
        """Cases of these debt kinds whose plan allows a call now, the most urgent first.

        The household's cases `along` belong to the call too, but nobody is called for them alone. Nobody is called
        whose case an operator is looking at, nor who is calling us, or was talked to today when they called, before it
        has been entered what was said; nor who has met no operator: see `owed_calls`.
        """
        ...

    async def plan(self, city: str, now: datetime) -> int:
        """Decide anew, some at a time: cases to which something happened, and those whose plan has run out.

        Returns how many; 0 when none is left.
        """
        ...

    async def plan_all(self, city: str, now: datetime) -> int:
        """Every open case by the rulebook in use: at the start of a day, and when the rules have changed."""
        ...

    async def withdrawn(self, attempts: Sequence[AttemptId]) -> frozenset[AttemptId]:
        """Those that need not ring on: every case they are for has been stopped or paid meanwhile, or who is rung calls
        us at this moment."""
        ...

    async def append(self, events: Sequence[Recorded]) -> None: ...
    async def finish(self, ended: Sequence[Ended]) -> None:
        """An attempt that already has an outcome is left as it is."""
        ...

    async def claim_one(self, city: str, case: CaseId, number: int, now: datetime) -> Claimed | NotClaimed:
        """Exactly this number (by its id) of this case, because an operator wants it: when the rules allow a call."""
        ...

    async def due_cases(
        self, city: str, limit: int, now: datetime, debts: Collection[str], besides: Collection[CaseId]
    ) -> Sequence[DueCase]:
        """The most urgent that could be claimed now, for operators to look at; no household twice, nor one of
        `besides`, and none that an operator has skipped in the last minutes."""
        ...

    async def note_operator(self, attempt: AttemptId, phone: str, account: str | None) -> None:
        """Who meets this call."""
        ...

    async def open_attempts(self, city: str) -> Sequence[OpenAttempt]: ...
    async def closed(self, city: str, attempts: Sequence[AttemptId]) -> frozenset[AttemptId]:
        """Those of the city that have their outcome; what is not known, or of another city, is not among them."""
        ...

    async def history(self, attempts: Sequence[AttemptId]) -> Sequence[Recorded]:
        """The appended events of these attempts, in the order of their moments."""
        ...

    async def operators(self, city: str) -> Sequence[Operator]: ...
    async def save_operator(self, operator: Operator) -> None: ...
    async def await_orders(self) -> None:
        """Returns when an operator may have ordered something, and now and then without. Never raises."""
        ...

    async def take_orders(self, city: str, now: datetime) -> Sequence[Order]:
        """All that have no answer yet, the oldest first, also those that were taken before. Only for who leads."""
        ...

    async def answer_order(self, order: int, answer: str) -> None:
        """The first answer stays."""
        ...

    async def save_recording(self, recording: Recording) -> None: ...
    async def arrived(self, arrived: Arrived) -> None:
        """As a rule the AGI server has written it already, with more: then nothing is changed."""
        ...

    async def caller(self, city: str, call: CallId) -> Caller | None:
        """None: not written (yet)."""
        ...

    async def open_wishes(self, city: str) -> Sequence[Wish]:
        """Of callers who can be called back now; a wish is one of a person whose case and number are known."""
        ...

    async def close_wish(self, call: CallId, attempt: AttemptId | None, why: str) -> None:
        """Called back, or why that is not done. The first of two counts."""
        ...

    async def open_inbound(self, city: str) -> Sequence[OpenInbound]: ...
    async def finish_inbound(self, ended: Sequence[InboundEnded]) -> None:
        """A call that already has an outcome is left as it is."""
        ...


class Witness(Protocol):
    """Asterisk's own record of its channels."""

    async def events(self) -> Mapping[ChannelId, Sequence[ChannelEvent]]:
        """What it has written of channels that are not long over; cheap to call again."""
        ...
