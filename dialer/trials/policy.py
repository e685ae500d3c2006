"""What a policy is: asked how many calls now, told what happened."""

from collections.abc import Sequence

from dialer.core.pacing.learned import Learned
from dialer.core.pacing.pacer import Pacer
from dialer.core.pacing.progressive import one_for_each
from dialer.core.pacing.values import Kind, PaceRules, Snapshot, Way, Work


class Policy:
    """Nothing is dialled, and nothing is learned. `looks_every`: seconds; `looks_at_events`: also whenever an operator
    or a line may have become free, or was taken."""

    name = "none"
    looks_every = 1.0
    looks_at_events = True
    put_off: Sequence[int] = ()  # of the calls it was last shown: those that shall not ring

    def wanted(self, now: Snapshot, at: float) -> int:
        return 0

    def placed(self, kind: Kind, at: float) -> None: ...

    def call_ended(self, kind: Kind, rang: float, way: Way, at: float, rings: float | None) -> None:
        """The wait for an answer is over; `rang`: how long it took."""

    def was_heard(self, kind: Kind, seconds: float, way: Way, at: float) -> None:
        """It is known who answered."""

    def work_ended(self, work: Work, operator: str, seconds: float, at: float) -> None: ...

    def person_met(self, at: float) -> None: ...

    def person_left_alone(self, at: float) -> None: ...


class Progressive(Policy):
    name = "progressive"

    def wanted(self, now: Snapshot, at: float) -> int:
        return one_for_each(now).count


class LookAhead(Policy):
    """Ours: the very functions that the live engine asks."""

    name = "lookahead"

    def __init__(self, rules: PaceRules, learned: Learned | None = None) -> None:
        self.pacer = Pacer(rules, learned)

    def wanted(self, now: Snapshot, at: float) -> int:
        decided = self.pacer.decide(now, at)
        self.put_off = decided.put_off
        return decided.count

    def placed(self, kind: Kind, at: float) -> None:
        self.pacer.placed(kind)

    def call_ended(self, kind: Kind, rang: float, way: Way, at: float, rings: float | None) -> None:
        self.pacer.call_ended(kind, rang, way, at, rings)

    def was_heard(self, kind: Kind, seconds: float, way: Way, at: float) -> None:
        self.pacer.was_heard(kind, seconds, way)

    def work_ended(self, work: Work, operator: str, seconds: float, at: float) -> None:
        self.pacer.work_ended(work, operator, seconds, at)

    def person_met(self, at: float) -> None:
        self.pacer.person_met()

    def person_left_alone(self, at: float) -> None:
        self.pacer.person_left_alone()
