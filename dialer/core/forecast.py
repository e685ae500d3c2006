"""Where a count or a rate ends if the days go on as they have.

Of the calling days before today the mean is taken, for every calling day that is left, today among them unless today
is beyond it already. The range would hold the end in eight of ten cases if days differed by chance alone as they have
so far (Student's t, for a sum of days to come whose mean is itself only estimated). A rate is made of two such sums,
and its range of how far single days lie from the rate of all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt

FEWEST_DAYS = 3  # before: no forecast
NORMAL_80 = 1.2816


@dataclass(frozen=True, slots=True)
class DayCount:
    day: date
    count: int
    of: int = 0  # of a rate: whose share it is


@dataclass(frozen=True, slots=True)
class Forecast:
    low: float
    middle: float
    high: float


def forecast(
    series: Sequence[DayCount],
    done: Sequence[date],
    left: Sequence[date],
    today: date,
    most: int | None,
    *,
    is_rate: bool,
) -> Forecast | None:
    by_day = {one.day: one for one in series}
    before = [by_day.get(day, DayCount(day, 0)) for day in sorted({*done, *(day for day in by_day if day < today)})]
    now = by_day.get(today, DayCount(today, 0))
    if len(before) < FEWEST_DAYS:
        return None
    if is_rate:
        return _rate_forecast(before, now, len(left), most)
    counts = [one.count for one in before]
    end = _end(counts, now.count, len(left))
    half = _half_range([count - _mean(counts) for count in counts], len(left))
    so_far = sum(counts) + now.count
    limit = most if most is not None and most >= so_far else None
    low, middle, high = (max(so_far, value) for value in (end - half, end, end + half))
    return Forecast(*(min(value, limit) if limit is not None else value for value in (low, middle, high)))


def _rate_forecast(before: Sequence[DayCount], now: DayCount, left: int, most: int | None) -> Forecast | None:
    counts, wholes = [one.count for one in before], [one.of for one in before]
    if not sum(wholes):
        return None
    whole = _end(wholes, now.of, left)
    if most is not None:
        whole = max(min(whole, most), sum(wholes) + now.of)
    middle = min(_end(counts, now.count, left), whole)
    rate = sum(counts) / sum(wholes)
    half = _half_range([one.count - rate * one.of for one in before], left)
    return Forecast(*(min(1.0, max(0.0, value / whole)) for value in (middle - half, middle, middle + half)))


def _end(counts: Sequence[int], now: int, left: int) -> float:
    """The sum at the end of the period. Today is one of the days that are left; on a closed day none is."""
    mean = _mean(counts)
    ahead = max(now, mean) + (left - 1) * mean if left else now
    return sum(counts) + ahead


def _half_range(residuals: Sequence[float], left: int) -> float:
    days = len(residuals)
    spread = sqrt(sum(one * one for one in residuals) / (days - 1))
    return _t80(days - 1) * spread * sqrt(left + left * left / days)


def _mean(counts: Sequence[int]) -> float:
    return sum(counts) / len(counts)


def _t80(freedom: int) -> float:
    """Of Student's distribution, by its expansion around the normal one: within 1 % from two degrees on."""
    z = NORMAL_80
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
