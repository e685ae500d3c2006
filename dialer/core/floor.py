"""Who of the operators is doing what. The dialer holds this lock; Asterisk would let two calls take one operator."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from dialer.core.events import ChannelId
from dialer.core.groups import Group, Groups, lacking, takes
from dialer.core.values import AttemptId, CaseId, Ear, LegState, OperatorState, PauseReason, Seat


@dataclass(frozen=True, slots=True)
class DueCase:
    """One that an operator may be shown before it is called."""

    case: CaseId
    debt: str


AT_WORK = frozenset({OperatorState.FREE, OperatorState.RESERVED, OperatorState.TALKING, OperatorState.WRAP_UP})


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

    @property
    def is_at_work(self) -> bool:
        """Takes calls now, or after what keeps them busy."""
        return self.state in AT_WORK and self.pause_reason is None and not self.leaving

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
    def __init__(self, phones: list[str], groups: Groups | None = None) -> None:
        self.desks = {phone: Desk(phone) for phone in phones}
        self.groups = groups or Groups()

    def count(self, *states: OperatorState) -> int:
        return sum(desk.state in states for desk in self.desks.values())

    def by_leg(self, channel: ChannelId) -> Desk | None:
        return next((desk for desk in self.desks.values() if desk.leg == channel), None)

    def with_attempt(self, attempt: AttemptId) -> Desk | None:
        return next((desk for desk in self.desks.values() if desk.attempt == attempt), None)

    def attempts(self) -> set[AttemptId]:
        """Those that have an operator."""
        return {desk.attempt for desk in self.desks.values() if desk.attempt is not None}

    def of_account(self, account: str) -> list[Desk]:
        return [desk for desk in self.desks.values() if desk.account == account]

    def free(self) -> list[Desk]:
        """Whom the dialer may give a call: who looks at a case is not among them."""
        return [desk for desk in self.desks.values() if desk.state is OperatorState.FREE and desk.preview is None]

    # --- by the groups of operators

    def group_of(self, desk: Desk) -> Group:
        return self.groups.of(desk.account)

    def takes(self, desk: Desk, group: Group) -> bool:
        return takes(self.group_of(desk), group)

    def at_work(self) -> Counter[Group]:
        """Operators who take calls now or after what keeps them busy."""
        return Counter(self.group_of(desk) for desk in self.desks.values() if desk.is_at_work)

    def at_work_for(self, group: Group) -> int:
        """Those of them who take it; all of them where nobody does, for a person is not to wait for nobody."""
        there = self.at_work()
        return sum(count for own, count in there.items() if takes(own, group)) or there.total()

    def is_served(self, group: Group) -> bool:
        """By somebody at work."""
        return any(takes(own, group) for own in self.at_work())

    def free_by_group(self) -> Counter[Group]:
        return Counter(self.group_of(desk) for desk in self.free())

    def next_for_caller(self, group: Group = None, kept: Counter[Group] | None = None) -> Desk | None:
        """Who has been free for longest and takes it, or anybody while nobody at work does. Who looks at a case will
        do too, after the others: it can be looked at later. Not one of those who are kept for somebody else.
        """
        free, kept, anybody = self.free_by_group(), kept or Counter(), not self.is_served(group)
        lack = lacking(free, kept)
        found = [desk for desk in self.desks.values() if desk.state is OperatorState.FREE]
        found = [desk for desk in found if anybody or self.takes(desk, group)]
        for desk in sorted(found, key=lambda desk: (desk.preview is not None, desk.since)):
            if desk.preview is not None or lacking(free - Counter([self.group_of(desk)]), kept) <= lack:
                return desk
        return None

    def next_free(self, group: Group = None, first: Group = None, *, anybody: bool = False) -> Desk | None:
        """Who takes it: of the group `first` before others, then whose turn it is, and of these who has waited longest.

        `anybody`: also who does not, while nobody at work does.
        """
        anybody = anybody and not self.is_served(group)
        found = [desk for desk in self.free() if anybody or self.takes(desk, group)]
        return min(
            found, key=lambda desk: (self.group_of(desk) != first, not desk.dialers_turn, desk.since), default=None
        )
