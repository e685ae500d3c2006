"""Recordings as rows: found, held back, deleted, counted. A deletion leaves a stub that says when, by whom and why.

Deletions and their entry in the log of operations are one transaction: what two want at once is done and told of once.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.recorder import Recording
from dialer.store.database import Database
from dialer.store.queries import SAVE_RECORDING
from dialer.store.staff_logs import LogEntry, append

PAGE = 50
LIST_SECONDS = 5.0

SHOWN = """
SELECT CAST(recording.call_id AS text) AS id, recording.at, recording.file, recording.seconds, recording.held_at,
       recording.held_by, recording.held_why, recording.deleted_at, recording.deleted_by, recording.deleted_why,
       call.kind AS direction,
       COALESCE(attempt.case_id, inbound_call.case_id) AS case_id,
       COALESCE(attempt.number, inbound_call.number) AS number,
       COALESCE(attempt.operator, inbound_call.operator) AS phone,
       COALESCE(attempt.account, inbound_call.account) AS account, account.name AS operator, debt_kind.name AS debt
FROM recording
JOIN call ON call.id = recording.call_id
LEFT JOIN attempt ON attempt.id = recording.call_id
LEFT JOIN inbound_call ON inbound_call.id = recording.call_id
LEFT JOIN cases ON cases.id = COALESCE(attempt.case_id, inbound_call.case_id)
LEFT JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
LEFT JOIN account ON account.login = COALESCE(attempt.account, inbound_call.account)
WHERE recording.city = :city
"""
OF_A_CASE = "EXISTS (SELECT FROM call_case WHERE call_id = recording.call_id AND case_id = :case)"
OF_A_PERSON = """EXISTS (
    SELECT FROM call_case JOIN cases AS of_call ON of_call.id = call_case.case_id
    JOIN person ON person.id = of_call.person_id
    WHERE call_case.call_id = recording.call_id AND person.city = :city AND person.address_key = :address_key)"""
OF_DEBTS_ALONE = """EXISTS (SELECT FROM call_case WHERE call_id = recording.call_id) AND NOT EXISTS (
    SELECT FROM call_case JOIN cases AS about ON about.id = call_case.case_id
    JOIN debt_kind AS kind ON kind.id = about.debt_kind_id
    WHERE call_case.call_id = recording.call_id AND NOT kind.key = ANY(CAST(:debts AS text[])))"""
"""A household's other debt kinds are talked about in the same call: all of them have to be among these."""
LIST = f"{SHOWN} AND recording.at >= :since AND recording.at < :until{{more}} ORDER BY recording.at DESC, id"
PAGED = " LIMIT :limit OFFSET :skip"
ONE = f"{SHOWN} AND recording.call_id = CAST(:id AS uuid)"
DELETE = text("""
UPDATE recording SET file = NULL, seconds = NULL, bytes = NULL, key_id = NULL,
    deleted_at = :at, deleted_by = :by, deleted_why = :why
WHERE city = :city AND call_id = ANY(CAST(:ids AS uuid[])) AND deleted_at IS NULL AND held_at IS NULL
RETURNING call_id AS id
""")
HOLD = text("""
UPDATE recording SET held_at = :at, held_by = :by, held_why = :why
WHERE city = :city AND call_id = CAST(:id AS uuid) AND deleted_at IS NULL AND held_at IS NULL RETURNING call_id
""")
RELEASE = text("""
UPDATE recording SET held_at = NULL, held_by = NULL, held_why = NULL
WHERE city = :city AND call_id = CAST(:id AS uuid) AND deleted_at IS NULL AND held_at IS NOT NULL RETURNING call_id
""")
PAST = text("""
SELECT call_id AS id FROM recording
WHERE city = :city AND at < :before AND deleted_at IS NULL AND held_at IS NULL ORDER BY at LIMIT :most
""")
KNOWN = text("""
SELECT found.id, recording.call_id IS NULL AS is_missing, recording.deleted_at IS NOT NULL AS is_deleted
FROM unnest(CAST(:ids AS uuid[])) AS found(id)
JOIN call ON call.id = found.id AND call.city = :city LEFT JOIN recording ON recording.call_id = found.id
WHERE recording.call_id IS NULL OR recording.deleted_at IS NOT NULL
""")
KEPT = text("""
SELECT COALESCE(sum(seconds), 0) AS seconds, COALESCE(sum(bytes), 0) AS bytes,
       COALESCE(sum(seconds) FILTER (WHERE bytes IS NOT NULL), 0) AS weighed
FROM recording WHERE city = :city AND deleted_at IS NULL
""")

BY_KEY = text("""
SELECT key_id, count(*) AS found FROM recording WHERE city = :city AND key_id IS NOT NULL GROUP BY key_id
""")

Entry = Callable[[Sequence[str]], LogEntry]
"""What the log says of these recordings."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is not said leaves nothing out."""

    since: datetime
    until: datetime
    account: str | None = None  # whose talk it was
    debt: str | None = None
    debts: tuple[str, ...] | None = None  # calls about nothing else
    case: int | None = None
    address_key: str | None = None
    shortest: float | None = None  # seconds
    longest: float | None = None
    skip: int = 0


