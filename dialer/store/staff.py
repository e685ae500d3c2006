"""Accounts and their passwords. What became of them is added, never changed (X-003, X-005)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.rights import AccountChange, SessionEnd
from dialer.store.database import Database
from dialer.store.staff_grants import GrantOrder, Held, all_held, cities_of, give, roles
from dialer.store.staff_history import Happened, administered, check_administered, check_seen, history

ADD = text("""
INSERT INTO account (login, name, suspended, created_at) VALUES (:login, :name, false, :now)
ON CONFLICT DO NOTHING RETURNING login
""")
LOCK_ACCOUNT = text("SELECT login FROM account WHERE login = :login FOR UPDATE")
NOTE = text("""
INSERT INTO account_change (login, kind, reason, by, at) VALUES (:login, :kind, :reason, :by, :now)
""")
SUSPEND = text("""
UPDATE account SET suspended = :suspended
WHERE login = :login AND suspended <> :suspended AND left_at IS NULL RETURNING 1
""")
END = text("UPDATE account SET suspended = true, left_at = :now WHERE login = :login AND left_at IS NULL RETURNING 1")
ADD_PASSWORD = text("""
INSERT INTO account_password (login, hash, must_change, by, at) VALUES (:login, :hash, :must_change, :by, :now)
""")
PASSWORDS = text("SELECT hash FROM account_password WHERE login = :login ORDER BY id DESC")
CREDENTIALS = text("""
SELECT account.login, account.name, account.suspended,
       (SELECT hash FROM account_password WHERE login = account.login ORDER BY id DESC LIMIT 1) AS hash
FROM account WHERE login = :login
""")
END_SESSIONS = text("""
UPDATE staff_session SET ended_at = :now, end_reason = :reason
WHERE login = :login AND ended_at IS NULL AND id <> :but RETURNING id
""")
ACCOUNTS = text("""
SELECT account.login, account.name, account.suspended, account.created_at, account.left_at AS ended_at,
       (SELECT max(at) FROM sign_in_event WHERE login = account.login AND kind = 'signed_in') AS signed_in_at,
       (SELECT count(*) FROM staff_session WHERE login = account.login AND ended_at IS NULL) AS sessions,
       ARRAY(SELECT DISTINCT city FROM account_grant WHERE login = account.login) AS cities
