"""How people who called were served: what came in, who was answered after how long, who gave up (K-1, K-2, A-05)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.callers import NOT_COUNTED_WITHIN, InboundOutcome, Route

IN_SERVICE = (Route.WAITING, Route.FULL)
"""Calls in the hours (A-05): whoever calls outside them is counted apart."""

IN_HOURS = "route = ANY(CAST(:in_service AS text[]))"
WAS_ANSWERED = "outcome = 'talked'"
GAVE_UP = "outcome = 'abandoned'"
GAVE_UP_AT_ONCE = f"{GAVE_UP} AND COALESCE(joined_at, ended_at) - arrived_at <= :not_counted"
"""Of an ended call that came in; with the values of `COUNTED_BY`."""

COUNTED_BY = {"in_service": [route.value for route in IN_SERVICE], "not_counted": NOT_COUNTED_WITHIN}

COUNTS = text(f"""
WITH called AS (
    SELECT outcome, {IN_HOURS} AS in_hours, {GAVE_UP_AT_ONCE} AS gave_up_at_once,
           {WAS_ANSWERED} AS answered, joined_at - arrived_at AS waited
    FROM inbound_call
    WHERE city = :city AND arrived_at >= :since AND arrived_at < :until AND outcome IS NOT NULL AND NOT is_test
)
SELECT count(*) AS arrivals,
       count(*) FILTER (WHERE in_hours) AS in_hours,
       count(*) FILTER (WHERE in_hours AND answered) AS answered,
       count(*) FILTER (WHERE in_hours AND gave_up_at_once) AS abandoned_at_once,
       count(*) FILTER (WHERE in_hours AND {GAVE_UP} AND NOT gave_up_at_once) AS abandoned_later,
       avg(waited) FILTER (WHERE in_hours AND answered) AS wait_mean,
       max(waited) FILTER (WHERE in_hours AND answered) AS wait_longest
FROM called
""")  # noqa: S608 - words of this program
OUTCOMES = text("""
SELECT outcome, count(*) AS calls
FROM inbound_call
WHERE city = :city AND arrived_at >= :since AND arrived_at < :until AND outcome IS NOT NULL AND NOT is_test
GROUP BY outcome
""")
BY_GROUP = text(f"""
SELECT group_key, count(*) FILTER (WHERE {WAS_ANSWERED}) AS answered,
       count(*) FILTER (WHERE NOT ({GAVE_UP_AT_ONCE})) AS total
FROM inbound_call
WHERE city = :city AND arrived_at >= :since AND arrived_at < :until AND outcome IS NOT NULL AND NOT is_test
  AND {IN_HOURS}
GROUP BY group_key
""")  # noqa: S608 - words of this program
TESTS = text("""
SELECT count(*) FROM inbound_call WHERE city = :city AND arrived_at >= :since AND arrived_at < :until AND is_test
""")
CHOICES = text("""
SELECT call_event.detail ->> 'item' AS item, count(*) AS chosen
FROM inbound_call
JOIN call_event ON call_event.call_id = inbound_call.id AND call_event.kind = 'menu_chose'
WHERE inbound_call.city = :city AND inbound_call.arrived_at >= :since AND inbound_call.arrived_at < :until
  AND NOT inbound_call.is_test AND call_event.detail ->> 'item' IS NOT NULL
GROUP BY 1 ORDER BY 1
""")


@dataclass(frozen=True, slots=True)
class InboundFigures:
    """Of calls that have ended; test calls are left out but for their number (T-036)."""

    arrivals: int  # whenever they came
    in_hours: int
    answered: int  # this and all that follows: in hours
    abandoned_at_once: int  # within five seconds, exactly five included: in no total
    abandoned_later: int
    wait_mean: timedelta | None  # of those answered, from the arrival to the operator
    wait_longest: timedelta | None
    by_outcome: Mapping[InboundOutcome, int] = field(default_factory=dict)  # of all arrivals
    menu: Mapping[str, int] = field(default_factory=dict)  # choices, by item
    tests: int = 0

    @property
    def total(self) -> int:
        """電話着信総数, K-2."""
        return self.in_hours - self.abandoned_at_once

    @property
    def answer_rate(self) -> float | None:
        """応答率, K-1; none while nobody has called."""
        return self.answered / self.total if self.total else None


async def answered_by_group(
    connection: AsyncConnection, city: str, since: datetime, until: datetime
) -> Mapping[str, tuple[int, int]]:
    """Answered, and all that count (K-1), by the group of the number that was called."""
    rows = await connection.execute(BY_GROUP, {"city": city, "since": since, "until": until, **COUNTED_BY})
    return {row.group_key: (row.answered, row.total) for row in rows}


async def inbound_figures(connection: AsyncConnection, city: str, since: datetime, until: datetime) -> InboundFigures:
    """Of calls that arrived from the one moment to before the other."""
    of = {"city": city, "since": since, "until": until}
    counted = (await connection.execute(COUNTS, {**of, **COUNTED_BY})).one()
    outcomes = {InboundOutcome(row.outcome): row.calls for row in await connection.execute(OUTCOMES, of)}
    menu = {row.item: row.chosen for row in await connection.execute(CHOICES, of)}
    tests = int((await connection.execute(TESTS, of)).scalar_one())
    return InboundFigures(
        counted.arrivals,
        counted.in_hours,
        counted.answered,
        counted.abandoned_at_once,
        counted.abandoned_later,
        counted.wait_mean,
        counted.wait_longest,
        outcomes,
        menu,
        tests,
    )
