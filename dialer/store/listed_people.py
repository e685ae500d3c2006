"""People of a list and their telephone numbers: copied to tables of the moment, then spread in a few statements.

Numbers are only ever added, behind those that are known: the history of a case counts numbers by their order. One that
the list no longer has stays, for another list of the same person may be where it came from (001 §8(1)エ).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psycopg import AsyncConnection as DriverConnection
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.lists.rows import CaseRow, PersonRow
from dialer.store.listed_flags import COPY_FLAGS, FLAG_TABLE, take_flags

LIST_SECONDS = 300.0  # a list of a hundred thousand rows, on a slow and busy machine

PATIENCE = [
    text(f"SET LOCAL statement_timeout = '{LIST_SECONDS:.0f}s'"),
    text(f"SET LOCAL idle_in_transaction_session_timeout = '{LIST_SECONDS:.0f}s'"),
    text("SET LOCAL lock_timeout = '30s'"),  # Postgres tidies up after a long list; it gives way after a second
]
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('list of ' || CAST(:city AS text), 0))")

TABLES = [
    text("""
    CREATE TEMPORARY TABLE listed_person (
        address_key text PRIMARY KEY, name text NOT NULL, kana text NOT NULL, household text, language text,
        person_id bigint, is_new boolean NOT NULL DEFAULT false, changes text[] NOT NULL DEFAULT '{}'
    ) ON COMMIT DROP
    """),
    text("""
    CREATE TEMPORARY TABLE listed_number (
        address_key text NOT NULL, place integer NOT NULL, number text NOT NULL, obtained_on date,
        PRIMARY KEY (address_key, number)
    ) ON COMMIT DROP
    """),
    text("CREATE TEMPORARY TABLE added_number (person_id bigint NOT NULL) ON COMMIT DROP"),
    FLAG_TABLE,
]
COPY_PEOPLE = "COPY listed_person (address_key, name, kana, household, language) FROM STDIN"
COPY_NUMBERS = "COPY listed_number (address_key, place, number, obtained_on) FROM STDIN"
ANALYZE = text("ANALYZE listed_person, listed_number")

KNOWN = text("""
UPDATE listed_person
SET person_id = person.id, household = COALESCE(listed_person.household, person.household),
    language = COALESCE(listed_person.language, person.language), changes = array_remove(ARRAY[
        CASE WHEN (person.name, person.kana) IS DISTINCT FROM (listed_person.name, listed_person.kana) THEN 'name' END,
        CASE WHEN person.household <> listed_person.household
               OR person.household IS NULL AND listed_person.household IS NOT NULL THEN 'household' END,
        CASE WHEN person.language <> listed_person.language
               OR person.language IS NULL AND listed_person.language IS NOT NULL THEN 'language' END
    ], NULL)
FROM person WHERE person.city = :city AND person.address_key = listed_person.address_key
""")
CHANGE = text("""
UPDATE person
SET name = listed_person.name, kana = listed_person.kana,
    household = listed_person.household, language = listed_person.language
FROM listed_person WHERE person.id = listed_person.person_id AND listed_person.changes <> '{}'
""")
ADD = text("""
INSERT INTO person (city, address_key, name, kana, household, language)
SELECT :city, address_key, name, kana, household, language FROM listed_person WHERE person_id IS NULL
""")
ADDED = text("""
UPDATE listed_person SET person_id = person.id, is_new = true
FROM person
WHERE listed_person.person_id IS NULL AND person.city = :city AND person.address_key = listed_person.address_key
""")
ADD_NUMBERS = text("""
WITH made AS (
    INSERT INTO phone_number (city, person_id, number, position, state, source, obtained_on)
    SELECT :city, listed_person.person_id, listed_number.number,
           COALESCE(last.position, 0)
               + row_number() OVER (PARTITION BY listed_person.person_id ORDER BY listed_number.place),
           CASE WHEN EXISTS (
               SELECT FROM phone_number AS dead
               WHERE dead.city = :city AND dead.number = listed_number.number AND dead.state = 'dead'
                 AND NOT dead.other_home
           ) THEN 'dead' ELSE 'open' END,
           'list', listed_number.obtained_on
    FROM listed_number
    JOIN listed_person ON listed_person.address_key = listed_number.address_key
    LEFT JOIN phone_number AS known
        ON known.person_id = listed_person.person_id AND known.number = listed_number.number
    LEFT JOIN LATERAL (
        SELECT max(position) AS position FROM phone_number WHERE phone_number.person_id = listed_person.person_id
    ) AS last ON NOT listed_person.is_new
    WHERE known.id IS NULL
    RETURNING person_id
)
INSERT INTO added_number SELECT person_id FROM made
""")
OBTAINED = text("""
UPDATE phone_number SET obtained_on = listed_number.obtained_on
FROM listed_number JOIN listed_person ON listed_person.address_key = listed_number.address_key
WHERE phone_number.person_id = listed_person.person_id AND phone_number.number = listed_number.number
  AND listed_number.obtained_on IS NOT NULL AND phone_number.obtained_on IS DISTINCT FROM listed_number.obtained_on
  AND NOT listed_person.is_new
