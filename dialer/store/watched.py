"""What the warnings ask of the tables: short questions over the last minutes, and no further than it matters."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.city import City
from dialer.core.values import Outcome
from dialer.core.warning_values import Answered, ListLeft, TrunkFigures
from dialer.store.figures import IS_DUE
from dialer.store.inbound_figures import inbound_figures

REFUSALS = (Outcome.NETWORK_ERROR, Outcome.BARRED)
NOT_OF_THE_NETWORK = (Outcome.NOT_PLACED, Outcome.WITHDRAWN)
LONGEST_CALL = timedelta(minutes=15)
MOST_DUE = 2000  # more is plenty
PACE_MINUTES = 15.0

TRUNK = text("""
SELECT count(*) FILTER (WHERE outcome = ANY(CAST(:refusals AS text[]))) AS refused, count(*) AS ended
FROM attempt
WHERE city = :city AND claimed_at >= :begins AND ended_at >= :since AND outcome <> ALL(CAST(:besides AS text[]))
""")
LISTS = text(f"""
SELECT debt_kind.key, debt_kind.name, (
    SELECT count(*) FROM (
        SELECT FROM cases
        WHERE cases.city = :city AND cases.debt_kind_id = debt_kind.id AND {IS_DUE}
        LIMIT :most) AS due) AS due
FROM debt_kind WHERE city = :city AND key = ANY(CAST(:debts AS text[]))
""")  # noqa: S608 - words of this program
PACE = text("""
SELECT debt_kind.key, count(*) AS calls
FROM attempt JOIN cases ON cases.id = attempt.case_id JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
WHERE attempt.city = :city AND attempt.claimed_at >= :since
GROUP BY debt_kind.key
""")
OUTCOMES = text("""
SELECT outcome, count(*) AS calls FROM attempt
WHERE city = :city AND claimed_at >= :since AND outcome IS NOT NULL
GROUP BY outcome
""")


async def answered_between(connection: AsyncConnection, city: str, since: datetime, until: datetime) -> Answered:
    found = await inbound_figures(connection, city, since, until)
    return Answered(found.answered, found.total)


async def trunk_figures(connection: AsyncConnection, city: str, since: datetime) -> TrunkFigures:
    """Of calls that have ended since then: how many the network would not take."""
    values = {"city": city, "since": since, "begins": since - LONGEST_CALL}
    words = {"refusals": list(REFUSALS), "besides": list(NOT_OF_THE_NETWORK)}
    row = (await connection.execute(TRUNK, {**values, **words})).one()
    return TrunkFigures(row.refused, row.ended)


async def lists_left(
    connection: AsyncConnection, city: City, debts: Collection[str], now: datetime
) -> Sequence[ListLeft]:
    """Of these debt kinds."""
    since = now - timedelta(minutes=PACE_MINUTES)
    paces = {row.key: row.calls for row in await connection.execute(PACE, {"city": city.key, "since": since})}
    of = {"city": city.key, "now": now, "debts": list(debts), "most": MOST_DUE}
    rows = await connection.execute(LISTS, of)
    return [ListLeft(row.key, row.name, row.due, paces.get(row.key, 0) / PACE_MINUTES) for row in rows]


async def outcomes_since(connection: AsyncConnection, city: str, since: datetime) -> Mapping[Outcome, int]:
    rows = await connection.execute(OUTCOMES, {"city": city, "since": since})
    return {Outcome(row.outcome): row.calls for row in rows}
