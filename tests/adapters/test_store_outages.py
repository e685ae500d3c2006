"""Postgres killed, frozen or shut down under the store, and two engines that both want a city."""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from dialer.core.values import AttemptId, Outcome
from dialer.embedded.postgres import PostgresCluster
from dialer.embedded.postgres_files import server_pid
from dialer.ports import Claimed, Recorded, StoreFault, StoreUnavailable
from dialer.profiles import load_city
from dialer.store import migrate
from dialer.store.errors import LeadershipLost
from dialer.store.postgres import PostgresStore
from tests.adapters.store_rows import CITY, DEBTS, NOW, ended, put_callable, rows_of, stop
from tests.books import weekdays

NOTICED_WITHIN_SECONDS = 2.5


@pytest.fixture
def cluster() -> Iterator[PostgresCluster]:
    """One of its own: these tests kill it."""
    state = Path(tempfile.mkdtemp(prefix="yobikake-outage-"))
    state.chmod(0o755)
    private = PostgresCluster(state, fast=True)
    private.start()
    migrate(private.url)
    yield private
    private.stop()
    shutil.rmtree(state)


@pytest.fixture
async def leading(cluster: PostgresCluster) -> AsyncIterator[PostgresStore]:
    store = PostgresStore(cluster.url, CITY)
    await store.ensure_city(load_city(CITY), ["op01"])
    store.use(weekdays())
    assert await store.lead()
    for row in range(2, 30):
        put_callable(cluster.url, f"025800{row:04}")
    yield store
    await store.close()


def send(cluster: PostgresCluster, number: signal.Signals, *, all_processes: bool = False) -> None:
    """To the server; to its backends as well when the whole of it shall stand still."""
    pid = server_pid(cluster.data)
    assert pid is not None
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split() if all_processes else []
    os.kill(pid, number)
    for one in children:
        with contextlib.suppress(ProcessLookupError):  # a helper of Postgres that had just ended
            os.kill(int(one), number)


@contextmanager
def noticed_in_time() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < NOTICED_WITHIN_SECONDS


async def until_led(store: PostgresStore) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                if await store.lead():
                    return
            except StoreUnavailable:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGQUIT, signal.SIGINT])
async def test_a_postgres_that_dies_is_noticed_at_once_and_found_again_when_it_is_back(
    how: signal.Signals, cluster: PostgresCluster, leading: PostgresStore
) -> None:
    (claimed,) = await leading.claim(CITY, 1, NOW, DEBTS)
    send(cluster, how)
    await asyncio.to_thread(_until_gone, cluster)
    for write in (
        lambda: leading.claim(CITY, 1, NOW, DEBTS),
        lambda: leading.append([Recorded(claimed.attempt, NOW, "answered", {})]),
        lambda: leading.finish([ended(claimed)]),
        lambda: leading.open_attempts(CITY),
        lambda: leading.lead(),
    ):
        with noticed_in_time(), pytest.raises(StoreUnavailable):
            await write()
    await asyncio.to_thread(cluster.start)
    await leading.finish([ended(claimed)])
    assert await leading.open_attempts(CITY) == []
    await until_led(leading)
    assert len(await leading.claim(CITY, 3, NOW, DEBTS)) == 3


def _until_gone(cluster: PostgresCluster) -> None:
    until = time.monotonic() + 10
    while cluster.is_running:
        assert time.monotonic() < until
        time.sleep(0.01)


async def test_a_postgres_that_stands_still_is_not_waited_for(cluster: PostgresCluster, leading: PostgresStore) -> None:
    send(cluster, signal.SIGSTOP, all_processes=True)
    try:
        with noticed_in_time(), pytest.raises(StoreUnavailable):
            await leading.claim(CITY, 1, NOW, DEBTS)
        with noticed_in_time(), pytest.raises(StoreUnavailable):
            await asyncio.gather(*(leading.open_attempts(CITY) for _ in range(12)))
    finally:
        send(cluster, signal.SIGCONT, all_processes=True)
    async with asyncio.timeout(10):
        while True:
            try:
                await leading.open_attempts(CITY)
                break
            except StoreUnavailable:
                await asyncio.sleep(0.05)
    await until_led(leading)
    open_now = {one.case for one in await leading.open_attempts(CITY)}
    claimed = {one.case for one in await leading.claim(CITY, 28, NOW, DEBTS)}
    assert not open_now & claimed, "what was claimed while nobody heard of it is not claimed again"


