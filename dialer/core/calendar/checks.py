"""The plan against the tender: how many days of each quota are used (C-023), and what should be mended (C-016, C-019).

Warnings never change what a day is; `days` decides that alone. They tell the person who plans.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import takewhile

from dialer.core.calendar.days import CalendarView, CityDay
from dialer.core.calendar.rules import Change, ChangeKind, Pattern, Per, Quota, history_of, in_force
from dialer.core.calendar.seasons import Campaign
from dialer.core.calendar.values import (
    ONE_DAY,
    DayClass,
    Period,
    fiscal_year_of,
    in_words,
    month_of,
    months_later,
    week_of,
)
from dialer.core.values import TOKYO


@dataclass(frozen=True, slots=True)
class CalendarWarning:
    text: str
    clause: str
    day: date | None = None  # None: it concerns a whole period


@dataclass(frozen=True, slots=True)
class QuotaUse:
    quota: Quota
    window: Period
    days: tuple[date, ...]
    whole: bool  # False: the window lies partly outside the calling period, so that too few days mean nothing

    @property
    def warning(self) -> CalendarWarning | None:
        used, quota = len(self.days), self.quota
        if quota.at_most is not None and used > quota.at_most:
            return CalendarWarning(f"{self.text}。{used - quota.at_most}日多すぎます", quota.clause)
        if self.whole and used < quota.at_least:
            return CalendarWarning(f"{self.text}。{quota.at_least - used}日足りません", quota.clause)
        return None

    @property
    def text(self) -> str:
        """夜間催告: 2024年4月は6日（8日）"""
        return f"{self.quota.name}: {_named(self.window, self.quota.per)}は{len(self.days)}日（{_asked(self.quota)}）"


def quota_uses(view: CalendarView, period: Period) -> tuple[QuotaUse, ...]:
    """Every quota in every week, month or fiscal year that the period touches and that has something to count."""
    uses = (_use(view, quota, window) for quota in view.city.quotas for window in _windows(quota.per, period))
    return tuple(use for use in uses if use)


def lacking(view: CalendarView, day: date) -> tuple[QuotaUse, ...]:
    """Quotas of which the week, month or year that this day lies in has too few days."""
    uses = quota_uses(view, Period(day, day))
    return tuple(use for use in uses if use.whole and len(use.days) < use.quota.at_least)


def warnings(view: CalendarView, period: Period) -> tuple[CalendarWarning, ...]:
    """All that a planner should look at, quotas first."""
    quotas = (use.warning for use in quota_uses(view, period))
    return (
        *(warning for warning in quotas if warning),
        *_of_changes(view, period),
        *_of_exchanges(view, period),
        *_of_calling_periods(view, period),
    )


def _use(view: CalendarView, quota: Quota, window: Period) -> QuotaUse | None:
    served = [day for day in window if _served(view, day, quota.debt)]
    if not served:
        return None
    days = view.days(served, quota.debt)
    counted = tuple(day.day for day in days if _counts(day, quota))
    whole = quota.per is not Per.WEEK or len(served) == sum(1 for _ in window)
    return QuotaUse(quota, window, counted, whole)


def _served(view: CalendarView, day: date, debt: str | None) -> bool:
    if not view.city.operates_on(day):
        return False
    return debt is None or view.period_of(day, debt) is not None


def _counts(day: CityDay, quota: Quota) -> bool:
    return day.pattern in quota.patterns if quota.patterns else not day.is_closed


def _windows(per: Per, period: Period) -> Iterator[Period]:
    of = {Per.WEEK: week_of, Per.MONTH: month_of, Per.FISCAL_YEAR: fiscal_year_of}[per]
    window = of(period.first)
    while window.first <= period.last:
        yield window
        window = of(window.last + ONE_DAY)


def _named(window: Period, per: Per) -> str:
    match per:
        case Per.WEEK:
            return f"{in_words(window.first)}からの週"
        case Per.MONTH:
            return f"{window.first.year}年{window.first.month}月"
        case Per.FISCAL_YEAR:
            return f"{window.first.year}年度"


def _asked(quota: Quota) -> str:
    if quota.at_least == quota.at_most:
        return f"{quota.at_least}日"
    if quota.at_most is None:
        return f"{quota.at_least}日以上"
    return f"{quota.at_least}～{quota.at_most}日" if quota.at_least else f"{quota.at_most}日以内"


def _of_changes(view: CalendarView, period: Period) -> Iterator[CalendarWarning]:
    """Opened days that do not open, are cut, or were agreed too late."""
    for change in view.changes:
        if change.day not in period or change.kind is not ChangeKind.OPEN:
            continue
        debt = change.debts[0] if change.debts else None
        pattern = view.city.pattern(change.pattern or "")
        day = view.day(change.day, debt)
        if in_force(view.changes, change.day, debt, view.as_of) is not change:
            continue
        if pattern is None or day.pattern != pattern.key or (pattern.calls and not day.calls):
            where = f"{in_words(change.day)}に追加した「{change.reason}」では架電できません"
            yield CalendarWarning(f"{where}: {day.reason}", day.clause, change.day)
            continue
        if (change.calls and day.calls != change.calls) or (change.inbound and day.inbound != change.inbound):
            asked = change.calls or change.inbound
            cut = f"{in_words(change.day)}の時間 {asked} は実施可能時間 {pattern.limit} までに縮めました"
            yield CalendarWarning(cut, pattern.clause, change.day)
        if late := _late(view, change, pattern):
            yield late


def _late(view: CalendarView, change: Change, pattern: Pattern) -> CalendarWarning | None:
    """The first agreement on the pattern counts, not a later change of its hours."""
    if pattern.decided_by is None:
        return None
    limit = months_later(change.day, -1).replace(day=pattern.decided_by)
    latest_first = reversed(history_of(view.changes, change.day, view.as_of))
    same = list(takewhile(lambda one: one.pattern == change.pattern, latest_first))
    decided = min((one.decided_at for one in same), default=change.decided_at).astimezone(TOKYO).date()
    if decided <= limit:
        return None
    when = f"{in_words(limit)}までに決める必要がありました（決定は{in_words(decided)}）"
    text = f"{in_words(change.day)}の{pattern.name}は{when}"
    return CalendarWarning(text, pattern.clause, change.day)


def _of_exchanges(view: CalendarView, period: Period) -> Iterator[CalendarWarning]:
    """A worked rest day and its closed weekday belong together, one to one."""
    if not view.city.exchanged:
        return
    clause = view.city.exchange_clause
    closed = [
        change
        for change in view.changes
        if change.exchanged_for and in_force(view.changes, change.day, None, view.as_of) is change
    ]
    for day in view.days(period):
        if day.pattern not in view.city.exchanged:
            continue
        names = [change for change in closed if change.exchanged_for == day.day]
        if len(names) != 1:
            what = "振り替える平日の休業日がありません" if not names else f"休業日が{len(names)}日振り替えられています"
            yield CalendarWarning(f"{in_words(day.day)}の{day.reason}: {what}", clause, day.day)
    for change in closed:
        if change.day not in period or change.exchanged_for is None:
            continue
        where = f"{in_words(change.day)}の休業日"
        if DayClass.WEEKDAY not in view.holidays.classes(change.day):
            yield CalendarWarning(f"{where}: 平日ではありません", clause, change.day)
        if view.day(change.exchanged_for).pattern not in view.city.exchanged:
            other = f"振替元の{in_words(change.exchanged_for)}は運営日ではありません"
            yield CalendarWarning(f"{where}: {other}", clause, change.day)


def _of_calling_periods(view: CalendarView, period: Period) -> Iterator[CalendarWarning]:
    for campaign in view.city.campaigns:
        years = {day.year for day in (period.first, period.last)} | {period.first.year - 1}
        known = sorted(year for year in years if year >= view.holidays.first_year)
        seasons = [season.starting_in(year, view.office) for season in campaign.seasons for year in known]
        for one in (*campaign.rounds, *seasons):
            if one and one.overlaps(period) and not _some_call(view, campaign, one):
                text = f"{campaign.name}の架電期間 {one} に架電できる日がありません"
                yield CalendarWarning(text, campaign.clause)
        for one in campaign.rounds:
            if one.overlaps(period):
                yield from _of_round(view, campaign, one)


def _some_call(view: CalendarView, campaign: Campaign, period: Period) -> bool:
    debt = campaign.debts[0] if campaign.debts else None
    return any(view.day(day, debt).calls for day in period)


def _of_round(view: CalendarView, campaign: Campaign, one: Period) -> Iterator[CalendarWarning]:
    named = f"{campaign.name}の架電期間 {one}"
    city = view.city
    if month_of(one.first) != month_of(one.last):
        yield CalendarWarning(f"{named} が月をまたいでいます", campaign.clause)
    if any(other.overlaps(one) for other in campaign.rounds if other is not one):
        yield CalendarWarning(f"{named} が別の架電期間と重なっています", campaign.clause)
    if city.rounds_from_week and one.first < (earliest := _week_begins(one.first, city.rounds_from_week)):
        text = f"{named} が第{city.rounds_from_week}週（{in_words(earliest)}から）より前に始まります"
        yield CalendarWarning(text, campaign.clause)
    if city.round_days:
        count = len(view.calling_days(one, campaign.debts[0] if campaign.debts else None))
        low, high = city.round_days
        if count and not low <= count <= high:
            yield CalendarWarning(f"{named} の架電日は{count}日です（目安 {low}～{high}日）", campaign.clause)


def _week_begins(day: date, week: int) -> date:
    """The earliest reading: weeks begin on Sunday or on Monday, and the 1st is in the first (A-18)."""
    first = day.replace(day=1)
    begins = first - timedelta(days=max(first.weekday(), (first.weekday() + 1) % 7))
    return begins + timedelta(weeks=week - 1)
