"""What was measured, held against the goals. Pure: numbers in, numbers and lines out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

RATIO_GOAL = 0.9  # of the bare loop
LOOP_DELAY_GOAL_MS = 20.0
LONGEST_SILENCE_MS = 2000.0  # nobody who answers hears only silence longer than this

EDGE = 0.1  # of the calls at each end of a leg: it fills, and it empties


class BenchFailed(Exception):
    """One line: what did not come about."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One call as the network logged it; epoch seconds."""

    invited_at: float
    ringing_at: float | None
    ended_at: float


@dataclass(frozen=True, slots=True)
class Leg:
    """The same calls, placed by the engine or by the bare loop."""

    calls: int
    lost: int  # not as expected in the store (engine), refused or unheard of (bare loop), or not in the network's log
    seen: Sequence[Seen]
    placer_cpu_seconds: float  # the engine's process, or the bare loop's
    others_cpu_seconds: Mapping[str, float]  # asterisk, postgres, network
    loop_delay_p99_ms: float | None = None  # of the engine

    def per_call_ms(self, seconds: float) -> float:
        return round(seconds * 1000 / self.calls, 2)


def ends_per_second(leg: Leg) -> float:
    """Without the ramps: the ends of the calls in the middle."""
    ends = sorted(one.ended_at for one in leg.seen)
    first = int(len(ends) * EDGE)
    last = len(ends) - 1 - first
    if last <= first or ends[last] <= ends[first]:
        return 0.0
    return (last - first) / (ends[last] - ends[first])


def most_starts_in_a_second(leg: Leg) -> int:
    starts = sorted(one.invited_at for one in leg.seen)
    most, first = 0, 0
    for last, at in enumerate(starts):
        while at - starts[first] >= 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most


def ringing(leg: Leg, filled_after_seconds: float) -> tuple[float, int]:
    """Lines ringing at once: on average, from when the lines can be full until the last call starts; and the most."""
    rung = [(one.ringing_at, one.ended_at) for one in leg.seen if one.ringing_at is not None]
    if not rung:
        return 0.0, 0
    begin = min(one.invited_at for one in leg.seen) + filled_after_seconds
    return at_once(rung, begin, max(one.invited_at for one in leg.seen))


def at_once(spans: Sequence[tuple[float, float]], begin: float, end: float) -> tuple[float, int]:
    """Of what lasts from and until: on average between two moments, and the most ever."""
    inside = sum(max(0.0, min(until, end) - max(since, begin)) for since, until in spans)
    steps = sorted([(since, 1) for since, _ in spans] + [(until, -1) for _, until in spans])
    most = up = 0
    for _, step in steps:
        up += step
        most = max(most, up)
    return (inside / (end - begin) if end > begin else 0.0), most


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


@dataclass(frozen=True, slots=True)
class Pair:
    engine: Leg
    bare: Leg


@dataclass(frozen=True, slots=True)
class Answers:
    """Persons who answered, with operators free."""

    operators: int
    join_ms: Sequence[float]  # joined_at - answered_at as stored: Asterisk's own stamps
    heard_ms: Sequence[float]  # from the answer to the first packet of audio, as the far end saw it
    leg: Leg


@dataclass(frozen=True, slots=True)
class Goal:
    what: str
    measured: float
    met: bool
    limit: str


