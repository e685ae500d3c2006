"""Bounds for what was counted and measured: Wilson for shares, bootstrap for medians and percentiles. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Z = 1.96
ROUNDS = 400


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `total`, with 95 % bounds."""

    count: int
    total: int

    @property
    def value(self) -> float:
        return self.count / self.total if self.total else 0.0

    @property
    def bounds(self) -> tuple[float, float]:
        """Wilson's interval: honest also when nothing, or all, was counted."""
        if not self.total:
            return 0.0, 1.0
        share, n = self.value, self.total
        middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
        spread = Z / (1 + Z**2 / n) * float(np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2)))
        return max(0.0, middle - spread), min(1.0, middle + spread)

    def __str__(self) -> str:
        low, high = self.bounds
        return f"{100 * self.value:.2f} % ({self.count}/{self.total}; {100 * low:.2f}-{100 * high:.2f})"


@dataclass(frozen=True, slots=True)
class Quantile:
    value: float
    low: float
    high: float

    @property
    def bounds(self) -> tuple[float, float]:
        return self.low, self.high

    def __str__(self) -> str:
        return f"{self.value:.2f} s ({self.low:.2f}-{self.high:.2f})"


def quantile(values: Sequence[float], share: float, seed: int = 1) -> Quantile | None:
    """None of nothing."""
    if not values:
        return None
    known = np.asarray(values, dtype=np.float64)
    drawn = np.random.default_rng(seed).integers(0, known.size, (ROUNDS, known.size))
    spread = np.quantile(known[drawn], share, axis=1)
    return Quantile(
        float(np.quantile(known, share)), float(np.quantile(spread, 0.025)), float(np.quantile(spread, 0.975))
    )
