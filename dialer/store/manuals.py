"""Manuals in versions and what was decided about them. Appended, never changed: what somebody went by stays known."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.city import City
from dialer.core.manuals import PROGRAM, SHIPPED, Document, Manual, ManualKind, next_change
from dialer.core.versions import Decision, VersionState
from dialer.ports import StoreFault
from dialer.store.database import Database
from dialer.store.queries import SAVE_CITY

LOCK = text("SELECT FROM city WHERE key = :city FOR NO KEY UPDATE")
"""Two who add at once get a version each."""
STAMP = text("""
SELECT (SELECT max(id) FROM manual WHERE city = :city) AS entered,
       (SELECT max(id) FROM manual_decision WHERE city = :city) AS decided
""")
MANUALS = text("""
SELECT manual.city, manual.kind, manual.key, manual.version, manual.document, manual.why, manual.based_on,
       manual.by AS entered_by, manual.at AS entered_at,
       decided.state, decided.by, decided.at, decided.valid_from, decided.valid_until, decided.reason
FROM manual
LEFT JOIN LATERAL (
    SELECT * FROM manual_decision WHERE manual_decision.manual_id = manual.id ORDER BY id DESC LIMIT 1
) AS decided ON true
WHERE manual.city = :city
ORDER BY manual.kind, manual.key, manual.version
""")
NEWEST_SHIPPED = text("""
SELECT DISTINCT ON (kind, key) kind, key, version, document
FROM manual WHERE city = :city AND shipped ORDER BY kind, key, version DESC
""")
ADD = text("""
INSERT INTO manual (city, kind, key, version, document, why, based_on, shipped, by, at)
SELECT :city, :kind, :key, COALESCE(max(version), 0) + 1, CAST(:document AS json), :why, :based_on, :shipped, :by, :at
FROM manual WHERE city = :city AND kind = :kind AND key = :key
RETURNING version
""")
DECIDE = text("""
INSERT INTO manual_decision (city, manual_id, state, valid_from, valid_until, reason, by, at)
SELECT city, id, :state, :valid_from, :valid_until, :reason, :by, :at
FROM manual WHERE city = :city AND kind = :kind AND key = :key AND version = :version
RETURNING id
""")
IS_KEPT = text("""
SELECT EXISTS (
    SELECT FROM manual_decision JOIN manual ON manual.id = manual_id
    WHERE manual.city = :city AND kind = :kind AND key = :key
      AND state = :state AND manual_decision.by = :by AND manual_decision.at = :at AND reason = :reason)
