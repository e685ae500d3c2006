"""What a whole calling period comes to, day by day: for targets, and by hour of the week for the map of contacts.

These read every call of the period, which takes seconds over a year of a large city; whoever shows them keeps them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.city import City
from dialer.core.plan.values import SlotDay
from dialer.core.progress import CallDay, CallerDay, CaseDay, Counted, PledgeDay
from dialer.store.calls_behind import HOUR, IS_EVENING, LOCAL, SLOT_DAY
from dialer.store.contacts import IS_CONTACT, SAID, TEACHES
from dialer.store.day_calls import PLACED, day_values
from dialer.store.inbound_figures import GAVE_UP_AT_ONCE, IN_HOURS, WAS_ANSWERED
from dialer.store.slot_counts import LONG_STATEMENT

ONE_PROCESS = text("SET LOCAL max_parallel_workers_per_gather = 0")
"""The other processors are for calls."""

HourCounts = Mapping[tuple[SlotDay, int], tuple[int, int]]
"""By day of the week and hour: how often it was tried, and how often somebody was reached."""

HOURS = text(f"""
WITH {SAID}, tried AS (
    SELECT attempt.claimed_at AS at, said.reached
    FROM attempt LEFT JOIN said ON said.call_id = attempt.id
    WHERE attempt.city = :city AND attempt.claimed_at >= :since AND attempt.claimed_at < :until AND {TEACHES}
)
SELECT {SLOT_DAY} AS day, {HOUR} AS hour, count(*) AS tried, count(*) FILTER (WHERE reached) AS reached
FROM tried GROUP BY 1, 2
""")  # noqa: S608 - words of this program

DAY = f"CAST({LOCAL} AS date)"
BEGAN = """began AS (
    SELECT id, case_id, claimed_at AS at FROM attempt
    WHERE city = :city AND claimed_at >= :since AND claimed_at < :until
    UNION ALL
    SELECT id, case_id, arrived_at FROM inbound_call
    WHERE city = :city AND arrived_at >= :since AND arrived_at < :until AND NOT is_test
)"""
CALLS = text(f"""
WITH placed AS (
    SELECT case_id, claimed_at AS at FROM attempt
    WHERE city = :city AND claimed_at >= :since AND claimed_at < :until AND {PLACED}
)
SELECT debt_kind.key AS debt, {DAY} AS day, {IS_EVENING} AS evening, count(*) AS calls
FROM placed JOIN cases ON cases.id = placed.case_id JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
GROUP BY 1, 2, 3
""")  # noqa: S608
PLEDGES = text(f"""
WITH {BEGAN}, said AS (
    SELECT DISTINCT ON (call_id) call_id, detail -> 'promise' AS promise
    FROM case_event
    WHERE city = :city AND kind IN ('talk', 'callback') AND call_id IS NOT NULL AND case_event.at >= :since
    ORDER BY call_id, id DESC
)
SELECT debt_kind.key AS debt, {DAY} AS day, count(*) AS pledges, sum(CAST(promise ->> 'yen' AS bigint)) AS yen
FROM said JOIN began ON began.id = said.call_id
JOIN cases ON cases.id = began.case_id JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
WHERE promise IS NOT NULL
GROUP BY 1, 2
""")  # noqa: S608
CASES = text(f"""
WITH {BEGAN}, said AS (
    SELECT DISTINCT ON (case_id, call_id) case_id, call_id, detail ? 'promise' AS promised,
           (kind = 'talk' OR :inbound_contacts) AND {IS_CONTACT} AS contact
    FROM case_event
    WHERE city = :city AND kind IN ('talk', 'callback') AND call_id IS NOT NULL AND at >= :since
    ORDER BY case_id, call_id, id DESC
), met AS (
    SELECT said.case_id, min(at) FILTER (WHERE contact) AS contacted, min(at) FILTER (WHERE promised) AS agreed
    FROM said JOIN began ON began.id = said.call_id
    GROUP BY 1
), called AS (
    SELECT call_case.case_id, min(attempt.claimed_at) AS called
    FROM attempt JOIN call_case ON call_case.call_id = attempt.id
    WHERE attempt.city = :city AND attempt.claimed_at >= :since AND attempt.claimed_at < :until AND {PLACED}
    GROUP BY 1
), first_time AS (
    SELECT debt_kind.key AS debt, called.called, met.contacted, met.agreed
    FROM called JOIN cases ON cases.id = called.case_id JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
    LEFT JOIN met ON met.case_id = called.case_id
)
SELECT debt, {DAY} AS day, count(*) FILTER (WHERE what = 'called') AS called,
       count(*) FILTER (WHERE what = 'contacted') AS contacted, count(*) FILTER (WHERE what = 'agreed') AS agreed
