"""Calls that came in, one by one, as the tables have them: to be explained, and held against what was heard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.values import CallId, CaseId
from dialer.ports import Recorded
from dialer.store.queries import HISTORY

SEEN = text("""
SELECT id, number, arrived_at, waits_at, joined_at, ended_at, route, outcome, evidence -> 'joined_after_ms' AS after_ms
FROM inbound_call WHERE city = :city AND arrived_at >= :since ORDER BY arrived_at, id
""")
CALL = text("SELECT * FROM inbound_call WHERE id = CAST(:call AS uuid)")
MOMENTS = ("arrived_at", "answered_at", "waits_at", "joined_at", "ended_at")


@dataclass(frozen=True, slots=True)
class InboundRecord:
    """All there is about one call that came in, but who called."""

    call: CallId
    dialled: str  # the city's number
    group: str
    route: str
    rank: int
    matches: int
    case: CaseId | None
    operator: str | None
    moments: Mapping[str, datetime]  # those that came
    outcome: str | None
    reason: str | None
    ended_by: str | None
    noted: bool
    evidence: Mapping[str, str | int | float | bool | None]
    events: tuple[Recorded, ...]


@dataclass(frozen=True, slots=True)
class InboundSeen:
    call: CallId
    arrived_at: datetime
    waits_at: datetime | None
    joined_at: datetime | None
    ended_at: datetime | None
    route: str
    outcome: str | None
    joined_after_ms: int | None  # from a free operator to one bridge
    number: str | None = field(default=None, repr=False)


async def inbound_seen(connection: AsyncConnection, city: str, since: datetime) -> Sequence[InboundSeen]:
    return [
        InboundSeen(
            CallId(str(row.id)),
            row.arrived_at,
            row.waits_at,
            row.joined_at,
            row.ended_at,
            row.route,
            row.outcome,
            row.after_ms,
            row.number,
        )
        for row in await connection.execute(SEEN, {"city": city, "since": since})
    ]


async def inbound_record(connection: AsyncConnection, call: CallId) -> InboundRecord | None:
    row = (await connection.execute(CALL, {"call": call})).one_or_none()
    if row is None:
        return None
    moments = {name: getattr(row, name) for name in MOMENTS}
    events = await connection.execute(HISTORY, {"attempts": [call]})
    return InboundRecord(
        call=call,
        dialled=row.dialled,
        group=row.group_key,
        route=row.route,
        rank=row.rank,
        matches=row.matches,
        case=None if row.case_id is None else CaseId(row.case_id),
        operator=row.operator,
        moments={name: moment for name, moment in moments.items() if moment is not None},
        outcome=row.outcome,
        reason=row.reason,
        ended_by=row.ended_by,
        noted=row.noted,
        evidence=row.evidence or {},
        events=tuple(Recorded(call, one.at, one.kind, one.detail) for one in events),
    )
