"""Who calls: for the process that answers Asterisk's questions during a call, and for the pages.

The caller's number goes into the tables here, and nowhere else.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.callers import Route
from dialer.core.city import City
from dialer.core.values import TOKYO, CallId, CaseId, PhoneNumber
from dialer.ports import Recorded
from dialer.store import queries, wishes
from dialer.store.callers import as_dialled
from dialer.store.case_events import is_uuid
from dialer.store.database import Database
from dialer.store.decisions import mark
from dialer.store.json_text import json_text
from dialer.store.recognising import NATIONAL, NOBODY, Match, Recognised, matches, recognised
from dialer.store.words import NumberGiven

ARRIVE = text("""
WITH called AS (
    INSERT INTO call (id, city, kind) VALUES (CAST(:call AS uuid), :city, 'inbound') ON CONFLICT DO NOTHING
)
INSERT INTO inbound_call (
    id, city, dialled, group_key, number, number_given, is_test, route, rank, arrived_at, case_id, household, matches)
VALUES (
    CAST(:call AS uuid), :city, :dialled, :group, :number, :given, :is_test, :route, :rank, :at, :case, :household,
    :matches)
ON CONFLICT (id) DO UPDATE -- the engine was first; it does not know the number
SET number = excluded.number, number_given = excluded.number_given, case_id = excluded.case_id,
    household = excluded.household, matches = excluded.matches,
    is_test = CASE WHEN inbound_call.outcome IS NULL THEN excluded.is_test ELSE inbound_call.is_test END,
    rank = CASE WHEN inbound_call.outcome IS NULL THEN excluded.rank ELSE inbound_call.rank END
WHERE inbound_call.city = :city AND inbound_call.number_given IS NULL
RETURNING outcome
""")
KEEP_CASES = text("""
INSERT INTO call_case (call_id, case_id, city)
SELECT CAST(:call AS uuid), theirs.id, :city
FROM cases AS lead
JOIN cases AS theirs ON theirs.person_id = lead.person_id
WHERE lead.id = :case AND lead.city = :city
  AND (theirs.id = lead.id OR (theirs.state = 'open' AND :date BETWEEN theirs.round_first AND theirs.round_last))
ON CONFLICT DO NOTHING
RETURNING case_id
""")
"""What is talked about concerns all that the person owes now, as a call that we place does."""

HOLD_CALL = text("""
SELECT number, case_id, outcome, arrived_at,
       EXISTS (SELECT FROM case_event WHERE case_event.call_id = inbound_call.id) AS has_result
FROM inbound_call WHERE id = CAST(:call AS uuid) AND city = :city FOR NO KEY UPDATE
""")
FORGET_CASES = text("DELETE FROM call_case WHERE call_id = CAST(:call AS uuid) RETURNING case_id")
ATTACH = text("""
UPDATE inbound_call
SET case_id = CAST(:case AS bigint), household = (
    SELECT COALESCE(person.household, 'p' || person.id)
    FROM cases JOIN person ON person.id = cases.person_id WHERE cases.id = :case)
WHERE id = CAST(:call AS uuid)
""")
OF_THE_CITY = text("SELECT id FROM cases WHERE id = :case AND city = :city")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call that came in, with all that is known of it before it is answered."""

    call: CallId
    at: datetime
    dialled: str
    group: str
    route: Route
    given: NumberGiven
    number: PhoneNumber | None = field(default=None, repr=False)
    is_test: bool = False
    who: Recognised = NOBODY


class NotAttached(Exception):
    """Nothing was changed. The text says why, as the operator reads it."""


