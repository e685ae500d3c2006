"""What `dialer scripts` and `dialer results` have in common: versions of a document as typed, told and decided."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dialer.calendar_commands import CannotAnswer, moment_from
from dialer.command_log import Use, note
from dialer.config import Settings
from dialer.core.city import City
from dialer.core.manuals import Manual
from dialer.core.values import TOKYO, to_the_minute
from dialer.core.versions import STATE_NAMES
from dialer.manual_book import ManualBook
from dialer.profiles import ProfileError
from dialer.profiles.files import plain_value, read_document
from dialer.profiles.result_versions import results_in_force, with_results
from dialer.profiles.script_versions import BadDocument
from dialer.store.database import Database
from dialer.store.manuals import ManualStore

NOTHING_ENTERED = "登録は行っていません。"
Find = Callable[[list[Manual]], Manual]
"""Which of all versions is meant."""


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
class CheckAnswer:
    city: City
    key: str

    def as_dict(self) -> dict[str, Any]:
        return {"city": self.city.key, "key": self.key, "ok": True}

    def as_text(self) -> str:
        return f"{self.key}: 誤りはありません。{NOTHING_ENTERED}"


def content_of(file: Path) -> Any:
    """Of a TOML or a JSON file, as plain JSON."""
    if not file.is_file():
        raise BadDocument(["ファイルがありません"])
    try:
        if file.suffix == ".json":
            return json.loads(file.read_text(encoding="utf-8"))
        return json.loads(json.dumps(read_document(file), default=plain_value))
    except ProfileError as wrong:
        raise BadDocument([str(wrong)]) from None
    except (OSError, ValueError, RecursionError):
        raise BadDocument(["UTF-8 の JSON として読めません"]) from None


async def city_in_force(database: Database, city: City, now: datetime) -> City:
    """As the desks have it: with the list of talk results that is in force."""
    known = await ManualStore(database, city).manuals()
    return with_results(city, results_in_force(city, known, now).results)


def version_of(versions: Sequence[Manual], called: str, version: int | None) -> Manual:
    """Of some, the newest first; the first unless said."""
    found = next((one for one in versions if version in (None, one.version)), None)
    if found is None:
        listed = "、".join(f"版{one.version}" for one in reversed(versions))
        raise CannotAnswer(f"{called} に版{version}はありません。あるのは {listed} です。")
    return found


async def decide(book: ManualBook, find: Find, ruling: Ruling, act: str, now: datetime) -> tuple[Manual, Manual]:
    """`act`: approve or withdraw. The version as it was and as it is now."""
    first, until = moment_from(ruling.valid_from), moment_from(ruling.valid_until, to_the_end=True)
    one = find(await book.known())
    with nothing_entered(f"版{one.version}"):
        if act == "approve":
            await book.approve(one, by=ruling.by, reason=ruling.reason, now=now, first=first, until=until)
        else:
            await book.withdraw(one, by=ruling.by, reason=ruling.reason, now=now)
    return one, find(await book.known())


async def noted(
    settings: Settings, city: City, decided: tuple[Manual, Manual], ruling: Ruling, act: str, what: str, now: datetime
) -> VersionAnswer:
    """Written into the log, with the log's word for such a manual."""
    old, new = decided
    detail = {"old": old.state.value, "new": new.state.value}
    await note(settings, city, Use(ruling.by, now, act, what, [new.id], 1, detail))
    return VersionAnswer(city, new)


@contextmanager
def nothing_entered(where: str) -> Iterator[None]:
    try:
        yield
    except BadDocument as wrong:
        lines = "\n".join(f"{where}: {line}" for line in wrong.lines)
        raise CannotAnswer(f"{lines}。{NOTHING_ENTERED}") from None


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
        f"登録 {to_the_minute(one.entered_at)} {one.entered_by}",
        one.why,
    ]
    if decision := one.decision:
        parts.append(f"決定 {to_the_minute(decision.at)} {decision.by}「{decision.reason}」")
        if decision.valid_from or decision.valid_until:
            parts.append(f"{to_the_minute(decision.valid_from)}～{to_the_minute(decision.valid_until)}")
    return "  ".join(part for part in parts if part)


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(TOKYO).isoformat() if moment else None
