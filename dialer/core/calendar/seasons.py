"""Calling periods (架電期間): seasons that come back every year, and rounds with dates of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from dialer.core.calendar.office import LONGEST_CLOSURE, OfficeDays
from dialer.core.calendar.values import DayClass, MonthDay, Move, Period

FARTHEST = timedelta(days=LONGEST_CLOSURE + 1)


@dataclass(frozen=True, slots=True)
class Season:
    """From a day to a day of the year, or of the next year when the last comes first."""

    first: MonthDay
    last: MonthDay
    first_moves: Move = Move.STAYS  # when it falls on a closed day
    last_moves: Move = Move.STAYS

    def starting_in(self, year: int, office: OfficeDays) -> Period | None:
        """None when the moved edges leave no day."""
        first = office.moved(self.first.of(year), self.first_moves)
        last = office.moved(self.last.of(year + (self.last < self.first)), self.last_moves)
        return Period(first, last) if first <= last else None

    def near(self, year: int, day: date) -> bool:
        """Whether moved edges could matter to the day; spares looking up holidays of far, perhaps unknown years."""
        last = self.last.of(year + (self.last < self.first))
        return self.first.of(year) - FARTHEST <= day <= last + FARTHEST


ALL_YEAR = Season(MonthDay(1, 1), MonthDay(12, 31))


@dataclass(frozen=True, slots=True)
class Campaign:
    """Outbound calling for some debts, inside its seasons and rounds only."""

    key: str
    name: str
    clause: str
    debts: tuple[str, ...] = ()  # empty: every debt that no other campaign names
    seasons: tuple[Season, ...] = ()
    rounds: tuple[Period, ...] = ()
    usual: Mapping[DayClass, str] = field(default_factory=dict)  # pattern by class of day, over the city's own

    def period_of(self, day: date, office: OfficeDays) -> Period | None:
        """The season or round in which the day lies; an edge may have been moved over the turn of a year."""
        years = (day.year, day.year - 1, day.year + 1)
        near = (season.starting_in(year, office) for season in self.seasons for year in years if season.near(year, day))
        return next((period for period in (*self.rounds, *near) if period and day in period), None)


def campaign_for(campaigns: tuple[Campaign, ...], debt: str) -> Campaign | None:
    """The campaign that names the debt, else the one for all others."""
    named = next((campaign for campaign in campaigns if debt in campaign.debts), None)
    return named or next((campaign for campaign in campaigns if not campaign.debts), None)
