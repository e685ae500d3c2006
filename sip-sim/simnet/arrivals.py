"""When callers come: all at once, or by chance at a rate; and the file in which a crowd of them is kept.

Chance comes from a seed, so a crowd repeats itself. Every crowd is finite and ends when its last call has ended.
"""

import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from simnet.callers import (
    Caller,
    HearBegin,
    HearEnd,
    HearTone,
    Press,
    Say,
    Shows,
    Stay,
    Step,
    Talk,
    Wait,
)

STEPS: dict[str, type[Step]] = {
    kind.__name__: kind for kind in (Wait, Stay, HearBegin, HearEnd, HearTone, Press, Say, Talk)
}
SHORTEST_PATIENCE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Arrival:
    at_seconds: float  # from the beginning of the crowd
    caller: Caller


class CallersFileWrong(Exception):
    """A line of it is no caller."""


def burst(callers: Sequence[Caller], within_seconds: float = 1.0) -> list[Arrival]:
    """One after the other, evenly."""
    return [Arrival(within_seconds * number / len(callers), caller) for number, caller in enumerate(callers)]


def at_random(
    per_hour: float,
    seconds: float,
    caller: Callable[[int, random.Random], Caller],
    *,
    seed: int = 0,
    from_seconds: float = 0.0,
) -> list[Arrival]:
    """Poisson: each comes as if there were no others. `caller` makes the n-th, with chance for what he does.

    An hour with a peak in it is several of these, one after the other (`from_seconds`, another seed) or together.
    """
    chance = random.Random(f"{seed}:arrivals")
    found: list[Arrival] = []
    at = chance.expovariate(per_hour / 3600)
    while at < seconds:
        who = caller(len(found), random.Random(f"{seed}:{len(found)}"))
        found.append(Arrival(round(from_seconds + at, 3), who))
        at += chance.expovariate(per_hour / 3600)
    return found


def patience(chance: random.Random, mean_seconds: float, longest_seconds: float) -> float:
    """How long somebody waits: as likely to give up in this second as in the next (Erlang A), and never for ever."""
    return round(min(longest_seconds, max(SHORTEST_PATIENCE_SECONDS, chance.expovariate(1 / mean_seconds))), 2)


def write(path: Path, arrivals: Iterable[Arrival]) -> None:
    """One JSON object a line."""
    path.write_text("".join(json.dumps(_as_json(one), ensure_ascii=False) + "\n" for one in arrivals), "utf-8")


def read(path: Path) -> list[Arrival]:
    found = []
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as wrong:
        raise CallersFileWrong(f"{path.name}: cannot be read as UTF-8 text ({wrong})") from None
    for number, line in enumerate(lines, start=1):
        try:
            found.append(_from_json(json.loads(line)))
        except (ValueError, KeyError, TypeError) as wrong:
            raise CallersFileWrong(f"{path.name} line {number}: no caller ({wrong})") from None
    return found


def _as_json(one: Arrival) -> dict[str, object]:
    steps = [{"step": type(step).__name__, **asdict(step)} for step in one.caller.steps]
    return {"at_seconds": one.at_seconds, "caller": {**asdict(one.caller), "steps": steps}}


def _from_json(value: dict[str, Any]) -> Arrival:
    caller = value["caller"]
    shows = {**caller["shows"], "more": tuple(caller["shows"].get("more", ()))}
    steps = tuple(_step(one) for one in caller["steps"])
    return Arrival(float(value["at_seconds"]), Caller(**{**caller, "shows": Shows(**shows), "steps": steps}))


def _step(value: dict[str, Any]) -> Step:
    kind = STEPS[value["step"]]
    return kind(**{name: given for name, given in value.items() if name != "step"})
