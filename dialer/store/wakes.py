"""Postgres tells: a connection that listens, and comes back by itself.

Whatever was told while it was away is lost, so whoever is woken looks at the tables, and is also woken whenever the
connection has come up.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress

import psycopg
import structlog
from psycopg import sql

from dialer.store.url import driver_url

log = structlog.get_logger()

RETRY_SECONDS = (0.1, 0.3, 1.0, 2.0)
PROBE_SECONDS = 2.0  # a server that stands still, or a network that swallows, says nothing
PATIENCE_SECONDS = 2.0

Woken = Callable[[str | None], None]
"""Called with what was told; with None when anything may have been."""


class Wakes:
    """`start` in a running loop, `close` in the same."""

    def __init__(self, url: str, channels: Mapping[str, Woken], *, name: str = "yobikake wakes") -> None:
        address = driver_url(url).set(drivername="postgresql")
        self._address = address.render_as_string(hide_password=False)
        self._channels, self._name = channels, name
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        tries = 0
        while True:
            try:
                async with asyncio.timeout(PATIENCE_SECONDS * 2):
                    connection = await self._connected()
                if tries:
                    log.info("told again by the database")
                tries = 0
                await self._listen(connection)
            except (psycopg.Error, OSError, TimeoutError) as away:
                if tries == 0:
                    log.warning("not told by the database", why=type(away).__name__)
            await asyncio.sleep(RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)])
            tries += 1

    async def _connected(self) -> psycopg.AsyncConnection[tuple[object, ...]]:
        connection = await psycopg.AsyncConnection.connect(
            self._address, autocommit=True, connect_timeout=2, application_name=self._name, tcp_user_timeout=5000
        )
        try:
            for channel in self._channels:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _listen(self, connection: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
        try:
            for woken in self._channels.values():
                woken(None)
            while True:
                async for told in connection.notifies(timeout=PROBE_SECONDS):
                    self._channels[told.channel](told.payload)
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await connection.execute("SELECT 1")
        finally:
            with suppress(psycopg.Error, OSError):
                await connection.close()
