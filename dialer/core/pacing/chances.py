"""How many of many unlike things will have happened: persons who answer, operators who become free.

Few of them are summed exactly, by the product of their characteristic functions; of many, mean, variance and skewness
tell as much (a refined normal approximation), and cost no more however many there are.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import pi
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

Figures = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Waves = npt.NDArray[np.complex128]

EXACT_UP_TO = 40  # things; beyond, the approximation errs by less than a thousandth
NEVER = 1e-9


class Balance(Protocol):
    """Operators free less persons who answered, at each moment of a grid."""

    def at_most(self, counts: Counts) -> Figures:
        """How likely it is that no more than so many operators are left, a count for each moment."""
        ...

    def with_call(self, answers: Figures) -> "Balance":
        """One more call, that will have been answered by a person with these chances."""
        ...


def balance(free: int, answers: Figures, returns: Figures) -> Balance:
    """`free` operators now; `answers`, `returns`: a row for each call, each busy operator; a column for each moment."""
    if len(answers) + len(returns) <= EXACT_UP_TO:
        return Exact.of(free, answers, returns)
    return Normal.of(free, answers, returns)


@dataclass(frozen=True, slots=True, eq=False)
class Exact:
    lowest: int  # what the first column of `masses` stands for
    masses: Figures  # a row for each moment

    @classmethod
    def of(cls, free: int, answers: Figures, returns: Figures) -> Self:
        calls, operators = len(answers), len(returns)
        if calls + operators == 0:
            return cls(free, np.ones((answers.shape[1], 1)))
        # each call takes one or none: count those that do not, so that nothing falls below zero
        chances = np.concatenate([1.0 - answers, returns])
        length, turns = _turns(calls + operators)
        waves: Waves = np.multiply.reduce(1.0 + chances[:, :, np.newaxis] * turns, axis=0)
        masses = np.fft.irfft(waves, n=length, axis=1)[:, : calls + operators + 1]
        return cls(free - calls, masses)

    def at_most(self, counts: Counts) -> Figures:
        places = (counts - self.lowest)[:, np.newaxis]
        upto = np.where(np.arange(self.masses.shape[1]) <= places, self.masses, 0.0).sum(axis=1)
        return np.asarray(np.minimum(np.maximum(upto, 0.0), 1.0))

    def with_call(self, answers: Figures) -> "Exact":
        masses = np.zeros((len(self.masses), self.masses.shape[1] + 1))
        taken = self.masses * answers[:, np.newaxis]
        masses[:, 1:] = self.masses - taken
        masses[:, :-1] += taken
        return Exact(self.lowest - 1, masses)


@lru_cache(maxsize=64)
def _turns(things: int) -> tuple[int, Waves]:
    length = 1 << things.bit_length()
    return length, np.exp(-2j * pi * np.arange(length // 2 + 1) / length) - 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Normal:
    mean: Figures
    variance: Figures
    third: Figures  # third central moment

    @classmethod
    def of(cls, free: int, answers: Figures, returns: Figures) -> Self:
        spread, gained = answers * (1.0 - answers), returns * (1.0 - returns)
        return cls(
            free + returns.sum(axis=0) - answers.sum(axis=0),
            spread.sum(axis=0) + gained.sum(axis=0),
            (gained * (1.0 - 2.0 * returns)).sum(axis=0) - (spread * (1.0 - 2.0 * answers)).sum(axis=0),
        )

    def at_most(self, counts: Counts) -> Figures:
        deviation = np.sqrt(np.maximum(self.variance, NEVER))
        at = (counts + 0.5 - self.mean) / deviation
        skewed = self.third / deviation**3 / 6.0 * (1.0 - at * at) * np.exp(-0.5 * at * at) / SQRT_TWO_PI
        return np.asarray(np.clip(normal_below(at) + skewed, 0.0, 1.0))

    def with_call(self, answers: Figures) -> "Normal":
        spread = answers * (1.0 - answers)
        return Normal(self.mean - answers, self.variance + spread, self.third - spread * (1.0 - 2.0 * answers))


SQRT_TWO_PI = (2.0 * pi) ** 0.5


def normal_below(at: Figures) -> Figures:
    """The normal distribution's share below: numpy has none. Right to 1e-7 (Abramowitz and Stegun 26.2.17)."""
    size = np.abs(at)
    step = 1.0 / (1.0 + 0.2316419 * size)
    tail = step * (
        0.319381530 + step * (-0.356563782 + step * (1.781477937 + step * (-1.821255978 + step * 1.330274429)))
    )
    above = np.exp(-0.5 * size * size) / SQRT_TWO_PI * tail
    return np.asarray(np.where(at < 0.0, above, 1.0 - above))
