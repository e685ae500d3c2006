"""What an operator can offer: when the case may be called again, when one can pay, which department can be reached."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dialer.core.calendar.office import OfficeDays
from dialer.core.calendar.values import ONE_DAY
from dialer.core.city import Department
from dialer.core.plan.words import at_minute
from dialer.core.rulebook import Rulebook
from dialer.core.rules.happenings import Round
from dialer.core.values import TOKYO

MOST_DAYS = 62


@dataclass(frozen=True, slots=True)
class CallingDay:
    day: date
    times: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class PayingDay:
    day: date
    closed: str | None  # why nothing can be promised for it; None: it can


def calling_days(book: Rulebook, debt: str, calling: Round, now: datetime) -> tuple[CallingDay, ...]:
    """From now to the end of the case's round, in the steps of the city's profile (A-20)."""
    step = timedelta(minutes=book.city.talk.appointment_minutes)
    today = now.astimezone(TOKYO).date()
    days = [day for day in book.days.calling_days(debt, calling) if day >= today][:MOST_DAYS]
    found = ((day, tuple(_times(book, debt, day, step, now))) for day in days)
    return tuple(CallingDay(day, times) for day, times in found if times)


def _times(book: Rulebook, debt: str, day: date, step: timedelta, now: datetime) -> Iterator[datetime]:
    for window in book.days.windows(debt, day):
        at = window.opens
        while at < window.closes:
            if at > now:
                yield at
            at += step


def paying_days(book: Rulebook, first: date, last: date) -> tuple[PayingDay, ...]:
    """Open days of the city's offices, and why the others are not; within the city's limit from `first`."""
    limit = book.city.talk.promise_within_days
    until = min(last, first + MOST_DAYS * ONE_DAY, date(book.calendar.holidays.last_year, 12, 31))
    latest = until if limit is None else min(until, first + limit * ONE_DAY)
    count = max(0, (latest - first).days + 1)
    days = (first + timedelta(days=offset) for offset in range(count))
    return tuple(PayingDay(day, book.calendar.office.why_closed(day)) for day in days)


@dataclass(frozen=True, slots=True)
class Reachable:
    """A department that serves the debt kind."""

    department: Department
    closed: str | None  # why nobody is there now, and when somebody will be; None: it can be called


def departments_now(book: Rulebook, debt: str, now: datetime) -> tuple[Reachable, ...]:
    office = book.calendar.office
    return tuple(Reachable(one, why_closed(office, one, now)) for one in book.city.departments_of(debt))


def why_closed(office: OfficeDays, department: Department, now: datetime) -> str | None:
    """By its hours on the open days of the city hall."""
    hours, local = department.hours, now.astimezone(TOKYO)
    if hours is None:
        return None
    holiday = office.why_closed(local.date())
    if holiday is None and local.time() in hours:
        return None
    later_today = holiday is None and local.time() < hours.opens
    opens = _at(local.date() if later_today else office.after(local.date(), 1), hours.opens)
    why = f"閉庁日（{holiday}）" if holiday else f"受付時間（{hours}）の外"
    return f"{department.name}は{why}です。次は{at_minute(opens)}に開きます"


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, TOKYO)
