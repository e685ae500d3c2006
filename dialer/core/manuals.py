"""What people go by while they talk (scripts and what belongs to them), in versions that the city approves (O-006).

Which version is used at a moment follows from the versions, their decisions and the clock alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from dialer.core.versions import Decision, VersionState

Document = Mapping[str, Any]
"""Plain JSON, whole: what a file of the kind says, with nothing left to another file."""


PROGRAM = "program"
"""Who entered what came with the program."""
SHIPPED = "プログラムに付属"
CALLERS, RESULTS = "callers", "results"
"""The keys of the only documents of their kinds."""


class ManualKind(StrEnum):
    SCRIPT = "script"  # key: of the script
    CALLERS = "callers"  # how a talk begins with somebody who has called us
    RESULTS = "results"  # the list of talk results


@dataclass(frozen=True, slots=True)
class Manual:
    """One version of one document."""

    city: str
    kind: ManualKind
    key: str
    version: int
    document: Document
    entered_by: str
    entered_at: datetime
    why: str = ""
    based_on: int | None = None  # the version that it was made from
    decision: Decision | None = None  # the newest

    @property
    def id(self) -> str:
        """For the log."""
        return f"{self.kind}:{self.key}:{self.version}"

    @property
    def state(self) -> VersionState:
        return self.decision.state if self.decision else VersionState.DRAFT

    @property
    def missed_a_newer(self) -> bool:
        """When it was entered, what it had been made from was not the newest version any more."""
        return self.based_on is not None and self.based_on < self.version - 1

    def holds(self, now: datetime) -> bool:
        return self.decision is not None and self.state is VersionState.APPROVED and self.decision.holds(now)


@dataclass(frozen=True, slots=True)
class Change:
    """From one version to another. Empty where there was or is nothing."""

    of: str  # which step or which result, as people read it
    part: str
    before: str
    after: str


def of_document(manuals: Iterable[Manual], kind: ManualKind, key: str) -> list[Manual]:
    """Its versions, the newest first."""
    return sorted((one for one in manuals if one.kind is kind and one.key == key), key=lambda one: -one.version)


def may_be_used(manuals: Iterable[Manual], now: datetime, *, drafts: bool = False) -> list[Manual]:
    """Of the versions of one document, the one to use first: the approved ones that hold, the one decided last before
    the others. `drafts` is for rehearsals, where nobody real is called: drafts then fill a gap, the newest first.
    """
    known = list(manuals)
    approved = sorted((one for one in known if one.holds(now)), key=_decided_last, reverse=True)
    waiting = [one for one in known if drafts and one.state is VersionState.DRAFT]
    return [*approved, *sorted(waiting, key=lambda one: -one.version)]


def in_force(manuals: Iterable[Manual], now: datetime, *, drafts: bool = False) -> dict[tuple[ManualKind, str], Manual]:
    """For each document that may be used the version to use."""
    known = list(manuals)
    kinds = dict.fromkeys((one.kind, one.key) for one in known)
    first = {each: may_be_used(of_document(known, *each), now, drafts=drafts)[:1] for each in kinds}
    return {each: found[0] for each, found in first.items() if found}


def next_change(manuals: Sequence[Manual], now: datetime) -> datetime | None:
    """When another version may be due without anybody deciding anything."""
    approved = [one.decision for one in manuals if one.decision and one.state is VersionState.APPROVED]
    moments = (moment for one in approved for moment in (one.begins, one.valid_until))
    return min((moment for moment in moments if moment is not None and moment > now), default=None)


def _decided_last(one: Manual) -> tuple[datetime, int]:
    assert one.decision is not None
    return one.decision.at, one.version
