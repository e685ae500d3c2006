"""Days that the result form offers: open ones, and closed ones greyed, with why."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from dialer.core.rulebook import Rulebook
from dialer.core.talk_entry import Circumstances
from dialer.core.values import TOKYO

PROMISE_DAYS = 92  # offered where the city sets no limit; the server takes later ones too
APPOINTMENT_DAYS = 45
NO_CALLS = "架電なし"
TOO_LATE = "時間外"


def days_offered(of: Circumstances, now: datetime) -> dict[str, object]:
    return {
        "promise": [{"day": day.isoformat(), "why": of.book.calendar.office.why_closed(day)} for day in _promise(of)],
        "appointment": list(_appointments(of, now)),
    }


def _promise(of: Circumstances) -> Iterator[date]:
    """From the day of the talk, so that a result can be corrected later."""
    limit = of.rules.promise_within_days
    for offset in range((PROMISE_DAYS if limit is None else limit) + 1):
        day = of.day + timedelta(days=offset)
        if day.year <= of.book.calendar.holidays.last_year:
            yield day


def _appointments(of: Circumstances, now: datetime) -> Iterator[dict[str, object]]:
    today = now.astimezone(TOKYO).date()
    last = min(of.round.last, today + timedelta(days=APPOINTMENT_DAYS))
    for offset in range((last - today).days + 1):
        day = today + timedelta(days=offset)
        times = [at for at in _times(of.book, of, day) if at > now]
        why = None if times else of.book.calendar.office.why_closed(day) or (TOO_LATE if day == today else NO_CALLS)
        yield {"day": day.isoformat(), "why": why, "times": [f"{at.astimezone(TOKYO):%H:%M}" for at in times]}


def _times(book: Rulebook, of: Circumstances, day: date) -> Iterator[datetime]:
    step = timedelta(minutes=of.rules.appointment_minutes)
    for window in book.days.windows(of.debt, day):
        at = window.opens.astimezone(TOKYO)
        while at < window.closes:
            if book.days.may_call_at(of.debt, of.round, at):
                yield at
            at += step
