"""Numbers that are not the person's: a talk found another household there, or a number was taken down wrongly.

Of that person only: for whose home it is, the number is good. A correction of the talk gives the number back.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.values import CallId, Outcome
from dialer.store.json_text import json_text

BURY = text("""
UPDATE phone_number
SET state = CASE WHEN meant.other_home THEN 'dead' ELSE 'open' END, other_home = meant.other_home
FROM (
    SELECT DISTINCT cases.person_id, called.number, said.attempt, said.other_home
    FROM jsonb_to_recordset(CAST(:said AS jsonb)) AS said(attempt uuid, other_home boolean)
    JOIN (SELECT id, number FROM attempt UNION ALL SELECT id, number FROM inbound_call) AS called
        ON called.id = said.attempt
    JOIN call_case ON call_case.call_id = called.id
    JOIN cases ON cases.id = call_case.case_id
    WHERE said.other_home OR EXISTS ( -- it said so before, and is corrected
        SELECT FROM case_event
        WHERE case_event.case_id = cases.id AND case_event.call_id = called.id
          AND case_event.detail ->> 'other_home' = 'true')
) AS meant
WHERE phone_number.person_id = meant.person_id AND phone_number.number = meant.number
  AND CASE WHEN meant.other_home THEN phone_number.state = 'open'
      ELSE phone_number.other_home AND NOT EXISTS (
          SELECT FROM cases AS theirs
          JOIN call_case AS theirs_too ON theirs_too.case_id = theirs.id
          JOIN (SELECT id, number, outcome FROM attempt UNION ALL SELECT id, number, outcome FROM inbound_call) AS other
              ON other.id = theirs_too.call_id
          WHERE theirs.person_id = meant.person_id AND other.number = meant.number AND other.id <> meant.attempt
            AND (other.outcome = ANY(CAST(:dead AS text[])) OR EXISTS (
                SELECT FROM case_event
                WHERE case_event.case_id = theirs.id AND case_event.call_id = other.id
                  AND case_event.detail ->> 'other_home' = 'true'))) END
""")
DEAD_LINES = (Outcome.FAX, Outcome.NOT_IN_USE, Outcome.NUMBER_CHANGED, Outcome.INVALID_NUMBER)

TAKE_BACK = text("""
UPDATE phone_number
SET state = CASE WHEN phone_number.number = meant.told THEN 'open' ELSE 'dead' END,
    other_home = phone_number.number IS DISTINCT FROM meant.told
FROM (
    SELECT DISTINCT cases.person_id, said.attempt, said.told, before.heard
    FROM jsonb_to_recordset(CAST(:said AS jsonb)) AS said(attempt uuid, told text)
    JOIN call_case ON call_case.call_id = said.attempt
    JOIN cases ON cases.id = call_case.case_id
    CROSS JOIN LATERAL (
        SELECT DISTINCT replace(detail ->> 'new_number', '-', '') AS heard FROM case_event
        WHERE case_event.case_id = cases.id AND case_event.call_id = said.attempt
    ) AS before
    WHERE before.heard IS NOT NULL
) AS meant
WHERE phone_number.person_id = meant.person_id AND phone_number.number = meant.heard
  AND phone_number.source = 'person'
  AND CASE WHEN phone_number.number = meant.told THEN phone_number.other_home
      ELSE phone_number.state = 'open' AND NOT EXISTS (
          SELECT FROM cases AS theirs
          JOIN case_event AS elsewhere ON elsewhere.case_id = theirs.id
          WHERE theirs.person_id = meant.person_id AND elsewhere.kind IN ('talk', 'callback')
            AND elsewhere.call_id IS DISTINCT FROM meant.attempt
            AND replace(elsewhere.detail ->> 'new_number', '-', '') = meant.heard) END
""")
"""A number that an earlier entry of the same talk had, and this one has not: nobody else ever named it."""


@dataclass(frozen=True, slots=True)
class TalkOfNumbers:
    """What the newest entry of a talk says about numbers."""

    attempt: CallId
    other_home: bool
    told: str | None  # a new number, in digits


async def mark_numbers(connection: AsyncConnection, talks: Sequence[TalkOfNumbers]) -> None:
    """Before the talks themselves are written."""
    if not talks:
        return
    said = json_text([asdict(talk) for talk in talks])
    await connection.execute(BURY, {"said": said, "dead": [outcome.value for outcome in DEAD_LINES]})
    await connection.execute(TAKE_BACK, {"said": said})
