"""Payments, stops and results of the round before, written to the cases that they are of.

Each becomes an event of the case, once: the same list again adds nothing. What follows is decided by whoever plans,
the engine within a second, also for calls that ring. A payment that leaves a balance only changes the amount.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.values import TOKYO
from dialer.lists.rows import PaymentRow, ResultRow, StopRow
from dialer.store.listed_people import begin, copy_rows, lock
from dialer.store.words import EventKind

TABLE = text("""
CREATE TEMPORARY TABLE listed_order (
    row integer PRIMARY KEY, address_key text NOT NULL, debt text, at timestamptz NOT NULL, balance_yen bigint,
    number text, result text, person_id bigint
) ON COMMIT DROP
""")
COPY = "COPY listed_order (row, address_key, debt, at, balance_yen, number, result) FROM STDIN"
WHOSE = text("""
UPDATE listed_order SET person_id = person.id
FROM person WHERE person.city = :city AND person.address_key = listed_order.address_key
""")
MEANT = text("CREATE TEMPORARY TABLE meant_case (row integer, case_id bigint, state text) ON COMMIT DROP")
FILL_MEANT = text("""
INSERT INTO meant_case
SELECT listed_order.row, cases.id, cases.state
FROM listed_order
JOIN cases ON cases.person_id = listed_order.person_id
JOIN debt_kind ON debt_kind.id = cases.debt_kind_id AND debt_kind.key = COALESCE(listed_order.debt, debt_kind.key)
WHERE cases.state = 'open' OR cases.round_last >= :today
RETURNING row, case_id
""")
"""Every case of the person, or the one of the debt kind, but what was finished in a round that is over."""

LOCKED = "SELECT case_id FROM meant_case"
UNKNOWN = text("SELECT row FROM listed_order WHERE person_id IS NULL ORDER BY row")
WITHOUT_CASE = text("""
SELECT row FROM listed_order
WHERE person_id IS NOT NULL AND NOT EXISTS (SELECT FROM meant_case WHERE meant_case.row = listed_order.row)
ORDER BY row
""")
ADD = text("""
INSERT INTO case_event (city, case_id, at, kind, detail, by)
SELECT DISTINCT ON (meant_case.case_id) :city, meant_case.case_id, listed_order.at, :kind, '{}', :by
FROM meant_case JOIN listed_order ON listed_order.row = meant_case.row
WHERE COALESCE(listed_order.balance_yen, 0) = 0
  AND NOT EXISTS (SELECT FROM case_event WHERE case_event.case_id = meant_case.case_id AND case_event.kind = :kind)
ORDER BY meant_case.case_id, listed_order.at
ON CONFLICT DO NOTHING
RETURNING case_id
""")
REDUCE = text("""
UPDATE cases SET amount_yen = listed_order.balance_yen, stale = true
FROM meant_case JOIN listed_order ON listed_order.row = meant_case.row
WHERE cases.id = meant_case.case_id AND cases.state = 'open' AND listed_order.balance_yen > 0
  AND cases.amount_yen <> listed_order.balance_yen
RETURNING cases.id
""")
REDUCIBLE = text("""
SELECT DISTINCT cases.id
FROM meant_case JOIN listed_order ON listed_order.row = meant_case.row JOIN cases ON cases.id = meant_case.case_id
WHERE cases.state = 'open' AND listed_order.balance_yen > 0 AND cases.amount_yen <> listed_order.balance_yen
""")
NUMBER_UNKNOWN = text("""
SELECT row FROM listed_order
WHERE person_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM phone_number
    WHERE phone_number.person_id = listed_order.person_id AND phone_number.number = listed_order.number)
ORDER BY row
""")
ADD_RESULTS = text("""
INSERT INTO case_event (city, case_id, at, kind, detail, by)
SELECT :city, meant_case.case_id, listed_order.at, 'previous_round',
       jsonb_build_object('number', known.place, 'result', listed_order.result), :by
