"""A new, empty database of a server: each rehearsal has its own."""

import psycopg
from psycopg import sql

from dialer.ports import StoreUnavailable
from dialer.store.url import driver_url


def fresh_database(url: str, name: str) -> str:
    """Drop the database `name` if it is there, create it, and return its address. The role needs CREATEDB."""
    try:
        with psycopg.connect(_plain(url), autocommit=True) as connection:
            named = sql.Identifier(name)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(named))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(named))
    except psycopg.Error as wrong:
        raise StoreUnavailable(str(wrong).strip().splitlines()[0]) from None
    return _plain(url, name)


def _plain(url: str, database: str | None = None) -> str:
    """As psycopg reads it, without the name of a driver."""
    address = driver_url(url).set(drivername="postgresql")
    return (address.set(database=database) if database else address).render_as_string(hide_password=False)