class InboundStore:
    """Of one city; each method one transaction, and safe to repeat."""

    def __init__(self, database: Database, city: City) -> None:
        self._database, self._city = database, city

    async def recognise(self, number: PhoneNumber | None, group: str, now: datetime) -> Recognised:
        debts = self._debts_of(group)
        work = partial(
            recognised, city=self._city.key, number=number, debts=debts, now=now, first=self._city.inbound.first
        )
        return await self._database.ask(work)

    async def arrive(self, arrival: Arrival) -> None:
        """Once; but where the engine was first, the number is added."""
        await self._database.ask(partial(_arrive, city=self._city.key, arrival=arrival))

    async def append(self, events: Sequence[Recorded]) -> None:
        """Menu choices and the like. Of a call that nobody has written yet nothing is kept."""
        if not events:
            return
        written = json_text([asdict(event) for event in events])

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(queries.APPEND, {"events": written})

        await self._database.ask(work)

    async def wish(self, call: CallId, number: PhoneNumber, now: datetime) -> bool:
        """To be called back. False: the call is not written, so nothing may be promised."""
        return await self._database.ask(partial(wishes.add, city=self._city.key, call=call, number=number, at=now))

    async def attach(self, call: CallId, case: CaseId | None, *, by: str, now: datetime) -> None:
        """Who it is has been found out; None: nobody whom we know. Raises NotAttached."""
        await self._database.ask(partial(_attach, city=self._city.key, call=call, case=case, by=by, now=now))

    async def matches(self, call: CallId) -> Sequence[Match]:
        """Everybody with the caller's number who has a case."""
        return await self._database.ask(partial(matches, city=self._city.key, call=call, debts_of=self._debts_of))

    def _debts_of(self, group: str) -> list[str]:
        return [debt.key for debt in self._city.debts if debt.group == group]


async def _arrive(connection: AsyncConnection, city: str, arrival: Arrival) -> None:
    number = arrival.number if arrival.number is not None and NATIONAL.fullmatch(arrival.number) else None
    given = arrival.given
    if (number is None) == (given is NumberGiven.GIVEN):
        given = NumberGiven.UNUSABLE if number is None else NumberGiven.GIVEN
    who = arrival.who
    written = await connection.execute(
        ARRIVE,
        {
            "call": arrival.call,
            "city": city,
            "dialled": as_dialled(arrival.dialled),
            "group": arrival.group,
            "number": number,
            "given": given.value,
            "is_test": arrival.is_test,
            "route": arrival.route.value,
            "rank": who.rank,
            "at": arrival.at,
            "case": who.case,
            "household": who.household,
            "matches": who.matches,
        },
    )
    row = written.one_or_none()
    if row is None or who.case is None:
        return
    cases = await _keep_cases(connection, city, arrival.call, who.case, arrival.at)
    if row.outcome is not None:  # written late; what was said is still to be entered
        await mark(connection, cases)


async def _keep_cases(connection: AsyncConnection, city: str, call: CallId, case: CaseId, at: datetime) -> list[int]:
    of = {"city": city, "call": call, "case": case, "date": at.astimezone(TOKYO).date()}
    return list((await connection.execute(KEEP_CASES, of)).scalars())


async def _attach(
    connection: AsyncConnection, city: str, call: CallId, case: CaseId | None, by: str, now: datetime
) -> None:
    of = {"city": city, "call": call, "case": case}
    held = (await connection.execute(HOLD_CALL, of)).one_or_none() if is_uuid(call) else None
    if held is None:
        raise NotAttached("この着信はありません")
    if held.case_id == case:
        return
    if held.has_result:
        raise NotAttached("応対結果が入力されているため、案件を変えられません")
    if case is not None and (await connection.execute(OF_THE_CITY, of)).one_or_none() is None:
        raise NotAttached("この案件はありません")
    concerned = set((await connection.execute(FORGET_CASES, of)).scalars())
    await connection.execute(ATTACH, of)
    if case is not None:
        concerned |= set(await _keep_cases(connection, city, call, case, held.arrived_at))
    noted = Recorded(call, now, "case_attached", {"case": case, "by": by})
    await connection.execute(queries.APPEND, {"events": json_text([asdict(noted)])})
    await mark(connection, concerned)
