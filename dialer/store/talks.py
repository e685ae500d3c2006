"""Results of talks: entered, corrected, still missing; and what was typed so far, kept on the server (D-026).

A result is two rows in one transaction: the record of what the operator entered, and the event that the rules go by. Of
several the last counts; none is ever changed. Whoever saves says how many he has seen, so that two cannot write over
each other.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.decide import Rulebook
from dialer.core.rules.happenings import Round
from dialer.core.talk_entry import Circumstances, JudgeNumber, Resolved
from dialer.core.values import TOKYO, CallId, CaseId, Outcome, PhoneNumber
from dialer.store import case_events
from dialer.store.case_events import CaseEvent, is_uuid
from dialer.store.database import Database
from dialer.store.json_text import json_text
from dialer.store.words import CallKind, EventKind

DRAFT_LONGEST = 64_000  # characters of JSON
UNTYPED = re.compile(r"(?<!\\)(?:\\\\)*\\u0000|[\ud800-\udfff]")  # what no database keeps
UNFINISHED_SINCE = timedelta(days=35)  # a month's report closes by then

HOLD_ATTEMPT = text("""
SELECT operator, outcome, case_id FROM attempt WHERE id = CAST(:attempt AS uuid) AND city = :city FOR NO KEY UPDATE
""")
HOLD_INBOUND = text("""
SELECT operator, outcome, case_id FROM inbound_call WHERE id = CAST(:attempt AS uuid) AND city = :city
FOR NO KEY UPDATE
""")
LAST = text("""
SELECT number, by, result, detail, note, why, steps, relation, identity_how, promise_way, department
FROM talk_record WHERE call_id = CAST(:attempt AS uuid) ORDER BY number DESC LIMIT 1
""")
ADD = text("""
INSERT INTO talk_record (
    city, call_id, number, by, at, phone, result, name, talker, relation, identity_confirmed, identity_how,
    script_key, script_version, steps, promise_day, promise_yen, promise_way, appointment_at, new_number, department,
    detail, note, why)
VALUES (
    :city, CAST(:attempt AS uuid), :number, :by, :at, :phone, :result, :name, :talker, :relation, :identity_confirmed,
    :identity_how, :script_key, :script_version, :steps, :promise_day, :promise_yen, :promise_way, :appointment_at,
    :new_number, :department, CAST(:detail AS jsonb), :note, :why)
""")
DROP_DRAFT = text("DELETE FROM desk_draft WHERE call_id = CAST(:attempt AS uuid) AND by = :by AND city = :city")
KEEP_DRAFT = text("""
INSERT INTO desk_draft (city, call_id, by, content, at)
SELECT city, id, :by, CAST(:content AS jsonb), :at FROM call WHERE id = CAST(:attempt AS uuid) AND city = :city
ON CONFLICT (call_id, by) DO UPDATE SET content = excluded.content, at = excluded.at
""")
DRAFT = text("""
SELECT content FROM desk_draft WHERE call_id = CAST(:attempt AS uuid) AND by = :by AND city = :city
UNION ALL
SELECT begun.content FROM (
    SELECT draft.content - ARRAY['identity_confirmed', 'identity_case', 'identity_how'] AS content
    FROM call_event AS passed
    JOIN desk_draft AS draft ON draft.call_id = passed.call_id AND draft.by = passed.detail ->> 'by'
    WHERE passed.call_id = CAST(:attempt AS uuid) AND passed.city = :city AND passed.kind = 'pass_ordered'
      AND :by = (
          SELECT last.detail ->> 'to' FROM call_event AS last
          WHERE last.call_id = passed.call_id AND last.kind = 'pass_ordered' ORDER BY last.id DESC LIMIT 1)
    ORDER BY passed.id DESC LIMIT 1
) AS begun
LIMIT 1
""")
UNFINISHED = text("""
WITH duty AS (
    SELECT DISTINCT ON (call_id) call_id, account FROM result_duty
    WHERE city = :city AND at >= :since ORDER BY call_id, id DESC
), called AS (
    SELECT id, 'attempt' AS direction, case_id, joined_at, ended_at, operator
    FROM attempt
    WHERE city = :city AND account = :account AND claimed_at >= :since AND outcome = 'talked'
      AND NOT EXISTS (
          SELECT FROM case_event
          WHERE case_event.case_id = attempt.case_id AND case_event.kind = 'talk' AND case_event.call_id = attempt.id)
      AND NOT EXISTS (SELECT FROM result_duty WHERE result_duty.call_id = attempt.id)
    UNION ALL
    SELECT id, 'inbound', case_id, joined_at, ended_at, operator
    FROM inbound_call
    WHERE city = :city AND account = :account AND arrived_at >= :since AND outcome = 'talked' AND NOT noted
      AND NOT EXISTS (SELECT FROM result_duty WHERE result_duty.call_id = inbound_call.id)
    UNION ALL -- what a supervisor has given to this operator: of some calls, and rarely
    SELECT attempt.id, 'attempt', case_id, joined_at, ended_at, operator
    FROM attempt JOIN duty ON duty.call_id = attempt.id
    WHERE duty.account = :account AND outcome = 'talked'
      AND NOT EXISTS (
          SELECT FROM case_event
          WHERE case_event.case_id = attempt.case_id AND case_event.kind = 'talk' AND case_event.call_id = attempt.id)
    UNION ALL
    SELECT inbound_call.id, 'inbound', case_id, joined_at, ended_at, operator
    FROM inbound_call JOIN duty ON duty.call_id = inbound_call.id
    WHERE duty.account = :account AND outcome = 'talked' AND NOT noted
)
SELECT called.*, person.name, person.kana, debt_kind.name AS debt
FROM called
LEFT JOIN cases ON cases.id = called.case_id
LEFT JOIN person ON person.id = cases.person_id
LEFT JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
ORDER BY called.ended_at, called.id
""")
CIRCUMSTANCES = text("""
SELECT debt_kind.key AS debt, cases.round_first, cases.round_last, called.number, called.began,
       EXISTS (SELECT FROM talk_record WHERE talk_record.call_id = called.id) AS has_result,
       (SELECT COALESCE(sum(owed.amount_yen), 0) FROM (
            SELECT DISTINCT ON (theirs.debt_kind_id) theirs.amount_yen,
                   theirs.id = cases.id
                       OR (theirs.state NOT IN ('paid', 'stopped') AND theirs.round_last >= :today) AS is_owed
            FROM cases AS theirs WHERE theirs.person_id = cases.person_id
            ORDER BY theirs.debt_kind_id, theirs.id = cases.id DESC, theirs.round_first DESC) AS owed
        WHERE owed.is_owed) AS arrears_yen
