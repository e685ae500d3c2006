"""What can go wrong with the store, and what of it a caller sees.

    StoreUnavailable (dialer.ports)   nothing was written, or nobody knows: ask again later
        LeadershipLost                another engine leads the city; no claim is made
    StoreFault (dialer.ports)         asking again will not help: a bug, or a database that is not migrated

Texts of the database are not passed on whole: the detail of a broken constraint quotes the row, and rows are personal.
"""

import psycopg
from sqlalchemy import exc

from dialer.ports import StoreFault, StoreUnavailable


class LeadershipLost(StoreUnavailable):
    """Another engine has taken the lead of the city, or this one never had it."""


UNAVAILABLE: tuple[type[BaseException], ...] = (
    exc.OperationalError,  # no connection, shut down, time-outs, deadlock, disk full
    exc.InterfaceError,
    exc.PendingRollbackError,  # its connection was lost a moment ago
    exc.TimeoutError,  # of the pool
    psycopg.OperationalError,
    psycopg.InterfaceError,
    TimeoutError,
    OSError,
)
ONLY_FOR_NOW = ("25006", "25P03", "55000")  # a stand-by is read-only until it is promoted


def translated(error: Exception) -> Exception:
    """Every failure of the driver leaves as one of our own; our own, and plain bugs, as they are."""
    if not isinstance(error, (*UNAVAILABLE, exc.SQLAlchemyError, psycopg.Error)):
        return error
    origin = error.orig if isinstance(error, exc.DBAPIError) else error
    state = getattr(origin, "sqlstate", None)
    lost = isinstance(error, exc.DBAPIError) and error.connection_invalidated
    broken = isinstance(origin, psycopg.InternalError) and state is None  # half an answer: the server did not say it
    if lost or broken or isinstance(error, UNAVAILABLE) or state in ONLY_FOR_NOW:
        return StoreUnavailable(f"Postgres cannot be asked now ({_short(origin)})")
    if state in ("42P01", "42703", "3F000"):
        return StoreFault("the database lacks a table or column of this version; run: ./run up, which migrates it")
    if state == "42501":
        return StoreFault("the database's role may not do this; let the owner of its tables do it (see DATABASE_URL)")
    return StoreFault(f"Postgres refused: {_short(origin)}")


def _short(error: object) -> str:
    """Kind, state and constraint, never the message: it may quote a row."""
    parts = [type(error).__name__]
    if isinstance(error, psycopg.Error):
        parts += [part for part in (error.sqlstate, error.diag.constraint_name) if part]
    return " ".join(parts)
