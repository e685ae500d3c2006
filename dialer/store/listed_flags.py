"""What a list says must be known of people before a talk (lawyer, death, protection …), kept as flags of the list.

A list takes back what a list has said, and nothing that a person has entered. What stops the calls, or releases them,
is in flag_stops.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.flag_stops import follow_flags, stops_of

BY = "list"
FLAG_TABLE = text("""
CREATE TEMPORARY TABLE listed_flag (
    address_key text NOT NULL, kind text NOT NULL, holds boolean NOT NULL, PRIMARY KEY (address_key, kind)
) ON COMMIT DROP
""")
COPY_FLAGS = "COPY listed_flag (address_key, kind, holds) FROM STDIN"
ADD = text("""
INSERT INTO person_flag (city, person_id, kind, source, by, since)
SELECT :city, listed_person.person_id, listed_flag.kind, 'list', :by, now()
FROM listed_flag JOIN listed_person ON listed_person.address_key = listed_flag.address_key
WHERE listed_flag.holds
ON CONFLICT (person_id, kind, source) WHERE until IS NULL DO NOTHING
""")
TAKE_BACK = text("""
UPDATE person_flag SET until = now(), until_by = :by
FROM listed_flag JOIN listed_person ON listed_person.address_key = listed_flag.address_key
WHERE NOT listed_flag.holds AND person_flag.person_id = listed_person.person_id
  AND person_flag.kind = listed_flag.kind AND person_flag.source = 'list' AND person_flag.until IS NULL
""")
LISTED = stops_of("SELECT person_id FROM listed_person")
HELD = LISTED.concerned
"""Cases of listed people that are to be stopped for a warning, or released from one."""


async def take_flags(connection: AsyncConnection, city: str) -> None:
    for statement in (TAKE_BACK, ADD):
        values = {"city": city, "by": BY} if ":city" in statement.text else {"by": BY}
        await connection.execute(statement, values)


async def stop_flagged(connection: AsyncConnection, city: str, by: str, now: datetime) -> None:
    """The cases are locked before."""
    await follow_flags(connection, LISTED, {"city": city, "by": by, "now": now})
