"""One short transaction at a time, never waited for longer than the patience allows.

Three nets, since each misses something: the server's own time-outs (not when it hangs), the driver's error on a broken
connection (not when the server is merely frozen), and our own watch over the whole.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from dialer.ports import StoreFault, StoreUnavailable
from dialer.store.errors import translated
from dialer.store.url import driver_url

T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]

PATIENCE_SECONDS = 2.0
CONNECTIONS = 4


def _server_options(patience_seconds: float) -> str:
    settings = {
        "timezone": "UTC",
        "statement_timeout": f"{patience_seconds * 800:.0f}ms",
        "lock_timeout": f"{patience_seconds * 500:.0f}ms",
        "idle_in_transaction_session_timeout": f"{patience_seconds * 2000:.0f}ms",
        # over a network: notice a dead engine, so that another can take its lead
        "tcp_keepalives_idle": "5",
        "tcp_keepalives_interval": "2",
        "tcp_keepalives_count": "3",
        "tcp_user_timeout": "10000",
    }
    return " ".join(f"-c {name}={value}" for name, value in settings.items())


class Database:
    def __init__(self, url: str, *, name: str = "yobikake", patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._patience = patience_seconds
        address = driver_url(url)
        arguments = {
            "connect_timeout": 2,
            "application_name": name,
            "options": _server_options(patience_seconds),
            "tcp_user_timeout": 5000,
        }
        self._engine = create_async_engine(
            address,
            connect_args=arguments,
            hide_parameters=True,
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_timeout=patience_seconds,
            pool_pre_ping=True,  # after a restart of Postgres the first question is answered, not the second
        )
        self._single = create_async_engine(
            address,
            connect_args=arguments,
            hide_parameters=True,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
        )
        self._abandoned: set[asyncio.Task[object]] = set()

    async def ask(self, work: Work[T], *, patience_seconds: float | None = None) -> T:
        """Run `work` in a transaction, committed when this returns. Raises StoreUnavailable or StoreFault."""
        return await self._patiently(_in_transaction(self._engine, work), patience_seconds or self._patience)

    async def open_single(self) -> AsyncConnection:
        """A connection of one's own, outside the pool and without a transaction: for a lock that lasts."""
        return await self._patiently(_started(self._single), self._patience)

    async def ask_single(self, connection: AsyncConnection, work: Work[T]) -> T:
        return await self._patiently(_awaited(work(connection)), self._patience)

    async def drop_single(self, connection: AsyncConnection) -> None:
        """Closed without a word to the server, which may be gone."""
        with suppress(StoreUnavailable, StoreFault):
            await self._patiently(connection.invalidate(), self._patience)

    async def close(self) -> None:
        for task in self._abandoned:
            task.cancel()
        await asyncio.gather(*self._abandoned, return_exceptions=True)
        await self._engine.dispose()
        await self._single.dispose()

    async def _patiently(self, work: Awaitable[T], patience_seconds: float) -> T:
        task: asyncio.Task[T] = asyncio.ensure_future(_awaited(work))
        try:
            await asyncio.wait({task}, timeout=patience_seconds)
        except asyncio.CancelledError:
            self._abandon(task)
            raise
        if not task.done():
            self._abandon(task)
            raise StoreUnavailable(f"Postgres did not answer within {patience_seconds:g} s")
        try:
            return task.result()
        except Exception as error:
            raise translated(error) from None

    def _abandon(self, task: "asyncio.Task[T]") -> None:
        """Cancelled twice: at the first the driver asks the server to stop, at the second it closes the connection."""
        self._abandoned.add(task)
        task.add_done_callback(self._forget)
        task.cancel()
        asyncio.get_running_loop().call_later(0.2, task.cancel)

    def _forget(self, task: "asyncio.Task[object]") -> None:
        self._abandoned.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that nobody reports it as never retrieved


async def _in_transaction(engine: AsyncEngine, work: Work[T]) -> T:
    async with engine.begin() as connection:
        return await work(connection)


async def _started(engine: AsyncEngine) -> AsyncConnection:
    return await engine.connect()


async def _awaited(work: Awaitable[T]) -> T:
    return await work
