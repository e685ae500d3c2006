"""The migrations make the very tables that tables.py describes."""

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from dialer.embedded.postgres import PostgresCluster
from dialer.ports import StoreFault
from dialer.store import migrate
from dialer.store.fresh import drop_database
from dialer.store.migrating import FOLDER, NoWayBack, downgrade, head_revision, steps_back
from dialer.store.tables import metadata
from dialer.store.url import driver_url
from tests.adapters.store_rows import rows_of
from tests.conftest import database

CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version' ORDER BY 1, 2
"""
INDEXES = """
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY 1
"""
COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
WHERE table_schema = 'public' AND table_name <> 'alembic_version' ORDER BY 1, 2
"""
FUNCTIONS = """
SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1, 2
"""
TRIGGERS = """
SELECT tgrelid::regclass::text, tgname, tgfoid::regproc::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2
"""


@pytest.fixture
def empty_url(postgres: PostgresCluster) -> Iterator[str]:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE empty")
        yield database(postgres.url, "empty")
        drop_database(connection, "empty")


def test_the_migrations_and_the_tables_agree(database_url: str) -> None:
    engine = create_engine(driver_url(database_url), poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_they_agree_to_the_last_constraint_and_index(database_url: str, empty_url: str) -> None:
    """alembic does not compare checks nor the conditions of partial indexes."""
    engine = create_engine(driver_url(empty_url), poolclass=NullPool)
    metadata.create_all(engine)
    for question in (CONSTRAINTS, INDEXES):
        described, migrated = rows_of(empty_url, question), rows_of(database_url, question)
        assert len(described) > 20
        assert described == migrated


def step(url: str, revision: str) -> None:
    """To a revision, up or down."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    engine = create_engine(driver_url(url), poolclass=NullPool)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        current = MigrationContext.configure(connection).get_current_revision() or ""
        (command.upgrade if current < revision else command.downgrade)(config, revision)


CALLED = """
INSERT INTO city VALUES ('nagaoka', '長岡市');
INSERT INTO debt_kind (city, key, name, department, caller_id) VALUES ('nagaoka', 'tax', '市税', '', '0258009001');
INSERT INTO person (city, address_key, name, kana) VALUES ('nagaoka', '1', '見本', 'ミホン');
INSERT INTO phone_number (city, person_id, number, position, state, source)
    SELECT city, id, '0258001001', 1, 'open', 'list' FROM person;
INSERT INTO cases (city, person_id, debt_kind_id, amount_yen, state, round_first, round_last, imported_at)
    SELECT person.city, person.id, debt_kind.id, 1000, 'open', '2026-11-01', '2026-11-30', now() FROM person, debt_kind;
INSERT INTO attempt (id, city, case_id, household, phone_number_id, number, caller_id, fence, claimed_at, ended_at,
                     outcome, reason, ended_by, evidence)
    SELECT '00000000-0000-4000-8000-000000000001', cases.city, cases.id, 'p1', phone_number.id, number, '0258009001', 1,
           now(), now(), 'talked', '', 'us', '{}' FROM cases, phone_number;
INSERT INTO attempt_case SELECT id, case_id, city FROM attempt;
INSERT INTO call_event (city, attempt_id, at, kind, detail) SELECT city, id, now(), 'answered', '{}' FROM attempt;
INSERT INTO case_event (city, case_id, at, kind, attempt_id, detail)
    SELECT city, case_id, now(), 'talk', id, CAST('{}' AS jsonb) FROM attempt
    UNION ALL SELECT city, id, now(), 'callback', NULL, '{}' FROM cases;
INSERT INTO talk_record (city, attempt_id, number, by, at, result, name, talker, detail)
    SELECT city, id, 1, 'sato', now(), 'cut_off', '', 'self', '{}' FROM attempt;
INSERT INTO desk_draft SELECT city, id, 'sato', '{}', now() FROM attempt;
INSERT INTO recording SELECT id, city, id || '.wav', 2.5 FROM attempt;
INSERT INTO outbox (city, attempt_id, kind, payload) SELECT city, id, 'attempt_ended', '{}' FROM attempt;
INSERT INTO operator (city, phone, state, attempt_id) SELECT city, 'op01', 'talking', id FROM attempt;
"""
OF_A_CALL = ("talk_record", "desk_draft", "recording", "call_event", "operator", "case_event", "outbox")


def test_calls_that_were_placed_before_anybody_could_call_keep_all_that_is_of_them(empty_url: str) -> None:
    step(empty_url, "0010")
    before = [rows_of(empty_url, question) for question in (CONSTRAINTS, INDEXES, TRIGGERS)]
    with psycopg.connect(empty_url) as connection:
        connection.execute(CALLED)
    calls = [rows_of(empty_url, f"SELECT * FROM {table}") for table in ("attempt_case", *OF_A_CALL)]
    step(empty_url, "0011")
    assert rows_of(empty_url, "SELECT id, city, kind FROM call") == rows_of(
        empty_url, "SELECT id, city, 'attempt' FROM attempt"
    )
    assert [rows_of(empty_url, f"SELECT * FROM {table}") for table in ("call_case", *OF_A_CALL)] == calls
    step(empty_url, "0010")
    assert [rows_of(empty_url, f"SELECT * FROM {table}") for table in ("attempt_case", *OF_A_CALL)] == calls
    assert [rows_of(empty_url, question) for question in (CONSTRAINTS, INDEXES, TRIGGERS)] == before


def test_a_recording_of_earlier_days_is_as_old_as_its_call_and_the_way_back_is_open_until_one_is_deleted(
    empty_url: str,
) -> None:
    step(empty_url, "0010")
    with psycopg.connect(empty_url) as connection:
        connection.execute(CALLED)
    step(empty_url, "0021")
    before = [rows_of(empty_url, question) for question in (CONSTRAINTS, INDEXES, TRIGGERS, "TABLE recording")]
    step(empty_url, "0024")
    assert rows_of(empty_url, "SELECT at = claimed_at, seconds FROM recording JOIN attempt ON id = call_id") == [
        (True, 2.5)
    ]
    step(empty_url, "0021")
    assert [rows_of(empty_url, question) for question in (CONSTRAINTS, INDEXES, TRIGGERS, "TABLE recording")] == before
    step(empty_url, "0024")
    with psycopg.connect(empty_url) as connection:
        connection.execute(
            "UPDATE recording SET file = NULL, seconds = NULL, deleted_at = now(), deleted_by = 'x', deleted_why = 'x'"
        )
    with pytest.raises(IntegrityError, match="null values"):
        step(empty_url, "0021")


def test_once_somebody_has_called_there_is_no_way_back(empty_url: str) -> None:
    migrate(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute("INSERT INTO city VALUES ('nagaoka', '長岡市')")
        connection.execute("INSERT INTO call VALUES ('00000000-0000-5000-8000-000000000001', 'nagaoka', 'inbound')")
        connection.execute(
            "INSERT INTO inbound_call (id, city, dialled, group_key, route, arrived_at)"
            " SELECT id, city, '', '', 'waiting', now() FROM call"
        )
    with pytest.raises(IntegrityError, match="no record is taken away"):
        step(empty_url, "0010")
    assert rows_of(empty_url, "SELECT count(*) FROM inbound_call") == [(1,)]


def test_once_work_was_planned_there_is_no_way_back(empty_url: str) -> None:
    migrate(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute("INSERT INTO city VALUES ('nagaoka', '長岡市')")
        connection.execute(
            "INSERT INTO work_plan (city, subject, channel, month, planned, reason, by, at)"
            " VALUES ('nagaoka', 'tax', 'calls', '2026-12-01', 100, '', 'boss', now())"
        )
    with pytest.raises(NoWayBack):
        downgrade(empty_url, "0027")
    assert rows_of(empty_url, "SELECT planned FROM work_plan") == [(100,)]


def test_once_a_script_was_decided_about_there_is_no_way_back(empty_url: str) -> None:
    migrate(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute("INSERT INTO city VALUES ('nagaoka', '長岡市')")
        connection.execute(
            "INSERT INTO manual (city, kind, key, version, document, why, shipped, by, at)"
            " VALUES ('nagaoka', 'script', 'reminder', 1, '{}', '', true, 'program', now())"
        )
    downgrade(empty_url, "0029")
    migrate(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute(
            "INSERT INTO manual (city, kind, key, version, document, why, shipped, by, at)"
            " VALUES ('nagaoka', 'script', 'reminder', 1, '{}', '', false, 'yamada', now())"
        )
    with pytest.raises(NoWayBack):
        downgrade(empty_url, "0029")
    assert rows_of(empty_url, "SELECT by FROM manual") == [("yamada",)]


def test_a_grant_that_was_limited_to_groups_is_not_made_wider_by_the_way_back(empty_url: str) -> None:
    migrate(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute("INSERT INTO city VALUES ('nagaoka', '長岡市')")
        connection.execute(
            "INSERT INTO account (login, name, suspended, created_at) VALUES ('reiko', '見本', false, now())"
        )
        connection.execute(
            "INSERT INTO account_grant (login, city, role, granted, starts_at, reason, by, at, groups)"
            " VALUES ('reiko', 'nagaoka', 'supervisor', true, now(), '', 'boss', now(), '{tax}')"
        )
    with pytest.raises(NoWayBack):
        downgrade(empty_url, "0027")
    assert rows_of(empty_url, "SELECT groups FROM account_grant") == [(["tax"],)]


def test_every_step_leads_back_to_the_tables_that_were(empty_url: str) -> None:
    """From the newest back to the first, one by one, and up again."""
    migrate(empty_url)
    revisions = [revision for revision, _ in reversed(steps_back(head_revision(), "0001"))]
    shapes = {head_revision(): shape_of(empty_url)}
    for revision in reversed(["0001", *revisions[:-1]]):
        downgrade(empty_url, revision)
        shapes[revision] = shape_of(empty_url)
    for revision in revisions:
        step(empty_url, revision)
        assert shape_of(empty_url) == shapes[revision], revision


def shape_of(url: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        asked = (CONSTRAINTS, INDEXES, TRIGGERS, COLUMNS, FUNCTIONS)
        return [connection.execute(question).fetchall() for question in asked]


def test_two_who_migrate_at_once_do_it_once(empty_url: str) -> None:
    failures: list[Exception] = []

    def run() -> None:
        try:
            migrate(empty_url)
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert rows_of(empty_url, "SELECT version_num FROM alembic_version") == [("0030",)]


def test_a_database_of_a_newer_program_is_left_alone(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreFault, match="newer version"):
        migrate(database_url)


@pytest.mark.parametrize("url", ["mysql://localhost/x", "not an address", ""])
def test_an_address_that_is_none_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(StoreFault, match="DATABASE_URL"):
        migrate(url)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_the_usual_ways_to_write_an_address_all_work(scheme: str, database_url: str) -> None:
    migrate(database_url.replace("postgresql", scheme, 1))
