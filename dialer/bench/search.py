"""`./run bench search`: persons looked for among 500,000 with 2,000,000 attempts, beside a scan of all of them.

The names are invented: a few common ones and many rare ones, as in a town. What is looked for is drawn from them.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import psycopg
from rich.console import Console
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.bench.search_people import fill
from dialer.config import Settings
from dialer.core.calendar.days import CalendarView
from dialer.core.plan.slots import SlotTable
from dialer.core.rulebook import Rulebook
from dialer.embedded.postgres import PostgresCluster
from dialer.holidays import national_holidays
from dialer.profiles import load_city
from dialer.store import migrate
from dialer.store.database import Database
from dialer.store.fresh import fresh_database
from dialer.store.person_page import person_page
from dialer.store.person_search import BY, Wanted, Way, asked, people_found

CITY = "nagaoka"
DATABASE = "yobikake_bench_search"
PEOPLE, ATTEMPTS = 500_000, 2_000_000
GOAL_SECONDS = 2.0
PATIENCE_SECONDS = 60.0
EACH, SCANNED = 40, 5
SCANS = ("enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan")

DRAWN = """
SELECT person.id, person.name, person.kana, person.address_key, phone_number.number
FROM person JOIN phone_number ON phone_number.person_id = person.id AND phone_number.position = 1
WHERE person.id = ANY(%s) ORDER BY person.id
"""


@dataclass(frozen=True, slots=True)
class Timed:
    seconds: tuple[float, ...]
    scanned: float | None  # the middle of the same searches without an index
    found: int  # persons, all together

    def at(self, share: float) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True, slots=True)
class Figures:
    people: int
    attempts: int
    ways: Mapping[str, Timed]

    @property
    def worked(self) -> bool:
        return all(one.at(1.0) <= GOAL_SECONDS and one.found for one in self.ways.values())

    def as_dict(self) -> dict[str, Any]:
        return {
            "people": self.people,
            "attempts": self.attempts,
            "goal_seconds": GOAL_SECONDS,
            "ways": {
                name: {
                    "p50_ms": round(1000 * one.at(0.5), 1),
                    "p95_ms": round(1000 * one.at(0.95), 1),
                    "longest_ms": round(1000 * one.at(1.0), 1),
                    "scan_p50_ms": None if one.scanned is None else round(1000 * one.scanned, 1),
                    "found": one.found,
                }
                for name, one in self.ways.items()
            },
        }

    def lines(self) -> Iterator[str]:
        met = {True: "met", False: "NOT met"}
        yield f"{self.people:,} persons, {self.attempts:,} attempts; goal: each within {GOAL_SECONDS:g} s"
        for name, one in self.ways.items():
            scan = "" if one.scanned is None else f"; a scan of all {1000 * one.scanned:7.1f} ms"
            times = f"p50 {1000 * one.at(0.5):7.1f} ms, p95 {1000 * one.at(0.95):7.1f} ms"
            longest = f"longest {1000 * one.at(1.0):7.1f} ms: {met[one.at(1.0) <= GOAL_SECONDS]}"
            yield f"{name:24} {times}, {longest}{scan}; {one.found:,} found"


def bench_search(settings: Settings, console: Console, *, seed: int = 1, share: float = 1.0) -> Figures:
    """`share`: of the persons and attempts; the tests take few."""
    folder = settings.state_dir / "bench-search"
    folder.mkdir(parents=True, exist_ok=True)  # not private: root hands Postgres to an account of its own
    cluster = PostgresCluster(folder)
    cluster.start()
    try:
        url = fresh_database(cluster.url, DATABASE)
        migrate(url)
        people, attempts = round(PEOPLE * share), round(ATTEMPTS * share)
        console.print(f"inventing {people:,} persons and {attempts:,} attempts …", highlight=False)
        fill(url, CITY, people, attempts, seed)
        return Figures(people, attempts, asyncio.run(_measured(url, people, seed)))
    finally:
        cluster.stop()


async def _measured(url: str, people: int, seed: int) -> dict[str, Timed]:
    chance = random.Random(seed)  # noqa: S311 (which persons are looked for)
    drawn = _drawn(url, chance, people)
    database = Database(url, name="bench search", patience_seconds=PATIENCE_SECONDS)
    try:
        ways = {name: await _way(database, wanted) for name, wanted in _wanted(drawn, chance).items()}
        ways["a person's page"] = await _pages(database, [row[0] for row in drawn])
        return ways
    finally:
        await database.close()


def _drawn(url: str, chance: random.Random, people: int) -> Sequence[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        places = connection.execute("SELECT min(id) FROM person").fetchone()
        assert places is not None
        chosen = chance.sample(range(people), min(EACH, people))
        return connection.execute(DRAWN, [[places[0] + one for one in chosen]]).fetchall()


def _wanted(drawn: Sequence[tuple[Any, ...]], chance: random.Random) -> dict[str, list[Wanted]]:
    def part(name: str) -> str:
        letters = name.replace(" ", "").replace("　", "")
        start = chance.randrange(max(1, len(letters) - 1))
        return letters[start : start + 2]

    return {
        "family name, kana": [Wanted(kana.split(" ")[0]) for _, _, kana, _, _ in drawn],
        "whole name, kana": [Wanted(kana) for _, _, kana, _, _ in drawn],
        "name, kanji": [Wanted(name) for _, name, _, _, _ in drawn],
        "two letters of it": [Wanted(part(kana)) for _, _, kana, _, _ in drawn],
        "two letters, one debt": [Wanted(part(kana), debt="city_tax") for _, _, kana, _, _ in drawn],
        "宛名番号": [Wanted(key, Way.KEY) for _, _, _, key, _ in drawn],
        "its last four": [Wanted(key[-4:], Way.KEY) for _, _, _, key, _ in drawn],
        "telephone number": [Wanted(number) for *_, number in drawn],
        "its last four digits": [Wanted(number[-4:], Way.NUMBER) for *_, number in drawn],
        "its first six digits": [Wanted(number[:6], Way.NUMBER) for *_, number in drawn],
    }


async def _way(database: Database, wanted: Sequence[Wanted]) -> Timed:
    seconds, found = [], 0
    for one in wanted:
        answer, took = await _timed(database, partial(people_found, city=CITY, wanted=one))
        seconds.append(took)
        found += len(answer.people)
    scanned = sorted([(await _timed(database, partial(_scan, wanted=one)))[1] for one in wanted[:SCANNED]])
    return Timed(tuple(seconds), scanned[len(scanned) // 2], found)


async def _scan(connection: AsyncConnection, wanted: Wanted) -> int:
    """Whom it would find, by a look at every row."""
    for scan in SCANS:
        await connection.execute(text(f"SET LOCAL {scan} = off"))
    _, values, ways = asked(CITY, wanted)
    found = text(f"SELECT count(*) FROM ({' UNION '.join(BY[way] for way in ways)}) AS found")  # noqa: S608
    given = {name: one for name, one in values.items() if name not in ("most", "debt")}
    return int((await connection.execute(found, given)).scalar_one())


async def _pages(database: Database, people: Sequence[int]) -> Timed:
    city, now, seconds = load_city(CITY), datetime.now(UTC), []
    book = Rulebook(city, CalendarView(city.calendar, national_holidays(), ()), SlotTable.empty(city.plan))
    for person in people:
        page, took = await _timed(database, partial(person_page, book=book, person=person, now=now))
        assert page is not None
        seconds.append(took)
    return Timed(tuple(seconds), None, len(people))


async def _timed(database: Database, work: Callable[[AsyncConnection], Awaitable[Any]]) -> tuple[Any, float]:
    began = time.perf_counter()
    return await database.ask(work), time.perf_counter() - began
