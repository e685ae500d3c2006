"""`./run bench pacing-live`: predictive pacing with the real engine and Asterisk, beside trials of such a day.

The same kind of people: who answers after how long, and how long they talk. Talks are short, so that some minutes hold
as many as an hour does. A trial counts the same minutes of its day as life does, and begins with the same tables: a day
that has left two alone among its first persons is careful for minutes, so short days differ widely among themselves.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from dialer.config import Dialling, Settings
from dialer.core.pacing.record import read, written
from dialer.core.pacing.values import PaceRules
from dialer.core.values import Outcome
from dialer.simulated import Scene, SimulatedCentre
from dialer.simulated_operators import man
from dialer.store.postgres import PostgresStore
from dialer.trials.day import Day
from dialer.trials.figures import Figures as Tried
from dialer.trials.people import Fate, People
from dialer.trials.policy import LookAhead, Policy, Progressive
from dialer.trials.scenario import Lasting, Numbers, Scenario
from dialer.trials.trial import day_before
from simnet.subscribers import Behaviour, Subscriber, subscriber

CITY = "nagaoka"
SET_UP_SECONDS = 0.3
WRAP_UP_SECONDS = 7.0  # to the second, which no operator is: in the middle of a step of what is learned
RINGS_SECONDS = 10.0
WARM_UP_SECONDS = 30.0  # until everybody has had a call
TRIALS = 40
AFTER_SECONDS = 60.0  # of a trial's day: what is counted ends before anybody thinks of closing
GOAL_APART = 0.03
PEOPLE = (
    Numbers(
        human=0.35, machine=0.0, busy=0.1, dead=0.0, answer_median_s=4.0, answer_sigma=0.5, set_up_s=SET_UP_SECONDS
    ),
)


def scenario(operators: int) -> Scenario:
    return Scenario(
        seats=operators,
        hours=1.0,
        talk=Lasting(median_s=12.0, sigma=0.5),
        wrap=Lasting(median_s=WRAP_UP_SECONDS, sigma=0.0),
        numbers=PEOPLE,
        ring_limit_s=RINGS_SECONDS,
    )


@dataclass(frozen=True, slots=True)
class Figures:
    operators: int
    seconds: float
    utilisation: float
    persons: int
    left_alone: int
    in_trials: tuple[float, ...]  # utilisation of each
    abandoned_in_trials: float
    progressive: float
    mismatches: int
    loop_delay_p99_ms: float

    @property
    def worked(self) -> bool:
        return self.persons > 0 and not self.mismatches

    @property
    def mean_in_trials(self) -> float:
        return float(np.mean(self.in_trials))

    def share_in_trials(self, percent: float) -> float:
        return float(np.percentile(self.in_trials, percent))

    def as_dict(self) -> dict[str, Any]:
        return {
            "operators": self.operators,
            "seconds": round(self.seconds, 1),
            "utilisation": round(self.utilisation, 4),
            "persons": self.persons,
            "left_alone": self.left_alone,
            "utilisation_in_trials": round(self.mean_in_trials, 4),
            "utilisation_in_trials_p10_p90": [round(self.share_in_trials(percent), 4) for percent in (10, 90)],
            "abandoned_in_trials": round(self.abandoned_in_trials, 5),
            "utilisation_progressive": round(self.progressive, 4),
            "mismatches": self.mismatches,
            "loop_delay_p99_ms": self.loop_delay_p99_ms,
        }

    def lines(self) -> Iterator[str]:
        apart = self.utilisation - self.mean_in_trials
        met = "met" if abs(apart) <= GOAL_APART else "NOT met"
        yield f"{self.operators} operators, {self.seconds:.0f} s: {self.persons} persons, {self.left_alone} left alone"
        yield f"  operators busy           {self.utilisation * 100:5.1f} %"
        in_trials = self.mean_in_trials * 100
        yield f"  in trials of such a day  {in_trials:5.1f} %   {apart * 100:+.1f} points (goal 3: {met})"
        least, most = (self.share_in_trials(percent) * 100 for percent in (10, 90))
        yield f"  eight trials in ten      {least:5.1f} % to {most:.1f} %"
        yield f"  left alone in trials     {self.abandoned_in_trials * 100:5.2f} %"
        yield f"  one call for each        {self.progressive * 100:5.1f} %"
        yield f"  mismatches of the three sources {self.mismatches}; the loop late {self.loop_delay_p99_ms} ms (p99)"


async def bench_pacing_live(
    settings: Settings,
    console: Console,
    *,
    seed: int = 1,
    operators: int = 10,
    minutes: float = 10.0,
    ahead: bool = True,
    warm_up_seconds: float = WARM_UP_SECONDS,
    trials: int = TRIALS,
    folder: Path | None = None,
) -> Figures:
    """`ahead`: predictive; else one call for each operator who is free, in life as in the trials."""
    day, rules = scenario(operators), PaceRules()
    calls = round(operators * minutes * 12) + 200
    dialling = Dialling(
        mode="predictive" if ahead else "progressive",
        min_ring_seconds=RINGS_SECONDS,
        wrap_up_seconds=WRAP_UP_SECONDS,
        wrap_up_ends="time",
        drain_seconds=90.0,
    )
    scene = Scene(CITY, whom(day, seed, calls), operators, dialling, lines=6 * operators, calls_per_second=20)
    console.print(f"{operators} operators, {calls} people, {minutes:g} minutes …", highlight=False)
    learned = day_before(day, rules, seed)
    async with SimulatedCentre(folder or settings.state_dir / "bench", settings.lib, scene) as centre:
        await centre.store.save_learned_pace(CITY, written(learned), datetime.now(UTC))
        await centre.start_engine()
        await man(centre.store, CITY, centre.settings.phones)
        await asyncio.sleep(warm_up_seconds)
        began, before = datetime.now(UTC), _left_alone(centre)
        ends = time.monotonic() + minutes * 60.0
        while time.monotonic() < ends:
            await asyncio.sleep(1.0)
        ended, left_alone, status = datetime.now(UTC), _left_alone(centre) - before, centre.engine_status()
        await centre.stop_engine()
        busy, persons = await _worked(centre.store, centre.began, began, ended)
        mismatches = len(await centre.mismatches())
    counted = (warm_up_seconds, warm_up_seconds + minutes * 60.0)
    tried = [
        _tried(day, LookAhead(rules, read(written(learned))) if ahead else Progressive(), counted, one)
        for one in range(trials)
    ]
    plain = _tried(day, Progressive(), counted, seed)
    seconds = (ended - began).total_seconds()
    return Figures(
        operators,
        seconds,
        busy / (operators * seconds),
        persons,
        left_alone,
        tuple(one.utilisation for one in tried),
        sum(one.left_alone for one in tried) / sum(one.persons for one in tried),
        plain.utilisation,
        mismatches,
        float(str(status.get("loop_delay_p99_ms", 0.0))),
    )


def _tried(day: Scenario, policy: Policy, counted: tuple[float, float], seed: int) -> Tried:
    since, until = counted
    whole = day.with_size(None, (until + AFTER_SECONDS) / 3600.0)
    return Day(whole, policy, seed).run(since, until)


def whom(day: Scenario, seed: int, calls: int) -> list[Subscriber]:
    people = People(day, seed)
    return [_subscriber(f"025800{place:04d}", people.fate(0.0), people) for place in range(calls)]


def _subscriber(number: str, fate: Fate, people: People) -> Subscriber:
    if fate.is_person:
        talk, _ = people.talk(0.0)
        told = {"setup_seconds": fate.rings_from, "ring_seconds": fate.rings or 0.0, "talk_seconds": talk}
        return subscriber(number, Behaviour.PERSON, **{name: round(seconds, 2) for name, seconds in told.items()})
    behaviour = Behaviour.BUSY if fate.rings is None else Behaviour.NO_ANSWER
    return subscriber(number, behaviour, setup_seconds=round(fate.rings_from, 2))


def _left_alone(centre: SimulatedCentre) -> int:
    """As the engine counts them: also those who met an operator later than they should."""
    told = centre.engine_status().get("pace")
    return int(told["left_alone"]) if isinstance(told, dict) else 0


async def _worked(store: PostgresStore, since: datetime, began: datetime, ended: datetime) -> tuple[float, int]:
    """Seconds of talk and of the work after it between two moments; persons who answered then."""
    busy, persons = 0.0, 0
    for seen in await store.attempts_seen(CITY, since):
        record = await store.evidence(seen.attempt)
        if record is None or record.outcome not in (Outcome.TALKED, Outcome.ABANDONED):
            continue
        moments = record.moments
        persons += "answered_at" in moments and began <= moments["answered_at"] < ended
        if "joined_at" in moments and "ended_at" in moments:
            until = min(moments["ended_at"] + timedelta(seconds=WRAP_UP_SECONDS), ended)
            busy += max(0.0, (until - max(moments["joined_at"], began)).total_seconds())
    return busy, persons
