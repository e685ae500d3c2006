"""Every open case planned anew, by its facts alone: at the start of a day, and when the rules have changed.

Many cases have the same facts (all those that were never called), so the planner is asked once for each kind. Written
in batches, so that nobody waits long for a row, and only where something has changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.decide import Rulebook
from dialer.core.plan.planning import Planner
from dialer.core.plan.values import Plan
from dialer.store.decisions import plan_columns
from dialer.store.json_text import json_text

DAY_SECONDS = 30.0  # of patience with one statement over very many cases
CASES_PER_WRITE = 5000

LONG_STATEMENT = text(f"SET LOCAL statement_timeout = '{DAY_SECONDS:.0f}s'")
OPEN_CASES = text("""
SELECT cases.id, debt_kind.key AS debt, cases.facts
FROM cases JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
WHERE cases.city = :city AND cases.state = 'open' AND NOT cases.stale
""")
WRITE = text("""
WITH said AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(CAST(:plans AS jsonb)) AS said(
        kind integer, facts text, number smallint, plan_kind text, due_at timestamptz, until_at timestamptz,
        slot text, priority smallint, plan_reason text, plan_clause text, held text)
), changed AS MATERIALIZED (
    SELECT cases.id, said.*, telephone.id AS phone_number_id
    FROM unnest(CAST(:cases AS bigint[]), CAST(:kinds AS integer[])) AS planned(id, kind)
    JOIN said ON said.kind = planned.kind
    JOIN cases ON cases.id = planned.id
    LEFT JOIN LATERAL (
        SELECT id FROM phone_number WHERE phone_number.person_id = cases.person_id
        ORDER BY position, id OFFSET said.number LIMIT 1
    ) AS telephone ON said.plan_kind IS NOT NULL
    WHERE cases.state = 'open' AND NOT cases.stale AND cases.facts = said.facts -- nothing has happened meanwhile
      AND (cases.plan_kind, cases.phone_number_id, cases.due_at, cases.until_at, cases.slot, cases.priority,
           cases.plan_reason, cases.plan_clause, cases.held)
          IS DISTINCT FROM
          (said.plan_kind, telephone.id, said.due_at, said.until_at, said.slot, said.priority, said.plan_reason,
           said.plan_clause, said.held)
    ORDER BY cases.id
    FOR NO KEY UPDATE OF cases
)
UPDATE cases
SET plan_kind = changed.plan_kind, phone_number_id = changed.phone_number_id, due_at = changed.due_at,
    until_at = changed.until_at, slot = changed.slot, priority = changed.priority, plan_reason = changed.plan_reason,
    plan_clause = changed.plan_clause, held = changed.held
FROM changed WHERE cases.id = changed.id
""")


@dataclass(frozen=True, slots=True)
class OpenCases:
    """Ids by what planning goes by: debt kind and facts."""

    by_kind: Mapping[tuple[str, str], Sequence[int]]

    @property
    def count(self) -> int:
        return sum(map(len, self.by_kind.values()))


@dataclass(frozen=True, slots=True)
class Batch:
    cases: Sequence[int]
    kinds: Sequence[int]
    plans: str  # the plans of these kinds, as JSON


async def open_cases(connection: AsyncConnection, city: str) -> OpenCases:
    await connection.execute(LONG_STATEMENT)
    by_kind: dict[tuple[str, str], list[int]] = {}
    for case, debt, facts in await connection.execute(OPEN_CASES, {"city": city}):
        by_kind.setdefault((debt, facts), []).append(case)
    return OpenCases(by_kind)


def planned(found: OpenCases, book: Rulebook, now: datetime) -> list[Batch]:
    """What is to be written, in the order of the cases. Takes a while: not for the engine's loop."""
    planner = Planner(book, now)
    plans: list[dict[str, object]] = []
    chosen: list[tuple[int, int]] = []
    for kind, ((debt, facts), cases) in enumerate(found.by_kind.items()):
        plan = planner.plan_of(facts, debt)
        number = plan.number if isinstance(plan, Plan) else None
        plans.append({"kind": kind, "facts": facts, "number": number, **plan_columns(plan, now)})
        chosen += [(case, kind) for case in cases]
    return [_batch(some, plans) for some in _some_of(sorted(chosen))]


async def write(connection: AsyncConnection, batch: Batch) -> int:
    """How many plans are not what they were."""
    await connection.execute(LONG_STATEMENT)
    values = {"plans": batch.plans, "cases": batch.cases, "kinds": batch.kinds}
    return (await connection.execute(WRITE, values)).rowcount


def _batch(chosen: Sequence[tuple[int, int]], plans: Sequence[dict[str, object]]) -> Batch:
    kinds = [kind for _, kind in chosen]
    return Batch([case for case, _ in chosen], kinds, json_text([plans[kind] for kind in sorted(set(kinds))]))


def _some_of(chosen: Sequence[tuple[int, int]]) -> Iterator[Sequence[tuple[int, int]]]:
    for place in range(0, len(chosen), CASES_PER_WRITE):
        yield chosen[place : place + CASES_PER_WRITE]