FROM (
    SELECT id, city, case_id, number, COALESCE(placed_at, claimed_at) AS began FROM attempt
    UNION ALL
    SELECT id, city, case_id, NULL, arrived_at FROM inbound_call -- from which number: nothing forbids to note it
) AS called
JOIN cases ON cases.id = called.case_id
JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
WHERE called.id = CAST(:attempt AS uuid) AND called.city = :city
""")


class StaleResult(Exception):
    """Somebody else has written a result meanwhile; nothing was written now."""

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(f"expected {expected} results, there are {found}; read the case again")
        self.expected, self.found = expected, found


class UnknownAttempt(Exception):
    """The city has no such call."""


class NoTalk(Exception):
    """The call has ended, and was no talk: it was over as soon as it began. It has no result."""


class NoCase(Exception):
    """Nobody has said whose case the caller's is. It is attached first, or an inquiry is written instead."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A talk of which its operator has not entered what was said. One that came in may concern no case."""

    attempt: CallId
    case: CaseId | None
    debt: str | None
    phone: str | None
    joined_at: datetime | None
    ended_at: datetime | None
    name: str = field(repr=False)
    kana: str = field(repr=False)
    direction: CallKind = CallKind.ATTEMPT

    def as_json(self) -> dict[str, object]:
        return {
            "attempt": self.attempt,
            "case": self.case,
            "debt": self.debt,
            "phone": self.phone,
            "joined_at": _tokyo(self.joined_at),
            "ended_at": _tokyo(self.ended_at),
            "name": self.name,
            "kana": self.kana,
            "direction": self.direction.value,
        }


async def save_result(
    connection: AsyncConnection,
    city: str,
    attempt: CallId,
    result: Resolved,
    *,
    expected_number: int,
    by: str,
    now: datetime,
) -> int:
    """The number that the result got. StaleResult, UnknownAttempt, NoTalk, NoCase, NotRecorded: nothing was written.

    The same result sent again, because its answer was not heard, is the result that is there.
    """
    of = {"city": city, "attempt": attempt}
    called, kind = await held_call(connection, city, attempt)
    if called.case_id is None:
        raise NoCase
    last = (await connection.execute(LAST, of)).one_or_none()
    found = 0 if last is None else last.number
    row = _row(result)
    if last is not None and found == expected_number + 1 and _is_the_same(last, row, by):
        return int(found)
    if found != expected_number:
        raise StaleResult(expected_number, found)
    number = found + 1
    more = {"detail": json_text(result.detail), "number": number, "by": by, "at": now, "phone": called.operator}
    await connection.execute(ADD, {**of, **row, **more})
    event = CaseEvent(kind, now, attempt=attempt, detail=result.detail, by=by)
    await case_events.record(connection, city, [event])
    await connection.execute(DROP_DRAFT, {**of, "by": by})
    return number


async def held_call(connection: AsyncConnection, city: str, call: CallId) -> tuple[Any, EventKind]:
    """Its row, locked, and what was said in it is to a case. Raises UnknownAttempt, NoTalk."""
    of = {"city": city, "attempt": call}
    for hold, kind in ((HOLD_ATTEMPT, EventKind.TALK), (HOLD_INBOUND, EventKind.CALLBACK)):
        found = (await connection.execute(hold, of)).one_or_none() if is_uuid(call) else None
        if found is not None and found.outcome not in (None, Outcome.TALKED):
            raise NoTalk
        if found is not None:
            return found, kind
    raise UnknownAttempt(f"{city} has no call {call}")


