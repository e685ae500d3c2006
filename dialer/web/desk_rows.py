"""What the desk asks of the tables beside the views of cases: its own talks, what may be found, who may enter what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.day_figures import midnight_before
from dialer.core.values import CASE_STATE_NAMES, TOKYO, CallId, CaseId, CaseState
from dialer.store.case_events import is_uuid

CONFIRMED = "identity_confirmed"
CONFIRMED_CASE = "identity_case"  # as whose person the talker was confirmed: a caller may turn out to be another one
OF_THE_GATE = (CONFIRMED, CONFIRMED_CASE)
RECENT = 5
MOST_FOUND = 20

TALKED = """
SELECT id, case_id, ended_at, claimed_at AS began
FROM attempt WHERE city = :city AND account = :account AND outcome = 'talked' AND claimed_at >= :midnight
UNION ALL
SELECT id, case_id, ended_at, arrived_at
FROM inbound_call WHERE city = :city AND account = :account AND outcome = 'talked' AND arrived_at >= :midnight
"""
TODAY = text(f"""
SELECT count(*) AS calls, count(*) FILTER (
    WHERE EXISTS (SELECT FROM talk_record WHERE talk_record.call_id = called.id)
       OR EXISTS (SELECT FROM inquiry WHERE inquiry.call_id = called.id)) AS talks
FROM ({TALKED}) AS called
""")  # noqa: S608 (texts of this file)
RECENTLY = text(f"""
SELECT called.id, called.ended_at, person.name, COALESCE(record.name, inquiry.name) AS result
FROM ({TALKED}) AS called
LEFT JOIN LATERAL (
    SELECT name FROM talk_record WHERE talk_record.call_id = called.id ORDER BY number DESC LIMIT 1
) AS record ON true
LEFT JOIN LATERAL (
    SELECT name FROM inquiry WHERE inquiry.call_id = called.id ORDER BY number DESC LIMIT 1
) AS inquiry ON true
LEFT JOIN cases ON cases.id = called.case_id
LEFT JOIN person ON person.id = cases.person_id
WHERE COALESCE(record.name, inquiry.name) IS NOT NULL
ORDER BY called.began DESC LIMIT :most
""")  # noqa: S608
WHOSE = text("""
SELECT COALESCE(duty.account, called.account) AS account
FROM (
    SELECT id, account FROM attempt WHERE id = CAST(:attempt AS uuid) AND city = :city
    UNION ALL
    SELECT id, account FROM inbound_call WHERE id = CAST(:attempt AS uuid) AND city = :city
) AS called
LEFT JOIN LATERAL (
    SELECT account FROM result_duty WHERE call_id = called.id ORDER BY id DESC LIMIT 1
) AS duty ON true
""")
LAST_RECORD = text("""
SELECT result, talker, relation, identity_confirmed, identity_how, promise_day, promise_yen, promise_way,
       appointment_at, new_number, department, note, steps, by, name
FROM talk_record WHERE call_id = CAST(:attempt AS uuid) AND city = :city ORDER BY number DESC LIMIT 1
""")
LAST_INQUIRY = text("""
SELECT category, note FROM inquiry WHERE call_id = CAST(:attempt AS uuid) AND city = :city ORDER BY number DESC LIMIT 1
""")
ONE_DRAFT_AT_A_TIME = text("SELECT pg_advisory_xact_lock(:kind, hashtext(:draft))")
LOCKS_OF_DRAFTS = 0x6472
DROP_DRAFT = text("""
DELETE FROM desk_draft WHERE call_id = CAST(:attempt AS uuid) AND by = :by AND city = :city
""")
SEARCH = text("""
SELECT cases.id, person.name, person.kana, person.address_key, debt_kind.name AS debt, cases.state
FROM person
JOIN cases ON cases.person_id = person.id
JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
WHERE person.city = :city AND (
    person.address_key = :words
    OR starts_with(replace(replace(person.name, ' ', ''), '　', ''), :plain)
    OR starts_with(replace(replace(person.kana, ' ', ''), '　', ''), :plain)
    OR person.id IN (SELECT person_id FROM phone_number WHERE city = :city AND number = :digits))
