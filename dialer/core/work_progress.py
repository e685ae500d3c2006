"""The work plan against what was done: for each debt and channel, month by month, and where this month ends.

Only what the engine records is counted. Of everything else it says why there is no figure, and gives none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from dialer.core.calendar.days import CalendarView
from dialer.core.calendar.values import Period, month_of
from dialer.core.city import City, Measure, Target, TargetPer
from dialer.core.day_figures import share
from dialer.core.progress import Counted, Progress, progress_of, series_of
from dialer.core.work_plan import Channel, PlanKey, Subject, months_of, subjects_of

MEASURES: Mapping[Channel, Measure] = {
    Channel.CALLS: Measure.CALLS,
    Channel.EVENING_CALLS: Measure.EVENING_CALLS,
    Channel.HOLIDAY_CALLS: Measure.HOLIDAY_CALLS,
    Channel.INBOUND: Measure.ANSWERED,
}
NOT_RECORDED: Mapping[Channel, str] = {
    Channel.SMS: "SMSの送信は、このシステムに記録がありません",
    Channel.LETTERS: "文書の発送は、このシステムに記録がありません",
    Channel.SLIPS: "納付書の出力は、このシステムに記録がありません",
    Channel.VISITS: "訪問は、このシステムに記録がありません",
}
SHARED_NUMBER = "着信の番号がほかの科目と同じため、科目ごとの受電は分かりません"
CLAUSE = "C-009"


@dataclass(frozen=True, slots=True)
class MonthDone:
    month: date
    planned: int | None
    actual: int | None  # None: not begun, or nothing was recorded yet in this month

    @property
    def share(self) -> float | None:
        return None if self.actual is None or not self.planned else share(self.actual, self.planned)


@dataclass(frozen=True, slots=True)
class PlanRow:
    """Of a year: what is planned for a subject by a channel, and what came of it."""

    subject: Subject
    channel: Channel
    months: tuple[MonthDone, ...]
    not_counted: str | None = None  # why there are no figures
    progress: Progress | None = None  # of the month of today

    @property
    def planned(self) -> int:
        return sum(one.planned or 0 for one in self.months)

    @property
    def actual(self) -> int | None:
        known = [one.actual for one in self.months if one.actual is not None]
        return sum(known) if known else None

    @property
    def share(self) -> float | None:
        """Of the whole year."""
        return None if self.actual is None or not self.planned else share(self.actual, self.planned)


@dataclass(frozen=True, slots=True)
class Done:
    """What is known of a year: its calls, and since when there are any at all."""

    counted: Counted
    recorded_from: date | None


def plan_rows(
    city: City, planned: Mapping[PlanKey, int], done: Done, view: CalendarView, year: int, today: date
) -> tuple[PlanRow, ...]:
    """Of all that anything is planned of in this year, in the order of the profile."""
    months = months_of(year)
    wanted = [
        (subject, channel)
        for subject in subjects_of(city)
        for channel in Channel
        if any((subject.key, channel, month) in planned for month in months)
    ]
    return tuple(_row(city, subject, channel, planned, done, view, months, today) for subject, channel in wanted)


def why_not_counted(subject: Subject, channel: Channel) -> str | None:
    if channel is Channel.INBOUND and subject.groups is None:
        return SHARED_NUMBER
    return NOT_RECORDED.get(channel)


def _row(
    city: City,
    subject: Subject,
    channel: Channel,
    planned: Mapping[PlanKey, int],
    done: Done,
    view: CalendarView,
    months: Sequence[date],
    today: date,
) -> PlanRow:
    why = why_not_counted(subject, channel)
    plans = {month: planned.get((subject.key, channel, month)) for month in months}
    if why is not None:
        return PlanRow(subject, channel, tuple(MonthDone(month, plan, None) for month, plan in plans.items()), why)
    measure, counted = MEASURES[channel], _of(subject, done.counted)
    counts = _by_month((one.day, one.count) for one in series_of(measure, counted, subject.debts, view))

    def actual(month: date) -> int | None:
        began = done.recorded_from is not None and done.recorded_from <= month_of(month).last
        return counts.get(month, 0) if began and month <= today else None

    lines = tuple(MonthDone(month, plan, actual(month)) for month, plan in plans.items())
    this = next((one for one in lines if today in month_of(one.month)), None)
    progress = None
    if this is not None and this.actual is not None:
        goal = Target(subject.name, CLAUSE, measure, this.planned or 0, TargetPer.MONTH, subject.debts)
        period = month_of(this.month)
        progress = progress_of(goal, city, view, period, _within(counted, period), today)
    return PlanRow(subject, channel, lines, None, progress)


def _of(subject: Subject, counted: Counted) -> Counted:
    """Callers by the number that they called; calls are parted by debt kind where they are counted."""
    callers = [one for one in counted.callers if subject.groups is not None and one.group in subject.groups]
    return replace(counted, callers=callers)


def _within(counted: Counted, period: Period) -> Counted:
    calls = [one for one in counted.calls if one.day in period]
    return Counted(calls, callers=[one for one in counted.callers if one.day in period])


def _by_month(counts: Iterable[tuple[date, int]]) -> dict[date, int]:
    found: dict[date, int] = {}
    for day, count in counts:
        month = day.replace(day=1)
        found[month] = found.get(month, 0) + count
    return found
