"""Persons are looked for by any part of their name or kana, by 宛名番号, telephone number and number of a case.

Of a number its beginning or its end is enough, from four digits on. Each way has its index; a word that names no way is
tried as whatever it can be.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.values import CaseState

MOST_FOUND = 50
LONGEST = 60
FEWEST_LETTERS = 2
FEWEST_DIGITS = 4
HIGHEST_ID = 2**63 - 1
KEY = re.compile(r"[0-9A-Za-z-]{1,20}", re.ASCII)
BETWEEN_DIGITS = re.compile(r"[-‐‑‒–—―−ー()\s]")
BETWEEN_NAMES = re.compile(r"[\s・]")
BLANKS = "\u3000\t"


class Way(StrEnum):
    """By what somebody is looked for."""

    ANY = "any"
    NAME = "name"
    KEY = "key"  # 宛名番号
    NUMBER = "number"
    CASE = "case"


class NothingToSearch(Exception):
    """One line for whoever typed it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    words: str = field(repr=False)
    way: Way = Way.ANY
    debt: str | None = None  # only who has a case of this debt kind
    state: CaseState | None = None  # ... in this state


@dataclass(frozen=True, slots=True)
class CaseFound:
    case: int
    debt: str
    state: CaseState
    round_last: str


@dataclass(frozen=True, slots=True)
class PersonFound:
    person: int
    household: str | None
    address_key: str = field(repr=False)
    name: str = field(repr=False)
    kana: str = field(repr=False)
    cases: tuple[CaseFound, ...] = ()  # the latest first
    numbers: tuple[str, ...] = field(default=(), repr=False)  # in the order in which they are tried
    called_at: datetime | None = None
    outcome: str | None = None  # of the last call that we placed


@dataclass(frozen=True, slots=True)
class Found:
    people: tuple[PersonFound, ...]
    more: bool  # than are named
    ways: tuple[Way, ...]  # that were tried

    @property
    def cases(self) -> tuple[int, ...]:
        return tuple(case.case for person in self.people for case in person.cases)


BY = {
    Way.NAME: """
    SELECT id FROM person
    WHERE city = :city AND pairs_of(search_letters) @> pairs_of(letters_of(:letters))
      AND strpos(search_letters, letters_of(:letters)) > 0""",
    Way.KEY: """
    SELECT id FROM person WHERE city = :city AND address_key = :key
    UNION
    SELECT id FROM person WHERE city = :city AND address_key LIKE :key || '%' AND length(:key) >= :fewest
    UNION
    SELECT id FROM person
    WHERE city = :city AND reverse(address_key) LIKE reverse(:key) || '%' AND length(:key) >= :fewest""",
    Way.NUMBER: """
    SELECT person_id FROM phone_number WHERE city = :city AND number LIKE :digits || '%'
    UNION
    SELECT person_id FROM phone_number WHERE city = :city AND reverse(number) LIKE reverse(:digits) || '%'""",
    Way.CASE: """
    SELECT person_id FROM cases WHERE city = :city AND id = CAST(:case AS bigint)""",
}
"""`key` and `digits` have no sign that LIKE reads otherwise."""

QUESTION = """
WITH found AS ({found}
), shown AS (
    SELECT person.* FROM person
    WHERE person.id IN (SELECT * FROM found){only}
    ORDER BY person.kana COLLATE "C", person.id LIMIT :most
)
SELECT shown.id, shown.name, shown.kana, shown.address_key, shown.household, owed.cases, known.numbers,
       called.claimed_at, called.outcome
FROM shown
LEFT JOIN LATERAL (
    SELECT json_agg(json_build_array(cases.id, debt_kind.name, cases.state, cases.round_last)
                    ORDER BY cases.round_first DESC, cases.id) AS cases
    FROM cases JOIN debt_kind ON debt_kind.id = cases.debt_kind_id WHERE cases.person_id = shown.id
) AS owed ON true
LEFT JOIN LATERAL (
    SELECT array_agg(number ORDER BY position, id) AS numbers FROM phone_number WHERE person_id = shown.id
) AS known ON true
LEFT JOIN LATERAL (
    SELECT attempt.claimed_at, attempt.outcome
    FROM cases JOIN call_case ON call_case.case_id = cases.id JOIN attempt ON attempt.id = call_case.call_id
    WHERE cases.person_id = shown.id AND attempt.outcome IS NOT NULL ORDER BY attempt.claimed_at DESC LIMIT 1
) AS called ON true
ORDER BY shown.kana COLLATE "C", shown.id
"""
ONLY = """
      AND EXISTS (
          SELECT FROM cases JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
          WHERE cases.person_id = person.id AND {which})"""
