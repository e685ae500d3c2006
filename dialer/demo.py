"""`./run demo`: a working day in three minutes, against the simulated telephone network."""

import asyncio
import json
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from dialer.config import Dialling, Hearing, Settings
from dialer.core.callers import INBOUND_OUTCOME_NAMES, InboundOutcome
from dialer.core.reconcile import Mismatch
from dialer.core.values import CASE_STATE_NAMES, OUTCOME_NAMES, CaseState, OperatorState, Outcome
from dialer.simulated import Scene, SimulatedCentre
from dialer.simulated_desks import Manner
from simnet.population import invent
from simnet.subscribers import Behaviour, Subscriber

CASES = 150
OPERATORS = 4
SPEED = 20.0  # waits and talks are this much shorter than in life
LONGEST_SECONDS = 300.0
LOOK_SECONDS = 0.25
PLAIN_EVERY_SECONDS = 10.0

DIALLING = Dialling(
    min_ring_seconds=35.0 / SPEED,
    early_media_seconds=15.0,  # announcements are spoken at their own pace
    set_up_seconds=5.0,
    wrap_up_seconds=0.3,
    shortest_talk_seconds=0.8,
    drain_seconds=30.0,
)

MANNER = Manner(identify_seconds=0.5, wrap_up_seconds=(0.2, 0.8))
"""Of the operators, who work at the desk's own pages."""

CALLS_BACK, CALLS_BACK_SECONDS = 4, 6.0  # of those who do not answer one in so many calls us, so long after
HEARING_SECONDS = 2.5  # a person stays so much longer: the ear cannot listen faster
RECORD_SECONDS = 25.0  # of a machine that records: the message is spoken at its own pace
BRIEF = {
    Behaviour.NOT_IN_USE: "現在、使われておりません。",
    Behaviour.NUMBER_CHANGED: "番号は変更になりました。",
}
"""Of these the network's code says enough; the ear needs to hear the others."""

OPERATOR_NAMES = {
    OperatorState.OFFLINE: "未接続",
    OperatorState.CONNECTING: "接続中",
    OperatorState.PAUSED: "離席・休止",
    OperatorState.FREE: "受付可",
    OperatorState.RESERVED: "接続準備",
    OperatorState.TALKING: "通話中",
    OperatorState.WRAP_UP: "後処理",
}


@dataclass(frozen=True, slots=True)
class Totals:
    city: str
    seed: int
    cases: int
    attempts: int
    outcomes: dict[Outcome, int]
    states: dict[CaseState, int]
    persons_answered: int
    joined: int
    abandoned: int
    callers: dict[InboundOutcome, int]
    network_calls: int
    asterisk_records: int
    mismatches: list[Mismatch]
    first_call_after_s: float | None
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        return {
            "city": self.city,
            "seed": self.seed,
            "cases": self.cases,
            "attempts": self.attempts,
            "outcomes": {outcome.value: count for outcome, count in self.outcomes.items()},
            "states": {state.value: count for state, count in self.states.items()},
            "persons_answered": self.persons_answered,
            "joined": self.joined,
            "abandoned": self.abandoned,
            "callers": {outcome.value: count for outcome, count in self.callers.items()},
            "network_calls": self.network_calls,
            "asterisk_records": self.asterisk_records,
            "mismatches": [{"attempt": one.attempt, "what": one.what} for one in self.mismatches],
            "first_call_after_s": self.first_call_after_s,
            "seconds": self.seconds,
        }


async def demo(settings: Settings, console: Console, *, city: str, seed: int, cases: int = CASES) -> Totals:
    """The day from its first process to its last comparison."""
    began = time.time()
    people = [_in_a_hurry(one) for one in invent(seed, cases, speed=SPEED)]
    scene = Scene(city, people, OPERATORS, DIALLING, hearing=Hearing(learn_greetings=False), desks=MANNER, callers=True)
    async with SimulatedCentre(settings.state_dir / "demo", settings.lib, scene) as centre:
        said = f"架空の{cases}件に、担当者{OPERATORS}人で架電します（乱数の種 {seed}）"
        console.print(f"{centre.city.name}: {said}", highlight=False)
        await centre.start_engine()
        await _watch(centre, console)
        await centre.stop_engine()
        mismatches = await centre.mismatches()
        attempts = await centre.store.attempts_seen(city, centre.began)
        totals = Totals(
            city=city,
            seed=seed,
            cases=cases,
            attempts=len(attempts),
            outcomes=await centre.store.outcome_counts(city, centre.began),
            states=dict((await centre.store.case_counts(city)).by_state),
            persons_answered=sum(one.answered for one in attempts),
            joined=sum(one.joined for one in attempts),
            abandoned=sum(one.outcome is Outcome.ABANDONED for one in attempts),
            callers=dict((await centre.store.inbound_figures(city, centre.began, datetime.now(UTC))).by_outcome),
            network_calls=len(centre.network_calls()),
            asterisk_records=len(centre.asterisk_calls()),
            mismatches=mismatches,
            first_call_after_s=_after(began, min((call.invited_at for call in centre.network_calls()), default=None)),
            seconds=round(time.time() - began, 1),
        )
    _print_totals(totals, console)
    return totals


