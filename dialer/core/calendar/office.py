"""Open days of a city hall (開庁日) and counting in them.

They decide due dates and the edges of calling periods. The centre's own working days are another matter: a Saturday on
which calls are made is no open day, and a weekday that the centre closes in exchange still is one.
"""

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from datetime import date, timedelta

from dialer.core.calendar.values import ONE_DAY, CalendarError, DayClass, Holidays, MonthDay, Move

LONGEST_CLOSURE = 60
"""Days searched for an open one; beyond it the calendar itself is wrong."""


@dataclass(frozen=True, slots=True)
class Closure:
    """Days closed every year; the last may lie in the year after the first's."""

    first: MonthDay
    last: MonthDay
    reason: str  # 年末年始
    clause: str
    firm: bool = False  # no agreement opens it

    def covers(self, day: date) -> bool:
        here, first, last = (day.month, day.day), astuple(self.first), astuple(self.last)
        return first <= here <= last if first <= last else here >= first or here <= last


@dataclass(frozen=True, slots=True)
class OfficeDays:
    holidays: Holidays
    closures: tuple[Closure, ...] = ()
    closed: tuple[tuple[date, str], ...] = ()  # single days the city names, with why

    def why_closed(self, day: date) -> str | None:
        """None for an open day."""
        named = next((why for closed, why in self.closed if closed == day), None)
        if named:
            return named
        closure = next((closure for closure in self.closures if closure.covers(day)), None)
        name = self.holidays.name(day)
        if name or closure:
            return name or (closure.reason if closure else None)
        match self.holidays.classes(day)[0]:
            case DayClass.SATURDAY:
                return "土曜日"
            case DayClass.SUNDAY:
                return "日曜日"
        return None

    def is_open(self, day: date) -> bool:
        return self.why_closed(day) is None

    def after(self, day: date, count: int) -> date:
        """The count-th open day after the day, not counting it; before it for a negative count."""
        if count == 0:
            raise CalendarError("0開庁日後は日を定めません。1以上か-1以下を指定してください")
        found = self._opens(day, ONE_DAY if count > 0 else -ONE_DAY)
        for _ in range(abs(count) - 1):
            next(found)
        return next(found)

    def nth_of_month(self, month: date, nth: int) -> date:
        """The nth open day of the month; an error when it has fewer."""
        found = self.after(month.replace(day=1) - ONE_DAY, nth)
        if (found.year, found.month) != (month.year, month.month):
            raise CalendarError(f"{month.year}年{month.month}月に開庁日は{nth}日もありません")
        return found

    def moved(self, day: date, move: Move) -> date:
        """An open day stays; a closed one goes where the rule sends it."""
        if move is Move.STAYS or self.is_open(day):
            return day
        return self.after(day, 1 if move is Move.NEXT else -1)

    def skipped(self, start: date, end: date) -> tuple[tuple[date, str], ...]:
        """The closed days strictly between two days, with why: what explains a due date."""
        low, high = min(start, end), max(start, end)
        days = (low + timedelta(days=offset) for offset in range(1, (high - low).days))
        return tuple((day, why) for day in days if (why := self.why_closed(day)))

    def _opens(self, day: date, step: timedelta) -> Iterator[date]:
        closed_in_a_row = 0
        while True:
            day += step
            if self.is_open(day):
                closed_in_a_row = 0
                yield day
            elif (closed_in_a_row := closed_in_a_row + 1) > LONGEST_CLOSURE:
                raise CalendarError(f"{day} まで{LONGEST_CLOSURE}日続けて閉庁です。閉庁日の設定を確認してください")
