"""Desk and floor over the real Postgres, and the Chromium that looks at them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.books import of_two_groups, weekdays
from tests.desk_rig import DeskRig, desk_rig
from tests.stores import leading_store
from tests.web_browser import chromium

pytest.register_assert_rewrite("tests.e2e.pages.page")


@pytest_asyncio.fixture(loop_scope="module")
async def rig(database_url: str, tmp_path: Path) -> AsyncIterator[DeskRig]:
    async with leading_store(database_url) as store, desk_rig(store, database_url, tmp_path) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def grouped(database_url: str, tmp_path: Path) -> AsyncIterator[DeskRig]:
    """Of a city whose debt kinds have two numbers."""
    book = of_two_groups(weekdays(), {})
    async with (
        leading_store(database_url) as store,
        desk_rig(store, database_url, tmp_path, book=book, city=book.city) as opened,
    ):
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened
