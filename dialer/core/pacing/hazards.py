"""What becomes of calls and operators as they grow older: learned from what was seen, also from what was cut short.

Counted are seconds under observation and what ended them, in steps of age. So a call that we gave up ourselves tells
what it can tell, and nothing else. Few observations prove little: each table is drawn towards the more general one
above it, as if that had been seen some times more.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import erf, log, sqrt

import numpy as np

from dialer.core.pacing.values import Figures, Kind

REMADE_AFTER = 20  # things seen


@dataclass(slots=True, eq=False)
class Seen:
    """Of one key: seconds under observation in each step of age, and what ended them."""

    seconds: Figures
    ended: Figures  # a row for each way to end


@dataclass(slots=True, eq=False)
class Hazards:
    edges: Figures  # of the steps of age, in seconds
    ways: int  # to end
    general: Figures  # what is taken for true before anything was seen: rates a second, a row for each way
    prior: float  # as many observations the more general table counts
    seen: dict[Kind, Seen] = field(default_factory=dict)
    widths: Figures = field(init=False)
    _rates: dict[Kind, tuple[int, Figures]] = field(
        default_factory=dict
    )  # with how much had been seen when they were made
    _count: int = 0

    def __post_init__(self) -> None:
        self.widths = np.diff(self.edges)

    def saw(self, kind: Kind, until: float, way: int | None) -> None:
        """Something was under observation up to this age; `way`: how it ended there, None: it was not seen to end."""
        self._count += 1
        seconds = np.clip(until - self.edges[:-1], 0.0, self.widths)
        step = min(max(1, int(np.searchsorted(self.edges, until, side="left"))), len(seconds)) - 1
        for part in _parts(kind):
            seen = self._of(part)
            seen.seconds += seconds
            if way is not None:
                seen.ended[way, step] += 1.0

    def fade(self, share: float) -> None:
        """What was seen counts this much less."""
        self._rates.clear()
        for seen in self.seen.values():
            seen.seconds *= share
            seen.ended *= share

    def rates(self, kind: Kind) -> Figures:
        """How many end a second, by way and step of age; made anew when something was seen since, but not for each."""
        made, rates = self._rates.get(kind, (-REMADE_AFTER, self.general))
        if self._count - made >= min(REMADE_AFTER, max(1, made)):
            rates = self._made(kind)
            self._rates[kind] = self._count, rates
        return rates

    def factor(self, kind: Kind) -> float:
        """How much more often things of this kind end by the first way than all of them do."""
        seen = self.seen.get(kind)
        if seen is None:
            return 1.0
        expected = float(self.rates(())[0] @ seen.seconds)
        return (float(seen.ended[0].sum()) + self.prior) / (expected + self.prior)

    def _made(self, kind: Kind) -> Figures:
        rates = self.general
        for part in _parts(kind):
            seen = self.seen.get(part)
            if seen is None:
                break
            weight = self.prior * survival(rates, self.widths) * self.widths
            rates = (seen.ended + rates * weight) / np.maximum(seen.seconds + weight, 1e-9)
        return rates

    def _of(self, kind: Kind) -> Seen:
        seen = self.seen.get(kind)
        if seen is None:
            steps = len(self.edges) - 1
            seen = self.seen[kind] = Seen(np.zeros(steps), np.zeros((self.ways, steps)))
        return seen


def survival(rates: Figures, widths: Figures) -> Figures:
    """The share still under observation at the middle of each step."""
    ended = rates.sum(axis=0) * widths
    until = np.cumsum(ended)
    return np.asarray(np.exp(-(until - 0.5 * ended)))


def _parts(kind: Kind) -> Iterator[Kind]:
    return (kind[:length] for length in range(len(kind) + 1))


def edges_of(*spans: tuple[float, float]) -> Figures:
    """Steps of age: up to each moment in steps of that width."""
    edges: list[float] = [0.0]
    for until, width in spans:
        while edges[-1] < until - 1e-9:
            edges.append(edges[-1] + width)
    return np.array(edges)


def lognormal_rates(edges: Figures, median: float, sigma: float) -> Figures:
    """The rate at which something of lognormal length ends, as one row."""
    below = np.array([0.5 * (1 + erf(log(max(edge, 1e-9) / median) / sigma / sqrt(2))) for edge in edges])
    alive = np.maximum(1.0 - below, 1e-6)
    return np.array([np.maximum(np.log(alive[:-1] / alive[1:]) / np.diff(edges), 1e-4)])
