"""The small values of a profile and how they are written."""

from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainValidator

from dialer.core.calendar.values import Hours, MonthDay, Period


class Table(BaseModel):
    """A table of the file: nothing unknown, nothing converted. `3` is no text, `"3"` no number."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _hours(value: object) -> Hours:
    try:
        if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2:
            return Hours(*(time.fromisoformat(str(half)) for half in value))
    except ValueError as wrong:
        if "時間帯" in str(wrong):
            raise
    raise ValueError('["09:00", "17:00"] のように始まりと終わりの時刻を書いてください')


def _month_day(value: object) -> MonthDay:
    return MonthDay.from_text(str(value))


def _time(value: object) -> time:
    try:
        return time.fromisoformat(str(value))
    except ValueError:
        raise ValueError('"17:15" のように時刻を書いてください') from None


def _period(value: object) -> Period:
    try:
        if isinstance(value, dict) and value.keys() == {"first", "last"}:
            return Period(*(date.fromisoformat(str(value[name])) for name in ("first", "last")))
    except ValueError as wrong:
        if "期間" in str(wrong):
            raise
    raise ValueError("{ first = 2026-08-17, last = 2026-08-28 } のように書いてください")


def _minutes(value: object) -> timedelta:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 14 * 24 * 60:
        return timedelta(minutes=value)
    raise ValueError("0 以上の分数を書いてください（1日は 1440）")


HoursField = Annotated[Hours, PlainValidator(_hours)]
MonthDayField = Annotated[MonthDay, PlainValidator(_month_day)]
TimeField = Annotated[time, PlainValidator(_time)]
PeriodField = Annotated[Period, PlainValidator(_period)]
MinutesField = Annotated[timedelta, PlainValidator(_minutes)]

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Words = Annotated[str, Field(min_length=1)]
Source = Annotated[str, Field(min_length=1)]
"""The clause of a tender, or the entry A-… of the catalogue where the tender is silent."""
Days = Annotated[int, Field(ge=0, le=366)]
