"""What is used only in versions that the city approves: texts, talk scripts and other manuals (T-018, O-006).

A version never changes. What changes is what was decided about it: approved from when to when, withdrawn.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class VersionError(ValueError):
    """A decision that cannot be, in words for a person."""


class VersionState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


STATE_NAMES = {VersionState.DRAFT: "下書き", VersionState.APPROVED: "承認", VersionState.WITHDRAWN: "取下げ"}


@dataclass(frozen=True, slots=True)
class Decision:
    """What the city decided about a version; the latest counts."""

    state: VersionState
    by: str  # a user's id
    at: datetime
    valid_from: datetime | None = None  # none: at once
    valid_until: datetime | None = None  # the first moment that it is no longer used; none: without end
    reason: str = ""
    names_matter: bool = False  # the city agreed to a text that tells third parties what it is about

    def __post_init__(self) -> None:
        moments = (self.at, self.valid_from, self.valid_until)
        if any(moment is not None and moment.tzinfo is None for moment in moments):
            raise VersionError("有効期間には時差が要ります")
        if self.valid_from and self.valid_until and self.valid_from >= self.valid_until:
            raise VersionError("有効期間は開始が終了より前でなければなりません")
        if self.state is VersionState.DRAFT:
            raise VersionError("下書きに戻すことはできません。取り下げてください")

    @property
    def begins(self) -> datetime:
        return max(self.at, self.valid_from) if self.valid_from else self.at

    def holds(self, now: datetime) -> bool:
        return self.begins <= now and (self.valid_until is None or now < self.valid_until)
