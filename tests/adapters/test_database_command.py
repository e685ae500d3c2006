"""The way back to an earlier migration, as it is typed: told first, done only when it is meant and nobody is there."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dialer.config import ROOT
from dialer.store import migrate
from dialer.store.migrating import head_revision, steps_back
from tests.adapters.store_rows import rows_of
from tests.typing_here import typed_here

Says = Callable[..., tuple[int, str]]
HEAD = head_revision()
FILLED = """
INSERT INTO city VALUES ('nagaoka', '長岡市');
INSERT INTO person (city, address_key, name, kana) VALUES ('nagaoka', '1', '見本', 'ミホン');
INSERT INTO account (login, name, suspended, created_at) VALUES ('hanako', '見本 花子', false, now());
INSERT INTO account_grant (login, city, role, granted, starts_at, reason, by, at)
    VALUES ('hanako', 'nagaoka', 'auditor', true, now(), '', 'test', now());
"""
TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1"


@pytest.fixture
def says(database_url: str, tmp_path: Path) -> Says:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("YOBIKAKE_")}
    own = {"PYTHONPATH": str(ROOT), "YOBIKAKE_STATE_DIR": str(tmp_path), "YOBIKAKE_DATABASE_URL": database_url}

    def run(*words: str) -> tuple[int, str]:
        code, said, wrong = typed_here({**kept, **own}, "database", *words)
        return code, said + wrong

    return run


def everything(url: str) -> dict[str, Sequence[Any]]:
    tables = [str(row[0]) for row in rows_of(url, TABLES)]
    return {table: rows_of(url, f"SELECT one::text FROM {table} AS one ORDER BY 1") for table in tables}


def test_back_and_forward_again_keeps_every_row(says: Says, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(FILLED)
    before = everything(database_url)
    code, said = says("--to", "0021", "--really", "--by", "root", "--json")
    assert (code, json.loads(said)["done"]) == (0, True), said
    assert rows_of(database_url, "SELECT version_num FROM alembic_version") == [("0021",)]
    assert f"このプログラムの版 {HEAD}" in says()[1]
    migrate(database_url)
    after = everything(database_url)
    assert {table: rows for table, rows in after.items() if table != "operation"} == {
        table: rows for table, rows in before.items() if table != "operation"
    }
    logged = "SELECT by, function, what, detail ->> 'old', detail ->> 'new' FROM operation"
    assert rows_of(database_url, logged) == [("root", "migrate", "database", HEAD, "0021")]


def test_without_really_it_is_only_told(says: Says, database_url: str) -> None:
    before = everything(database_url)
    code, said = says("--to", "0020")
    assert code == 0
    assert [line.split()[0] for line in said.splitlines()[1:-2]] == [step for step, _ in steps_back(HEAD, "0020")]
    assert "dialer backup" in said
    assert everything(database_url) == before


@pytest.mark.parametrize("to", ["9999", "", "base", HEAD, "0025; DROP TABLE person"])
def test_what_is_no_earlier_revision_is_refused(says: Says, to: str, database_url: str) -> None:
    code, said = says("--to", to, "--really")
    assert (code, len(said.strip().splitlines())) == (1, 1), said
    assert rows_of(database_url, "SELECT version_num FROM alembic_version") == [(HEAD,)]


def test_while_a_program_uses_the_database_nothing_is_done(says: Says, database_url: str) -> None:
    with psycopg.connect(database_url, application_name="yobikake engine"):
        code, said = says("--to", "0021", "--really")
    assert (code, "止めてください" in said) == (1, True)
    assert rows_of(database_url, "SELECT version_num FROM alembic_version") == [(HEAD,)]


def test_a_step_that_would_take_a_record_away_is_not_done_and_those_before_it_neither(
    says: Says, database_url: str
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(FILLED.replace("'auditor'", "'client_inspector'"))  # a role that came with 0021
    code, said = says("--to", "0020", "--really")
    assert (code, "記録を失うため" in said) == (1, True), said
    assert rows_of(database_url, "SELECT version_num FROM alembic_version") == [(HEAD,)]
