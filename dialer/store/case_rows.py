"""What the tables have of a case that a desk shows: one question, one answer, each part of it by an index.

A desk waits for it while a telephone rings; a dozen small questions would cost a dozen times the way there and back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.values import CallId, CaseId
from dialer.store.case_events import is_uuid

HIGHEST_ID = 2**63 - 1
MOST_ATTEMPTS = 200  # of one person; older ones are in the reports

OF_CASE = "SELECT id AS case_id, person_id, CAST(NULL AS uuid) AS call_id FROM cases WHERE id = :case AND city = :city"
OF_CALL = """
SELECT cases.id AS case_id, cases.person_id, called.id AS call_id
FROM (SELECT id, city, case_id FROM attempt UNION ALL SELECT id, city, case_id FROM inbound_call) AS called
JOIN cases ON cases.id = called.case_id
WHERE called.id = CAST(:attempt AS uuid) AND called.city = :city
"""


def happened_to(case: str) -> str:
    """How many things have happened to a case: the count only grows, so an equal one means that nothing is new."""
    return f"""
(SELECT count(*) FROM case_event WHERE case_event.case_id = {case})
+ (SELECT count(*) FROM call_case JOIN attempt ON attempt.id = call_case.call_id
   WHERE call_case.case_id = {case} AND attempt.outcome IS NOT NULL)
"""  # noqa: S608 (a column's name)


PERSON = f"""
SELECT whose.case_id, {happened_to("whose.case_id")} AS happened, person.*, (
    SELECT count(*) FROM person AS other
    WHERE other.city = person.city AND other.household = person.household AND other.id <> person.id
) AS others_in_household, (SELECT at FROM left_alone WHERE left_alone.person_id = person.id) AS left_alone_at
FROM person WHERE person.id = whose.person_id
"""  # noqa: S608
CALL = """
SELECT called.*, (SELECT json_agg(case_id) FROM call_case WHERE call_case.call_id = called.id) AS cases
FROM (
    SELECT id, 'attempt' AS direction, number, 'given' AS number_given, caller_id, operator, joined_at, ended_at,
           outcome, COALESCE(placed_at, claimed_at) AS began, CAST(NULL AS smallint) AS matches
    FROM attempt
    UNION ALL
    SELECT id, 'inbound', number, number_given, dialled, operator, joined_at, ended_at, outcome, arrived_at, matches
    FROM inbound_call
) AS called
WHERE called.id = whose.call_id
"""
DEBTS = """
SELECT DISTINCT ON (cases.debt_kind_id) cases.id, cases.amount_yen, cases.items, cases.raw,
       cases.state, cases.reason, cases.round_first, cases.round_last, cases.debtor_class, debt_kind.key,
       debt_kind.name, debt_kind.department,
       cases.id = whose.case_id OR (cases.state NOT IN ('paid', 'stopped') AND cases.round_last >= :today) AS is_owed
FROM cases JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
WHERE cases.person_id = whose.person_id
ORDER BY cases.debt_kind_id, cases.id = whose.case_id DESC, cases.round_first DESC
"""
"""Of each debt kind the newest round, of its own the case itself. What an earlier list asked for is not added up."""

NUMBERS = "SELECT * FROM phone_number WHERE person_id = whose.person_id ORDER BY position, id"
ATTEMPTS = """
SELECT called.*, debt_kind.name AS debt, talk.detail AS talk, talk.by AS talk_by, record.result, record.name AS told,
       record.number AS records, record.note, recording.file IS NOT NULL AS has_recording
FROM (
    SELECT DISTINCT ON (attempt.claimed_at, attempt.id) attempt.id, attempt.number, attempt.outcome, attempt.slot,
           attempt.account, attempt.operator, attempt.claimed_at, attempt.evidence ->> 'message_left' AS message_left,
           COALESCE(attempt.placed_at, attempt.claimed_at) AS at, cases.id AS case_id, cases.debt_kind_id,
           bool_or(cases.id = whose.case_id) OVER (PARTITION BY attempt.id) AS of_this_case
    FROM cases
    JOIN call_case ON call_case.case_id = cases.id
    JOIN attempt ON attempt.id = call_case.call_id
    WHERE cases.person_id = whose.person_id AND attempt.outcome IS NOT NULL
    ORDER BY attempt.claimed_at DESC, attempt.id, cases.id = whose.case_id DESC
    LIMIT :most
) AS called
JOIN debt_kind ON debt_kind.id = called.debt_kind_id
LEFT JOIN LATERAL (
    SELECT detail, by FROM case_event
    WHERE case_event.case_id = called.case_id AND case_event.kind = 'talk' AND case_event.call_id = called.id
    ORDER BY case_event.id DESC LIMIT 1
) AS talk ON called.outcome = 'talked'
LEFT JOIN LATERAL (
    SELECT result, name, number, note FROM talk_record
    WHERE talk_record.call_id = called.id ORDER BY number DESC LIMIT 1
) AS record ON called.outcome = 'talked'
LEFT JOIN recording ON recording.call_id = called.id
ORDER BY called.claimed_at, called.id
"""
CALLERS = """
SELECT called.*, debt_kind.name AS debt, talk.detail AS talk, talk.by AS talk_by, record.result,
       record.number AS records, record.note, inquiry.name AS inquiry, recording.file IS NOT NULL AS has_recording
