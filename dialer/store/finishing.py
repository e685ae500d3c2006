"""The end of attempts: outcome, dead numbers, what follows for every case concerned, and the message to other systems.

All of it in one transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.decide import Rulebook
from dialer.core.rules.completion import Effect
from dialer.core.values import AttemptId, Outcome
from dialer.ports import Ended
from dialer.store.claims import effects
from dialer.store.decisions import decide_cases, lock
from dialer.store.json_text import json_text
from dialer.store.left_alone import noted, open_cases

NOT_PLACED_AGAIN_AFTER = timedelta(seconds=10)

FINISH = text("""
UPDATE attempt
SET outcome = said.outcome, reason = said.reason, evidence = said.evidence, ended_at = said.ended_at,
    ended_by = said.ended_by, placed_at = said.placed_at, ringing_at = said.ringing_at,
    answered_at = said.answered_at, joined_at = said.joined_at, operator = COALESCE(said.operator, attempt.operator),
    account = COALESCE(said.account, attempt.account)
FROM jsonb_to_recordset(CAST(:ended AS jsonb)) AS said(
    attempt uuid, outcome text, reason text, evidence jsonb, ended_at timestamptz, ended_by text,
    placed_at timestamptz, ringing_at timestamptz, answered_at timestamptz, joined_at timestamptz, operator text,
    account text)
WHERE attempt.id = said.attempt AND attempt.outcome IS NULL
RETURNING attempt.id, attempt.city, attempt.case_id, attempt.number
""")
BURY_NUMBERS = text("""
UPDATE phone_number SET state = 'dead'
FROM jsonb_to_recordset(CAST(:dead AS jsonb)) AS said(city text, number text)
WHERE phone_number.city = said.city AND phone_number.number = said.number AND phone_number.state = 'open'
RETURNING phone_number.person_id
""")
CASES_OF = text("""
SELECT call_id, case_id FROM call_case WHERE call_id = ANY(CAST(:attempts AS uuid[]))
""")
WAIT = text("""
UPDATE cases SET due_at = GREATEST(cases.due_at, said.due_at)
FROM jsonb_to_recordset(CAST(:waiting AS jsonb)) AS said(id bigint, due_at timestamptz)
WHERE cases.id = said.id AND cases.state = 'open' AND cases.plan_kind IS NOT NULL
""")
STATES = text("SELECT id, state FROM cases WHERE id = ANY(:cases)")
TELL_OUTCOMES = text("""
INSERT INTO outbox (city, call_id, kind, payload)
SELECT said.city, said.attempt, 'attempt_ended', said.payload
FROM jsonb_to_recordset(CAST(:told AS jsonb)) AS said(city text, attempt uuid, payload jsonb)
ON CONFLICT DO NOTHING
""")


async def finish(connection: AsyncConnection, ended: Sequence[Ended], book: Rulebook) -> None:
    first = {one.attempt: one for one in reversed(ended)}  # of two for one attempt the earlier counts
    said = json_text([asdict(one) for one in first.values()])
    closed = (await connection.execute(FINISH, {"ended": said})).all()
    if not closed:
        return
    by_attempt = {AttemptId(str(row.id)): row for row in closed}
    over = {attempt: first[attempt] for attempt in by_attempt}
    persons = await _bury(connection, [by_attempt[attempt] for attempt in _dead(over, book)])
    persons += await noted(connection, {attempt: one.outcome for attempt, one in over.items()})
    cases = await _cases_of(connection, list(over))
    unplaced = {attempt for attempt, one in over.items() if one.outcome is Outcome.NOT_PLACED}
    happened = {case for attempt, of in cases.items() if attempt not in unplaced for case in of}
    if persons:
        happened |= await open_cases(connection, persons)
    withdrawn = {attempt for attempt, one in over.items() if one.outcome is Outcome.WITHDRAWN and one.again_after}
    waiting = {case: _again_at(over[attempt]) for attempt in unplaced | withdrawn for case in cases[attempt]}
    await lock(connection, happened | waiting.keys())
    await decide_cases(connection, happened, book, max(one.ended_at for one in over.values()))
    if waiting:
        rows = [{"id": case, "due_at": due_at} for case, due_at in waiting.items()]
        await connection.execute(WAIT, {"waiting": json_text(rows)})
    await _tell(connection, by_attempt, over, cases)


def _dead(over: Mapping[AttemptId, Ended], book: Rulebook) -> list[AttemptId]:
    dead = {outcome for outcome, effect in effects(book.city.rules).items() if effect is Effect.DEAD}
    return [attempt for attempt, one in over.items() if one.outcome in dead]


async def _bury(connection: AsyncConnection, rows: Sequence[Any]) -> list[int]:
    """A number out of use is so for everybody of the city: whose number it was."""
    if not rows:
        return []
    dead = json_text([{"city": row.city, "number": row.number} for row in rows])
    return list((await connection.execute(BURY_NUMBERS, {"dead": dead})).scalars())


async def _cases_of(connection: AsyncConnection, attempts: Sequence[AttemptId]) -> dict[AttemptId, list[int]]:
    found: dict[AttemptId, list[int]] = {attempt: [] for attempt in attempts}
    for row in await connection.execute(CASES_OF, {"attempts": list(attempts)}):
        found[AttemptId(str(row.call_id))].append(row.case_id)
    return found


def _again_at(one: Ended) -> datetime:
    """Nothing rang, so nothing happened to the cases; only not at once again, or the same fault would be met."""
    return one.ended_at + (one.again_after or NOT_PLACED_AGAIN_AFTER)


async def _tell(
    connection: AsyncConnection,
    by_attempt: Mapping[AttemptId, Any],
    over: Mapping[AttemptId, Ended],
    cases: Mapping[AttemptId, Sequence[int]],
) -> None:
    wanted = sorted({case for of in cases.values() for case in of})
    states = {row.id: row.state for row in await connection.execute(STATES, {"cases": wanted})}
    told = [
        {
            "city": row.city,
            "attempt": attempt,
            "payload": {
                "case": row.case_id,
                "outcome": over[attempt].outcome,
                "case_state": states.get(row.case_id),
                "cases": [{"case": case, "state": states[case]} for case in sorted(cases[attempt])],
                "ended_at": over[attempt].ended_at,
            },
        }
        for attempt, row in by_attempt.items()
    ]
    await connection.execute(TELL_OUTCOMES, {"told": json_text(told)})