FROM meant_case
JOIN listed_order ON listed_order.row = meant_case.row
JOIN LATERAL (
    SELECT number, row_number() OVER (ORDER BY position, id) - 1 AS place
    FROM phone_number WHERE phone_number.person_id = listed_order.person_id
) AS known ON known.number = listed_order.number
WHERE meant_case.state = 'open'
ORDER BY meant_case.case_id, listed_order.at
ON CONFLICT DO NOTHING
RETURNING case_id
""")
MARK = text("UPDATE cases SET stale = true WHERE id = ANY(:cases)")


@dataclass(frozen=True, slots=True)
class OrdersTaken:
    cases: tuple[int, ...]  # to which something happened by this list
    reduced: int  # cases of which a part was paid
    already: int  # rows all of whose cases knew it
    unknown_people: tuple[int, ...]  # rows
    without_case: tuple[int, ...]
    unknown_numbers: tuple[int, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        return {
            "cases": len(self.cases),
            "reduced": self.reduced,
            "already": self.already,
            "unknown_people": len(self.unknown_people),
            "without_case": len(self.without_case),
            "unknown_numbers": len(self.unknown_numbers),
        }


@dataclass(frozen=True, slots=True)
class OrderList:
    kind: EventKind
    rows: Sequence[Sequence[object]]  # as they are copied
    by: str
    now: datetime
    rehearses: bool = False  # no case is locked, for all of it is taken back


def of_payments(rows: Sequence[PaymentRow], now: datetime) -> Sequence[Sequence[object]]:
    return [
        (row.row, row.address_key, row.debt, _moment(row.paid_on, now), row.balance_yen, None, None) for row in rows
    ]


def of_stops(rows: Sequence[StopRow], now: datetime) -> Sequence[Sequence[object]]:
    return [(row.row, row.address_key, row.debt, _moment(row.stopped_on, now), None, None, None) for row in rows]


def of_results(rows: Sequence[ResultRow], now: datetime) -> Sequence[Sequence[object]]:
    """A number that the person does not have is told and passed over: a result is of a number."""
    return [
        (row.row, row.address_key, row.debt, _moment(row.called_on, now), None, row.number, row.result.value)
        for row in rows
    ]


async def take_orders(connection: AsyncConnection, city: str, wanted: OrderList) -> OrdersTaken:
    await begin(connection, city)
    await connection.execute(TABLE)
    await copy_rows(connection, COPY, wanted.rows)
    await connection.execute(WHOSE, {"city": city})
    await connection.execute(MEANT)
    meant = (await connection.execute(FILL_MEANT, {"today": wanted.now.astimezone(TOKYO).date()})).all()
    if not wanted.rehearses:
        await lock(connection, LOCKED)
    added, reduced, strangers = await _applied(connection, city, wanted)
    touched = {*added, *reduced}
    known = {row.row for row in meant} - set(strangers)
    return OrdersTaken(
        cases=tuple(sorted(set(added))),
        reduced=len(reduced),
        already=len(known - {row.row for row in meant if row.case_id in touched}),
        unknown_people=tuple((await connection.execute(UNKNOWN)).scalars()),
        without_case=tuple((await connection.execute(WITHOUT_CASE)).scalars()),
        unknown_numbers=tuple(strangers),
    )


async def _applied(
    connection: AsyncConnection, city: str, wanted: OrderList
) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
    """Cases with something new, cases of which a part was paid, rows with a number that is not the person's."""
    of = {"city": city, "by": wanted.by}
    strangers: Sequence[int] = ()
    reduced: Sequence[int] = ()
    if wanted.kind is EventKind.PREVIOUS_ROUND:
        strangers = (await connection.execute(NUMBER_UNKNOWN)).scalars().all()
        added = (await connection.execute(ADD_RESULTS, of)).scalars().all()
    else:
        added = (await connection.execute(ADD, {**of, "kind": wanted.kind.value})).scalars().all()
        reduced = (await connection.execute(REDUCIBLE if wanted.rehearses else REDUCE)).scalars().all()
    if not wanted.rehearses:
        await connection.execute(MARK, {"cases": list(set(added))})
    return added, reduced, strangers


def _moment(day: date | None, now: datetime) -> datetime:
    """The noon of the day that the list names, but nothing of a list lies in the future."""
    return now if day is None else min(now, datetime.combine(day, time(12), TOKYO))