FROM (
    SELECT DISTINCT ON (inbound_call.arrived_at, inbound_call.id) inbound_call.id, inbound_call.number,
           inbound_call.outcome, inbound_call.account, inbound_call.operator, inbound_call.arrived_at AS at,
           cases.id AS case_id, cases.debt_kind_id,
           bool_or(cases.id = whose.case_id) OVER (PARTITION BY inbound_call.id) AS of_this_case
    FROM cases
    JOIN call_case ON call_case.case_id = cases.id
    JOIN inbound_call ON inbound_call.id = call_case.call_id
    WHERE cases.person_id = whose.person_id AND inbound_call.outcome IS NOT NULL
    ORDER BY inbound_call.arrived_at DESC, inbound_call.id, cases.id = whose.case_id DESC
    LIMIT :most
) AS called
JOIN debt_kind ON debt_kind.id = called.debt_kind_id
LEFT JOIN LATERAL (
    SELECT detail, by FROM case_event
    WHERE case_event.case_id = called.case_id AND case_event.kind = 'callback' AND case_event.call_id = called.id
    ORDER BY case_event.id DESC LIMIT 1
) AS talk ON called.outcome = 'talked'
LEFT JOIN LATERAL (
    SELECT result, number, note FROM talk_record
    WHERE talk_record.call_id = called.id ORDER BY number DESC LIMIT 1
) AS record ON called.outcome = 'talked'
LEFT JOIN LATERAL (
    SELECT name FROM inquiry WHERE inquiry.call_id = called.id ORDER BY number DESC LIMIT 1
) AS inquiry ON called.outcome = 'talked'
LEFT JOIN recording ON recording.call_id = called.id
ORDER BY called.at, called.id
"""
"""Who called us and was taken for this person."""

EVENTS = """
SELECT case_event.kind, case_event.at, case_event.detail, case_event.by, case_event.case_id, debt_kind.name AS debt
FROM cases
JOIN case_event ON case_event.case_id = cases.id
JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
WHERE cases.person_id = whose.person_id AND case_event.call_id IS NULL
ORDER BY case_event.id
"""
FLAGS = """
SELECT kind, note, by, since FROM person_flag
WHERE person_id = whose.person_id AND until IS NULL ORDER BY since, id
"""
RECORDS = "SELECT * FROM talk_record WHERE call_id = whose.call_id ORDER BY number"
PARTS = {
    "person": PERSON,
    "call": CALL,
    "debts": DEBTS,
    "numbers": NUMBERS,
    "attempts": ATTEMPTS,
    "callers": CALLERS,
    "events": EVENTS,
    "flags": FLAGS,
    "records": RECORDS,
}


def _question(whose: str) -> Any:
    told = (f"(SELECT json_agg(one) FROM ({part}) AS one) AS {name}" for name, part in PARTS.items())  # noqa: S608
    return text(f"SELECT {chr(44).join(told)} FROM ({whose}) AS whose")  # noqa: S608 (texts of this file)


ABOUT_CASE, ABOUT_CALL = _question(OF_CASE), _question(OF_CALL)


@dataclass(frozen=True, slots=True)
class CaseRows:
    person: Any
    call: Any | None
    debts: list[Any]
    numbers: list[Any]
    attempts: list[Any]
    callers: list[Any]
    events: list[Any]
    flags: list[Any]
    records: list[Any]


async def case_rows(
    connection: AsyncConnection, city: str, today: date, *, case: CaseId | None = None, attempt: CallId | None = None
) -> CaseRows | None:
    """None when the city has no such case, or no such call."""
    if case is not None and attempt is not None:
        raise ValueError("a view is of a case or of a call, not of both")
    if (attempt is not None and not is_uuid(attempt)) or (case or 0) > HIGHEST_ID:
        return None
    question = ABOUT_CASE if attempt is None else ABOUT_CALL
    of = {"city": city, "today": today, "most": MOST_ATTEMPTS}
    of |= {"case": case} if attempt is None else {"attempt": attempt}
    found = (await connection.execute(question, of)).one_or_none()
    if found is None:
        return None
    parts = {name: [_row(one) for one in getattr(found, name) or ()] for name in PARTS}
    (person,), call = parts.pop("person"), parts.pop("call")
    return CaseRows(person, call[0] if call else None, **parts)


READ: Mapping[str, Callable[[str], object]] = {
    **dict.fromkeys(
        ("at", "since", "began", "joined_at", "ended_at", "appointment_at", "left_alone_at"), datetime.fromisoformat
    ),
    **dict.fromkeys(("round_first", "round_last", "obtained_on", "promise_day"), date.fromisoformat),
}
"""What JSON has no type for."""


def _row(values: Mapping[str, Any]) -> Any:
    return SimpleNamespace(
        **{name: READ[name](value) if value and name in READ else value for name, value in values.items()}
    )
