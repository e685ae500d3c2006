"""Links to screens on walls: who has the secret sees the floor's figures, until somebody takes it back.

Only the hash of a secret is kept: whoever reads the table cannot use it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.database import Database
from dialer.store.staff import hashed

MAKE = text("""
INSERT INTO wall_link (city, name, secret_hash, made_by, made_at) VALUES (:city, :name, :secret, :by, :now)
RETURNING id
""")
IN_FORCE = text("""
SELECT wall_link.*, account.name AS made_by_name
FROM wall_link LEFT JOIN account ON account.login = wall_link.made_by
WHERE wall_link.city = :city AND wall_link.revoked_at IS NULL ORDER BY wall_link.id
""")
REVOKE = text("""
UPDATE wall_link SET revoked_by = :by, revoked_at = :now
WHERE city = :city AND id = :id AND revoked_at IS NULL RETURNING id
""")
FIND = text("SELECT name FROM wall_link WHERE city = :city AND secret_hash = :secret AND revoked_at IS NULL")


@dataclass(frozen=True, slots=True)
class WallLink:
    id: int
    name: str
    made_by: str
    made_at: datetime


class WallLinks:
    """Of one city."""

    def __init__(self, database: Database, city: str) -> None:
        self._database, self._city = database, city

    async def make(self, name: str, secret: str, by: str, now: datetime) -> int:
        values = {"city": self._city, "name": name, "secret": hashed(secret), "by": by, "now": now}

        async def work(connection: AsyncConnection) -> int:
            return int((await connection.execute(MAKE, values)).scalar_one())

        return await self._database.ask(work)

    async def in_force(self) -> Sequence[WallLink]:
        async def work(connection: AsyncConnection) -> Sequence[WallLink]:
            rows = await connection.execute(IN_FORCE, {"city": self._city})
            return [WallLink(row.id, row.name, row.made_by_name or row.made_by, row.made_at) for row in rows]

        return await self._database.ask(work)

    async def revoke(self, link: int, by: str, now: datetime) -> bool:
        """False: there is none such in force."""
        values = {"city": self._city, "id": link, "by": by, "now": now}

        async def work(connection: AsyncConnection) -> bool:
            return (await connection.execute(REVOKE, values)).one_or_none() is not None

        return await self._database.ask(work)

    async def named(self, secret: str) -> str | None:
        """Where the screen hangs; None: this secret opens nothing, or nothing any more."""

        async def work(connection: AsyncConnection) -> str | None:
            found: str | None = (
                await connection.execute(FIND, {"city": self._city, "secret": hashed(secret)})
            ).scalar_one_or_none()
            return found

        return await self._database.ask(work)