def _row(result: Resolved) -> dict[str, object]:
    entered = result.entered
    promised = result.talk.promise is not None
    return {
        "result": result.result.key,
        "name": result.result.name,
        "talker": result.talk.talker.value,
        "relation": entered.relation,
        "identity_confirmed": result.talk.identity_confirmed,
        "identity_how": entered.identity_how if result.talk.identity_confirmed else None,
        "script_key": entered.script_key,
        "script_version": entered.script_version,
        "steps": list(entered.steps),
        "promise_day": entered.promise_day if promised else None,
        "promise_yen": entered.promise_yen if promised else None,
        "promise_way": entered.promise_way if promised else None,
        "appointment_at": result.talk.home_at,
        "new_number": result.talk.new_number,
        "department": entered.department,
        "detail": result.detail,
        "note": entered.note,
        "why": entered.why,
    }


SAME = ("result", "detail", "note", "why", "steps", "relation", "identity_how", "promise_way", "department")


def _is_the_same(last: Any, row: Mapping[str, object], by: str) -> bool:
    return last.by == by and all(getattr(last, name) == row[name] for name in SAME)


async def circumstances(
    connection: AsyncConnection,
    city: str,
    attempt: CallId,
    book: Rulebook,
    judge_number: JudgeNumber,
    now: datetime,
) -> Circumstances | None:
    """What a result for this call is judged by; None when the city has no such call."""
    if not is_uuid(attempt):
        return None
    of = {"city": city, "attempt": attempt, "today": now.astimezone(TOKYO).date()}
    row = (await connection.execute(CIRCUMSTANCES, of)).one_or_none()
    if row is None:
        return None
    return Circumstances(
        book=book,
        debt=row.debt,
        round=Round(row.round_first, row.round_last),
        began=row.began,
        arrears_yen=int(row.arrears_yen),
        judge_number=judge_number,
        dialled=None if row.number is None else PhoneNumber(row.number),
        corrects=row.has_result,
    )


async def keep_draft(
    connection: AsyncConnection, city: str, attempt: CallId, content: Mapping[str, object], *, by: str, now: datetime
) -> bool:
    """What somebody has typed for a call so far. False when it was not kept: no such call, or nothing that is typed."""
    written = json_text(content)
    if not is_uuid(attempt) or len(written) > DRAFT_LONGEST or UNTYPED.search(written):
        return False
    values = {"city": city, "attempt": attempt, "content": written, "by": by, "at": now}
    return (await connection.execute(KEEP_DRAFT, values)).rowcount == 1


async def draft(connection: AsyncConnection, city: str, attempt: CallId, by: str) -> dict[str, object] | None:
    """What somebody has typed; who has got the talk from another begins with what that one had typed. Who is on the
    line everybody confirms for themselves.
    """
    if not is_uuid(attempt):
        return None
    values = {"city": city, "attempt": attempt, "by": by}
    found: dict[str, object] | None = (await connection.execute(DRAFT, values)).scalars().first()
    return found


async def unfinished(connection: AsyncConnection, city: str, account: str, since: datetime) -> Sequence[Unfinished]:
    """The operator's own and what was given to them, the oldest first; they stay until a result is in, nothing is
    guessed.
    """
    values = {"city": city, "account": account, "since": since}
    return [
        Unfinished(
            CallId(str(row.id)),
            None if row.case_id is None else CaseId(row.case_id),
            row.debt,
            row.operator,
            row.joined_at,
            row.ended_at,
            row.name or "",
            row.kana or "",
            CallKind(row.direction),
        )
        for row in await connection.execute(UNFINISHED, values)
    ]


class TalkStore:
    """The same for a process that is not the engine: one transaction each."""

    def __init__(self, database: Database, city: str, judge_number: JudgeNumber) -> None:
        self._database, self._city, self._judge = database, city, judge_number

    async def circumstances(self, attempt: CallId, book: Rulebook, now: datetime) -> Circumstances | None:
        return await self._database.ask(
            partial(circumstances, city=self._city, attempt=attempt, book=book, judge_number=self._judge, now=now)
        )

    async def save(self, attempt: CallId, result: Resolved, *, expected_number: int, by: str, now: datetime) -> int:
        work = partial(
            save_result,
            city=self._city,
            attempt=attempt,
            result=result,
            expected_number=expected_number,
            by=by,
            now=now,
        )
        return await self._database.ask(work)

    async def keep_draft(self, attempt: CallId, content: Mapping[str, object], *, by: str, now: datetime) -> bool:
        work = partial(keep_draft, city=self._city, attempt=attempt, content=content, by=by, now=now)
        return await self._database.ask(work)

    async def draft(self, attempt: CallId, by: str) -> dict[str, object] | None:
        return await self._database.ask(partial(draft, city=self._city, attempt=attempt, by=by))

    async def unfinished(self, account: str, now: datetime) -> Sequence[Unfinished]:
        since = now - UNFINISHED_SINCE
        return await self._database.ask(partial(unfinished, city=self._city, account=account, since=since))


def _tokyo(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(TOKYO).isoformat(timespec="seconds")
