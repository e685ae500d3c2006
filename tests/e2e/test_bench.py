"""The bench with a small sample: what it counts must be true. How fast this machine is, no test can assert."""

from pathlib import Path

import pytest
from rich.console import Console

from dialer.bench.calls import Sizes, bench_calls
from dialer.config import load_settings
from tests.places import LIB

pytestmark = pytest.mark.asterisk

SAMPLE = Sizes(
    pairs=1,
    short_calls=40,
    operators=4,
    persons=6,
    standing_pairs=1,
    lines=6,
    standing_calls=12,
    ring_seconds=2.0,
)


async def test_the_bench_accounts_for_every_call_of_both_sides(centre_folder: Path) -> None:
    settings = load_settings(state_dir=centre_folder, lib_dir=LIB)
    figures = await bench_calls(settings, Console(quiet=True), seed=7, sizes=SAMPLE, folder=centre_folder)
    assert figures.mismatches == []
    assert figures.lost == 0
    assert figures.worked
    assert figures.attempts == SAMPLE.short_calls + SAMPLE.persons + SAMPLE.standing_calls  # the engine's, none other's
    ((short,), (standing,)) = figures.throughput, figures.standing
    assert [len(leg.seen) for leg in (short.engine, short.bare)] == [SAMPLE.short_calls] * 2
    assert [len(leg.seen) for leg in (standing.engine, standing.bare)] == [SAMPLE.standing_calls] * 2
    assert len(figures.answers.join_ms) == len(figures.answers.heard_ms) == SAMPLE.persons
    told = figures.as_dict()
    assert max(leg["most"] for leg in told["simultaneous_calls"]["engine"]) <= SAMPLE.lines
    assert max(leg["most"] for leg in told["simultaneous_calls"]["bare"]) <= SAMPLE.lines
    assert all(leg.placer_cpu_seconds > 0 for leg in (short.engine, standing.engine, figures.answers.leg))
