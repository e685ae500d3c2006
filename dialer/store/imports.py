"""A list of cases into the tables, in one transaction and a few statements over all rows.

A row meets the case of its person and debt kind whose round begins within the round of the list. There is none: a new
case. It is open: what differs is changed, and it is decided anew. It is closed: it stays so, and is told. The same list
again therefore changes nothing. A case of an earlier round that would overlap ends where the new round begins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.calendar.values import Period
from dialer.core.decide import Rulebook
from dialer.core.layout import Layout
from dialer.core.values import TOKYO, CaseState
from dialer.lists.rows import CaseRow, Told
from dialer.ports import StoreFault
from dialer.store.fresh_plans import plan_fresh
from dialer.store.listed_flags import HELD, stop_flagged
from dialer.store.listed_people import TOUCHED, PeopleTaken, begin, copy_rows, lock, mark_touched, take_people

STEPS = 10  # told to whoever waits; the insert of new cases is the longest
ANALYZE_FROM = 1000  # so many new rows change how Postgres should look for them

TABLE = text("""
CREATE TEMPORARY TABLE listed_case (
    row integer PRIMARY KEY, address_key text NOT NULL, debt text NOT NULL, amount_yen bigint NOT NULL,
    debtor_class text, items jsonb, raw jsonb, round_first date NOT NULL, round_last date NOT NULL,
    person_id bigint, debt_kind_id bigint, case_id bigint, state text, changes text[] NOT NULL DEFAULT '{}',
    is_known boolean NOT NULL DEFAULT false, is_fresh boolean NOT NULL DEFAULT true, sorts text NOT NULL DEFAULT ''
) ON COMMIT DROP
""")
COPY = """
COPY listed_case (row, address_key, debt, amount_yen, debtor_class, items, raw, round_first, round_last) FROM STDIN
"""
ANALYZE = text("ANALYZE listed_case")
DEBTS_UNKNOWN = text("""
SELECT DISTINCT listed_case.debt
FROM listed_case LEFT JOIN debt_kind ON debt_kind.city = :city AND debt_kind.key = listed_case.debt
WHERE debt_kind.id IS NULL ORDER BY listed_case.debt
""")
WHOSE = text("""
UPDATE listed_case
SET person_id = listed_person.person_id, debt_kind_id = debt_kind.id, is_known = NOT listed_person.is_new
FROM listed_person, debt_kind
WHERE listed_person.address_key = listed_case.address_key
  AND debt_kind.city = :city AND debt_kind.key = listed_case.debt
""")
CALLED = text("""
UPDATE listed_case SET is_fresh = false
WHERE is_known AND person_id IN (
    SELECT cases.person_id FROM call_case JOIN cases ON cases.id = call_case.case_id
    WHERE call_case.city = :city
    UNION
    SELECT cases.person_id FROM case_event JOIN cases ON cases.id = case_event.case_id WHERE case_event.city = :city)
""")
"""Who has been called, or has called, for whatever debt, may have promised and has hours of their own in the
statistics: such a case is decided alone."""

MATCH = text("""
UPDATE listed_case
SET case_id = found.id, state = found.state, changes = array_remove(ARRAY[
        CASE WHEN found.amount_yen <> listed_case.amount_yen THEN 'amount' END,
        CASE WHEN found.debtor_class IS DISTINCT FROM COALESCE(listed_case.debtor_class, found.debtor_class)
             THEN 'debtor_class' END,
        CASE WHEN found.items IS DISTINCT FROM COALESCE(listed_case.items, found.items) THEN 'items' END,
        CASE WHEN (found.round_first, found.round_last) <> (listed_case.round_first, listed_case.round_last)
             THEN 'round' END,
        CASE WHEN found.raw IS DISTINCT FROM COALESCE(listed_case.raw, found.raw) THEN 'other' END
    ], NULL)
