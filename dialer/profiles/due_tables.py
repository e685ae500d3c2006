"""`[[due]]`: by when a report, a list or a plan must be there. `rule` says how to count, with fields of its own."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from dialer.core.calendar.due import (
    Base,
    ByAgreement,
    CalendarDays,
    DayOfFiscalYear,
    DayOfMonth,
    DueRule,
    NthOpenDay,
    OpenDays,
    Rule,
)
from dialer.core.calendar.values import Move
from dialer.profiles.parts import Key, MonthDayField, Source, Table, TimeField, Words


class _Due(Table):
    what: Key
    name: Words
    clause: Source
    at: TimeField | None = None

    def _rule(self) -> Rule:
        raise NotImplementedError

    def value(self) -> DueRule:
        return DueRule(self.what, self.name, self.clause, self._rule(), self.at)


class OpenDaysDue(_Due):
    """So many open days after the base; before it when negative."""

    rule: Literal["open_days"]
    days: Annotated[int, Field(ge=-60, le=60)]
    base: Base = Base.DAY

    def _rule(self) -> Rule:
        return OpenDays(self.days, self.base)


class CalendarDaysDue(_Due):
    rule: Literal["calendar_days"]
    days: Annotated[int, Field(ge=-366, le=366)]

    def _rule(self) -> Rule:
        return CalendarDays(self.days)


class DayOfMonthDue(_Due):
    rule: Literal["day_of_month"]
    day: Annotated[int, Field(ge=1, le=31)]
    months: Annotated[int, Field(ge=-12, le=12)] = 0
    moves: Move = Move.STAYS

    def _rule(self) -> Rule:
        return DayOfMonth(self.day, self.months, self.moves)


class NthOpenDayDue(_Due):
    rule: Literal["nth_open_day"]
    nth: Annotated[int, Field(ge=1, le=15)]
    months: Annotated[int, Field(ge=-12, le=12)] = 0

    def _rule(self) -> Rule:
        return NthOpenDay(self.nth, self.months)


class Instead(Table):
    """One fiscal year's own date."""

    fiscal_year: Annotated[int, Field(ge=2000, le=2100)]
    day: date


class DayOfFiscalYearDue(_Due):
    rule: Literal["day_of_fiscal_year"]
    on: MonthDayField
    years: Annotated[int, Field(ge=-5, le=5)] = 0
    moves: Move = Move.STAYS
    instead: tuple[Instead, ...] = ()

    def _rule(self) -> Rule:
        instead = tuple((one.fiscal_year, one.day) for one in self.instead)
        return DayOfFiscalYear(self.on.month, self.on.day, self.years, self.moves, instead)


class ByAgreementDue(_Due):
    rule: Literal["by_agreement"]
    why: Words

    def _rule(self) -> Rule:
        return ByAgreement(self.why)


DueTable = Annotated[
    OpenDaysDue | CalendarDaysDue | DayOfMonthDue | NthOpenDayDue | DayOfFiscalYearDue | ByAgreementDue,
    Field(discriminator="rule"),
]
