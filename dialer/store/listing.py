"""Lists of cases for `dialer cases`: ids and words only, no names and no telephone numbers."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.plan.values import HeldBecause, PlanKind
from dialer.core.values import CaseId, CaseState

CASES = text("""
SELECT cases.id, debt_kind.key AS debt, cases.state, cases.reason, cases.clause, cases.contacted, cases.sms_candidate,
       cases.stale, cases.plan_kind, cases.due_at, cases.until_at, cases.slot, cases.held, cases.plan_reason,
       cases.plan_clause
FROM cases JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
WHERE cases.city = :city AND cases.id > :after
  AND (CAST(:state AS text) IS NULL OR cases.state = :state)
  AND (CAST(:debt AS text) IS NULL OR debt_kind.key = :debt)
  AND (CAST(:held AS text) IS NULL OR cases.held = :held)
  AND (CAST(:sms_candidate AS boolean) IS NULL OR cases.sms_candidate = :sms_candidate)
ORDER BY cases.id LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """None: whatever it is."""

    state: CaseState | None = None
    debt: str | None = None
    held: HeldBecause | None = None
    sms_candidate: bool | None = None
    after: int = 0  # for the next page: the last id of this one
    limit: int = 100


EVERY_CASE = CaseFilter()


@dataclass(frozen=True, slots=True)
class CaseLine:
    case: CaseId
    debt: str
    state: CaseState
    reason: str
    clause: str | None
    contacted: bool
    sms_candidate: bool
    stale: bool  # something has happened that is not decided yet
    kind: PlanKind | None
    not_before: datetime | None  # of a hold: when it is looked at again
    not_after: datetime | None
    slot: str | None
    held: HeldBecause | None
    plan_reason: str | None
    plan_clause: str | None


async def cases(connection: AsyncConnection, city: str, only: CaseFilter) -> list[CaseLine]:
    values = {
        "city": city,
        "state": only.state and only.state.value,
        "debt": only.debt,
        "held": only.held and only.held.value,
        "sms_candidate": only.sms_candidate,
        "after": only.after,
        "limit": only.limit,
    }
    return [
        CaseLine(
            CaseId(row.id),
            row.debt,
            CaseState(row.state),
            row.reason,
            row.clause,
            row.contacted,
            row.sms_candidate,
            row.stale,
            PlanKind(row.plan_kind) if row.plan_kind else None,
            row.due_at,
            row.until_at,
            row.slot,
            HeldBecause(row.held) if row.held else None,
            row.plan_reason,
            row.plan_clause,
        )
        for row in await connection.execute(CASES, values)
    ]
