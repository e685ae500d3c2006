"""One engine leads a city. An advisory lock says who; a number that only grows proves it at every claim.

The lock alone is not enough: an engine that was frozen for a minute still believes in its lock while another has taken
over. Its claims carry the old number and are refused.
"""

import zlib

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.ports import StoreUnavailable
from dialer.store.database import Database
from dialer.store.errors import LeadershipLost

LOCKS_OF_CITIES = 0x796F  # keeps these locks apart from any other use of advisory locks in the database

TRY_LOCK = text("SELECT pg_try_advisory_lock(:kind, :city)")
TAKE = text("""
INSERT INTO leadership (city, fence, taken_at) VALUES (:city, 1, now())
ON CONFLICT (city) DO UPDATE SET fence = leadership.fence + 1, taken_at = now() RETURNING fence
""")
LOOK = text("SELECT fence FROM leadership WHERE city = :city")
LED = text("""
SELECT EXISTS (
    SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE locktype = 'advisory' AND granted AND datname = current_database()
      AND classid = CAST(:kind AS oid) AND objid = CAST(:city AS oid) AND objsubid = 2)
""")


def _key(city: str) -> int:
    """A signed 32-bit number, as Postgres wants it."""
    return zlib.crc32(city.encode()) - 2**31


async def is_led(connection: AsyncConnection, city: str) -> bool:
    """Whether an engine leads the city now, as everybody can see."""
    held = {"kind": LOCKS_OF_CITIES, "city": _key(city) % 2**32}  # pg_locks shows it unsigned
    return bool((await connection.execute(LED, held)).scalar_one())


class Leadership:
    def __init__(self, database: Database, city: str) -> None:
        self._database, self._city = database, city
        self._connection: AsyncConnection | None = None
        self._fence: int | None = None

    @property
    def fence(self) -> int:
        """What a claim must carry. Stays valid when only the connection broke and nobody else took the lead."""
        if self._fence is None:
            raise LeadershipLost(f"this engine does not lead {self._city}")
        return self._fence

    def lost(self) -> LeadershipLost:
        self._fence = None
        return LeadershipLost(f"another engine leads {self._city} now")

    async def hold(self) -> bool:
        """Take the lead when it is free, keep it when it is ours. Ask about once a second."""
        if self._connection is not None:
            if await self._still_ours(self._connection):
                return True
            await self.release()
        connection = await self._database.open_single()
        try:
            fence = await self._database.ask_single(connection, self._take)
        except BaseException:
            await self._database.drop_single(connection)
            raise
        if fence is None:
            await self._database.drop_single(connection)
            return False
        self._connection, self._fence = connection, fence
        return True

    async def release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._database.drop_single(connection)

    async def _still_ours(self, connection: AsyncConnection) -> bool:
        try:
            seen = await self._database.ask_single(connection, self._look)
        except StoreUnavailable:
            return False
        return seen == self._fence

    async def _look(self, connection: AsyncConnection) -> int | None:
        fence: int | None = (await connection.execute(LOOK, {"city": self._city})).scalar_one_or_none()
        return fence

    async def _take(self, connection: AsyncConnection) -> int | None:
        lock = {"kind": LOCKS_OF_CITIES, "city": _key(self._city)}
        if not (await connection.execute(TRY_LOCK, lock)).scalar_one():
            return None
        fence: int = (await connection.execute(TAKE, {"city": self._city})).scalar_one()
        return fence
