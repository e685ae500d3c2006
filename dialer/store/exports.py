"""What the city gets back: how its cases stand, and the telephone numbers that calls have told us of."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.calendar.values import Period
from dialer.core.city import City
from dialer.core.layout import Layout
from dialer.core.rules.happenings import TALKER_NAMES, Talker
from dialer.core.values import CASE_STATE_NAMES, OUTCOME_NAMES, TOKYO, CaseState, NumberState, Outcome
from dialer.lists.writing import OutRow, Value

NUMBER_STATE_NAMES = {NumberState.OPEN: "使用可", NumberState.DEAD: "不通"}
OTHER_HOME = "他人宅・番号違い"
SOURCE_NAMES = {"list": "名簿", "person": "本人"}

RESULTS = text("""
SELECT cases.id, person.address_key, person.name, person.kana, person.household, debt_kind.key AS debt,
       debt_kind.name AS debt_name, debt_kind.department, cases.debtor_class, cases.amount_yen, cases.round_first,
       cases.round_last, cases.state, cases.reason, cases.clause, cases.contacted, cases.sms_candidate,
       CASE WHEN cases.plan_kind IS NOT NULL THEN cases.due_at END AS next_from, cases.until_at AS next_to,
       COALESCE(called.attempts, 0) AS attempts, last.at AS last_called_at, last.outcome AS last_outcome,
       talk.detail AS talk, CASE WHEN CAST(:with_raw AS boolean) THEN cases.raw -> 0 END AS raw
FROM cases
JOIN person ON person.id = cases.person_id
JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
LEFT JOIN LATERAL (
    SELECT count(*) AS attempts
    FROM call_case JOIN attempt ON attempt.id = call_case.call_id
    WHERE call_case.case_id = cases.id AND NOT attempt.outcome = ANY(CAST(:no_calls AS text[]))
) AS called ON true
LEFT JOIN LATERAL (
    SELECT COALESCE(attempt.placed_at, attempt.claimed_at) AS at, attempt.outcome
    FROM call_case JOIN attempt ON attempt.id = call_case.call_id
    WHERE call_case.case_id = cases.id AND NOT attempt.outcome = ANY(CAST(:no_calls AS text[]))
    ORDER BY attempt.claimed_at DESC LIMIT 1
) AS last ON true
LEFT JOIN LATERAL (
    SELECT detail FROM case_event
    WHERE case_event.case_id = cases.id AND case_event.kind IN ('talk', 'callback') ORDER BY case_event.id DESC LIMIT 1
) AS talk ON true
WHERE cases.city = :city
  AND CASE WHEN CAST(:first AS date) IS NULL
      THEN cases.round_first = (
          SELECT max(latest.round_first) FROM cases AS latest
          WHERE latest.city = :city AND latest.debt_kind_id = cases.debt_kind_id AND latest.round_first <= :today)
      ELSE cases.round_first BETWEEN :first AND :last END
ORDER BY person.address_key, debt_kind.id, cases.id
""")
"""An attempt without an outcome is not over: its case is told as it stands without it."""

NUMBERS = text("""
SELECT phone_number.id, person.address_key, person.name, person.kana, phone_number.number, phone_number.state,
       phone_number.source, phone_number.obtained_on, phone_number.other_home, last.outcome AS last_outcome,
       CASE WHEN phone_number.state = 'dead' THEN last.ended_at END AS died_at
FROM phone_number
JOIN person ON person.id = phone_number.person_id
LEFT JOIN LATERAL (
    SELECT outcome, ended_at FROM attempt
    WHERE attempt.city = :city AND attempt.number = phone_number.number AND attempt.outcome IS NOT NULL
    ORDER BY ended_at DESC LIMIT 1
) AS last ON true
WHERE phone_number.city = :city AND (phone_number.source <> 'list' OR phone_number.state = 'dead')
ORDER BY person.address_key, phone_number.position, phone_number.id
""")
NO_CALLS = (Outcome.NOT_PLACED, Outcome.WITHDRAWN)
"""Nobody's telephone rang."""


@dataclass(frozen=True, slots=True)
class Wanted:
    layout: Layout
    today: date
    round: Period | None = None  # None: of each debt kind the round that has begun last


async def results(connection: AsyncConnection, city: City, wanted: Wanted) -> list[OutRow]:
    values = {
        "city": city.key,
        "today": wanted.today,
        "first": wanted.round and wanted.round.first,
        "last": wanted.round and wanted.round.last,
        "no_calls": [outcome.value for outcome in NO_CALLS],
        "with_raw": wanted.layout.has("raw"),
    }
    return [_result(row) for row in await connection.execute(RESULTS, values)]


async def numbers(connection: AsyncConnection, city: City) -> list[OutRow]:
    return [_number(row) for row in await connection.execute(NUMBERS, {"city": city.key})]


def _result(row: Any) -> OutRow:
    talk = row.talk or {}
    promise = talk.get("promise") or {}
    talker = Talker(talk["talker"]) if talk.get("talker") else None
    state, outcome = CaseState(row.state), Outcome(row.last_outcome) if row.last_outcome else None
    values: dict[str, Value] = {
        "address_key": row.address_key,
        "name": row.name,
        "kana": row.kana,
        "household": row.household,
        "debt": row.debt,
        "debt_name": row.debt_name,
        "department": row.department,
        "debtor_class": row.debtor_class,
        "amount": row.amount_yen,
        "round_from": row.round_first,
        "round_to": row.round_last,
        "state": state.value,
        "state_name": CASE_STATE_NAMES[state],
        "reason": row.reason,
        "clause": row.clause,
        "contacted": row.contacted,
        "sms_candidate": row.sms_candidate,
        "attempts": row.attempts,
        "last_called_on": _day(row.last_called_at),
        "last_result": outcome and outcome.value,
        "last_result_name": outcome and OUTCOME_NAMES[outcome],
        "talker": talker and talker.value,
        "talker_name": talker and TALKER_NAMES[talker],
        "promise_on": date.fromisoformat(promise["date"]) if promise else None,
        "promise_yen": promise.get("yen"),
        "next_from": row.next_from,
        "next_to": row.next_to,
    }
    return OutRow(row.id, values, row.raw or {})


def _number(row: Any) -> OutRow:
    state, outcome = NumberState(row.state), Outcome(row.last_outcome) if row.last_outcome else None
    values: dict[str, Value] = {
        "address_key": row.address_key,
        "name": row.name,
        "kana": row.kana,
        "number": row.number,
        "state": state.value,
        "state_name": OTHER_HOME if row.other_home else NUMBER_STATE_NAMES[state],
        "source": row.source,
        "source_name": SOURCE_NAMES.get(row.source, row.source),
        "obtained_on": row.obtained_on,
        "learned_on": _day(row.died_at) or row.obtained_on,
        "last_result": outcome and outcome.value,
        "last_result_name": outcome and OUTCOME_NAMES[outcome],
    }
    return OutRow(row.id, values)


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.astimezone(TOKYO).date()
