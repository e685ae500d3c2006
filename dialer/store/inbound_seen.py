"""Calls that came in, one by one, as the tables have them: for the bench, which holds them against what was heard."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.values import CallId

SEEN = text("""
SELECT id, number, arrived_at, waits_at, joined_at, ended_at, route, outcome, evidence -> 'joined_after_ms' AS after_ms
FROM inbound_call WHERE city = :city AND arrived_at >= :since ORDER BY arrived_at, id
""")


@dataclass(frozen=True, slots=True)
class InboundSeen:
    call: CallId
    arrived_at: datetime
    waits_at: datetime | None
    joined_at: datetime | None
    ended_at: datetime | None
    route: str
    outcome: str | None
    joined_after_ms: int | None  # from a free operator to one bridge
    number: str | None = field(default=None, repr=False)


async def inbound_seen(connection: AsyncConnection, city: str, since: datetime) -> Sequence[InboundSeen]:
    return [
        InboundSeen(
            CallId(str(row.id)),
            row.arrived_at,
            row.waits_at,
            row.joined_at,
            row.ended_at,
            row.route,
            row.outcome,
            row.after_ms,
            row.number,
        )
        for row in await connection.execute(SEEN, {"city": city, "since": since})
    ]
