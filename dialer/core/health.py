"""What of a running centre does its work, and what does not: from what programs say of themselves and of each other.

Calls can be made with the database, the exchange, an engine that leads, and the texts that people may have to hear.
Without the ear, the server for callers or the pages they go on, less well.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

SILENT_SECONDS = 5.0  # everybody tells of themselves every second
PULSE_SECONDS = 6.0  # an engine that leads tells of its floor every two
LATELY_SECONDS = 10.0


class PartState(StrEnum):
    WELL = "well"
    RESTARTED = "restarted"  # well again, since a moment ago
    FROZEN = "frozen"  # lives, and says nothing
    AWAY = "away"


STATE_NAMES: dict[PartState, str] = {
    PartState.WELL: "正常",
    PartState.RESTARTED: "再起動しました",
    PartState.FROZEN: "応答がありません",
    PartState.AWAY: "停止しています",
}
NAMES = {
    "database": "データベース",
    "exchange": "交換機",
    "engine": "架電の制御",
    "texts": "音声の文面",
    "ear": "応答の判定",
    "agi": "着信の案内",
    "web": "画面",
}
NEEDED = frozenset(("database", "exchange", "engine", "texts"))


@dataclass(frozen=True, slots=True)
class Part:
    key: str  # database, ear-2 …
    state: PartState
    why: str = ""

    @property
    def needed(self) -> bool:
        """No call is made without it."""
        return self.key in NEEDED

    @property
    def is_well(self) -> bool:
        return self.state in (PartState.WELL, PartState.RESTARTED)

    @property
    def name(self) -> str:
        kind, _, number = self.key.partition("-")
        return f"{NAMES[kind]}{number and f'（{number}）'}"

    @property
    def text(self) -> str:
        if self.key == "texts":
            return f"{self.name}: {self.why}"
        said = STATE_NAMES[self.state]
        return f"{self.name}: {f'{said}（{self.why}）' if self.why else said}"


@dataclass(frozen=True, slots=True)
class ProgramSeen:
    """A program of this machine, as its supervisor and its own file tell of it."""

    name: str  # of the supervisor: engine, asterisk-a, ear-2 …
    is_up: bool
    up_seconds: float = 0.0
    restarts: int = 0
    silent_seconds: float | None = None  # since it told of itself; None: it need not
    told: Mapping[str, Any] = field(default_factory=dict)

    @property
    def state(self) -> PartState:
        if not self.is_up:
            return PartState.AWAY
        if self.silent_seconds is not None and self.silent_seconds > SILENT_SECONDS:
            return PartState.FROZEN
        lately = self.restarts > 0 and self.up_seconds < LATELY_SECONDS
        return PartState.RESTARTED if lately else PartState.WELL

    @property
    def word(self) -> Mapping[str, Any] | None:
        """What it says, while that is fresh."""
        return self.told if self.state in (PartState.WELL, PartState.RESTARTED) and self.told else None


@dataclass(frozen=True, slots=True)
class Pulse:
    """The last floor that the leading engine told, wherever it runs."""

    seconds: float  # ago
    told: Mapping[str, Any] = field(default_factory=dict)  # its `health`

    @property
    def is_fresh(self) -> bool:
        return self.seconds <= PULSE_SECONDS


def parts_now(programs: Sequence[ProgramSeen], *, database: bool | None, pulse: Pulse | None) -> tuple[Part, ...]:
    """`database`: whether it answered; None when nobody has asked. `pulse`: None when nobody listens for it.

    What runs on no machine that can be seen from here is not among them.
    """
    by_name = {one.name: one for one in programs}
    engine = by_name.get("engine")
    says = (engine.word if engine else None) or (pulse.told if pulse is not None and pulse.is_fresh else None)
    found = [
        _database(by_name.get("postgres"), database, says),
        _exchange([one for one in programs if one.name.startswith("asterisk")], says),
        _engine(engine, pulse, database=database is not False),
        *_texts(says),
        *_others(programs),
    ]
    return tuple(one for one in found if one is not None)


def is_well(parts: Sequence[Part]) -> bool:
    """Whether calls can be made."""
    return all(part.is_well for part in parts if part.needed)


def _database(program: ProgramSeen | None, answers: bool | None, says: Mapping[str, Any] | None) -> Part | None:
    if answers is None and says is not None:
        answers = says.get("lead") != "unsure"
    if answers is False or (program is not None and not program.is_up):
        return Part("database", PartState.AWAY, "自動で接続し直しています")
    return Part("database", PartState.WELL) if answers or program is not None else None


def _exchange(programs: Sequence[ProgramSeen], says: Mapping[str, Any] | None) -> Part | None:
    if any(not one.is_up for one in programs):
        return Part("exchange", PartState.AWAY, "自動で起動し直しています")
    if says is not None and not says.get("exchange", True):
        return Part("exchange", PartState.AWAY, "接続し直しています")
    if any(one.state is PartState.RESTARTED for one in programs):
        return Part("exchange", PartState.RESTARTED)
    return Part("exchange", PartState.WELL) if programs or says is not None else None


def _engine(program: ProgramSeen | None, pulse: Pulse | None, *, database: bool) -> Part | None:
    """One that leads: without a database nothing is heard of those on other machines.

    Whoever cannot write its file, because the disk is full, may still tell of its floor.
    """
    if (
        program is not None
        and program.state is PartState.FROZEN
        and pulse is not None
        and pulse.is_fresh
        and pulse.told
    ):
        return Part("engine", PartState.WELL)
    if program is not None and program.state in (PartState.AWAY, PartState.FROZEN):
        return Part("engine", program.state, "自動で起動し直しています")
    if pulse is not None and database and not pulse.is_fresh:
        return Part("engine", PartState.FROZEN, "架電を担当しているエンジンがありません")
    if program is not None:
        return Part("engine", program.state)
    return None if pulse is None else Part("engine", PartState.WELL)


def _texts(says: Mapping[str, Any] | None) -> Iterator[Part]:
    if says is not None and says.get("held"):
        yield Part("texts", PartState.AWAY, str(says["held"]))


def _others(programs: Sequence[ProgramSeen]) -> Iterator[Part]:
    for one in programs:
        if one.name.partition("-")[0] in ("ear", "agi", "web"):
            yield Part(one.name, one.state)
