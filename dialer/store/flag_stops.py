"""Warnings that end the calls (lawyer, death, do_not_call), and the stops of cases that follow them.

Who has such a warning has each open case stopped by it, whichever list the case came with; when the warning is lifted,
what it had stopped is released, and the rules say what the case comes to then. Neither event is ever taken out of the
history, and what the city ordered, or what was paid meanwhile, ends the case all the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.person_flags import HOLDS_CALLS

KINDS = ", ".join(f"'{kind}'" for kind in HOLDS_CALLS)
LIFTED_SINCE = """
SELECT FROM case_event AS lifted
WHERE lifted.case_id = stop.case_id AND lifted.kind = 'flag_lifted'
  AND lifted.detail ->> 'flag' = stop.detail ->> 'flag' AND lifted.at >= stop.at
"""


@dataclass(frozen=True, slots=True)
class FlagStops:
    """Of the people that a question names, as `person_id`."""

    concerned: str  # cases whose stops do not follow the warnings
    stop: TextClause
    release: TextClause


def stops_of(people: str) -> FlagStops:
    missing = f"""
SELECT DISTINCT cases.id, person_flag.kind
FROM ({people}) AS people
JOIN person_flag ON person_flag.person_id = people.person_id
    AND person_flag.until IS NULL AND person_flag.kind IN ({KINDS})
JOIN cases ON cases.person_id = people.person_id AND cases.state IN ('open', 'stopped')
WHERE NOT EXISTS (
    SELECT FROM case_event AS stop
    WHERE stop.case_id = cases.id AND stop.kind = 'stop' AND stop.detail ->> 'flag' = person_flag.kind
      AND NOT EXISTS ({LIFTED_SINCE}))
"""  # noqa: S608 - texts of this program
    left_over = f"""
SELECT DISTINCT cases.id, ended.kind
FROM ({people}) AS people
JOIN person_flag AS ended ON ended.person_id = people.person_id
    AND ended.until IS NOT NULL AND ended.kind IN ({KINDS})
JOIN cases ON cases.person_id = people.person_id
JOIN case_event AS stop
    ON stop.case_id = cases.id AND stop.kind = 'stop' AND stop.detail ->> 'flag' = ended.kind
WHERE NOT EXISTS ({LIFTED_SINCE})
  AND NOT EXISTS (
      SELECT FROM person_flag AS still
      WHERE still.person_id = ended.person_id AND still.kind = ended.kind AND still.until IS NULL)
"""  # noqa: S608
    return FlagStops(
        f"SELECT id FROM ({missing}) AS missing UNION SELECT id FROM ({left_over}) AS left_over",  # noqa: S608
        _written("stop", missing),
        _written("flag_lifted", left_over),
    )


def _written(kind: str, cases: str) -> TextClause:
    return text(f"""
WITH written AS (
    INSERT INTO case_event (city, case_id, at, kind, detail, by)
    SELECT :city, wanted.id, :now, '{kind}', jsonb_build_object('flag', wanted.kind), :by
    FROM ({cases}) AS wanted ORDER BY wanted.id, wanted.kind
    ON CONFLICT DO NOTHING
    RETURNING case_id
)
UPDATE cases SET stale = true WHERE id IN (SELECT case_id FROM written) RETURNING state
""")  # noqa: S608


async def follow_flags(connection: AsyncConnection, stops: FlagStops, values: Mapping[str, object]) -> tuple[int, int]:
    """Of cases that are locked: how many open ones are stopped, and how many are released. `values`: city, by, now."""
    stopped = (await connection.execute(stops.stop, values)).scalars().all()
    released = (await connection.execute(stops.release, values)).scalars().all()
    return stopped.count("open"), len(released)
