"""What pacing was told and what it decided, as lines of JSON, and the same again from such lines.

A day's lines begin with all that was known; whoever tells a pacer the same things in the same order comes to the same
decisions.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from dialer.core.pacing.hazards import Hazards, Seen
from dialer.core.pacing.learned import Learned
from dialer.core.pacing.ledger import Ledger
from dialer.core.pacing.pacer import Pacer
from dialer.core.pacing.values import Ahead, Busy, Decision, Kind, PaceRules, Snapshot, Way, Work

Line = dict[str, Any]
BETWEEN = "/"  # in a kind's name
TABLES = ("set_ups", "rings", "heard", "talks", "wraps")


class NotARecord(Exception):
    """A line, or a table, that pacing has not written."""


# --- tables


def written(learned: Learned) -> Line:
    return {name: _table(getattr(learned, name)) for name in TABLES}


def read(tables: Mapping[str, Any]) -> Learned:
    """Steps of age that are not ours any more are not taken over."""
    learned = Learned()
    for name in TABLES:
        hazards: Hazards = getattr(learned, name)
        for kind, told in tables.get(name, {}).items():
            seconds, ended = np.array(told["seconds"], dtype=float), np.array(told["ended"], dtype=float)
            if seconds.shape == hazards.widths.shape and ended.shape == (hazards.ways, len(hazards.widths)):
                hazards.seen[_kind(kind)] = Seen(seconds, ended)
    return learned


def _table(hazards: Hazards) -> Line:
    return {
        BETWEEN.join(kind): {"seconds": seen.seconds.tolist(), "ended": seen.ended.tolist()}
        for kind, seen in hazards.seen.items()
    }


def _kind(name: str) -> Kind:
    return tuple(name.split(BETWEEN)) if name else ()


# --- lines


class RecordingPacer(Pacer):
    """A pacer that notes all that it is told and decides; first of all what it began with."""

    def __init__(self, rules: PaceRules, learned: Learned, ledger: Ledger, note: Callable[[Line], None]) -> None:
        tables = written(learned)
        super().__init__(rules, read(tables), ledger)  # as it will be read again, to the last digit
        self._note = note
        note({"told": "begin", "rules": asdict(rules), "ledger": asdict(ledger), "learned": tables})

    def aim(self, target: float) -> None:
        self._note({"told": "target", "target": target})
        super().aim(target)

    def keep(self, ledger: Ledger) -> None:
        self._note({"told": "ledger", **asdict(ledger)})
        super().keep(ledger)

    def placed(self, kind: Kind) -> None:
        self._note({"told": "placed", "kind": BETWEEN.join(kind)})
        super().placed(kind)

    def call_ended(self, kind: Kind, rang: float, way: Way, at: float, rings: float | None = None) -> None:
        told = {"kind": BETWEEN.join(kind), "rang": rang, "way": way, "at": at, "rings": rings}
        self._note({"told": "ended"} | told)
        super().call_ended(kind, rang, way, at, rings)

    def was_heard(self, kind: Kind, seconds: float, way: Way) -> None:
        self._note({"told": "heard", "kind": BETWEEN.join(kind), "seconds": seconds, "way": way})
        super().was_heard(kind, seconds, way)

    def work_ended(self, work: Work, operator: str, seconds: float, at: float) -> None:
        self._note({"told": "work", "work": work, "operator": operator, "seconds": seconds, "at": at})
        super().work_ended(work, operator, seconds, at)

    def person_met(self) -> None:
        self._note({"told": "met"})
        super().person_met()

    def person_left_alone(self) -> None:
        self._note({"told": "alone"})
        super().person_left_alone()

    def decide(self, now: Snapshot, at: float) -> Decision:
        decided = super().decide(now, at)
        self._note({"told": "decided", "at": at, "now": _snapshot(now)} | asdict(decided))
        return decided


@dataclass(slots=True)
class Replayed:
    decisions: int = 0
    calls: int = 0
    put_off: int = 0  # before their first ring
    different: list[tuple[Line, Decision]] = field(default_factory=list)  # what was decided, and what is decided now
    persons: int = 0
    left_alone: int = 0


def replay(lines: Iterable[Line], rules: PaceRules | None = None) -> Replayed:
    """The same day again; `rules`: by others than it was decided by."""
    done, pacer = Replayed(), Pacer(PaceRules())
    for number, line in enumerate(lines, start=1):
        try:
            pacer = _told(line, pacer, done, rules)
        except (KeyError, TypeError, ValueError) as wrong:
            raise NotARecord(f"line {number}: {type(wrong).__name__}: {wrong}") from None
    return done


def _told(line: Line, pacer: Pacer, done: Replayed, rules: PaceRules | None) -> Pacer:
    match line["told"]:
        case "begin":
            return Pacer(rules or PaceRules(**line["rules"]), read(line["learned"]), Ledger(**line["ledger"]))
        case "target" if rules is None:
            pacer.aim(line["target"])
        case "target":
            pass
        case "ledger":
            pacer.keep(Ledger(line["persons"], line["left_alone"]))
        case "placed":
            pacer.placed(_kind(line["kind"]))
        case "ended":
            pacer.call_ended(_kind(line["kind"]), line["rang"], Way(line["way"]), line["at"], line["rings"])
        case "heard":
            pacer.was_heard(_kind(line["kind"]), line["seconds"], Way(line["way"]))
        case "work":
            pacer.work_ended(Work(line["work"]), line["operator"], line["seconds"], line["at"])
        case "met":
            done.persons += 1
            pacer.person_met()
        case "alone":
            done.persons, done.left_alone = done.persons + 1, done.left_alone + 1
            pacer.person_left_alone()
        case "decided":
            decided = pacer.decide(_read_snapshot(line["now"]), line["at"])
            done.decisions, done.calls = done.decisions + 1, done.calls + line["count"]
            done.put_off += len(line["put_off"])
            then = (line["count"], line["why"], tuple(line["put_off"]))
            if (decided.count, decided.why, decided.put_off) != then:
                done.different.append((line, decided))
        case other:
            raise ValueError(f"{other} is nothing that pacing is told")
    return pacer


def _snapshot(now: Snapshot) -> Line:
    """Short: there are thousands a day."""
    return {
        "free": now.free,
        "busy": [list(one) for one in now.busy],
        "calls": [[BETWEEN.join(call.kind), call.seconds, call.heard, call.rings] for call in now.calls],
        "waiting": now.waiting,
        "lines_free": now.lines_free,
        "leaving": list(now.leaving),
        "closes_in": now.closes_in,
        "callers_per_second": now.callers_per_second,
        "group": now.group,
    }


def _read_snapshot(told: Line) -> Snapshot:
    busy = [Busy(Work(work), *others) for work, *others in told["busy"]]
    calls = [Ahead(_kind(kind), *ages) for kind, *ages in told["calls"]]
    return Snapshot(**{**told, "busy": busy, "calls": calls})
