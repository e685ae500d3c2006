"""The answers of `dialer calendar` and `dialer due`: a city's month day by day, and by when something must be there."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from dialer.core.calendar.checks import CalendarWarning, warnings
from dialer.core.calendar.days import CalendarView, CityDay
from dialer.core.calendar.due import Due, due
from dialer.core.calendar.rules import Change
from dialer.core.calendar.values import CalendarError, Holidays, Hours, day_from_text, in_words, month_of
from dialer.core.city import City
from dialer.core.values import TOKYO


class CannotAnswer(Exception):
    """The question makes no sense for this city: one line, what is wrong and what there is instead."""


@dataclass(frozen=True, slots=True)
class Month:
    city: str
    city_name: str
    first: date
    debt: str | None
    days: tuple[CityDay, ...]
    warnings: tuple[CalendarWarning, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "city": self.city,
            "month": f"{self.first:%Y-%m}",
            "days": [
                {
                    "date": one.day.isoformat(),
                    "pattern": one.pattern,
                    "out": _pair(one.calls),
                    "in": _pair(one.inbound),
                    "reason": one.reason,
                    "clause": one.clause,
                }
                for one in self.days
            ],
            "warnings": [_told(warning) for warning in self.warnings],
        }

    def as_text(self) -> str:
        of = f" 科目 {self.debt}" if self.debt else ""
        lines = [f"{self.city_name} {self.first.year}年{self.first.month}月{of}"]
        lines += [
            f"{_short(one.day)}  架電 {_span(one.calls)}  受電 {_span(one.inbound)}  {one.reason}" for one in self.days
        ]
        lines += [f"注意: {_told(warning)}" for warning in self.warnings]
        return "\n".join(lines)


def month_of_city(
    city: City, month: str, holidays: Holidays, changes: tuple[Change, ...] = (), debt: str | None = None
) -> Month:
    """What each day of the month is, with all that was agreed, and what the planner should still mend.

    Without a debt kind a day is open as soon as it is for one of them.
    """
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month, re.ASCII):
        raise CannotAnswer(f"月「{month}」は読めません。2026-11 のように書いてください。")
    if debt is not None and city.debt(debt) is None:
        known = "、".join(one.key for one in city.debts)
        raise CannotAnswer(f"{city.name}に科目「{debt}」はありません。あるのは {known} です。")
    first = date.fromisoformat(f"{month}-01")
    _in_known_years(first, holidays)
    view, period = CalendarView(city.calendar, holidays, changes), month_of(first)
    try:
        return Month(city.key, city.name, first, debt, view.days(period, debt), warnings(view, period))
    except CalendarError as wrong:
        raise CannotAnswer(f"{month}: {wrong}") from None


@dataclass(frozen=True, slots=True)
class DueAnswer:
    city: str
    what: str
    found: Due

    def as_dict(self) -> dict[str, Any]:
        moment, day = self.found.moment, self.found.day
        due_at = moment.isoformat() if moment else day.isoformat() if day else None
        return {"due": due_at, "derivation": self.found.derivation, "clause": self.found.clause}

    def as_text(self) -> str:
        return f"{self.found.derivation}（{self.found.clause}）"


def due_of_city(city: City, what: str, for_day: str, holidays: Holidays) -> DueAnswer:
    """Agreed calling days do not matter here: open days are those of the city hall."""
    rule = next((rule for rule in city.dues if rule.what == what), None)
    if rule is None:
        known = "、".join(f"{rule.what}（{rule.name}）" for rule in city.dues) or "まだ何もありません"
        raise CannotAnswer(f"{city.name}の仕様書に「{what}」の期限はありません。あるのは {known} です。")
    day = day_from(for_day)
    _in_known_years(day, holidays)
    try:
        return DueAnswer(city.key, what, due(rule, day, city.calendar.office(holidays)))
    except CalendarError as wrong:
        raise CannotAnswer(f"{for_day}: {wrong}") from None


def day_from(text: str) -> date:
    """A date as people type it; for the other commands that ask for one, too."""
    try:
        return day_from_text(text)
    except CalendarError as wrong:
        raise CannotAnswer(str(wrong)) from None


def moment_from(text: str | None, *, to_the_end: bool = False) -> datetime | None:
    """A day or a minute, in Tokyo."""
    if text is None:
        return None
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d", text, re.ASCII):
        try:
            return datetime.fromisoformat(text).replace(tzinfo=TOKYO)
        except ValueError:
            raise CannotAnswer(f"日時「{text}」は読めません。2026-12-01T09:00 のように書いてください。") from None
    day = day_from(text)
    return datetime.combine(day + timedelta(days=1) if to_the_end else day, time(), TOKYO)


def _in_known_years(day: date, holidays: Holidays) -> None:
    if not holidays.first_year <= day.year <= holidays.last_year:
        years = f"{holidays.first_year}～{holidays.last_year}年"
        raise CannotAnswer(f"{day.year}年の祝日は不明です。答えられるのは{years}だけです。")


def _pair(hours: Hours | None) -> list[str] | None:
    return [f"{hours.opens:%H:%M}", f"{hours.closes:%H:%M}"] if hours else None


def _span(hours: Hours | None) -> str:
    return str(hours) if hours else "－－－－－－"


def _short(day: date) -> str:
    """25日（水）"""
    return in_words(day).split("月", 1)[1].rjust(6, " ")


def _told(warning: CalendarWarning) -> str:
    return f"{warning.text}（{warning.clause}）"
