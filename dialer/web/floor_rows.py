"""What the tables add to the floor: whose call it is, by ids and a masked number, and the day so far."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.city import City, Measure
from dialer.core.day_figures import midnight_before
from dialer.core.values import TOKYO
from dialer.store.day_operators import names_of
from dialer.store.figures import IS_DUE
from dialer.store.inbound_figures import answered_by_group, inbound_figures
from dialer.web.day_rows import operators_today

Rows = dict[str, dict[str, Any]]

CALLS = text("""
SELECT attempt.id, attempt.case_id, debt_kind.name AS debt, debt_kind.key AS debt_key, attempt.number
FROM attempt JOIN cases ON cases.id = attempt.case_id JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
WHERE attempt.id = ANY(CAST(:calls AS uuid[])) AND attempt.city = :city
UNION ALL
SELECT inbound_call.id, inbound_call.case_id, debt_kind.name, debt_kind.key, inbound_call.number
FROM inbound_call LEFT JOIN cases ON cases.id = inbound_call.case_id
LEFT JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
WHERE inbound_call.id = ANY(CAST(:calls AS uuid[])) AND inbound_call.city = :city
""")
CASES = text(f"""
SELECT debt_kind.key, count(*) FILTER (WHERE state = 'open') AS open,
       count(*) FILTER (WHERE {IS_DUE}) AS due,
       count(*) FILTER (WHERE state <> 'open') AS done
FROM cases JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
WHERE cases.city = :city AND round_first <= :today AND round_last >= :today
GROUP BY debt_kind.key
""")  # noqa: S608 - words of this program


async def calls_shown(connection: AsyncConnection, city: City, calls: Collection[str]) -> Rows:
    rows = await connection.execute(CALLS, {"city": city.key, "calls": list(calls)})
    return {
        str(row.id): {
            "case": row.case_id,
            "debt": row.debt,
            "case_group": city.group_of(row.debt_key),
            "number": masked(row.number),
        }
        for row in rows
    }


async def operators_shown(connection: AsyncConnection, city: City, logins: Collection[str], now: datetime) -> Rows:
    """Names, and the day so far of those who have one."""
    days, names = await operators_today(connection, city, now), await names_of(connection, list(logins))
    return {login: {**days.get(login, {}), "name": name} for login, name in names.items()}


async def answered_today(connection: AsyncConnection, city: City, now: datetime) -> dict[str, Any]:
    """Of who called today, in the hours; `target`: what the tender wants of the rate."""
    midnight = midnight_before(now)
    until = midnight + timedelta(days=1)
    found = await inbound_figures(connection, city.key, midnight, until)
    by_group = await answered_by_group(connection, city.key, midnight, until)
    return {
        "answered": found.answered,
        "total": found.total,
        "rate": found.answer_rate,
        "target": city.target_of(Measure.ANSWER_RATE, midnight.date()),
        "by_group": {group: {"answered": answered, "total": total} for group, (answered, total) in by_group.items()},
    }


async def cases_shown(connection: AsyncConnection, city: str, now: datetime) -> Rows:
    """Of the rounds that today lies in, by debt kind: still to be called, of these now, and over."""
    values = {"city": city, "now": now, "today": now.astimezone(TOKYO).date()}
    rows = await connection.execute(CASES, values)
    return {row.key: {"open": row.open, "due": row.due, "done": row.done} for row in rows}


def masked(number: str | None) -> str | None:
    """As much as says which network or which place it is of."""
    return None if number is None else number[:-4] + "****"
