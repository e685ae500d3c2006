"""What VICIdial does in its modes ADAPT_*: lines for each operator by a level, which moves every 15 seconds with who is
idle and who waits, and is held down by the share that was left alone today. After the notes on other dialers, D.1.
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum
from math import floor

from dialer.core.pacing.values import Kind, Snapshot, Work
from dialer.trials.policy import Policy

SAMPLE_SECONDS, LEVEL_SECONDS, DROPS_SECONDS, LOOP_SECONDS = 1.0, 15.0, 60.0, 2.5
SAMPLES, SAMPLES_WITH_CALLERS = 15, 20  # of seconds; with people who call: of its dialling loops
CALLS_PER_SECOND = 5.0
LOWEST_LEVEL = 1.0
FEW_CALLS_A_MINUTE, FEW_CALLS_A_DAY, HALF_PERCENT = 20, 50, 50.0
OPENS = 9 * 60  # minutes after midnight


class Method(Enum):
    HARD_LIMIT = "hard limit"
    AVERAGE = "average"
    TAPERED = "tapered"


@dataclass(frozen=True, slots=True)
class Settings:
    method: Method = Method.TAPERED
    maximum_level: float = 3.0
    dropped_percent: float = 3.0
    intensity: int = 0
    dl_diff_target: float = 0.0  # -1: aim at one idle operator, 1: at one person who waits
    latest_time: int = 2100  # HHMM


@dataclass(frozen=True, slots=True)
class Staff:
    """Means over the last samples."""

    ready: float = 0.0
    waiting: float = 0.0  # persons
    total: float = 0.0  # operators, whatever they do


@dataclass(frozen=True, slots=True)
class Drops:
    """Counted once a minute."""

    calls_today: int = 0
    percent_today: float = 0.0  # of persons who answered
    calls_minute: int = 0
    percent_minute: float = 0.0  # of calls placed


def next_level(level: float, staff: Staff, drops: Drops, clock: int, settings: Settings) -> float:
    """`clock`: HHMM, and reckoned with as if that were a number."""
    wanted = staff.ready - staff.waiting + settings.dl_diff_target
    percent = 100.0 * wanted / staff.total if staff.total else 0.0
    intensity = settings.intensity / 100.0
    effect = percent * (abs(intensity - 1.0) if percent < 0.0 else intensity + 1.0)
    level = round(level * (1.0 + effect / 100.0), 3)
    level = max(LOWEST_LEVEL, min(settings.maximum_level, level))
    if drops.calls_minute > FEW_CALLS_A_MINUTE and drops.percent_minute > HALF_PERCENT:
        level /= 2.0
    if drops.calls_today > FEW_CALLS_A_DAY and drops.percent_today > settings.dropped_percent:
        level *= _held_down(settings, clock)
    return max(LOWEST_LEVEL, level)


def _held_down(settings: Settings, clock: int) -> float:
    match settings.method:
        case Method.HARD_LIMIT:
            return 0.0
        case Method.AVERAGE:
            return 0.5
        case Method.TAPERED:
            return max(0.0, min(1.0, (settings.latest_time - clock) / 1000.0))


def lines_missing(now: Snapshot, level: float) -> int:
    """Operators who write up a call are on a page that counts as a pause; calls in talk count as lines."""
    talking = sum(one.work is Work.TALK for one in now.busy)
    goal = floor(level * (now.free + talking) + 0.5)
    return max(0, goal - len(now.calls) - now.waiting - talking)


def hhmm(at: float) -> int:
    """The clock of a day that opens at nine."""
    hours, minutes = divmod(OPENS + int(at // 60.0), 60)
    return hours * 100 + minutes


class Vicidial(Policy):
    """`is_ideal`: dials at every event, and as many calls at once as are missing."""

    name = "vicidial"

    def __init__(self, settings: Settings, *, is_ideal: bool = False) -> None:
        self._settings, self._is_ideal = settings, is_ideal
        self.looks_at_events = is_ideal
        self.looks_every = SAMPLE_SECONDS if is_ideal else SAMPLE_SECONDS / 2.0  # each of its timers is a multiple
        self.level = LOWEST_LEVEL
        self._sampled = Timer(SAMPLE_SECONDS, 0.0)
        self._levelled, self._counted = Timer(LEVEL_SECONDS, LEVEL_SECONDS), Timer(DROPS_SECONDS, DROPS_SECONDS)
        self._samples: deque[Staff] = deque(maxlen=SAMPLES)
        self._samples_of_loops: deque[Staff] = deque(maxlen=SAMPLES_WITH_CALLERS)
        self._answers = self._drops = self._calls = 0
        self._calls_lately: deque[float] = deque()
        self._drops_lately: deque[float] = deque()
        self._known = Drops()
        self._loop = Loop()

    def placed(self, kind: Kind, at: float) -> None:
        self._calls += 1
        self._calls_lately.append(at)

    def person_met(self, at: float) -> None:
        self._answers += 1

    def person_left_alone(self, at: float) -> None:
        self._answers += 1
        self._drops += 1
        self._drops_lately.append(at)

    def wanted(self, now: Snapshot, at: float) -> int:
        seen = Staff(now.free, now.waiting, now.operators)
        if self._sampled.is_due(at):
            self._samples.append(seen)
        if self._counted.is_due(at):
            self._known = self._count(at)
        if self._levelled.is_due(at):
            samples = self._samples_of_loops if now.callers_per_second else self._samples
            self.level = next_level(self.level, mean(samples), self._known, hhmm(at), self._settings)
        missing = lines_missing(now, self.level)
        if self._loop.is_due(at):
            self._samples_of_loops.append(seen)
            self._loop.begin(0 if self._is_ideal else missing, at)
        return missing if self._is_ideal else self._loop.one_by_one(at)

    def _count(self, at: float) -> Drops:
        for lately in (self._calls_lately, self._drops_lately):
            while lately and lately[0] <= at - DROPS_SECONDS:
                lately.popleft()
        calls, drops = len(self._calls_lately), len(self._drops_lately)
        return Drops(
            calls_today=self._calls,
            percent_today=100.0 * self._drops / self._answers if self._answers else 0.0,
            calls_minute=calls,
            percent_minute=100.0 * drops / calls if calls else 0.0,
        )


def mean(samples: deque[Staff]) -> Staff:
    if not samples:
        return Staff()
    count = len(samples)
    return Staff(
        sum(one.ready for one in samples) / count,
        sum(one.waiting for one in samples) / count,
        sum(one.total for one in samples) / count,
    )


@dataclass(slots=True)
class Timer:
    seconds: float
    due_at: float

    def is_due(self, at: float) -> bool:
        if at < self.due_at:
            return False
        self.due_at += self.seconds
        return True


@dataclass(slots=True)
class Loop:
    """The dialling loop sleeps, looks once, and places what was missing then, one call after another."""

    due_at: float = 0.0
    left: int = 0
    done: int = 0
    began: float = 0.0

    def is_due(self, at: float) -> bool:
        return not self.left and at >= self.due_at

    def begin(self, missing: int, at: float) -> None:
        self.left, self.done, self.began = missing, 0, at
        self.due_at = at + LOOP_SECONDS

    def one_by_one(self, at: float) -> int:
        may_be_done = 1 + floor((at - self.began) * CALLS_PER_SECOND + 1e-6)
        count = min(self.left, may_be_done - self.done)
        if count > 0:
            self.left, self.done = self.left - count, self.done + count
            self.due_at = at + LOOP_SECONDS
        return max(0, count)
