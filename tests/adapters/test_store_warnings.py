"""Warnings and wall links as rows, and what warnings ask of the tables."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from dialer.core.values import Outcome
from dialer.core.warning_values import Answered, Level, ListLeft, TrunkFigures, WarningKind, WarningNow
from dialer.profiles import load_city
from dialer.store.database import Database
from dialer.store.postgres import PostgresStore
from dialer.store.wall_links import WallLinks
from dialer.store.warnings import WarningStore
from dialer.store.watched import answered_between, lists_left, outcomes_since, trunk_figures
from tests.adapters.inbound_rows import Line
from tests.adapters.store_rows import CITY, NOW, Window, ended, put_callable, put_case, put_person, rows_of

WAITS = WarningNow(WarningKind.CALLER_WAITS, Level.ALARM, "着信でお待たせしている方がいます。")
LONG = WarningNow(WarningKind.TALKS_LONG, Level.HEED, "op01の通話が11分続いています。", "op01")
LATER = NOW + timedelta(minutes=5)
MADE = "INSERT INTO account VALUES ('reiko', '見本 礼子', false, now()) RETURNING 1"


@pytest.fixture
async def database(store: PostgresStore, database_url: str) -> AsyncIterator[Database]:
    """Of a city that is there."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def warnings(database: Database) -> WarningStore:
    return WarningStore(database, CITY)


async def test_what_several_find_at_once_is_raised_once_and_told_once(
    database: Database, warnings: WarningStore, database_url: str
) -> None:
    other = WarningStore(database, CITY)
    await asyncio.gather(*(one.change({WAITS: NOW, LONG: NOW}, [], NOW) for one in (warnings, other, warnings)))
    assert {one.key for one in await warnings.standing()} == {WAITS.key, LONG.key}
    told = rows_of(database_url, "SELECT kind, payload FROM outbox ORDER BY id")
    assert [kind for kind, _ in told] == ["warning_raised"] * 2
    payload = next(payload for _, payload in told if payload["subject"] == "op01")
    assert payload.pop("warning") > 0
    assert payload.pop("raised_at").startswith("2026-11-25T01:00")
    assert payload == {"kind": "talks_long", "subject": "op01", "level": "heed", "text": LONG.text}


async def test_what_has_ended_may_be_raised_again_and_each_end_is_told_once(
    warnings: WarningStore, database_url: str
) -> None:
    await warnings.change({WAITS: NOW}, [], NOW)
    (first,) = await warnings.standing()
    for _ in range(2):
        await warnings.change({}, [first.id], LATER)
    assert await warnings.standing() == []
    await warnings.change({WAITS: LATER}, [], LATER)
    (again,) = await warnings.standing()
    assert (again.id != first.id, again.raised_at) == (True, LATER)
    kinds = rows_of(database_url, "SELECT kind, payload ->> 'ended_at' IS NOT NULL FROM outbox ORDER BY id")
    assert kinds == [("warning_raised", False), ("warning_ended", True), ("warning_raised", False)]


async def test_who_acknowledges_first_stays_the_one_who_did(warnings: WarningStore, database_url: str) -> None:
    rows_of(database_url, MADE)
    await warnings.change({WAITS: NOW}, [], NOW)
    (one,) = await warnings.standing()
    assert [await warnings.acknowledge(one.id, by, NOW) for by in ("reiko", "sato")] == [True, False]
    assert await warnings.acknowledge(one.id + 1, "sato", NOW) is None
    (seen,) = await warnings.standing()
    assert (seen.acknowledged_by, seen.acknowledged_at) == ("見本 礼子", NOW)


