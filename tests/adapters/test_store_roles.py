"""The role of the programs: it can do its work, and nothing to what was logged, however it is asked."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from dialer.audit_commands import verify
from dialer.config import ROOT, Settings
from dialer.core.sealed import Chain
from dialer.embedded.postgres import PROGRAM, PostgresCluster
from dialer.ports import StoreFault
from dialer.store.database import Database
from dialer.store.queries import SAVE_CITY
from dialer.store.roles import NEVER_CHANGED, OWNERS_ALONE, let_work
from dialer.store.sealed_logs import LOGS, SealedLogs
from dialer.store.staff_logs import LogEntry, StaffLogs
from tests.adapters.store_rows import rows_of
from tests.conftest import database
from tests.typing_here import typed_here

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
CHAIN = Chain("operation", "nagaoka")
Refused = psycopg.errors.InsufficientPrivilege


@pytest.fixture
async def program_url(postgres: PostgresCluster, database_url: str) -> str:
    """With a row in the log that a program wrote."""
    let_work(database_url, PROGRAM)
    url = database(postgres.program_url, database_url.partition("?")[0].rpartition("/")[2])
    opened = Database(url, name="yobikake role under test")
    await opened.ask(lambda connection: connection.execute(SAVE_CITY, {"key": "nagaoka", "name": "長岡市"}))
    entry = LogEntry(datetime(2020, 4, 1, tzinfo=UTC), "nagaoka", "hanako", None, "view", "case", ["1"], 1, 0.1)
    await StaffLogs(opened).operation(entry)
    await StaffLogs(opened).operation(entry)
    await opened.close()
    return url


def test_every_table_can_be_worked_with_and_no_record_changed(program_url: str) -> None:
    rights = """
        SELECT relname, array_agg(kind ORDER BY kind) FILTER (WHERE has_table_privilege(oid, kind))
        FROM pg_class, unnest('{DELETE,INSERT,REFERENCES,SELECT,TRIGGER,TRUNCATE,UPDATE}'::text[]) AS kind
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' GROUP BY relname
    """
    known = dict(rows_of(program_url, rights))
    assert len(known) > 30
    for table, may in known.items():
        if table in OWNERS_ALONE:
            assert may == ["SELECT"], table
        elif table in LOGS + NEVER_CHANGED:
            assert may == ["INSERT", "SELECT"], table
        else:
            assert may == ["DELETE", "INSERT", "SELECT", "UPDATE"], table


@pytest.mark.parametrize(
    "statement",
    [
        *(f"UPDATE {log} SET at = now()" for log in LOGS),
        *(f"DELETE FROM {log}" for log in LOGS),
        *(f"TRUNCATE {log}" for log in LOGS),
        "UPDATE work_plan SET planned = 0",
        "DELETE FROM work_plan",
        "TRUNCATE work_plan",
        "UPDATE manual SET document = '{}'",
        "DELETE FROM manual_decision",
        "INSERT INTO pruned_log (log, chain, first_seq, last_seq, last_seal, first_at, last_at, by, at, seq, seal)"
        " VALUES ('operation', 'nagaoka', 1, 1, '', now(), now(), '', now(), 1, '')",
        "ALTER TABLE operation DISABLE TRIGGER USER",
        "ALTER TABLE operation DROP COLUMN seal",
        "DROP TRIGGER operation_is_append_only ON operation",
        "DROP TABLE operation CASCADE",
        "ALTER TABLE operation OWNER TO CURRENT_USER",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
        "CREATE OR REPLACE FUNCTION seal_record() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TABLE operation_too (id integer)",
        "CREATE RULE quiet AS ON INSERT TO operation DO INSTEAD NOTHING",
        "SET session_replication_role = replica",
        "SET ROLE yobikake",
        "UPDATE alembic_version SET version_num = '0001'",
        f"ALTER ROLE {PROGRAM} CREATEDB CREATEROLE",
        "GRANT UPDATE ON operation TO CURRENT_USER",
    ],
)
def test_no_statement_changes_a_record_or_what_guards_it(program_url: str, statement: str) -> None:
    before = rows_of(program_url, "SELECT * FROM operation ORDER BY id")
    with psycopg.connect(program_url) as connection:
        try:
            connection.execute(statement)
        except Refused:
            connection.rollback()
        else:
            assert statement.startswith("GRANT"), statement  # Postgres warns, and grants nothing
    assert rows_of(program_url, "SELECT * FROM operation ORDER BY id") == before
    assert rows_of(program_url, "SELECT has_table_privilege('operation', 'UPDATE')") == [(False,)]


async def test_logs_verify_as_a_program_and_old_ones_go_only_as_the_owner(
    program_url: str, database_url: str, tmp_path: Path
) -> None:
    program = Settings(state_dir=tmp_path, database_url=SecretStr(program_url))
    assert (await verify(program, "test", NOW)).findings == []
    async with sealed(program_url) as logs:
        stretch = await logs.old_stretch(CHAIN, NOW)
        assert stretch is not None
        with pytest.raises(StoreFault, match="owner"):
            await logs.prune(stretch, "test", NOW)
    async with sealed(database_url) as logs:
        assert await logs.prune(stretch, "test", NOW) == stretch.rows == 2
    assert (await verify(program, "test", NOW)).findings == []


@asynccontextmanager
async def sealed(url: str) -> AsyncIterator[SealedLogs]:
    opened = Database(url, name="yobikake role under test")
    try:
        yield SealedLogs(opened)
    finally:
        await opened.close()


@pytest.fixture
def says(tmp_path: Path) -> Callable[..., tuple[int, str]]:
    def run(url: str, *words: str) -> tuple[int, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("YOBIKAKE_")}
        own = {"PYTHONPATH": str(ROOT), "YOBIKAKE_STATE_DIR": str(tmp_path), "YOBIKAKE_DATABASE_URL": url}
        code, said, wrong = typed_here({**kept, **own}, "database", *words)
        return code, said + wrong

    return run


def test_the_owner_of_another_postgres_lets_a_role_in_by_a_command(
    says: Callable[..., tuple[int, str]], database_url: str, program_url: str
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(f"GRANT UPDATE, TRUNCATE ON operation TO {PROGRAM}")
    assert says(database_url, "--grant", PROGRAM)[0] == 0
    assert rows_of(program_url, "SELECT has_table_privilege('operation', 'UPDATE, TRUNCATE')") == [(False,)]
    for url, role, why in (
        (database_url, "nobody", "ありません"),
        (database_url, 'x"; DROP TABLE operation; --', "ありません"),
        (program_url, PROGRAM, "持ち主ではありません"),
        (database_url, "yobikake", "特権のある役割"),
    ):
        code, said = says(url, "--grant", role)
        assert (code, len(said.strip().splitlines()), why in said) == (1, 1, True), said
