"""The sign-in log and the log of operations: appended, never changed (X-006 to X-008). Ids only, no personal data."""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.rights import SignInKind
from dialer.ports import StoreFault
from dialer.store.database import Database

SIGN_IN = text("""
INSERT INTO sign_in_event (at, login, session_id, kind, reason, address, took_ms)
VALUES (:at, :login, :session, :kind, :reason, :address, :took_ms)
""")
OPERATION = text("""
INSERT INTO operation (at, city, by, session_id, function, what, ids, count, took_ms, detail)
VALUES (:at, :city, :by, :session, :function, :what, :ids, :count, :took_ms, CAST(:detail AS jsonb))
""")
ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
VALUE = re.compile(r"[A-Za-z0-9_.:+/, -]{0,100}")  # words of the program, moments, sums


@dataclass(frozen=True, slots=True)
class SignInEntry:
    at: datetime
    kind: SignInKind
    address: str
    took_ms: float
    login: str | None = None
    session: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One use of a function on somebody's data."""

    at: datetime
    city: str
    by: str
    session: int | None
    function: str  # view, search, create, update, delete, call …
    what: str  # case, talk …
    ids: Sequence[str]
    count: int
    took_ms: float
    detail: Mapping[str, str | int | None] | None = None  # old and new value of a setting, the sum of a file

    def __post_init__(self) -> None:
        for one in self.ids:
            if not ID.fullmatch(one):
                raise ValueError("the operation log takes ids, no names and no numbers of people")
        for value in (self.detail or {}).values():
            if isinstance(value, str) and not VALUE.fullmatch(value):
                raise ValueError("the operation log takes words of the program, and nothing that people wrote")


async def append(connection: AsyncConnection, entry: LogEntry) -> None:
    """In a transaction of what it tells of. A short one: it holds the log until it is over."""
    await connection.execute(OPERATION, _values(entry))


class StaffLogs:
    """Raises StoreUnavailable and StoreFault as PostgresStore does."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = asyncio.Lock()
        self._waiting: list[_Row] = []

    async def sign_in(self, entry: SignInEntry) -> None:
        values = {
            "at": entry.at,
            "login": entry.login,
            "session": entry.session,
            "kind": entry.kind.value,
            "reason": entry.reason,
            "address": entry.address,
            "took_ms": entry.took_ms,
        }

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(SIGN_IN, values)

        await self._database.ask(work)

    async def operation(self, entry: LogEntry) -> None:
        """Whoever comes while others are being written is written with the next: each transaction holds the log."""
        own = _Row(_values(entry))
        self._waiting.append(own)
        async with self._turn:
            if own.is_written:
                return
            rows, self._waiting = self._waiting, []
            try:
                await self._write(rows)
            except BaseException as why:
                self._waiting = [row for row in rows if row is not own] + self._waiting
                if not isinstance(why, StoreFault) or len(rows) == 1:
                    raise
                await self._write([own])  # it may have been another's fault

    async def _write(self, rows: Sequence["_Row"]) -> None:
        await self._database.ask(lambda connection: connection.execute(OPERATION, [row.values for row in rows]))
        for row in rows:
            row.is_written = True


@dataclass(slots=True, eq=False)
class _Row:
    values: Mapping[str, object]
    is_written: bool = False


def _values(entry: LogEntry) -> dict[str, object]:
    return {
        "at": entry.at,
        "city": entry.city,
        "by": entry.by,
        "session": entry.session,
        "function": entry.function,
        "what": entry.what,
        "ids": list(entry.ids),
        "count": entry.count,
        "took_ms": entry.took_ms,
        "detail": json.dumps(entry.detail) if entry.detail else None,
    }