async def test_another_city_has_warnings_of_its_own(
    database: Database, warnings: WarningStore, store: PostgresStore
) -> None:
    await store.ensure_city(load_city("sendai"), ["op01"])
    other = WarningStore(database, "sendai")
    await warnings.change({WAITS: NOW}, [], NOW)
    await other.change({WAITS: NOW}, [], NOW)
    (mine,) = await warnings.standing()
    assert await other.acknowledge(mine.id, "sato", NOW) is None
    await other.change({}, [mine.id], LATER)
    assert len(await warnings.standing()) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE warning SET text = '' RETURNING 1",
        "UPDATE warning SET ended_at = NULL RETURNING 1",
        "UPDATE warning SET acknowledged_by = 'sato' RETURNING 1",
        "DELETE FROM warning RETURNING 1",
        "TRUNCATE warning CASCADE",
        "DELETE FROM wall_link RETURNING 1",
        "UPDATE wall_link SET revoked_by = NULL, revoked_at = NULL RETURNING 1",
    ],
)
async def test_what_was_is_never_changed(
    database: Database, warnings: WarningStore, database_url: str, change: str
) -> None:
    await warnings.change({WAITS: NOW}, [], NOW)
    (one,) = await warnings.standing()
    await warnings.acknowledge(one.id, "reiko", NOW)
    await warnings.change({}, [one.id], LATER)
    links = WallLinks(database, CITY)
    await links.revoke(await links.make("執務室", "a-secret", "reiko", NOW), "reiko", LATER)
    with pytest.raises(psycopg.errors.IntegrityError, match="is a record of what happened"):
        rows_of(database_url, change)


async def test_a_link_opens_until_it_is_taken_back_and_its_secret_is_kept_nowhere(
    database: Database, database_url: str
) -> None:
    links, other = WallLinks(database, CITY), WallLinks(database, "sendai")
    link = await links.make("執務室", "a-secret", "reiko", NOW)
    assert (await links.named("a-secret"), await links.named("another"), await other.named("a-secret")) == (
        "執務室",
        None,
        None,
    )
    assert [(one.id, one.name, one.made_by) for one in await links.in_force()] == [(link, "執務室", "reiko")]
    assert "a-secret" not in str(rows_of(database_url, "SELECT * FROM wall_link"))
    assert [await links.revoke(link, "sato", LATER) for _ in range(2)] == [True, False]
    assert await links.named("a-secret") is None
    assert await links.in_force() == []


async def test_how_many_calls_the_network_would_not_take_is_counted_over_the_last_minutes(
    database: Database, store: PostgresStore, database_url: str
) -> None:
    for place in range(5):
        put_callable(database_url, f"025800100{place}")
    claims = await store.claim(CITY, 5, NOW, ["city_tax"])
    outcomes = [Outcome.NETWORK_ERROR, Outcome.BARRED, Outcome.NO_ANSWER, Outcome.NOT_PLACED, Outcome.BUSY]
    await store.finish([ended(claimed, outcome) for claimed, outcome in zip(claims, outcomes, strict=True)])
    at = claims[0].claimed_at
    asked = database.ask
    assert await asked(lambda it: trunk_figures(it, CITY, at)) == TrunkFigures(2, 4)
    assert await asked(lambda it: trunk_figures(it, CITY, at + timedelta(minutes=1))) == TrunkFigures(0, 0)
    assert await asked(lambda it: outcomes_since(it, CITY, at)) == dict.fromkeys(outcomes, 1)
    assert await asked(lambda it: outcomes_since(it, CITY, at + timedelta(minutes=1))) == {}


async def test_what_may_be_called_now_is_counted_and_how_fast_it_goes(
    database: Database, store: PostgresStore, database_url: str
) -> None:
    for place in range(4):
        put_callable(database_url, f"025800100{place}")
    later = replace(Window(), due_at=NOW + timedelta(hours=2))
    put_case(database_url, put_person(database_url, "0258001005"), window=later)
    put_case(database_url, put_person(database_url, "0258001006"))  # to be decided
    (claimed,) = await store.claim(CITY, 1, NOW, ["city_tax"])
    await store.finish([ended(claimed)])
    found = await database.ask(lambda it: lists_left(it, load_city(CITY), ["city_tax"], NOW))
    assert found == [ListLeft("city_tax", load_city(CITY).debts[0].name, 3, 1 / 15)]


async def test_callers_are_counted_as_the_reports_count_them(
    database: Database, store: PostgresStore, database_url: str
) -> None:
    line = Line(database_url, store, database)
    await line.talked("0258001001")
    await line.talked("0258001002", NOW + timedelta(hours=1))
    asked = database.ask
    assert await asked(lambda it: answered_between(it, CITY, NOW, NOW + timedelta(hours=2))) == Answered(2, 2)
    assert await asked(lambda it: answered_between(it, CITY, LATER, NOW + timedelta(hours=2))) == Answered(1, 1)
