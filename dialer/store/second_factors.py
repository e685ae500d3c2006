"""The secrets of second devices, for those who want them: one for each account, each code of it good for once."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.rights import AccountChange
from dialer.store.database import Database
from dialer.store.staff import lock_account, note_change
from dialer.store.staff_history import check_seen

SECRET = text("SELECT secret FROM second_factor WHERE login = :login")
USE = text("UPDATE second_factor SET last_step = :step WHERE login = :login AND last_step < :step RETURNING 1")
TURN_ON = text(
    "INSERT INTO second_factor (login, secret, last_step, at) VALUES (:login, :secret, :step, :now)"
    " ON CONFLICT DO NOTHING RETURNING 1"
)
TURN_OFF = text("DELETE FROM second_factor WHERE login = :login RETURNING 1")


class SecondFactors:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def secret(self, login: str) -> str | None:
        """None: this person signs in with the password alone."""

        async def work(connection: AsyncConnection) -> str | None:
            return (await connection.execute(SECRET, {"login": login})).scalar()

        return await self._database.ask(work)

    async def use(self, login: str, step: int) -> bool:
        """False when a code of this half minute, or of a later one, was used before."""

        async def work(connection: AsyncConnection) -> bool:
            return (await connection.execute(USE, {"login": login, "step": step})).first() is not None

        return await self._database.ask(work)

    async def turn_on(self, login: str, secret: str, step: int, now: datetime) -> bool:
        """Of their own will. False when it was on."""

        async def work(connection: AsyncConnection) -> bool:
            await lock_account(connection, login)
            values = {"login": login, "secret": secret, "step": step, "now": now}
            if (await connection.execute(TURN_ON, values)).first() is None:
                return False
            await note_change(connection, login, AccountChange.CODE_ON, login, "", now)
            return True

        return await self._database.ask(work)

    async def turn_off(self, login: str, by: str, reason: str, now: datetime, *, seen: str | None = None) -> bool:
        """False when it was off."""

        async def work(connection: AsyncConnection) -> bool:
            await lock_account(connection, login)
            await check_seen(connection, login, seen)
            if (await connection.execute(TURN_OFF, {"login": login})).first() is None:
                return False
            await note_change(connection, login, AccountChange.CODE_OFF, by, reason, now)
            return True

        return await self._database.ask(work)
