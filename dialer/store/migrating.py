"""Runs the migrations."""

from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from dialer.ports import StoreFault
from dialer.store.errors import translated
from dialer.store.url import driver_url

log = structlog.get_logger()

FOLDER = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 0x796F6269  # any number, always the same: two who start together migrate one after the other


def head_revision() -> str:
    """Of this program."""
    head = ScriptDirectory(str(FOLDER)).get_current_head()
    assert head is not None
    return head


def knows(revision: str) -> bool:
    """Whether this program can bring a database of that revision up to date."""
    return any(one.revision == revision for one in ScriptDirectory(str(FOLDER)).walk_revisions())


def upgrade(url: str) -> None:
    engine = create_engine(
        driver_url(url), poolclass=NullPool, connect_args={"connect_timeout": 5}, hide_parameters=True
    )
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
            before = MigrationContext.configure(connection).get_current_revision()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            after = ScriptDirectory.from_config(config).get_current_head()
    except CommandError:
        raise StoreFault("the database was migrated by a newer version of this program; update the program") from None
    except DBAPIError as error:
        raise translated(error) from None
    if before != after:
        log.info("database migrated", from_revision=before, to_revision=after)
