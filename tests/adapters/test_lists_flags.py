"""What a list says must be known of people: kept, taken back by the same list, and acted on at once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dialer.config import Settings, load_settings
from dialer.core.layout import LayoutColumn, faults
from dialer.list_commands import Wish, import_list
from dialer.list_words import ListTaken
from dialer.profiles import load_city

NOW = datetime(2026, 11, 18, 1, 0, tzinfo=UTC)
NEXT_ROUND = datetime(2026, 12, 16, 1, 0, tzinfo=UTC)
HEADER = "宛名番号,氏名,フリガナ,区分,滞納額,電話番号1,電話番号2,受任,支援"
FLAGS = (
    LayoutColumn("flag_lawyer", header="受任", words={"有": "yes", "": "no"}, optional=True),
    LayoutColumn("flag_dv", header="支援", words={"1": "yes", "0": "no"}),
)


def city() -> Any:
    """Nagaoka, if its list had columns for warnings."""
    found = load_city("nagaoka")
    layouts = [
        replace(one, columns=(*one.columns, *FLAGS), complete_list=False) if one.key == "shizei" else one
        for one in found.layouts
    ]
    return replace(found, layouts=tuple(layouts))


CITY = city()


def row(key: int, lawyer: str = "", dv: str = "0") -> str:
    return f"{key:05},見本 太郎{key},ミホン タロウ,1,12000,0258-00-10{key:02},,{lawyer},{dv}"


class Clerk:
    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings, self._file = settings, folder / "shizei.csv"

    async def takes(self, *rows: str, now: datetime = NOW) -> ListTaken:
        self._file.write_text("\r\n".join([HEADER, *rows]) + "\r\n", encoding="utf-8-sig", newline="")
        return await import_list(self._settings, CITY, Wish(self._file, "shizei", None, False, "clerk-1"), now)

    def asks(self, query: str) -> Sequence[tuple[Any, ...]]:
        assert self._settings.database_url is not None
        with psycopg.connect(self._settings.database_url.get_secret_value()) as connection:
            return connection.execute(query.encode()).fetchall()

    def flags(self) -> Sequence[tuple[Any, ...]]:
        return self.asks(
            "SELECT address_key, kind, source, until IS NULL FROM person_flag"
            " JOIN person ON person.id = person_id ORDER BY person_flag.id"
        )

    def stops(self) -> Sequence[tuple[Any, ...]]:
        return self.asks(
            "SELECT address_key, round_first::text, state FROM case_event JOIN cases ON cases.id = case_id"
            " JOIN person ON person.id = person_id WHERE kind = 'stop' ORDER BY case_event.id"
        )


@pytest.fixture
def clerk(database_url: str, tmp_path: Path) -> Clerk:
    return Clerk(load_settings(state_dir=tmp_path / "var", database_url=database_url, city="nagaoka"), tmp_path)


async def test_a_warning_of_the_list_is_kept_and_a_lawyer_ends_the_calls(clerk: Clerk) -> None:
    await clerk.takes(row(1, lawyer="有"), row(2, dv="1"), row(3))
    assert sorted(clerk.flags()) == [("00001", "lawyer", "list", True), ("00002", "dv", "list", True)]
    assert clerk.stops() == [("00001", "2026-11-18", "stopped")]


async def test_the_same_list_again_adds_nothing(clerk: Clerk) -> None:
    for _ in range(2):
        await clerk.takes(row(1, lawyer="有"), row(2, dv="1"))
    assert len(clerk.flags()) == 2
    assert len(clerk.stops()) == 1


async def test_a_warning_that_comes_later_ends_the_calls_of_a_case_that_is_there(clerk: Clerk) -> None:
    await clerk.takes(row(1))
    assert clerk.stops() == []
    await clerk.takes(row(1, lawyer="有"))
    assert clerk.stops() == [("00001", "2026-11-18", "stopped")]


async def test_in_the_next_round_the_person_is_not_called_either(clerk: Clerk) -> None:
    await clerk.takes(row(1, lawyer="有"))
    await clerk.takes(row(1, lawyer="有"), now=NEXT_ROUND)
    assert [(key, first) for key, first, _ in clerk.stops()] == [("00001", "2026-11-18"), ("00001", "2026-12-16")]


async def test_the_list_takes_back_what_it_said_and_not_what_a_person_entered(clerk: Clerk) -> None:
    await clerk.takes(row(1, dv="1"))
    clerk_said = (
        "INSERT INTO person_flag (city, person_id, kind, source, by, since)"
        " SELECT city, id, 'dv', 'person', 'sato', now() FROM person RETURNING id"
    )
    clerk.asks(clerk_said)
    await clerk.takes(row(1, dv="0"))
    assert clerk.flags() == [("00001", "dv", "list", False), ("00001", "dv", "person", True)]


async def test_a_warning_that_the_list_takes_back_releases_what_it_had_stopped(clerk: Clerk) -> None:
    await clerk.takes(row(1, lawyer="有"), row(2, lawyer="有"))
    await clerk.takes(row(1), row(2, lawyer="有"), now=NOW + timedelta(hours=1))
    released = "SELECT address_key, case_event.kind FROM case_event JOIN cases ON cases.id = case_id" + (
        " JOIN person ON person.id = person_id ORDER BY case_event.id"
    )
    assert clerk.asks(released) == [("00001", "stop"), ("00002", "stop"), ("00001", "flag_lifted")]
    assert clerk.stops() == [("00001", "2026-11-18", "open"), ("00002", "2026-11-18", "stopped")]


async def test_a_word_that_the_layout_has_not_is_told(clerk: Clerk) -> None:
    taken = await clerk.takes(row(1, dv="?"))
    (problem,) = taken.problems
    assert str(problem) == "shizei.csv 行 2 列「支援」: 「?」は読めません。1、0 のいずれかにしてください。"
    assert clerk.flags() == []


def test_a_layout_whose_words_are_neither_yes_nor_no_is_refused() -> None:
    layout = CITY.layout("shizei")
    wrong = replace(layout, columns=(*layout.columns[:-1], replace(FLAGS[1], words={"1": "ja"})))
    assert list(faults(layout)) == []
    assert list(faults(wrong)) == ["「flag_dv」の words の値は yes か no です"]
