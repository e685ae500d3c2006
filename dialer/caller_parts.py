"""What the line of callers is made of: its rules, a call in it, and what others do for it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from dialer.core.callers import Inbound, Order
from dialer.core.groups import Group
from dialer.core.values import AttemptId, CallId
from dialer.talking import Talks


@dataclass(frozen=True, slots=True)
class CallerRules:
    city: str
    trunk: str  # its endpoint, by which a call that came in is known
    records: Callable[[], bool]
    meet_within_seconds: float


@dataclass(frozen=True, slots=True)
class CallerSteps:
    """What others do for a call that came in."""

    withdraw: Callable[[AttemptId], None]  # an own call to who is calling us
    talks: Talks  # which may be with a department
    handling_seconds: Callable[[], float | None]  # what one call keeps an operator busy
    on_room: Callable[[], None]  # an operator or a line has become free


class NoWishes:
    """Nobody has asked to be called back."""

    def __len__(self) -> int:
        return 0

    def before(self, order: Order, groups: Callable[[Group], bool]) -> int:
        """How many of them have their turn earlier, of the debt kinds of such groups."""
        return 0

    @property
    def groups(self) -> Counter[Group]:
        """Of whose debt kinds they are."""
        return Counter()

    def serve(self, before: Order | None) -> bool:
        """True when a free operator calls somebody back whose turn comes before that of `before`."""
        return False

    def look_soon(self) -> None:
        """Somebody has just asked."""

    def forget(self) -> None:
        """Another engine calls them back now."""


class NobodyRings:
    """No call of ours is under way to whom an operator is promised."""

    @property
    def kept(self) -> Counter[Group]:
        """Operators who are free, but not for a caller: somebody has answered us, and needs one or soon may. By the
        group of their debt kinds."""
        return Counter()

    def taken(self) -> None:
        """A free operator has just gone to a caller."""


@dataclass(slots=True)
class Present:
    """One call, from its arrival until its outcome is written."""

    call_id: CallId
    one: Inbound = field(default_factory=Inbound)
    served_at: datetime | None = None  # when an operator was reserved for it, the last time
    told: tuple[int, int | None] | None = None  # place and minutes, as Asterisk knows them
    unsure: bool = False  # something may have happened that was not heard
    rests: bool = False  # the join has just failed: not at once again
    missing: int = 0  # times in a row that Asterisk did not list it

    @property
    def group(self) -> Group:
        """Of debt kinds, by the number called; none: nobody knows."""
        return self.one.group or None

    @property
    def joined_after_ms(self) -> int | None:
        """From when an operator was free and the exchange had answered, to the two in one bridge."""
        joined, served, waits = self.one.call.joined_at, self.served_at, self.one.waits_at
        if joined is None or served is None or waits is None:
            return None
        return round((joined - max(served, waits)).total_seconds() * 1000)

    @property
    def order(self) -> Order:
        arrived = self.one.call.placed_at
        return self.one.rank, arrived.timestamp() if arrived else 0.0
