"""A real Postgres for whoever asks for it: one private cluster for the whole run, one fresh database for each test."""

import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
import structlog
from psycopg import sql
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from dialer.embedded.postgres import PostgresCluster
from dialer.store import migrate
from dialer.store.fresh import drop_database
from dialer.store.postgres import PostgresStore
from tests.stores import leading_store

hypothesis.settings.register_profile("yobikake", deadline=None)  # how long a case takes is the machine's matter
hypothesis.settings.load_profile("yobikake")
structlog.configure(  # a drawn traceback takes seconds on a busy machine, longer than a transaction may be idle
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

TEMPLATE = "template_migrated"


ADAPTERS_OF_THE_TABLES = (
    *("account", "answers", "audit", "backup", "database", "doctor", "flag", "group", "inbound", "lists", "prompt"),
    *("recording", "shift", "special", "staff", "store", "web"),
)
OF_THE_TABLES = (
    "tests/contract/",
    "tests/e2e/pages/",
    *(f"tests/adapters/test_{what}" for what in ADAPTERS_OF_THE_TABLES),
)
CALM = ("bench_import", "caller_server", "crashes", "dictation", "monitoring", "prompts", "softphones", "stack")
OF_THE_CALM = ("tests/sim/", *(f"tests/e2e/test_{what}" for what in CALM))
"""They need real parts too, mind a busy machine less, and wait more than they work."""
NICE, LAST = {"real": -10, "calm": -10, "tables": 0}, 19


def scope_of(nodeid: str) -> str:
    """Who shares a worker; of the units each goes to whoever has time."""
    if nodeid.startswith("tests/unit/"):
        return nodeid
    if nodeid.startswith(OF_THE_CALM):
        return "calm"
    return "tables" if nodeid.startswith(OF_THE_TABLES) else "real"


class RealPartsTogether(LoadScopeScheduling):  # type: ignore[misc] # it has no types
    """Tests with telephones, whose times matter most, share one worker. Another has tables and pages, a third what is
    calm.
    """

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> RealPartsTogether:
    """Of `./run test`, which starts three workers: most of what needs real parts waits most of the time."""
    return RealPartsTogether(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What listens comes first: later the units keep every processor busy."""
    items.sort(key=lambda item: not item.nodeid.startswith("tests/e2e/test_ear"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Telephones come before pages, pages before arithmetic, as far as this account may say so."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, NICE.get(scope_of(item.nodeid), LAST))


def database(url: str, name: str) -> str:
    """The address of another database of the same cluster."""
    head, _, options = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}?{options}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresCluster]:
    """Not below pytest's own folder: that is closed to the account that root hands the server to."""
    state = Path(tempfile.mkdtemp(prefix="yobikake-tests-"))
    state.chmod(0o755)
    cluster = PostgresCluster(state, fast=True)
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(state)


@pytest.fixture(scope="session")
def migrated_template(postgres: PostgresCluster) -> str:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    migrate(database(postgres.url, TEMPLATE))
    return TEMPLATE


@contextmanager
def fresh_database(postgres: PostgresCluster, template: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex[:12]}"
    names = sql.Identifier(name), sql.Identifier(template)
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        yield database(postgres.url, name)
        drop_database(connection, name)


@pytest.fixture
def database_url(postgres: PostgresCluster, migrated_template: str) -> Iterator[str]:
    """A migrated, empty database of the test's own."""
    with fresh_database(postgres, migrated_template) as url:
        yield url


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[PostgresStore]:
    async with leading_store(database_url) as opened:
        yield opened
