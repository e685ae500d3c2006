"""`dialer import` and `dialer export`: a city's files, in and out. All of a file or nothing of it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from dialer.calendar_commands import CannotAnswer
from dialer.command_log import Use, note
from dialer.commands import opened_store
from dialer.config import Settings
from dialer.core.calendar.values import Period
from dialer.core.city import City
from dialer.core.decide import Rulebook
from dialer.core.layout import Layout, LayoutKind
from dialer.core.values import CASE_STATE_NAMES, TOKYO
from dialer.lists.cases import ReadList, named_rows, read_cases, read_people
from dialer.lists.orders import read_payments, read_results, read_stops
from dialer.lists.rounds import round_from, rounds_for
from dialer.lists.rows import Told
from dialer.lists.standard import STANDARD
from dialer.lists.writing import NotWritten, render, write_whole
from dialer.rulebooks import Rulebooks
from dialer.store.imports import CaseList, CasesTaken
from dialer.store.listed_people import PeopleTaken
from dialer.store.lists import Handover
from dialer.store.orders import OrdersTaken
from dialer.store.postgres import PostgresStore

NOTHING_TAKEN = "取込は行っていません。"
NOTHING_WRITTEN = "書き出しは行っていません。"
READERS: dict[LayoutKind, Callable[..., ReadList[Any]]] = {
    LayoutKind.CASES: read_cases,
    LayoutKind.PEOPLE: read_people,
    LayoutKind.PAYMENTS: read_payments,
    LayoutKind.STOPS: read_stops,
    LayoutKind.HISTORY: read_results,
}
CHANGES = {
    "name": "氏名",
    "household": "世帯",
    "language": "言語",
    "number": "電話番号",
    "amount": "金額",
    "debtor_class": "区分",
    "items": "内訳",
    "round": "架電期間",
    "other": "その他の列",
}
UNSUITED = {
    "stopped_before": "前回は架電停止",
    "paid_before": "前回は納付済み",
    "promised": "納付約束の期日前",
    "decided_before": "前回は担当者の判断で完了",
    "dead_numbers": "使える電話番号なし",
}
LONGEST = 20  # so many are named in a line; --json names all


@dataclass(frozen=True, slots=True)
class ListTaken:
    """What a file came to."""

    file: str
    layout: str
    counts: dict[str, int] = field(default_factory=dict)
    differences: tuple[dict[str, Any], ...] = ()
    told: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    bad_rows_in: Path | None = None
    refused: bool = False  # nothing was taken over

    def as_dict(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "layout": self.layout,
            "taken": not self.refused,
            "counts": self.counts,
            "differences": list(self.differences),
            "notices": list(self.told),
            "problems": list(self.problems),
            "bad_rows_in": str(self.bad_rows_in) if self.bad_rows_in else None,
        }

    def as_text(self) -> str:
        lines = [*self.problems]
        lines += [f"{self.file}: {NOTHING_TAKEN}"] if self.refused else [f"{self.file}: {line}" for line in self.told]
        if self.bad_rows_in is not None:
            lines.append(f"取り込まなかった行は {self.bad_rows_in} に書き出しました。")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Wish:
    """What was typed."""

    file: Path
    layout: str | None
    round: str | None  # 2026-12-01..2026-12-10
    skip_bad: bool
    by: str


async def import_list(settings: Settings, city: City, wish: Wish, now: datetime, told: Told | None = None) -> ListTaken:
    """Read whole, then taken over in one transaction; what follows for the cases is decided before it returns."""
    layout = _layout(city, wish.layout)
    if layout.kind.is_export:
        raise CannotAnswer(
            f"取込形式「{layout.key}」（{layout.name}）は書き出し用です。dialer export に使ってください。"
        )
    period = _round(wish.round)
    found = READERS[layout.kind](wish.file, city, layout, simulated=settings.trunk.is_simulated, told=told)
    problems = tuple(map(str, found.problems))
    if problems and (found.is_unreadable or not wish.skip_bad):
        return ListTaken(wish.file.name, layout.key, problems=problems, refused=True)
    handover = Handover(layout.key, found.sha256, wish.by, now)
    async with opened_store(settings, city.key) as store:
        await store.ensure_city(city, settings.phones)
        book = await Rulebooks(settings, store, city.key).book(now)
        store.use(book)
        taken = await _take(store, book, found, period, handover, told)
        while await store.plan(city.key, now):
            pass
    await _note(settings, city, "import", handover, len(found.rows))
    return _answer(taken, wish.file.name, found, problems)


async def _note(settings: Settings, city: City, function: str, handover: Handover, rows: int) -> None:
    detail = {"layout": handover.layout, "sha256": handover.file_sha256}
    await note(settings, city, Use(handover.by, handover.at, function, "list", (), rows, detail))


def _layout(city: City, key: str | None) -> Layout:
    if key is None:
        return STANDARD
    layout = city.layout(key)
    if layout is None:
        known = "、".join(f"{one.key}（{one.name}）" for one in city.layouts) or "まだ何もありません"
        raise CannotAnswer(f"{city.name}に取込形式「{key}」はありません。あるのは {known} です。")
    return layout


def _round(text: str | None) -> Period | None:
    if text is None:
        return None
    period = round_from(text)
    if period is None:
        raise CannotAnswer(f"架電期間「{text}」は読めません。2026-12-01..2026-12-10 のように書いてください。")
    return period


async def _take(
    store: PostgresStore,
    book: Rulebook,
    found: ReadList[Any],
    period: Period | None,
    handover: Handover,
    told: Told | None,
) -> CasesTaken | PeopleTaken | OrdersTaken:
    lists = store.lists
    match found.layout.kind:
        case LayoutKind.PEOPLE:
            return await lists.take_people(found.rows, handover)
        case LayoutKind.PAYMENTS:
            return await lists.take_payments(found.rows, handover)
        case LayoutKind.STOPS:
            return await lists.take_stops(found.rows, handover)
        case LayoutKind.HISTORY:
            return await lists.take_results(found.rows, handover)
    debts = {row.debt for row in found.rows} | found.layout.debts
    rounds = (
        dict.fromkeys(debts, period)
        if period
        else rounds_for(book.calendar, debts, handover.at.astimezone(TOKYO).date())
    )
    for debt in sorted({row.debt for row in found.rows} - rounds.keys()):
        kind = book.city.debt(debt)
        name = kind.name if kind else debt
        raise CannotAnswer(
            f"{found.path.name}: {name}にはこれから始まる架電期間がありません。"
            f"--round 2026-12-01..2026-12-10 のように期間を付けてください。{NOTHING_TAKEN}"
        )
    known = {debt: one for debt, one in rounds.items() if one is not None}
    wanted = CaseList(
        found.rows,
        known,
        found.layout,
        handover.by,
        handover.at,
        keys_left_out=found.keys_left_out,
        gone_known=found.all_named,
    )
    return await lists.take_cases(wanted, handover, told)


def _answer(
    taken: CasesTaken | PeopleTaken | OrdersTaken, file: str, found: ReadList[Any], problems: tuple[str, ...]
) -> ListTaken:
    match taken:
        case CasesTaken():
            counts, lines, differences = _of_cases(taken)
        case PeopleTaken():
            counts, lines, differences = _of_people(taken)
        case OrdersTaken():
            counts, lines, differences = _of_orders(taken, found.layout.kind)
    bad_rows_in = None
    if found.left_out:
        try:
            bad_rows_in = found.write_rows(found.left_out)
        except OSError as error:
            problems = (*problems, f"{file}: 取り込まなかった行を書き出せません（{error.strerror}）。")
    return ListTaken(file, found.layout.key, counts, differences, (*lines, *found.notices), problems, bad_rows_in)


Account = tuple[dict[str, int], tuple[str, ...], tuple[dict[str, Any], ...]]


def _of_cases(taken: CasesTaken) -> Account:
    counts = {
        "added": taken.added,
        "changed": len(taken.changed),
        "unchanged": taken.unchanged,
        "closed": len(taken.closed),
        "gone": len(taken.gone),
        "numbers_added": taken.people.numbers_added,
    }
    lines = [f"{taken.added:,}件を取り込みました。変更 {len(taken.changed):,}件、変わりなし {taken.unchanged:,}件。"]
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
        what = "停止しました" if taken.gone_stopped else "そのままにしました。停止するなら停止の名簿で知らせてください"
        lines.append(f"名簿からなくなった案件 {len(taken.gone):,}件: 案件 {_some(taken.gone)}。{what}。")
    differences += [{"what": "unsuited", "row": row, "why": why} for row, why in taken.unsuited]
    for why, name in UNSUITED.items():
        if found := [row for row, because in taken.unsuited if because == why]:
            lines.append(f"架電に適さないおそれ（{name}）: {named_rows(found)}。市に確かめてください。")
    return counts, tuple(lines), tuple(differences)


def _of_people(taken: PeopleTaken) -> Account:
    counts = {
        "added": taken.added,
        "changed": taken.changed,
        "unchanged": taken.unchanged,
        "numbers_added": taken.numbers_added,
    }
    line = f"対象者 {taken.added:,}人を追加しました。変更 {taken.changed:,}人、変わりなし {taken.unchanged:,}人、"
    return counts, (f"{line}電話番号 {taken.numbers_added:,}件を追加しました。",), ()


def _of_orders(taken: OrdersTaken, kind: LayoutKind) -> Account:
    counts = {
        "cases": len(taken.cases),
        "reduced": taken.reduced,
        "already": taken.already,
        "unknown_people": len(taken.unknown_people),
        "without_case": len(taken.without_case),
        "unknown_numbers": len(taken.unknown_numbers),
    }
    did = {
        LayoutKind.PAYMENTS: "に納付を反映しました",
        LayoutKind.STOPS: "の架電を停止しました",
        LayoutKind.HISTORY: "に前回の架電結果を反映しました",
    }[kind]
    lines = [f"案件 {len(taken.cases):,}件{did}。反映済み {taken.already:,}行。"]
    if taken.reduced:
        lines.append(f"一部納付により金額を改めた案件 {taken.reduced:,}件。")
    for rows, why in (
        (taken.unknown_people, "宛名番号が登録されていません"),
        (taken.without_case, "該当する案件がありません"),
        (taken.unknown_numbers, "その人の電話番号ではありません"),
    ):
        if rows:
            lines.append(f"反映しなかった行（{why}）: {named_rows(rows)}")
    what = {LayoutKind.PAYMENTS: "paid", LayoutKind.STOPS: "stopped", LayoutKind.HISTORY: "history"}[kind]
    return counts, tuple(lines), tuple({"what": what, "case": case} for case in taken.cases)


def _some(cases: tuple[int, ...]) -> str:
    more = f" ほか {len(cases) - LONGEST:,}件" if len(cases) > LONGEST else ""
    return "、".join(map(str, cases[:LONGEST])) + more


# --- out


@dataclass(frozen=True, slots=True)
class ListWritten:
    file: str
    layout: str
    rows: int
    problems: tuple[str, ...] = ()

    @property
    def refused(self) -> bool:
        return bool(self.problems)

    def as_dict(self) -> dict[str, Any]:
        return {"file": self.file, "layout": self.layout, "rows": self.rows, "problems": list(self.problems)}

    def as_text(self) -> str:
        if self.problems:
            return "\n".join([*self.problems, f"{self.file}: {NOTHING_WRITTEN}"])
        return f"{self.file}: {self.rows:,}行を書き出しました。"


async def export_list(settings: Settings, city: City, wish: Wish, now: datetime) -> ListWritten:
    """Written whole or not at all, readable by its owner alone; and noted in the log of hand-overs."""
    layout = _layout(city, wish.layout)
    if not layout.kind.is_export:
        known = "、".join(f"{one.key}（{one.name}）" for one in city.layouts if one.kind.is_export)
        raise CannotAnswer(
            f"取込形式「{layout.key}」は書き出しには使えません。使えるのは {known or 'まだありません'} です。"
        )
    period = _round(wish.round)
    async with opened_store(settings, city.key) as store:
        found = await store.lists.rows_for(city, layout, now.astimezone(TOKYO).date(), period)
        rendered = render(layout, found)
        if rendered.problems:
            return ListWritten(wish.file.name, layout.key, 0, rendered.problems)
        handover = Handover(layout.key, hashlib.sha256(rendered.data).hexdigest(), wish.by, now)
        await _note(settings, city, "export", handover, rendered.rows)
        try:
            write_whole(wish.file, rendered.data)
        except NotWritten as wrong:
            raise CannotAnswer(str(wrong)) from None
        await store.lists.note(handover, {"rows": rendered.rows})
    return ListWritten(wish.file.name, layout.key, rendered.rows)
