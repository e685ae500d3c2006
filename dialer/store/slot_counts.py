"""What the log of attempts teaches about day and band: how often each was tried, and how often somebody was reached."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.city import City
from dialer.core.plan.values import NumberType, Slot
from dialer.core.rules.standing import MOBILE_PREFIXES
from dialer.store.claims import reached_somebody
from dialer.store.contacts import SAID, TEACHES

COUNTING_SECONDS = 60.0  # over a year of attempts

SlotCounts = Mapping[tuple[NumberType, Slot], tuple[int, int]]

LONG_STATEMENT = text(f"SET LOCAL statement_timeout = '{COUNTING_SECONDS:.0f}s'")
COUNTS = text(f"""
WITH {SAID}
SELECT CASE WHEN left(attempt.number, 3) = ANY(CAST(:mobile AS text[])) THEN 'mobile'
            WHEN left(attempt.number, 3) = '050' THEN 'ip' ELSE 'fixed' END AS type,
       attempt.slot, count(*) AS tried, count(*) FILTER (WHERE said.reached) AS reached
FROM attempt LEFT JOIN said ON said.call_id = attempt.id
WHERE attempt.city = :city AND attempt.claimed_at >= :since AND attempt.claimed_at < :until AND attempt.slot IS NOT NULL
  AND {TEACHES}
GROUP BY 1, 2
""")  # noqa: S608 - words of this program


async def slot_counts(connection: AsyncConnection, city: City, since: datetime, until: datetime) -> SlotCounts:
    """Of calls between these moments. A contact is what the city's tender says it is."""
    await connection.execute(LONG_STATEMENT)
    values = {
        "city": city.key,
        "since": since,
        "until": until,
        "talkers": [talker.value for talker in city.rules.contact.talkers],
        "mobile": list(MOBILE_PREFIXES),
        "counted": reached_somebody(city.rules),
    }
    rows = await connection.execute(COUNTS, values)
    return {(NumberType(row.type), Slot.from_text(row.slot)): (row.tried, row.reached) for row in rows}
