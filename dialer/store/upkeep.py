"""What is told of the database itself: size, version, migration, the last backup. Also of one that lags behind."""

from dataclasses import dataclass, replace
from datetime import datetime

import psycopg

CONNECT_SECONDS = 2
LAST_BACKUP = """
SELECT at, detail FROM operation WHERE city = %(city)s AND function = 'backup' ORDER BY seq DESC LIMIT 1
"""
ABOUT = """
SELECT current_setting('server_version_num')::integer / 10000, pg_encoding_to_char(encoding),
       pg_database_size(oid), clock_timestamp()
FROM pg_database WHERE datname = current_database()
"""
HAS_TABLE = "SELECT to_regclass(%(table)s) IS NOT NULL"
RECORDED = "SELECT count(seconds), coalesce(sum(seconds), 0) FROM recording"  # of a deleted one a stub is left


@dataclass(frozen=True, slots=True)
class LastBackup:
    at: datetime
    file: str = ""
    bytes: int = 0
    verified: bool = False


@dataclass(frozen=True, slots=True)
class TablesSeen:
    major: int
    encoding: str
    bytes: int
    at: datetime  # by its own clock
    revision: str | None  # none: it was never migrated
    backup: LastBackup | None = None
    recordings: int = 0
    recorded_seconds: float = 0.0
    may_change_logs: bool = False  # the role that asks


def look_at(url: str, city: str) -> TablesSeen:
    """psycopg.Error when it cannot be asked."""
    with psycopg.connect(url, connect_timeout=CONNECT_SECONDS, autocommit=True) as connection:
        connection.execute("SET statement_timeout = '2s'")
        row = connection.execute(ABOUT).fetchone()
        assert row is not None
        major, encoding, size, at = row
        revision = _revision(connection)
        if revision is None or not _has(connection, "recording"):
            return TablesSeen(major, encoding, size, at, revision)
        recorded = connection.execute(RECORDED).fetchone()
        assert recorded is not None
        seen = TablesSeen(major, encoding, size, at, revision, None, recorded[0], recorded[1])
        if not _has(connection, "operation"):
            return seen
        may = connection.execute("SELECT has_table_privilege('operation', 'UPDATE, DELETE, TRUNCATE')").fetchone()
        return replace(seen, backup=_last_backup(connection, city), may_change_logs=may == (True,))


def _has(connection: psycopg.Connection, table: str) -> bool:
    row = connection.execute(HAS_TABLE, {"table": table}).fetchone()
    return row is not None and bool(row[0])


def _revision(connection: psycopg.Connection) -> str | None:
    if not _has(connection, "alembic_version"):
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def _last_backup(connection: psycopg.Connection, city: str) -> LastBackup | None:
    try:
        row = connection.execute(LAST_BACKUP, {"city": city}).fetchone()
    except psycopg.errors.UndefinedColumn:  # of a version before logs were sealed
        return None
    if row is None:
        return None
    told = row[1] or {}
    return LastBackup(row[0], str(told.get("file", "")), int(told.get("bytes", 0)), bool(told.get("verified")))