@dataclass(frozen=True, slots=True)
class KeptNow:
    seconds: float
    bytes_a_second: float | None  # as measured; None: nothing has been weighed


class RecordingStore:
    """Of one city. Raises StoreUnavailable and StoreFault as PostgresStore does."""

    def __init__(self, database: Database, city: str) -> None:
        self._database, self._city = database, city

    async def find(self, wanted: Wanted) -> tuple[Sequence[Any], bool]:
        """The newest first, a page of them, and whether there are more."""
        conditions = {
            "COALESCE(attempt.account, inbound_call.account) = :account": wanted.account,
            "debt_kind.key = :debt": wanted.debt,
            OF_DEBTS_ALONE: wanted.debts,
            OF_A_CASE: wanted.case,
            OF_A_PERSON: wanted.address_key,
            "recording.seconds >= :shortest": wanted.shortest,
            "recording.seconds <= :longest": wanted.longest,
        }
        more = "".join(f" AND {condition}" for condition, value in conditions.items() if value is not None)
        given = {name: value for name, value in asdict(wanted).items() if value is not None}
        if wanted.debts is not None:
            given["debts"] = list(wanted.debts)
        question = text(LIST.format(more=more) + PAGED)

        async def work(connection: AsyncConnection) -> Sequence[Any]:
            values = {"city": self._city, **given, "limit": PAGE + 1}
            return (await connection.execute(question, values)).all()

        found = await self._database.ask(work, patience_seconds=LIST_SECONDS)
        return found[:PAGE], len(found) > PAGE

    async def one(self, id_: str, debts: Collection[str] | None = None) -> Any | None:
        """`debts`: only if the call was about nothing else."""
        question = text(ONE if debts is None else f"{ONE} AND {OF_DEBTS_ALONE}")
        values = {"city": self._city, "id": id_} | ({} if debts is None else {"debts": list(debts)})

        async def work(connection: AsyncConnection) -> Any | None:
            return (await connection.execute(question, values)).one_or_none()

        return await self._database.ask(work)

    async def delete(self, ids: Collection[str], by: str, why: str, at: datetime, entry: Entry) -> list[str]:
        """Those that were there and not held; whoever asks takes the files away then."""
        values = {"city": self._city, "ids": list(ids), "by": by, "why": why, "at": at}

        async def work(connection: AsyncConnection) -> list[str]:
            gone = [str(row.id) for row in await connection.execute(DELETE, values)]
            if gone:
                await append(connection, entry(gone))
            return gone

        return await self._database.ask(work)

    async def hold(self, id_: str, by: str, why: str, at: datetime, entry: Entry) -> bool:
        """Not to be deleted from now on. False: it is held already, or deleted."""
        return await self._change(HOLD, {"id": id_, "by": by, "why": why, "at": at}, entry)

    async def release(self, id_: str, entry: Entry) -> bool:
        return await self._change(RELEASE, {"id": id_}, entry)

    async def past(self, before: datetime, most: int) -> list[str]:
        """Of calls before that moment, the oldest first; those that are held are not among them."""
        values = {"city": self._city, "before": before, "most": most}

        async def work(connection: AsyncConnection) -> list[str]:
            return [str(row.id) for row in await connection.execute(PAST, values)]

        return await self._database.ask(work)

    async def unlike(self, ids: Sequence[str]) -> tuple[list[str], list[str]]:
        """Of the files that lie there: those that are deleted, and those of calls of ours that no row knows of."""

        async def work(connection: AsyncConnection) -> Sequence[Any]:
            return (await connection.execute(KNOWN, {"city": self._city, "ids": list(ids)})).all()

        found = await self._database.ask(work)
        deleted = [str(row.id) for row in found if row.is_deleted]
        return deleted, [str(row.id) for row in found if row.is_missing]

    async def save(self, recording: Recording) -> None:
        async def work(connection: AsyncConnection) -> None:
            await connection.execute(SAVE_RECORDING, asdict(recording))

        await self._database.ask(work)

    async def kept(self) -> KeptNow:
        async def work(connection: AsyncConnection) -> Any:
            return (await connection.execute(KEPT, {"city": self._city})).one()

        row = await self._database.ask(work)
        weighed = float(row.weighed)
        return KeptNow(float(row.seconds), float(row.bytes) / weighed if weighed else None)

    async def by_key(self) -> dict[str, int]:
        """How many there are of each."""

        async def work(connection: AsyncConnection) -> dict[str, int]:
            return {row.key_id: row.found for row in await connection.execute(BY_KEY, {"city": self._city})}

        return await self._database.ask(work)

    async def _change(self, statement: Any, values: dict[str, object], entry: Entry) -> bool:
        async def work(connection: AsyncConnection) -> bool:
            changed = (await connection.execute(statement, {"city": self._city, **values})).first() is not None
            if changed:
                await append(connection, entry([str(values["id"])]))
            return changed

        return await self._database.ask(work)
