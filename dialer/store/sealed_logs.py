"""The logs as chains: read from the first row to the last, their heads, and taking away what is old enough.

What is sealed is read as the migration wrote it, by an expression of our own: a function of the database that somebody
has changed proves nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.sealed import Chain, ChainCheck, Fault, Finding, Head, Row
from dialer.store.database import Database, Work

T = TypeVar("T")

BY_CITY = frozenset(("operation",))
LOGS = ("operation", "sign_in_event", "account_change", "account_grant", "account_password", "pruned_log")
PRUNABLE = ("operation", "sign_in_event")
AT_ONCE = 5000
PATIENCE_SECONDS = 60.0

PATIENTLY = text(f"SET LOCAL statement_timeout = '{PATIENCE_SECONDS:.0f}s'")
AS_SEALED = text("SELECT set_config('TimeZone', 'UTC', true), set_config('extra_float_digits', '1', true)")
CITIES = text("SELECT key FROM city ORDER BY key")
STUB = text("""
SELECT last_seq, last_seal FROM pruned_log WHERE log = :log AND chain = :chain ORDER BY last_seq DESC LIMIT 1
""")
LEAVE_STUB = text("""
INSERT INTO pruned_log (log, chain, first_seq, last_seq, last_seal, first_at, last_at, by, at)
VALUES (:log, :chain, :first, :last, :seal, :first_at, :last_at, :by, :now)
""")

ROWS = """
SELECT id, seq, seal, jsonb_strip_nulls(to_jsonb(one) - 'seal')::text FROM {log} AS one
WHERE {belongs} AND (seq, id) > (:seq, :id) ORDER BY seq, id LIMIT :most
"""
NO_PLACE = "SELECT id FROM {log} WHERE {belongs} AND seq IS NULL ORDER BY id LIMIT :most"
NEWEST = "SELECT seq, seal FROM {log} WHERE {belongs} ORDER BY seq DESC LIMIT 1"
OLD = """
WITH kept AS (
    SELECT coalesce(
        (SELECT min(seq) FROM {log} WHERE {belongs} AND at >= :before),
        (SELECT max(seq) FROM {log} WHERE {belongs})
    ) AS first
)
SELECT min(seq) AS first, max(seq) AS last, min(at) AS first_at, max(at) AS last_at, count(*) AS rows
FROM {log} WHERE {belongs} AND seq < (SELECT first FROM kept)
"""
SEAL = "SELECT seal FROM {log} WHERE {belongs} AND seq = :seq"
PRUNE = "DELETE FROM {log} WHERE {belongs} AND seq <= :last"


@dataclass(frozen=True, slots=True)
class Checked:
    chain: Chain
    rows: int
    last: int  # place
    pruned_to: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """From the beginning of a chain; all of it older than a moment."""

    chain: Chain
    first: int
    last: int
    first_at: datetime
    last_at: datetime
    rows: int


class SealedLogs:
    """Raises StoreUnavailable and StoreFault as PostgresStore does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def chains(self) -> list[Chain]:
        async def work(connection: AsyncConnection) -> list[Chain]:
            cities = list((await connection.execute(CITIES)).scalars())
            return [Chain(log, key) for log in LOGS for key in (cities if log in BY_CITY else [""])]

        return await self._database.ask(work)

    async def heads(self) -> list[Head]:
        chains = await self.chains()

        async def work(connection: AsyncConnection) -> list[Head]:
            rows: list[tuple[Chain, Any]] = [(one, await _first(connection, NEWEST, one)) for one in chains]
            return [Head(chain, row.seq, bytes(row.seal)) for chain, row in rows if row is not None]

        return await self._patiently(work)

    async def check(self, chain: Chain, heads: Iterable[Head] = ()) -> Checked:
        """Rows that are written meanwhile are read too, or not."""
        stub = await self._database.ask(lambda connection: _stub(connection, chain))
        check = ChainCheck(chain, tuple(one for one in heads if one.chain == chain), *(stub or ()))
        findings: list[Finding] = []
        seq = id_ = -(2**62)
        while rows := await self._patiently(lambda connection: _rows(connection, chain, seq, id_)):  # noqa: B023
            findings += check.read(rows)
            seq, id_ = rows[-1].seq, rows[-1].id
        findings += check.end()
        findings += await self._patiently(lambda connection: _without_place(connection, chain))
        return Checked(chain, check.rows, check.seq, check.pruned_to, tuple(findings))

    async def old_stretch(self, chain: Chain, before: datetime) -> Stretch | None:
        """What may go: every row up to the first that is younger. The newest row always stays."""

        async def work(connection: AsyncConnection) -> Stretch | None:
            found = await _first(connection, OLD, chain, before=before)
            return Stretch(chain, *found) if found.rows else None

        return await self._patiently(work)

    async def prune(self, stretch: Stretch, by: str, now: datetime) -> int:
        """Take it away, in one transaction with the stub that stays."""
        chain, last = stretch.chain, {"last": stretch.last}

        async def work(connection: AsyncConnection) -> int:
            seal = bytes((await _first(connection, SEAL, chain, seq=stretch.last)).seal)
            place = {"log": chain.log, "chain": chain.key, "first": stretch.first, **last, "seal": seal}
            when = {"first_at": stretch.first_at, "last_at": stretch.last_at, "by": by, "now": now}
            await connection.execute(LEAVE_STUB, {**place, **when})
            return (await connection.execute(_about(PRUNE, chain), _key(chain, last))).rowcount

        return await self._patiently(work)

    async def _patiently(self, work: Work[T]) -> T:
        async def with_time(connection: AsyncConnection) -> T:
            await connection.execute(PATIENTLY)
            return await work(connection)

        return await self._database.ask(with_time, patience_seconds=PATIENCE_SECONDS)


async def _rows(connection: AsyncConnection, chain: Chain, seq: int, id_: int) -> list[Row]:
    await connection.execute(AS_SEALED)
    values = _key(chain, {"seq": seq, "id": id_, "most": AT_ONCE})
    found = await connection.execute(_about(ROWS, chain), values)
    return [Row(id_, seq, bytes(seal), content) for id_, seq, seal, content in found]


async def _without_place(connection: AsyncConnection, chain: Chain) -> list[Finding]:
    found = await connection.execute(_about(NO_PLACE, chain), _key(chain, {"most": AT_ONCE}))
    return [Finding(chain, Fault.NO_PLACE, 0, 0, Row(id_, 0, b"", "")) for id_ in found.scalars()]


async def _stub(connection: AsyncConnection, chain: Chain) -> tuple[int, bytes] | None:
    found = (await connection.execute(STUB, {"log": chain.log, "chain": chain.key})).first()
    return (found.last_seq, bytes(found.last_seal)) if found else None


async def _first(connection: AsyncConnection, question: str, chain: Chain, **values: object) -> Any:
    return (await connection.execute(_about(question, chain), _key(chain, values))).first()


def _about(question: str, chain: Chain) -> TextClause:
    """The names of tables are ours, and not taken from anywhere else."""
    if chain.log not in LOGS:
        raise ValueError(f"{chain.log} is no log")
    return text(question.format(log=chain.log, belongs="city = :city" if chain.log in BY_CITY else "true"))


def _key(chain: Chain, values: Mapping[str, object]) -> dict[str, object]:
    return {**values, "city": chain.key} if chain.log in BY_CITY else dict(values)
