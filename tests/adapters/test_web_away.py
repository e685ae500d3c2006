"""Postgres goes and comes back; the pages stay."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from dialer.embedded.postgres import PostgresCluster
from tests.web_browser import chromium, sign_in, terminal, violations
from tests.web_rig import PASSWORD, Rig, web_rig


@pytest.fixture
async def rig(database_url: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with web_rig(database_url, tmp_path) as opened:
        yield opened


@contextmanager
def nobody_comes_in(cluster: PostgresCluster, url: str) -> Iterator[None]:
    """This database takes no connection, and those that it has are cut."""
    name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    order = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(order.format(sql.Identifier(str(name)), sql.SQL("false")))
        connection.execute(cut, [name])
        try:
            yield
        finally:
            connection.execute(order.format(sql.Identifier(str(name)), sql.SQL("true")))


async def test_without_postgres_pages_and_scripts_are_told_so_and_afterwards_all_is_as_before(
    rig: Rig, postgres: PostgresCluster, database_url: str
) -> None:
    browser = await rig.visitor("hanako")
    with nobody_comes_in(postgres, database_url):
        page = await browser.get("/")
        assert (page.status, page.headers["Retry-After"]) == (503, "2")
        assert "ただいまデータベースに接続できません" in await page.text()
        again = await (await browser.get("/unlock?next=/password")).text()
        assert 'id="again" href="/unlock?next=/password"' in again
        answer = await browser.get("/visit", headers={"Accept": "*/*"})
        assert (answer.status, list(await answer.json())) == (503, ["message"])
        signing_in = await rig.browser().ask("POST", "/sign-in", form={"login": "hanako", "password": PASSWORD})
        assert signing_in.status == 503
        assert 'id="again" href="/"' in await signing_in.text()
        assert (await browser.get("/health")).status == 200
        assert (await browser.get("/static/base.css")).status == 200
        assert (await rig.browser().get("/sign-in")).status == 200
    assert (await browser.get("/password")).status == 200


async def test_the_page_comes_back_by_itself(rig: Rig, postgres: PostgresCluster, database_url: str) -> None:
    await rig.person("hanako", ["auditor"])
    async with chromium() as browser, terminal(browser, rig.origin) as page:
        await sign_in(page, "hanako", PASSWORD)
        with nobody_comes_in(postgres, database_url):
            await page.goto("/password")
            await page.get_by_role("heading", name="ただいまデータベースに接続できません").wait_for()
            assert await violations(page) == []
            async with page.expect_response(lambda answer: answer.status == 503):
                pass  # it has asked again, in vain
        await page.get_by_role("heading", name="パスワードの変更").wait_for()
