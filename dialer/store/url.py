"""Addresses of databases."""

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from dialer.ports import StoreFault

MIGRATION_LOCK = 0x796F6269  # any number, always the same: of whoever changes tables or who may use them


def driver_url(url: str) -> URL:
    """What people write (postgres://, postgresql://) with the driver we use."""
    try:
        made = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreFault(
            "DATABASE_URL is not an address of a database; write postgresql://USER:PASSWORD@HOST/DATABASE"
        ) from None
    if made.get_backend_name() not in ("postgresql", "postgres"):
        raise StoreFault(f"DATABASE_URL: {made.get_backend_name()} is not supported; use PostgreSQL 15 or newer")
    return made.set(drivername="postgresql+psycopg")


def libpq_url(url: str) -> str:
    """As Postgres's own tools read it. It holds the password."""
    return driver_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
