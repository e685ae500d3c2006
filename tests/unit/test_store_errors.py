"""Which failures of the database are asked about again, and which are faults."""

import psycopg
import pytest
from sqlalchemy import exc

from dialer.ports import StoreFault, StoreUnavailable
from dialer.store.errors import translated


@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (psycopg.OperationalError("gone"), StoreUnavailable),
        (psycopg.InternalError("half an answer"), StoreUnavailable),
        (exc.InternalError("SELECT 1", {}, psycopg.InternalError("half an answer")), StoreUnavailable),
        (psycopg.errors.InternalError_("the server's own"), StoreFault),
        (psycopg.errors.UndefinedTable("not migrated"), StoreFault),
        (psycopg.errors.UniqueViolation("twice"), StoreFault),
    ],
)
def test_what_the_server_did_not_say_is_asked_again(error: Exception, seen: type[Exception]) -> None:
    assert type(translated(error)) is seen


def test_a_bug_stays_what_it_is() -> None:
    bug = KeyError("name")
    assert translated(bug) is bug
