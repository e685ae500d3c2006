"""People who call a centre that also calls: Saitama's May, its peaks twice that, and a burst (T-043, 002 別紙5).

Nothing is faked but the people. What each caller heard is looked at on a tape of the whole call: that somebody spoke or
played within a second at every moment before the talk, and that who waited heard the city's greeting first.
"""

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from dialer.bench.ear_calls import spread
from dialer.bench.figures import BenchFailed
from dialer.config import ROOT, Dialling, Settings
from dialer.core.callers import NOT_COUNTED_WITHIN, InboundOutcome
from dialer.core.messages import MessagePurpose
from dialer.media.prompt_book import PromptBook, Sound
from dialer.media.speech import RATE, read_wav
from dialer.simulated import Scene, SimulatedCentre
from dialer.store.inbound_seen import InboundSeen
from simnet import arrivals
from simnet import log as network_log
from simnet.arrivals import Arrival, at_random, burst, patience
from simnet.callers import Caller, HearTone, Talk, showing
from simnet.log import CallRecord, Direction
from simnet.network import HUM_HERTZ
from simnet.ports import quiet_port
from simnet.subscribers import Behaviour, Subscriber, subscriber
from simnet.tape import heard_at

CITY = "saitama"
MAY_PER_HOUR = 163.0
TALK_SIGMA = 0.6
DIALLING = Dialling(min_ring_seconds=12.0, wrap_up_ends="time", shortest_talk_seconds=0.5, drain_seconds=300.0)
LOOK_SECONDS, MARGIN_SECONDS = 0.5, 60.0
SILENCE_GOAL_MS, JOIN_GOAL_MS = 1000, 200
GREETING_SECONDS, GREETING_EDGE = 2.0, 0.5  # so much of it must be on the tape, after its very beginning
JOIN_EDGE = 0.3  # seconds around the join in which the operator has yet to say something


@dataclass(frozen=True, slots=True)
class Habits:
    """No tender says how long people talk, wait, or write."""

    talk_median_seconds: float = 150.0
    longest_talk_seconds: float = 420.0
    patience_mean_seconds: float = 180.0
    longest_patience_seconds: float = 400.0
    wrap_up_seconds: float = 20.0


USUAL = Habits()


@dataclass(slots=True)
class CallersFigures:
    seconds: float = 0.0
    offered: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    given_up_soon: int = 0  # within 5 s: not counted
    waits: list[float] = field(default_factory=list)  # of who was talked to
    joined_ms: list[float] = field(default_factory=list)  # operator free to one bridge
    silences: list[float] = field(default_factory=list)  # the longest before the talk, of each, ms
    waited_long: int = 0
    greeted: int = 0
    codes: Counter[str] = field(default_factory=Counter)  # what the network saw
    not_in_records: int = 0
    without_outcome: int = 0
    dialled: int = 0
    persons_lost: int = 0
    mismatches: int = 0
    loop_delay_p99_ms: float = 0.0

    @property
    def answer_rate(self) -> float:
        counted = self.offered - self.given_up_soon
        return self.outcomes[InboundOutcome.TALKED] / counted if counted else 0.0

    @property
    def worked(self) -> bool:
        silent = sum(one > SILENCE_GOAL_MS for one in self.silences)
        missing = self.not_in_records + self.without_outcome + silent + (self.waited_long - self.greeted)
        return bool(self.offered) and not missing and not self.mismatches

    def as_dict(self) -> dict[str, Any]:
        return {
            "seconds": round(self.seconds, 1),
            "offered": self.offered,
            "outcomes": dict(self.outcomes),
            "given_up_within_5_s": self.given_up_soon,
            "answer_rate": round(self.answer_rate, 4),
            "waits_s": spread(self.waits),
            "operator_free_to_joined_ms": spread(self.joined_ms),
            "longest_silence_ms": spread(self.silences),
            "waited_for_an_operator": self.waited_long,
            "of_these_greeted": self.greeted,
            "network": dict(self.codes),
            "not_in_records": self.not_in_records,
            "without_outcome": self.without_outcome,
            "dialled": self.dialled,
            "persons_lost": self.persons_lost,
            "mismatches": self.mismatches,
            "loop_delay_p99_ms": self.loop_delay_p99_ms,
        }

    def lines(self) -> Iterator[str]:
        told = self.as_dict()
        outcomes = ", ".join(f"{name} {count}" for name, count in sorted(self.outcomes.items()))
        network = ", ".join(f"{name} {count}" for name, count in sorted(self.codes.items()))
        yield f"{self.offered} callers in {self.seconds:.0f} s: {outcomes}; the network saw {network}"
        yield f"  answered, without those gone within 5 s   {self.answer_rate:.1%} ({self.given_up_soon} gone)"
        yield f"  wait for an operator, s                   {_row(told['waits_s'])}"
        yield f"  operator free to the caller joined, ms    {_row(told['operator_free_to_joined_ms'])}   goal: p95 200"
        yield f"  longest silence before the talk, ms       {_row(told['longest_silence_ms'])}   goal: 1000"
        yield f"  heard the greeting, of those who waited   {self.greeted} of {self.waited_long}"
        yield f"  not in the records, without an outcome    {self.not_in_records}, {self.without_outcome}"
        yield (
            f"  calls placed meanwhile                    {self.dialled}, {self.persons_lost} persons met nobody, "
            f"{self.mismatches} mismatches of the three sources"
        )
        yield f"  the engine's loop late, ms                p99 {self.loop_delay_p99_ms:g}   goal: 20"