@dataclass(frozen=True, slots=True)
class Figures:
    seed: int
    at_once: int
    trunk_calls_per_second: float
    throughput: Sequence[Pair]
    lines: int
    new_calls_per_second: float
    filled_after_seconds: float
    standing: Sequence[Pair]
    answers: Answers
    mismatches: Sequence[str]
    attempts: int
    seconds: float

    # --- ratios

    @property
    def rate_ratios(self) -> list[float]:
        return [_ratio(ends_per_second(pair.engine), ends_per_second(pair.bare)) for pair in self.throughput]

    @property
    def line_ratios(self) -> list[float]:
        after = self.filled_after_seconds
        return [_ratio(ringing(pair.engine, after)[0], ringing(pair.bare, after)[0]) for pair in self.standing]

    @property
    def legs(self) -> list[Leg]:
        pairs = [*self.throughput, *self.standing]
        return [*(leg for pair in pairs for leg in (pair.engine, pair.bare)), self.answers.leg]

    @property
    def loop_delay_p99_ms(self) -> float:
        return max(leg.loop_delay_p99_ms or 0.0 for leg in self.legs)

    @property
    def lost(self) -> int:
        return sum(leg.lost for leg in self.legs)

    @property
    def worked(self) -> bool:
        """Every call is accounted for. A goal that was missed is a figure, not a failure."""
        return self.lost == 0 and not self.mismatches

    @property
    def goals(self) -> list[Goal]:
        rate, lines = round(median(self.rate_ratios), 3), round(median(self.line_ratios), 3)
        delay, heard = self.loop_delay_p99_ms, round(percentile(self.answers.heard_ms, 0.95), 1)
        least = f"at least {RATIO_GOAL:g} of the bare loop"
        return [
            Goal("calls a second", rate, rate >= RATIO_GOAL, least),
            Goal("simultaneous calls", lines, lines >= RATIO_GOAL, least),
            Goal("engine loop delay p99", delay, delay <= LOOP_DELAY_GOAL_MS, f"at most {LOOP_DELAY_GOAL_MS:g} ms"),
            Goal(
                "silence after the answer p95", heard, heard <= LONGEST_SILENCE_MS, f"at most {LONGEST_SILENCE_MS:g} ms"
            ),
        ]

    # --- as told

    def as_dict(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "calls_per_second": {
                "ratio": round(median(self.rate_ratios), 3),
                "ratios": [round(one, 3) for one in self.rate_ratios],
                "engine": [round(ends_per_second(pair.engine), 1) for pair in self.throughput],
                "bare": [round(ends_per_second(pair.bare), 1) for pair in self.throughput],
                "at_once": self.at_once,
                "trunk_limit": self.trunk_calls_per_second,
                "most_starts_in_a_second": max(most_starts_in_a_second(pair.engine) for pair in self.throughput),
                "calls_per_leg": self.throughput[0].engine.calls,
            },
            "simultaneous_calls": {
                "ratio": round(median(self.line_ratios), 3),
                "ratios": [round(one, 3) for one in self.line_ratios],
                "engine": [_lines(pair.engine, self) for pair in self.standing],
                "bare": [_lines(pair.bare, self) for pair in self.standing],
                "lines": self.lines,
            },
            "answered": {
                "persons": self.answers.leg.calls,
                "operators": self.answers.operators,
                "join_ms": _spread(self.answers.join_ms),
                "heard_ms": _spread(self.answers.heard_ms),
            },
            "cpu_ms_per_call": {
                "short": _cpu([pair.engine for pair in self.throughput]),
                "short_bare": _cpu([pair.bare for pair in self.throughput]),
                "ringing": _cpu([pair.engine for pair in self.standing]),
                "talked": _cpu([self.answers.leg]),
            },
            "loop_delay_p99_ms": {
                "short": [pair.engine.loop_delay_p99_ms for pair in self.throughput],
                "ringing": [pair.engine.loop_delay_p99_ms for pair in self.standing],
                "talked": self.answers.leg.loop_delay_p99_ms,
            },
            "goals": [{"what": goal.what, "measured": goal.measured, "met": goal.met} for goal in self.goals],
            "attempts": self.attempts,
            "lost": self.lost,
            "mismatches": list(self.mismatches),
            "seconds": round(self.seconds, 1),
        }


def _ratio(engine: float, bare: float) -> float:
    return engine / bare if bare else 0.0


def _lines(leg: Leg, figures: Figures) -> dict[str, float]:
    average, most = ringing(leg, figures.filled_after_seconds)
    return {"ringing": round(average, 1), "most": most, "new_per_second": round(ends_per_second(leg), 1)}


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {name: round(percentile(values, share), 1) for name, share in (("p50", 0.5), ("p95", 0.95), ("max", 1.0))}


def _cpu(legs: Sequence[Leg]) -> dict[str, float]:
    """Medians over the legs."""
    found = {"placer": round(median(leg.per_call_ms(leg.placer_cpu_seconds) for leg in legs), 2)}
    for name in legs[0].others_cpu_seconds:
        found[name] = round(median(leg.per_call_ms(leg.others_cpu_seconds[name]) for leg in legs), 2)
    return found
