"""Calls of both directions, and the conditions by which figures are made of them.

A call belongs to the moment at which it began: the claim of one that we placed, the arrival of one that came in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.city import City
from dialer.core.day_figures import Counts, Figure
from dialer.core.values import TOKYO
from dialer.store.claims import reached_somebody
from dialer.store.contacts import IS_CONTACT
from dialer.store.inbound_figures import COUNTED_BY, GAVE_UP, GAVE_UP_AT_ONCE, IN_HOURS, WAS_ANSWERED
from dialer.store.pace import IS_PERSON, WAS_LEFT_ALONE
from dialer.store.words import CallKind

SAID_COLUMNS = ("contact", "promised", "noted")


class Said(StrEnum):
    """How it is found what was said in a talk."""

    LOOKED_UP = "looked_up"  # each by itself: for a day
    SCANNED = "scanned"  # all at once: for weeks
    LEFT_OUT = "left_out"  # nothing is known of SAID_COLUMNS


def _said(table: str, kind: str, how: Said) -> str:
    """By the latest entry of the call."""
    words = f"{IS_CONTACT} AS contact, detail ? 'promise' AS promised"
    match how:
        case Said.LOOKED_UP:
            return f"""LEFT JOIN LATERAL (
        SELECT {words} FROM case_event
        WHERE {table}.outcome = 'talked' AND case_event.case_id = {table}.case_id AND case_event.kind = '{kind}'
          AND case_event.call_id = {table}.id
        ORDER BY case_event.id DESC LIMIT 1
    ) AS said ON true"""  # noqa: S608 - words of this program
        case Said.SCANNED:
            return f"""LEFT JOIN (
        SELECT DISTINCT ON (call_id, case_id) call_id, case_id, {words} FROM case_event
        WHERE city = :city AND kind = '{kind}' AND call_id IS NOT NULL AND case_event.at >= :since
        ORDER BY call_id, case_id, id DESC
    ) AS said ON said.call_id = {table}.id AND said.case_id = {table}.case_id AND {table}.outcome = 'talked'"""  # noqa: S608
        case Said.LEFT_OUT:
            return "CROSS JOIN (SELECT CAST(NULL AS boolean) AS contact, CAST(NULL AS boolean) AS promised) AS said"


def called(said: Said = Said.LOOKED_UP) -> str:
    """The calls between two moments as rows of one form."""
    of_ours, of_theirs = _said("attempt", "talk", said), _said("inbound_call", "callback", said)
    return f"""called AS (
    SELECT attempt.id, 'attempt' AS direction, attempt.claimed_at AS at, attempt.case_id, attempt.number,
           attempt.outcome, attempt.answered_at IS NOT NULL AS answered, attempt.joined_at, attempt.ended_at,
           attempt.operator AS phone, attempt.account, false AS served, false AS gave_up_at_once,
           CAST(NULL AS interval) AS waited, {IS_PERSON} AS is_person,
           attempt.outcome = ANY(CAST(:counted AS text[])) AS teaches,
           said.contact, said.promised, said.contact IS NOT NULL AS noted
    FROM attempt {of_ours}
    WHERE attempt.city = :city AND attempt.claimed_at >= :since AND attempt.claimed_at < :until
    UNION ALL
    SELECT inbound_call.id, 'inbound', inbound_call.arrived_at, inbound_call.case_id, inbound_call.number,
           inbound_call.outcome, inbound_call.answered_at IS NOT NULL, inbound_call.joined_at, inbound_call.ended_at,
           inbound_call.operator, inbound_call.account, inbound_call.outcome IS NOT NULL AND {IN_HOURS},
           {GAVE_UP_AT_ONCE}, inbound_call.joined_at - inbound_call.arrived_at, false, false,
           :inbound_contacts AND said.contact, said.promised, inbound_call.noted
    FROM inbound_call {of_theirs}
    WHERE inbound_call.city = :city AND NOT inbound_call.is_test
      AND inbound_call.arrived_at >= :since AND inbound_call.arrived_at < :until
)"""  # noqa: S608 - words of this program


PLACED = "outcome IS DISTINCT FROM 'not_placed'"
OF_OURS = "direction = 'attempt'"
WAS_TALK = "outcome = 'talked'"
CONDITIONS: dict[Figure, str] = {
    Figure.PLACED: f"{OF_OURS} AND {PLACED}",
    Figure.OPEN: f"{OF_OURS} AND outcome IS NULL",
    Figure.ANSWERED: f"{OF_OURS} AND answered",
    Figure.PERSONS: f"{OF_OURS} AND is_person",
    Figure.LEFT_ALONE: f"{OF_OURS} AND {WAS_LEFT_ALONE}",
    Figure.TALKS: f"{OF_OURS} AND {WAS_TALK}",
    Figure.TRIED: f"{OF_OURS} AND teaches AND (NOT {WAS_TALK} OR noted)",
    Figure.CONTACTS: f"{OF_OURS} AND {WAS_TALK} AND contact",
    Figure.CALLERS: "served AND NOT gave_up_at_once",
    Figure.CALLERS_ANSWERED: f"served AND {WAS_ANSWERED}",
    Figure.CALLERS_GAVE_UP: f"served AND {GAVE_UP} AND NOT gave_up_at_once",
    Figure.CALLERS_GAVE_UP_AT_ONCE: "served AND gave_up_at_once",
    Figure.ALL_TALKS: WAS_TALK,
    Figure.ALL_NOTED: f"{WAS_TALK} AND noted",
    Figure.ALL_CONTACTS: f"{WAS_TALK} AND contact",
    Figure.NOT_NOTED: f"{WAS_TALK} AND NOT noted",
    Figure.ALL_PROMISES: f"{WAS_TALK} AND promised",
}
"""Of a row of `called`. Only talks have words; where a condition says so, nothing is looked up for other calls."""

COUNTED = ", ".join(f"count(*) FILTER (WHERE {holds}) AS {figure}" for figure, holds in CONDITIONS.items())
COUNTS = text(f"""
WITH {called()}, of_quarters AS (SELECT *, date_bin('15 minutes', at, :since) AS quarter FROM called)
SELECT GROUPING(quarter) = 0 AS of_quarter, GROUPING(account) = 0 AS of_account, GROUPING(direction) = 0 AS of_outcome,
       quarter, account, direction, outcome, count(*) AS calls, {COUNTED},
       avg(waited) FILTER (WHERE {CONDITIONS[Figure.CALLERS_ANSWERED]}) AS wait_mean,
       max(waited) FILTER (WHERE {CONDITIONS[Figure.CALLERS_ANSWERED]}) AS wait_longest
