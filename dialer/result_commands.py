"""The answers of `dialer results`: a city's lists of talk results, and what was decided about each (O-006)."""

from collections.abc import AsyncIterator, Iterator, Sequence
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
from dialer.core.manuals import RESULTS, Change, Document, Manual, ManualKind, of_document
from dialer.core.result_changes import result_changes, result_parts
from dialer.core.talk_results import TalkResult, by_key
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
from dialer.profiles.result_versions import (
    ResultsInForce,
    profile_document,
    result_faults,
    results_in_force,
    results_of,
)
from dialer.profiles.script_versions import BadDocument
from dialer.result_book import ResultBook
from dialer.script_book import ScriptBook
from dialer.store.manuals import NewManual

OF_PROFILE = 0  # as a version: what the profile says
WHAT = "result_list"
CALLED = "応対結果の一覧"


@dataclass(frozen=True, slots=True)
class ListAnswer:
    city: City
    manuals: tuple[Manual, ...]
    found: ResultsInForce

    def as_dict(self) -> dict[str, Any]:
        return {
            "city": self.city.key,
            "versions": [told(one) for one in self.manuals],
            "using": self.found.manual.version if self.found.manual else OF_PROFILE,
            "results": [one.as_json() for one in by_key(self.found.results)],
            "passed_over": [{"version": one.manual.version, "why": list(one.faults)} for one in self.found.passed_over],
        }

    def as_text(self) -> str:
        used = self.found.manual
        return "\n".join(
            [
                f"{self.city.name}の{CALLED}",
                *(in_words(one) for one in self.manuals),
                *(f"使えない版{one.manual.version}: {line}" for one in self.found.passed_over for line in one.faults),
                "",
                f"いま使うもの: {f'版{used.version}' if used else '委託者プロファイルの一覧'}",
                *(f"{one.key_press or '-'}  {one.name}（{one.key}）" for one in by_key(self.found.results)),
            ]
        )


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """One list, and what is different from the one in force."""

    city: City
    manual: Manual | None  # none: the profile's own
    results: tuple[TalkResult, ...]
    changes: tuple[Change, ...]
    faults: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        changed = [{"result": one.of, "part": one.part, "old": one.before, "new": one.after} for one in self.changes]
        return {
            "city": self.city.key,
            **(told(self.manual) if self.manual else {"key": RESULTS, "version": OF_PROFILE}),
            "document": self.manual.document if self.manual else profile_document(self.city),
            "changes": changed,
            "faults": list(self.faults),
        }

    def as_text(self) -> str:
        head = in_words(self.manual) if self.manual else "委託者プロファイルの一覧"
        faults = [f"使えません: {line}" for line in self.faults]
        changes = [f"{one.of} {one.part}: {one.before or 'なし'} → {one.after or 'なし'}" for one in self.changes]
        listed = ["\n".join(_lines(one)) for one in by_key(self.results)]
        different = ["\n".join(["いま使うものとの違い", *changes])] if changes else []
        return "\n\n".join(["\n".join([head, *faults]), *listed, *different])


async def list_results(settings: Settings, city: City, now: datetime) -> ListAnswer:
    async with opened_results(settings, city, now) as book:
        known = _newest_first(await book.known())
    return ListAnswer(city, tuple(reversed(known)), results_in_force(city, known, now))


async def show_results(settings: Settings, city: City, version: int | None, now: datetime) -> ShownAnswer:
    """What is in force unless said."""
    async with opened_results(settings, city, now) as book:
        known = _newest_first(await book.known())
    used = results_in_force(city, known, now)
    one = used.manual if version is None else None if version == OF_PROFILE else _find(known, version)
    faults = result_faults(one.document, city) if one else ()
    results = city.talk.of_profile if one is None else () if faults else results_of(one.document, city)
    changes = () if faults else tuple(result_changes(used.results, results))
    return ShownAnswer(city, one, results, changes, faults)


async def check_file(settings: Settings, city: City, file: Path, now: datetime) -> CheckAnswer:
    async with opened_results(settings, city, now) as book:
        with nothing_entered(file.name):
            await book.checked(ManualKind.RESULTS, RESULTS, document_in(file), now)
    return CheckAnswer(city, RESULTS)


async def add_file(settings: Settings, city: City, file: Path, *, by: str, why: str, now: datetime) -> VersionAnswer:
    """A draft. It is taken for made from the newest version."""
    async with opened_results(settings, city, now) as book:
        known = _newest_first(await book.known())
        base = known[0].version if known else None
        with nothing_entered(file.name):
            new = NewManual(ManualKind.RESULTS, RESULTS, document_in(file), by, why, base)
            added = await book.add(new, now)
    await note(settings, city, Use(by, now, "add", WHAT, [added.id]))
    return VersionAnswer(city, added)


async def approve(settings: Settings, city: City, ruling: Ruling, now: datetime) -> VersionAnswer:
    return await _decide(settings, city, ruling, "approve", now)


async def withdraw(settings: Settings, city: City, ruling: Ruling, now: datetime) -> VersionAnswer:
    return await _decide(settings, city, ruling, "withdraw", now)


async def _decide(settings: Settings, city: City, ruling: Ruling, act: str, now: datetime) -> VersionAnswer:
    async with opened_results(settings, city, now) as book:
        decided = await decide(book, lambda known: _find(_newest_first(known), ruling.version), ruling, act, now)
    return await noted(settings, city, decided, ruling, act, WHAT, now)


@asynccontextmanager
async def opened_results(settings: Settings, city: City, now: datetime) -> AsyncIterator[ResultBook]:
    """With the shipped scripts beside it, whose branches suggest results."""
    async with opened_database(settings) as database:
        await ScriptBook(database, city).ensure(now)
        yield ResultBook(database, await city_in_force(database, city, now))


def document_in(file: Path) -> Document:
    """TOML with [result.KEY] for every result, in their order; JSON as `show` gives it."""
    found = content_of(file)
    found = found if (inner := at(found, "document")) is None else inner
    if not isinstance(found, dict) or "result" not in found:
        raise BadDocument(["[result.…] がありません"])
    return found


def _newest_first(known: Sequence[Manual]) -> list[Manual]:
    return of_document(known, ManualKind.RESULTS, RESULTS)


def _find(known: Sequence[Manual], version: int) -> Manual:
    if not known:
        raise CannotAnswer(f"{CALLED}の版はまだありません。いまは委託者プロファイルの一覧を使います。")
    return version_of(known, CALLED, version)


def _lines(result: TalkResult) -> Iterator[str]:
    yield f"■ {result.name}（{result.key}）"
    yield from (f"{part}: {text}" for part, text in result_parts(result).items() if text and part != "名前")
