"""Calls that came in, as the engine writes them: their arrival, who it is, their one outcome."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.callers import Arrived, Caller, InboundEnded, InboundOutcome, OpenInbound, Route
from dialer.core.decide import Rulebook
from dialer.core.values import AttemptId, CallId, CaseId
from dialer.store.decisions import decide_cases, lock
from dialer.store.json_text import json_text
from dialer.store.left_alone import open_cases, talked_to

NOT_DIALLED = re.compile(r"[^0-9A-Za-z*#+]")
DIALLED_LONGEST = 40

ARRIVED = text("""
WITH called AS (
    INSERT INTO call (id, city, kind) VALUES (CAST(:call AS uuid), :city, 'inbound') ON CONFLICT DO NOTHING
)
INSERT INTO inbound_call (id, city, dialled, group_key, route, rank, arrived_at)
VALUES (CAST(:call AS uuid), :city, :dialled, :group, :route, :rank, :at)
ON CONFLICT DO NOTHING
""")
IN_THE_WAY = """
SELECT attempt.id FROM attempt
WHERE attempt.outcome IS NULL AND (
    attempt.number = {number} OR (attempt.city = {city} AND attempt.household = {household}))
"""
CALLER = text(f"""
SELECT inbound_call.case_id, debt_kind.key AS debt, ARRAY({
    IN_THE_WAY.format(number="inbound_call.number", city="inbound_call.city", household="inbound_call.household")
}) AS in_the_way
FROM inbound_call
LEFT JOIN cases ON cases.id = inbound_call.case_id
LEFT JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
WHERE inbound_call.id = CAST(:call AS uuid) AND inbound_call.city = :city AND inbound_call.number_given IS NOT NULL
""")  # noqa: S608 (names of columns)
OPEN = text("""
SELECT id, arrived_at, dialled, group_key, rank, route, operator
FROM inbound_call WHERE city = :city AND outcome IS NULL ORDER BY arrived_at, id
""")
FINISH = text("""
UPDATE inbound_call
SET outcome = said.outcome, reason = said.reason, evidence = said.evidence, ended_at = said.ended_at,
    ended_by = said.ended_by, answered_at = said.answered_at, waits_at = said.waits_at, joined_at = said.joined_at,
    operator = COALESCE(said.operator, inbound_call.operator), account = COALESCE(said.account, inbound_call.account)
FROM jsonb_to_recordset(CAST(:ended AS jsonb)) AS said(
    call uuid, outcome text, reason text, evidence jsonb, ended_at timestamptz, ended_by text,
    answered_at timestamptz, waits_at timestamptz, joined_at timestamptz, operator text, account text)
WHERE inbound_call.id = said.call AND inbound_call.outcome IS NULL
RETURNING inbound_call.id, inbound_call.city, inbound_call.case_id, inbound_call.dialled, inbound_call.group_key,
          inbound_call.is_test, inbound_call.arrived_at, inbound_call.ended_at, inbound_call.joined_at,
          inbound_call.outcome
""")
CASES_OF = text("SELECT DISTINCT case_id FROM call_case WHERE call_id = ANY(CAST(:calls AS uuid[]))")
TELL = text("""
INSERT INTO outbox (city, call_id, kind, payload)
SELECT said.city, said.call, 'inbound_ended', said.payload
FROM jsonb_to_recordset(CAST(:told AS jsonb)) AS said(city text, call uuid, payload jsonb)
ON CONFLICT DO NOTHING
""")


async def arrived(connection: AsyncConnection, city: str, arrived: Arrived) -> None:
    """What somebody has written already, who knew more, stays as it is."""
    values = {"call": arrived.call, "city": city, "dialled": as_dialled(arrived.dialled), "group": arrived.group}
    await connection.execute(ARRIVED, {**values, "route": arrived.route.value, "rank": arrived.rank, "at": arrived.at})


def as_dialled(written: str) -> str:
    """Whoever scans for open exchanges dials anything."""
    return NOT_DIALLED.sub("", written)[:DIALLED_LONGEST]


async def caller(connection: AsyncConnection, city: str, call: CallId) -> Caller | None:
    row = (await connection.execute(CALLER, {"city": city, "call": call})).one_or_none()
    if row is None:
        return None
    in_the_way = tuple(AttemptId(str(attempt)) for attempt in row.in_the_way)
    return Caller(None if row.case_id is None else CaseId(row.case_id), row.debt, in_the_way)


async def open_inbound(connection: AsyncConnection, city: str) -> Sequence[OpenInbound]:
    return [
        OpenInbound(
            CallId(str(row.id)), row.arrived_at, row.dialled, row.group_key, row.rank, Route(row.route), row.operator
        )
        for row in await connection.execute(OPEN, {"city": city})
    ]


async def finish_inbound(connection: AsyncConnection, ended: Sequence[InboundEnded], book: Rulebook) -> None:
    """The outcomes, the message to other systems, and that the cases of who was talked to await their results."""
    first = {one.call: one for one in reversed(ended)}  # of two for one call the earlier counts
    said = json_text([asdict(one) for one in first.values()])
    closed = (await connection.execute(FINISH, {"ended": said})).all()
    talked = [row for row in closed if row.outcome == InboundOutcome.TALKED]
    if talked:
        calls = {"calls": [str(row.id) for row in talked]}
        cases = set((await connection.execute(CASES_OF, calls)).scalars())
        cases |= await open_cases(connection, await talked_to(connection, calls["calls"]))
        await lock(connection, cases)
        await decide_cases(connection, cases, book, max(row.ended_at for row in talked))
    if closed:
        told = [
            {"city": row.city, "call": str(row.id), "payload": _told(row, first[CallId(str(row.id))])} for row in closed
        ]
        await connection.execute(TELL, {"told": json_text(told)})


def _told(row: Any, ended: InboundEnded) -> dict[str, object]:
    """Ids and words, nothing personal."""
    waited = round(((row.joined_at or row.ended_at) - row.arrived_at).total_seconds(), 1)
    return {
        "outcome": row.outcome,
        "case": row.case_id,
        "dialled": row.dialled,
        "group": row.group_key,
        "is_test": row.is_test,
        "arrived_at": row.arrived_at,
        "ended_at": row.ended_at,
        "waited_seconds": ended.evidence.get("waited_seconds", waited),  # with a department it is not to the end
    }
