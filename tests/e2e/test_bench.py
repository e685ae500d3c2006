"""The benches with a small sample: what they count must be true. How fast this machine is, no test can assert."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from dialer.bench.callers import Habits, bench_callers
from dialer.bench.calls import Sizes, bench_calls
from dialer.bench.ear_calls import bench_ear_calls
from dialer.bench.ear_streams import measure
from dialer.bench.pacing_live import bench_pacing_live
from dialer.bench.shift import bench_shift
from dialer.config import load_settings
from dialer.core.pacing.record import replay
from dialer.pace_record import lines_of
from dialer.simulated_desks import Manner
from tests.places import LIB

pytestmark = pytest.mark.asterisk

SAMPLE = Sizes(
    pairs=1,
    short_calls=20,
    operators=4,
    persons=4,
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


async def test_the_bench_of_the_ear_in_calls_counts_what_the_far_ends_recorded(centre_folder: Path) -> None:
    settings = load_settings(state_dir=centre_folder, lib_dir=LIB)
    quiet = Console(quiet=True)
    figures = await bench_ear_calls(settings, quiet, seed=7, persons=3, machines=2, folder=centre_folder)
    assert figures.worked
    assert len(figures.joined_ms) == len(figures.verdict_ms) == 3
    assert len(figures.message_ms) == figures.whole_messages == figures.said_to_be_left == 2
    assert figures.least_alike > 0.9


def test_the_bench_of_streams_measures_them() -> None:
    figures = measure(3, seconds=1.0)
    assert figures.streams == 3
    assert figures.cpu_share > 0


async def test_calls_are_placed_ahead_with_a_real_exchange_and_every_decision_can_be_looked_at_again(
    centre_folder: Path,
) -> None:
    settings = load_settings(state_dir=centre_folder, lib_dir=LIB)
    quiet = Console(quiet=True)
    figures = await bench_pacing_live(
        settings, quiet, operators=4, minutes=0.35, warm_up_seconds=2.0, trials=1, folder=centre_folder
    )
    assert figures.worked
    (record,) = settings.pace_records.glob("*.jsonl")
    lines = list(lines_of(settings.pace_records, settings.city, date.fromisoformat(record.stem[-10:])))
    assert replay(lines).different == []
    assert any(line["told"] == "decided" and is_ahead(line["count"], line["now"]) for line in lines)


def is_ahead(count: int, now: dict[str, Any]) -> bool:
    """Calls are placed for operators who are not free yet."""
    return count > 0 and count + len(now["calls"]) + now["waiting"] > now["free"]


async def test_a_shift_is_worked_off_at_the_desks_pages(centre_folder: Path) -> None:
    settings = load_settings(state_dir=centre_folder, lib_dir=LIB)
    hurry = Manner(identify_seconds=1.0, wrap_up_seconds=(0.2, 0.5))
    figures = await bench_shift(
        settings,
        Console(quiet=True),
        operators=2,
        rounds=2,
        talk_seconds=(4.0, 5.0),
        manner=hurry,
        folder=centre_folder,
    )
    assert figures.worked
    assert (figures.talks, figures.results, figures.lost) == (4, 4, 0)
    assert len(figures.shown_ms) == len(figures.heard_ms) == len(figures.joined_ms) == 4
    assert {"GET /desk", "POST /desk/identity", "PUT /desk/draft"} <= figures.answers_ms.keys()


async def test_who_calls_is_accounted_for_and_what_each_heard_is_looked_at(centre_folder: Path) -> None:
    settings = load_settings(state_dir=centre_folder, lib_dir=LIB)
    in_a_hurry = Habits(3.0, 5.0, patience_mean_seconds=60.0, longest_patience_seconds=90.0, wrap_up_seconds=1.0)
    figures = await bench_callers(
        settings,
        Console(quiet=True),
        seed=3,
        operators=2,
        minutes=0.2,
        per_hour=2000.0,
        lines=10,
        habits=in_a_hurry,
        folder=centre_folder,
    )
    assert figures.worked
    assert figures.offered == sum(figures.outcomes.values()) == sum(figures.codes.values()) > 4
    assert len(figures.joined_ms) == len(figures.waits) == figures.outcomes["talked"] > 0
    assert len(figures.silences) >= figures.outcomes["talked"]
    assert figures.dialled > 0
