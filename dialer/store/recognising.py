"""Whose number it is that calls, across debts, and whether we owe them an answer."""

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.callers import LAST, NOT_COUNTED_WITHIN, rank_of
from dialer.core.city import CallerClass
from dialer.core.day_figures import midnight_before
from dialer.core.values import CASE_STATE_NAMES, AttemptId, CallId, CaseId, CaseState, PhoneNumber
from dialer.store.callers import IN_THE_WAY
from dialer.store.case_events import is_uuid
from dialer.store.tables.columns import JAPANESE_NUMBER

NATIONAL = re.compile(JAPANESE_NUMBER, re.ASCII)
CALLED_WITHIN = timedelta(days=7)

THEIRS = """theirs AS (
    SELECT DISTINCT ON (person.id) person.id AS person_id, person.name, person.kana, person.address_key,
           COALESCE(person.household, 'p' || person.id) AS household, cases.id AS case_id, cases.state,
           debt_kind.name AS debt
    FROM asked
    JOIN phone_number ON phone_number.city = :city AND phone_number.number = asked.number
                     AND NOT phone_number.other_home
    JOIN person ON person.id = phone_number.person_id
    LEFT JOIN cases ON cases.person_id = person.id
    LEFT JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
    ORDER BY person.id, debt_kind.key = ANY(CAST(:debts AS text[])) DESC, cases.state = 'open' DESC,
             cases.round_first DESC, cases.id DESC
)"""
"""Each person with that number, with the case to begin with: of the debts of the number dialled, open, the latest."""

RECOGNISE = text(
    """
WITH asked AS (SELECT CAST(:number AS text) AS number), {THEIRS}, household AS (
    SELECT min(household) AS one FROM theirs HAVING count(DISTINCT household) = 1
), met AS (
    SELECT claimed_at AS at, outcome FROM attempt
    WHERE city = :city AND household IN (SELECT household FROM theirs) AND number = :number AND claimed_at >= :today
      AND outcome IN ('talked', 'abandoned')
    UNION ALL
    SELECT arrived_at, outcome FROM inbound_call
    WHERE city = :city AND number = :number AND arrived_at >= :today AND arrived_at < :now AND NOT is_test
      AND (outcome = 'talked' OR (outcome = 'abandoned' AND ended_at - arrived_at > :not_counted))
)
SELECT count(*) AS matches, min(person_id) AS person_id, min(case_id) AS case_id,
       (SELECT one FROM household) AS household, ARRAY({IN_THE_WAY}) AS in_the_way,
       (SELECT outcome = 'abandoned' FROM met ORDER BY at DESC LIMIT 1) AS left_alone,
       EXISTS (SELECT FROM wish WHERE city = :city AND number = :number AND closed_at IS NULL) OR EXISTS (
           SELECT FROM cases
           WHERE person_id IN (SELECT person_id FROM theirs) AND state = 'open' AND plan_kind = 'appointment'
             AND due_at >= :today AND due_at < :tomorrow) AS called_back,
       EXISTS (
           SELECT FROM attempt
           WHERE city = :city AND household IN (SELECT household FROM theirs) AND claimed_at >= :called_since
             AND outcome <> 'not_placed') AS called,
       count(case_id) > 0 AS known
FROM theirs
""".replace("{THEIRS}", THEIRS).replace(
        "{IN_THE_WAY}", IN_THE_WAY.format(number=":number", city=":city", household="(SELECT one FROM household)")
    )
)
"""The last columns are CallerClasses by their names. `left_alone`: by our call or by theirs today, and not talked to
since."""

ASKED = text("SELECT group_key FROM inbound_call WHERE id = CAST(:call AS uuid) AND city = :city")
MATCHES = text(
    """
WITH asked AS (SELECT number FROM inbound_call WHERE id = CAST(:call AS uuid) AND city = :city), {THEIRS}
SELECT * FROM theirs WHERE case_id IS NOT NULL ORDER BY kana, person_id
""".replace("{THEIRS}", THEIRS)
)


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a caller's number says of who it is."""

    case: CaseId | None = None  # when one person has this number
    person: int | None = None
    household: str | None = None  # when all who have it are of one
    matches: int = 0  # so many persons have it
    rank: int = LAST
    in_the_way: tuple[AttemptId, ...] = ()  # open attempts to the same number or household


NOBODY = Recognised()


@dataclass(frozen=True, slots=True)
class Match:
    """One of those who have the caller's number, to choose from."""

    case: CaseId
    person: int
    debt: str
    state: str
    household: str
    address_key: str = field(repr=False)
    name: str = field(repr=False)
    kana: str = field(repr=False)

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "state_name": CASE_STATE_NAMES[CaseState(self.state)]}


async def recognised(
    connection: AsyncConnection,
    city: str,
    number: PhoneNumber | None,
    debts: Sequence[str],
    now: datetime,
    first: Sequence[CallerClass],
) -> Recognised:
    if number is None or not NATIONAL.fullmatch(number):
        return NOBODY
    midnight = midnight_before(now)
    values = {"city": city, "number": number, "debts": list(debts), "now": now, "today": midnight}
    values |= {"tomorrow": midnight + timedelta(days=1), "called_since": now - CALLED_WITHIN}
    row: Any = (await connection.execute(RECOGNISE, {**values, "not_counted": NOT_COUNTED_WITHIN})).one()
    alone = row.matches == 1
    return Recognised(
        CaseId(row.case_id) if alone and row.case_id is not None else None,
        row.person_id if alone else None,
        row.household,
        row.matches,
        rank_of([one for one in CallerClass if getattr(row, one.value)], first),
        tuple(AttemptId(str(attempt)) for attempt in row.in_the_way),
    )


async def matches(
    connection: AsyncConnection, city: str, call: CallId, debts_of: Callable[[str], Sequence[str]]
) -> Sequence[Match]:
    of = {"city": city, "call": call}
    asked = (await connection.execute(ASKED, of)).one_or_none() if is_uuid(call) else None
    if asked is None:
        return ()
    rows = await connection.execute(MATCHES, {**of, "debts": list(debts_of(asked.group_key))})
    return [
        Match(
            CaseId(row.case_id),
            row.person_id,
            row.debt,
            row.state,
            row.household,
            address_key=row.address_key,
            name=row.name,
            kana=row.kana,
        )
        for row in rows
    ]
