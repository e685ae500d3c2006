"""Two plain rules: some calls for each idle operator, and calls by the expected supply of operators."""

from collections.abc import Sequence
from math import floor

import numpy as np

from dialer.core.pacing.learned import Learned
from dialer.core.pacing.progressive import one_for_each
from dialer.core.pacing.tables import LEAST, MOMENTS, CallsAhead, OperatorsAhead, Ready, Stage, Waits, steps_of
from dialer.core.pacing.values import Ahead, Busy, Figures, Kind, Snapshot, Way, Work
from dialer.trials.policy import Policy

SUPPLY_COLUMN = MOMENTS.tolist().index(8.0)
AT_LAST = -1  # the last of the moments ahead: by then all calls are over
ANYBODY = ""  # the table of all operators: in a trial they are alike
LEAST_HIT = 0.01
NEW_CALL = Ahead((), 0.0)  # of any kind


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
        answered, still = np.zeros(self._length), np.zeros(self._length)
        begins = np.diff(began)
        answered[1:] = np.convolve(begins, (came[:-1] + came[1:]) / 2.0)[: self._length - 1]
        still[1:] = np.convolve(begins, (ringing[:-1] + ringing[1:]) / 2.0)[: self._length - 1]
        still[: len(silent)] += silent[: self._length]
        self._to_come[row] = (answered[-1] - answered) / np.maximum(still, LEAST)

    def persons(self, calls: Sequence[Ahead], at: float) -> Figures:
        rows = [self.row(call.kind, at) for call in calls]
        return np.asarray(self._to_come[rows, steps_of([call.seconds for call in calls], self._length - 1)])


class ByRinging(CallsAhead):
    """The same, of calls that ring and of calls that do not yet: as ours knows it."""

    def persons(self, calls: Sequence[Ahead], at: float) -> Figures:
        silent = [call for call in calls if call.rings is None]
        ringing = [(call, call.rings) for call in calls if call.rings is not None]
        to_come = (
            self.before_ringing([self.row(call.kind, at) for call in silent], [call.seconds for call in silent]),
            self.by_moment([self.row(call.kind, at) for call, _ in ringing], [rings for _, rings in ringing]),
        )
        return np.concatenate([part[:, AT_LAST] for part in to_come])


class ExpectedSupply(Policy):
    """Operators free now or within eight seconds, against the persons of all calls in flight, once a second.

    As the notes have it (2.3, 2.8): it knows how talks and calls of an age go on, and reckons with the mean.
    """

    name = "expected"
    looks_at_events = False

    def __init__(self, share: float, answers_first: int, learned: Learned | None = None) -> None:
        self._share, self._answers_first = share, answers_first
        self._learned = learned or Learned()
        self._calls: ByAge | ByRinging = ByAge(self._learned)
        self._heard = Waits(self._learned.heard)
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
        ringing = [call for call in now.calls if call.heard is None]
        heard = [(call.kind[:1], call.heard) for call in now.calls if call.heard is not None]
        told = self._heard.by_moment([self._heard.row(kind, at) for kind, _ in heard], [age for _, age in heard])
        persons = float(self._calls.persons(ringing, at).sum()) + float(told[:, AT_LAST].sum())
        (hit,) = self._calls.persons([NEW_CALL], at).tolist()
        return calls_missing(self._share, now.free - now.waiting + returning, persons, hit)


class ExpectedWithOurs(ExpectedSupply):
    """More than the notes have: it looks at every event, and knows which calls ring, as ours does."""

    name = "expected-with-ours"
    looks_at_events = True

    def __init__(self, share: float, answers_first: int, learned: Learned | None = None) -> None:
        super().__init__(share, answers_first, learned)
        self._calls = ByRinging(self._learned.set_ups, self._learned.rings)