def _row(values: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in values.items()) or "none"


# --- who calls, and who is called


def caller(dials: str, number: int, chance: random.Random, habits: Habits = USUAL) -> Caller:
    """Waits for an operator's voice, says what the matter is, and talks."""
    drawn = habits.talk_median_seconds * float(np.exp(chance.gauss(0, TALK_SIGMA)))
    talk = round(min(habits.longest_talk_seconds, drawn), 1)
    gives_up = patience(chance, habits.patience_mean_seconds, habits.longest_patience_seconds)
    waits = HearTone(HUM_HERTZ, patience_seconds=gives_up)
    return Caller(dials, showing(f"025800{5000 + number % 1000:04d}"), (waits, Talk(talk)), keeps_tape=True)


def day(dials: str, minutes: float, per_hour: float, seed: int, habits: Habits = USUAL) -> list[Arrival]:
    """A third as usual, a third with twice as many, a third as usual."""
    third = minutes * 60 / 3
    found: list[Arrival] = []
    for part, rate in enumerate((per_hour, 2 * per_hour, per_hour)):
        base = len(found)

        def who(number: int, chance: random.Random, base: int = base) -> Caller:
            return caller(dials, base + number, chance, habits)

        found += at_random(rate, third, who, seed=seed * 10 + part, from_seconds=part * third)
    return found


def crowd(dials: str, count: int, seed: int, habits: Habits = USUAL) -> list[Arrival]:
    """So many within one second."""
    chance = random.Random(f"{seed}:burst")  # noqa: S311 (invented people)
    return burst([caller(dials, number, chance, habits) for number in range(count)])


def whom(count: int, seed: int) -> list[Subscriber]:
    """For the dialer to call meanwhile: most do not answer."""
    chance = random.Random(seed)  # noqa: S311 (invented people)
    people = []
    for place in range(count):
        number, rings = f"025800{place:04d}", round(chance.uniform(2, 10), 1)
        if chance.random() < 0.3:
            talk = round(chance.uniform(40, 150), 1)
            people.append(subscriber(number, Behaviour.PERSON, ring_seconds=rings, talk_seconds=talk))
        else:
            people.append(subscriber(number, Behaviour.NO_ANSWER))
    return people


# --- the run


async def bench_callers(
    settings: Settings,
    console: Console,
    *,
    seed: int = 1,
    operators: int = 34,
    minutes: float = 15.0,
    per_hour: float = MAY_PER_HOUR,
    burst_of: int = 0,
    lines: int = 80,
    habits: Habits = USUAL,
    folder: Path | None = None,
) -> CallersFigures:
    """`burst_of`: so many within one second instead of a day."""
    people = [] if burst_of else whom(round(minutes * 60), seed)
    dialling = DIALLING.model_copy(update={"wrap_up_seconds": habits.wrap_up_seconds})
    scene = Scene(CITY, people, operators, dialling, lines=lines, phones_hum=True, callers=True)
    async with SimulatedCentre(folder or settings.state_dir / "bench", settings.lib, scene) as centre:
        dials = centre.city.debts[0].caller_id
        coming = crowd(dials, burst_of, seed, habits) if burst_of else day(dials, minutes, per_hour, seed, habits)
        console.print(f"{operators} operators, {len(coming)} callers, {len(people)} people to call …", highlight=False)
        await centre.start_engine()
        await centre.until_manned()
        began = time.monotonic()
        records = await _call_in(centre, coming, habits.longest_patience_seconds + habits.longest_talk_seconds)
        figures = CallersFigures(seconds=time.monotonic() - began, offered=len(coming))
        figures.loop_delay_p99_ms = float(str(centre.engine_status().get("loop_delay_p99_ms", 0.0)))
        await _written(centre)
        await centre.stop_engine()
        figures.mismatches = len(await centre.mismatches())
        attempts = await centre.store.attempts_seen(CITY, centre.began)
        figures.dialled = len(attempts)
        figures.persons_lost = sum(one.answered and not one.joined for one in attempts)
        seen = await centre.store.inbound_seen(CITY, centre.began)
        await asyncio.to_thread(_heard, figures, records, seen, centre)
    return figures


