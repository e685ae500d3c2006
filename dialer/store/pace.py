"""What pacing has learned, and how many persons were left alone today."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.shift_plan import PlannedTime
from dialer.core.values import Outcome
from dialer.pace_ports import KeptPace
from dialer.store.database import Database
from dialer.store.shift_plans import planned

LEARNED = text("SELECT tables, at FROM pace_learned WHERE city = :city")
SAVE = text("""
INSERT INTO pace_learned (city, tables, at) VALUES (:city, CAST(:tables AS jsonb), :at)
ON CONFLICT (city) DO UPDATE SET tables = EXCLUDED.tables, at = EXCLUDED.at
""")
WAS_LEFT_ALONE = f"outcome = '{Outcome.ABANDONED}'"
IS_PERSON = f"(joined_at IS NOT NULL OR {WAS_LEFT_ALONE})"
"""Of attempts: those of which the share of persons left alone is made."""

LEFT_ALONE = text(f"""
SELECT debt_kind.key AS debt, count(*) AS persons, count(*) FILTER (WHERE {WAS_LEFT_ALONE}) AS left_alone
FROM attempt JOIN cases ON cases.id = attempt.case_id JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
WHERE attempt.city = :city AND attempt.claimed_at >= :since AND {IS_PERSON}
GROUP BY debt_kind.key
""")  # noqa: S608 - a word of this program


async def learned_pace(connection: AsyncConnection, city: str) -> KeptPace | None:
    row = (await connection.execute(LEARNED, {"city": city})).one_or_none()
    return None if row is None else KeptPace(row.tables, row.at)


async def save_learned_pace(connection: AsyncConnection, city: str, tables: Mapping[str, Any], at: datetime) -> None:
    await connection.execute(SAVE, {"city": city, "tables": json.dumps(tables), "at": at})


async def left_alone(connection: AsyncConnection, city: str, since: datetime) -> Mapping[str, tuple[int, int]]:
    rows = await connection.execute(LEFT_ALONE, {"city": city, "since": since})
    return {row.debt: (row.persons, row.left_alone) for row in rows}


class PaceStore:
    """That part of the engine's store."""

    _database: Database

    async def learned_pace(self, city: str) -> KeptPace | None:
        return await self._database.ask(partial(learned_pace, city=city))

    async def save_learned_pace(self, city: str, tables: Mapping[str, Any], at: datetime) -> None:
        await self._database.ask(partial(save_learned_pace, city=city, tables=tables, at=at))

    async def left_alone(self, city: str, since: datetime) -> Mapping[str, tuple[int, int]]:
        return await self._database.ask(partial(left_alone, city=city, since=since))

    async def planned_times(self, city: str, day: date) -> Sequence[PlannedTime]:
        return await self._database.ask(partial(planned, city=city, first=day, last=day))
