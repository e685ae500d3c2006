"""Rules for a rehearsal: the same city, called at any hour of any day. Only ever with a simulated telephone network."""

from dataclasses import replace
from datetime import time

from dialer.core.calendar.rules import Pattern
from dialer.core.calendar.values import DayClass, Hours
from dialer.core.city import City

LAST_MINUTE = time(23, 59)
ALL_DAY = Hours(time.min, time.max)
OPEN = Pattern("open", "リハーサル", "", tuple(DayClass), ALL_DAY, ALL_DAY)


def always_open(city: City) -> City:
    """No closed day, no calling period, no ladder of day, evening and holiday."""
    calendar = replace(
        city.calendar,
        patterns=(OPEN,),
        usual=dict.fromkeys(DayClass, OPEN.key),
        evening_from=LAST_MINUTE,
        operation=(),
        never_on=(),
        closures=(),
        campaigns=(),
        inbound_follows_campaigns=False,
        quotas=(),
        exchanged=(),
        rounds_from_week=None,
        round_days=None,
    )
    return replace(city, calendar=calendar, plan=replace(city.plan, after={}))