FROM (
    SELECT listed.row AS listed_row, one.*
    FROM listed_case AS listed
    CROSS JOIN LATERAL (
        SELECT * FROM cases
        WHERE cases.person_id = listed.person_id AND cases.debt_kind_id = listed.debt_kind_id
          AND cases.round_first BETWEEN listed.round_first AND listed.round_last
        ORDER BY cases.round_first = listed.round_first DESC, cases.round_first DESC LIMIT 1
    ) AS one
    WHERE listed.is_known
) AS found
WHERE found.listed_row = listed_case.row
""")
TO_CHANGE = "SELECT case_id FROM listed_case WHERE state = 'open' AND changes <> '{}'"
TO_END = """
SELECT cases.id
FROM listed_case
JOIN cases ON cases.person_id = listed_case.person_id AND cases.debt_kind_id = listed_case.debt_kind_id
WHERE listed_case.is_known AND cases.state = 'open'
  AND cases.round_first < listed_case.round_first AND cases.round_last >= listed_case.round_first
"""
CHANGE = text("""
UPDATE cases
SET amount_yen = listed_case.amount_yen, layout = :layout,
    debtor_class = COALESCE(listed_case.debtor_class, cases.debtor_class),
    items = COALESCE(listed_case.items, cases.items), raw = COALESCE(listed_case.raw, cases.raw),
    round_first = listed_case.round_first, round_last = listed_case.round_last,
    stale = cases.stale OR listed_case.changes <> '{other}'
FROM listed_case
WHERE cases.id = listed_case.case_id AND cases.state = 'open' AND listed_case.changes <> '{}'
""")
END_EARLIER_ROUNDS = text("""
UPDATE cases SET round_last = listed_case.round_first - 1, stale = true
FROM listed_case
WHERE listed_case.is_known AND cases.person_id = listed_case.person_id
  AND cases.debt_kind_id = listed_case.debt_kind_id AND cases.state = 'open'
  AND cases.round_first < listed_case.round_first AND cases.round_last >= listed_case.round_first
""")
ADD = text("""
INSERT INTO cases (
    city, person_id, debt_kind_id, amount_yen, items, raw, layout, debtor_class, round_first, round_last, imported_at,
    state, reason, clause, contacted, sms_candidate, facts, stale, plan_kind, phone_number_id, due_at, until_at, slot,
    priority, plan_reason, plan_clause, held)
SELECT :city, listed_case.person_id, listed_case.debt_kind_id, listed_case.amount_yen, listed_case.items,
       listed_case.raw, :layout, listed_case.debtor_class, listed_case.round_first, listed_case.round_last, :now,
       COALESCE(plan.state, 'open'), COALESCE(plan.reason, ''), plan.clause, COALESCE(plan.contacted, false),
       COALESCE(plan.sms_candidate, false), COALESCE(plan.facts, ''), plan.state IS NULL, plan.plan_kind, telephone.id,
       plan.due_at, plan.until_at, plan.slot, plan.priority, plan.plan_reason, plan.plan_clause, plan.held
FROM listed_case
JOIN listed_person ON listed_person.address_key = listed_case.address_key
LEFT JOIN fresh_plan AS plan
    ON listed_case.is_fresh AND plan.debt = listed_case.debt AND plan.sorts = listed_case.sorts
    AND plan.round_first = listed_case.round_first AND plan.round_last = listed_case.round_last
    AND plan.debtor_class IS NOT DISTINCT FROM listed_case.debtor_class
    AND plan.language IS NOT DISTINCT FROM listed_person.language
LEFT JOIN LATERAL (
    SELECT id FROM phone_number WHERE phone_number.person_id = listed_case.person_id
    ORDER BY position, id OFFSET plan.number LIMIT 1
) AS telephone ON plan.plan_kind IS NOT NULL
WHERE listed_case.case_id IS NULL
ORDER BY listed_case.row
""")
WITH_PERSON = text("""
UPDATE listed_case SET changes = listed_person.changes || listed_case.changes
FROM listed_person
WHERE listed_person.address_key = listed_case.address_key AND listed_person.changes <> '{}'
""")
COUNTS = text("""
SELECT count(*) FILTER (WHERE case_id IS NULL) AS added,
       count(*) FILTER (WHERE state = 'open' AND changes = '{}') AS unchanged
FROM listed_case
""")
CHANGED = text("SELECT row, case_id, changes FROM listed_case WHERE state = 'open' AND changes <> '{}' ORDER BY row")
CLOSED = text("SELECT row, case_id, state FROM listed_case WHERE state <> 'open' ORDER BY row")
GONE = text("""
SELECT cases.id
FROM cases
JOIN debt_kind ON debt_kind.id = cases.debt_kind_id AND debt_kind.city = :city
JOIN person ON person.id = cases.person_id
JOIN unnest(CAST(:debts AS text[]), CAST(:firsts AS date[]), CAST(:lasts AS date[])) AS list(debt, first, last)
    ON list.debt = debt_kind.key AND cases.round_first BETWEEN list.first AND list.last