""")


Stamp = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class NewManual:
    """A document that somebody enters; its version is given by the store."""

    kind: ManualKind
    key: str
    document: Document
    by: str
    why: str
    based_on: int | None = None


class ManualStore:
    """Raises StoreUnavailable and StoreFault as PostgresStore does."""

    def __init__(self, database: Database, city: City) -> None:
        self._database, self._profile, self._city = database, city, city.key

    async def stamp(self) -> Stamp:
        """Another one whenever something has been entered or decided."""
        return await self._database.ask(partial(stamp, city=self._city))

    async def manuals(self) -> list[Manual]:
        return await self._database.ask(partial(every, city=self._city))

    async def ensure(self, shipped: Sequence[Manual], now: datetime) -> None:
        """The documents that came with the program. A changed one is a new version; others stay as they are.

        A decision that came with one is kept once: it was about the version that it first came with.
        """

        async def work(connection: AsyncConnection) -> None:
            city = self._profile
            await connection.execute(SAVE_CITY, {"key": city.key, "name": city.name})
            await connection.execute(LOCK, {"city": self._city})
            rows = await connection.execute(NEWEST_SHIPPED, {"city": self._city})
            known = {(row.kind, row.key): (row.version, _written(row.document)) for row in rows}
            for one in shipped:
                version, document = known.get((one.kind.value, one.key), (0, ""))
                if document != _written(one.document):
                    new = NewManual(one.kind, one.key, one.document, PROGRAM, SHIPPED)
                    version = await self._insert(connection, new, now, shipped=True)
                if one.decision is not None and not await self._is_kept(connection, one, one.decision):
                    await self._decide(connection, one.kind, one.key, version, one.decision)

        await self._database.ask(work)

    async def add(self, new: NewManual, now: datetime) -> Manual:
        async def work(connection: AsyncConnection) -> Manual:
            city = self._profile
            await connection.execute(SAVE_CITY, {"key": city.key, "name": city.name})
            await connection.execute(LOCK, {"city": self._city})
            version = await self._insert(connection, new, now, shipped=False)
            return Manual(
                self._city, new.kind, new.key, version, new.document, new.by, now, new.why, based_on=new.based_on
            )

        return await self._database.ask(work)

    async def decide(self, manual: Manual, decision: Decision) -> None:
        """The last decision about a version counts. StoreFault for an approval by who entered it."""
        await self._database.ask(
            partial(self._decide, kind=manual.kind, key=manual.key, version=manual.version, decision=decision)
        )

    async def _insert(self, connection: AsyncConnection, new: NewManual, now: datetime, *, shipped: bool) -> int:
        values = {
            **self._document(new.kind, new.key),
            "document": _written(new.document),
            "why": new.why,
            "based_on": new.based_on,
            "shipped": shipped,
            "by": new.by,
            "at": now,
        }
        version: int = (await connection.execute(ADD, values)).scalar_one()
        return version

    async def _decide(
        self, connection: AsyncConnection, kind: ManualKind, key: str, version: int, decision: Decision
    ) -> None:
        values = {
            **self._document(kind, key),
            "version": version,
            "state": decision.state.value,
            "valid_from": decision.valid_from,
            "valid_until": decision.valid_until,
            "reason": decision.reason,
            "by": decision.by,
            "at": decision.at,
        }
        if (await connection.execute(DECIDE, values)).first() is None:
            raise StoreFault(f"{self._city} has no version {version} of the {kind} {key}")

    async def _is_kept(self, connection: AsyncConnection, one: Manual, decision: Decision) -> bool:
        said = {"state": decision.state.value, "by": decision.by, "at": decision.at, "reason": decision.reason}
        found = await connection.execute(IS_KEPT, {**self._document(one.kind, one.key), **said})
        return bool(found.scalar_one())

    def _document(self, kind: ManualKind, key: str) -> dict[str, str]:
        return {"city": self._city, "kind": kind.value, "key": key}


class ManualWatch:
    """Keeps what there is. Asked as often as one likes: a small question while nothing has changed."""

    def __init__(self, stamp: Callable[[], Awaitable[Stamp]], read: Callable[[], Awaitable[Sequence[Manual]]]) -> None:
        self._stamp, self._read = stamp, read
        self._last: Stamp | None = None
        self._until: datetime | None = None
        self.manuals: Sequence[Manual] = ()

    async def changed(self, now: datetime) -> bool:
        """Something was entered or decided about, or its time has begun or ended."""
        last = await self._stamp()
        if last != self._last:
            self.manuals, self._last = await self._read(), last
        elif self._until is None or now < self._until:
            return False
        self._until = next_change(self.manuals, now)
        return True


async def stamp(connection: AsyncConnection, city: str) -> Stamp:
    row = (await connection.execute(STAMP, {"city": city})).one()
    return row.entered, row.decided


async def every(connection: AsyncConnection, city: str) -> list[Manual]:
    return [_manual(row) for row in await connection.execute(MANUALS, {"city": city})]


def _written(document: Document) -> str:
    """In its own order: that of steps is seen by people."""
    return json.dumps(document, ensure_ascii=False)


def _manual(row: Any) -> Manual:
    decision = row.state and Decision(
        VersionState(row.state), row.by, row.at, row.valid_from, row.valid_until, row.reason
    )
    return Manual(
        row.city,
        ManualKind(row.kind),
        row.key,
        row.version,
        row.document,
        row.entered_by,
        row.entered_at,
        row.why,
        row.based_on,
        decision or None,
    )
