"""What the bench makes of the network's log: small legs whose figures can be told by heart."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from dialer.bench.figures import (
    Answers,
    Figures,
    Leg,
    Pair,
    Seen,
    ends_per_second,
    most_starts_in_a_second,
    percentile,
    ringing,
)
from dialer.bench.table import lines


def leg(seen: Sequence[Seen], *, delay: float | None = None, lost: int = 0) -> Leg:
    used = {"asterisk": 0.2, "postgres": 0.1, "network": 0.3}
    return Leg(len(seen), lost, seen, placer_cpu_seconds=0.5, others_cpu_seconds=used, loop_delay_p99_ms=delay)


def steady(count: int, per_second: float, rings: float) -> list[Seen]:
    """One call after the other at a constant rate, each ringing from its invitation on."""
    return [Seen(at, at, at + rings) for at in (place / per_second for place in range(count))]


def test_the_rate_is_that_of_the_middle_and_a_slow_last_call_does_not_spoil_it() -> None:
    calls = steady(100, per_second=20, rings=0.4)
    assert ends_per_second(leg(calls)) == pytest.approx(20)
    assert ends_per_second(leg([*calls[:-1], replace(calls[-1], ended_at=60.0)])) == pytest.approx(20)


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_calls_have_no_rate(count: int) -> None:
    assert ends_per_second(leg(steady(count, 1, 1))) == 0.0


def test_starts_are_counted_over_any_second_not_over_the_seconds_of_a_clock() -> None:
    starts = [0.0, 0.6, 0.7, 0.8, 1.5, 1.59, 3.0]
    assert most_starts_in_a_second(leg([Seen(at, None, at) for at in starts])) == 5


def test_lines_are_averaged_between_the_fill_and_the_last_start() -> None:
    calls = steady(300, per_second=10, rings=12.0)
    average, most = ringing(leg(calls), filled_after_seconds=13.0)
    assert average == pytest.approx(120, abs=1)
    assert most == pytest.approx(120, abs=1)


def test_calls_that_never_rang_stand_on_no_line() -> None:
    assert ringing(leg([Seen(0.0, None, 5.0)]), 1.0) == (0.0, 0)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert [percentile(values, share) for share in (0.0, 0.5, 0.95, 1.0)] == [1.0, 3.0, 5.0, 5.0]
    assert percentile([], 0.5) == 0.0


def figures(**changes: Any) -> Figures:
    pair = Pair(leg(steady(100, 19, 0.4), delay=3.0), leg(steady(100, 20, 0.4)))
    standing = Pair(leg(steady(300, 10, 12.0), delay=5.0), leg(steady(300, 10, 12.0)))
    usual = Figures(
        seed=1,
        at_once=34,
        trunk_calls_per_second=100,
        throughput=[pair],
        lines=120,
        new_calls_per_second=10,
        filled_after_seconds=13.0,
        standing=[standing],
        answers=Answers(34, [3.0] * 100, [30.0] * 100, leg(steady(100, 5, 3.0), delay=4.0)),
        mismatches=[],
        attempts=500,
        seconds=200.0,
    )
    return replace(usual, **changes)


SLOW = Pair(leg(steady(100, 17, 0.4), delay=3.0), leg(steady(100, 20, 0.4)))
FEW = Pair(leg(steady(300, 10, 9.0), delay=25.0), leg(steady(300, 10, 12.0)))
DEAF = Answers(34, [3.0] * 100, [2500.0] * 100, leg(steady(100, 5, 3.0), delay=4.0))


@pytest.mark.parametrize(
    ("changes", "missed"),
    [
        ({}, []),
        ({"throughput": [SLOW]}, ["calls a second"]),
        ({"standing": [FEW]}, ["simultaneous calls", "engine loop delay p99"]),
        ({"answers": DEAF}, ["silence after the answer p95"]),
    ],
)
def test_a_goal_that_is_missed_is_named_and_is_no_failure(changes: dict[str, Any], missed: list[str]) -> None:
    found = figures(**changes)
    assert [goal.what for goal in found.goals if not goal.met] == missed
    assert sum("NOT met" in line for line in lines(found)) == len(missed)
    assert found.worked


@pytest.mark.parametrize(
    "changes",
    [{"mismatches": ["x"]}, {"answers": Answers(34, [], [], leg(steady(100, 5, 3.0), delay=4.0, lost=1))}],
)
def test_a_lost_call_or_a_disagreement_is_a_failure(changes: dict[str, Any]) -> None:
    assert not figures(**changes).worked