WHERE cases.state = 'open' AND NOT person.address_key = ANY(:left_out)
EXCEPT SELECT case_id FROM listed_case
ORDER BY id
""")
"""A difference of sets: NOT EXISTS is at times held row against row, and an index made after an update is not used."""

STOPPED = text("CREATE TEMPORARY TABLE stopped_case (id bigint PRIMARY KEY) ON COMMIT DROP")
FILL_STOPPED = text("INSERT INTO stopped_case SELECT unnest(CAST(:cases AS bigint[]))")
STOP = text("""
INSERT INTO case_event (city, case_id, at, kind, detail, by)
SELECT :city, id, :now, 'stop', '{}', :by FROM stopped_case ORDER BY id
""")
MARK = text("UPDATE cases SET stale = true FROM stopped_case WHERE cases.id = stopped_case.id")
UNSUITED = text("""
SELECT listed_case.row, CASE
    WHEN earlier.state = 'stopped' THEN 'stopped_before'
    WHEN earlier.state = 'paid' THEN 'paid_before'
    WHEN promise.day >= :today THEN 'promised'
    WHEN EXISTS (SELECT FROM case_event WHERE case_event.case_id = earlier.id AND kind = 'decision')
        THEN 'decided_before'
    WHEN NOT EXISTS (
        SELECT FROM phone_number WHERE phone_number.person_id = listed_case.person_id AND state = 'open')
        THEN 'dead_numbers'
    END AS why
