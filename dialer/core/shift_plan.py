"""When operators work and have their breaks, as planned beforehand; and when somebody who sits there will go."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from dialer.core.shifts import Span, merged, without
from dialer.core.values import TOKYO

NOT_AS_PLANNED = timedelta(minutes=5)
"""Who is still there so long after the plan says otherwise stays: plans are not always kept."""


class TimeKind(StrEnum):
    WORK = "work"
    BREAK = "break"


TIME_NAMES: dict[TimeKind, str] = {TimeKind.WORK: "勤務", TimeKind.BREAK: "休憩"}


@dataclass(frozen=True, slots=True, order=True)
class PlannedTime:
    day: date
    login: str
    kind: TimeKind
    begins: time
    ends: time

    @property
    def span(self) -> Span:
        return datetime.combine(self.day, self.begins, TOKYO), datetime.combine(self.day, self.ends, TOKYO)

    @property
    def text(self) -> str:
        return f"{self.day} {self.login} {TIME_NAMES[self.kind]} {self.begins:%H:%M}～{self.ends:%H:%M}"


def seconds_until_gone(times: Sequence[PlannedTime], now: datetime) -> float | None:
    """Of one operator who is at work now. 0: should have gone already; None: nothing says when."""
    known = [at for at in _goes(times) if now < at + NOT_AS_PLANNED]
    return max(0.0, (min(known) - now).total_seconds()) if known else None


def _goes(times: Sequence[PlannedTime]) -> Iterable[datetime]:
    """The ends of being there: where a break begins, or the work ends. Breaks alone are a plan as well."""
    breaks = merged(one.span for one in times if one.kind is TimeKind.BREAK)
    work = merged(one.span for one in times if one.kind is TimeKind.WORK)
    if work:
        return [last for _, last in without(work, breaks)]
    return [first for first, _ in breaks]
