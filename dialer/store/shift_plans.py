"""The plan of operators' shifts and breaks: a day's plan is replaced as a whole."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.shift_plan import PlannedTime, TimeKind
from dialer.store.json_text import json_text

ONE_AT_A_TIME = text("LOCK TABLE planned_time IN SHARE ROW EXCLUSIVE MODE")
FORGET = text("DELETE FROM planned_time WHERE city = :city AND day = ANY(CAST(:days AS date[]))")
ENTER = text("""
INSERT INTO planned_time (city, day, login, kind, begins, ends, by, entered_at)
SELECT :city, said.day, said.login, said.kind, said.begins, said.ends, :by, :at
FROM jsonb_to_recordset(CAST(:times AS jsonb)) AS said(day date, login text, kind text, begins time, ends time)
""")
PLANNED = text("""
SELECT day, login, kind, begins, ends FROM planned_time
WHERE city = :city AND day BETWEEN :first AND :last ORDER BY day, login, begins, kind
""")
WORKS_HERE = text("""
SELECT DISTINCT account.login FROM account JOIN account_grant ON account_grant.login = account.login
WHERE account_grant.city = :city AND account.left_at IS NULL AND account.login = ANY(:logins)
""")


async def planned(connection: AsyncConnection, city: str, first: date, last: date) -> Sequence[PlannedTime]:
    rows = await connection.execute(PLANNED, {"city": city, "first": first, "last": last})
    return [PlannedTime(row.day, row.login, TimeKind(row.kind), row.begins, row.ends) for row in rows]


async def unknown_logins(connection: AsyncConnection, city: str, logins: Collection[str]) -> list[str]:
    known = set((await connection.execute(WORKS_HERE, {"city": city, "logins": list(logins)})).scalars())
    return sorted(set(logins) - known)


async def replace_plan(
    connection: AsyncConnection, city: str, times: Sequence[PlannedTime], *, by: str, at: datetime
) -> None:
    """Of each day that is named."""
    await connection.execute(ONE_AT_A_TIME)
    await connection.execute(FORGET, {"city": city, "days": sorted({one.day for one in times})})
    told = json_text([asdict(one) for one in times])
    await connection.execute(ENTER, {"city": city, "by": by, "at": at, "times": told})
