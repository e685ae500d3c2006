"""Who of the operators is doing what. The dialer holds this lock; Asterisk would let two calls take one operator."""

from dataclasses import dataclass

from dialer.core.events import ChannelId
from dialer.core.values import AttemptId, OperatorState


@dataclass(slots=True)
class Desk:
    phone: str  # op01
    state: OperatorState = OperatorState.OFFLINE
    since: float = 0.0  # monotonic seconds
    leg: ChannelId | None = None
    channel: str | None = None  # the leg's channel name, what a join addresses
    attempt: AttemptId | None = None  # whom the operator is reserved for or talks with
    tried: bool = False  # its phone has been called before; the next try waits a little

    def become(self, state: OperatorState, now: float) -> None:
        self.state, self.since = state, now


class Floor:
    def __init__(self, phones: list[str]) -> None:
        self.desks = {phone: Desk(phone) for phone in phones}

    def count(self, *states: OperatorState) -> int:
        return sum(desk.state in states for desk in self.desks.values())

    def by_leg(self, channel: ChannelId) -> Desk | None:
        return next((desk for desk in self.desks.values() if desk.leg == channel), None)

    def with_attempt(self, attempt: AttemptId) -> Desk | None:
        return next((desk for desk in self.desks.values() if desk.attempt == attempt), None)

    def longest_free(self) -> Desk | None:
        free = [desk for desk in self.desks.values() if desk.state is OperatorState.FREE]
        return min(free, key=lambda desk: desk.since, default=None)
