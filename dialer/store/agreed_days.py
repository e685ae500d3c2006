"""Agreed changes of a city's calendar: appended, never overwritten (C-027)."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.calendar.rules import Change, ChangeKind
from dialer.core.calendar.values import Hours
from dialer.core.values import TOKYO

CHANGES = text("SELECT * FROM calendar_change WHERE city = :city ORDER BY decided_at, id")
ADD = text("""
INSERT INTO calendar_change (city, day, kind, pattern, calls_opens, calls_closes, inbound_opens, inbound_closes,
                             debts, exchanged_for, reason, clause, by, decided_at)
VALUES (:city, :day, :kind, :pattern, :calls_opens, :calls_closes, :inbound_opens, :inbound_closes,
        :debts, :exchanged_for, :reason, :clause, :by, :decided_at)
""")
LOCK = text("SELECT 1 FROM city WHERE key = :city FOR UPDATE")
COUNT = text("SELECT count(*) FROM calendar_change WHERE city = :city")
PLANNED = text("""
SELECT count(*) FROM cases JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
WHERE cases.city = :city AND state = 'open' AND due_at >= :first AND due_at < :last
      AND (cardinality(CAST(:debts AS text[])) = 0 OR debt_kind.key = ANY(CAST(:debts AS text[])))
""")


async def changes(connection: AsyncConnection, city: str) -> Sequence[Change]:
    """In the order in which they were agreed."""
    return [_change(row) for row in await connection.execute(CHANGES, {"city": city})]


async def add(connection: AsyncConnection, city: str, change: Change) -> None:
    calls, inbound = change.calls, change.inbound
    values = {
        "city": city,
        "day": change.day,
        "kind": change.kind.value,
        "pattern": change.pattern,
        "calls_opens": calls and calls.opens,
        "calls_closes": calls and calls.closes,
        "inbound_opens": inbound and inbound.opens,
        "inbound_closes": inbound and inbound.closes,
        "debts": list(change.debts),
        "exchanged_for": change.exchanged_for,
        "reason": change.reason,
        "clause": change.clause or None,
        "by": change.by,
        "decided_at": change.decided_at,
    }
    await connection.execute(ADD, values)


async def add_after(connection: AsyncConnection, city: str, agreed: Sequence[Change], seen: int) -> bool:
    """All of them or none. False: somebody has entered others since there were `seen` of them."""
    await connection.execute(LOCK, {"city": city})
    if (await connection.execute(COUNT, {"city": city})).scalar_one() != seen:
        return False
    for change in agreed:
        await add(connection, city, change)
    return True


async def planned(connection: AsyncConnection, city: str, day: date, debts: Sequence[str]) -> int:
    """Cases whose next call is planned for this day, of these debt kinds or of all."""
    first = datetime.combine(day, time(), TOKYO)
    values = {"city": city, "first": first, "last": first + timedelta(days=1), "debts": list(debts)}
    return int((await connection.execute(PLANNED, values)).scalar_one())


def _change(row: Any) -> Change:
    return Change(
        row.day,
        ChangeKind(row.kind),
        row.reason,
        row.by,
        row.decided_at,
        row.pattern,
        _hours(row.calls_opens, row.calls_closes),
        _hours(row.inbound_opens, row.inbound_closes),
        tuple(row.debts),
        row.exchanged_for,
        row.clause or "",
    )


def _hours(opens: time | None, closes: time | None) -> Hours | None:
    return None if opens is None or closes is None else Hours(opens, closes)
