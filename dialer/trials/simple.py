"""Two plain rules: some calls for each idle operator, and calls by the expected supply of operators."""

from collections.abc import Sequence
from math import floor

import numpy as np

from dialer.core.pacing.learned import Learned
from dialer.core.pacing.progressive import one_for_each
from dialer.core.pacing.tables import LEAST, MOMENTS, OperatorsAhead, Ready, Stage, Waits, steps_of
from dialer.core.pacing.values import Busy, Figures, Kind, Snapshot, Way, Work
from dialer.trials.policy import Policy

SUPPLY_COLUMN = MOMENTS.tolist().index(8.0)
AT_LAST = -1  # the last of the moments ahead: by then all calls are over
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


class ByAge(Ready):
    """Persons still to come, of calls that were placed so long ago: whether a telephone rings already is not asked."""

    def __init__(self, learned: Learned) -> None:
        super().__init__()
        self._set_ups, self._rings = Stage(learned.set_ups), Stage(learned.rings)
        self._length = self._set_ups.last + self._rings.last
        self._to_come = np.zeros((0, self._length))

    def grow(self) -> None:
        self._to_come = np.concatenate([self._to_come, np.zeros((1, self._length))])

    def make(self, row: int, kind: Kind) -> None:
        began, silent = self._set_ups.of(kind)
        came, ringing = self._rings.of(kind)
        begins = np.diff(began)
        answered = np.convolve(begins, (came[:-1] + came[1:]) / 2.0)[: self._length]
        still = np.convolve(begins, (ringing[:-1] + ringing[1:]) / 2.0)[: self._length]
        still[: len(silent)] += silent[: self._length]
        self._to_come[row] = (answered[-1] - answered) / np.maximum(still, LEAST)

    def persons(self, rows: Sequence[int], ages: Sequence[float]) -> Figures:
        return np.asarray(self._to_come[rows, steps_of(ages, self._length - 1)])


class ExpectedSupply(Policy):
    """Operators free now or within eight seconds, against the persons of all calls in flight, once a second.

    As the notes have it (2.3, 2.8): it knows what ours knows of how talks and calls of an age go on, and uses the mean.
    """

    name = "expected"
    looks_at_events = False

    def __init__(self, share: float, answers_first: int, learned: Learned | None = None) -> None:
        self._share, self._answers_first = share, answers_first
        self._learned = learned or Learned()
        self._calls, self._heard = ByAge(self._learned), Waits(self._learned.heard)
        self._operators = OperatorsAhead(self._learned.talks, self._learned.wraps, tolerance_seconds=0.0)

    def call_ended(self, kind: Kind, rang: float, way: Way, at: float, rings: float | None) -> None:
        self._learned.call_ended(kind, rang, way, at, rings)

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
        heard = [(call.kind[:1], call.heard) for call in now.calls if call.heard is not None]
        rows = [self._calls.row(kind, at) for kind, _ in [*ringing, NEW_CALL]]
        *persons, hit = self._calls.persons(rows, [age for _, age in [*ringing, NEW_CALL]]).tolist()
        told = self._heard.by_moment([self._heard.row(kind, at) for kind, _ in heard], [age for _, age in heard])
        answers = sum(persons) + float(told[:, AT_LAST].sum())
        return calls_missing(self._share, now.free - now.waiting + returning, answers, hit)


class ExpectedAtEvents(ExpectedSupply):
    """The same, looking also at every event, as ours does: better than the notes have it."""

    name = "expected-at-events"
    looks_at_events = True
