"""Who asked to be called back, with the place in line kept; each wish is granted by a call, or closed with the reason.

It is promised only to somebody whose case and number are known. A wish is open from the end of the call in which it was
said: before that the line is engaged.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.callers import Wish
from dialer.core.values import AttemptId, CallId, CaseId, PhoneNumber

ADD = text("""
INSERT INTO wish (call_id, city, number, asked_at, case_id, phone_number_id)
SELECT inbound_call.id, inbound_call.city, :number, :at, inbound_call.case_id, phone_number.id
FROM inbound_call
JOIN cases ON cases.id = inbound_call.case_id
JOIN phone_number ON phone_number.person_id = cases.person_id AND phone_number.number = :number
                 AND phone_number.state = 'open'
WHERE inbound_call.id = CAST(:call AS uuid) AND inbound_call.city = :city
ON CONFLICT DO NOTHING
RETURNING call_id
""")
KNOWN = text("SELECT EXISTS (SELECT FROM wish WHERE call_id = CAST(:call AS uuid) AND city = :city)")
OPEN = text("""
SELECT wish.call_id, wish.case_id, wish.phone_number_id, inbound_call.rank, inbound_call.arrived_at,
       debt_kind.key AS debt
FROM wish JOIN inbound_call ON inbound_call.id = wish.call_id
LEFT JOIN cases ON cases.id = wish.case_id LEFT JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
WHERE wish.city = :city AND wish.closed_at IS NULL AND inbound_call.outcome IS NOT NULL
  AND NOT EXISTS ( -- called since, though whoever did so could not write that it was because of the wish
      SELECT FROM attempt
      WHERE attempt.city = wish.city AND attempt.number = wish.number AND attempt.claimed_at >= wish.asked_at
        AND attempt.outcome IS DISTINCT FROM 'not_placed')
ORDER BY inbound_call.rank, inbound_call.arrived_at, wish.call_id
""")
CLOSE = text("""
UPDATE wish SET closed_at = clock_timestamp(), attempt_id = CAST(:attempt AS uuid), why = :why
WHERE call_id = CAST(:call AS uuid) AND city = :city AND closed_at IS NULL
""")


async def add(connection: AsyncConnection, city: str, call: CallId, number: PhoneNumber, at: datetime) -> bool:
    """False when nothing may be promised: no such call, nobody whom we know, or a number that may not be dialled."""
    of = {"city": city, "call": call}
    if (await connection.execute(ADD, {**of, "number": number, "at": at})).one_or_none() is not None:
        return True
    return bool((await connection.execute(KNOWN, of)).scalar_one())


async def open_wishes(connection: AsyncConnection, city: str) -> Sequence[Wish]:
    return [
        Wish(CallId(str(row.call_id)), CaseId(row.case_id), row.phone_number_id, row.rank, row.arrived_at, row.debt)
        for row in await connection.execute(OPEN, {"city": city})
    ]


async def close(connection: AsyncConnection, city: str, call: CallId, attempt: AttemptId | None, why: str) -> None:
    await connection.execute(CLOSE, {"city": city, "call": call, "attempt": attempt, "why": why})
