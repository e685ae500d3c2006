"""A shift of operators at their desks: telephones, talks, recordings, and every one of them using the desk's pages.

Nothing is faked but the people: their subscribers answer and talk, the operators' telephones are registered endpoints,
and what an operator does goes through HTTPS like a browser's. The ear knows these people's greetings; how well it knows
strangers is another figure.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from dialer.bench.ear_calls import spread
from dialer.bench.figures import BenchFailed, at_once
from dialer.bench.floor_page import FloorPage
from dialer.bench.shift_people import RINGS_SECONDS, TALK_SECONDS, day_like_it, silent_for_each, whom
from dialer.config import Dialling, Hearing, Settings
from dialer.core.pacing.record import written
from dialer.core.pacing.values import PaceRules
from dialer.core.values import OperatorState, Outcome
from dialer.simulated import Scene, SimulatedCentre
from dialer.simulated_desks import Manner, read_all, watch
from dialer.simulated_greetings import MACHINES, PERSONS
from dialer.store.figures import AttemptRecord
from dialer.trials.trial import day_before

CITY = "nagaoka"
MARGIN_SECONDS = 240.0
LOOK_SECONDS = 0.5
DIALLING = Dialling(min_ring_seconds=12.0, wrap_up_seconds=20.0, shortest_talk_seconds=0.5, drain_seconds=60.0)
MANNER = Manner(identify_seconds=3.0, wrap_up_seconds=(2.0, 12.0))

AHEAD = DIALLING.model_copy(update={"mode": "predictive", "min_ring_seconds": RINGS_SECONDS})
FILLS_SECONDS = 20.0  # until they are in use
BEFORE_DRY = 0.8  # of the calls: those put off and the last ones come one by one
WAITED_MS = 200.0  # longer is a wait for an operator: to be joined to one who is free takes a few


@dataclass(slots=True)
class Shift:
    operators: int
    people: int
    supervisors: int = 0
    in_flight: tuple[float, int] = (0.0, 0)  # calls: on average, and the most
    page: FloorPage | None = None  # in a browser that watches the floor
    seconds: float = 0.0
    talks: int = 0
    results: int = 0
    without_result: int = 0
    waited: int = 0  # persons who met an operator later than one who is free would have come
    lost: int = 0  # persons who answered and met nobody
    mismatches: int = 0
    joined_ms: list[float] = field(default_factory=list)  # from the verdict to one bridge with the operator
    heard_ms: list[float] = field(default_factory=list)  # from the verdict to the operator's voice in the person's ear
    shown_ms: list[float] = field(default_factory=list)  # from the join to the whole case at the operator's page
    seen_ms: list[float] = field(default_factory=list)  # from the join to the talk at each supervisor's page
    answers_ms: Mapping[str, list[float]] = field(default_factory=dict)
    loop_delay_p99_ms: float = 0.0

    @property
    def worked(self) -> bool:
        return self.talks > 0 and self.results == self.talks and not self.without_result and not self.mismatches

    def as_dict(self) -> dict[str, Any]:
        return {
            "operators": self.operators,
            "supervisors": self.supervisors,
            "people": self.people,
            "calls_in_flight": {"mean": round(self.in_flight[0], 1), "most": self.in_flight[1]},
            "seconds": round(self.seconds, 1),
            "talks": self.talks,
            "results": self.results,
            "without_result": self.without_result,
            "waited": self.waited,
            "lost": self.lost,
            "mismatches": self.mismatches,
            "joined_after_verdict_ms": spread(self.joined_ms),
            "heard_after_verdict_ms": spread(self.heard_ms),
            "shown_after_join_ms": spread(self.shown_ms),
            "seen_after_join_ms": spread(self.seen_ms),
            "answers_ms": {what: spread(values) for what, values in sorted(self.answers_ms.items())},
            "loop_delay_p99_ms": self.loop_delay_p99_ms,
            **({"floor_page": self.page.as_dict()} if self.page else {}),
        }

    def lines(self) -> Iterator[str]:
        told = self.as_dict()
        yield (
            f"{self.operators} operators, {self.supervisors} supervisors, {self.people} people, {self.seconds:.0f} s: "
            f"{self.talks} talks, "
            f"{self.results} results entered at the desk, {self.without_result} missing, "
            f"{self.waited} persons waited for an operator, {self.lost} met nobody, "
            f"{self.mismatches} mismatches of the three sources"
        )
        yield f"  calls in flight                           {self.in_flight[0]:.0f}, at most {self.in_flight[1]}"
        yield f"  verdict to one bridge, ms                 {_row(told['joined_after_verdict_ms'])}"
        yield f"  verdict to the operator's voice, ms       {_row(told['heard_after_verdict_ms'])}   goal: p95 60"
        yield f"  join to the case at the desk, ms          {_row(told['shown_after_join_ms'])}   goal: p95 200"
        if self.supervisors:
            yield f"  join to a supervisor's page, ms           {_row(told['seen_after_join_ms'])}   goal: 300"
        if self.page:
            yield self.page.line()
        for what, values in told["answers_ms"].items():
            yield f"  {what:<41} {_row(values)}"
        yield f"  the engine's loop late, ms                p99 {self.loop_delay_p99_ms:g}   goal: 20"


def _in_flight(calls: Sequence[tuple[float, float]]) -> tuple[float, int]:
    """From when the lines can be full until the list runs dry."""
    if not calls:
        return 0.0, 0
    placed = sorted(since for since, _ in calls)
    return at_once(calls, placed[0] + FILLS_SECONDS, placed[int(len(placed) * BEFORE_DRY)])


def _row(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in values.items()) or "none"


async def bench_shift(
    settings: Settings,
    console: Console,
    page: FloorPage | None = None,
    *,
    seed: int = 1,
    operators: int = 34,
    supervisors: int = 0,
    readers: int = 0,
    rounds: int = 4,
    lines: int | None = None,
    talk_seconds: tuple[float, float] = TALK_SECONDS,
    manner: Manner = MANNER,
    folder: Path | None = None,
) -> Shift:
    """Each operator has so many talks, one person after another. `lines`: dial ahead until so many are in use."""
    persons = operators * rounds
    people = whom(seed, persons, talk_seconds, round(persons * silent_for_each(operators, lines)) if lines else 0)
    scene = Scene(
        CITY,
        people,
        operators,
        AHEAD if lines else DIALLING,
        lines=lines or operators + 10,
        hearing=Hearing(early_media=False, learn_greetings=False),
        known={**MACHINES, **PERSONS},
        phones_hum=True,
        desks=manner,
        supervisors=[watch] * supervisors + ([page.watch] if page else []),
        readers=[read_all] * readers,
        cases_at_once=False,
    )
    console.print(f"{operators} operators, {len(people)} people …", highlight=False)
    async with SimulatedCentre(folder or settings.state_dir / "bench", settings.lib, scene) as centre:
        if lines:
            taught = day_before(day_like_it(operators, lines, talk_seconds, manner), PaceRules(), seed)
            await centre.store.save_learned_pace(CITY, written(taught), datetime.now(UTC))
        await centre.start_engine()
        await _all_at_work(centre)
        began = time.monotonic()
        await centre.add_cases(people, datetime.now(UTC))
        await _worked_off(centre, began + MARGIN_SECONDS + rounds * (TALK_SECONDS[1] + manner.wrap_up_seconds[1]))
        figures = Shift(operators, len(people), supervisors, page=page, seconds=time.monotonic() - began)
        figures.loop_delay_p99_ms = float(str(centre.engine_status().get("loop_delay_p99_ms", 0.0)))
        figures.without_result = len(await centre.store.awaited_results(CITY, centre.began))
        timings = await centre.desks_over()
        await centre.stop_engine()
        figures.mismatches = len(await centre.mismatches())
        answers: dict[str, list[float]] = defaultdict(list)
        shown: dict[str, float] = {}
        floors = [one.seen for one in timings if one.seen]
        for one in timings:
            shown |= one.shown
            for what, seconds in one.answers.items():
                answers[what] += [1000 * value for value in seconds]
        figures.answers_ms = answers
        figures.results = len(answers["POST /desk/results"])
        calls = centre.network_calls()
        figures.in_flight = _in_flight([(call.invited_at, call.ended_at) for call in calls])
        voices: dict[str, list[float]] = defaultdict(list)
        for call in calls:
            voices[call.number] += [] if call.first_heard_at is None else [call.first_heard_at]
        for seen in await centre.store.attempts_seen(CITY, centre.began):
            record = await centre.store.evidence(seen.attempt)
            if record is None:
                continue
            if record.outcome is Outcome.TALKED:
                _talked(figures, record, voices[seen.number], shown.get(seen.attempt))
                _seen(figures, record, [floor.get(seen.attempt) for floor in floors])
            elif seen.answered:
                figures.lost += 1
    return figures


async def _all_at_work(centre: SimulatedCentre) -> None:
    """Signed in, seated and ready: a centre opens when its people are there."""
    deadline = time.monotonic() + MARGIN_SECONDS
    while True:
        told = centre.engine_status().get("operators")
        states = list(told.values()) if isinstance(told, dict) else []
        if len(states) == centre.scene.operators and set(states) == {OperatorState.FREE.value}:
            return
        if time.monotonic() > deadline:
            raise BenchFailed(f"not all at work in time: {sorted(states)} (logs: {centre.folder / 'log'})")
        await asyncio.sleep(LOOK_SECONDS)


async def _worked_off(centre: SimulatedCentre, deadline: float) -> None:
    """Nobody is left to be called, and what was said has been entered."""
    while True:
        due = await centre.store.cases_due(CITY, datetime.now(UTC))
        calls = centre.engine_status().get("calls")
        awaited: Sequence[object] = await centre.store.awaited_results(CITY, centre.began)
        if not due and not calls and not awaited:
            return
        if time.monotonic() > deadline:
            raise BenchFailed(f"not done in time: {due} due, {len(awaited)} results (logs: {centre.folder / 'log'})")
        await asyncio.sleep(LOOK_SECONDS)


def _talked(figures: Shift, record: AttemptRecord, voices: Sequence[float], shown_at: float | None) -> None:
    figures.talks += 1
    verdict = min((event.at for event in record.events if event.kind == "ear_heard"), default=None)
    joined = record.moments.get("joined_at")
    if joined is None:
        return
    if shown_at is not None:
        figures.shown_ms.append((shown_at - joined.timestamp()) * 1000)
    if verdict is None:
        return
    took_ms = (joined - verdict).total_seconds() * 1000
    if took_ms > WAITED_MS:
        figures.waited += 1
        return
    figures.joined_ms.append(took_ms)
    voice_at = min((at for at in voices if at >= verdict.timestamp()), default=None)  # of this call of the number
    if voice_at is not None:
        figures.heard_ms.append((voice_at - verdict.timestamp()) * 1000)


def _seen(figures: Shift, record: AttemptRecord, moments: Sequence[float | None]) -> None:
    joined = record.moments.get("joined_at")
    if joined is not None:
        figures.seen_ms += [(moment - joined.timestamp()) * 1000 for moment in moments if moment is not None]
