"""What taking a list over comes to, in words: for the command line and for the page, done or still to be done."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dialer.core.layout import LayoutKind
from dialer.core.list_names import CHANGES, UNSUITED
from dialer.core.values import CASE_STATE_NAMES
from dialer.lists.cases import named_rows
from dialer.lists.rows import Problem
from dialer.store.imports import CasesTaken
from dialer.store.listed_people import PeopleTaken
from dialer.store.orders import OrdersTaken

NOTHING_TAKEN = "取込は行っていません。"
REHEARSED = f"確認だけを行いました。{NOTHING_TAKEN}"
LONGEST = 20  # so many are named in a line; --json names all


@dataclass(frozen=True, slots=True)
class ListTaken:
    """What a file came to, or would come to."""

    file: str
    layout: str
    counts: dict[str, int] = field(default_factory=dict)
    differences: tuple[dict[str, Any], ...] = ()
    told: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    bad_rows_in: Path | None = None
    refused: bool = False  # nothing was taken over
    rounds: dict[str, str] = field(default_factory=dict)  # by debt kind, of a list of cases
    rows: int = 0  # that can be taken over
    bad_rows: int = 0  # that were left out
    sha256: str = ""
    rehearsed: bool = False  # it was only looked at; nothing was taken over
    outdated: bool = False  # it is not any more what somebody was shown: nothing was taken over

    @property
    def digest(self) -> str:
        """The same when it comes to the same."""
        told = [self.layout, self.counts, self.differences, self.rounds, self.sha256]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "layout": self.layout,
            "taken": not (self.refused or self.rehearsed or self.outdated),
            "counts": self.counts,
            "differences": list(self.differences),
            "notices": list(self.told),
            "problems": list(map(str, self.problems)),
            "bad_rows_in": str(self.bad_rows_in) if self.bad_rows_in else None,
        }

    def as_text(self) -> str:
        lines = [*map(str, self.problems)]
        lines += [f"{self.file}: {NOTHING_TAKEN}"] if self.refused else [f"{self.file}: {line}" for line in self.told]
        if self.bad_rows_in is not None:
            lines.append(f"取り込まなかった行は {self.bad_rows_in} に書き出しました。")
        if self.rehearsed:
            lines.append(f"{self.file}: {REHEARSED}")
        return "\n".join(lines)


Taken = CasesTaken | PeopleTaken | OrdersTaken


def account_of(taken: Taken, kind: LayoutKind, *, done: bool) -> "Account":
    """Counts, what people read, and each difference. Not `done`: what it would come to."""
    match taken:
        case CasesTaken():
            return _of_cases(taken, done)
        case PeopleTaken():
            return _of_people(taken, done)
        case OrdersTaken():
            return _of_orders(taken, kind, done)


Account = tuple[dict[str, int], tuple[str, ...], tuple[dict[str, Any], ...]]


def _of_cases(taken: CasesTaken, done: bool) -> Account:
    did = "取り込みました" if done else "取り込みます"
    lines = [f"{taken.added:,}件を{did}。変更 {len(taken.changed):,}件、変わりなし {taken.unchanged:,}件。"]
    differences: list[dict[str, Any]] = []
    for one in taken.changed:
        differences.append({"what": "changed", "row": one.row, "case": one.case, "columns": list(one.what)})
    if taken.changed:
        columns = sorted({CHANGES.get(what, what) for one in taken.changed for what in one.what})
        lines.append(f"変わった案件: {named_rows(one.row for one in taken.changed)}（{'、'.join(columns)}）")
    for row, case, state in taken.closed:
        differences.append({"what": "closed", "row": row, "case": case, "state": state.value})
    if taken.closed:
        states = sorted({CASE_STATE_NAMES[state] for _, _, state in taken.closed})
        rows = named_rows(row for row, _, _ in taken.closed)
        lines.append(f"この架電期間で終わっている案件は再開しません: {rows}（{'、'.join(states)}）")
    differences += [{"what": "gone", "case": case, "stopped": taken.gone_stopped} for case in taken.gone]
    if taken.gone:
        stopped, kept = ("停止しました", "そのままにしました") if done else ("停止します", "そのままにします")
        what = stopped if taken.gone_stopped else f"{kept}。停止するなら停止の名簿で知らせてください"
        lines.append(f"名簿からなくなった案件 {len(taken.gone):,}件: 案件 {_some(taken.gone)}。{what}。")
    differences += [{"what": "unsuited", "row": row, "why": why} for row, why in taken.unsuited]
    for why, name in UNSUITED.items():
        if found := [row for row, because in taken.unsuited if because == why]:
            lines.append(f"架電に適さないおそれ（{name}）: {named_rows(found)}。市に確かめてください。")
    return taken.counts, tuple(lines), tuple(differences)


def _of_people(taken: PeopleTaken, done: bool) -> Account:
    add = "追加しました" if done else "追加します"
    line = f"対象者 {taken.added:,}人を{add}。変更 {taken.changed:,}人、変わりなし {taken.unchanged:,}人、"
    return taken.counts, (f"{line}電話番号 {taken.numbers_added:,}件を{add}。",), ()


def _of_orders(taken: OrdersTaken, kind: LayoutKind, done: bool) -> Account:
    did = {
        LayoutKind.PAYMENTS: "に納付を反映",
        LayoutKind.STOPS: "の架電を停止",
        LayoutKind.HISTORY: "に前回の架電結果を反映",
    }[kind]
    ends = "しました" if done else "します"
    lines = [f"案件 {len(taken.cases):,}件{did}{ends}。反映済み {taken.already:,}行。"]
    if taken.reduced:
        lines.append(f"一部納付により金額を{'改めた' if done else '改める'}案件 {taken.reduced:,}件。")
    for rows, why in (
        (taken.unknown_people, "宛名番号が登録されていません"),
        (taken.without_case, "該当する案件がありません"),
        (taken.unknown_numbers, "その人の電話番号ではありません"),
    ):
        if rows:
            lines.append(f"反映{'しなかった' if done else 'しない'}行（{why}）: {named_rows(rows)}")
    what = {LayoutKind.PAYMENTS: "paid", LayoutKind.STOPS: "stopped", LayoutKind.HISTORY: "history"}[kind]
    return taken.counts, tuple(lines), tuple({"what": what, "case": case} for case in taken.cases)


def _some(cases: tuple[int, ...]) -> str:
    more = f" ほか {len(cases) - LONGEST:,}件" if len(cases) > LONGEST else ""
    return "、".join(map(str, cases[:LONGEST])) + more