FROM first_time
CROSS JOIN LATERAL (VALUES ('called', called), ('contacted', contacted), ('agreed', agreed)) AS each_of(what, at)
WHERE at IS NOT NULL
GROUP BY 1, 2
""")  # noqa: S608
CALLERS = text(f"""
WITH called AS (
    SELECT arrived_at AS at, group_key, {WAS_ANSWERED} AS answered, {GAVE_UP_AT_ONCE} AS gave_up_at_once
    FROM inbound_call
    WHERE city = :city AND arrived_at >= :since AND arrived_at < :until AND outcome IS NOT NULL AND NOT is_test
      AND {IN_HOURS}
)
SELECT {DAY} AS day, count(*) FILTER (WHERE answered) AS answered,
       count(*) FILTER (WHERE NOT gave_up_at_once) AS total, group_key
FROM called GROUP BY day, group_key ORDER BY day, group_key
""")  # noqa: S608
LISTED = text("""
SELECT debt_kind.key AS debt, count(*) AS cases
FROM cases JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
WHERE cases.city = :city AND cases.round_first < CAST(:until AT TIME ZONE 'Asia/Tokyo' AS date)
  AND cases.round_last >= CAST(:since AT TIME ZONE 'Asia/Tokyo' AS date)
GROUP BY 1
""")


async def hour_counts(
    connection: AsyncConnection, city: City, since: datetime, until: datetime, holidays: Sequence[date]
) -> HourCounts:
    """Of the attempts that planning learns from, with those that operators placed by hand."""
    await connection.execute(LONG_STATEMENT)
    await connection.execute(ONE_PROCESS)
    values = {**day_values(city, since, until), "holidays": list(holidays)}
    rows = await connection.execute(HOURS, values)
    return {(SlotDay(row.day), row.hour): (row.tried, row.reached) for row in rows}


FIRST = text("""
SELECT CAST(min(at) AT TIME ZONE 'Asia/Tokyo' AS date) FROM (
    SELECT min(claimed_at) AS at FROM attempt WHERE city = :city
    UNION ALL SELECT min(arrived_at) FROM inbound_call WHERE city = :city
) AS firsts
""")


async def first_recorded(connection: AsyncConnection, city: City) -> date | None:
    """The day of the city's first call, in either direction."""
    found: date | None = (await connection.execute(FIRST, {"city": city.key})).scalar_one()
    return found


async def calls_counted(
    connection: AsyncConnection, city: City, since: datetime, until: datetime, evening_from: time
) -> Counted:
    """Calls of both directions, and nothing of what was said in them."""
    await connection.execute(LONG_STATEMENT)
    await connection.execute(ONE_PROCESS)
    values = {**day_values(city, since, until), "evening_from": evening_from}
    calls = [CallDay(*row) for row in await connection.execute(CALLS, values)]
    return Counted(calls, callers=[CallerDay(*row) for row in await connection.execute(CALLERS, values)])


async def counted(
    connection: AsyncConnection, city: City, since: datetime, until: datetime, evening_from: time
) -> Counted:
    calls = await calls_counted(connection, city, since, until, evening_from)
    values = day_values(city, since, until)
    pledges = [PledgeDay(*row) for row in await connection.execute(PLEDGES, values)]
    cases = [CaseDay(*row) for row in await connection.execute(CASES, values)]
    listed = {row.debt: row.cases for row in await connection.execute(LISTED, values)}
    return replace(calls, pledges=pledges, cases=cases, listed=listed)
