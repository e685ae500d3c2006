"""Talks whose result is still missing, of everybody, and who is to enter it instead of whoever talked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.values import CallId, CaseId

MISSING = text("""
WITH called AS (
    SELECT id, case_id, ended_at, operator, account, NULL AS called FROM attempt
    WHERE city = :city AND claimed_at >= :since AND outcome = 'talked' AND account IS NOT NULL
      AND NOT EXISTS (
          SELECT FROM case_event
          WHERE case_event.case_id = attempt.case_id AND case_event.kind = 'talk' AND case_event.call_id = attempt.id)
    UNION ALL
    SELECT id, case_id, ended_at, operator, account, group_key FROM inbound_call
    WHERE city = :city AND arrived_at >= :since AND outcome = 'talked' AND NOT noted AND account IS NOT NULL
)
SELECT called.id, called.case_id, called.ended_at, called.operator, debt_kind.name AS debt, debt_kind.key AS debt_key,
       called.called, COALESCE(duty.account, called.account) AS account, account.name
FROM called
LEFT JOIN LATERAL (
    SELECT account FROM result_duty WHERE call_id = called.id ORDER BY id DESC LIMIT 1
) AS duty ON true
JOIN account ON account.login = COALESCE(duty.account, called.account)
LEFT JOIN cases ON cases.id = called.case_id
LEFT JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
ORDER BY called.ended_at, called.id
""")
GIVE = text("""
INSERT INTO result_duty (city, call_id, account, reason, by, at)
VALUES (:city, CAST(:call AS uuid), :account, :reason, :by, :at)
""")


@dataclass(frozen=True, slots=True)
class Missing:
    call: CallId
    case: CaseId | None
    debt: str | None
    ended_at: datetime | None
    phone: str | None
    account: str  # who is to enter it now
    name: str
    debt_key: str | None = None
    called: str | None = None  # of debt kinds, the group whose number was called


async def missing(connection: AsyncConnection, city: str, since: datetime) -> Sequence[Missing]:
    """The oldest first."""
    return [
        Missing(
            *(CallId(str(row.id)), row.case_id, row.debt, row.ended_at, row.operator, row.account, row.name),
            *(row.debt_key, row.called),
        )
        for row in await connection.execute(MISSING, {"city": city, "since": since})
    ]


async def give(
    connection: AsyncConnection, city: str, call: CallId, account: str, reason: str, *, by: str, now: datetime
) -> None:
    values = {"city": city, "call": call, "account": account, "reason": reason, "by": by, "at": now}
    await connection.execute(GIVE, values)
