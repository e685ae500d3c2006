"""The answers of `dialer scripts`: a city's talk scripts in versions, and what was decided about each (O-006)."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dialer.calendar_commands import CannotAnswer
from dialer.command_log import Use, note
from dialer.commands import opened_database
from dialer.config import Settings
from dialer.core.city import City
from dialer.core.manuals import CALLERS, Document, Manual, ManualKind, of_document
from dialer.core.script import NoScript, Step
from dialer.core.script_changes import branch_in_words
from dialer.manual_commands import (
    CheckAnswer,
    Ruling,
    VersionAnswer,
    city_in_force,
    content_of,
    decide,
    in_words,
    noted,
    nothing_entered,
    told,
    version_of,
)
from dialer.profiles.document import at
from dialer.profiles.script_tables import CallersTable, ScriptTable
from dialer.profiles.script_versions import BadDocument, callers_table, for_each_debt, script_table, scripts_in_force
from dialer.script_book import ScriptBook
from dialer.store.manuals import NewManual


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
class ShownAnswer(VersionAnswer):
    """With everything that is said."""

    def as_text(self) -> str:
        table = _table(self.manual)
        steps = {key: table.step[key].value(key) for key in sorted(table.step, key=lambda key: key != table.first)}
        results = {one.key: one.name for one in self.city.talk.results}
        return "\n\n".join([in_words(self.manual), *("\n".join(_lines(one, steps, results)) for one in steps.values())])


async def list_scripts(settings: Settings, city: City, now: datetime) -> ListAnswer:
    async with opened_scripts(settings, city, now) as book:
        known, city = await book.known(), book.city
    used, drafts = scripts_in_force(city, known, now), settings.trunk.is_simulated
    rows = []
    for debt, way, found in for_each_debt(city, used, drafts=drafts):
        is_draft = not isinstance(found, NoScript) and found.approval is None
        draft = "（下書き。模擬の回線だけで使います）" if is_draft else ""
        uses = found.reason if isinstance(found, NoScript) else f"{found.name} 版{found.version}{draft}"
        rows.append((debt.key, way, uses))
    return ListAnswer(city, tuple(known), tuple(rows))


async def show_script(settings: Settings, city: City, key: str, version: int | None, now: datetime) -> ShownAnswer:
    """The newest version unless said."""
    async with opened_scripts(settings, city, now) as book:
        return ShownAnswer(book.city, find(await book.known(), key, version))


async def check_file(settings: Settings, city: City, file: Path, key: str, now: datetime) -> CheckAnswer:
    async with opened_scripts(settings, city, now) as book:
        with nothing_entered(file.name):
            await book.checked(kind_of(key), key, document_in(file, key), now)
    return CheckAnswer(city, key)


async def add_file(
    settings: Settings, city: City, file: Path, key: str, *, by: str, why: str, now: datetime
) -> VersionAnswer:
    """A draft. It is taken for made from the newest version."""
    async with opened_scripts(settings, city, now) as book:
        versions = of_document(await book.known(), kind_of(key), key)
        base = versions[0].version if versions else None
        with nothing_entered(file.name):
            added = await book.add(NewManual(kind_of(key), key, document_in(file, key), by, why, base), now)
    await note(settings, city, Use(by, now, "add", "script", [added.id]))
    return VersionAnswer(city, added)


async def approve(settings: Settings, city: City, ruling: Ruling, now: datetime) -> VersionAnswer:
    return await _decide(settings, city, ruling, "approve", now)


async def withdraw(settings: Settings, city: City, ruling: Ruling, now: datetime) -> VersionAnswer:
    return await _decide(settings, city, ruling, "withdraw", now)


async def _decide(settings: Settings, city: City, ruling: Ruling, act: str, now: datetime) -> VersionAnswer:
    async with opened_scripts(settings, city, now) as book:
        decided = await decide(book, lambda known: find(known, ruling.key, ruling.version), ruling, act, now)
    return await noted(settings, city, decided, ruling, act, "script", now)


@asynccontextmanager
async def opened_scripts(settings: Settings, city: City, now: datetime) -> AsyncIterator[ScriptBook]:
    """With the shipped scripts in it."""
    async with opened_database(settings) as database:
        await ScriptBook(database, city).ensure(now)
        yield ScriptBook(database, await city_in_force(database, city, now))


def kind_of(key: str) -> ManualKind:
    return ManualKind.CALLERS if key == CALLERS else ManualKind.SCRIPT


def find(known: list[Manual], key: str, version: int | None) -> Manual:
    versions = of_document(known, kind_of(key), key)
    if not versions:
        keys = "、".join(dict.fromkeys(one.key for one in known))
        raise CannotAnswer(f"台本「{key}」はありません。あるのは {keys} です。")
    return version_of(versions, key, version)


def document_in(file: Path, key: str) -> Document:
    """TOML as in the folder of the scripts, or just what stands there under [script.KEY]; JSON as `show` gives it."""
    found = content_of(file)
    for wrapped in (("document",), ("script", key), (CALLERS,)):
        if (inner := at(found, *wrapped)) is not None:
            found = inner
    if not isinstance(found, dict):
        raise BadDocument([f"[script.{key}] がありません"])
    return found


def _table(one: Manual) -> ScriptTable | CallersTable:
    return script_table(one.document) if one.kind is ManualKind.SCRIPT else callers_table(one.document)


def _lines(step: Step, steps: Mapping[str, Step], results: Mapping[str, str]) -> Iterator[str]:
    yield f"■ {step.heading}（{step.key}）{'【完了】' if step.completes else ''}"
    if step.text:
        yield step.text
    if step.note:
        yield f"注記: {step.note}"
    yield from (f"・{branch_in_words(one, steps, results)}" for one in step.branches)
