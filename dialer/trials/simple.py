"""Two plain rules: some calls for each idle operator, and calls by the expected supply of operators."""

from math import floor

from dialer.core.pacing.learned import Learned
from dialer.core.pacing.progressive import one_for_each
from dialer.core.pacing.tables import MOMENTS, CallsAhead, OperatorsAhead
from dialer.core.pacing.values import Busy, Kind, Snapshot, Way, Work
from dialer.trials.policy import Policy

SUPPLY_COLUMN = MOMENTS.tolist().index(8.0)
AT_LAST = -1  # the last of the moments ahead: by then all calls are over
STEP = 0.5
ANYBODY = ""  # the table of all operators: in a trial they are alike
LEAST_HIT = 0.01
NEW_CALL: tuple[Kind, float] = ((), 0.0)  # of any kind


class Ratio(Policy):
    name = "ratio"

    def __init__(self, calls_for_each: float) -> None:
        self._calls_for_each = calls_for_each

    def wanted(self, now: Snapshot, at: float) -> int:
        return max(0, floor(self._calls_for_each * (now.free - now.waiting) + 0.5) - len(now.calls))


def calls_missing(share: float, supply: float, answers: float, hit: float) -> int:
    """`share` of the operators expected may be used by the persons expected."""
    return max(0, floor((share * supply - answers) / max(hit, LEAST_HIT)))


class ExpectedSupply(Policy):
    """Operators free now or within eight seconds, against the persons of all calls in flight: by the same tables as
    ours."""

    name = "expected"

    def __init__(self, share: float, answers_first: int, learned: Learned | None = None) -> None:
        self._share, self._answers_first = share, answers_first
        self._learned = learned or Learned()
        self._calls, self._heard = (CallsAhead(one, STEP) for one in (self._learned.calls, self._learned.heard))
        self._operators = OperatorsAhead(self._learned.talks, self._learned.wraps, tolerance_seconds=0.0)

    def call_ended(self, kind: Kind, rang: float, way: Way, at: float) -> None:
        self._learned.call_ended(kind, rang, way, at)

    def was_heard(self, kind: Kind, seconds: float, way: Way, at: float) -> None:
        self._learned.was_heard(kind, seconds, way)

    def work_ended(self, work: Work, operator: str, seconds: float, at: float) -> None:
        self._learned.work_ended(work, operator, seconds, at)

    def wanted(self, now: Snapshot, at: float) -> int:
        if self._learned.persons < self._answers_first:
            return one_for_each(now).count
        for tables in (self._calls, self._heard, self._operators):
            tables.freshen(at)
        busy = [Busy(one.work, one.seconds, ANYBODY) for one in now.busy]
        returning = float(self._operators.by_moment(busy, at)[:, SUPPLY_COLUMN].sum())
        ringing = [(call.kind, call.seconds) for call in now.calls if call.heard is None]
        listened_to = [(call.kind[:1], call.heard) for call in now.calls if call.heard is not None]
        *persons, hit = self._persons(self._calls, [*ringing, NEW_CALL], at)
        persons += self._persons(self._heard, listened_to, at)
        return calls_missing(self._share, now.free - now.waiting + returning, sum(persons), hit)

    def _persons(self, tables: CallsAhead, calls: list[tuple[Kind, float]], at: float) -> list[float]:
        rows = [tables.row(kind, at) for kind, _ in calls]
        return [float(one) for one in tables.by_moment(rows, [seconds for _, seconds in calls])[:, AT_LAST]]
