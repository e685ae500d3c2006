"""Who answered us and met no operator. No claim finds their cases: an operator is kept for the next call first.

It holds for the person, the household and whoever has the number that was dialled, for nobody knows who of them
answered; and until somebody has talked to one of them, whoever began that call.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.owed import OwedCall
from dialer.core.plan.values import Priority
from dialer.core.rules.completion import CompletionRules
from dialer.core.values import AttemptId, CaseId, Outcome
from dialer.store.claims import DUE, ON_THE_LINE, claim_values

THEIRS = """
WITH called AS (
    SELECT id, city, number, claimed_at AS at FROM attempt WHERE id = ANY(CAST(:calls AS uuid[]))
    UNION ALL
    SELECT id, city, number, arrived_at FROM inbound_call WHERE id = ANY(CAST(:calls AS uuid[]))
), whose AS (
    SELECT called.id, called.at, cases.person_id
    FROM called JOIN call_case ON call_case.call_id = called.id JOIN cases ON cases.id = call_case.case_id
), theirs AS (
    SELECT id, at, person_id FROM whose
    UNION
    SELECT whose.id, whose.at, other.id
    FROM whose
    JOIN person ON person.id = whose.person_id
    JOIN person AS other ON other.city = person.city AND other.household = person.household
    UNION
    SELECT called.id, called.at, phone_number.person_id
    FROM called JOIN phone_number ON phone_number.city = called.city AND phone_number.number = called.number
)
"""
"""Of some calls in either direction: everybody who may have answered, or called."""

LEFT = text(f"""
{THEIRS}
INSERT INTO left_alone (person_id, city, call_id, at)
SELECT DISTINCT ON (theirs.person_id) theirs.person_id, called.city, theirs.id, theirs.at
FROM theirs JOIN called ON called.id = theirs.id
ORDER BY theirs.person_id, theirs.at DESC
ON CONFLICT (person_id) DO UPDATE SET call_id = EXCLUDED.call_id, at = EXCLUDED.at WHERE left_alone.at < EXCLUDED.at
RETURNING person_id
""")  # noqa: S608 (words of this program)
TALKED = text(f"""
{THEIRS}
DELETE FROM left_alone USING theirs
WHERE left_alone.person_id = theirs.person_id AND left_alone.at <= theirs.at
RETURNING left_alone.person_id
""")  # noqa: S608
OPEN_CASES = text("SELECT id FROM cases WHERE person_id = ANY(:persons) AND state = 'open'")

OWED = text(
    """
WITH {ON_THE_LINE}
SELECT found.id, found.phone_number_id, found.debt, found.due_at, found.household
FROM unnest(CAST(:ranks AS smallint[])) AS rank
CROSS JOIN LATERAL (
    {DUE}
      AND cases.id = ANY(ARRAY(
          SELECT theirs.id FROM left_alone JOIN cases AS theirs ON theirs.person_id = left_alone.person_id
          WHERE left_alone.city = :city AND theirs.state = 'open'))
) AS found
ORDER BY found.due_at, found.id
""".replace("{DUE}", DUE).replace("{ON_THE_LINE}", ON_THE_LINE)
)


async def noted(connection: AsyncConnection, ended: Mapping[AttemptId, Outcome]) -> list[int]:
    """Of attempts that have just ended. Returns the persons to whose cases that makes a difference."""
    alone = [attempt for attempt, outcome in ended.items() if outcome is Outcome.ABANDONED]
    found = list((await connection.execute(LEFT, {"calls": alone})).scalars()) if alone else []
    return found + await talked_to(
        connection, [attempt for attempt, outcome in ended.items() if outcome is Outcome.TALKED]
    )


async def talked_to(connection: AsyncConnection, calls: Collection[str]) -> list[int]:
    if not calls:
        return []
    return list((await connection.execute(TALKED, {"calls": list(calls)})).scalars())


async def open_cases(connection: AsyncConnection, persons: Collection[int]) -> set[int]:
    if not persons:
        return set()
    return set((await connection.execute(OPEN_CASES, {"persons": list(persons)})).scalars())


async def owed_calls(
    connection: AsyncConnection, city: str, until: datetime, debts: Collection[str], *, rules: CompletionRules
) -> Sequence[OwedCall]:
    values = claim_values(city, 0, until, debts, 0, rules)
    values["ranks"] = [priority.rank for priority in Priority]
    by_household: dict[str, OwedCall] = {}
    for row in await connection.execute(OWED, values):
        by_household.setdefault(row.household, OwedCall(CaseId(row.id), row.phone_number_id, row.debt, row.due_at))
    return list(by_household.values())
