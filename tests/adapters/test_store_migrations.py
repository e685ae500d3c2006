"""The migrations make the very tables that tables.py describes."""

import threading
from collections.abc import Iterator

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from dialer.embedded.postgres import PostgresCluster
from dialer.ports import StoreFault
from dialer.store import migrate
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


@pytest.fixture
def empty_url(postgres: PostgresCluster) -> Iterator[str]:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE empty")
        yield database(postgres.url, "empty")
        connection.execute("DROP DATABASE empty WITH (FORCE)")


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
    assert rows_of(empty_url, "SELECT version_num FROM alembic_version") == [("0013",)]


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
