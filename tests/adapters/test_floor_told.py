"""The floor from the engine to the pages over a real Postgres."""

import asyncio
import uuid
from typing import Any

from dialer.store.database import Database
from dialer.store.floor import FloorListener, FloorTeller, Gathering, parts_of
from tests.waiting import until

CITY = "nagaoka"
BUSY = {"calls": [{"call": str(uuid.uuid4()), "stage": "ringing"} for _ in range(1000)]}  # of several parts


async def test_who_watches_gets_each_floor_whole_and_nobody_else_is_told(database_url: str) -> None:
    database, told = Database(database_url), list[Any]()
    teller, listener = (
        FloorTeller(database_url, database, CITY),
        FloorListener(database_url, database, CITY, told.append),
    )
    other = FloorListener(database_url, database, "sendai", lambda _: None)
    await other.ask()
    await listener.ask()
    await teller.until_wanted()
    first: dict[str, list[Any]] = {"calls": [1]}
    while not told:  # it listens when its connection is up
        await teller.tell(first)
        await asyncio.sleep(0)
    small: dict[str, list[Any]] = {"calls": []}
    for floor in (small, BUSY, small):
        await teller.tell(floor)
    await until(lambda: len([floor for floor in told if floor != first]) == 3)
    assert [floor for floor in told if floor != first] == [small, BUSY, small]
    for one in (teller, listener, other, database):
        await one.close()


async def test_who_listens_without_asking_is_told_now_and_then(database_url: str) -> None:
    database, told = Database(database_url), list[Any]()
    teller = FloorTeller(database_url, database, CITY)
    listener = FloorListener(database_url, database, CITY, told.append)
    listener.listen()
    while not told:  # it listens when its connection is up
        await teller.until_wanted(at_most=0.05)
        await teller.tell({"calls": []})
        await asyncio.sleep(0)
    assert told[0] == {"calls": []}
    for one in (teller, listener, database):
        await one.close()


def test_a_floor_of_which_a_part_is_missing_is_passed_over() -> None:
    first, second, *_ = parts = list(parts_of(CITY, 1, BUSY))
    assert len(parts) > 2
    gathering = Gathering(CITY)
    assert [gathering.take(part) for part in parts[:-1]] == [None] * (len(parts) - 1)
    (next_one,) = parts_of(CITY, 2, {"calls": []})
    assert gathering.take(next_one) == {"calls": []}
    assert gathering.take(second) is None
    assert [gathering.take(part) for part in parts][-1] == BUSY
    assert gathering.take(first.replace(CITY, "sendai")) is None


def test_parts_fit_what_the_database_carries() -> None:
    assert max(len(part) for part in parts_of("saitama", 2**63, BUSY)) < 8000
