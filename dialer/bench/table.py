"""The figures as a person reads them: ratios first, what they were made of below."""

from collections.abc import Iterator, Mapping
from typing import Any

from dialer.bench.figures import Figures, Goal


def lines(figures: Figures) -> list[str]:
    told = figures.as_dict()
    return [
        *(_goal(goal) for goal in figures.goals),
        "",
        *_rate(told["calls_per_second"]),
        *_standing(told["simultaneous_calls"]),
        *_answered(told["answered"]),
        *_cost(told["cpu_ms_per_call"], told["loop_delay_p99_ms"]),
        "",
        *_account(figures),
    ]


def _goal(goal: Goal) -> str:
    return f"{goal.what:30} {goal.measured:>8g}   goal: {goal.limit}: {'met' if goal.met else 'NOT met'}"


def _rate(rate: Mapping[str, Any]) -> Iterator[str]:
    made = f"engine {_row(rate['engine'])}, bare loop {_row(rate['bare'])}"
    yield f"calls a second: {made}; ratios {_row(rate['ratios'])}"
    yield (
        f"  {rate['calls_per_leg']} calls a leg, {rate['at_once']} at once, each rings a moment and is rejected; "
        f"at most {rate['most_starts_in_a_second']} began in one second (trunk limit {rate['trunk_limit']:g})"
    )


def _standing(standing: Mapping[str, Any]) -> Iterator[str]:
    for engine, bare in zip(standing["engine"], standing["bare"], strict=True):
        yield (
            f"simultaneous calls on {standing['lines']} lines: engine {_ringing(engine)}; bare loop {_ringing(bare)}"
        )


def _ringing(leg: Mapping[str, float]) -> str:
    return f"{leg['ringing']:g} ringing on average, {leg['most']:g} at most, {leg['new_per_second']:g} new a second"


def _answered(answered: Mapping[str, Any]) -> Iterator[str]:
    yield f"{answered['persons']} persons answered, {answered['operators']} operators:"
    yield f"  answer to join, Asterisk's stamps      {_spread(answered['join_ms'])}"
    yield f"  answer to first audio, at the far end  {_spread(answered['heard_ms'])}"


def _spread(spread: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:g} ms" for name, value in spread.items())


def _cost(cpu: Mapping[str, Mapping[str, float]], delay: Mapping[str, Any]) -> Iterator[str]:
    names = {
        "short": "rejected calls",
        "short_bare": "the same, bare loop",
        "ringing": "ringing calls",
        "talked": "joined calls",
    }
    yield "processor ms a call (medians):"
    for key, name in names.items():
        who = "bare loop" if key.endswith("bare") else "engine"
        others = ", ".join(f"{part} {value:g}" for part, value in cpu[key].items() if part != "placer")
        yield f"  {name:22} {who} {cpu[key]['placer']:g} ({others})"
    yield (
        f"engine loop delay p99, ms: rejected {_row(delay['short'])}, "
        f"ringing {_row(delay['ringing'])}, joined {delay['talked']:g}"
    )


def _row(values: list[float]) -> str:
    return " ".join(f"{value:g}" for value in values)


def _account(figures: Figures) -> Iterator[str]:
    yield f"{figures.attempts} attempts; calls lost: {figures.lost}; {figures.seconds:.0f} s in all"
    if not figures.mismatches:
        yield "attempts, Asterisk's record and the network's log agree call by call"
        return
    yield f"the three sources disagree in {len(figures.mismatches)} places:"
    yield from (f"  {one}" for one in figures.mismatches[:20])
