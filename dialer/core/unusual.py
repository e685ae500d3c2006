"""Use of the system that somebody should look at (X-010): much at once, at unusual hours, what was refused.

A notice accuses nobody: it says what was counted, and beside which threshold.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dialer.core.calendar.values import Hours
from dialer.core.values import TOKYO


class Kind(StrEnum):
    MANY_AN_HOUR = "many_an_hour"
    MANY_A_DAY = "many_a_day"
    OUTSIDE = "outside"  # the hours of the day, or on a closed one
    REFUSED = "refused"  # another city's, or what they have no right to
    TRIES = "tries"  # wrong passwords


@dataclass(frozen=True, slots=True)
class Thresholds:
    views_an_hour: int = 150  # of people's data, searches included
    views_a_day: int = 800
    refused_a_day: int = 3
    tries_a_day: int = 10
    margin_minutes: int = 90  # before the hours and after them work is usual


@dataclass(frozen=True, slots=True)
class Used:
    """What one person did in some minutes."""

    by: str
    at: datetime  # when these minutes begin
    uses: int = 0
    views: int = 0
    refused: int = 0
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Notice:
    kind: Kind
    by: str
    first: datetime
    last: datetime
    count: int
    threshold: int


Span = tuple[datetime, datetime] | None
HoursOf = Callable[[datetime], Span]


def span_of(day: datetime, hours: Iterable[Hours | None], thresholds: Thresholds) -> Span:
    """From when until when use is usual on a day with these hours; None: at no time."""
    given = [one for one in hours if one is not None]
    if not given:
        return None
    margin = timedelta(minutes=thresholds.margin_minutes)
    date = day.astimezone(TOKYO).date()
    opens = datetime.combine(date, min(one.opens for one in given), TOKYO)
    closes = datetime.combine(date, max(one.closes for one in given), TOKYO)
    return opens - margin, closes + margin


def is_outside(at: datetime, usual: Span) -> bool:
    return usual is None or not usual[0] <= at < usual[1]


def notices(used: Sequence[Used], usual: HoursOf, thresholds: Thresholds) -> list[Notice]:
    """The newest first; at most one of a kind for each person and day (and hour)."""
    by_day: defaultdict[tuple[str, object], list[Used]] = defaultdict(list)
    for one in sorted(used, key=lambda one: one.at):
        by_day[one.by, one.at.astimezone(TOKYO).date()].append(one)
    found = [notice for day in by_day.values() for notice in _of_day(day, usual, thresholds)]
    return sorted(found, key=lambda one: (one.last, one.by, one.kind), reverse=True)


def _of_day(day: Sequence[Used], usual: HoursOf, thresholds: Thresholds) -> Iterator[Notice]:
    """Of one person."""
    by_hour: defaultdict[int, list[Used]] = defaultdict(list)
    for one in day:
        by_hour[one.at.astimezone(TOKYO).hour].append(one)
    for hour in by_hour.values():
        yield from _if(Kind.MANY_AN_HOUR, hour, sum(one.views for one in hour), thresholds.views_an_hour)
    yield from _if(Kind.MANY_A_DAY, day, sum(one.views for one in day), thresholds.views_a_day)
    outside = [one for one in day if one.uses and is_outside(one.at, usual(one.at))]
    yield from _if(Kind.OUTSIDE, outside, sum(one.uses for one in outside), 0)
    refused = [one for one in day if one.refused]
    yield from _if(Kind.REFUSED, refused, sum(one.refused for one in refused), thresholds.refused_a_day - 1)
    tries = [one for one in day if one.tries]
    yield from _if(Kind.TRIES, tries, sum(one.tries for one in tries), thresholds.tries_a_day - 1)


def _if(kind: Kind, used: Sequence[Used], count: int, allowed: int) -> Iterator[Notice]:
    if count > allowed:
        yield Notice(kind, used[0].by, used[0].at, used[-1].at, count, allowed + (kind in COUNTED_FROM))


COUNTED_FROM = (Kind.REFUSED, Kind.TRIES)
"""Their threshold is the first number that is told; of the others it is the last that is not."""