FROM listed_case
LEFT JOIN LATERAL (
    SELECT id, state FROM cases
    WHERE cases.person_id = listed_case.person_id AND cases.debt_kind_id = listed_case.debt_kind_id
      AND cases.round_first < listed_case.round_first
    ORDER BY round_first DESC LIMIT 1
) AS earlier ON listed_case.is_known
LEFT JOIN LATERAL (
    SELECT CAST(detail #>> '{promise,date}' AS date) AS day FROM case_event
    WHERE case_event.case_id = earlier.id AND kind IN ('talk', 'callback') ORDER BY id DESC LIMIT 1
) AS promise ON earlier.id IS NOT NULL
WHERE listed_case.case_id IS NULL
  AND (earlier.id IS NOT NULL OR EXISTS (
      SELECT FROM phone_number WHERE phone_number.person_id = listed_case.person_id AND state = 'dead'))
ORDER BY listed_case.row
""")


@dataclass(frozen=True, slots=True)
class CaseList:
    """A list as it is to be taken over. Every debt kind of its rows has a round."""

    rows: Sequence[CaseRow]
    rounds: Mapping[str, Period]
    layout: Layout
    by: str
    now: datetime
    keys_left_out: frozenset[str] = frozenset()  # people of rows that are bad: not gone, only not read
    gone_known: bool = True  # False: a bad row does not even say of whom it is
    rehearses: bool = False  # no case is touched, for all of it is taken back


@dataclass(frozen=True, slots=True)
class Changed:
    row: int
    case: int
    what: tuple[str, ...]  # name, household, language, number, amount, debtor_class, items, round, other


@dataclass(frozen=True, slots=True)
class CasesTaken:
    added: int
    unchanged: int
    changed: tuple[Changed, ...] = ()
    closed: tuple[tuple[int, int, CaseState], ...] = ()  # row, case, state: finished in this round, not called again
    gone: tuple[int, ...] = ()  # open cases that a complete list no longer has
    gone_stopped: bool = False
    unsuited: tuple[tuple[int, str], ...] = ()  # row and why: new, but better not called (000 §10(2))
    people: PeopleTaken = field(default_factory=lambda: PeopleTaken(0, 0, 0, 0, 0))

    @property
    def counts(self) -> dict[str, int]:
        return {
            "added": self.added,
            "changed": len(self.changed),
            "unchanged": self.unchanged,
            "closed": len(self.closed),
            "gone": len(self.gone),
            "numbers_added": self.people.numbers_added,
        }


async def take_cases(
    connection: AsyncConnection, city: str, wanted: CaseList, book: Rulebook | None, told: Told | None = None
) -> CasesTaken:
    """All of it or, with an exception, nothing. New cases are planned at once where there is a rulebook."""
    tell = told or (lambda _done, _all: None)
    await begin(connection, city)
    people = await take_people(connection, city, wanted.rows)
    tell(2, STEPS)
    await _copy(connection, city, wanted)
    tell(3, STEPS)
    await connection.execute(WHOSE, {"city": city})
    await connection.execute(CALLED, {"city": city})
    await connection.execute(ANALYZE)  # only now it is known who is known
    await connection.execute(MATCH)
    unsuited = await _unsuited(connection, wanted)
    gone = await _gone(connection, city, wanted)
    if not wanted.rehearses:
        await plan_fresh(connection, book, wanted.now)
        tell(4, STEPS)
        await _write(connection, city, wanted, gone)
    tell(8, STEPS)
    await connection.execute(WITH_PERSON)
    if not wanted.rehearses:
        await _end(connection, city, wanted, gone)
    tell(STEPS, STEPS)
    counts = (await connection.execute(COUNTS)).one()
    return CasesTaken(
        added=counts.added,
        unchanged=counts.unchanged,
        changed=tuple(Changed(row[0], row[1], tuple(row[2])) for row in await connection.execute(CHANGED)),
        closed=tuple((row[0], row[1], CaseState(row[2])) for row in await connection.execute(CLOSED)),
        gone=gone,
        gone_stopped=wanted.layout.stop_gone,
        unsuited=unsuited,
        people=people,
    )


async def _write(connection: AsyncConnection, city: str, wanted: CaseList, gone: Sequence[int]) -> None:
    await connection.execute(STOPPED)
    await connection.execute(FILL_STOPPED, {"cases": list(gone) if wanted.layout.stop_gone else []})
    await lock(connection, TO_CHANGE, TO_END, TOUCHED, HELD, "SELECT id FROM stopped_case")
    await connection.execute(CHANGE, {"layout": wanted.layout.key})
    await connection.execute(END_EARLIER_ROUNDS)
    await mark_touched(connection)
    made = await connection.execute(ADD, {"city": city, "layout": wanted.layout.key, "now": wanted.now})
    if made.rowcount >= ANALYZE_FROM:
        await connection.execute(text("ANALYZE person, phone_number, cases"))


async def _end(connection: AsyncConnection, city: str, wanted: CaseList, gone: Sequence[int]) -> None:
    """The cases that are not called any more."""
    await stop_flagged(connection, city, wanted.by, wanted.now)
    if gone and wanted.layout.stop_gone:
        await connection.execute(STOP, {"city": city, "now": wanted.now, "by": wanted.by})
        await connection.execute(MARK)


async def _copy(connection: AsyncConnection, city: str, wanted: CaseList) -> None:
    await connection.execute(TABLE)
    rows = (
        (
            *(row.row, row.address_key, row.debt, row.amount_yen, row.debtor_class, row.items_json, row.raw_json),
            *(wanted.rounds[row.debt].first, wanted.rounds[row.debt].last),
        )
        for row in wanted.rows
    )
    await copy_rows(connection, COPY, rows)
    await connection.execute(ANALYZE)
    unknown = (await connection.execute(DEBTS_UNKNOWN, {"city": city})).scalars().all()
    if unknown:
        raise StoreFault(
            f"{city} has no debt kind {', '.join(unknown)} in the database; "
            "it comes there from the city's profile when the engine starts"
        )


async def _unsuited(connection: AsyncConnection, wanted: CaseList) -> tuple[tuple[int, str], ...]:
    today = wanted.now.astimezone(TOKYO).date()
    rows = await connection.execute(UNSUITED, {"today": today})
    return tuple((row.row, row.why) for row in rows if row.why)


async def _gone(connection: AsyncConnection, city: str, wanted: CaseList) -> tuple[int, ...]:
    if not wanted.layout.complete_list or not wanted.gone_known:
        return ()
    periods = {debt: wanted.rounds[debt] for debt in wanted.layout.debts if debt in wanted.rounds}
    values = {
        "city": city,
        "debts": list(periods),
        "firsts": [period.first for period in periods.values()],
        "lasts": [period.last for period in periods.values()],
        "left_out": list(wanted.keys_left_out),
    }
    return tuple((await connection.execute(GONE, values)).scalars())
