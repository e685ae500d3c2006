"""Persons are found as a plain filter in Python finds them, whatever is typed."""

import asyncio
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialer.core.values import CaseState
from dialer.store.database import Database
from dialer.store.person_search import (
    FEWEST_DIGITS,
    FEWEST_LETTERS,
    MOST_FOUND,
    Found,
    NothingToSearch,
    Wanted,
    Way,
    people_found,
)
from tests.adapters.store_rows import CITY, put_case, put_person

FAMILY = (
    ("見本", "ミホン"),
    ("髙﨑", "タカサキ"),
    ("高崎", "ﾀｶｻｷ"),
    ("渡邊", "ワタナベ"),
    ("渡辺", "わたなべ"),
    ("仮", "カリ"),
)
GIVEN = (("花子", "ハナコ"), ("一郎", "イチロウ"), ("ジョン・ポール", "ジョン・ポール"), ("ヨーコ", "ヨ-コ"), ("", ""))
SAME_LETTERS = dict(zip("ァィゥェォッャュョヮヵヶ髙﨑邊-", "アイウエオツヤユヨワカケ高崎辺ー", strict=True))


@dataclass(frozen=True, slots=True)
class Somebody:
    id: int
    name: str
    kana: str
    key: str
    numbers: tuple[str, ...]
    case: int


def plain(words: str) -> str:
    """Written anew for the test: what makes no difference in a name."""
    composed = unicodedata.normalize("NFKC", words.replace("゛", "\u3099").replace("゜", "\u309a"))
    katakana = (chr(ord(one) + 0x60) if "ぁ" <= one <= "ゖ" else one for one in composed.lower())
    return "".join(SAME_LETTERS.get(one, one) for one in katakana if one not in " ・")


def is_meant(one: Somebody, typed: str) -> bool:
    words, typed = plain(typed), unicodedata.normalize("NFKC", typed)  # ² and ２ are 2
    bare = "".join(letter for letter in typed if letter not in "- ")
    digits = bare.isascii() and bare.isdigit()
    letters = not digits and len(words) >= FEWEST_LETTERS
    by_name = letters and (words in plain(one.name) or words in plain(one.kana))
    ends = len(typed.strip()) >= FEWEST_DIGITS and (
        one.key.startswith(typed.strip()) or one.key.endswith(typed.strip())
    )
    by_number = digits and len(bare) >= FEWEST_DIGITS
    by_number = by_number and any(number.startswith(bare) or number.endswith(bare) for number in one.numbers)
    by_case = digits and bare == typed.strip() and int(bare) == one.case
    return by_name or one.key == typed.strip() or ends or by_number or by_case


@dataclass(slots=True)
class Town:
    people: Sequence[Somebody]
    loop: asyncio.Runner
    database: Database

    def find(self, wanted: Wanted) -> Found:
        return self.loop.run(self.database.ask(lambda connection: people_found(connection, CITY, wanted)))


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    people: list[Somebody] = []
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO city VALUES ('nagaoka', '長岡市'), ('sendai', '仙台市')")
        connection.execute(
            "INSERT INTO debt_kind (city, key, name, department, caller_id)"
            " VALUES ('nagaoka', 'city_tax', '市税', '', '0258009001')"
        )
    for family, family_kana in FAMILY:
        for given_name, given_kana in GIVEN:
            place = len(people)
            numbers = (f"0258001{place:03}", f"090000{place % 7}1{place:03}")
            person = put_person(database_url, *numbers)
            case = put_case(database_url, person)
            name, kana, key = (
                f"{family}　{given_name}".strip(),
                f"{family_kana} {given_kana}".strip(),
                f"{place:02}-A{place}7",
            )
            with psycopg.connect(database_url) as connection:
                connection.execute(
                    "UPDATE person SET name = %s, kana = %s, address_key = %s WHERE id = %s", [name, kana, key, person]
                )
            people.append(Somebody(person, name, kana, key, numbers, case))
    with asyncio.Runner() as loop:

        async def opened() -> Database:
            return Database(database_url)

        database = loop.run(opened())
        yield Town(people, loop, database)
        loop.run(database.close())