FROM account ORDER BY account.login
""")
LETTER_KEYS = text("SELECT letter_keys FROM account WHERE login = :login")
TURN_LETTER_KEYS = text("UPDATE account SET letter_keys = :on WHERE login = :login")
FORGIVE = text("DELETE FROM sign_in_guard WHERE login_hash = :login")
NO_SESSION = -1


@dataclass(frozen=True, slots=True)
class Credentials:
    login: str
    name: str
    suspended: bool
    hash: str | None  # none: no password yet


@dataclass(frozen=True, slots=True)
class NewPassword:
    hash: str
    by: str
    must_change: bool


@dataclass(frozen=True, slots=True)
class Account:
    login: str
    name: str
    suspended: bool
    created_at: datetime
    ended_at: datetime | None
    signed_in_at: datetime | None
    sessions: int
    grants: tuple[Held, ...]
    cities: tuple[str, ...]  # where anything was ever granted


class NoSuchAccount(Exception):
    """Nobody has this login."""


class Staff:
    """Raises StoreUnavailable and StoreFault as PostgresStore does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, login: str, name: str, password: NewPassword, now: datetime, grants: Sequence[GrantOrder] = ()
    ) -> bool:
        """With what they may do. False when the login is taken, be it by somebody who left."""

        async def work(connection: AsyncConnection) -> bool:
            made = await connection.execute(ADD, {"login": login, "name": name, "now": now})
            if made.first() is None:
                return False
            await note_change(connection, login, AccountChange.CREATED, password.by, "", now)
            await _add_password(connection, login, password, now)
            for order in grants:
                await give(connection, login, order, now)
            return True

        return await self._database.ask(work)

    async def credentials(self, login: str) -> Credentials | None:
        async def work(connection: AsyncConnection) -> Credentials | None:
            row = (await connection.execute(CREDENTIALS, {"login": login})).first()
            return Credentials(*row) if row else None

        return await self._database.ask(work)

    async def cities(self, login: str, now: datetime) -> list[str]:
        """Where something is granted to this person now."""
        return await self._database.ask(lambda connection: cities_of(connection, login, now))

    async def earlier_hashes(self, login: str) -> list[str]:
        """Of all passwords this account ever had, the newest first."""

        async def work(connection: AsyncConnection) -> list[str]:
            return list((await connection.execute(PASSWORDS, {"login": login})).scalars())

        return await self._database.ask(work)

    async def set_password(
        self,
        login: str,
        password: NewPassword,
        now: datetime,
        *,
        newest: str | None,
        but_session: int = NO_SESSION,
        seen: str | None = None,
    ) -> bool:
        """Every session but this one ends. False when somebody else has changed it since `newest` was read."""

        async def work(connection: AsyncConnection) -> bool:
            await lock_account(connection, login)
            await check_seen(connection, login, seen)
            if (await connection.execute(PASSWORDS, {"login": login})).scalars().first() != newest:
                return False
            await _add_password(connection, login, password, now)
            await end_sessions(connection, login, SessionEnd.PASSWORD, now, but=but_session)
            await connection.execute(FORGIVE, {"login": hashed(login)})
            return True

        return await self._database.ask(work)

    async def suspend(
        self, login: str, by: str, reason: str, now: datetime, *, suspended: bool, seen: str | None = None
    ) -> bool:
        """Or let in again, also who is locked out. Suspending ends every session. False when it was so already."""

        async def work(connection: AsyncConnection) -> bool:
            there = await administered(connection, now)
            await lock_account(connection, login)
            await check_seen(connection, login, seen)
            if not suspended:
                await connection.execute(FORGIVE, {"login": hashed(login)})
            changed = await connection.execute(SUSPEND, {"login": login, "suspended": suspended})
            if changed.first() is None:
                return False
            kind = AccountChange.SUSPENDED if suspended else AccountChange.RESUMED
            await note_change(connection, login, kind, by, reason, now)
            if suspended:
                await end_sessions(connection, login, SessionEnd.SUSPENDED, now)
            await check_administered(connection, there, now)
            return True

        return await self._database.ask(work)

    async def end(self, login: str, by: str, reason: str, now: datetime, *, seen: str | None = None) -> bool:
        """For good: rights are taken back, sessions end, the login stays taken. False when it had ended before."""

        async def work(connection: AsyncConnection) -> bool:
            there = await administered(connection, now)
            await lock_account(connection, login)
            await check_seen(connection, login, seen)
            if (await connection.execute(END, {"login": login, "now": now})).first() is None:
                return False
            await note_change(connection, login, AccountChange.ENDED, by, reason, now)
            for held in (await all_held(connection, now)).get(login, ()):
                await give(connection, login, GrantOrder(held.city, held.role, by, reason, now, granted=False), now)
            await end_sessions(connection, login, SessionEnd.ENDED, now)
            await check_administered(connection, there, now)
            return True

        return await self._database.ask(work)

    async def end_sessions(self, login: str, by: str, reason: str, now: datetime, *, seen: str | None = None) -> int:
        async def work(connection: AsyncConnection) -> int:
            await lock_account(connection, login)
            await check_seen(connection, login, seen)
            ended = await end_sessions(connection, login, SessionEnd.ENDED, now)
            await note_change(connection, login, AccountChange.SESSIONS_ENDED, by, reason, now)
            return ended

        return await self._database.ask(work)

    async def grant(self, login: str, order: GrantOrder, now: datetime, *, seen: str | None = None) -> bool:
        """Give a role in a city, or take it back; the last word counts. False when there is nothing to take back."""

        async def work(connection: AsyncConnection) -> bool:
            there = await administered(connection, now)
            await lock_account(connection, login)
            await check_seen(connection, login, seen)
            if not await give(connection, login, order, now):
                return False
            await check_administered(connection, there, now)
            return True

        return await self._database.ask(work)

    async def letter_keys(self, login: str) -> bool:
        """Whether keys of one letter work on their desk."""

        async def work(connection: AsyncConnection) -> bool:
            return bool((await connection.execute(LETTER_KEYS, {"login": login})).scalar_one())

        return await self._database.ask(work)

    async def turn_letter_keys(self, login: str, *, on: bool) -> None:
        async def work(connection: AsyncConnection) -> None:
            await connection.execute(TURN_LETTER_KEYS, {"login": login, "on": on})

        await self._database.ask(work)

    async def history(self, login: str) -> list[Happened]:
        """The newest first."""
        return await self._database.ask(lambda connection: history(connection, login))

    async def roles(self) -> dict[str, str]:
        return await self._database.ask(roles)

    async def accounts(self, now: datetime) -> list[Account]:
        async def work(connection: AsyncConnection) -> list[Account]:
            held = await all_held(connection, now)
            rows: Sequence[Any] = (await connection.execute(ACCOUNTS)).all()
            return [
                Account(
                    login=row.login,
                    name=row.name,
                    suspended=row.suspended,
                    created_at=row.created_at,
                    ended_at=row.ended_at,
                    signed_in_at=row.signed_in_at,
                    sessions=row.sessions,
                    grants=tuple(held.get(row.login, ())),
                    cities=tuple(row.cities),
                )
                for row in rows
            ]

        return await self._database.ask(work)


async def end_sessions(
    connection: AsyncConnection, login: str, why: SessionEnd, now: datetime, *, but: int = NO_SESSION
) -> int:
    values = {"login": login, "reason": why.value, "now": now, "but": but}
    return len((await connection.execute(END_SESSIONS, values)).all())


def hashed(secret: str) -> str:
    """Good enough for what is random and long; passwords have Argon2."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def lock_account(connection: AsyncConnection, login: str) -> None:
    """Two who change one account do it one after the other."""
    if (await connection.execute(LOCK_ACCOUNT, {"login": login})).first() is None:
        raise NoSuchAccount(login)


async def note_change(
    connection: AsyncConnection, login: str, kind: AccountChange, by: str, reason: str, now: datetime
) -> None:
    values = {"login": login, "kind": kind.value, "by": by, "reason": reason, "now": now}
    await connection.execute(NOTE, values)


async def _add_password(connection: AsyncConnection, login: str, password: NewPassword, now: datetime) -> None:
    values = {"login": login, "hash": password.hash, "must_change": password.must_change, "by": password.by, "now": now}
    await connection.execute(ADD_PASSWORD, values)
