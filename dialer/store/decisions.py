"""Decisions into the tables: state, reason and plan of the cases to which something happened."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.decide import Decision, Rulebook, decide
from dialer.core.plan.values import Held, Plan
from dialer.core.values import CaseId, CaseState
from dialer.store.json_text import json_text
from dialer.store.known import Loaded, load

log = structlog.get_logger()

FEW = 8  # so many are decided at once without a thread of their own
CASES_PER_BATCH = 500
LOOK_AGAIN_AFTER = timedelta(minutes=1)  # at the earliest: a hold is not looked at in every second

LOCK = text("SELECT id FROM cases WHERE id = ANY(:cases) ORDER BY id FOR NO KEY UPDATE")
"""Always in the order of their ids: nobody waits in a circle. Before reading, so that what others wrote is seen."""

TO_DECIDE = text("""
WITH wanted AS (
    (SELECT id FROM cases WHERE city = :city AND stale ORDER BY id LIMIT :limit)
    UNION
    (SELECT id FROM cases
     WHERE city = :city AND state = 'open' AND COALESCE(until_at, due_at) <= :now
     ORDER BY COALESCE(until_at, due_at) LIMIT :limit)
)
SELECT id FROM cases
WHERE id IN (SELECT id FROM wanted) AND (stale OR (state = 'open' AND COALESCE(until_at, due_at) <= :now))
ORDER BY id LIMIT :limit
FOR NO KEY UPDATE SKIP LOCKED
""")
"""A hold has no end, so the coalesced moment is when to look at it again."""

WRITE = text("""
UPDATE cases
SET state = said.state, reason = said.reason, clause = said.clause, contacted = said.contacted,
    sms_candidate = said.sms_candidate, facts = said.facts, stale = false,
    plan_kind = said.plan_kind, phone_number_id = said.phone_number_id, due_at = said.due_at, until_at = said.until_at,
    slot = said.slot, priority = said.priority, plan_reason = said.plan_reason, plan_clause = said.plan_clause,
    held = said.held
FROM jsonb_to_recordset(CAST(:decided AS jsonb)) AS said(
    id bigint, state text, reason text, clause text, contacted boolean, sms_candidate boolean, facts text,
    plan_kind text, phone_number_id bigint, due_at timestamptz, until_at timestamptz, slot text, priority smallint,
    plan_reason text, plan_clause text, held text)
WHERE cases.id = said.id
""")
MARK = text("UPDATE cases SET stale = true WHERE id = ANY(:cases) AND NOT stale")
TELL_HANDED_OVER = text("""
INSERT INTO outbox (city, case_id, kind, payload)
SELECT cases.city, cases.id, 'case_decided', said.payload
FROM jsonb_to_recordset(CAST(:told AS jsonb)) AS said(id bigint, payload jsonb)
JOIN cases ON cases.id = said.id
ORDER BY cases.id
""")


async def decide_cases(connection: AsyncConnection, cases: Collection[int], book: Rulebook, now: datetime) -> int:
    """Of cases that are locked: what their histories come to, written down. Returns how many could be decided."""
    loaded = await load(connection, cases, book.city.rules)
    if len(loaded) <= FEW:
        decided = _decided(loaded, book, now)
    else:  # beside the engine's loop
        decided = await asyncio.to_thread(partial(_decided, loaded, book, now))
    if decided:
        rows = [_row(one, decision, now) for one, decision in decided]
        await connection.execute(WRITE, {"decided": json_text(rows)})
        await _tell(connection, decided)
    if undecided := {one.case for one in loaded} - {one.case for one, _ in decided}:
        await connection.execute(MARK, {"cases": list(undecided)})
    return len(decided)


async def decide_some(connection: AsyncConnection, city: str, book: Rulebook, now: datetime) -> int:
    """Cases to which something happened, plans that have run out and holds that want to be looked at: a batch."""
    wanted = {"city": city, "now": now, "limit": CASES_PER_BATCH}
    cases = (await connection.execute(TO_DECIDE, wanted)).scalars().all()
    return await decide_cases(connection, cases, book, now)


async def lock(connection: AsyncConnection, cases: Iterable[int]) -> None:
    await connection.execute(LOCK, {"cases": sorted(cases)})


async def mark(connection: AsyncConnection, cases: Collection[int]) -> None:
    """To be decided anew by whoever leads, within a second."""
    await lock(connection, cases)
    await connection.execute(MARK, {"cases": list(cases)})


def _decided(loaded: Sequence[Loaded], book: Rulebook, now: datetime) -> list[tuple[Loaded, Decision]]:
    """A case that cannot be decided must not hold up the others; it stays marked and is not called."""
    decided: list[tuple[Loaded, Decision]] = []
    for one in loaded:
        try:
            decided.append((one, decide(one.known, book, max(now, one.latest or now))))
        except Exception:
            log.exception("case could not be decided", case_id=one.case)
    return decided


def _row(one: Loaded, decision: Decision, now: datetime) -> dict[str, object]:
    standing = decision.standing
    return {
        "id": one.case,
        "state": standing.state,
        "reason": standing.reason,
        "clause": standing.clause,
        "contacted": standing.contacted,
        "sms_candidate": standing.sms_candidate,
        "facts": decision.facts,
        **plan_columns(decision.plan or decision.held, now),
        "phone_number_id": None if decision.plan is None else one.phone_numbers[decision.plan.number],
    }


def plan_columns(plan: Plan | Held | None, now: datetime) -> dict[str, object]:
    """All but the number's id."""
    match plan:
        case Plan():
            return {
                "plan_kind": plan.kind,
                "due_at": plan.not_before,
                "until_at": plan.not_after,
                "slot": str(plan.slot),
                "priority": plan.priority.rank,
                "plan_reason": plan.reason,
                "plan_clause": plan.clause,
            }
        case Held():
            again = plan.look_again_at
            return {
                "held": plan.why,
                "due_at": None if again is None else max(again, now + LOOK_AGAIN_AFTER),
                "plan_reason": plan.reason,
                "plan_clause": plan.clause,
            }
        case None:
            return {}


async def _tell(connection: AsyncConnection, decided: Sequence[tuple[Loaded, Decision]]) -> None:
    """The city must hear of what is handed over to it."""
    told = [
        {"id": one.case, "payload": _handed_over(one.case, decision)}
        for one, decision in decided
        if decision.standing.state is CaseState.ESCALATED and one.state is not CaseState.ESCALATED
    ]
    if told:
        await connection.execute(TELL_HANDED_OVER, {"told": json_text(told)})


def _handed_over(case: CaseId, decision: Decision) -> dict[str, object]:
    return {"case": case, "state": decision.standing.state, "clause": decision.standing.clause}
