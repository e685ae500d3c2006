"""One person as a page shows it: who it is, what is owed by all of the household, and all that happened, newest first.

The household is who has the same 世帯番号; beside them whoever shares a telephone number, which is said.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.case_view import HistoryLine
from dialer.core.decide import Rulebook
from dialer.core.person_flags import FLAG_NAMES, FlagKind
from dialer.core.rules.happenings import TALKER_NAMES, Talker
from dialer.core.values import TOKYO, CaseId, CaseState
from dialer.store.case_history import history
from dialer.store.case_rows import HIGHEST_ID, CaseRows, case_rows

MOST_RELATIVES = 50

PERSON = text("""
SELECT id, name, kana, address_key, household, language FROM person WHERE id = :person AND city = :city
""")
LATEST_CASE = text("""
SELECT id FROM cases WHERE person_id = :person ORDER BY round_first DESC, id DESC LIMIT 1
""")
CASES = text("""
SELECT cases.id, cases.person_id, debt_kind.name AS debt, cases.state, cases.reason, cases.clause, cases.amount_yen,
       cases.round_first, cases.round_last, cases.debtor_class, cases.plan_reason, cases.due_at, cases.plan_kind,
       cases.imported_at, cases.raw, cases.state NOT IN ('paid', 'stopped') AND cases.round_last >= :today AS is_owed
FROM cases JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
WHERE cases.person_id = ANY(:people) AND cases.city = :city
ORDER BY cases.round_first DESC, cases.id
""")
NUMBERS = text("""
SELECT number, state, source, obtained_on, other_home FROM phone_number WHERE person_id = :person ORDER BY position, id
""")
FLAGS = text("""
SELECT kind, note, by, since, until, until_by FROM person_flag WHERE person_id = :person ORDER BY since, id
""")
RELATIVES = text("""
WITH related AS (
    SELECT other.id, true AS of_household
    FROM person AS own JOIN person AS other ON other.city = own.city AND other.household = own.household
    WHERE own.id = :person AND other.id <> own.id
    UNION ALL
    SELECT theirs.person_id, false
    FROM phone_number AS own
    JOIN phone_number AS theirs ON theirs.city = own.city AND theirs.number = own.number AND NOT theirs.other_home
    WHERE own.person_id = :person AND theirs.person_id <> own.person_id AND NOT own.other_home
)
SELECT person.id, person.name, person.kana, person.address_key, bool_or(related.of_household) AS of_household,
       NOT bool_and(related.of_household) AS shares_number
