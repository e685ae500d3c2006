"""Warnings as rows: raised, ended, acknowledged; and each raise and end told to other systems in the same transaction.

Of one kind, subject and level one stands at a time, by an index: several may look at the same figures.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.warning_values import Key, Level, WarningKind, WarningNow
from dialer.store.database import Database
from dialer.store.json_text import json_text

STANDING = text("""
SELECT warning.*, account.name AS acknowledged_name
FROM warning LEFT JOIN account ON account.login = warning.acknowledged_by
WHERE warning.city = :city AND warning.ended_at IS NULL
""")
RAISE = text("""
WITH raised AS (
    INSERT INTO warning (city, kind, subject, level, text, raised_at)
    SELECT :city, kind, subject, level, said.text, raised_at
    FROM jsonb_to_recordset(CAST(:raised AS jsonb))
        AS said(kind text, subject text, level text, text text, raised_at timestamptz)
    ON CONFLICT (city, kind, subject, level) WHERE ended_at IS NULL DO NOTHING
    RETURNING *
)
INSERT INTO outbox (city, warning_id, kind, payload)
SELECT city, id, 'warning_raised', jsonb_build_object(
    'warning', id, 'kind', kind, 'subject', subject, 'level', level, 'text', text, 'raised_at', raised_at)
FROM raised
""")
END = text("""
WITH ended AS (
    UPDATE warning SET ended_at = :now
    WHERE city = :city AND id = ANY(CAST(:ended AS bigint[])) AND ended_at IS NULL
    RETURNING *
)
INSERT INTO outbox (city, warning_id, kind, payload)
SELECT city, id, 'warning_ended', jsonb_build_object(
    'warning', id, 'kind', kind, 'subject', subject, 'level', level, 'raised_at', raised_at, 'ended_at', ended_at,
    'acknowledged_at', acknowledged_at)
FROM ended
""")
ACKNOWLEDGE = text("""
UPDATE warning SET acknowledged_by = :by, acknowledged_at = :now
WHERE city = :city AND id = :id AND acknowledged_at IS NULL
RETURNING id
""")
KNOWN = text("SELECT EXISTS (SELECT FROM warning WHERE city = :city AND id = :id)")


@dataclass(frozen=True, slots=True)
class Standing:
    id: int
    key: Key
    text: str  # as it was raised
    raised_at: datetime
    acknowledged_by: str | None = None  # name
    acknowledged_at: datetime | None = None


class WarningStore:
    """Of one city. Each method is one transaction and may be repeated; StoreUnavailable as ever."""

    def __init__(self, database: Database, city: str) -> None:
        self._database, self._city = database, city

    async def standing(self) -> Sequence[Standing]:
        async def work(connection: AsyncConnection) -> Sequence[Standing]:
            return [
                Standing(
                    row.id,
                    (WarningKind(row.kind), row.subject, Level(row.level)),
                    row.text,
                    row.raised_at,
                    row.acknowledged_name or row.acknowledged_by,
                    row.acknowledged_at,
                )
                for row in await connection.execute(STANDING, {"city": self._city})
            ]

        return await self._database.ask(work)

    async def change(self, raised: Mapping[WarningNow, datetime], ended: Collection[int], now: datetime) -> None:
        """`raised`: each with the moment since which it stands."""
        rows = [
            {"kind": one.kind, "subject": one.subject, "level": one.level, "text": one.text, "raised_at": at}
            for one, at in raised.items()
        ]

        async def work(connection: AsyncConnection) -> None:
            if rows:
                await connection.execute(RAISE, {"city": self._city, "raised": json_text(rows)})
            if ended:
                await connection.execute(END, {"city": self._city, "ended": list(ended), "now": now})

        await self._database.ask(work)

    async def acknowledge(self, warning: int, by: str, now: datetime) -> bool | None:
        """Whether this was the first; None: there is no such warning."""
        of = {"city": self._city, "id": warning}

        async def work(connection: AsyncConnection) -> bool | None:
            if (await connection.execute(ACKNOWLEDGE, {**of, "by": by, "now": now})).one_or_none() is not None:
                return True
            return False if (await connection.execute(KNOWN, of)).scalar_one() else None

        return await self._database.ask(work)
