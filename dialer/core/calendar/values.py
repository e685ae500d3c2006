"""Small values of the calendar. Every closed period includes both its ends."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum

ONE_DAY = timedelta(days=1)


class CalendarError(ValueError):
    """A calendar that cannot be meant: one line, what is wrong and how to mend it."""


class DayClass(StrEnum):
    """What a date is by itself. A national holiday on a Sunday is both."""

    WEEKDAY = "weekday"  # Monday to Friday and no national holiday
    SATURDAY = "saturday"
    SUNDAY = "sunday"
    HOLIDAY = "holiday"  # 国民の祝日に関する法律に規定する休日


class Rung(StrEnum):
    """The part of the calling plan an hour belongs to: the rungs of day, evening, holiday."""

    DAY = "day"
    EVENING = "evening"
    HOLIDAY = "holiday"  # any hour of a Saturday, Sunday or national holiday


class Move(StrEnum):
    """Where a date goes that falls on a closed day."""

    STAYS = "stays"
    NEXT = "next"
    PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class Hours:
    opens: time
    closes: time  # the first moment that is closed again

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise CalendarError(f"時間帯 {self} は開始が終了より前でなければなりません")

    def __contains__(self, moment: time) -> bool:
        return self.opens <= moment < self.closes

    def within(self, limit: "Hours") -> "Hours | None":
        """What of these hours the limit leaves; None for nothing."""
        opens, closes = max(self.opens, limit.opens), min(self.closes, limit.closes)
        return Hours(opens, closes) if opens < closes else None

    @classmethod
    def from_text(cls, text: str) -> "Hours":
        """12:00-20:00, as people type it."""
        try:
            opens, closes = (time.fromisoformat(half) for half in text.split("-"))
        except ValueError:
            raise CalendarError(f"「{text}」は時間帯として読めません。09:00-17:00 のように書いてください") from None
        return cls(opens, closes)

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}～{self.closes:%H:%M}"


@dataclass(frozen=True, slots=True)
class Period:
    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise CalendarError(f"期間 {self} は初日が末日より後です。日付を入れ替えてください")

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=offset) for offset in range((self.last - self.first).days + 1))

    def overlaps(self, other: "Period") -> bool:
        return self.first <= other.last and other.first <= self.last

    def __str__(self) -> str:
        return f"{self.first.isoformat()}～{self.last.isoformat()}"


@dataclass(frozen=True, slots=True, order=True)
class MonthDay:
    """A day that exists in every year."""

    month: int
    day: int

    def __post_init__(self) -> None:
        try:
            date(2023, self.month, self.day)
        except ValueError:
            raise CalendarError(f"{self.month}月{self.day}日は毎年ある日ではありません") from None

    def of(self, year: int) -> date:
        return date(year, self.month, self.day)

    @classmethod
    def from_text(cls, text: str) -> "MonthDay":
        """12-29, as profiles write it."""
        month, _, day = text.partition("-")
        if not (month.isdecimal() and day.isdecimal()):
            raise CalendarError(f"「{text}」は月日として読めません。12-29 のように書いてください")
        return cls(int(month), int(day))


@dataclass(frozen=True, slots=True)
class Holidays:
    """National holidays with the substitute and in-between ones, and the years for which they are known."""

    names: Mapping[date, str]
    first_year: int
    last_year: int

    def name(self, day: date) -> str | None:
        """An unknown year is an error: to take its holidays for working days would call people on them."""
        if not self.first_year <= day.year <= self.last_year:
            raise CalendarError(f"{day.isoformat()} の祝日は不明です（祝日表は{self.first_year}～{self.last_year}年）")
        return self.names.get(day)

    def classes(self, day: date) -> tuple[DayClass, ...]:
        """The most particular first."""
        found = [DayClass.HOLIDAY] if self.name(day) else []
        match day.weekday():
            case 5:
                found.append(DayClass.SATURDAY)
            case 6:
                found.append(DayClass.SUNDAY)
        return tuple(found or [DayClass.WEEKDAY])


def day_from_text(text: str) -> date:
    """2026-11-25, as people type it."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise CalendarError(f"日付「{text}」は読めません。2026-11-25 のように書いてください。")


def month_of(day: date) -> Period:
    first = day.replace(day=1)
    return Period(first, months_later(first, 1) - ONE_DAY)


def week_of(day: date) -> Period:
    """Monday to Sunday."""
    first = day - timedelta(days=day.weekday())
    return Period(first, first + timedelta(days=6))


def fiscal_year_of(day: date) -> Period:
    """年度: April to March."""
    year = day.year if day.month >= 4 else day.year - 1
    return Period(date(year, 4, 1), date(year + 1, 3, 31))


def months_later(day: date, months: int) -> date:
    """The first of the month so many months after (or before) the day's own."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def in_words(day: date) -> str:
    """2024年9月2日（月）"""
    return f"{day.year}年{day.month}月{day.day}日（{'月火水木金土日'[day.weekday()]}）"