@pytest.mark.parametrize("seed", [1, 2])
async def test_what_was_acknowledged_outlives_every_kill_and_nothing_happens_twice(
    seed: int, cluster: PostgresCluster, leading: PostgresStore
) -> None:
    """Calls are claimed and finished while Postgres is killed at random moments, as the engine's journal does it."""
    chance = random.Random(seed)
    for row in range(100, 700):
        put_callable(cluster.url, f"0900{row:07}")
    claimed: list[Claimed] = []
    finished: set[AttemptId] = set()
    over = asyncio.Event()

    async def call() -> None:
        while not over.is_set():
            try:
                await leading.lead()
                mine = await leading.claim(CITY, 2, NOW, DEBTS)
            except StoreUnavailable:
                await asyncio.sleep(0.01)
                continue
            claimed.extend(mine)
            for one in mine:
                await until_stored(one)
                finished.add(one.attempt)

    async def until_stored(one: Claimed) -> None:
        while True:
            try:
                await leading.append([Recorded(one.attempt, NOW, "answered", {})])
                return await leading.finish([ended(one, Outcome.TALKED)])
            except StoreUnavailable:
                await asyncio.sleep(0.01)

    calls = [asyncio.create_task(call()) for _ in range(3)]
    for _ in range(4):
        await asyncio.sleep(chance.uniform(0.05, 0.4))
        send(cluster, chance.choice([signal.SIGKILL, signal.SIGQUIT]))
        await asyncio.to_thread(cluster.start)
    over.set()
    await asyncio.wait_for(asyncio.gather(*calls), 30)

    attempts = {row[0]: row[1] for row in rows_of(cluster.url, "SELECT id::text, outcome FROM attempt")}
    assert len(finished) > 20, "calls went on between the kills"
    assert finished == {one.attempt for one in claimed} <= attempts.keys()
    assert all(attempts[attempt] == "talked" for attempt in finished)
    unheard_of = attempts.keys() - finished
    assert {one.attempt for one in await leading.open_attempts(CITY)} == unheard_of, "left for the settlement"
    assert rows_of(cluster.url, "SELECT count(*) FROM outbox") == [(len(finished),)]
    assert rows_of(cluster.url, "SELECT count(*) FROM call_event") == [(len(finished),)]
    assert rows_of(cluster.url, "SELECT count(*), count(DISTINCT case_id) FROM attempt") == [(len(attempts),) * 2]


async def test_a_lock_that_somebody_holds_on_a_row_does_not_hold_up_the_engine(
    cluster: PostgresCluster, leading: PostgresStore
) -> None:
    claims = await leading.claim(CITY, 2, NOW, DEBTS)
    with psycopg.connect(cluster.url) as other:
        other.execute("SELECT * FROM cases ORDER BY id LIMIT 20 FOR UPDATE")
        assert await leading.claim(CITY, 5, NOW, DEBTS), "rows that are locked are passed over"
        with noticed_in_time(), pytest.raises(StoreUnavailable):
            await leading.finish([ended(claims[0])])
    await leading.finish([ended(claims[0])])


async def test_of_two_engines_that_start_at_once_one_leads(database_url: str, store: PostgresStore) -> None:
    await store.close()
    engines = [PostgresStore(database_url, CITY) for _ in range(2)]
    for engine in engines:
        engine.use(weekdays())
    try:
        assert sorted(await asyncio.gather(*(engine.lead() for engine in engines))) == [False, True]
        for engine in engines:
            if not await engine.lead():
                with pytest.raises(LeadershipLost):
                    await engine.claim(CITY, 1, NOW, DEBTS)
    finally:
        for engine in engines:
            await engine.close()


async def test_the_engine_that_stands_by_takes_over_when_the_leader_goes(
    database_url: str, store: PostgresStore
) -> None:
    second = PostgresStore(database_url, CITY)
    try:
        assert not await second.lead()
        await store.close()
        await until_led(second)
        assert rows_of(database_url, "SELECT fence FROM leadership") == [(2,)]
    finally:
        await second.close()


async def test_a_leader_that_lost_its_lock_unawares_cannot_claim_once_another_leads(
    database_url: str, store: PostgresStore
) -> None:
    """As after a minute of being frozen: it believes in its lead, the database does not."""
    put_callable(database_url, "0258001001")
    second = PostgresStore(database_url, CITY)
    second.use(weekdays())
    try:
        rows_of(
            database_url,
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        )
        await until_led(second)
        with pytest.raises(LeadershipLost):
            await store.claim(CITY, 1, NOW, DEBTS)
        assert not await store.lead()
        assert len(await second.claim(CITY, 1, NOW, DEBTS)) == 1
    finally:
        await second.close()


async def test_a_leader_whose_number_was_overtaken_takes_the_lead_anew(database_url: str, store: PostgresStore) -> None:
    put_callable(database_url, "0258001001")
    rows_of(database_url, "UPDATE leadership SET fence = fence + 1 RETURNING fence")
    assert await store.lead()
    assert len(await store.claim(CITY, 1, NOW, DEBTS)) == 1


async def test_a_leader_whose_connection_broke_may_go_on_while_nobody_else_leads(
    database_url: str, store: PostgresStore
) -> None:
    put_callable(database_url, "0258001001")
    put_callable(database_url, "0258001002")
    rows_of(database_url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'yobikake'")
    assert len(await store.claim(CITY, 1, NOW, DEBTS)) == 1
    await until_led(store)
    assert len(await store.claim(CITY, 1, NOW, DEBTS)) == 1


async def test_a_database_that_is_not_migrated_is_told_apart_from_one_that_is_away(
    postgres: PostgresCluster,
) -> None:
    store = PostgresStore(postgres.url, CITY)
    try:
        with pytest.raises(StoreFault, match="migrates"):
            await store.open_attempts(CITY)
    finally:
        await store.close()


async def test_what_postgres_says_of_a_row_never_leaves_the_store(database_url: str, store: PostgresStore) -> None:
    case = put_callable(database_url, "0258001001")
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE cases ADD CONSTRAINT nothing CHECK (NOT stale)")
    with pytest.raises(StoreFault) as told:
        await store.record([stop(case)])
    assert "nothing" in str(told.value)
    assert not any(word in f"{told.value} {told.value.__cause__}" for word in ("見本", "0258001001", "Failing row"))
