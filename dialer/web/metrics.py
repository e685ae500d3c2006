"""What a monitoring system collects of a centre: figures of this moment and counts of the day, of no person."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from dialer.core.health import Part, is_well
from dialer.core.stages import Stage
from dialer.core.values import OperatorState, Outcome
from dialer.core.warning_values import Figures
from dialer.web.prometheus import Metric, Sample, Type

Told = Mapping[str, Any]
T = TypeVar("T")


def metrics_of(
    *,
    floor: Told | None,
    figures: Figures,
    parts: Sequence[Part],
    outcomes: Mapping[Outcome, int] | None,
    streams: int | None,
    warnings: Sequence[Told],
) -> list[Metric]:
    """`outcomes`: of calls placed since midnight; None: the database is away. `streams`: that the ears hear."""
    return [
        Metric("yobikake_up", "1 when calls can be made", _one(is_well(parts))),
        Metric(
            "yobikake_part_up",
            "1 for each part that does its work",
            [Sample(one.is_well, {"part": one.key}) for one in parts],
        ),
        *(_of_the_floor(floor) if floor is not None else ()),
        *_of_the_day(figures, outcomes),
        *_of_the_machine(figures, streams),
        Metric(
            "yobikake_warnings",
            "Warnings that stand",
            [
                Sample(count, {"kind": kind, "level": level})
                for (kind, level), count in sorted(Counter((one["kind"], one["level"]) for one in warnings).items())
            ],
        ),
    ]


def _of_the_floor(floor: Told) -> list[Metric]:
    stages = Counter(one["stage"] for one in floor["calls"])
    states = Counter(one["state"] for one in floor["operators"])
    lines = floor["lines"]
    waiting = [one for one in floor["callers"] if one["place"] is not None]
    return [
        Metric(
            "yobikake_calls",
            "Calls that we place, by stage",
            [Sample(stages[stage.value], {"stage": stage.value}) for stage in Stage],
        ),
        Metric(
            "yobikake_operators",
            "Operators, by state",
            [Sample(states[state.value], {"state": state.value}) for state in OperatorState],
        ),
        Metric("yobikake_callers", "People who call us at this moment", _one(len(floor["callers"]))),
        Metric("yobikake_callers_waiting", "Of these, those who wait for an operator", _one(len(waiting))),
        Metric("yobikake_wishes", "People who asked to be called back", _one(floor["wishes"])),
        Metric("yobikake_lines", "Lines of the carrier", _one(lines["all"])),
        Metric("yobikake_lines_used", "Lines in use", _one(lines["used"])),
        Metric(
            "yobikake_engine_loop_delay_seconds",
            "How late the engine's loop comes to its work, p99 of the last minute",
            _one(floor.get("health", {}).get("loop_delay_p99_ms", 0.0) / 1000),
        ),
    ]


def _of_the_day(figures: Figures, outcomes: Mapping[Outcome, int] | None) -> list[Metric]:
    ended = [Sample(calls, {"outcome": outcome.value}) for outcome, calls in sorted((outcomes or {}).items())]
    alone, answers, counter = figures.left_alone, figures.answers, Type.COUNTER
    named: list[tuple[str, str, list[Sample]]] = [
        ("persons_answered", "Persons who answered today", _of(alone, lambda it: it.persons)),
        ("persons_left_alone", "Of these, those who met no operator in time", _of(alone, lambda it: it.left_alone)),
        ("callers", "Callers of today, in the hours", _of(answers, lambda it: it.today.total)),
        ("callers_answered", "Of these, those who were answered", _of(answers, lambda it: it.today.answered)),
    ]
    return [
        Metric("yobikake_attempts_total", "Calls that ended today, by outcome", ended, counter),
        *(Metric(f"yobikake_{name}_total", said, samples, counter) for name, said, samples in named),
        Metric(
            "yobikake_caller_longest_wait_seconds",
            "Of those who wait now",
            _of(figures.waits, lambda it: it.longest_seconds),
        ),
        Metric(
            "yobikake_trunk_refused_share",
            "Of the calls of the last minutes that ended",
            _of(figures.trunk, lambda it: it.share),
        ),
    ]


def _of_the_machine(figures: Figures, streams: int | None) -> list[Metric]:
    disk, clock = figures.disk, figures.clock
    return [
        Metric("yobikake_ear_streams", "Calls that the ears hear", _of(streams, float)),
        Metric("yobikake_disk_free_bytes", "Where recordings and data lie", _of(disk, lambda it: float(it.free_bytes))),
        Metric(
            "yobikake_disk_recording_hours",
            "Until it is full, with everybody talking",
            _of(disk, lambda it: it.hours),
        ),
        Metric(
            "yobikake_clock_synchronised",
            "1 when something keeps the system's clock right",
            _of(clock, lambda it: it.synchronised),
        ),
    ]


def _of(what: T | None, figure: Callable[[T], float | None]) -> list[Sample]:
    value = None if what is None else figure(what)
    return [] if value is None else _one(value)


def _one(value: float) -> list[Sample]:
    return [Sample(value)]
