"""Who is signed in. Only the hash of a session's secret is kept: whoever reads the table cannot use it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.reach import limits_of
from dialer.core.rights import AccountChange, LockOut, Right, SessionEnd
from dialer.store.database import Database
from dialer.store.staff import FORGIVE, NO_SESSION, NOTE, end_sessions, hashed
from dialer.store.staff_grants import GRANTS_IN_FORCE, HOLDS

COUNT_TRY = text("""
INSERT INTO sign_in_guard (login_hash, failures, last_at) VALUES (:login, 1, :now)
ON CONFLICT (login_hash) DO UPDATE SET
    failures = CASE WHEN sign_in_guard.last_at < :forgotten THEN 1 ELSE sign_in_guard.failures + 1 END,
    last_at = :now
WHERE sign_in_guard.locked_until IS NULL OR sign_in_guard.locked_until <= :now
RETURNING failures
""")
LOCK_UNTIL = text("UPDATE sign_in_guard SET locked_until = :until WHERE login_hash = :login")
FORGET_OLD = text("DELETE FROM sign_in_guard WHERE last_at < :forgotten AND login_hash <> :login")

LOCK_ACCOUNT = text("SELECT login FROM account WHERE login = :login AND NOT suspended FOR UPDATE")
OPEN = text("""
INSERT INTO staff_session (secret_hash, login, city, address, opened_at, seen_at)
VALUES (:secret, :login, :city, :address, :now, :now) RETURNING id
""")
FIND = text(f"""
SELECT staff_session.id, staff_session.login, account.name, staff_session.city, staff_session.opened_at,
       staff_session.seen_at, staff_session.locked_at, staff_session.end_reason,
       COALESCE((SELECT must_change FROM account_password
                 WHERE login = account.login ORDER BY id DESC LIMIT 1), true) AS must_change,
       (SELECT jsonb_agg(DISTINCT jsonb_build_array(may, to_jsonb(groups)))
        FROM ({GRANTS_IN_FORCE}) AS last JOIN role_right USING (role)
        WHERE last.login = account.login AND last.city = staff_session.city AND {HOLDS}) AS given
