"""Rows and moments that the tests of the store share."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg

from dialer.core.values import AttemptId, CaseId, EndedBy, Outcome
from dialer.ports import Claimed, Ended
from dialer.store.case_events import CaseEvent
from dialer.store.postgres import PostgresStore
from dialer.store.words import EventKind

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)  # a Wednesday, ten in the morning
CITY = "nagaoka"
DEBTS = ("city_tax",)
TALKED_TO_THE_PERSON = {"talker": "self", "identity_confirmed": True, "script": "completed"}

_keys = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Window:
    """A plan as it stands in the tables, for tests whose claim is not about planning."""

    due_at: datetime = NOW
    until_at: datetime = NOW + timedelta(hours=9)
    priority: int = 2
    kind: str = "first"


def put_person(url: str, *numbers: str, household: str | None = None, city: str = CITY) -> int:
    key = f"{next(_keys):08}"
    with psycopg.connect(url) as connection:
        made = connection.execute(
            "INSERT INTO person (city, address_key, name, kana, household)"
            " VALUES (%s, %s, '見本', 'ミホン', %s) RETURNING id",
            [city, key, household],
        )
        ((person,),) = made.fetchall()
        for position, number in enumerate(numbers, 1):
            connection.execute(
                "INSERT INTO phone_number (city, person_id, number, position, state, source)"
                " VALUES (%s, %s, %s, %s, 'open', 'list')",
                [city, person, number, position],
            )
    return int(person)


def put_case(
    url: str,
    person: int,
    *,
    debt: str = "city_tax",
    window: Window | None = None,
    first: date = date(2026, 11, 11),
    last: date = date(2026, 12, 11),
    id_: int | None = None,
) -> CaseId:
    """To be decided, or with this plan for the person's first number."""
    with psycopg.connect(url) as connection:
        made = connection.execute(
            "INSERT INTO cases"
            " (id, city, person_id, debt_kind_id, amount_yen, state, round_first, round_last, imported_at)"
            " SELECT COALESCE(%(id)s, nextval('cases_id_seq')), person.city, person.id, debt_kind.id, 1000, 'open',"
            " %(first)s, %(last)s, %(now)s"
            " FROM person JOIN debt_kind ON debt_kind.city = person.city AND debt_kind.key = %(debt)s"
            " WHERE person.id = %(person)s RETURNING id",
            {"id": id_, "person": person, "debt": debt, "first": first, "last": last, "now": NOW},
        )
        ((case,),) = made.fetchall()
        if window is not None:
            connection.execute(
                "UPDATE cases SET stale = false, plan_kind = %(kind)s, due_at = %(due)s, until_at = %(until)s,"
                " slot = 'wed.am', priority = %(priority)s, plan_reason = '未架電',"
                " phone_number_id = (SELECT id FROM phone_number"
                "  WHERE phone_number.person_id = cases.person_id ORDER BY position LIMIT 1)"
                " WHERE id = %(id)s",
                {
                    "id": case,
                    "kind": window.kind,
                    "due": window.due_at,
                    "until": window.until_at,
                    "priority": window.priority,
                },
            )
    return CaseId(case)


def put_callable(
    url: str, *numbers: str, household: str | None = None, city: str = CITY, debt: str = "city_tax"
) -> CaseId:
    """A case that may be called now, of a person of its own."""
    return put_case(url, put_person(url, *numbers, household=household, city=city), debt=debt, window=Window())


def ended(claimed: Claimed, outcome: Outcome = Outcome.NO_ANSWER, **changes: object) -> Ended:
    plain = Ended(
        attempt=claimed.attempt,
        outcome=outcome,
        reason="36秒呼び出しましたが応答がありませんでした",
        evidence={"sip_code": 480, "ring_seconds": 36.0, "progressed": False, "gave_up": None},
        ended_at=claimed.claimed_at + timedelta(seconds=40),
        ended_by=EndedBy.US,
        placed_at=claimed.claimed_at + timedelta(seconds=1),
        ringing_at=claimed.claimed_at + timedelta(seconds=3),
        answered_at=None,
        joined_at=None,
        operator=None,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def said(attempt: AttemptId, detail: Mapping[str, object], *, at: datetime = NOW + timedelta(minutes=3)) -> CaseEvent:
    return CaseEvent(EventKind.TALK, at, attempt=attempt, detail=detail, by="user-1")


def stop(case: CaseId, at: datetime = NOW) -> CaseEvent:
    return CaseEvent(EventKind.STOP, at, case=case, by="user-1")


async def planned(store: PostgresStore, now: datetime) -> int:
    """Until nothing is left to be decided."""
    total = 0
    while done := await store.plan(CITY, now):
        total += done
    return total


def rows_of(url: str, statement: str, *values: object) -> Sequence[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute(statement.encode(), values).fetchall()
