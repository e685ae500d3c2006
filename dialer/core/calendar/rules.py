"""A city's calendar as data. Every class maps to one table of a TOML profile, field by field.

    [calendar]                         CityCalendar: clause, evening_from, usual = {weekday = "day"} …
    [[calendar.operation]]             Period: the contract's working time
    [[calendar.pattern]]               Pattern: key, name, on = ["weekday"], calls = ["09:00", "17:00"] …
    [[calendar.closure]]               Closure: first = "12-29", last = "01-03", reason, clause, firm
    [[calendar.office_closure]]        Closure of the city hall: for due dates and edges
    [[calendar.campaign]]              Campaign: key, name, debts, usual
    [[calendar.campaign.season]]       Season: first = "08-01", last = "09-30", first_moves = "next"
    [[calendar.campaign.round]]        Period: first = 2026-08-17, last = 2026-08-28
    [[calendar.quota]]                 Quota: patterns = ["evening"], per = "month", at_least = 8, at_most = 8

Changes are agreed while the contract runs; they come from the database, never from a profile.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from dialer.core.calendar.office import Closure, OfficeDays
from dialer.core.calendar.seasons import Campaign
from dialer.core.calendar.values import CalendarError, DayClass, Holidays, Hours, Period


@dataclass(frozen=True, slots=True)
class Pattern:
    """A kind of working day (平日催告, 平日夜間催告, 休日催告)."""

    key: str
    name: str
    clause: str
    on: tuple[DayClass, ...]  # the days that it may be used on
    calls: Hours | None  # None: inbound only
    inbound: Hours | None
    limit: Hours | None = None  # agreed hours never go beyond
    decided_by: int | None = None  # day of the month before by which such a day must be agreed


class Per(StrEnum):
    WEEK = "week"
    MONTH = "month"
    FISCAL_YEAR = "fiscal_year"


@dataclass(frozen=True, slots=True)
class Quota:
    """How many days of some patterns the tender asks for or allows."""

    name: str  # 夜間納税しょうよう（自動車税）
    clause: str
    per: Per
    patterns: tuple[str, ...] = ()  # empty: every working day
    at_least: int = 0
    at_most: int | None = None
    debt: str | None = None  # counted inside its calling periods only


@dataclass(frozen=True, slots=True)
class CityCalendar:
    name: str
    clause: str  # of what a day is when nothing else decides
    patterns: tuple[Pattern, ...]
    usual: Mapping[DayClass, str]  # pattern by class of day; a class that is missing is closed
    evening_from: time  # splits a weekday's hours into day and evening
    operation: tuple[Period, ...] = ()  # the working time of each contract; none: no end known
    never_on: tuple[DayClass, ...] = ()  # no agreement opens such a day
    closures: tuple[Closure, ...] = ()
    campaigns: tuple[Campaign, ...] = ()  # none: calls all year
    inbound_follows_campaigns: bool = False  # outside the calling periods nobody answers either
    quotas: tuple[Quota, ...] = ()
    exchanged: tuple[str, ...] = ()  # patterns whose days are exchanged for a closed weekday
    exchange_clause: str = ""
    rounds_from_week: int | None = None  # rounds begin in this week of the month or later
    round_days: tuple[int, int] | None = None  # calling days of a round: at least, at most
    office_closures: tuple[Closure, ...] = ()  # of the city hall, for due dates and edges

    def __post_init__(self) -> None:
        keys = [pattern.key for pattern in self.patterns]
        named = [*self.usual.values(), *self.exchanged]
        named += [key for campaign in self.campaigns for key in campaign.usual.values()]
        named += [key for quota in self.quotas for key in quota.patterns]
        if missing := sorted(set(named) - set(keys)):
            raise CalendarError(
                f"{self.name}の暦: パターン {', '.join(missing)} が定義されていません（{', '.join(keys)}）"
            )
        if len(set(keys)) != len(keys):
            raise CalendarError(f"{self.name}の暦: 同じ key のパターンが二つあります（{', '.join(keys)}）")
        if sum(not campaign.debts for campaign in self.campaigns) > 1:
            raise CalendarError(f"{self.name}の暦: debts のない架電期間は一つだけ置けます")

    def operates_on(self, day: date) -> bool:
        return not self.operation or any(day in period for period in self.operation)

    def pattern(self, key: str) -> Pattern | None:
        return next((pattern for pattern in self.patterns if pattern.key == key), None)

    def office(self, holidays: Holidays) -> OfficeDays:
        return OfficeDays(holidays, self.office_closures)


class ChangeKind(StrEnum):
    OPEN = "open"  # a day is added, or gets another pattern or other hours
    CLOSE = "close"  # a day is excluded
    RESTORE = "restore"  # earlier changes of the day no longer hold


@dataclass(frozen=True, slots=True)
class Change:
    """An agreed change of one day: never overwritten, only followed by a later one (C-027)."""

    day: date
    kind: ChangeKind
    reason: str  # why, as a person reads it
    by: str  # who entered it: a user's id
    decided_at: datetime
    pattern: str | None = None  # of an opened day
    calls: Hours | None = None  # instead of the pattern's
    inbound: Hours | None = None
    debts: tuple[str, ...] = ()  # only these; naming them opens the day outside their calling periods too
    exchanged_for: date | None = None  # of a closed weekday: the rest day that is worked instead
    clause: str = ""

    def __post_init__(self) -> None:
        if self.decided_at.tzinfo is None:
            raise CalendarError(f"{self.day.isoformat()} の変更: decided_at に時差が要ります")
        if (self.kind is ChangeKind.OPEN) != (self.pattern is not None):
            raise CalendarError(f"{self.day.isoformat()} の変更: pattern は日を開けるときにだけ指定します")
        if not (self.reason and self.by):
            raise CalendarError(f"{self.day.isoformat()} の変更: reason と by は必ず指定します")


def history_of(changes: tuple[Change, ...], day: date, as_of: datetime | None = None) -> tuple[Change, ...]:
    """Who changed the day, when and why, the oldest first; of one moment the later entered is the later."""
    known = [change for change in changes if change.day == day and (as_of is None or change.decided_at <= as_of)]
    return tuple(sorted(known, key=lambda change: change.decided_at))


def in_force(changes: tuple[Change, ...], day: date, debt: str | None, as_of: datetime | None = None) -> Change | None:
    """The last word on the day for the debt. Without a debt, for the city: open as soon as it is for one debt."""
    history = history_of(changes, day, as_of)
    if debt is None:
        words = [_last(history, named) for named in sorted({named for change in history for named in change.debts})]
        opened = [word for word in words if word and word.kind is ChangeKind.OPEN]
        if opened:
            return max(opened, key=lambda change: change.decided_at)
    return _last(history, debt)


def _last(history: tuple[Change, ...], debt: str | None) -> Change | None:
    last = next((change for change in reversed(history) if not change.debts or debt in change.debts), None)
    return last if last and last.kind is not ChangeKind.RESTORE else None
