"""Talk scripts as people enter them: what a version may say, by itself and beside what is in force."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from dialer.core.city import City
from dialer.core.manuals import CALLERS, Document, Manual, ManualKind
from dialer.core.script import TalkScript
from dialer.manual_book import ManualBook
from dialer.profiles.result_versions import results_in_force, with_results
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
from dialer.store.manuals import NewManual

LONGEST = {"heading": 60, "text": 1000, "note": 500, "label": 100, "name": 60}
PART_NAMES = {"heading": "見出し", "text": "話す言葉", "note": "注記", "label": "分岐の名前", "name": "名前"}
MOST_STEPS, MOST_BRANCHES = 60, 12


class ScriptBook(ManualBook):
    kinds = (ManualKind.SCRIPT, ManualKind.CALLERS)

    async def ensure(self, now: datetime) -> None:
        await self._store.ensure(shipped_manuals(self._city, now), now)

    def _checked(self, every: Sequence[Manual], new: NewManual, now: datetime) -> Document:
        city = with_results(self._city, results_in_force(self._city, every, now).results)
        return checked(city, every, new.kind, new.key, new.document, now)


def checked(
    city: City, known: Sequence[Manual], kind: ManualKind, key: str, document: Document, now: datetime
) -> Document:
    """By itself, and together with what is in force. BadDocument with a line for each fault."""
    is_key = re.fullmatch(r"[a-z][a-z0-9_]{0,59}", key) and not re.search(r"_callers\d+$", key)
    if kind not in ScriptBook.kinds or not is_key:
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