FROM of_quarters
GROUP BY GROUPING SETS ((), (quarter), (account), (direction, outcome))
""")  # noqa: S608 - words of this program


@dataclass(frozen=True, slots=True)
class Tally:
    """Of some calls."""

    counts: Counts
    wait_mean: timedelta | None = None  # of callers who were answered, from their arrival
    wait_longest: timedelta | None = None


NOTHING = Tally(dict.fromkeys(Figure, 0))


@dataclass(frozen=True, slots=True)
class DayCounts:
    total: Tally
    quarters: Mapping[datetime, Tally]  # those in which anything began
    accounts: Mapping[str, Tally]
    outcomes: Mapping[tuple[CallKind, str | None], int]  # None: not over yet


async def day_counts(connection: AsyncConnection, city: City, since: datetime, until: datetime) -> DayCounts:
    """Of calls that began from the one moment to before the other; quarters of an hour count from the first."""
    rows = (await connection.execute(COUNTS, day_values(city, since, until))).all()
    whole = next(row for row in rows if not (row.of_quarter or row.of_account or row.of_outcome))
    return DayCounts(
        _tally(whole),
        {row.quarter.astimezone(TOKYO): _tally(row) for row in rows if row.of_quarter},
        {row.account: _tally(row) for row in rows if row.of_account and row.account is not None},
        {(CallKind(row.direction), row.outcome): row.calls for row in rows if row.of_outcome},
    )


def _tally(row: Any) -> Tally:
    return Tally({figure: getattr(row, figure) for figure in Figure}, row.wait_mean, row.wait_longest)


def day_values(city: City, since: datetime, until: datetime) -> dict[str, object]:
    return {
        "city": city.key,
        "since": since,
        "until": until,
        "talkers": [talker.value for talker in city.rules.contact.talkers],
        "inbound_contacts": city.rules.contact.inbound,
        "counted": reached_somebody(city.rules),
        **COUNTED_BY,
    }
