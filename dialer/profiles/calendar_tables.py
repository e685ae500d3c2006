"""`[calendar]`: day patterns, calling periods, closures, quotas. The values are those of dialer.core.calendar."""

from typing import Annotated

from pydantic import Field

from dialer.core.calendar.office import Closure
from dialer.core.calendar.rules import CityCalendar, Pattern, Per, Quota
from dialer.core.calendar.seasons import Campaign, Season
from dialer.core.calendar.values import DayClass, Move
from dialer.profiles.parts import Days, HoursField, Key, MonthDayField, PeriodField, Source, Table, TimeField, Words


class PatternTable(Table):
    key: Key
    name: Words
    clause: Source
    on: Annotated[tuple[DayClass, ...], Field(min_length=1)]
    calls: HoursField | None = None
    inbound: HoursField | None = None
    limit: HoursField | None = None
    decided_by: Annotated[int, Field(ge=1, le=28)] | None = None

    def value(self) -> Pattern:
        return Pattern(self.key, self.name, self.clause, self.on, self.calls, self.inbound, self.limit, self.decided_by)


class ClosureTable(Table):
    first: MonthDayField
    last: MonthDayField
    reason: Words
    clause: Source
    firm: bool = False

    def value(self) -> Closure:
        return Closure(self.first, self.last, self.reason, self.clause, self.firm)


class SeasonTable(Table):
    first: MonthDayField
    last: MonthDayField
    first_moves: Move = Move.STAYS
    last_moves: Move = Move.STAYS

    def value(self) -> Season:
        return Season(self.first, self.last, self.first_moves, self.last_moves)


class CampaignTable(Table):
    key: Key
    name: Words
    clause: Source
    debts: tuple[Key, ...] = ()
    season: tuple[SeasonTable, ...] = ()
    round: tuple[PeriodField, ...] = ()
    usual: dict[DayClass, Key] = Field(default_factory=dict)

    def value(self) -> Campaign:
        seasons = tuple(season.value() for season in self.season)
        return Campaign(self.key, self.name, self.clause, self.debts, seasons, self.round, self.usual)


class QuotaTable(Table):
    name: Words
    clause: Source
    per: Per
    patterns: tuple[Key, ...] = ()
    at_least: Days = 0
    at_most: Days | None = None
    debt: Key | None = None

    def value(self) -> Quota:
        return Quota(self.name, self.clause, self.per, self.patterns, self.at_least, self.at_most, self.debt)


class CalendarTable(Table):
    clause: Source
    usual: dict[DayClass, Key]
    evening_from: TimeField
    pattern: Annotated[tuple[PatternTable, ...], Field(min_length=1)]
    operation: tuple[PeriodField, ...] = ()
    never_on: tuple[DayClass, ...] = ()
    closure: tuple[ClosureTable, ...] = ()
    campaign: tuple[CampaignTable, ...] = ()
    inbound_follows_campaigns: bool = False
    quota: tuple[QuotaTable, ...] = ()
    exchanged: tuple[Key, ...] = ()
    exchange_clause: str = ""
    rounds_from_week: Annotated[int, Field(ge=1, le=5)] | None = None
    round_days: tuple[Days, Days] | None = None
    office_closure: tuple[ClosureTable, ...] = ()

    def value(self, name: str) -> CityCalendar:
        return CityCalendar(
            name=name,
            clause=self.clause,
            patterns=tuple(pattern.value() for pattern in self.pattern),
            usual=self.usual,
            evening_from=self.evening_from,
            operation=self.operation,
            never_on=self.never_on,
            closures=tuple(closure.value() for closure in self.closure),
            campaigns=tuple(campaign.value() for campaign in self.campaign),
            inbound_follows_campaigns=self.inbound_follows_campaigns,
            quotas=tuple(quota.value() for quota in self.quota),
            exchanged=self.exchanged,
            exchange_clause=self.exchange_clause,
            rounds_from_week=self.rounds_from_week,
            round_days=self.round_days,
            office_closures=tuple(closure.value() for closure in self.office_closure),
        )
