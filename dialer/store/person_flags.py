"""Warnings about people, as somebody enters or lifts them; those of lists are in listed_flags."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.person_flags import FlagKind
from dialer.store.decisions import lock
from dialer.store.flag_stops import follow_flags, stops_of

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
OF_PERSON = stops_of("SELECT CAST(:person AS bigint) AS person_id")
CONCERNED = text(OF_PERSON.concerned)


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
    stopped, _ = await _follow(connection, city, person, order)
    return stopped


async def lift_flag(connection: AsyncConnection, city: str, order: FlagOrder) -> int | None:
    """How many cases it had stopped; they are decided anew, as if it had never been there. None: there was none."""
    person = await _person(connection, city, order)
    values = {"person": person, "kind": order.kind, "by": order.by, "now": order.now}
    if not (await connection.execute(LIFT, values)).rowcount:
        return None
    _, released = await _follow(connection, city, person, order)
    return released


async def _follow(connection: AsyncConnection, city: str, person: int, order: FlagOrder) -> tuple[int, int]:
    await lock(connection, (await connection.execute(CONCERNED, {"person": person})).scalars())
    values = {"city": city, "person": person, "by": order.by, "now": order.now}
    return await follow_flags(connection, OF_PERSON, values)


async def _person(connection: AsyncConnection, city: str, order: FlagOrder) -> int:
    values = {"city": city, "key": order.address_key}
    found: int | None = (await connection.execute(PERSON, values)).scalar_one_or_none()
    if found is None:
        raise UnknownPerson(f"{city} に宛名番号 {order.address_key} の方はいません。番号を確かめてください")
    return found
