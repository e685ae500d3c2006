"""The answers of `dialer scripts`: a city's talk scripts in versions, and what was decided about each (O-006)."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dialer.calendar_commands import CannotAnswer, moment_from
from dialer.command_log import Use, note
from dialer.commands import opened_database
from dialer.config import Settings
from dialer.core.city import City
from dialer.core.manuals import CALLERS, Document, Manual, ManualKind, of_document
from dialer.core.script import NoScript, Step, script_for
from dialer.core.script_changes import branch_in_words
from dialer.core.values import TOKYO
from dialer.core.versions import STATE_NAMES
from dialer.profiles import ProfileError
from dialer.profiles.document import at
from dialer.profiles.files import plain_value, read_document
from dialer.profiles.script_tables import CallersTable, ScriptTable
from dialer.profiles.script_versions import BadDocument, callers_table, script_table, scripts_in_force
from dialer.script_book import ScriptBook
from dialer.store.manuals import NewManual

NOTHING_ENTERED = "登録は行っていません。"
DIRECTIONS = ((False, "かける電話"), (True, "かかってきた電話"))


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision as it was typed, and which version it is about."""

    key: str
    version: int
    by: str
    reason: str
    valid_from: str | None = None  # 2026-12-01 or 2026-12-01T09:00
    valid_until: str | None = None  # a day counts to its end


@dataclass(frozen=True, slots=True)
class ListAnswer:
    city: City
    manuals: tuple[Manual, ...]
    using: tuple[tuple[str, str, str], ...]  # debt, direction, what is used or why nothing

    def as_dict(self) -> dict[str, Any]:
        return {
            "city": self.city.key,
            "scripts": [told(one) for one in self.manuals],
            "using": [{"debt": debt, "direction": way, "uses": uses} for debt, way, uses in self.using],
        }

    def as_text(self) -> str:
        lines = [f"{self.city.name}の台本", *(in_words(one) for one in self.manuals), "", "いま使うもの"]
        return "\n".join([*lines, *(f"{debt} {way}: {uses}" for debt, way, uses in self.using)])


@dataclass(frozen=True, slots=True)
class VersionAnswer:
    city: City
    manual: Manual
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        whole = {"city": self.city.key, **told(self.manual), "document": self.manual.document}
        return whole | {"notes": list(self.notes)}

    def as_text(self) -> str:
        return "\n".join([in_words(self.manual), *(f"注意: {line}" for line in self.notes)])


@dataclass(frozen=True, slots=True)
class ShownAnswer(VersionAnswer):
    """With everything that is said."""

    def as_text(self) -> str:
        table = _table(self.manual)
        steps = {key: table.step[key].value(key) for key in sorted(table.step, key=lambda key: key != table.first)}
        results = {one.key: one.name for one in self.city.talk.results}
        return "\n\n".join([in_words(self.manual), *("\n".join(_lines(one, steps, results)) for one in steps.values())])


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    city: City
    key: str

    def as_dict(self) -> dict[str, Any]:
        return {"city": self.city.key, "key": self.key, "ok": True}

    def as_text(self) -> str:
        return f"{self.key}: 誤りはありません。{NOTHING_ENTERED}"


async def list_scripts(settings: Settings, city: City, now: datetime) -> ListAnswer:
    async with opened_scripts(settings, city, now) as book:
        known = await book.known()
    used, drafts = scripts_in_force(city, known, now), settings.trunk.is_simulated
    rows = []
    for debt in city.debts:
        for callers, way in DIRECTIONS:
            found = script_for(used.scripts, debt.key, debt.purpose.value, drafts=drafts, for_callers=callers)
            is_draft = not isinstance(found, NoScript) and found.approval is None
            draft = "（下書き。模擬の回線だけで使います）" if is_draft else ""
            uses = found.reason if isinstance(found, NoScript) else f"{found.name} 版{found.version}{draft}"
            rows.append((debt.key, way, uses))
    return ListAnswer(city, tuple(known), tuple(rows))


async def show_script(settings: Settings, city: City, key: str, version: int | None, now: datetime) -> ShownAnswer:
    """The newest version unless said."""
    async with opened_scripts(settings, city, now) as book:
        return ShownAnswer(city, find(await book.known(), key, version))


async def check_file(settings: Settings, city: City, file: Path, key: str, now: datetime) -> CheckAnswer:
    async with opened_scripts(settings, city, now) as book:
        with _nothing_entered(file.name):
            await book.checked(kind_of(key), key, document_in(file, key), now)
    return CheckAnswer(city, key)


async def add_file(
    settings: Settings, city: City, file: Path, key: str, *, by: str, why: str, now: datetime
) -> VersionAnswer:
    """A draft. It is taken for made from the newest version."""
    async with opened_scripts(settings, city, now) as book:
        versions = of_document(await book.known(), kind_of(key), key)
        base = versions[0].version if versions else None
        with _nothing_entered(file.name):
            added = await book.add(NewManual(kind_of(key), key, document_in(file, key), by, why, base), now)
    await note(settings, city, Use(by, now, "add", "script", [_id(added)]))
    return VersionAnswer(city, added)


async def approve(settings: Settings, city: City, ruling: Ruling, now: datetime) -> VersionAnswer:
    return await _decide(settings, city, ruling, "approve", now)


