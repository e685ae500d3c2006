"""Days as the result form shows them: those that can be chosen, and the others greyed, with why."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from dialer.core.offered import MOST_DAYS, calling_days, paying_days
from dialer.core.talk_entry import Circumstances
from dialer.core.values import TOKYO

NO_CALLS = "架電なし"
TOO_LATE = "時間外"


def days_offered(of: Circumstances, now: datetime) -> dict[str, object]:
    """To pay from the day of the talk on, so that a result can be corrected later; the server takes later days too."""
    paying = paying_days(of.book, of.day, of.day + timedelta(days=MOST_DAYS))
    return {
        "promise": [{"day": one.day.isoformat(), "why": one.closed} for one in paying],
        "appointment": list(_appointments(of, now)),
    }


def _appointments(of: Circumstances, now: datetime) -> Iterator[dict[str, object]]:
    offered = {one.day: one.times for one in calling_days(of.book, of.debt, of.round, now)}
    today = now.astimezone(TOKYO).date()
    last = min(of.round.last, today + timedelta(days=MOST_DAYS))
    for offset in range((last - today).days + 1):
        day = today + timedelta(days=offset)
        times = offered.get(day, ())
        why = None if times else of.book.calendar.office.why_closed(day) or (TOO_LATE if day == today else NO_CALLS)
        yield {"day": day.isoformat(), "why": why, "times": [f"{at.astimezone(TOKYO):%H:%M}" for at in times]}
