"""Who of the operators is doing what. The dialer holds this lock; Asterisk would let two calls take one operator."""

from dataclasses import dataclass
from datetime import datetime

from dialer.core.events import ChannelId
from dialer.core.values import AttemptId, CaseId, Ear, LegState, OperatorState, PauseReason, Seat


@dataclass(frozen=True, slots=True)
class DueCase:
    """One that an operator may be shown before it is called."""

    case: CaseId
    debt: str


@dataclass(slots=True)
class Desk:
    phone: str  # op01
    state: OperatorState = OperatorState.OFFLINE
    since: float = 0.0  # monotonic seconds
    changed_at: datetime | None = None  # the same moment by the clock
    seat: Seat | None = None
    account: str | None = None  # who sits there, by login
    leaving: bool = False  # as soon as the talk is over
    leg: ChannelId | None = None
    leg_state: LegState = LegState.NONE
    channel: str | None = None  # the leg's channel name, what a join addresses
    attempt: AttemptId | None = None  # whom the operator is reserved for or talks with
    wrapping: AttemptId | None = None  # whose result is being entered
    takes: AttemptId | None = None  # whose talk another operator is about to pass on to this seat
    finished: bool = False  # that of the talk that still goes on is in already
    pause_reason: PauseReason | None = None  # of a pause; at other times of the one that follows
    wrap_up_until: datetime | None = None
    extended: bool = False
    on_hold: bool = False
    muted: bool = False
    help: bool = False
    consulting: str | None = None  # a department, or a seat of the centre
    listens_to: str | None = None  # the phone of the operator whom this supervisor hears
    listens_how: Ear | None = None
    preview: DueCase | None = None  # the case that is offered
    dialers_turn: bool = False  # their last call came from a preview: the next one is the dialer's, if it has any

    def become(self, state: OperatorState, now: float, at: datetime) -> None:
        self.state, self.since, self.changed_at = state, now, at

    @property
    def is_busy(self) -> bool:
        """With somebody, or about to be."""
        return self.state in (OperatorState.RESERVED, OperatorState.TALKING)

    def put_down(self) -> None:
        """What belonged to one talk is over with it."""
        self.attempt = self.wrapping = self.takes = self.wrap_up_until = self.consulting = None
        self.finished = self.extended = self.on_hold = self.muted = self.help = False

    def hear_nobody(self) -> None:
        self.listens_to = self.listens_how = None

    def vacate(self) -> None:
        """Nobody sits there any more."""
        self.put_down()
        self.seat = self.account = self.leg = self.channel = self.pause_reason = self.preview = None
        self.hear_nobody()
        self.leg_state, self.leaving, self.dialers_turn = LegState.NONE, False, False


class Floor:
    def __init__(self, phones: list[str]) -> None:
        self.desks = {phone: Desk(phone) for phone in phones}

    def count(self, *states: OperatorState) -> int:
        return sum(desk.state in states for desk in self.desks.values())

    def by_leg(self, channel: ChannelId) -> Desk | None:
        return next((desk for desk in self.desks.values() if desk.leg == channel), None)

    def with_attempt(self, attempt: AttemptId) -> Desk | None:
        return next((desk for desk in self.desks.values() if desk.attempt == attempt), None)

    def attempts(self) -> set[AttemptId]:
        """Those that have an operator."""
        return {desk.attempt for desk in self.desks.values() if desk.attempt is not None}

    @property
    def at_work(self) -> int:
        """Operators who take calls now or after what keeps them busy."""
        busy = (OperatorState.FREE, OperatorState.RESERVED, OperatorState.TALKING, OperatorState.WRAP_UP)
        staying = (desk for desk in self.desks.values() if desk.pause_reason is None and not desk.leaving)
        return sum(desk.state in busy for desk in staying)

    def of_account(self, account: str) -> list[Desk]:
        return [desk for desk in self.desks.values() if desk.account == account]

    def free(self) -> list[Desk]:
        """Whom the dialer may give a call: who looks at a case is not among them."""
        return [desk for desk in self.desks.values() if desk.state is OperatorState.FREE and desk.preview is None]

    def next_for_caller(self, kept: int = 0) -> Desk | None:
        """Who looks at a case will do too, after the others: it can be looked at later. Not the last of whom so many
        are kept.
        """
        free = [desk for desk in self.desks.values() if desk.state is OperatorState.FREE]
        if len(self.free()) <= kept:
            free = [desk for desk in free if desk.preview is not None]
        return min(free, key=lambda desk: (desk.preview is not None, desk.since), default=None)

    def next_free(self) -> Desk | None:
        """Whose turn it is, and of these who has waited longest."""
        return min(self.free(), key=lambda desk: (not desk.dialers_turn, desk.since), default=None)
