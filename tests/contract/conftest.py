"""The store under test."""

from collections.abc import AsyncIterator

import pytest

from dialer.ports import Store
from dialer.store.postgres import PostgresStore
from tests.adapters.store_rows import CITY
from tests.books import weekdays
from tests.contract.opening import ADDRESSES, Opened, put_cases
from tests.fake_store import FakeCase, MemoryStore


@pytest.fixture(params=["memory", "postgres"])
async def opened(request: pytest.FixtureRequest) -> AsyncIterator[Opened]:
    """Opens the store under test with these cases, by the rules of a city that is called on every weekday."""
    book = weekdays()

    async def in_memory(*cases: FakeCase) -> Store:
        store = MemoryStore(cases, phones=("op01", "op02"))
        store.use(book)
        return store

    if request.param == "memory":
        yield in_memory
        return
    url: str = request.getfixturevalue("database_url")
    store = PostgresStore(url, CITY)
    ADDRESSES[store] = url

    async def in_postgres(*cases: FakeCase) -> Store:
        await store.ensure_city(book.city, ["op01", "op02"])
        store.use(book)
        assert await store.lead()
        put_cases(url, cases)
        return store

    yield in_postgres
    await store.close()
