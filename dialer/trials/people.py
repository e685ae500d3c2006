"""Who answers, after how long, and what talks last: drawn from a seed, the n-th call alike for every policy."""

from dataclasses import dataclass
from math import log
from random import Random

from dialer.core.pacing.values import Kind
from dialer.trials.scenario import Lasting, Numbers, Scenario

SET_UP_SPREAD, SET_UP_PART = 1.2, 0.25  # seconds, or a part of the set-up, whatever is less
SHORTEST = 0.5


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one call that is placed now."""

    kind: Kind
    rings_from: float  # seconds from now to the first ring, if it rings at all
    rings_until: float  # to the answer, or to the end without one
    answered: bool
    is_person: bool
    heard_for: float  # then it is known who answered
    is_lost: bool  # a person whom the ear takes for something else

    @property
    def rings(self) -> float | None:
        """For how long; None: it never does."""
        rings = self.rings_until - self.rings_from
        return rings if rings > 0.0 or self.answered else None


class People:
    def __init__(self, scenario: Scenario, seed: int | str) -> None:
        self._scenario = scenario
        self._calls, self._talks, self._callers = (Random(f"{seed} {what}") for what in ("calls", "talks", "callers"))
        self._kinds = [("numbers", str(place)) for place in range(len(scenario.numbers))]
        self._shares = [one.share for one in scenario.numbers]

    def fate(self, at: float) -> Fate:
        chance, scenario = self._calls, self._scenario
        place = chance.choices(range(len(self._shares)), self._shares)[0]
        numbers = scenario.numbers[place]
        drawn, set_up = chance.random(), sets_up(chance, numbers.set_up_s)
        ringing = lasts(chance, Lasting(median_s=numbers.answer_median_s, sigma=numbers.answer_sigma))
        listened, lost = self._listens(chance), chance.random() < scenario.ear.persons_lost
        human, machine = self._shares_of(numbers, at)
        if drawn < human and ringing <= scenario.ring_limit_s:
            return Fate(self._kinds[place], set_up, set_up + ringing, True, True, listened, lost)
        if human <= drawn < human + machine and numbers.machine_answer_s <= scenario.ring_limit_s:
            until = set_up + numbers.machine_answer_s
            return Fate(self._kinds[place], set_up, until, True, False, listened, False)
        ended_at_once = human + machine <= drawn < human + machine + numbers.busy + numbers.dead
        until = set_up + (0.0 if ended_at_once else scenario.ring_limit_s)
        return Fate(self._kinds[place], set_up, until, False, False, 0.0, False)

    def talk(self, at: float) -> tuple[float, float]:
        """How long a talk that begins now lasts, and the work after it."""
        shock = self._scenario.shock_at(at)
        talk = lasts(self._talks, self._scenario.talk) * (shock.talk_x if shock else 1.0)
        return talk, lasts(self._talks, self._scenario.wrap)

    def next_caller(self) -> float | None:
        """In how many seconds somebody calls."""
        per_hour = self._scenario.inbound_per_hour
        return self._callers.expovariate(per_hour / 3600.0) if per_hour else None

    def caller_waits(self, mean: float) -> float:
        return self._callers.expovariate(1.0 / mean)

    def _shares_of(self, numbers: Numbers, at: float) -> tuple[float, float]:
        """Who does not answer in a shock rings on."""
        shock = self._scenario.shock_at(at)
        human = min(
            numbers.human * (shock.human_x if shock else 1.0), 1.0 - numbers.machine - numbers.busy - numbers.dead
        )
        return human, numbers.machine

    def _listens(self, chance: Random) -> float:
        ear = self._scenario.ear
        return lasts(chance, Lasting(median_s=ear.median_s, sigma=ear.sigma)) if ear.median_s else 0.0


def sets_up(chance: Random, seconds: float) -> float:
    return max(min(SHORTEST, seconds), chance.gauss(seconds, min(SET_UP_SPREAD, SET_UP_PART * seconds)))


def lasts(chance: Random, lasting: Lasting) -> float:
    return chance.lognormvariate(log(lasting.median_s), lasting.sigma)
