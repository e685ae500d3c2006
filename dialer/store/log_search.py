"""Looking into the two logs: by person, function, case and time, the newest first, a page at a time."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.unusual import Used
from dialer.store.staff_grants import GRANTS_IN_FORCE

PAGE = 50

OPERATIONS = """
SELECT operation.seq AS place, operation.at, operation.by, account.name, operation.function, operation.what,
       operation.ids, operation.count, operation.took_ms, operation.detail, staff_session.address
FROM operation LEFT JOIN account ON account.login = operation.by
     LEFT JOIN staff_session ON staff_session.id = operation.session_id
WHERE operation.city = :city AND operation.at >= :since AND operation.at < :until{more}
ORDER BY operation.seq DESC LIMIT :limit
"""
# whoever works for the city, and what was typed by nobody known
OF_THE_CITY = """
(sign_in_event.login IS NULL OR sign_in_event.login IN (SELECT login FROM account_grant WHERE city = :city))
"""
SIGN_INS = f"""
SELECT sign_in_event.seq AS place, sign_in_event.at, sign_in_event.login AS by, account.name, sign_in_event.kind,
       sign_in_event.reason, sign_in_event.took_ms, sign_in_event.address
FROM sign_in_event LEFT JOIN account ON account.login = sign_in_event.login
WHERE {OF_THE_CITY} AND sign_in_event.at >= :since AND sign_in_event.at < :until{{more}}
ORDER BY sign_in_event.seq DESC LIMIT :limit
"""  # noqa: S608 - made of constants
USED = text("""
SELECT by, date_bin('15 minutes', at, 'epoch') AS minutes, count(*) AS uses,
       COALESCE(sum(count) FILTER (WHERE function IN ('view', 'search') AND what = 'case'), 0) AS views,
       count(*) FILTER (WHERE function = 'refuse') AS refused
FROM operation WHERE city = :city AND at >= :since AND at < :until GROUP BY by, minutes
""")
TRIED = text(f"""
SELECT COALESCE(login, address) AS by, date_bin('15 minutes', at, 'epoch') AS minutes, count(*) AS tries
FROM sign_in_event WHERE kind IN ('refused', 'unlock_refused', 'password_refused') AND {OF_THE_CITY}
    AND at >= :since AND at < :until GROUP BY 1, minutes
""")  # noqa: S608
PEOPLE = text(f"""
SELECT DISTINCT account.login, account.name FROM ({GRANTS_IN_FORCE}) AS last JOIN account USING (login)
WHERE city = :city ORDER BY login
""")  # noqa: S608


@dataclass(frozen=True, slots=True)
class LogQuestion:
    city: str
    since: datetime
    until: datetime
    by: str | None = None
    function: str | None = None  # of sign-ins: the kind
    case: str | None = None
    before: int | None = None  # a place: the page after it


@dataclass(frozen=True, slots=True)
class LogPage:
    rows: tuple[Any, ...]
    more: bool


async def operations(connection: AsyncConnection, question: LogQuestion) -> LogPage:
    wanted = {
        "operation.by = :by": question.by,
        "operation.function = :function": question.function,
        "operation.ids @> ARRAY[CAST(:case AS text)] AND operation.what = 'case'": question.case,
        "operation.seq < :before": question.before,
    }
    return await _page(connection, OPERATIONS, wanted, question)


async def sign_ins(connection: AsyncConnection, question: LogQuestion) -> LogPage:
    wanted = {
        "sign_in_event.login = :by": question.by,
        "sign_in_event.kind = :function": question.function,
        "sign_in_event.seq < :before": question.before,
    }
    return await _page(connection, SIGN_INS, wanted, question)


async def _page(
    connection: AsyncConnection, question: str, wanted: dict[str, str | int | None], values: LogQuestion
) -> LogPage:
    more = "".join(f" AND {condition}" for condition, value in wanted.items() if value is not None)
    given = {name: value for name, value in asdict(values).items() if value is not None}
    found = (await connection.execute(text(question.format(more=more)), {**given, "limit": PAGE + 1})).all()
    return LogPage(tuple(found[:PAGE]), len(found) > PAGE)


async def used(connection: AsyncConnection, city: str, since: datetime, until: datetime) -> list[Used]:
    """Who did how much, in quarters of an hour."""
    when = {"city": city, "since": since, "until": until}
    done = [
        Used(row.by, row.minutes, row.uses, int(row.views), row.refused) for row in await connection.execute(USED, when)
    ]
    return done + [Used(row.by, row.minutes, tries=row.tries) for row in await connection.execute(TRIED, when)]


async def people(connection: AsyncConnection, city: str) -> Sequence[tuple[str, str]]:
    """Login and name of everybody who ever had a right in the city."""
    return [(row.login, row.name) for row in await connection.execute(PEOPLE, {"city": city})]
