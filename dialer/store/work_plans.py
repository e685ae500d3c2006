"""The work plan of a city: appended, never overwritten; of a month the newest entry counts (C-008, C-009)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.city import City
from dialer.core.work_plan import (
    Channel,
    PlanChange,
    PlanKey,
    Planned,
    changes,
    in_force,
    subjects_of,
    unlikely,
    year_period,
)
from dialer.core.work_plan_file import PlanTable
from dialer.store.json_text import json_text

LARGEST_BYTES = 100_000  # of a table that is handed in

ENTRIES = text("""
SELECT subject, channel, month, planned, reason, by, at FROM work_plan
WHERE city = :city AND month BETWEEN :first AND :last ORDER BY id
""")
LOCK = text("SELECT 1 FROM city WHERE key = :city FOR NO KEY UPDATE")  # calls go on being written
COUNT = text("SELECT count(*) FROM work_plan WHERE city = :city")
ENTER = text("""
INSERT INTO work_plan (city, subject, channel, month, planned, reason, by, at)
SELECT :city, said.subject, said.channel, said.month, said.count, said.reason, said.by, said.at
FROM ROWS FROM (
    jsonb_to_recordset(CAST(:entries AS jsonb))
        AS (subject text, channel text, month date, count integer, reason text, by text, at timestamptz)
) WITH ORDINALITY AS said(subject, channel, month, count, reason, by, at, place)
ORDER BY said.place
""")


@dataclass(frozen=True, slots=True)
class Compared:
    """What a table that was handed in comes to."""

    changes: tuple[PlanChange, ...]
    warnings: tuple[str, ...]
    seen: int  # entries that it is compared with


async def compared(connection: AsyncConnection, city: City, table: PlanTable) -> Compared:
    seen, known = await count(connection, city.key), dict[PlanKey, int]()
    for year in table.years:
        known |= in_force(await entries(connection, city.key, year))
    then = {key: planned for key, planned in {**known, **table.counts}.items() if planned is not None}
    return Compared(changes(known, table.counts), (*table.warnings, *unlikely(then, subjects_of(city))), seen)


async def entries(connection: AsyncConnection, city: str, year: int) -> Sequence[Planned]:
    """Of a fiscal year, in the order in which they were made."""
    period = year_period(year)
    rows = await connection.execute(ENTRIES, {"city": city, "first": period.first, "last": period.last})
    return [
        Planned(row.subject, Channel(row.channel), row.month, row.planned, row.reason, row.by, row.at) for row in rows
    ]


async def count(connection: AsyncConnection, city: str) -> int:
    """How many there are: whoever enters more says how many they knew."""
    return int((await connection.execute(COUNT, {"city": city})).scalar_one())


async def enter(connection: AsyncConnection, city: str, wanted: Sequence[Planned], seen: int | None = None) -> bool:
    """All of them or none. False: somebody has entered others since there were `seen` of them."""
    await connection.execute(LOCK, {"city": city})
    if seen is not None and await count(connection, city) != seen:
        return False
    told = json_text([asdict(one) for one in wanted])
    await connection.execute(ENTER, {"city": city, "entries": told})
    return True
