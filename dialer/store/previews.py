"""Which cases an operator is shown next: those that a claim would take, none of them taken."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.floor import DueCase
from dialer.core.plan.values import Priority
from dialer.core.rules.completion import CompletionRules
from dialer.core.values import CaseId
from dialer.store.claims import CANDIDATES_PER_CLAIM, DUE, ON_THE_LINE, claim_values

SKIPPED_FOR = timedelta(minutes=10)

OFFER = """
WITH {ON_THE_LINE}
SELECT found.id, found.debt, found.household
FROM unnest(CAST(:ranks AS smallint[])) AS rank
CROSS JOIN LATERAL (
    {DUE}
      AND NOT EXISTS ( -- offered to somebody else, or somebody of the same household is
          SELECT FROM cases AS offered JOIN person AS other ON other.id = offered.person_id
          WHERE offered.id = ANY(CAST(:besides AS bigint[]))
            AND COALESCE(other.household, 'p' || other.id) = COALESCE(person.household, 'p' || person.id))
      AND NOT EXISTS (
          SELECT FROM desk_order
          WHERE desk_order.city = :city AND desk_order.kind = 'skip' AND desk_order.at > :skipped_since
            AND CAST(desk_order.detail ->> 'case' AS bigint) = cases.id)
    ORDER BY cases.due_at, cases.id
    LIMIT :candidates
) AS found
ORDER BY found.priority, found.due_at, found.id
LIMIT :candidates
""".replace("{DUE}", DUE).replace("{ON_THE_LINE}", ON_THE_LINE)


async def due_cases(
    connection: AsyncConnection,
    city: str,
    limit: int,
    now: datetime,
    debts: Collection[str],
    besides: Collection[CaseId],
    *,
    rules: CompletionRules,
) -> list[DueCase]:
    values = claim_values(city, limit, now, debts, 0, rules)
    values |= {"ranks": [priority.rank for priority in Priority], "besides": list(besides)}
    values |= {"skipped_since": now - SKIPPED_FOR, "candidates": limit * CANDIDATES_PER_CLAIM}
    by_household: dict[str, DueCase] = {}
    for row in await connection.execute(text(OFFER), values):
        by_household.setdefault(row.household, DueCase(CaseId(row.id), row.debt))
    return list(by_household.values())[:limit]
