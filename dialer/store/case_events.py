"""What happens to cases besides calls: talks, callbacks, stops, payments, decisions of people. Appended, never changed.

The case is only marked: whoever leads the city decides it anew within a second (`PostgresStore.plan`).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.rules.happenings import PreviousRound
from dialer.core.rules.reading import Problems, happening_from, talk_from
from dialer.core.values import CallId, CaseId
from dialer.store import queries
from dialer.store.decisions import mark
from dialer.store.json_text import json_text
from dialer.store.words import EventKind
from dialer.store.wrong_homes import TalkOfNumbers, mark_numbers

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One happening. What was said is of a call and of every case that it was for; all else is of one case."""

    kind: EventKind
    at: datetime  # of a talk: when its result was entered; a later entry for the same call corrects it
    case: CaseId | None = None
    attempt: CallId | None = None  # of a talk; also of a callback that was entered at a desk
    detail: Json = field(default_factory=dict, repr=False)  # the words of `rules replay`
    by: str | None = None  # a user's id

    def __post_init__(self) -> None:
        of_a_call = self.attempt is not None
        may_be = self.kind is EventKind.TALK if of_a_call else self.kind is not EventKind.TALK
        may_be = may_be or (of_a_call and self.kind is EventKind.CALLBACK)
        if not may_be or of_a_call == (self.case is not None):
            raise ValueError(f"{self.kind} needs its {'attempt' if self.kind is EventKind.TALK else 'case'}, only that")


class NotRecorded(Exception):
    """Nothing was written. One line for each event that cannot be: which, where, how to mend it."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = tuple(lines)


OF_CALLS = text("""
SELECT call_case.call_id, call_case.case_id, CASE call.kind WHEN 'attempt' THEN 'talk' ELSE 'callback' END AS kind,
       COALESCE(attempt.placed_at, attempt.claimed_at, inbound_call.arrived_at) AS at
FROM call_case
JOIN call ON call.id = call_case.call_id
LEFT JOIN attempt ON attempt.id = call.id
LEFT JOIN inbound_call ON inbound_call.id = call.id
WHERE call.city = :city AND call.id = ANY(CAST(:calls AS uuid[]))
  AND COALESCE(attempt.outcome, inbound_call.outcome, 'talked') = 'talked'
ORDER BY call_case.case_id
""")
OF_CASES = text("""
SELECT cases.id, (SELECT count(*) FROM phone_number WHERE phone_number.person_id = cases.person_id) AS numbers
FROM cases WHERE city = :city AND id = ANY(:cases)
""")
APPEND = text("""
INSERT INTO case_event (city, case_id, at, kind, call_id, detail, by)
SELECT :city, said.case_id, said.at, said.kind, said.call_id, said.detail, said.by
FROM ROWS FROM (
    jsonb_to_recordset(CAST(:events AS jsonb))
        AS (case_id bigint, at timestamptz, kind text, call_id uuid, detail jsonb, by text)
) WITH ORDINALITY AS said(case_id, at, kind, call_id, detail, by, place)
ORDER BY said.place
ON CONFLICT DO NOTHING
""")
LEARN_NUMBERS = text("""
INSERT INTO phone_number (city, person_id, number, position, state, source, obtained_on)
SELECT DISTINCT ON (cases.person_id, said.number) cases.city, cases.person_id, said.number,
       (SELECT COALESCE(max(position), 0) + 1 FROM phone_number WHERE phone_number.person_id = cases.person_id),
       CASE WHEN EXISTS (
           SELECT FROM phone_number AS known
           WHERE known.city = cases.city AND known.number = said.number AND known.state = 'dead'
             AND NOT known.other_home
       ) THEN 'dead' ELSE 'open' END,
       'person', CAST(said.at AT TIME ZONE 'Asia/Tokyo' AS date)
