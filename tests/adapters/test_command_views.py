"""What the command line shows of people is in the log of operations, as a view in a page is."""

import getpass
import os
import uuid
from pathlib import Path

import psycopg
import pytest

from dialer.config import ROOT
from dialer.profiles import load_city
from dialer.store.postgres import PostgresStore
from tests.adapters.store_rows import CITY, put_callable, rows_of
from tests.typing_here import typed_here

LOGGED = "SELECT by, function, what, ids, count, session_id FROM operation ORDER BY id"


@pytest.fixture
async def case(database_url: str) -> int:
    store = PostgresStore(database_url, CITY)
    await store.ensure_city(load_city(CITY), [])
    await store.close()
    return put_callable(database_url, "0258001234")


def typed(url: str, folder: Path, *words: str) -> tuple[int, str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("YOBIKAKE_")}
    own = {"PYTHONPATH": str(ROOT), "YOBIKAKE_STATE_DIR": str(folder), "YOBIKAKE_DATABASE_URL": url}
    return typed_here({**kept, **own}, *words)


@pytest.mark.parametrize("words", [("cases",), ("explain", "{case}")])
def test_whose_case_was_shown_is_in_the_log(
    words: tuple[str, ...], case: int, database_url: str, tmp_path: Path
) -> None:
    code, said, wrong = typed(database_url, tmp_path, *(word.format(case=case) for word in words), "--json")
    assert (code, wrong) == (0, "")
    assert '"reason"' in said
    assert rows_of(database_url, LOGGED) == [(getpass.getuser(), "view", "case", [str(case)], 1, None)]


@pytest.mark.parametrize("command", ["outcomes", "callers"])
def test_a_look_at_the_figures_of_a_day_is_in_the_log(
    command: str, case: int, database_url: str, tmp_path: Path
) -> None:
    assert typed(database_url, tmp_path, command, "--json")[0] == 0
    [(by, function, what, [day], count, session)] = rows_of(database_url, LOGGED)
    assert (by, function, what, len(day), count, session) == (getpass.getuser(), "view", "day", 10, 1, None)


@pytest.mark.parametrize("wanted", ["77", str(uuid.UUID(int=7)), "no call"])
def test_what_is_not_there_is_not_in_the_log(wanted: str, case: int, database_url: str, tmp_path: Path) -> None:
    code, _, wrong = typed(database_url, tmp_path, "explain", wanted)
    assert (code, wrong.strip()[:8]) == (1, "There is")
    assert rows_of(database_url, LOGGED) == []


def test_nothing_is_shown_that_cannot_be_written_down(case: int, database_url: str, tmp_path: Path) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE operation RENAME TO elsewhere")
    code, said, _ = typed(database_url, tmp_path, "explain", str(case))
    assert (code, said) == (1, "")
