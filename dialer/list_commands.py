"""`dialer import` and `dialer export`: a city's files, in and out. All of a file or nothing of it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
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
from dialer.core.values import TOKYO
from dialer.list_words import NOTHING_TAKEN, ListTaken, Taken, account_of
from dialer.lists.cases import ReadList
from dialer.lists.readers import READERS
from dialer.lists.rounds import round_from, rounds_for
from dialer.lists.rows import Problem, Told
from dialer.lists.standard import STANDARD
from dialer.lists.writing import NotWritten, render, write_whole
from dialer.rulebooks import Rulebooks
from dialer.store.imports import CaseList
from dialer.store.lists import Handover
from dialer.store.postgres import PostgresStore

NOTHING_WRITTEN = "書き出しは行っていません。"


class NoRound(CannotAnswer):
    """Of a debt kind of the list no calling period is to come."""

    def __init__(self, file: str, name: str) -> None:
        super().__init__(
            f"{file}: {name}にはこれから始まる架電期間がありません。"
            f"--round 2026-12-01..2026-12-10 のように期間を付けてください。{NOTHING_TAKEN}"
        )
        self.name = name


class _NotKept(Exception):
    """Takes all of it back: it was only a look, or it is not any more what somebody was shown."""

    def __init__(self, taken: ListTaken) -> None:
        super().__init__(taken.layout)
        self.taken = taken


@dataclass(frozen=True, slots=True)
class Wish:
    """What was typed, or chosen on the page."""

    file: Path
    layout: str | None
    round: str | None  # 2026-12-01..2026-12-10
    skip_bad: bool
    by: str
    name: str | None = None  # of the file, as it was given, when it lies under another one
    rehearses: bool = False  # what would it come to? Nothing is taken over
    expected: str | None = None  # the digest of what somebody was shown: nothing else is taken over
    by_page: bool = False  # which keeps its own log and names bad rows itself


async def import_list(settings: Settings, city: City, wish: Wish, now: datetime, told: Told | None = None) -> ListTaken:
    """Read whole, then taken over in one transaction; what follows for the cases is decided before it returns."""
    layout = layout_of(city, wish.layout)
    if layout.kind.is_export:
        raise CannotAnswer(
            f"取込形式「{layout.key}」（{layout.name}）は書き出し用です。dialer export に使ってください。"
        )
    period = _round(wish.round)
    found = READERS[layout.kind](wish.file, city, layout, simulated=settings.trunk.is_simulated, told=told)
    if found.problems and (found.is_unreadable or not wish.skip_bad):
        return ListTaken(wish.file.name, layout.key, problems=found.problems, refused=True)
    handover = Handover(layout.key, found.sha256, wish.by, now, _written(wish.name or wish.file.name))
    async with opened_store(settings, city.key) as store:
        await store.ensure_city(city, settings.phones)
        book = await Rulebooks(settings, store, city.key).book(now)
        store.use(book)
        try:
            answer = await _take(store, book, _Order(wish, found, period, handover), told)
        except _NotKept as kept:
            if not wish.by_page:
                await _note(settings, city, "view", handover, len(found.rows))
            return kept.taken
        while await store.plan(city.key, now):
            pass
    if not wish.by_page:
        await _note(settings, city, "import", handover, len(found.rows))
        answer = _with_bad_rows(answer, found)
    return answer


async def _note(settings: Settings, city: City, function: str, handover: Handover, rows: int) -> None:
    detail = {"layout": handover.layout, "sha256": handover.file_sha256}
    await note(settings, city, Use(handover.by, handover.at, function, "list", (), rows, detail))


def _written(name: str) -> str:
    """A file's name may be bytes that are no text."""
    return name.encode("utf-8", "replace").decode("utf-8")


def layout_of(city: City, key: str | None) -> Layout:
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