WHICH = {"debt": "debt_kind.key = :debt", "state": "cases.state = :state"}


async def people_found(connection: AsyncConnection, city: str, wanted: Wanted) -> Found:
    """Raises NothingToSearch."""
    question, values, ways = asked(city, wanted)
    rows = (await connection.execute(question, values)).all()
    return Found(tuple(_person(row) for row in rows[:MOST_FOUND]), len(rows) > MOST_FOUND, ways)


def asked(city: str, wanted: Wanted) -> tuple[TextClause, dict[str, object], tuple[Way, ...]]:
    """The question, its values, and the ways that it tries."""
    values = _values(wanted.words)
    ways = tuple(way for way, name in NAMES.items() if name in values and wanted.way in (Way.ANY, way))
    if not ways:
        raise NothingToSearch(TOO_SHORT[wanted.way])
    only = {name: value for name in WHICH if (value := getattr(wanted, name)) is not None}
    which = ONLY.format(which=" AND ".join(WHICH[name] for name in only)) if only else ""
    question = QUESTION.format(found="\n    UNION".join(BY[way] for way in ways), only=which)
    given = {NAMES[way]: values[NAMES[way]] for way in ways}
    fewest = {"fewest": FEWEST_DIGITS} if Way.KEY in ways else {}
    return text(question), {"city": city, "most": MOST_FOUND + 1, **given, **only, **fewest}, ways


NAMES = {Way.NAME: "letters", Way.KEY: "key", Way.NUMBER: "digits", Way.CASE: "case"}
TOO_SHORT = {
    Way.ANY: f"氏名・カナは{FEWEST_LETTERS}文字以上、番号は{FEWEST_DIGITS}桁以上で検索してください。",
    Way.NAME: f"氏名・カナは{FEWEST_LETTERS}文字以上で検索してください。",
    Way.KEY: "宛名番号は英数字で検索してください。",
    Way.NUMBER: f"電話番号は、初めか終わりの{FEWEST_DIGITS}桁以上で検索してください。",
    Way.CASE: "案件番号は数字で検索してください。",
}


def _values(words: str) -> Mapping[str, str | int]:
    """What the words can be."""
    typed = "".join(letter for letter in words if letter.isprintable() or letter in BLANKS).strip()[:LONGEST]
    plain = unicodedata.normalize("NFKC", typed)
    bare = BETWEEN_DIGITS.sub("", plain)
    has_digits_only = bare.isascii() and bare.isdigit()
    found: dict[str, str | int] = {}
    if not has_digits_only and len(BETWEEN_NAMES.sub("", plain)) >= FEWEST_LETTERS:
        found["letters"] = typed
    if KEY.fullmatch(plain):
        found["key"] = plain
    if has_digits_only and len(bare) >= FEWEST_DIGITS:
        found["digits"] = bare
    if has_digits_only and plain == bare and int(bare) <= HIGHEST_ID:
        found["case"] = int(bare)
    return found


def _person(row: Any) -> PersonFound:
    return PersonFound(
        person=row.id,
        household=row.household,
        address_key=row.address_key,
        name=row.name,
        kana=row.kana,
        cases=tuple(CaseFound(one, debt, CaseState(state), last) for one, debt, state, last in row.cases or ()),
        numbers=tuple(row.numbers or ()),
        called_at=row.claimed_at,
        outcome=row.outcome,
    )


def masked_ends(numbers: Sequence[str]) -> tuple[str, ...]:
    """By its last digits a person tells a number from others."""
    return tuple(f"…{number[-4:]}" for number in numbers)
