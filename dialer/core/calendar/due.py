"""Due dates: a rule of the tender as data, the open days of the city hall, and the date with its derivation.

A profile writes one table for each: [[due]] with what, name, clause, rule = "open_days" and the rule's own fields.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import assert_never

from dialer.core.calendar.office import OfficeDays
from dialer.core.calendar.values import Move, fiscal_year_of, in_words, month_of, months_later
from dialer.core.values import TOKYO


class Base(StrEnum):
    """The day that is counted from."""

    DAY = "day"  # of work, of sending, the last of a period
    MONTH_END = "month_end"
    MONTH_START = "month_start"


@dataclass(frozen=True, slots=True)
class OpenDays:
    """So many open days after the base, or before it when negative; the base itself is not counted."""

    days: int
    base: Base = Base.DAY


@dataclass(frozen=True, slots=True)
class CalendarDays:
    """So many days after, or before, open or not."""

    days: int


@dataclass(frozen=True, slots=True)
class DayOfMonth:
    """A day of the month so many months later: 10th of the next (1), 25th of the month before (-1)."""

    day: int
    months: int = 0
    closed: Move = Move.STAYS


@dataclass(frozen=True, slots=True)
class NthOpenDay:
    """「毎月5開庁日まで」"""

    nth: int
    months: int = 0


@dataclass(frozen=True, slots=True)
class DayOfFiscalYear:
    """A day of the fiscal year so many years later; a year may have its own date, as the first of a contract does."""

    month: int
    day: int
    years: int = 0
    closed: Move = Move.STAYS
    instead: tuple[tuple[int, date], ...] = ()  # fiscal year, date


@dataclass(frozen=True, slots=True)
class ByAgreement:
    """No date can be computed."""

    why: str  # 月次定例会の日（委託者が定める）


Rule = OpenDays | CalendarDays | DayOfMonth | NthOpenDay | DayOfFiscalYear | ByAgreement


@dataclass(frozen=True, slots=True)
class DueRule:
    what: str  # daily, monthly, annual, sms, candidates, workplan …
    name: str  # 業務月報
    clause: str
    rule: Rule
    at: time | None = None  # None: within the day


@dataclass(frozen=True, slots=True)
class Due:
    day: date | None  # None: by agreement
    at: time | None
    derivation: str
    clause: str

    @property
    def moment(self) -> datetime | None:
        return datetime.combine(self.day, self.at, TOKYO) if self.day and self.at else None


def due(rule: DueRule, for_day: date, office: OfficeDays) -> Due:
    """When it is due, for the day that the rule counts from or any day of the month or year that it speaks of."""
    if isinstance(rule.rule, ByAgreement):
        return Due(None, None, f"{rule.name}: {rule.rule.why}", rule.clause)
    day, how = _dated(rule.rule, for_day, office)
    hour = f"{rule.at:%H:%M}" if rule.at else ""
    return Due(day, rule.at, f"{rule.name}: {how} → {in_words(day)}{hour}", rule.clause)


def _dated(
    rule: OpenDays | CalendarDays | DayOfMonth | NthOpenDay | DayOfFiscalYear, for_day: date, office: OfficeDays
) -> tuple[date, str]:
    """The date and how it was found."""
    match rule:
        case OpenDays():
            base = _base(rule.base, for_day)
            day = office.after(base, rule.days)
            side = "後" if rule.days > 0 else "前"
            return day, f"{in_words(base)}の{abs(rule.days)}開庁日{side}{_skipped(office, base, day)}"
        case CalendarDays():
            side = "後" if rule.days > 0 else "前"
            return for_day + timedelta(days=rule.days), f"{in_words(for_day)}の{abs(rule.days)}日{side}"
        case DayOfMonth():
            month = month_of(months_later(for_day, rule.months))
            named = month.first.replace(day=min(rule.day, month.last.day))
            return _moved(named, rule.closed, office)
        case NthOpenDay():
            month_start = months_later(for_day, rule.months)
            day = office.nth_of_month(month_start, rule.nth)
            before = month_start - timedelta(days=1)
            return day, f"{month_start.year}年{month_start.month}月の第{rule.nth}開庁日{_skipped(office, before, day)}"
        case DayOfFiscalYear():
            return _of_fiscal_year(rule, for_day, office)
    assert_never(rule)


def _base(base: Base, for_day: date) -> date:
    match base:
        case Base.DAY:
            return for_day
        case Base.MONTH_END:
            return month_of(for_day).last
        case Base.MONTH_START:
            return month_of(for_day).first
    assert_never(base)


def _of_fiscal_year(rule: DayOfFiscalYear, for_day: date, office: OfficeDays) -> tuple[date, str]:
    year = fiscal_year_of(for_day).first.year
    instead = next((day for fiscal_year, day in rule.instead if fiscal_year == year), None)
    if instead:
        return instead, f"{year}年度は{in_words(instead)}と定められています"
    return _moved(date(year + rule.years + (rule.month < 4), rule.month, rule.day), rule.closed, office)


def _moved(named: date, move: Move, office: OfficeDays) -> tuple[date, str]:
    day = office.moved(named, move)
    if day == named:
        return day, in_words(named) if office.is_open(day) else f"{in_words(named)}（閉庁日でも移す定めはありません）"
    where = "翌開庁日" if move is Move.NEXT else "直前の開庁日"
    return day, f"{in_words(named)}は閉庁日（{office.why_closed(named)}）のため{where}{_skipped(office, named, day)}"


def _skipped(office: OfficeDays, start: date, end: date) -> str:
    closed = [f"{day.month}/{day.day} {why}" for day, why in office.skipped(start, end)]
    return f"（閉庁: {'、'.join(closed)}）" if closed else ""
