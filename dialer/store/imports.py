"""A list of cases into the tables: copied to a table of the moment, then spread in a few statements over all rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection as DriverConnection
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.importing import CaseRow
from dialer.ports import StoreFault

IMPORT_SECONDS = 120.0
ANALYZE_FROM = 1000  # so many new rows change how Postgres should look for them


@dataclass(frozen=True, slots=True)
class Imported:
    cases: int
    open_already: tuple[CaseRow, ...]  # an open case of this person and debt kind was there before


INCOMING = text("""
CREATE TEMPORARY TABLE incoming (
    row integer PRIMARY KEY, address_key text NOT NULL, name text NOT NULL, kana text NOT NULL,
    debt text NOT NULL, amount_yen bigint NOT NULL, numbers text[] NOT NULL
) ON COMMIT DROP
""")
COPY = "COPY incoming (row, address_key, name, kana, debt, amount_yen, numbers) FROM STDIN"

DEBTS_UNKNOWN = text("""
SELECT DISTINCT incoming.debt
FROM incoming LEFT JOIN debt_kind ON debt_kind.city = :city AND debt_kind.key = incoming.debt
WHERE debt_kind.id IS NULL ORDER BY incoming.debt
""")
OPEN_ALREADY = text("""
SELECT incoming.row
FROM incoming
JOIN person ON person.city = :city AND person.address_key = incoming.address_key
JOIN debt_kind ON debt_kind.city = :city AND debt_kind.key = incoming.debt
JOIN cases ON cases.person_id = person.id AND cases.debt_kind_id = debt_kind.id AND cases.state = 'open'
ORDER BY incoming.row
""")
LEAVE_OUT = text("DELETE FROM incoming WHERE row = ANY(:rows)")
PERSONS = text("""
INSERT INTO person (city, address_key, name, kana)
SELECT DISTINCT ON (address_key) :city, address_key, name, kana FROM incoming ORDER BY address_key, row
ON CONFLICT (city, address_key) DO UPDATE SET name = excluded.name, kana = excluded.kana
""")
NUMBERS = text("""
INSERT INTO phone_number (city, person_id, number, position, state, source)
SELECT :city, person.id, said.number, min(said.position),
       CASE WHEN EXISTS (
           SELECT FROM phone_number AS known
           WHERE known.city = :city AND known.number = said.number AND known.state = 'dead'
       ) THEN 'dead' ELSE 'open' END,
       'list'
FROM incoming
JOIN person ON person.city = :city AND person.address_key = incoming.address_key
CROSS JOIN LATERAL unnest(incoming.numbers) WITH ORDINALITY AS said(number, position)
GROUP BY person.id, said.number
ORDER BY person.id, min(said.position)
ON CONFLICT (person_id, number) DO UPDATE SET position = excluded.position
""")
CASES = text("""
INSERT INTO cases (city, person_id, debt_kind_id, amount_yen, state, held, due_at, imported_at)
SELECT :city, person.id, debt_kind.id, incoming.amount_yen, 'open',
       CASE WHEN NOT EXISTS (
           SELECT FROM phone_number WHERE phone_number.person_id = person.id AND phone_number.state = 'open'
       ) THEN 'no_open_number' END,
       :now, :now
FROM incoming
JOIN person ON person.city = :city AND person.address_key = incoming.address_key
JOIN debt_kind ON debt_kind.city = :city AND debt_kind.key = incoming.debt
ORDER BY incoming.row
""")
RELEASE = text("""
UPDATE cases SET held = NULL
FROM incoming JOIN person ON person.city = :city AND person.address_key = incoming.address_key
WHERE cases.person_id = person.id AND cases.held = 'no_open_number'
  AND EXISTS (SELECT FROM phone_number WHERE phone_number.person_id = person.id AND phone_number.state = 'open')
""")


async def import_cases(
    connection: AsyncConnection, city: str, rows: Sequence[CaseRow], now: datetime, *, skip_open: bool
) -> Imported:
    await connection.execute(text(f"SET LOCAL statement_timeout = '{IMPORT_SECONDS:.0f}s'"))
    await _copy(connection, rows)
    of_city = {"city": city}
    unknown = (await connection.execute(DEBTS_UNKNOWN, of_city)).scalars().all()
    if unknown:
        raise StoreFault(
            f"{city} has no debt kind {', '.join(unknown)} in the database; "
            "it comes there from the city's profile when the engine starts"
        )
    already = set((await connection.execute(OPEN_ALREADY, of_city)).scalars())
    open_already = tuple(row for row in rows if row.row in already)
    if already and not skip_open:
        return Imported(0, open_already)
    await connection.execute(PERSONS, of_city)
    await connection.execute(NUMBERS, of_city)
    await connection.execute(RELEASE, of_city)
    await connection.execute(LEAVE_OUT, {"rows": list(already)})  # their cases are there, their numbers are new
    made = await connection.execute(CASES, {"city": city, "now": now})
    if made.rowcount >= ANALYZE_FROM:
        await connection.execute(text("ANALYZE person, phone_number, cases"))
    return Imported(made.rowcount, open_already)


async def _copy(connection: AsyncConnection, rows: Sequence[CaseRow]) -> None:
    await connection.execute(INCOMING)
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, DriverConnection)
    async with driver.cursor() as cursor, cursor.copy(COPY) as copy:
        for row in rows:
            await copy.write_row(
                (row.row, row.address_key, row.name, row.kana, row.debt, row.amount_yen, list(row.numbers))
            )
    await connection.execute(text("ANALYZE incoming"))