WORDS = st.one_of(
    st.text(alphabet="見本髙﨑高崎渡邊辺仮花子一郎ジョンポールヨーコみほんわたなべワﾀｶｻｷﾊﾅﾎﾞゾ゛・ 　-", max_size=6),
    st.text(alphabet="0123456789", max_size=11),
    st.text(alphabet="0123456789-A ", max_size=8),
    st.text(max_size=8),
)


def test_whatever_is_typed_finds_whom_a_plain_filter_finds(town: Town) -> None:
    found_somebody = 0

    @settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(WORDS, st.integers(0, len(FAMILY) * len(GIVEN) - 1), st.booleans(), st.integers(0, 12), st.integers(2, 12))
    def holds(words: str, place: int, of_somebody: bool, start: int, length: int) -> None:
        nonlocal found_somebody
        somebody = town.people[place]
        texts = (somebody.name, somebody.kana, somebody.key, *somebody.numbers)
        typed = texts[start % len(texts)][start % 5 :][:length] if of_somebody else words
        typed = "".join(one for one in typed if one.isprintable() or one == "\u3000").strip()
        wanted = {one.id for one in town.people if is_meant(one, typed)}
        try:
            found = {one.person for one in town.find(Wanted(typed)).people}
        except NothingToSearch:
            found = set()
        found_somebody += bool(found)
        assert found == wanted, typed

    holds()
    assert found_somebody > 30


@pytest.mark.parametrize(
    ("typed", "way", "families"),
    [
        ("たかさき", Way.ANY, ("髙﨑", "高崎")),
        ("ﾀｶｻｷ", Way.NAME, ("髙﨑", "高崎")),
        ("高崎", Way.NAME, ("髙﨑", "高崎")),
        ("渡辺", Way.NAME, ("渡邊", "渡辺")),
        ("カサキ", Way.NAME, ("髙﨑", "高崎")),
        ("よーこ", Way.NAME, tuple(name for name, _ in FAMILY)),
        ("％", Way.ANY, None),
        ("見", Way.NAME, None),
        ("", Way.ANY, None),
        ("\x00\x01", Way.ANY, None),
        ("0258", Way.NAME, None),
        ("123", Way.NUMBER, None),
        ("見本", Way.CASE, None),
    ],
)
def test_each_way_of_writing_a_name_finds_it(
    town: Town, typed: str, way: Way, families: tuple[str, ...] | None
) -> None:
    if families is None:
        with pytest.raises(NothingToSearch):
            town.find(Wanted(typed, way))
        return
    found = town.find(Wanted(typed, way)).people
    assert {one.name.split("　")[0] for one in found} == set(families)


def test_signs_that_a_pattern_reads_otherwise_are_letters(town: Town) -> None:
    assert town.find(Wanted("%%")).people == ()
    assert town.find(Wanted("__'; DROP TABLE person; --")).people == ()


def test_only_who_has_such_a_case_is_found_and_the_list_ends_somewhere(town: Town, database_url: str) -> None:
    assert len(town.find(Wanted("見本", debt="city_tax", state=CaseState.OPEN)).people) == len(GIVEN)
    assert town.find(Wanted("見本", state=CaseState.PAID)).people == ()
    assert town.find(Wanted("見本", debt="none")).people == ()
    for _ in range(MOST_FOUND):
        put_person(database_url)
    found = town.find(Wanted("ミホン"))
    assert (len(found.people), found.more) == (MOST_FOUND, True)


def test_nobody_of_another_city_is_found(town: Town, database_url: str) -> None:
    put_person(database_url, "0220001234", city="sendai")
    assert town.find(Wanted("0220001234")).people == ()