FROM staff_session JOIN account USING (login) WHERE secret_hash = :secret
""")  # noqa: S608 - made of constants
SEEN = text("UPDATE staff_session SET seen_at = :now WHERE id = :id AND seen_at < :now AND ended_at IS NULL")
LOCK = text("""
UPDATE staff_session SET locked_at = :now WHERE id = :id AND locked_at IS NULL AND ended_at IS NULL RETURNING id
""")
UNLOCK = text("""
UPDATE staff_session SET locked_at = NULL, seen_at = :now WHERE id = :id AND ended_at IS NULL RETURNING id
""")
END = text("""
UPDATE staff_session SET ended_at = :now, end_reason = :reason WHERE id = :id AND ended_at IS NULL RETURNING id
""")


RUNNING = text("""
SELECT staff_session.id, login, account.name, address, opened_at, seen_at, locked_at
FROM staff_session JOIN account USING (login)
WHERE city = :city AND staff_session.ended_at IS NULL AND opened_at > :opened_after ORDER BY opened_at DESC
""")
END_OF_CITY = text("""
UPDATE staff_session SET ended_at = :now, end_reason = :reason
WHERE id = :id AND city = :city AND ended_at IS NULL RETURNING login
""")


@dataclass(frozen=True, slots=True)
class Running:
    id: int
    login: str
    name: str
    address: str
    opened_at: datetime
    seen_at: datetime
    locked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """A session as it stands in the table, ended ones too."""

    id: int
    login: str
    name: str
    city: str
    opened_at: datetime
    seen_at: datetime
    locked_at: datetime | None
    ended: SessionEnd | None
    must_change: bool
    rights: frozenset[Right]
    limits: Mapping[Right, frozenset[str]]  # of those that are not for the whole city


class StaffSessions:
    """Raises StoreUnavailable and StoreFault as PostgresStore does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin_try(self, login: str, rules: LockOut, now: datetime) -> bool:
        """Count it as a failure until it has succeeded, so that many at once are counted too. False: not now."""

        async def work(connection: AsyncConnection) -> bool:
            who = {"login": hashed(login)}
            forgotten = {"now": now, "forgotten": now - timedelta(seconds=rules.forgotten_seconds)}
            await connection.execute(FORGET_OLD, {**who, **forgotten})
            failures = (await connection.execute(COUNT_TRY, {**who, **forgotten})).scalar()
            if failures is None:
                return False
            if wait := rules.seconds(failures):
                await connection.execute(LOCK_UNTIL, {**who, "until": now + timedelta(seconds=wait)})
            return True

        return await self._database.ask(work)

    async def forgive(self, login: str) -> None:
        """The password was right: the count begins again."""
        await self._do(FORGIVE, {"login": hashed(login)})

    async def open(self, secret: str, login: str, city: str, address: str, now: datetime) -> int | None:
        """The one session of this person: whoever signed in elsewhere is out. None: suspended meanwhile."""

        async def work(connection: AsyncConnection) -> int | None:
            if (await connection.execute(LOCK_ACCOUNT, {"login": login})).first() is None:
                return None
            await end_sessions(connection, login, SessionEnd.REPLACED, now, but=NO_SESSION)
            values = {"secret": hashed(secret), "login": login, "city": city, "address": address, "now": now}
            return int((await connection.execute(OPEN, values)).scalar_one())

        return await self._database.ask(work)

    async def find(self, secret: str, now: datetime) -> Found | None:
        async def work(connection: AsyncConnection) -> Found | None:
            row: Any = (await connection.execute(FIND, {"secret": hashed(secret), "now": now})).first()
            if row is None:
                return None
            given = [(Right(may), groups) for may, groups in row.given or ()]
            ended = SessionEnd(row.end_reason) if row.end_reason else None
            return Found(
                id=row.id,
                login=row.login,
                name=row.name,
                city=row.city,
                opened_at=row.opened_at,
                seen_at=row.seen_at,
                locked_at=row.locked_at,
                ended=ended,
                must_change=row.must_change,
                rights=frozenset(right for right, _ in given),
                limits=limits_of(given),
            )

        return await self._database.ask(work)

    async def seen(self, session: int, now: datetime) -> None:
        await self._do(SEEN, {"id": session, "now": now})

    async def lock(self, session: int, now: datetime) -> bool:
        """False when it was locked already, or has ended."""
        return await self._changed(LOCK, {"id": session, "now": now})

    async def unlock(self, session: int, now: datetime) -> bool:
        return await self._changed(UNLOCK, {"id": session, "now": now})

    async def end(self, session: int, why: SessionEnd, now: datetime) -> bool:
        """False when it had ended before."""
        return await self._changed(END, {"id": session, "reason": why.value, "now": now})

    async def running(self, city: str, opened_after: datetime) -> list[Running]:
        """Who is signed in to a city, the last one first."""

        async def work(connection: AsyncConnection) -> list[Running]:
            found = await connection.execute(RUNNING, {"city": city, "opened_after": opened_after})
            return [Running(*row) for row in found]

        return await self._database.ask(work)

    async def end_one(self, session: int, city: str, by: str, reason: str, now: datetime) -> str | None:
        """By an administrator of the city. Whose it was; None when it had ended, or is of another city."""

        async def work(connection: AsyncConnection) -> str | None:
            values = {"id": session, "city": city, "now": now, "reason": SessionEnd.ENDED.value}
            login = (await connection.execute(END_OF_CITY, values)).scalar()
            if login is not None:
                noted = {"login": login, "kind": AccountChange.SESSIONS_ENDED.value, "by": by, "reason": reason}
                await connection.execute(NOTE, {**noted, "now": now})
            return login

        return await self._database.ask(work)

    async def _do(self, statement: Any, values: dict[str, Any]) -> None:
        async def work(connection: AsyncConnection) -> None:
            await connection.execute(statement, values)

        await self._database.ask(work)

    async def _changed(self, statement: Any, values: dict[str, Any]) -> bool:
        async def work(connection: AsyncConnection) -> bool:
            return (await connection.execute(statement, values)).first() is not None

        return await self._database.ask(work)
