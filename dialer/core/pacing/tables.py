"""What was learned, made ready for a decision: what will have happened by each moment ahead.

Making one table ready takes a fraction of a millisecond; at most one is made anew for a decision, the oldest, so that
none waits for all of them.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from dialer.core.pacing.chances import Counts
from dialer.core.pacing.hazards import Hazards
from dialer.core.pacing.values import Busy, Figures, Kind, Work

MOMENTS = np.array([1.0, 2, 3, 4, 5, 6, 8, 10, 12, 14, 17, 20, 24, 28, 34, 40])  # seconds ahead
STALE_SECONDS = 120.0
STEP = 0.5  # seconds of age
SOON_STEPS = 2
WORK_STEP = 1.0
LONGEST_WORK = 900  # seconds; who is longer at it is as likely to end as after so many
LEAST = 1e-6
NOTHING = np.zeros((0, len(MOMENTS)))


class Ready:
    """Tables by kind, each made when it is first asked for and anew when it is old."""

    def __init__(self) -> None:
        self._rows: dict[Kind, int] = {}
        self._kinds: list[Kind] = []
        self._made: list[float] = []

    def row(self, kind: Kind, at: float) -> int:
        row = self._rows.get(kind)
        if row is None:
            row = self._rows[kind] = len(self._kinds)
            self._kinds.append(kind)
            self._made.append(at)
            self.grow()
            self.make(row, kind)
        return row

    def freshen(self, at: float) -> None:
        """The oldest one, if it is old enough."""
        oldest = min(self._made, default=at)
        if at - oldest >= STALE_SECONDS:
            row = self._made.index(oldest)
            self._made[row] = at
            self.make(row, self._kinds[row])

    def grow(self) -> None:
        """Room for one more."""
        raise NotImplementedError

    def make(self, row: int, kind: Kind) -> None:
        raise NotImplementedError


class Stage:
    """How one wait ends, in even steps of age: persons who have come by then, and what is still open."""

    def __init__(self, hazards: Hazards) -> None:
        self._hazards = hazards
        ages = np.arange(0.0, hazards.edges[-1] + MOMENTS[-1] + 2 * STEP, STEP)
        self._place = np.minimum(np.searchsorted(hazards.edges, ages[:-1], side="right") - 1, len(hazards.widths) - 1)
        self._is_known = ages[:-1] < hazards.edges[-1]
        self.last = int(hazards.edges[-1] / STEP)
        self.length = len(ages)

    def of(self, kind: Kind) -> tuple[Figures, Figures]:
        rates = np.where(self._is_known, self._hazards.rates(kind)[:, self._place], 0.0)
        total = rates.sum(axis=0)
        still = np.exp(-np.concatenate([[0.0], np.cumsum(total * STEP)]))
        share = rates[0] / np.maximum(total, LEAST)
        return np.concatenate([[0.0], np.cumsum((still[:-1] - still[1:]) * share)]), still


class Waits(Ready):
    """Persons who will have come, of waits that are so old."""

    def __init__(self, hazards: Hazards) -> None:
        super().__init__()
        self.stage = Stage(hazards)
        self.came = self.still = np.zeros((0, self.stage.length))

    def grow(self) -> None:
        one = np.zeros((1, self.stage.length))
        self.came, self.still = np.concatenate([self.came, one]), np.concatenate([self.still, one])

    def make(self, row: int, kind: Kind) -> None:
        self.came[row], self.still[row] = self.stage.of(kind)

    def by_moment(self, rows: Sequence[int], ages: Sequence[float], later: float = 0.0) -> Figures:
        """`later`: the seconds between the answer and the moment at which an operator is needed."""
        if not rows:
            return NOTHING
        places, since = np.array(rows), steps_of(ages, self.stage.last)
        came = self.came[places[:, np.newaxis], since[:, np.newaxis] + steps_ahead(later)]
        now = self.came[places, since][:, np.newaxis]
        return np.asarray((came - now) / np.maximum(self.still[places, since], LEAST)[:, np.newaxis])


class CallsAhead(Waits):
    """Persons who will have answered, of calls that ring, and of calls that nobody has heard ring yet."""

    def __init__(self, set_ups: Hazards, rings: Hazards) -> None:
        super().__init__(rings)
        self._set_ups = Stage(set_ups)
        self._ahead = int(MOMENTS[-1] / STEP)
        self._soon = np.zeros((0, self._set_ups.last + 1))
        self._silent = np.zeros((0, self._set_ups.last + 1, self._ahead + 1))

    def grow(self) -> None:
        super().grow()
        self._silent = np.concatenate([self._silent, np.zeros((1, *self._silent.shape[1:]))])
        self._soon = np.concatenate([self._soon, np.zeros((1, self._soon.shape[1]))])

    def make(self, row: int, kind: Kind) -> None:
        super().make(row, kind)
        began, silent = self._set_ups.of(kind)
        begins = np.diff(began)
        ages = np.arange(self._set_ups.last + 1)
        self._soon[row] = (began[ages + SOON_STEPS] - began[ages]) / np.maximum(silent[ages], LEAST)
        answered = (self.came[row, : self._ahead] + self.came[row, 1 : self._ahead + 1]) / 2.0
        for age in range(self._set_ups.last + 1):
            both = np.convolve(begins[age : age + self._ahead], answered)[: self._ahead]
            self._silent[row, age, 1:] = both / max(float(silent[age]), LEAST)

    def before_ringing(self, rows: Sequence[int], ages: Sequence[float], later: float = 0.0) -> Figures:
        """The same of calls that nobody has heard ring yet; `ages`: since they were placed."""
        if not rows:
            return NOTHING
        since = steps_of(ages, self._set_ups.last)
        return np.asarray(self._silent[np.array(rows)[:, np.newaxis], since[:, np.newaxis], steps_ahead(later)])

    def rings_within(self, rows: Sequence[int], ages: Sequence[float]) -> Figures:
        """How likely it rings before anybody looks again."""
        return np.asarray(self._soon[rows, steps_of(ages, self._set_ups.last)])


def steps_of(ages: Sequence[float], last: int) -> Counts:
    return np.array([min(last, max(0, round(age / STEP))) for age in ages], dtype=int)


@lru_cache(maxsize=16)
def steps_ahead(later: float) -> Counts:
    return np.rint(np.maximum(MOMENTS - later, 0.0) / STEP).astype(int)


class OperatorsAhead(Ready):
    """Operators who will be free again, within the seconds that a person can wait. A kind is (work,).

    One table for all of them, and for each a factor by which theirs is quicker or slower: a table of their own would
    rest on too few talks.
    """

    def __init__(self, talks: Hazards, wraps: Hazards, tolerance_seconds: float) -> None:
        super().__init__()
        self._hazards = {Work.TALK: talks, Work.WRAP_UP: wraps}
        self._factors: dict[tuple[Work, str], tuple[float, float]] = {}  # with when it was made
        self._ahead = np.round((MOMENTS + tolerance_seconds) / WORK_STEP).astype(int)
        ages = np.arange(0.0, LONGEST_WORK + self._ahead[-1] + 2) * WORK_STEP
        self._place = np.minimum(np.searchsorted(talks.edges, ages[:-1], side="right") - 1, len(talks.widths) - 1)
        self._kept = np.zeros((0, LONGEST_WORK + 1, len(MOMENTS)))

    def grow(self) -> None:
        self._kept = np.concatenate([self._kept, np.zeros((1, *self._kept.shape[1:]))])

    def make(self, row: int, kind: Kind) -> None:
        wraps = self._lasting(Work.WRAP_UP)
        first = np.arange(LONGEST_WORK + 1)
        if kind == (Work.WRAP_UP,):
            self._kept[row] = wraps[first[:, np.newaxis] + self._ahead] / np.maximum(wraps[first], LEAST)[:, np.newaxis]
            return
        talks = self._lasting(Work.TALK)
        ends = talks[:-1] - talks[1:]
        done = 1.0 - (wraps[:-1] + wraps[1:]) / 2.0  # a wrap-up that began in the middle of a step
        for column, ahead in enumerate(self._ahead):
            both = np.convolve(ends, done[:ahead])[ahead - 1 : ahead + LONGEST_WORK]
            self._kept[row, :, column] = 1.0 - both / np.maximum(talks[first], LEAST)

    def _lasting(self, work: Work) -> Figures:
        rates = self._hazards[work].rates(())[0][self._place]
        return np.asarray(np.exp(-np.concatenate([[0.0], np.cumsum(rates * WORK_STEP)])))

    def by_moment(self, busy: Sequence[Busy], at: float, factor: float = 1.0) -> Figures:
        """`factor`: how much quicker all of them are of late."""
        if not busy:
            return NOTHING
        rows = [self.row((one.work,), at) for one in busy]
        ages = [min(LONGEST_WORK, round(one.seconds / WORK_STEP)) for one in busy]
        factors = np.array([self._factor(one.work, one.operator, at) for one in busy]) * factor
        return np.asarray(1.0 - np.clip(self._kept[rows, ages], 0.0, 1.0) ** factors[:, np.newaxis])

    def _factor(self, work: Work, operator: str, at: float) -> float:
        made, factor = self._factors.get((work, operator), (-STALE_SECONDS, 1.0))
        if at - made >= STALE_SECONDS:
            factor = self._hazards[work].factor((operator,))
            self._factors[work, operator] = at, factor
        return factor
