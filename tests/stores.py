"""A real store, ready to work with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dialer.profiles import load_city
from dialer.store.postgres import PostgresStore
from tests.books import weekdays


@asynccontextmanager
async def leading_store(database_url: str) -> AsyncIterator[PostgresStore]:
    """Of Nagaoka, with two operators, and leading; by the rules of a city that is called on every weekday."""
    opened = PostgresStore(database_url, "nagaoka")
    await opened.ensure_city(load_city("nagaoka"), ["op01", "op02"])
    opened.use(weekdays())
    assert await opened.lead()
    yield opened
    await opened.close()