@dataclass(frozen=True, slots=True)
class _Order:
    wish: Wish
    found: ReadList[Any]
    period: Period | None
    handover: Handover

    def agree(self, rounds: dict[str, Period]) -> Callable[[Taken], ListTaken]:
        """What it comes to, judged before it is committed."""

        def judged(taken: Taken) -> ListTaken:
            answer = _answer(taken, self, rounds)
            if self.wish.rehearses:
                raise _NotKept(answer)
            if self.wish.expected is not None and answer.digest != self.wish.expected:
                raise _NotKept(replace(_answer(taken, self, rounds, done=False), outdated=True))
            return answer

        return judged


async def _take(store: PostgresStore, book: Rulebook, order: _Order, told: Told | None) -> ListTaken:
    lists, found, handover, rehearses = store.lists, order.found, order.handover, order.wish.rehearses
    agree = order.agree({})
    match found.layout.kind:
        case LayoutKind.PEOPLE:
            return await lists.take_people(found.rows, handover, agree, rehearses=rehearses)
        case LayoutKind.PAYMENTS:
            return await lists.take_payments(found.rows, handover, agree, rehearses=rehearses)
        case LayoutKind.STOPS:
            return await lists.take_stops(found.rows, handover, agree, rehearses=rehearses)
        case LayoutKind.HISTORY:
            return await lists.take_results(found.rows, handover, agree, rehearses=rehearses)
    rounds = _rounds(book, order)
    wanted = CaseList(
        found.rows,
        rounds,
        found.layout,
        handover.by,
        handover.at,
        keys_left_out=found.keys_left_out,
        gone_known=found.all_named,
        rehearses=rehearses,
    )
    return await lists.take_listed(wanted, handover, order.agree(rounds), told)


def _rounds(book: Rulebook, order: _Order) -> dict[str, Period]:
    found = order.found
    debts = {row.debt for row in found.rows} | found.layout.debts
    today = order.handover.at.astimezone(TOKYO).date()
    rounds = dict.fromkeys(debts, order.period) if order.period else rounds_for(book.calendar, debts, today)
    for debt in sorted({row.debt for row in found.rows} - rounds.keys()):
        kind = book.city.debt(debt)
        raise NoRound(found.path.name, kind.name if kind else debt)
    return {debt: one for debt, one in rounds.items() if one is not None}


def _answer(taken: Taken, order: _Order, rounds: dict[str, Period], *, done: bool | None = None) -> ListTaken:
    found, rehearses = order.found, order.wish.rehearses
    counts, lines, differences = account_of(taken, found.layout.kind, done=not rehearses if done is None else done)
    return ListTaken(
        found.path.name,
        found.layout.key,
        counts,
        differences,
        (*lines, *found.notices),
        found.problems,
        rounds={debt: f"{one.first}..{one.last}" for debt, one in sorted(rounds.items())},
        rows=len(found.rows),
        bad_rows=len(found.left_out),
        sha256=found.sha256,
        rehearsed=rehearses,
    )


def _with_bad_rows(answer: ListTaken, found: ReadList[Any]) -> ListTaken:
    if not found.left_out:
        return answer
    try:
        return replace(answer, bad_rows_in=found.write_rows(found.left_out))
    except OSError as error:
        what = f"取り込まなかった行を書き出せません（{error.strerror}）。"
        return replace(answer, problems=(*answer.problems, Problem(answer.file, None, None, what)))


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
    layout = layout_of(city, wish.layout)
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
        sha256 = hashlib.sha256(rendered.data).hexdigest()
        handover = Handover(layout.key, sha256, wish.by, now, _written(wish.file.name))
        await _note(settings, city, "export", handover, rendered.rows)
        try:
            write_whole(wish.file, rendered.data)
        except NotWritten as wrong:
            raise CannotAnswer(str(wrong)) from None
        await store.lists.note(handover, {"rows": rendered.rows})
    return ListWritten(wish.file.name, layout.key, rendered.rows)