FROM related JOIN person ON person.id = related.id
GROUP BY person.id ORDER BY 5 DESC, person.kana COLLATE "C", person.id LIMIT :most
""")
VERSIONS = text("""
SELECT call_id, number, by, at, name, why, note, talker, promise_day, promise_yen, promise_way
FROM talk_record WHERE call_id = ANY(CAST(:calls AS uuid[])) AND city = :city
UNION ALL
SELECT call_id, number, by, at, name, why, note, NULL, NULL, NULL, NULL
FROM inquiry WHERE call_id = ANY(CAST(:calls AS uuid[])) AND city = :city
ORDER BY call_id, number
""")
WISHES = text("""
SELECT wish.asked_at, wish.closed_at, wish.attempt_id, debt_kind.name AS debt, wish.call_id
FROM cases JOIN wish ON wish.case_id = cases.id JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
WHERE cases.person_id = :person ORDER BY wish.asked_at
""")


@dataclass(frozen=True, slots=True)
class Version:
    """What was entered for a call; of several the last counts, and each of the others was taken back by the next."""

    number: int
    at: datetime
    by: str
    name: str
    said: str  # by whom, and what was promised; no amount
    promise_yen: int | None = None
    note: str = field(default="", repr=False)
    why: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    line: HistoryLine
    versions: tuple[Version, ...] = ()  # when it was corrected: all of them, the first one first


@dataclass(frozen=True, slots=True)
class CaseShown:
    case: int
    debt: str
    state: CaseState
    reason: str
    clause: str | None
    yen: int
    round_first: date
    round_last: date
    is_owed: bool
    plan: str | None  # why it is called when
    due_at: datetime | None
    imported: tuple[tuple[tuple[str, str], ...], ...] = field(default=(), repr=False)  # rows of the list


@dataclass(frozen=True, slots=True)
class Relative:
    id: int
    of_household: bool
    shares_number: bool
    address_key: str = field(repr=False)
    name: str = field(repr=False)
    kana: str = field(repr=False)
    cases: tuple[CaseShown, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonPage:
    id: int
    household: str | None
    language: str | None
    address_key: str = field(repr=False)
    name: str = field(repr=False)
    kana: str = field(repr=False)
    cases: tuple[CaseShown, ...] = ()
    numbers: tuple[Any, ...] = field(default=(), repr=False)
    flags: tuple[Any, ...] = ()
    relatives: tuple[Relative, ...] = ()
    more_relatives: bool = False
    entries: tuple[Entry, ...] = ()

    @property
    def case_ids(self) -> tuple[int, ...]:
        """Of everybody who is shown."""
        theirs = (case.case for one in self.relatives for case in one.cases)
        return (*(case.case for case in self.cases), *theirs)

    @property
    def owed_yen(self) -> int:
        return sum(case.yen for case in self.cases if case.is_owed)

    @property
    def household_owed_yen(self) -> int:
        theirs = (case for one in self.relatives if one.of_household for case in one.cases if case.is_owed)
        return self.owed_yen + sum(case.yen for case in theirs)


async def person_page(connection: AsyncConnection, book: Rulebook, person: int, now: datetime) -> PersonPage | None:
    """None when the city has no such person."""
    city, today = book.city.key, now.astimezone(TOKYO).date()
    of = {"person": person, "city": city}
    row = (await connection.execute(PERSON, of)).one_or_none() if person <= HIGHEST_ID else None
    if row is None:
        return None
    relatives = (await connection.execute(RELATIVES, {"person": person, "most": MOST_RELATIVES + 1})).all()
    people = [person, *(one.id for one in relatives)]
    cases = defaultdict(list)
    for case in await connection.execute(CASES, {"people": people, "city": city, "today": today}):
        cases[case.person_id].append(case)
    flags = (await connection.execute(FLAGS, {"person": person})).all()
    return PersonPage(
        id=row.id,
        household=row.household,
        language=row.language,
        address_key=row.address_key,
        name=row.name,
        kana=row.kana,
        cases=tuple(map(_case, cases[person])),
        numbers=tuple((await connection.execute(NUMBERS, {"person": person})).all()),
        flags=tuple(one for one in flags if one.until is None),
        relatives=tuple(_relative(one, cases[one.id]) for one in relatives[:MOST_RELATIVES]),
        more_relatives=len(relatives) > MOST_RELATIVES,
        entries=await _entries(connection, book, person, today, cases[person], flags),
    )


def _relative(row: Any, cases: Sequence[Any]) -> Relative:
    return Relative(
        id=row.id,
        of_household=row.of_household,
        shares_number=row.shares_number,
        address_key=row.address_key,
        name=row.name,
        kana=row.kana,
        cases=tuple(map(_case, cases)),
    )


def _case(row: Any) -> CaseShown:
    return CaseShown(
        case=row.id,
        debt=row.debt,
        state=CaseState(row.state),
        reason=row.reason,
        clause=row.clause,
        yen=row.amount_yen,
        round_first=row.round_first,
        round_last=row.round_last,
        is_owed=row.is_owed,
        plan=row.plan_reason,
        due_at=row.due_at if row.plan_kind is not None else None,
        imported=tuple(tuple((str(key), str(value)) for key, value in one.items()) for one in row.raw or ()),
    )


# --- what happened


async def _entries(
    connection: AsyncConnection, book: Rulebook, person: int, today: date, cases: Sequence[Any], flags: Sequence[Any]
) -> tuple[Entry, ...]:
    latest = (await connection.execute(LATEST_CASE, {"person": person})).scalar()
    rows = None if latest is None else await case_rows(connection, book.city.key, today, case=CaseId(latest))
    lines = [] if rows is None else list(history(_without_flags(rows), book))
    versions = await _versions(connection, book, [line.attempt for line in lines if line.attempt])
    entries = [Entry(line, versions.get(line.attempt or "", ())) for line in lines]
    wishes = (await connection.execute(WISHES, {"person": person})).all()
    others = [*_flagged(flags), *_wished(wishes), *_listed(cases)]
    entries += [Entry(line) for line in others]
    return tuple(sorted(entries, key=lambda entry: entry.line.at, reverse=True))


def _without_flags(rows: CaseRows) -> CaseRows:
    """Each warning is told once, not once for every case that it stopped."""
    kept = [one for one in rows.events if one.kind not in ("stop", "flag_lifted") or "flag" not in one.detail]
    return replace(rows, events=kept)


def _flagged(flags: Sequence[Any]) -> Iterator[HistoryLine]:
    for one in flags:
        name = FLAG_NAMES[FlagKind(one.kind)]
        yield HistoryLine(one.since, "flag", f"注意事項の登録: {name}", None, by=one.by, note=one.note)
        if one.until is not None:
            yield HistoryLine(one.until, "flag", f"注意事項の解除: {name}", None, by=one.until_by)


def _wished(wishes: Sequence[Any]) -> Iterator[HistoryLine]:
    for one in wishes:
        yield HistoryLine(one.asked_at, "wish", "折り返しの電話を希望", one.debt, attempt=str(one.call_id))
        if one.closed_at is not None:
            what = "折り返しの希望に応えて架電" if one.attempt_id is not None else "折り返しの希望を終了（架電なし）"
            yield HistoryLine(one.closed_at, "wish", what, one.debt)


def _listed(cases: Sequence[Any]) -> Iterator[HistoryLine]:
    for one in cases:
        what = f"名簿の取込（架電期間 {one.round_first:%Y-%m-%d}～{one.round_last:%Y-%m-%d}）"
        yield HistoryLine(one.imported_at, "list", what, one.debt)


async def _versions(
    connection: AsyncConnection, book: Rulebook, calls: Sequence[str]
) -> dict[str, tuple[Version, ...]]:
    """Of the calls for which something was entered more than once."""
    found: dict[str, list[Version]] = defaultdict(list)
    if not calls:
        return {}
    for row in await connection.execute(VERSIONS, {"calls": list(calls), "city": book.city.key}):
        said = "" if row.talker is None else TALKER_NAMES[Talker(row.talker)]
        if row.promise_day is not None:
            way = book.city.talk.ways.get(row.promise_way, row.promise_way)
            said += f"、{row.promise_day:%Y-%m-%d}に納付約束（{way}）"
        found[str(row.call_id)].append(
            Version(row.number, row.at, row.by, row.name, said, row.promise_yen, row.note, row.why)
        )
    return {call: tuple(versions) for call, versions in found.items() if len(versions) > 1}
