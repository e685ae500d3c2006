"""Talk scripts handled by people, on a page or a command line: entered, checked, approved, taken back (O-006)."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from dialer.core.city import City
from dialer.core.manuals import CALLERS, Document, Manual, ManualKind, of_document
from dialer.core.script import TalkScript
from dialer.core.versions import Decision, VersionError, VersionState
from dialer.profiles.script_versions import (
    LARGEST_BYTES,
    BadDocument,
    ScriptsInForce,
    faults_of,
    normal,
    script_of,
    scripts_in_force,
)
from dialer.profiles.scripts import shipped_manuals
from dialer.store.database import Database
from dialer.store.manuals import ManualStore, NewManual

KINDS = (ManualKind.SCRIPT, ManualKind.CALLERS)
LONGEST = {"heading": 60, "text": 1000, "note": 500, "label": 100, "name": 60}
PART_NAMES = {"heading": "見出し", "text": "話す言葉", "note": "注記", "label": "分岐の名前", "name": "名前"}
MOST_STEPS, MOST_BRANCHES, LONGEST_REASON = 60, 12, 200
NO_WHY = f"変更の理由を{LONGEST_REASON}文字以内で書いてください"
NO_REASON = f"根拠（協議書の番号など）を{LONGEST_REASON}文字以内で書いてください"
NOT_ONES_OWN = "ご自分で登録した版は承認できません。ほかの方が内容を確かめて、承認してください"


class ScriptBook:
    """BadDocument says why something was not done; nothing was changed then. StoreUnavailable as the store has it."""

    def __init__(self, database: Database, city: City) -> None:
        self._store, self._city = ManualStore(database, city), city

    async def ensure(self, now: datetime) -> None:
        await self._store.ensure(shipped_manuals(self._city, now), now)

    async def known(self) -> list[Manual]:
        return [one for one in await self._store.manuals() if one.kind in KINDS]

    async def checked(self, kind: ManualKind, key: str, document: Document, now: datetime) -> Document:
        """As it would be entered."""
        return checked(self._city, await self.known(), kind, key, document, now)

    async def add(self, new: NewManual, now: datetime) -> Manual:
        """A draft."""
        if not 0 < len(new.why.strip()) <= LONGEST_REASON:
            raise BadDocument([NO_WHY])
        known = await self.known()
        document = checked(self._city, known, new.kind, new.key, new.document, now)
        versions = of_document(known, new.kind, new.key)
        if new.based_on is not None and not any(one.version == new.based_on for one in versions):
            raise BadDocument([f"もとにした版{new.based_on}はありません"])
        if versions and json.dumps(versions[0].document) == json.dumps(document):
            raise BadDocument([f"版{versions[0].version}と同じ内容です"])
        return await self._store.add(replace(new, document=document, why=new.why.strip()), now)

    async def approve(
        self,
        manual: Manual,
        *,
        by: str,
        reason: str,
        now: datetime,
        first: datetime | None = None,
        until: datetime | None = None,
    ) -> None:
        """By somebody else than who entered it; an earlier version again, too."""
        if manual.entered_by == by:
            raise BadDocument([NOT_ONES_OWN])
        if until is not None and until <= now:
            raise BadDocument(["有効期間の終わりはもう過ぎています"])
        checked(self._city, await self.known(), manual.kind, manual.key, manual.document, now)
        await self._decide(manual, VersionState.APPROVED, by, reason, now, first, until)

    async def withdraw(self, manual: Manual, *, by: str, reason: str, now: datetime) -> None:
        await self._decide(manual, VersionState.WITHDRAWN, by, reason, now)

    async def _decide(
        self,
        manual: Manual,
        state: VersionState,
        by: str,
        reason: str,
        now: datetime,
        first: datetime | None = None,
        until: datetime | None = None,
    ) -> None:
        if not 0 < len(reason.strip()) <= LONGEST_REASON:
            raise BadDocument([NO_REASON])
        try:
            decision = Decision(state, by, now, first, until, reason.strip())
        except VersionError as wrong:
            raise BadDocument([str(wrong)]) from None
        await self._store.decide(manual, decision)


def checked(
    city: City, known: Sequence[Manual], kind: ManualKind, key: str, document: Document, now: datetime
) -> Document:
    """By itself, and together with what is in force. BadDocument with a line for each fault."""
    if kind not in KINDS or re.search(r"_callers\d+$", key) or not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", key):
        raise BadDocument([f"「{key}」という台本は登録できません"])
    if kind is ManualKind.CALLERS and key != CALLERS:
        raise BadDocument([f"かかってきた電話の台本は {CALLERS} だけです"])
    if len(json.dumps(document, ensure_ascii=False).encode()) > LARGEST_BYTES:
        raise BadDocument([f"台本が大きすぎます。{LARGEST_BYTES // 1000} KBまでにしてください"])
    whole = normal(kind, document)
    one = Manual(city.key, kind, key, 1, whole, "", now)
    used = scripts_in_force(city, known, now)
    lines = [*_limits(whole), *_unknown_debts(whole, city), *faults_of(one, city, plain_scripts(used))]
    if not lines and kind is ManualKind.SCRIPT:
        lines = list(_with_callers(one, used, city))
    if lines:
        raise BadDocument(lines)
    return whole


def plain_scripts(used: ScriptsInForce) -> list[TalkScript]:
    return [one for one in used.scripts if not one.for_callers]


def _with_callers(one: Manual, used: ScriptsInForce, city: City) -> Iterator[str]:
    for callers in used.manuals:
        if callers.kind is ManualKind.CALLERS:
            for what in faults_of(callers, city, [script_of(one, city)]):
                yield f"かかってきた電話の台本（版{callers.version}）と合いません: {what}"


def _unknown_debts(document: Document, city: City) -> Iterator[str]:
    for debt in document.get("debts", ()):
        if city.debt(debt) is None:
            yield f"科目「{debt}」はありません。あるのは {'、'.join(kind.key for kind in city.debts)}"


def _limits(document: Document) -> Iterator[str]:
    steps = document["step"]
    if len(steps) > MOST_STEPS:
        yield f"ステップは{MOST_STEPS}までです"
    parts: list[tuple[str, Document, tuple[str, ...]]] = [("台本", document, ("name",))]
    for key, step in steps.items():
        named = f"ステップ「{step['heading'][:20]}」（{key[:40]}）"
        branches = step.get("branches", ())
        if len(branches) > MOST_BRANCHES:
            yield f"{named}: 分岐は{MOST_BRANCHES}までです"
        parts += [(named, step, ("heading", "text", "note")), *((named, one, ("label",)) for one in branches)]
    for where, part, names in parts:
        for name in names:
            if len(part.get(name, "")) > LONGEST[name]:
                yield f"{where}: {PART_NAMES[name]}は{LONGEST[name]}文字までです"
