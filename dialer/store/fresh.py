"""A new, empty database of a server: each rehearsal has its own."""

import psycopg
from psycopg import sql

from dialer.ports import StoreUnavailable
from dialer.store.url import driver_url

SESSIONS_END = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'
"""


def fresh_database(url: str, name: str) -> str:
    """Drop the database `name` if it is there, create it, and return its address. The role needs CREATEDB."""
    try:
        with psycopg.connect(_plain(url), autocommit=True) as connection:
            drop_database(connection, name)
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except psycopg.Error as wrong:
        raise StoreUnavailable(str(wrong).strip().splitlines()[0]) from None
    return _plain(url, name)


def drop_database(connection: psycopg.Connection, name: str) -> None:
    """Drop the database `name`, whoever is connected to it, if it is there.

    WITH (FORCE) would be refused while Postgres itself tidies it up, which a plain DROP asks to stop.
    """
    connection.execute(SESSIONS_END, (name,))
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _plain(url: str, database: str | None = None) -> str:
    """As psycopg reads it, without the name of a driver."""
    address = driver_url(url).set(drivername="postgresql")
    return (address.set(database=database) if database else address).render_as_string(hide_password=False)
