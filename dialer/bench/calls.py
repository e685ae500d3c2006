"""`./run bench calls`: the engine against a bare loop that only originates, on one Asterisk and one network.

The legs take turns (engine, bare loop, engine …) so that a slow minute of the machine strikes both. While the bare loop
has its turn the engine is stopped, but its operators' legs stay up: Asterisk and the network carry the same load.
"""

import asyncio
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from dialer.ami import AmiLink
from dialer.bench import people
from dialer.bench.bare import Ends, Order, place
from dialer.bench.cpu import cpu_seconds, tree_cpu_seconds
from dialer.bench.figures import Answers, BenchFailed, Figures, Leg, Pair, Seen
from dialer.config import Dialling, Settings
from dialer.core.values import Lead, OperatorState, Outcome
from dialer.main import SystemClock
from dialer.simulated import Scene, SimulatedCentre
from simnet.log import CallRecord
from simnet.subscribers import Subscriber

CITY = "nagaoka"
MOST_CALLS_PER_SECOND = 100.0  # the settings allow a trunk no more; the calls are long enough to stay below it
NEW_CALLS_PER_SECOND = 10.0
TIMEOUT_SECONDS = 20.0  # of the bare loop's short calls; never reached
LEAD_SECONDS = 2.0  # from the import of a leg's cases until they are due
READY_SECONDS = 60.0
LEG_SECONDS = 240.0
LOGGED_SECONDS = 10.0
LOOK_SECONDS = 0.5  # seldom, so that looking costs nothing

BARE_SHORT, BARE_STANDING = 90, 91  # blocks of numbers; the engine's legs count from 0
BARE = "bare"