async def withdraw(settings: Settings, city: City, ruling: Ruling, now: datetime) -> VersionAnswer:
    return await _decide(settings, city, ruling, "withdraw", now)


async def _decide(settings: Settings, city: City, ruling: Ruling, act: str, now: datetime) -> VersionAnswer:
    first, until = moment_from(ruling.valid_from), moment_from(ruling.valid_until, to_the_end=True)
    async with opened_scripts(settings, city, now) as book:
        one = find(await book.known(), ruling.key, ruling.version)
        with _nothing_entered(f"版{one.version}"):
            if act == "approve":
                await book.approve(one, by=ruling.by, reason=ruling.reason, now=now, first=first, until=until)
            else:
                await book.withdraw(one, by=ruling.by, reason=ruling.reason, now=now)
        decided = find(await book.known(), ruling.key, ruling.version)
    detail = {"old": one.state.value, "new": decided.state.value}
    await note(settings, city, Use(ruling.by, now, act, "script", [_id(one)], 1, detail))
    return VersionAnswer(city, decided)


@asynccontextmanager
async def opened_scripts(settings: Settings, city: City, now: datetime) -> AsyncIterator[ScriptBook]:
    """With the shipped scripts in it."""
    async with opened_database(settings) as database:
        book = ScriptBook(database, city)
        await book.ensure(now)
        yield book


def kind_of(key: str) -> ManualKind:
    return ManualKind.CALLERS if key == CALLERS else ManualKind.SCRIPT


def find(known: list[Manual], key: str, version: int | None) -> Manual:
    versions = of_document(known, kind_of(key), key)
    if not versions:
        keys = "、".join(dict.fromkeys(one.key for one in known))
        raise CannotAnswer(f"台本「{key}」はありません。あるのは {keys} です。")
    found = next((one for one in versions if version in (None, one.version)), None)
    if found is None:
        listed = "、".join(f"版{one.version}" for one in reversed(versions))
        raise CannotAnswer(f"{key} に版{version}はありません。あるのは {listed} です。")
    return found


def document_in(file: Path, key: str) -> Document:
    """TOML as in the folder of the scripts, or just what stands there under [script.KEY]; JSON as `show` gives it."""
    if not file.is_file():
        raise BadDocument(["ファイルがありません"])
    try:
        if file.suffix == ".json":
            found = json.loads(file.read_text(encoding="utf-8"))
        else:
            found = json.loads(json.dumps(read_document(file), default=plain_value))
    except ProfileError as wrong:
        raise BadDocument([str(wrong)]) from None
    except (OSError, ValueError, RecursionError):
        raise BadDocument(["UTF-8 の JSON として読めません"]) from None
    for wrapped in (("document",), ("script", key), (CALLERS,)):
        if (inner := at(found, *wrapped)) is not None:
            found = inner
    if not isinstance(found, dict):
        raise BadDocument([f"[script.{key}] がありません"])
    return found


@contextmanager
def _nothing_entered(where: str) -> Iterator[None]:
    try:
        yield
    except BadDocument as wrong:
        lines = "\n".join(f"{where}: {line}" for line in wrong.lines)
        raise CannotAnswer(f"{lines}。{NOTHING_ENTERED}") from None


def _id(one: Manual) -> str:
    return f"{one.kind}:{one.key}:{one.version}"


def _table(one: Manual) -> ScriptTable | CallersTable:
    return script_table(one.document) if one.kind is ManualKind.SCRIPT else callers_table(one.document)


def _lines(step: Step, steps: Mapping[str, Step], results: Mapping[str, str]) -> Iterator[str]:
    yield f"■ {step.heading}（{step.key}）{'【完了】' if step.completes else ''}"
    if step.text:
        yield step.text
    if step.note:
        yield f"注記: {step.note}"
    yield from (f"・{branch_in_words(one, steps, results)}" for one in step.branches)


def told(one: Manual) -> dict[str, Any]:
    decision = one.decision
    return {
        "kind": one.kind.value,
        "key": one.key,
        "version": one.version,
        "state": one.state.value,
        "entered_by": one.entered_by,
        "entered_at": _iso(one.entered_at),
        "why": one.why,
        "based_on": one.based_on,
        "by": decision.by if decision else None,
        "at": _iso(decision.at) if decision else None,
        "valid_from": _iso(decision.valid_from) if decision else None,
        "valid_until": _iso(decision.valid_until) if decision else None,
        "reason": decision.reason if decision else None,
    }


def in_words(one: Manual) -> str:
    parts = [
        f"{one.key} 版{one.version}",
        STATE_NAMES[one.state],
        f"登録 {_day(one.entered_at)} {one.entered_by}",
        one.why,
    ]
    if decision := one.decision:
        parts.append(f"決定 {_day(decision.at)} {decision.by}「{decision.reason}」")
        if decision.valid_from or decision.valid_until:
            parts.append(f"{_day(decision.valid_from)}～{_day(decision.valid_until)}")
    return "  ".join(part for part in parts if part)


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(TOKYO).isoformat() if moment else None


def _day(moment: datetime | None) -> str:
    return f"{moment.astimezone(TOKYO):%Y-%m-%d %H:%M}" if moment else ""
