"""What is stored of operators' days: what they ordered at their seats, and their talks with when the results came."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.orders import OK, OrderKind
from dialer.core.shifts import OF_ATTENDANCE, SeatOrder, Talked

ORDERS = text("""
SELECT phone, kind, by, at FROM desk_order
WHERE city = :city AND at >= :since AND at < :until AND kind = ANY(CAST(:kinds AS text[])) AND answer = :ok
ORDER BY id
""")
TALKS = text("""
WITH talked AS (
    SELECT id, account, joined_at, ended_at FROM attempt
    WHERE city = :city AND claimed_at >= :since AND claimed_at < :until AND outcome = 'talked' AND account IS NOT NULL
    UNION ALL
    SELECT id, account, joined_at, ended_at FROM inbound_call
    WHERE city = :city AND arrived_at >= :since AND arrived_at < :until AND outcome = 'talked' AND account IS NOT NULL
      AND NOT is_test
)
SELECT account, joined_at, ended_at, LEAST(
    (SELECT at FROM talk_record WHERE talk_record.call_id = talked.id AND talk_record.number = 1),
    (SELECT at FROM inquiry WHERE inquiry.call_id = talked.id AND inquiry.number = 1)) AS noted_at
FROM talked WHERE joined_at IS NOT NULL
""")
GOING_ON = text("""
SELECT account, since FROM operator
WHERE city = :city AND state = 'talking' AND account IS NOT NULL AND since >= :since AND since < :until
""")
"""A talk's moments are in its row only when it is over."""
NAMES = text("SELECT login, name FROM account WHERE login = ANY(CAST(:logins AS text[]))")


async def seat_orders(connection: AsyncConnection, city: str, since: datetime, until: datetime) -> Sequence[SeatOrder]:
    values = {"city": city, "since": since, "until": until, "kinds": [kind.value for kind in OF_ATTENDANCE], "ok": OK}
    rows = await connection.execute(ORDERS, values)
    return [SeatOrder(row.phone, OrderKind(row.kind), row.by, row.at) for row in rows]


async def talks_of_day(connection: AsyncConnection, city: str, since: datetime, until: datetime) -> Sequence[Talked]:
    """Those that are over, and those that go on."""
    of = {"city": city, "since": since, "until": until}
    over = [Talked(*row) for row in await connection.execute(TALKS, of)]
    return [*over, *(Talked(row.account, row.since, None) for row in await connection.execute(GOING_ON, of))]


async def names_of(connection: AsyncConnection, logins: Sequence[str]) -> dict[str, str]:
    return {row.login: row.name for row in await connection.execute(NAMES, {"logins": list(logins)})}