async def _call_in(centre: SimulatedCentre, coming: Sequence[Arrival], longest_call: float) -> list[CallRecord]:
    """A network of its own for those who call; it ends when the last of them has hung up."""
    folder = centre.folder / "callers"
    folder.mkdir(mode=0o700, exist_ok=True)
    arrivals.write(folder / "callers.jsonl", coming)
    (folder / "subscribers.csv").write_text("number,behaviour\n", "utf-8")
    for old in folder.glob("*.wav"):
        old.unlink()
    (folder / "calls.jsonl").unlink(missing_ok=True)
    node = centre.settings.own_node
    argv = [sys.executable, "-m", "simnet", "--folder", str(folder), "--subscribers", str(folder / "subscribers.csv")]
    argv += ["--carrier-port", str(quiet_port()), "--exchange", f"{node.host}:{node.sip_port}"]
    argv += ["--callers", str(folder / "callers.jsonl"), "--speech", str(centre.settings.lib / "speech")]
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'sip-sim'}", "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}
    log = (folder / "network.log").open("wb")
    process = await asyncio.create_subprocess_exec(*argv, stdout=log, stderr=log, env=environment)
    longest = max(one.at_seconds for one in coming) + longest_call + MARGIN_SECONDS
    try:
        async with asyncio.timeout(longest):
            if await process.wait():
                raise BenchFailed(f"the callers' network failed (log: {folder / 'network.log'})")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        log.close()
    return [call for call in network_log.read(folder / "calls.jsonl") if call.direction is Direction.TO_EXCHANGE]


async def _written(centre: SimulatedCentre) -> None:
    deadline = time.monotonic() + 30.0
    while await centre.store.open_inbound(CITY) and time.monotonic() < deadline:
        await asyncio.sleep(LOOK_SECONDS)


def _heard(
    figures: CallersFigures, records: Sequence[CallRecord], seen: Sequence[InboundSeen], centre: SimulatedCentre
) -> None:
    figures.codes = Counter(str(one.final_code) for one in records)
    figures.outcomes = Counter(one.outcome or "none" for one in seen)
    figures.without_outcome = sum(one.outcome is None for one in seen)
    figures.not_in_records = len(records) - len(seen)
    greeting = _greeting(centre, seen)
    by_number: dict[str | None, list[CallRecord]] = {}
    for record in sorted(records, key=lambda one: one.invited_at):
        by_number.setdefault(record.from_number, []).append(record)
    for one in sorted(seen, key=lambda one: one.arrived_at):
        calls = by_number.get(one.number)
        if not calls:
            figures.not_in_records += 1
            continue
        _one(figures, one, calls.pop(0), greeting, centre.folder / "callers")


def _one(figures: CallersFigures, one: InboundSeen, call: CallRecord, greeting: Any, folder: Path) -> None:
    until = one.joined_at or one.ended_at
    waited = (until - one.arrived_at).total_seconds() if until else 0.0
    if one.outcome == InboundOutcome.ABANDONED and waited <= NOT_COUNTED_WITHIN.total_seconds():
        figures.given_up_soon += 1
    if one.outcome == InboundOutcome.TALKED:
        figures.waits.append(waited)
        if one.joined_after_ms is not None:
            figures.joined_ms.append(one.joined_after_ms)
    if call.answered_at is None:
        return
    edge = until.timestamp() - JOIN_EDGE if until else call.ended_at
    before = [silence.ms for silence in call.silences if silence.at + silence.ms / 1000 < edge]
    figures.silences.append(max(before, default=0))
    if one.waits_at is None or until is None or (until - one.waits_at).total_seconds() < GREETING_SECONDS + 1:
        return
    figures.waited_long += 1
    if call.recording is not None:
        at = heard_at(read_wav(folder / call.recording), greeting, seconds=GREETING_SECONDS)
        figures.greeted += at is not None and at < GREETING_SECONDS + GREETING_EDGE


def _greeting(centre: SimulatedCentre, seen: Sequence[InboundSeen]) -> Any:
    """As it was played, whoever was called."""
    book = PromptBook(centre.settings.prompts, drafts=True)
    now: datetime = centre.began
    found = book.sound(CITY, MessagePurpose.WAITING, centre.city.debts[0].key, now)
    if not isinstance(found, Sound):
        raise BenchFailed(f"there is no greeting for who waits: {found.reason}")
    return read_wav(found.path)[round(GREETING_EDGE * RATE) :]  # the first packet may come before the tape runs
