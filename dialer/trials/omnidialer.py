"""What OMniDialer's predictive pacer does: operators who are free or soon expected to be, divided by the share of calls
that meet a person, and damped when somebody was left alone. After the notes on other dialers, D.3.
"""

from dataclasses import dataclass
from math import exp, floor

from dialer.core.pacing.progressive import one_for_each
from dialer.core.pacing.values import Busy, Kind, Snapshot, Way, Work
from dialer.trials.policy import Policy

ALPHA = 0.1  # of its moving averages
LEAST_HIT = 0.05
LEAST_GAMMA = 0.2
TALKS_FIRST = 50
TICKS_OVER, LATCH_OPENS = 5, 0.8
ANSWER_SECONDS, CALLS_PER_SECOND = 15.0, 3


@dataclass(frozen=True, slots=True)
class Settings:
    boost: float = 1.0
    most_abandoned: float = 0.03
    calls_per_second: int | None = CALLS_PER_SECOND  # none: as many as it wants


def gamma(abandoned: float, settings: Settings) -> float:
    most, boost = settings.most_abandoned, settings.boost
    if abandoned <= most / 2.0:
        return boost
    if abandoned >= most:
        return LEAST_GAMMA
    return boost + (LEAST_GAMMA - boost) * (abandoned - most / 2.0) / (most / 2.0)


def calls_missing(free: float, returning: float, ringing: int, hit: float, damped: float) -> int:
    return max(0, floor((free + returning - ringing * hit) / hit * damped))


def returns(busy: Busy, within: float, handling: float, wrapping_up: float) -> float:
    """How likely an operator is free again by then, were what is left of the mean exponential."""
    mean = handling if busy.work is Work.TALK else wrapping_up
    return 1.0 - exp(-within / max(1.0, mean - busy.seconds))


@dataclass(slots=True)
class Mean:
    value: float
    count: int = 0

    def saw(self, value: float) -> None:
        self.count += 1
        self.value = value if self.count == 1 else self.value + (value - self.value) / self.count


@dataclass(slots=True)
class KillSwitch:
    abandoned: float = 0.0  # moving average
    ticks_over: int = 0
    is_latched: bool = False

    def saw(self, abandoned: bool) -> None:
        self.abandoned += ALPHA * (abandoned - self.abandoned)

    def tick(self, most: float) -> None:
        self.ticks_over = self.ticks_over + 1 if self.abandoned >= most else 0
        if self.ticks_over >= TICKS_OVER:
            self.is_latched = True
        elif self.abandoned < LATCH_OPENS * most:
            self.is_latched = False


class Omnidialer(Policy):
    name = "omnidialer"
    looks_at_events = False

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._switch = KillSwitch()
        self._hit: float | None = None
        self._talks = 0
        self._rang = 0.0
        self._answering, self._hearing = Mean(ANSWER_SECONDS), Mean(0.0)
        self._talking, self._wrapping_up = Mean(0.0), Mean(0.0)

    def call_ended(self, kind: Kind, rang: float, way: Way, at: float, rings: float | None) -> None:
        self._rang = rang
        if way is not Way.PERSON:  # persons count when they meet an operator; who was left alone does not count
            self._saw_hit(0.0)

    def was_heard(self, kind: Kind, seconds: float, way: Way, at: float) -> None:
        """Told of answered calls only, just after their end."""
        self._answering.saw(self._rang)
        self._hearing.saw(seconds)

    def work_ended(self, work: Work, operator: str, seconds: float, at: float) -> None:
        (self._talking if work is Work.TALK else self._wrapping_up).saw(seconds)

    def person_met(self, at: float) -> None:
        self._talks += 1
        self._saw_hit(1.0)
        self._switch.saw(False)

    def person_left_alone(self, at: float) -> None:
        self._switch.saw(True)

    def wanted(self, now: Snapshot, at: float) -> int:
        self._switch.tick(self._settings.most_abandoned)
        count = self._predicted(now) if self._may_predict() else one_for_each(now).count
        most = self._settings.calls_per_second
        return count if most is None else min(count, most)

    def _may_predict(self) -> bool:
        return self._hit is not None and self._talks >= TALKS_FIRST and not self._switch.is_latched

    def _predicted(self, now: Snapshot) -> int:
        """Whoever is still being listened to counts as ringing; persons who wait for an operator do not count."""
        within = self._answering.value + self._hearing.value
        wrapping_up = self._wrapping_up.value
        handling = self._talking.value + wrapping_up
        returning = sum(returns(one, within, handling, wrapping_up) for one in now.busy)
        hit = max(LEAST_HIT, self._hit or 0.0)
        return calls_missing(now.free, returning, len(now.calls), hit, gamma(self._switch.abandoned, self._settings))

    def _saw_hit(self, hit: float) -> None:
        self._hit = hit if self._hit is None else self._hit + ALPHA * (hit - self._hit)