DIALLING = Dialling(
    set_up_seconds=5.0,
    wrap_up_seconds=0.2,
    wrap_up_ends="time",
    shortest_talk_seconds=1.0,
    drain_seconds=30.0,
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is called. The tests take a small sample of the same."""

    pairs: int = 3
    short_calls: int = 1600  # a leg; about 20 s
    operators: int = 34
    persons: int = 200
    standing_pairs: int = 1
    lines: int = 120
    standing_calls: int = 300
    ring_seconds: float = 13.0  # with ten new calls a second just longer than it takes to fill 120 lines


async def bench_calls(
    settings: Settings, console: Console, *, seed: int = 1, sizes: Sizes | None = None, folder: Path | None = None
) -> Figures:
    """All of it in one run: nothing is started anew but the engine."""
    sizes = sizes or Sizes()
    began = time.monotonic()
    bench = _Bench(folder or settings.state_dir / "bench", settings.lib, console, seed, sizes)
    shutil.rmtree(bench.centre.instance.recordings, ignore_errors=True)  # of the bench before
    async with bench.centre:
        throughput = [await bench.short_pair(turn) for turn in range(sizes.pairs)]
        answers = await bench.answers()
        standing = [await bench.standing_pair(turn) for turn in range(sizes.standing_pairs)]
        attempts = await bench.centre.store.attempts_seen(CITY, bench.centre.began)
        mismatches = await bench.centre.mismatches(besides=bench.bare_numbers)
    return Figures(
        seed=seed,
        at_once=sizes.operators,
        trunk_calls_per_second=MOST_CALLS_PER_SECOND,
        throughput=throughput,
        lines=sizes.lines,
        new_calls_per_second=NEW_CALLS_PER_SECOND,
        filled_after_seconds=sizes.lines / NEW_CALLS_PER_SECOND + 1.0,
        standing=standing,
        answers=answers,
        mismatches=[f"{one.attempt or '-'} {one.what}" for one in mismatches],
        attempts=len(attempts),
        seconds=time.monotonic() - began,
    )


class _Bench:
    def __init__(self, folder: Path, lib: Path, console: Console, seed: int, sizes: Sizes) -> None:
        self._console, self._sizes = console, sizes
        turns = range(sizes.pairs)
        self._short = [people.refusing(seed, turn, sizes.short_calls) for turn in turns]
        self._short_bare = people.refusing(seed, BARE_SHORT, sizes.short_calls)
        self._persons = people.answering(seed, sizes.pairs, sizes.persons)
        block = sizes.pairs + 1
        self._standing = [people.ringing_on(block + turn, sizes.standing_calls) for turn in range(sizes.standing_pairs)]
        self._standing_bare = people.ringing_on(BARE_STANDING, sizes.standing_calls)
        legs = [*self._short, self._short_bare, self._persons, *self._standing, self._standing_bare]
        phones = max(sizes.operators, sizes.lines)
        scene = Scene(
            CITY,
            [one for leg in legs for one in leg],
            phones,
            DIALLING.model_copy(update={"min_ring_seconds": sizes.ring_seconds}),
            lines=phones,
            calls_per_second=MOST_CALLS_PER_SECOND,
            cases_at_once=False,
        )
        self.bare_numbers = people.numbers(self._short_bare) | people.numbers(self._standing_bare)
        self.centre = SimulatedCentre(folder, lib, scene)

    # --- what is measured

    async def short_pair(self, turn: int) -> Pair:
        sizes = self._sizes
        self._console.print(f"calls a second, pair {turn + 1} of {sizes.pairs} …", highlight=False)
        engine = await self._engine_leg(
            self._short[turn], Outcome.REJECTED, operators=sizes.operators, calls_per_second=MOST_CALLS_PER_SECOND
        )
        bare = await self._bare_leg(self._short_bare, f"{BARE}-short-{turn}", sizes.operators, TIMEOUT_SECONDS, None)
        return Pair(engine, bare)

    async def standing_pair(self, turn: int) -> Pair:
        sizes = self._sizes
        self._console.print(
            f"{sizes.lines} lines at once, pair {turn + 1} of {sizes.standing_pairs} …", highlight=False
        )
        engine = await self._engine_leg(
            self._standing[turn], Outcome.NO_ANSWER, operators=sizes.lines, calls_per_second=NEW_CALLS_PER_SECOND
        )
        timeout = people.SETUP_SECONDS + sizes.ring_seconds
        name = f"{BARE}-standing-{turn}"
        bare = await self._bare_leg(self._standing_bare, name, sizes.lines, timeout, NEW_CALLS_PER_SECOND)
        return Pair(engine, bare)

    async def answers(self) -> Answers:
        operators = self._sizes.operators
        self._console.print(f"{len(self._persons)} persons answer, {operators} operators …", highlight=False)
        leg = await self._engine_leg(
            self._persons, Outcome.TALKED, operators=operators, calls_per_second=NEW_CALLS_PER_SECOND
        )
        heard = [
            (call.first_packet_at - call.answered_at) * 1000
            for call in self._logged(self._persons)
            if call.first_packet_at is not None and call.answered_at is not None
        ]
        return Answers(operators, await self._join_ms(), heard, leg)

    async def _join_ms(self) -> list[float]:
        store, found = self.centre.store, []
        for seen in await store.attempts_seen(CITY, self.centre.began):
            record = await store.evidence(seen.attempt) if seen.joined else None
            if record is not None:
                waited = record.moments["joined_at"] - record.moments["answered_at"]
                found.append(waited.total_seconds() * 1000)
        return found

    # --- one leg

    async def _engine_leg(
        self, whom: Sequence[Subscriber], expected: Outcome, *, operators: int, calls_per_second: float
    ) -> Leg:
        centre = self.centre
        trunk = centre.settings.trunk.model_copy(update={"lines": operators, "calls_per_second": calls_per_second})
        settings = centre.settings.model_copy(update={"operator_phones": operators, "trunk": trunk})
        await centre.start_engine(settings)
        await self._until(
            lambda: _stands_ready(centre.engine_status(), operators), READY_SECONDS, "the engine is ready"
        )
        began = datetime.now(UTC)
        await centre.add_cases(whom, began + timedelta(seconds=LEAD_SECONDS))
        pid = centre.supervisor.pid("engine")
        meter = self._meter(pid)
        done: dict[Outcome, int] = {}
        deadline = time.monotonic() + LEG_SECONDS
        while sum(done.values()) < len(whom):
            if time.monotonic() > deadline:
                raise BenchFailed(f"after {LEG_SECONDS:.0f} s the engine has ended {sum(done.values())} of {len(whom)}")
            await asyncio.sleep(LOOK_SECONDS)
            done = await centre.store.outcome_counts(CITY, began)
        used = _used(meter, self._meter(pid))
        delay = centre.engine_status()["loop_delay_p99_ms"]
        assert isinstance(delay, int | float)
        await centre.stop_engine()
        seen = await self._all_logged(whom)
        lost = max(len(whom) - done.get(expected, 0), len(whom) - len(seen), 0)
        return Leg(
            len(whom),
            lost,
            [_seen(call) for call in seen],
            used.pop("placer"),
            used,
            float(delay),
        )

    async def _bare_leg(
        self, whom: Sequence[Subscriber], name: str, at_once: int, longest_seconds: float, per_second: float | None
    ) -> Leg:
        centre, node, ends = self.centre, self.centre.settings.own_node, Ends()
        link = AmiLink(node.host, node.ami_port, node.ami_user, centre.instance.ami_secret, ends, SystemClock())
        order = Order(
            name, centre.settings.trunk.name, centre.city.debts[0].caller_id, CITY, at_once, longest_seconds, per_second
        )
        before, since = self._meter(None), time.time()
        placed = await place(link, ends, [one.number for one in whom], order)
        used = _used(before, self._meter(None))
        seen = await self._all_logged(whom, since)
        lost = max(placed.lost, len(whom) - len(seen))
        return Leg(len(whom), lost, [_seen(call) for call in seen], used.pop("placer"), used)

    async def _all_logged(self, whom: Sequence[Subscriber], since: float = 0.0) -> list[CallRecord]:
        """The network writes a call down a moment after Asterisk has told of its end."""
        deadline = time.monotonic() + LOGGED_SECONDS
        while len(seen := self._logged(whom, since)) < len(whom) and time.monotonic() < deadline:
            await asyncio.sleep(LOOK_SECONDS)
        return seen

    def _logged(self, whom: Sequence[Subscriber], since: float = 0.0) -> list[CallRecord]:
        wanted = people.numbers(whom)
        return [call for call in self.centre.network_calls() if call.number in wanted and call.invited_at >= since]

    def _meter(self, engine: int | None) -> dict[str, float]:
        """Processor seconds so far; the bare loop runs in this very process."""
        supervisor = self.centre.supervisor
        meter = {"placer": time.process_time() if engine is None else cpu_seconds(engine)}
        meter["asterisk"] = cpu_seconds(supervisor.pid("asterisk-a"))
        if "postgres" in supervisor.children:
            meter["postgres"] = tree_cpu_seconds(supervisor.pid("postgres"))
        meter["network"] = tree_cpu_seconds(supervisor.pid("network"))
        return meter

    async def _until(self, happened: Callable[[], bool], seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not happened():
            if time.monotonic() > deadline:
                raise BenchFailed(f"{what}: not within {seconds:.0f} s (logs: {self.centre.folder / 'log'})")
            await asyncio.sleep(LOOK_SECONDS)


def _used(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {name: after[name] - before[name] for name in before}


def _stands_ready(status: dict[str, object], operators: int) -> bool:
    """It leads, and every operator waits for a call."""
    states = status.get("operators")
    free = [state for state in states.values() if state == OperatorState.FREE] if isinstance(states, dict) else []
    return bool(status.get("ready")) and status.get("lead") == Lead.LEADS and len(free) == operators


def _seen(call: CallRecord) -> Seen:
    return Seen(call.invited_at, call.ringing_at, call.ended_at)
