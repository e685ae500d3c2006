"""`./run bench pacing`: our pacing against other dialers', by number of seats and kind of day, in virtual time.

Ours has one setting, the share of persons who may be left alone, and is not tuned. Each of the others has one knob that
is tuned for every cell of the table: what counts is the best that any of them reaches there while leaving no more
alone than ours did. One is told apart: expected supply that knows which calls ring and looks at every event, as no
other dialer does.
"""

import os
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from dialer.core.pacing.values import PaceRules
from dialer.trials.clairvoyant import best_possible
from dialer.trials.policies import KNOBS
from dialer.trials.scenario import FIXED, MOBILE, Ear, Lasting, Scenario, SeatsAt, Shock
from dialer.trials.trial import simulated

SEATS = (2, 3, 5, 7, 10, 15, 20, 34, 100)
GOAL_APART = 0.005
GOAL_BETTER, GOAL_BETTER_AT = 0.05, range(5, 11)
OURS, PLAIN = "lookahead", "progressive"
WITH_OURS = "expected-with-ours"
NOT_IN_ORDER = ("omnidialer",)  # a bolder setting of it does not always leave more alone


def days(seats: int, hours: float) -> dict[str, Scenario]:
    """Kinds of a day."""
    usual = Scenario(seats=seats, hours=hours)
    few = tuple(one.model_copy(update={"human": one.human / 2, "no_answer": None}) for one in (MOBILE, FIXED))
    at_noon = (SeatsAt(hour=hours * 0.4, seats=max(1, seats // 2)), SeatsAt(hour=hours * 0.55, seats=seats))
    changes: dict[str, dict[str, Any]] = {
        "usual": {},
        "few answers": {"numbers": few},
        "long talks": {"talk": Lasting(median_s=170.0, sigma=0.83)},
        "noon break": {"seats_at": at_noon},
        "answers halved": {"shocks": (Shock(hour=hours * 0.4, hours=hours / 8, human_x=0.5),)},
        "talks x 1.5": {"shocks": (Shock(hour=hours * 0.4, hours=hours / 8, talk_x=1.5),)},
        "imperfect ear": {"ear": Ear(median_s=1.6, sigma=0.35, persons_lost=0.01)},
        "with callers": {"inbound_per_hour": seats * 4.0},
    }
    return {name: usual.model_copy(update=change) for name, change in changes.items()}


@dataclass(frozen=True, slots=True)
class Mean:
    """Of the seeds of one cell, by persons and by time in the seats."""

    utilisation: float
    abandoned: float
    worst_day: float  # abandoned
    decision_ms_p99: float

    @classmethod
    def of(cls, told: Sequence[dict[str, Any]]) -> "Mean":
        persons = sum(one["persons"] for one in told)
        return cls(
            sum(one["utilisation"] for one in told) / len(told),
            sum(one["abandoned_persons"] for one in told) / persons if persons else 0.0,
            max(one["abandoned"] for one in told),
            max(one["decision_ms_p99"] for one in told),
        )


@dataclass(frozen=True, slots=True)
class Cell:
    day: str
    seats: int
    ours: Mean
    plain: Mean
    others: dict[str, tuple[Mean, ...]]  # by policy, for the settings of its knob that were tried
    best_possible: float

    def best_other(self) -> tuple[str, float]:
        """Who does best while leaving no more alone than ours; between two settings on a straight line."""
        others = self.others.items()
        reached = {name: best_at(points, self.ours.abandoned) for name, points in others if name != WITH_OURS}
        reached[PLAIN] = self.plain.utilisation
        name = max(reached, key=lambda policy: reached[policy])
        return name, reached[name]

    @property
    def with_ours(self) -> float:
        """What expected supply reaches with what ours knows."""
        return best_at(self.others[WITH_OURS], self.ours.abandoned)


def best_at(points: Iterable[Mean], abandoned: float) -> float:
    """The highest utilisation that some mixture of two settings reaches at this share left alone."""
    known = [(one.abandoned, one.utilisation) for one in points]
    best = max((used for share, used in known if share <= abandoned), default=0.0)
    for left in known:
        for right in known:
            if left[0] <= abandoned < right[0]:
                part = (abandoned - left[0]) / (right[0] - left[0])
                best = max(best, left[1] + part * (right[1] - left[1]))
    return best


@dataclass(frozen=True, slots=True)
class Figures:
    target: float
    seeds: int
    hours: float
    cells: tuple[Cell, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "target": self.target,
            "seeds": self.seeds,
            "hours": self.hours,
            "cells": [_told(cell, self.target) for cell in self.cells],
        }

    def lines(self) -> list[str]:
        columns = "".join(f"{word:>8}" for word in ("ours", "alone", "worst", "plain", "others"))
        rows = [f"{'':15}{'seats':>6}{columns}  {'best other':17}{'gain':>6}{'bound':>8}{'with ours':>11}"]
        for cell in self.cells:
            name, other = cell.best_other()
            rows.append(
                f"{cell.day:15}{cell.seats:>6}{_percent(cell.ours.utilisation)}{_percent(cell.ours.abandoned, 2)}"
                f"{_percent(cell.ours.worst_day, 2)}{_percent(cell.plain.utilisation)}{_percent(other)}  {name:17}"
                f"{(cell.ours.utilisation - other) * 100:>+6.1f}{_percent(cell.best_possible)}"
                f"{cell.with_ours * 100:>11.1f}"
            )
        return [*rows, "", *self._goals()]

    def _goals(self) -> list[str]:
        apart = [cell for cell in self.cells if abs(cell.ours.abandoned - self.target) > GOAL_APART]
        over = [cell for cell in self.cells if cell.ours.worst_day > PaceRules().ceiling]
        behind = [cell for cell in self.cells if cell.ours.utilisation < cell.best_other()[1]]
        small = [cell for cell in self.cells if cell.seats in GOAL_BETTER_AT]
        near = [cell for cell in small if cell.ours.utilisation < cell.best_other()[1] + GOAL_BETTER]
        return [
            _goal(f"left alone within {GOAL_APART * 100:g} points of {self.target * 100:g} %", apart, self.cells),
            _goal("no day over the ceiling", over, self.cells),
            _goal("at least as busy as the best tuned other", behind, self.cells),
            _goal(f"{GOAL_BETTER * 100:g} points busier than it at 5 to 10 seats", near, small),
        ]


def bench_pacing(
    *,
    seats: Sequence[int] = SEATS,
    seeds: int = 5,
    hours: float = 8.0,
    target: float = 0.01,
    days_named: Sequence[str] = (),
) -> Figures:
    wanted = [
        (name, scenario)
        for count in seats
        for name, scenario in days(count, hours).items()
        if not days_named or name in days_named
    ]
    cells = []
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as workers:
        mean = partial(_mean_of, target=target, seeds=seeds)
        ours = [workers.submit(mean, scenario, OURS, None) for _, scenario in wanted]
        plain = [workers.submit(mean, scenario, PLAIN, None) for _, scenario in wanted]
        tuned = [
            {name: workers.submit(_tuned, scenario, name, own.result().abandoned, target, seeds) for name in KNOBS}
            for (_, scenario), own in zip(wanted, ours, strict=True)
        ]
        for (name, scenario), own, usual, others in zip(wanted, ours, plain, tuned, strict=True):
            found = {policy: points.result() for policy, points in others.items()}
            bound = sum(best_possible(scenario, seed) for seed in range(1, seeds + 1)) / seeds
            cells.append(Cell(name, scenario.seats, own.result(), usual.result(), found, bound))
    return Figures(target, seeds, hours, tuple(cells))


def _mean_of(scenario: Scenario, policy: str, setting: float | None, *, target: float, seeds: int) -> Mean:
    days = (
        simulated(scenario, policy, target=target, seed=seed, setting=setting).as_dict() for seed in range(1, seeds + 1)
    )
    return Mean.of(list(days))


def _tuned(scenario: Scenario, policy: str, abandoned: float, target: float, seeds: int) -> tuple[Mean, ...]:
    """Settings of a policy's knob around the share that ours left alone: the bolder, the more."""
    knobs = KNOBS[policy]
    found: dict[int, Mean] = {}

    def at(place: int) -> Mean:
        if place not in found:
            found[place] = _mean_of(scenario, policy, knobs[place], target=target, seeds=seeds)
        return found[place]

    if policy in NOT_IN_ORDER:
        for place in range(len(knobs)):
            at(place)
    else:
        bisect_right(range(len(knobs)), abandoned, key=lambda place: at(place).abandoned)
    return tuple(found[place] for place in sorted(found))


def _told(cell: Cell, target: float) -> dict[str, Any]:
    name, other = cell.best_other()
    return {
        "day": cell.day,
        "seats": cell.seats,
        "utilisation": round(cell.ours.utilisation, 4),
        "abandoned": round(cell.ours.abandoned, 5),
        "from_target": round(cell.ours.abandoned - target, 5),
        "worst_day": round(cell.ours.worst_day, 5),
        "progressive": round(cell.plain.utilisation, 4),
        "best_other": name,
        "best_other_utilisation": round(other, 4),
        "expected_with_ours": round(cell.with_ours, 4),
        "best_possible": round(cell.best_possible, 4),
        "decision_ms_p99": cell.ours.decision_ms_p99,
        "others": {
            policy: [[round(one.abandoned, 5), round(one.utilisation, 4)] for one in points]
            for policy, points in cell.others.items()
        },
    }


def _percent(share: float, digits: int = 1) -> str:
    return f"{share * 100:>8.{digits}f}"


def _goal(what: str, missed: Sequence[Cell], of: Sequence[Cell]) -> str:
    where = ", ".join(f"{cell.day} {cell.seats}" for cell in missed[:6])
    return f"{what}: met in {len(of) - len(missed)} of {len(of)} cells" + (f"; not: {where}" if missed else "")
