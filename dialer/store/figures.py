"""What screens, reports and the comparison of the three sources ask. Reads only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.plan.values import HeldBecause
from dialer.core.reconcile import AttemptSeen
from dialer.core.values import AttemptId, CallId, CaseId, CaseState, OperatorState, Outcome, PhoneNumber
from dialer.ports import Recorded
from dialer.recorder import Recording
from dialer.store.queries import HISTORY

ATTEMPTS = text("""
SELECT id, number, claimed_at, outcome, answered_at IS NOT NULL AS answered, joined_at IS NOT NULL AS joined,
       CAST(evidence ->> 'sip_code' AS integer) AS sip_code
FROM attempt WHERE city = :city AND claimed_at >= :since ORDER BY claimed_at, id
""")
TRANSFERS_ORDERED = text("""
SELECT call_id, at, kind, detail FROM call_event
WHERE city = :city AND kind = 'transfer_ordered' AND at >= :since ORDER BY id
""")
OUTCOMES = text("""
SELECT outcome, count(*) AS found
FROM attempt WHERE city = :city AND claimed_at >= :since AND outcome IS NOT NULL GROUP BY outcome
""")
CASES = text("""
SELECT state, count(*) AS found, count(held) AS held FROM cases WHERE city = :city GROUP BY state
""")
IS_DUE = "state = 'open' AND held IS NULL AND NOT stale AND due_at <= :now AND until_at > :now"
"""Of a case: it may be called now."""

DUE = text(f"SELECT count(*) FROM cases WHERE city = :city AND {IS_DUE}")  # noqa: S608 - words of this program
HELD = text("""
SELECT id, held, plan_reason FROM cases WHERE city = :city AND state = 'open' AND held IS NOT NULL ORDER BY id
""")
OPERATOR_STATES = text("SELECT state, count(*) AS found FROM operator WHERE city = :city GROUP BY state")
RECORDING = text("SELECT file, seconds, bytes, key_id FROM recording WHERE call_id = :attempt AND deleted_at IS NULL")
ATTEMPT = text("SELECT * FROM attempt WHERE id = :attempt")


@dataclass(frozen=True, slots=True)
class CaseCounts:
    by_state: Mapping[CaseState, int]
    held: int  # of the open ones: nobody can be called for them

    @property
    def total(self) -> int:
        return sum(self.by_state.values())


@dataclass(frozen=True, slots=True)
class HeldCase:
    case: CaseId
    why: HeldBecause
    reason: str


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """All there is about one attempt, for whoever must explain it."""

    attempt: AttemptId
    case: CaseId
    number: PhoneNumber
    caller_id: PhoneNumber
    operator: str | None
    moments: Mapping[str, datetime]  # claimed_at, placed_at … ended_at, those that came
    outcome: Outcome | None
    reason: str | None
    ended_by: str | None
    evidence: Mapping[str, str | int | float | bool | None]
    events: tuple[Recorded, ...]


async def attempts_seen(connection: AsyncConnection, city: str, since: datetime) -> list[AttemptSeen]:
    rows = await connection.execute(ATTEMPTS, {"city": city, "since": since})
    return [
        AttemptSeen(
            AttemptId(str(row.id)),
            PhoneNumber(row.number),
            row.claimed_at,
            Outcome(row.outcome) if row.outcome else None,
            row.answered,
            row.joined,
            row.sip_code,
        )
        for row in rows
    ]


async def transfers_ordered(connection: AsyncConnection, city: str, since: datetime) -> list[Recorded]:
    """To departments, of calls in both directions."""
    rows = await connection.execute(TRANSFERS_ORDERED, {"city": city, "since": since})
    return [Recorded(CallId(str(row.call_id)), row.at, row.kind, row.detail) for row in rows]


async def outcome_counts(connection: AsyncConnection, city: str, since: datetime) -> dict[Outcome, int]:
    rows = await connection.execute(OUTCOMES, {"city": city, "since": since})
    found = {Outcome(row.outcome): row.found for row in rows}
    return {outcome: found[outcome] for outcome in Outcome if outcome in found}


async def case_counts(connection: AsyncConnection, city: str) -> CaseCounts:
    rows = {row.state: row for row in await connection.execute(CASES, {"city": city})}
    by_state = {state: rows[state].found if state in rows else 0 for state in CaseState}
    return CaseCounts(by_state, rows[CaseState.OPEN].held if CaseState.OPEN in rows else 0)


async def cases_due(connection: AsyncConnection, city: str, now: datetime) -> int:
    """Waiting to be called, or being called at this moment."""
    return int((await connection.execute(DUE, {"city": city, "now": now})).scalar_one())


async def held_cases(connection: AsyncConnection, city: str) -> list[HeldCase]:
    rows = await connection.execute(HELD, {"city": city})
    return [HeldCase(CaseId(row.id), HeldBecause(row.held), row.plan_reason) for row in rows]


async def operator_states(connection: AsyncConnection, city: str) -> dict[OperatorState, int]:
    found = {row.state: row.found for row in await connection.execute(OPERATOR_STATES, {"city": city})}
    return {state: found.get(state, 0) for state in OperatorState}


async def recording(connection: AsyncConnection, attempt: AttemptId) -> Recording | None:
    row = (await connection.execute(RECORDING, {"attempt": attempt})).one_or_none()
    return None if row is None else Recording(attempt, row.file, float(row.seconds), row.bytes or 0, row.key_id)


async def evidence(connection: AsyncConnection, attempt: AttemptId) -> AttemptRecord | None:
    try:
        UUID(attempt)
    except ValueError:
        return None
    row = (await connection.execute(ATTEMPT, {"attempt": attempt})).one_or_none()
    if row is None:
        return None
    history = await connection.execute(HISTORY, {"attempts": [attempt]})
    names = ("claimed_at", "placed_at", "ringing_at", "answered_at", "joined_at", "ended_at")
    moments = {name: getattr(row, name) for name in names}
    return AttemptRecord(
        attempt=attempt,
        case=CaseId(row.case_id),
        number=PhoneNumber(row.number),
        caller_id=PhoneNumber(row.caller_id),
        operator=row.operator,
        moments={name: moment for name, moment in moments.items() if moment is not None},
        outcome=Outcome(row.outcome) if row.outcome else None,
        reason=row.reason,
        ended_by=row.ended_by,
        evidence=row.evidence or {},
        events=tuple(Recorded(attempt, one.at, one.kind, one.detail) for one in history),
    )
