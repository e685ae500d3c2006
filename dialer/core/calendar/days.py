"""What one day of a city is: closed, or open with a pattern; from when to when; why, and by which clause."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from dialer.core.calendar.office import Closure, OfficeDays
from dialer.core.calendar.rules import Change, ChangeKind, CityCalendar, Pattern, in_force
from dialer.core.calendar.seasons import campaign_for
from dialer.core.calendar.values import DayClass, Holidays, Hours, Period, Rung, in_words
from dialer.core.values import TOKYO

CLASS_NAMES = {
    DayClass.WEEKDAY: "平日",
    DayClass.SATURDAY: "土曜日",
    DayClass.SUNDAY: "日曜日",
    DayClass.HOLIDAY: "祝日",
}


@dataclass(frozen=True, slots=True)
class CityDay:
    day: date
    classes: tuple[DayClass, ...]
    pattern: str | None  # None: closed
    calls: Hours | None
    inbound: Hours | None
    evening_from: time
    reason: str
    clause: str
    period: Period | None = None  # the calling period it lies in

    @property
    def is_closed(self) -> bool:
        return self.calls is None and self.inbound is None

    @property
    def is_rest_day(self) -> bool:
        """Saturday, Sunday or national holiday."""
        return DayClass.WEEKDAY not in self.classes

    @property
    def sessions(self) -> tuple[tuple[Rung, Hours], ...]:
        """The day's calling hours by rung, in order."""
        if self.calls is None:
            return ()
        if self.is_rest_day:
            return ((Rung.HOLIDAY, self.calls),)
        by_day = self.calls.within(Hours(time.min, self.evening_from))
        evening = self.calls.within(Hours(self.evening_from, time.max))
        return tuple((rung, hours) for rung, hours in ((Rung.DAY, by_day), (Rung.EVENING, evening)) if hours)


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether calls (or inbound) are open at a moment."""

    is_open: bool
    reason: str
    clause: str
    rung: Rung | None = None  # None while closed, and for inbound


@dataclass(frozen=True, slots=True)
class CalendarView:
    """A city's calendar with all that has been agreed: what the other questions are asked of."""

    city: CityCalendar
    holidays: Holidays
    changes: tuple[Change, ...] = ()
    as_of: datetime | None = None  # the plan as it stood at that moment; None: with every change

    @property
    def office(self) -> OfficeDays:
        return self.city.office(self.holidays)

    def day(self, day: date, debt: str | None = None) -> CityDay:
        """For one debt, or for the city: what is open for any of its debts."""
        classes = self.holidays.classes(day)
        change = in_force(self.changes, day, debt, self.as_of)
        if barred := self._barred(day, classes):
            return self._closed(day, classes, *barred)
        if change and change.kind is ChangeKind.CLOSE:
            return self._closed(day, classes, change.reason, change.clause or self.city.clause)
        periods = self._periods(day, debt)
        pattern = self._pattern(day, classes, change, periods)
        if isinstance(pattern, Pattern):
            return self._open(day, classes, pattern, change, periods, debt)
        return self._closed(day, classes, *pattern)

    def days(self, period: Iterable[date], debt: str | None = None) -> tuple[CityDay, ...]:
        return tuple(self.day(day, debt) for day in period)

    def calling_days(self, period: Iterable[date], debt: str | None = None) -> tuple[CityDay, ...]:
        """Those on which calls are placed; none for a period without an open day."""
        return tuple(day for day in self.days(period, debt) if day.calls)

    def is_rest_day(self, day: date) -> bool:
        """Saturday, Sunday or national holiday, whatever was agreed for it."""
        return DayClass.WEEKDAY not in self.holidays.classes(day)

    def calls_at(self, now: datetime, debt: str | None = None) -> Opening:
        local = now.astimezone(TOKYO)
        day = self.day(local.date(), debt)
        opening = _at(day, day.calls, local.time(), "架電")
        if not opening.is_open:
            return opening
        rung = next(rung for rung, hours in day.sessions if local.time() in hours)
        return Opening(True, opening.reason, opening.clause, rung)

    def inbound_at(self, now: datetime) -> Opening:
        """Closed follows the day's pattern: the morning of a 12:00 to 20:00 day is closed (I-009)."""
        local = now.astimezone(TOKYO)
        day = self.day(local.date())
        return _at(day, day.inbound, local.time(), "受電")

    def period_of(self, day: date, debt: str) -> Period | None:
        """The calling period of the debt in which the day lies; the day's year where calls go on all year."""
        if not self.city.campaigns:
            return Period(date(day.year, 1, 1), date(day.year, 12, 31))
        campaign = campaign_for(self.city.campaigns, debt)
        return campaign.period_of(day, self.office) if campaign else None

    def _barred(self, day: date, classes: tuple[DayClass, ...]) -> tuple[str, str] | None:
        """What no agreement opens."""
        city = self.city
        if not city.operates_on(day):
            return f"契約の運営期間（{'、'.join(map(str, city.operation))}）の外です", city.clause
        never = next((kind for kind in classes if kind in city.never_on), None)
        if never:
            return f"{self._named(day, never)}は業務日にできません", city.clause
        firm = self._closure(day, firm=True)
        return (f"{firm.reason}のため休業です", firm.clause) if firm else None

    def _closure(self, day: date, firm: bool) -> Closure | None:
        return next((one for one in self.city.closures if one.firm is firm and one.covers(day)), None)

    def _pattern(
        self, day: date, classes: tuple[DayClass, ...], change: Change | None, periods: dict[str, Period]
    ) -> Pattern | tuple[str, str]:
        """The pattern of the day, or why it has none and the clause."""
        if change and change.pattern is not None:
            agreed = self.city.pattern(change.pattern)
            if agreed is None:
                return f"変更のパターン「{change.pattern}」は定義されていません", self.city.clause
            if not set(classes) & set(agreed.on):
                return f"{agreed.name}は{self._named(day, classes[0])}に実施できません", agreed.clause
            return agreed
        if closure := self._closure(day, firm=False):
            return f"{closure.reason}のため休業です", closure.clause
        tables = [one.usual for one in self.city.campaigns if one.key in periods]
        usual = (table[kind] for table in (*tables, self.city.usual) for kind in classes if kind in table)
        pattern = self.city.pattern(next(usual, ""))
        return pattern or (f"{self._named(day, classes[0])}のため休業です", self.city.clause)

    def _periods(self, day: date, debt: str | None) -> dict[str, Period]:
        """The calling periods that the day lies in, by campaign, of the debt or of any."""
        campaigns = self.city.campaigns
        if debt is not None:
            campaign = campaign_for(campaigns, debt)
            campaigns = (campaign,) if campaign else ()
        found = ((one.key, one.period_of(day, self.office)) for one in campaigns)
        return {key: period for key, period in found if period}

    def _open(
        self,
        day: date,
        classes: tuple[DayClass, ...],
        pattern: Pattern,
        change: Change | None,
        periods: dict[str, Period],
        debt: str | None,
    ) -> CityDay:
        calls, inbound = _agreed_hours(pattern, change)
        reason = f"{pattern.name}（{change.reason if change else self._named(day, classes[0])}）"
        clause = (change.clause if change else "") or pattern.clause
        if change and change.calls and calls is None:
            reason = f"{reason}。{change.calls} は実施可能時間（{pattern.limit}）の外のため架電しません"
        opened_outside = change is not None and bool(change.debts)
        if self.city.campaigns and not periods and not opened_outside:
            calls, inbound = None, None if self.city.inbound_follows_campaigns else inbound
            outside = "架電期間の外です"
            reason = f"{outside}。受電のみ（{pattern.name}）" if inbound else outside
            clause = self._campaign_clause(debt) if not inbound else clause
        open_pattern = pattern.key if calls or inbound else None
        period = next(iter(periods.values()), None)
        return CityDay(day, classes, open_pattern, calls, inbound, self.city.evening_from, reason, clause, period)

    def _campaign_clause(self, debt: str | None) -> str:
        campaign = campaign_for(self.city.campaigns, debt) if debt else self.city.campaigns[0]
        return campaign.clause if campaign else self.city.clause

    def _closed(self, day: date, classes: tuple[DayClass, ...], reason: str, clause: str) -> CityDay:
        return CityDay(day, classes, None, None, None, self.city.evening_from, reason, clause)

    def _named(self, day: date, kind: DayClass) -> str:
        name = self.holidays.name(day)
        return f"祝日（{name}）" if kind is DayClass.HOLIDAY and name else CLASS_NAMES[kind]


def _agreed_hours(pattern: Pattern, change: Change | None) -> tuple[Hours | None, Hours | None]:
    """Of calls and of inbound; what goes beyond the pattern's limit is cut off."""
    calls = (change.calls if change else None) or pattern.calls
    inbound = (change.inbound if change else None) or pattern.inbound
    if pattern.limit is None:
        return calls, inbound
    return calls and calls.within(pattern.limit), inbound and inbound.within(pattern.limit)


def _at(day: CityDay, hours: Hours | None, moment: time, what: str) -> Opening:
    if hours is None:
        return Opening(False, f"{in_words(day.day)}は{what}を行いません: {day.reason}", day.clause)
    if moment not in hours:
        return Opening(False, f"{what}時間（{hours}）の外です: {day.reason}", day.clause)
    return Opening(True, f"{what}時間（{hours}）の中です: {day.reason}", day.clause)
