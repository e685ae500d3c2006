"""The calling hours of each day, cut into windows of one slot, and remembered: a calendar's day is costly to find."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise

from dialer.core.calendar.days import CalendarView
from dialer.core.calendar.values import DayClass, Hours, Period, Rung
from dialer.core.plan.values import Band, Slot, SlotDay
from dialer.core.rules.happenings import Round
from dialer.core.values import TOKYO

Sessions = tuple[tuple[Rung, Hours], ...]

WEEKDAYS = (SlotDay.MON, SlotDay.TUE, SlotDay.WED, SlotDay.THU, SlotDay.FRI, SlotDay.SAT, SlotDay.SUN)


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """What is open of one band on one day. There is one of each, so that the same hours of two debts are one object."""

    day: date
    slot: Slot
    band_name: str
    rung: Rung
    opens: datetime
    closes: datetime


class OpenDays:
    """Of one calendar, which must not change; a changed calendar gets new ones."""

    def __init__(self, view: CalendarView, bands: tuple[Band, ...]) -> None:
        self._view = view
        ends = [*(later.begins for _, later in pairwise(bands)), time.max]
        self._bands = [(band, Hours(band.begins, end)) for band, end in zip(bands, ends, strict=True)]
        self._begins = {band.key: band.begins for band in bands}
        self._windows: dict[tuple[str | None, date], tuple[Window, ...]] = {}
        self._alike: dict[tuple[date, Sessions], tuple[Window, ...]] = {}
        self._calling: dict[tuple[str | None, Round], tuple[date, ...]] = {}
        self._slot_days: dict[date, SlotDay] = {}

    def windows(self, debt: str | None, day: date) -> tuple[Window, ...]:
        found = self._windows.get((debt, day))
        if found is None:
            sessions = self._view.day(day, debt).sessions
            if (day, sessions) not in self._alike:
                self._alike[day, sessions] = tuple(self._cut(day, sessions))
            found = self._windows[debt, day] = self._alike[day, sessions]
        return found

    def calling_days(self, debt: str | None, calling: Round) -> tuple[date, ...]:
        """The days of the round on which there are calls, in order; as far as national holidays are known."""
        found = self._calling.get((debt, calling))
        if found is None:
            years = self._view.holidays
            first = max(calling.first, date(years.first_year, 1, 1))
            last = min(calling.last, date(years.last_year, 12, 31))
            days = Period(first, last) if first <= last else ()
            open_days = (day for day in days if day not in calling.excluded and self.windows(debt, day))
            found = self._calling[debt, calling] = tuple(open_days)
        return found

    def window_at(self, debt: str | None, moment: datetime) -> Window | None:
        local = moment.astimezone(TOKYO)
        windows = self.windows(debt, local.date())
        return next((window for window in windows if window.opens <= local < window.closes), None)

    def closing(self, debt: str | None, moment: datetime) -> datetime | None:
        """When the hours end that are open at this moment, whatever the bands they are cut into; not at midnight."""
        ends: datetime | None = None
        for window in self.windows(debt, moment.astimezone(TOKYO).date()):
            if window.opens <= (ends or moment) < window.closes:
                ends = window.closes
        return None if ends is None or ends.time() == time.max else ends

    def may_call_at(self, debt: str | None, calling: Round, moment: datetime) -> bool:
        """Whether a time that somebody named lies in the round and in its hours (A-20)."""
        return calling.holds(moment) and self.window_at(debt, moment) is not None

    def slot_day(self, day: date) -> SlotDay:
        found = self._slot_days.get(day)
        if found is None:
            is_holiday = DayClass.HOLIDAY in self._view.holidays.classes(day)
            found = self._slot_days[day] = SlotDay.HOLIDAY if is_holiday else WEEKDAYS[day.weekday()]
        return found

    def rung(self, day: date, band: str) -> Rung:
        """Of a call that was made then, whether or not the calendar still has that day open."""
        if self.slot_day(day) in (SlotDay.SAT, SlotDay.SUN, SlotDay.HOLIDAY):
            return Rung.HOLIDAY
        begins = self._begins.get(band, time.min)
        return Rung.EVENING if begins >= self._view.city.evening_from else Rung.DAY

    def band_at(self, moment: datetime) -> str:
        clock = moment.astimezone(TOKYO).time()
        return next((band.key for band, hours in self._bands if clock in hours), self._bands[-1][0].key)

    def _cut(self, day: date, sessions: Sessions) -> Iterator[Window]:
        for rung, session in sessions:
            for band, hours in self._bands:
                if part := session.within(hours):
                    slot = Slot(self.slot_day(day), band.key)
                    opens, closes = (datetime.combine(day, clock, TOKYO) for clock in (part.opens, part.closes))
                    yield Window(day, slot, band.name, rung, opens, closes)