ORDER BY cases.state <> 'open', person.kana, cases.round_last DESC, cases.id LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class OwnTalks:
    """Of one account, today."""

    calls: int = 0
    talks: int = 0
    recent: tuple[dict[str, object], ...] = field(default=(), repr=False)


async def own_talks(connection: AsyncConnection, city: str, account: str, now: datetime) -> OwnTalks:
    midnight = midnight_before(now)
    of = {"city": city, "account": account, "midnight": midnight}
    counted = (await connection.execute(TODAY, of)).one()
    recent = await connection.execute(RECENTLY, {**of, "most": RECENT})
    return OwnTalks(
        counted.calls,
        counted.talks,
        tuple(
            {"attempt": str(row.id), "ended_at": in_tokyo(row.ended_at), "name": row.name or "", "result": row.result}
            for row in recent
        ),
    )


async def is_own(connection: AsyncConnection, city: str, attempt: CallId, account: str) -> bool | None:
    """None when the city has no such call."""
    if not is_uuid(attempt):
        return None
    row = (await connection.execute(WHOSE, {"city": city, "attempt": attempt})).one_or_none()
    return None if row is None else row.account == account


async def last_record(connection: AsyncConnection, city: str, attempt: CallId) -> Any:
    """The result that counts, as it was entered; None while there is none."""
    return (await connection.execute(LAST_RECORD, {"city": city, "attempt": attempt})).one_or_none()


async def last_inquiry(connection: AsyncConnection, city: str, call: CallId) -> Any:
    return (await connection.execute(LAST_INQUIRY, {"city": city, "attempt": call})).one_or_none()


def confirmed_for(draft: Mapping[str, object], case: CaseId | int) -> bool:
    """Whether amounts of this case may be shown."""
    return draft.get(CONFIRMED) is True and draft.get(CONFIRMED_CASE, case) == case


def as_draft(record: Any) -> dict[str, object]:
    """What is corrected begins as it was."""
    return {
        "result": record.result,
        "talker": record.talker,
        "relation": record.relation,
        "identity_confirmed": record.identity_confirmed,
        "identity_how": record.identity_how,
        "promise_day": record.promise_day and record.promise_day.isoformat(),
        "promise_yen": record.promise_yen,
        "promise_way": record.promise_way,
        "appointment_at": record.appointment_at and record.appointment_at.astimezone(TOKYO).isoformat()[:19],
        "new_number": record.new_number,
        "department": record.department,
        "note": record.note,
        "steps": list(record.steps),
    }


async def one_at_a_time(connection: AsyncConnection, attempt: CallId, by: str) -> None:
    """What is typed and what is confirmed go into one draft, and may come together."""
    await connection.execute(ONE_DRAFT_AT_A_TIME, {"kind": LOCKS_OF_DRAFTS, "draft": f"{attempt} {by}"})


async def drop_draft(connection: AsyncConnection, city: str, attempt: CallId, by: str) -> None:
    await connection.execute(DROP_DRAFT, {"city": city, "attempt": attempt, "by": by})


async def found_cases(
    connection: AsyncConnection, city: str, words: str, digits: str
) -> tuple[Sequence[Mapping[str, object]], bool]:
    """By the beginning of a name, or the whole of a number; whether there are more."""
    plain = words.replace(" ", "").replace("　", "")
    asked = {"city": city, "words": words, "plain": plain, "digits": digits, "most": MOST_FOUND + 1}
    rows = list(await connection.execute(SEARCH, asked))
    found = [
        {
            "case": row.id,
            "name": row.name,
            "kana": row.kana,
            "address_key": row.address_key,
            "debt": row.debt,
            "state": CASE_STATE_NAMES[CaseState(row.state)],
        }
        for row in rows[:MOST_FOUND]
    ]
    return found, len(rows) > MOST_FOUND


def in_tokyo(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(TOKYO).isoformat(timespec="milliseconds")
