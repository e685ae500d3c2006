"""How far the city's targets are reached (table 2.6), and where they end if the days go on as they have."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dialer.core.calendar.days import CalendarView
from dialer.core.calendar.values import Period, fiscal_year_of, month_of
from dialer.core.city import City, Measure, Purpose, Target, TargetPer
from dialer.core.forecast import DayCount, Forecast, forecast


class Prospect(StrEnum):
    REACHED = "reached"
    LIKELY = "likely"  # the whole range lies above the target
    OPEN = "open"
    UNLIKELY = "unlikely"


PROSPECT_NAMES: dict[Prospect, str] = {
    Prospect.REACHED: "達成済み",
    Prospect.LIKELY: "達成の見込み",
    Prospect.OPEN: "見通せません",
    Prospect.UNLIKELY: "届かない見込み",
}

RATES = (Measure.CONTACT_RATE, Measure.CONSENT_RATE, Measure.ANSWER_RATE)
OF_CASES = (*RATES[:2], Measure.CASES)
NOT_COUNTED: Mapping[Measure, str] = {
    Measure.SMS: "SMSの送信は、この画面ではまだ集計していません。",
    Measure.FIRST_CONTACT_RATE: "FAQによらない引継ぎの区別が記録にないため、集計していません。",
}


@dataclass(frozen=True, slots=True)
class CallDay:
    """Calls that we placed on a day, of one debt kind and one part of the day."""

    debt: str
    day: date
    evening: bool
    calls: int


@dataclass(frozen=True, slots=True)
class PledgeDay:
    debt: str
    day: date
    pledges: int
    yen: int


@dataclass(frozen=True, slots=True)
class CaseDay:
    """Cases for which this day was the first in the period: called at all, reached, agreed to pay."""

    debt: str
    day: date
    called: int
    contacted: int
    agreed: int


@dataclass(frozen=True, slots=True)
class CallerDay:
    day: date
    answered: int
    total: int  # K-2
    group: str = ""  # whose number was called


@dataclass(frozen=True, slots=True)
class Counted:
    """All that targets are made of, in one period."""

    calls: Sequence[CallDay] = ()
    pledges: Sequence[PledgeDay] = ()
    cases: Sequence[CaseDay] = ()
    callers: Sequence[CallerDay] = ()
    listed: Mapping[str, int] | None = None  # cases of lists, by debt kind: no more can be called

    @property
    def begins(self) -> date:
        """The first day of which anything is recorded: no forecast is made of days before."""
        days = [one.day for kind in (self.calls, self.pledges, self.cases, self.callers) for one in kind]
        return min(days, default=date.max)


@dataclass(frozen=True, slots=True)
class Progress:
    target: Target
    period: Period
    days_done: int  # calling days before today of which there are records
    days_left: int  # today included
    count: int = 0
    of: int | None = None
    listed: int | None = None  # of figures of cases: all that are in the lists, called or not
    value: float | None = None  # None: nothing yet of which there could be a rate
    forecast: Forecast | None = None
    not_counted: str | None = None  # why there is no figure

    @property
    def prospect(self) -> Prospect | None:
        goal, forecast = self.target.at_least, self.forecast
        if self.value is not None and self.value >= goal and (self.of is None or not self.days_left):
            return Prospect.REACHED
        if forecast is None:
            return None
        if forecast.low >= goal:
            return Prospect.LIKELY
        return Prospect.UNLIKELY if forecast.high < goal else Prospect.OPEN


def period_of(target: Target, day: date, view: CalendarView, debt: str) -> Period | None:
    """The time in which the day lies over which the target is counted; None: this day does not count for it."""
    if target.between is not None:
        first, last = target.between
        years = (day.year, day.year - 1)
        found = (Period(first.of(year), last.of(year + (last < first))) for year in years)
        return next((period for period in found if day in period), None)
    operation = next((period for period in view.city.operation if day in period), None)
    match target.per:
        case TargetPer.ROUND:
            return view.period_of(day, debt)
        case TargetPer.MONTH:
            return month_of(day)
        case TargetPer.FISCAL_YEAR:
            return fiscal_year_of(day)
        case TargetPer.CONTRACT_YEAR:
            return (
                _year_from(operation.first, day) if operation else Period(date(day.year, 1, 1), date(day.year, 12, 31))
            )
        case TargetPer.OPERATION:
            return operation or fiscal_year_of(day)


def _year_from(first: date, day: date) -> Period:
    begins = first.replace(year=day.year)
    if begins > day:
        begins = first.replace(year=day.year - 1)
    return Period(begins, date.fromordinal(begins.replace(year=begins.year + 1).toordinal() - 1))


def debts_of(target: Target, city: City) -> tuple[str, ...]:
    """Without debts of its own it is of all that are reminded of (C-005)."""
    return target.debts or tuple(debt.key for debt in city.debts if debt.purpose is Purpose.REMINDER)


def progress_of(
    target: Target, city: City, view: CalendarView, period: Period, counted: Counted, today: date
) -> Progress:
    debts = debts_of(target, city)
    days = _calling_days(view, period, debts)
    done, left = [day for day in days if counted.begins <= day < today], [day for day in days if day >= today]
    if why := NOT_COUNTED.get(target.measure):
        return Progress(target, period, len(done), len(left), not_counted=why)
    series = series_of(target.measure, counted, debts, view)
    count = sum(one.count for one in series)
    most = sum((counted.listed or {}).get(debt, 0) for debt in debts) if target.measure in OF_CASES else None
    is_rate = target.measure in RATES
    of = sum(one.of for one in series) if is_rate else None
    value = count if of is None else count / of if of else None
    found = forecast(series, done, left, today, most, is_rate=is_rate)
    return Progress(target, period, len(done), len(left), count, of, most, value, found)


def _calling_days(view: CalendarView, period: Period, debts: Sequence[str]) -> list[date]:
    """On which any of these debts is called."""
    years = view.holidays
    first, last = max(period.first, date(years.first_year, 1, 1)), min(period.last, date(years.last_year, 12, 31))
    days = Period(first, last) if first <= last else ()
    return [day for day in days if any(view.day(day, debt).calls for debt in debts)]


def series_of(measure: Measure, counted: Counted, debts: Collection[str], view: CalendarView) -> Sequence[DayCount]:
    """What the measure counts, day by day."""
    cases = [one for one in counted.cases if one.debt in debts]
    pledges = [one for one in counted.pledges if one.debt in debts]
    match measure:
        case Measure.CALLS | Measure.EVENING_CALLS | Measure.HOLIDAY_CALLS:
            mine = (one for one in counted.calls if one.debt in debts and _counts(measure, one, view))
            return _by_day(DayCount(one.day, one.calls) for one in mine)
        case Measure.CASES:
            return _by_day(DayCount(one.day, one.called) for one in cases)
        case Measure.CONTACT_RATE:
            return _by_day(DayCount(one.day, one.contacted, one.called) for one in cases)
        case Measure.CONSENT_RATE:
            return _by_day(DayCount(one.day, one.agreed, one.called) for one in cases)
        case Measure.PLEDGES:
            return _by_day(DayCount(one.day, one.pledges) for one in pledges)
        case Measure.PLEDGED_YEN:
            return _by_day(DayCount(one.day, one.yen) for one in pledges)
        case Measure.ANSWERED:
            return _by_day(DayCount(one.day, one.answered) for one in counted.callers)
        case Measure.ANSWER_RATE:
            return _by_day(DayCount(one.day, one.answered, one.total) for one in counted.callers)
        case Measure.SMS | Measure.FIRST_CONTACT_RATE:
            return ()


def _counts(measure: Measure, one: CallDay, view: CalendarView) -> bool:
    is_rest_day = view.is_rest_day(one.day)
    if measure is Measure.HOLIDAY_CALLS:
        return is_rest_day
    return measure is Measure.CALLS or (one.evening and not is_rest_day)


def _by_day(counts: Iterable[DayCount]) -> Sequence[DayCount]:
    found: dict[date, DayCount] = {}
    for one in counts:
        before = found.get(one.day, DayCount(one.day, 0, 0))
        found[one.day] = DayCount(one.day, before.count + one.count, before.of + one.of)
    return [found[day] for day in sorted(found)]
