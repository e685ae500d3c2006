"""`dialer cases` and `dialer explain CASE`: how cases stand, and why. Ids and words: no name, no telephone number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dialer.commands import opened_store
from dialer.config import Settings
from dialer.core.calendar.values import in_words
from dialer.core.city import City
from dialer.core.decide import decide
from dialer.core.explain import Explanation
from dialer.core.explain import explain as explained
from dialer.core.values import CASE_STATE_NAMES, TOKYO, CaseId, CaseState
from dialer.rulebooks import Rulebooks
from dialer.store.listing import CaseFilter, CaseLine


@dataclass(frozen=True, slots=True)
class Cases:
    city: City
    lines: Sequence[CaseLine]

    def as_dict(self) -> dict[str, Any]:
        return {"city": self.city.key, "cases": [_plain(line) for line in self.lines]}

    def as_text(self) -> str:
        if not self.lines:
            return f"{self.city.name}: 該当する案件はありません。"
        return "\n".join(self._told(line) for line in self.lines)

    def _told(self, line: CaseLine) -> str:
        debt = self.city.debt(line.debt)
        told = [str(line.case), debt.name if debt else line.debt, CASE_STATE_NAMES[line.state], line.reason]
        if line.stale:
            told.append("新しい出来事を反映中です")
        elif line.kind is not None and line.not_before is not None and line.not_after is not None:
            told.append(f"次の架電: {_span(line.not_before, line.not_after)}（{line.plan_reason}）")
        elif line.plan_reason:
            told.append(f"次の架電: なし（{line.plan_reason}）")
        return "  ".join(told)


async def listed(settings: Settings, city: City, only: CaseFilter) -> Cases:
    async with opened_store(settings, city.key) as store:
        return Cases(city, await store.cases(city.key, only))


async def explained_case(settings: Settings, case: CaseId, now: datetime) -> Explanation | None:
    """Decided anew at this moment by the rules in force, as the engine would. None when the city has no such case."""
    async with opened_store(settings, settings.city) as store:
        book = await Rulebooks(settings, store).book(now)
        store.use(book)
        known = await store.known_case(case)
    return None if known is None else explained(known, decide(known, book, now), book, now)


def _plain(line: CaseLine) -> dict[str, Any]:
    is_open = line.state is CaseState.OPEN
    planned = line.kind is not None and line.not_before is not None and line.not_after is not None
    return {
        "case": line.case,
        "debt": line.debt,
        "state": line.state.value,
        "reason": line.reason,
        "clause": line.clause,
        "contacted": line.contacted,
        "sms_candidate": line.sms_candidate,
        "undecided": line.stale,
        "held": line.held.value if line.held else None,
        "next": {
            "kind": line.kind.value if line.kind else None,
            "not_before": _local(line.not_before),
            "not_after": _local(line.not_after),
            "slot": line.slot,
        }
        if is_open and planned
        else None,
        "plan_reason": line.plan_reason,
        "plan_clause": line.plan_clause,
    }


def _local(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(TOKYO).isoformat()


def _span(first: datetime, last: datetime) -> str:
    begins, ends = first.astimezone(TOKYO), last.astimezone(TOKYO)
    return f"{in_words(begins.date())}{begins:%H:%M}～{ends:%H:%M}"
