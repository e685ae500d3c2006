"""Runs the migrations."""

from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import NullPool

from dialer.ports import StoreFault
from dialer.store.errors import translated
from dialer.store.url import MIGRATION_LOCK, driver_url

log = structlog.get_logger()


class NoWayBack(StoreFault):
    """A step refuses: a record would be taken away. Nothing was changed."""


FOLDER = Path(__file__).parent / "migrations"


def head_revision() -> str:
    """Of this program."""
    head = ScriptDirectory(str(FOLDER)).get_current_head()
    assert head is not None
    return head


def knows(revision: str) -> bool:
    """Whether this program can bring a database of that revision up to date."""
    return any(one.revision == revision for one in ScriptDirectory(str(FOLDER)).walk_revisions())


def steps_back(current: str, to: str) -> list[tuple[str, str]]:
    """What would be undone, newest first: each revision and what it is about. ValueError when `to` is not before."""
    every = [(one.revision, (one.doc or "").strip()) for one in ScriptDirectory(str(FOLDER)).walk_revisions()]
    places = {revision: place for place, (revision, _) in enumerate(every)}
    if current not in places or places.get(to, -1) <= places[current]:
        raise ValueError(to)
    return every[places[current] : places[to]]


def downgrade(url: str, to: str) -> None:
    """Back to an earlier revision, all of it or nothing. NoWayBack when a record would be taken away."""
    try:
        with _engine(url).begin() as connection:
            config = _locked(connection)
            command.downgrade(config, to)
    except IntegrityError:
        raise NoWayBack("a record would be taken away") from None
    except DBAPIError as error:
        raise translated(error) from None


def _engine(url: str) -> Engine:
    return create_engine(driver_url(url), poolclass=NullPool, connect_args={"connect_timeout": 5}, hide_parameters=True)


def _locked(connection: Connection) -> Config:
    """Two who start together migrate one after the other."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(url: str) -> None:
    try:
        with _engine(url).begin() as connection:
            config = _locked(connection)
            before = MigrationContext.configure(connection).get_current_revision()
            command.upgrade(config, "head")
            after = ScriptDirectory.from_config(config).get_current_head()
    except CommandError:
        raise StoreFault("the database was migrated by a newer version of this program; update the program") from None
    except DBAPIError as error:
        raise translated(error) from None
    if before != after:
        log.info("database migrated", from_revision=before, to_revision=after)