""")
NUMBERS_CHANGED = text("""
UPDATE listed_person SET changes = array_append(changes, 'number')
WHERE NOT is_new AND person_id IN (SELECT person_id FROM added_number)
""")
NOT_LISTED = text("""
SELECT count(*)
FROM listed_person JOIN phone_number ON phone_number.person_id = listed_person.person_id
WHERE NOT listed_person.is_new AND phone_number.source = 'list' AND phone_number.state = 'open'
  AND NOT EXISTS (
      SELECT FROM listed_number
      WHERE listed_number.address_key = listed_person.address_key AND listed_number.number = phone_number.number)
""")
TOUCHED = """
SELECT cases.id
FROM cases JOIN listed_person ON listed_person.person_id = cases.person_id
WHERE cases.state = 'open' AND listed_person.changes <> '{}'
"""
"""Open cases of people of whom something is new, whichever list they came with."""
MARK_TOUCHED = text("""
UPDATE cases SET stale = true
FROM listed_person
WHERE listed_person.person_id = cases.person_id AND cases.state = 'open' AND NOT cases.stale
  AND listed_person.changes <> '{}'
""")
COUNTS = text("""
SELECT count(*) FILTER (WHERE is_new) AS added, count(*) FILTER (WHERE NOT is_new AND changes <> '{}') AS changed,
       count(*) FILTER (WHERE NOT is_new AND changes = '{}') AS unchanged,
       (SELECT count(*) FROM added_number) AS numbers_added
FROM listed_person
""")


@dataclass(frozen=True, slots=True)
class PeopleTaken:
    added: int
    changed: int
    unchanged: int
    numbers_added: int
    numbers_not_listed: int  # known from a list, usable, and not in this one

    @property
    def counts(self) -> dict[str, int]:
        return {
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "numbers_added": self.numbers_added,
        }


async def begin(connection: AsyncConnection, city: str) -> None:
    for statement in PATIENCE:
        await connection.execute(statement)
    await connection.execute(ONE_AT_A_TIME, {"city": city})


async def take_people(connection: AsyncConnection, city: str, rows: Sequence[PersonRow | CaseRow]) -> PeopleTaken:
    """Of several rows for one person the first counts: reading has seen to it that all say the same."""
    people = {row.address_key: row for row in reversed(rows)}.values()
    for table in TABLES:
        await connection.execute(table)
    await copy_rows(
        connection,
        COPY_PEOPLE,
        ((one.address_key, one.name, one.kana, one.household, one.language) for one in people),
    )
    await copy_rows(
        connection,
        COPY_NUMBERS,
        (
            (one.address_key, place, number, one.obtained_on[place] if one.obtained_on else None)
            for one in people
            for place, number in enumerate(one.numbers)
        ),
    )
    flags = ((one.address_key, kind, holds) for one in people for kind, holds in one.flags.items())
    await copy_rows(connection, COPY_FLAGS, flags)
    await connection.execute(ANALYZE)
    of_city = {"city": city}
    for statement in (KNOWN, CHANGE, ADD, ADDED, ADD_NUMBERS, OBTAINED, NUMBERS_CHANGED):
        await connection.execute(statement, of_city if ":city" in statement.text else {})
    await take_flags(connection, city)
    not_listed = (await connection.execute(NOT_LISTED)).scalar_one()
    counts = (await connection.execute(COUNTS)).one()
    return PeopleTaken(counts.added, counts.changed, counts.unchanged, counts.numbers_added, not_listed)


async def mark_touched(connection: AsyncConnection) -> None:
    """The cases have been locked before."""
    await connection.execute(MARK_TOUCHED)


async def copy_rows(connection: AsyncConnection, statement: str, rows: Iterable[Sequence[object]]) -> None:
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, DriverConnection)
    async with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row(row)


async def lock(connection: AsyncConnection, *cases: str) -> None:
    """All that will be changed, in one statement and in the order of the ids: nobody waits in a circle."""
    wanted = " UNION ".join(f"({one})" for one in cases)
    await connection.execute(text(f"SELECT id FROM cases WHERE id IN ({wanted}) ORDER BY id FOR NO KEY UPDATE"))  # noqa: S608
