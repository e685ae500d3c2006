"""What was done in a fiscal year, to be held against its plan: calls of both directions, as stored."""

from datetime import date, time, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.city import City
from dialer.core.day_figures import midnight
from dialer.core.progress import Counted
from dialer.core.work_plan import year_period
from dialer.core.work_progress import Done
from dialer.store.period_counts import calls_counted, first_recorded

LONG_SECONDS = 180.0  # a year of a large city takes many seconds to be counted


async def done_in(connection: AsyncConnection, city: City, year: int, today: date, evening_from: time) -> Done:
    """Up to the end of today. To be asked with LONG_SECONDS of patience."""
    period, first = year_period(year), await first_recorded(connection, city)
    until = min(period.last, today)
    if until < period.first:
        return Done(Counted(), first)
    since, end = midnight(period.first), midnight(until + timedelta(days=1))
    return Done(await calls_counted(connection, city, since, end, evening_from), first)