def _in_a_hurry(one: Subscriber) -> Subscriber:
    """Speech cannot be shortened like a wait, nor the time that the ear needs for it."""
    match one.behaviour:
        case Behaviour.PERSON | Behaviour.MUSIC_PERSON | Behaviour.SCREENING | Behaviour.FALSE_RINGBACK:
            return replace(one, talk_seconds=one.talk_seconds + HEARING_SECONDS)
        case Behaviour.NO_ANSWER if int(one.number) % CALLS_BACK == 0:
            return replace(one, calls_back_seconds=CALLS_BACK_SECONDS)
        case Behaviour.ANSWERING_MACHINE | Behaviour.MOBILE_VOICEMAIL if one.record_seconds:
            return replace(one, record_seconds=RECORD_SECONDS)
        case _:
            return replace(one, greeting=BRIEF.get(one.behaviour, one.greeting))


def write_totals(totals: Totals, path: Path) -> None:
    path.write_text(json.dumps(totals.as_dict(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _after(began: float, moment: float | None) -> float | None:
    return None if moment is None else round(moment - began, 1)


# --- while it runs


async def _watch(centre: SimulatedCentre, console: Console) -> None:
    """Until every case that is due has been called, or the longest time is over."""
    if not console.is_terminal:
        await _watch_plainly(centre, console)
        return
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        async for view in _views(centre):
            live.update(view.as_screen())


async def _watch_plainly(centre: SimulatedCentre, console: Console) -> None:
    shown = 0.0
    async for view in _views(centre):
        if time.monotonic() - shown >= PLAIN_EVERY_SECONDS:
            shown = time.monotonic()
            console.print(view.as_line(), highlight=False)


@dataclass(frozen=True, slots=True)
class _View:
    seconds: float
    due: int
    calls: int
    ringing: int
    talking: int
    outcomes: dict[Outcome, int]
    operators: dict[str, str]

    def as_line(self) -> str:
        done = sum(self.outcomes.values())
        return f"{self.seconds:4.0f}秒 呼出{self.ringing} 通話{self.talking} 終了{done} 残り{self.due}"

    def as_screen(self) -> Group:
        operators = Table("担当者", "状態", box=None)
        for phone, state in self.operators.items():
            operators.add_row(phone, OPERATOR_NAMES[OperatorState(state)])
        return Group(Text(self.as_line()), operators, _outcome_table(self.outcomes))


async def _views(centre: SimulatedCentre) -> Any:
    began = time.monotonic()
    while (seconds := time.monotonic() - began) < LONGEST_SECONDS:
        status = centre.engine_status()
        outcomes = await centre.store.outcome_counts(centre.city.key, centre.began)
        due = await centre.store.cases_due(centre.city.key, datetime.now(UTC))
        yield _View(
            seconds=seconds,
            due=due,
            calls=_number(status.get("calls")),
            ringing=_number(status.get("ringing")),
            talking=_number(status.get("talking")),
            outcomes=outcomes,
            operators={str(phone): str(state) for phone, state in _pairs(status.get("operators"))},
        )
        if due == 0:
            return
        await asyncio.sleep(LOOK_SECONDS)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _pairs(value: object) -> list[tuple[object, object]]:
    return list(value.items()) if isinstance(value, dict) else []


# --- at the end


def _print_totals(totals: Totals, console: Console) -> None:
    console.print(_outcome_table(totals.outcomes))
    console.print(
        f"架電 {totals.attempts}件 / 交換機の記録 {totals.asterisk_records}件 / 電話網の記録 {totals.network_calls}件"
        f"、最初の架電まで {totals.first_call_after_s}秒、全体 {totals.seconds}秒",
        highlight=False,
    )
    states = "、".join(f"{CASE_STATE_NAMES[state]} {count}件" for state, count in totals.states.items() if count)
    console.print(f"案件の状態: {states}", highlight=False)
    callers = "、".join(f"{INBOUND_OUTCOME_NAMES[outcome]} {count}件" for outcome, count in totals.callers.items())
    console.print(f"折り返しの着信: {callers or 'なし'}", highlight=False)
    if not totals.mismatches:
        console.print("3つの記録は1件ずつすべて一致しました。", highlight=False)
        return
    console.print(f"3つの記録に{len(totals.mismatches)}件の食い違いがあります。", highlight=False)
    for one in totals.mismatches:
        console.print(f"  {one.attempt or '-'} {one.what}", highlight=False)


def _outcome_table(outcomes: dict[Outcome, int]) -> Table:
    table = Table("架電結果", "", "件数", box=None)
    for outcome, count in sorted(outcomes.items(), key=lambda pair: -pair[1]):
        table.add_row(OUTCOME_NAMES[outcome], outcome.value, str(count))
    return table
