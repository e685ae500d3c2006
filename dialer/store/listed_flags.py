"""What a list says must be known of people before a talk (lawyer, death, protection …), kept as flags of the list.

A list takes back what a list has said, and nothing that a person has entered. Flags that end the calls do it by the
one way there is: a stop of every open case, whichever list it came with.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.person_flags import HOLDS_CALLS

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
HELD = f"""
SELECT cases.id
FROM listed_person
JOIN cases ON cases.person_id = listed_person.person_id AND cases.state = 'open'
WHERE EXISTS (
    SELECT FROM person_flag
    WHERE person_flag.person_id = listed_person.person_id AND person_flag.until IS NULL
      AND person_flag.kind IN ({", ".join(f"'{kind}'" for kind in HOLDS_CALLS)}))
"""  # noqa: S608 (words of our own)
"""Open cases of listed people who are not to be called."""

STOP = text(f"""
INSERT INTO case_event (city, case_id, at, kind, detail, by)
SELECT :city, held.id, :now, 'stop', '{{}}', :by FROM ({HELD}) AS held
WHERE NOT EXISTS (SELECT FROM case_event WHERE case_event.case_id = held.id AND case_event.kind = 'stop')
ORDER BY held.id
""")  # noqa: S608
MARK = text(f"UPDATE cases SET stale = true WHERE id IN ({HELD})")  # noqa: S608


async def take_flags(connection: AsyncConnection, city: str) -> None:
    for statement in (TAKE_BACK, ADD):
        values = {"city": city, "by": BY} if ":city" in statement.text else {"by": BY}
        await connection.execute(statement, values)


async def stop_flagged(connection: AsyncConnection, city: str, by: str, now: datetime) -> None:
    """The cases are locked before."""
    await connection.execute(STOP, {"city": city, "by": by, "now": now})
    await connection.execute(MARK)
