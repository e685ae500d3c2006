"""Operators' orders through a real Postgres: told at once, taken by who leads, and not lost with the database."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import psycopg
import pytest

from dialer.core.orders import OK, OrderKind
from dialer.core.values import LegState, OperatorState, Seat
from dialer.embedded.postgres import PostgresCluster
from dialer.ports import Operator
from dialer.store import desk_orders
from dialer.store.errors import LeadershipLost
from dialer.store.postgres import PostgresStore
from dialer.store.wakes import Wakes
from tests.adapters.store_rows import CITY, DEBTS, NOW, put_callable, rows_of
from tests.adapters.test_store_outages import cluster, leading, send, until_led  # noqa: F401 (fixtures)

WITHIN_SECONDS = 15.0
NEVER = 3600.0


@pytest.fixture
def only_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks without being told."""
    monkeypatch.setattr(desk_orders, "TAKE_EVERY_SECONDS", NEVER)
    monkeypatch.setattr(desk_orders, "ASK_EVERY_SECONDS", NEVER)


async def until_ordered(store: PostgresStore) -> list[int]:
    """What an engine does, until it has something."""
    async with asyncio.timeout(WITHIN_SECONDS):
        while True:
            await store.await_orders()
            if taken := await store.take_orders(CITY, NOW):
                return [order.id for order in taken]


@asynccontextmanager
async def listening(url: str, *channels: str) -> AsyncIterator[Callable[[], Awaitable[list[tuple[str, str]]]]]:
    """Yields what was told so far, once everything before has been heard of."""
    told: list[tuple[str, str]] = []
    up = asyncio.Event()

    def hears(channel: str) -> Callable[[str | None], None]:
        def heard(payload: str | None) -> None:
            if payload is None:
                up.set()
            else:
                told.append((channel, payload))

        return heard

    wakes = Wakes(url, {channel: hears(channel) for channel in (*channels, "last")})
    wakes.start()
    await asyncio.wait_for(up.wait(), WITHIN_SECONDS)

    async def all_of_it() -> list[tuple[str, str]]:
        await asyncio.to_thread(notify, url)
        async with asyncio.timeout(WITHIN_SECONDS):
            while ("last", "") not in told:
                await asyncio.sleep(0.01)
        return [one for one in told if one[0] != "last"]

    try:
        yield all_of_it
    finally:
        await wakes.close()


def notify(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("NOTIFY last")


@pytest.mark.usefixtures("only_told")
async def test_an_engine_is_told_of_an_order_and_whoever_ordered_of_its_answer(
    store: PostgresStore, database_url: str
) -> None:
    web = PostgresStore(database_url, CITY, name="web")
    engine = asyncio.create_task(until_ordered(store))
    order = await web.order("op01", OrderKind.READY, {}, by="user-1")
    assert await engine == [order]
    waiting = asyncio.create_task(web.answered(order, within_seconds=WITHIN_SECONDS))
    await store.answer_order(order, OK)
    assert await waiting == OK
    await web.close()


@pytest.mark.usefixtures("only_told")
async def test_orders_of_another_city_wake_nobody(store: PostgresStore, database_url: str) -> None:
    waiting = asyncio.create_task(store.await_orders())
    await asyncio.wait_for(waiting, WITHIN_SECONDS)  # the connection came up: anything may have been told
    waiting = asyncio.create_task(store.await_orders())
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO city (key, name) VALUES ('elsewhere', '見本')")
        connection.execute(
            "INSERT INTO desk_order (city, phone, kind, detail, by) VALUES ('elsewhere', 'op01', 'ready', '{}', 'x')"
        )
    async with listening(database_url) as all_of_it:
        await all_of_it()
    assert not waiting.done()
    await store.order("op01", OrderKind.READY, {}, by="user-1")
    await asyncio.wait_for(waiting, WITHIN_SECONDS)


async def test_only_who_leads_takes_orders(store: PostgresStore, database_url: str) -> None:
    second = PostgresStore(database_url, CITY)
    await second.order("op01", OrderKind.READY, {}, by="user-1")
    with pytest.raises(LeadershipLost):
        await second.take_orders(CITY, NOW)
    assert len(await store.take_orders(CITY, NOW)) == 1
    await second.close()


async def test_how_long_an_order_waited_is_measured_by_the_clock_that_wrote_it(
    store: PostgresStore, database_url: str
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO desk_order (city, phone, kind, detail, by, at) VALUES"
            " ('nagaoka', 'op01', 'hang_up', '{}', 'x', clock_timestamp() - interval '7 seconds')"
        )
    (order,) = await store.take_orders(CITY, datetime(2001, 1, 1, tzinfo=UTC))
    assert 7 <= order.waited_seconds < 7 + WITHIN_SECONDS


async def test_every_change_of_an_operator_is_told_and_what_changes_nothing_is_not(
    store: PostgresStore, database_url: str
) -> None:
    seated = Operator("op02", OperatorState.PAUSED, None, NOW, Seat.BROWSER, "user-1", leg_state=LegState.COMING)
    async with listening(database_url, "operator") as all_of_it:
        for _ in range(3):
            await store.save_operator(seated)
        await store.save_operator(Operator("op02", OperatorState.OFFLINE, None))
        assert await all_of_it() == [("operator", "nagaoka op02")] * 2


async def test_every_new_attempt_is_told(store: PostgresStore, database_url: str) -> None:
    put_callable(database_url, "0258001001")
    async with listening(database_url, "attempt") as all_of_it:
        (claimed,) = await store.claim(CITY, 1, NOW, DEBTS)
        assert await all_of_it() == [("attempt", f"nagaoka {claimed.attempt}")]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE desk_order SET answer = 'ok'",
        'UPDATE desk_order SET detail = \'{"seat": "phone"}\'',
        "DELETE FROM desk_order",
        "TRUNCATE desk_order",
    ],
)
async def test_an_answered_order_stays_as_it_is(store: PostgresStore, database_url: str, statement: str) -> None:
    order = await store.order("op01", OrderKind.READY, {}, by="user-1")
    await store.take_orders(CITY, NOW)
    await store.answer_order(order, "いまはできません")
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        connection.execute(statement.encode())
    assert rows_of(database_url, "SELECT answer FROM desk_order") == [("いまはできません",)]


@pytest.mark.usefixtures("only_told")
@pytest.mark.parametrize(("how", "back", "seconds"), [(signal.SIGKILL, None, 6), (signal.SIGSTOP, signal.SIGCONT, 8)])
async def test_after_an_outage_orders_are_told_again(
    cluster: PostgresCluster,  # noqa: F811
    leading: PostgresStore,  # noqa: F811
    how: signal.Signals,
    back: signal.Signals | None,
    seconds: float,
) -> None:
    order = await leading.order("op01", OrderKind.READY, {}, by="user-1")
    assert await until_ordered(leading) == [order]
    await leading.answer_order(order, OK)
    send(cluster, how, all_processes=True)
    await asyncio.sleep(seconds)  # the outage
    if back is not None:
        send(cluster, back, all_processes=True)
    else:
        await asyncio.to_thread(cluster.start)
    await until_led(leading)
    engine = asyncio.create_task(until_ordered(leading))
    order = await leading.order("op01", OrderKind.PAUSE, {"reason": "meal"}, by="user-1")
    assert await engine == [order]