FROM jsonb_to_recordset(CAST(:learned AS jsonb)) AS said(case_id bigint, number text, at timestamptz)
JOIN cases ON cases.id = said.case_id
ORDER BY cases.person_id, said.number, said.at
ON CONFLICT (person_id, number) DO NOTHING
""")
OPEN_OF_THE_SAME_PERSONS = text("""
SELECT id FROM cases WHERE state = 'open' AND person_id IN (SELECT person_id FROM cases WHERE id = ANY(:cases))
""")


@dataclass(frozen=True, slots=True)
class _Of:
    """A case that an event is for, and what the event is judged by."""

    case: int
    at: datetime  # when it happened: of a talk, when the call began
    kind: EventKind | None = None  # what can have happened in this call
    numbers: int | None = None  # so many the person has


async def record(connection: AsyncConnection, city: str, events: Sequence[CaseEvent]) -> None:
    """All of them or none."""
    concerned = await _concerned(connection, city, events)
    appended: list[tuple[CaseEvent, int]] = []
    wrong: list[str] = []
    for place, event in enumerate(events):
        found = concerned.get(event.attempt or event.case, [])
        cases = [of for of in found if of.kind in (None, event.kind)]
        lines = _problems(event, cases[0]) if cases else (_unknown(event, city),)
        wrong += [f"events[{place}].{line}" for line in lines]
        appended += [(event, of.case) for of in cases]
    if wrong:
        raise NotRecorded(wrong)
    rows = [_row(event, case) for event, case in appended]
    await mark_numbers(connection, [_of_numbers(event, event.attempt) for event in events if event.attempt is not None])
    await connection.execute(APPEND, {"city": city, "events": json_text(rows)})
    calls = [event.attempt for event in events if event.kind is EventKind.CALLBACK and event.attempt is not None]
    if calls:
        await connection.execute(queries.NOTED, {"calls": calls})
    await _learn(connection, appended)
    to_decide = {case for _, case in appended} | await _others_of_who_spoke(connection, appended)
    await mark(connection, to_decide)


async def _concerned(
    connection: AsyncConnection, city: str, events: Sequence[CaseEvent]
) -> dict[CallId | CaseId | None, list[_Of]]:
    calls = [event.attempt for event in events if event.attempt is not None and is_uuid(event.attempt)]
    named = {event.case: event.at for event in events if event.case is not None}
    found: dict[CallId | CaseId | None, list[_Of]] = defaultdict(list)
    for row in await connection.execute(OF_CALLS, {"city": city, "calls": calls}):
        found[CallId(str(row.call_id))].append(_Of(row.case_id, row.at, EventKind(row.kind)))
    for row in await connection.execute(OF_CASES, {"city": city, "cases": list(named)}):
        found[CaseId(row.id)].append(_Of(row.id, named[CaseId(row.id)], numbers=row.numbers))
    return found


async def _others_of_who_spoke(connection: AsyncConnection, appended: Sequence[tuple[CaseEvent, int]]) -> set[int]:
    """A number or a promise that somebody told us concerns all cases of the person."""
    cases = [case for event, case in appended if event.kind in (EventKind.TALK, EventKind.CALLBACK)]
    return set((await connection.execute(OPEN_OF_THE_SAME_PERSONS, {"cases": cases})).scalars()) if cases else set()


async def _learn(connection: AsyncConnection, appended: Sequence[tuple[CaseEvent, int]]) -> None:
    learned = [
        {"case_id": case, "number": told.replace("-", ""), "at": event.at}
        for event, case in appended
        if isinstance(told := event.detail.get("new_number"), str)
    ]
    if learned:
        await connection.execute(LEARN_NUMBERS, {"learned": json_text(learned)})


def _of_numbers(event: CaseEvent, attempt: CallId) -> TalkOfNumbers:
    told = event.detail.get("new_number")
    digits = told.replace("-", "") if isinstance(told, str) else None
    return TalkOfNumbers(attempt, bool(event.detail.get("other_home")), digits)


def _row(event: CaseEvent, case: int) -> dict[str, object]:
    return {
        "case_id": case,
        "at": event.at,
        "kind": event.kind,
        "call_id": event.attempt,
        "detail": event.detail,
        "by": event.by,
    }


def _problems(event: CaseEvent, of: _Of) -> Sequence[str]:
    if event.kind is EventKind.TALK:
        talk = talk_from(of.at, event.detail)
        return talk.lines if isinstance(talk, Problems) else ()
    found = happening_from(event.kind.value, of.at, event.detail)
    if isinstance(found, Problems):
        return found.lines
    if isinstance(found, PreviousRound) and of.numbers is not None and found.number >= of.numbers:
        return (f"number: {found.number} 番の電話番号はありません（{of.numbers} 件）",)
    return ()


def _unknown(event: CaseEvent, city: str) -> str:
    if event.attempt is not None:
        return f"attempt: {city} にこの架電はないか、通話に終わっていません（{event.attempt}）"
    return f"case: {city} に案件 {event.case} はありません"


def is_uuid(word: str) -> bool:
    """As Postgres writes one; UUID() reads braces and prefixes too, which it does not."""
    try:
        return str(UUID(word)) == word
    except ValueError:
        return False
