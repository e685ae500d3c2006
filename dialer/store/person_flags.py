"""Warnings about people, as somebody enters or lifts them; those of lists are in listed_flags."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.person_flags import HOLDS_CALLS, FlagKind
from dialer.core.values import CaseId
from dialer.store import case_events
from dialer.store.case_events import CaseEvent
from dialer.store.words import EventKind

LONGEST_NOTE = 500

PERSON = text("SELECT id FROM person WHERE city = :city AND address_key = :key FOR NO KEY UPDATE")
ADD = text("""
INSERT INTO person_flag (city, person_id, kind, note, source, by, since)
VALUES (:city, :person, :kind, :note, 'person', :by, :now)
ON CONFLICT (person_id, kind, source) WHERE until IS NULL DO NOTHING
""")
LIFT = text("""
UPDATE person_flag SET until = GREATEST(since, CAST(:now AS timestamptz)), until_by = :by
WHERE person_id = :person AND kind = :kind AND until IS NULL
""")
OPEN_CASES = text("SELECT id FROM cases WHERE person_id = :person AND state = 'open' ORDER BY id")


class UnknownPerson(Exception):
    """The city has nobody of that 宛名番号."""


@dataclass(frozen=True, slots=True)
class FlagOrder:
    address_key: str
    kind: FlagKind
    by: str
    now: datetime
    note: str = ""


async def put_flag(connection: AsyncConnection, city: str, order: FlagOrder) -> int:
    """How many open cases it stopped. One of the same kind that holds already stays as it is."""
    person = await _person(connection, city, order)
    values = {"city": city, "person": person, "kind": order.kind, "note": order.note[:LONGEST_NOTE]}
    await connection.execute(ADD, {**values, "by": order.by, "now": order.now})
    if order.kind not in HOLDS_CALLS:
        return 0
    cases = (await connection.execute(OPEN_CASES, {"person": person})).scalars().all()
    stops = [CaseEvent(EventKind.STOP, order.now, case=CaseId(case), by=order.by) for case in cases]
    if stops:
        await case_events.record(connection, city, stops)
    return len(stops)


async def lift_flag(connection: AsyncConnection, city: str, order: FlagOrder) -> bool:
    """Whether there was one. Cases that it stopped stay stopped: the city's next list begins anew."""
    person = await _person(connection, city, order)
    values = {"person": person, "kind": order.kind, "by": order.by, "now": order.now}
    return (await connection.execute(LIFT, values)).rowcount > 0


async def _person(connection: AsyncConnection, city: str, order: FlagOrder) -> int:
    values = {"city": city, "key": order.address_key}
    found: int | None = (await connection.execute(PERSON, values)).scalar_one_or_none()
    if found is None:
        raise UnknownPerson(f"{city} に宛名番号 {order.address_key} の方はいません。番号を確かめてください")
    return found
