"""Warnings that end the calls stop a person's cases for as long as they hold, and not a moment longer."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from dialer.core.person_flags import FlagKind
from dialer.core.values import CaseId
from dialer.store.case_events import CaseEvent
from dialer.store.case_view import ViewParts, case_view
from dialer.store.database import Database
from dialer.store.person_flags import FlagOrder, lift_flag, put_flag
from dialer.store.postgres import PostgresStore
from dialer.store.words import EventKind
from tests.adapters.store_rows import CITY, NOW, planned, put_case, put_person, rows_of, stop
from tests.books import weekdays

NUMBER = "0258001001"
LAWYER, DEATH, DV = FlagKind.LAWYER, FlagKind.DEATH, FlagKind.DV


class Clerk:
    """One person with a case, and warnings that come and go a minute apart."""

    def __init__(self, url: str, store: PostgresStore, database: Database) -> None:
        self.url, self.store, self.database = url, store, database
        self.now = NOW
        self.person = put_person(url, NUMBER)
        self.case = put_case(url, self.person)
        ((self.key,),) = rows_of(url, "SELECT address_key FROM person")

    async def put(self, kind: FlagKind) -> int:
        order = self._order(kind)
        stopped = await self.database.ask(lambda connection: put_flag(connection, CITY, order))
        await self.decided()
        return stopped

    async def lift(self, kind: FlagKind) -> int | None:
        order = self._order(kind)
        released = await self.database.ask(lambda connection: lift_flag(connection, CITY, order))
        await self.decided()
        return released

    async def happens(self, event: CaseEvent) -> None:
        await self.store.record([event])
        await self.decided()

    async def decided(self) -> None:
        await planned(self.store, self.now)

    def states(self) -> list[str]:
        return [state for (state,) in rows_of(self.url, "SELECT state FROM cases ORDER BY id")]

    async def history(self, case: CaseId) -> list[str]:
        parts = ViewParts(weekdays())
        view = await self.database.ask(lambda asked: case_view(asked, CITY, parts, self.now, case=case))
        assert view is not None
        return [line.what for line in reversed(view.history)]

    def _order(self, kind: FlagKind) -> FlagOrder:
        self.now += timedelta(minutes=1)
        return FlagOrder(self.key, kind, "sato", self.now)


@pytest.fixture
async def clerk(database_url: str, store: PostgresStore) -> AsyncIterator[Clerk]:
    database = Database(database_url)
    made = Clerk(database_url, store, database)
    await made.decided()
    yield made
    await database.close()


async def test_a_case_that_only_the_warning_stopped_is_called_again_when_it_is_lifted(clerk: Clerk) -> None:
    before = rows_of(clerk.url, "SELECT state, reason, plan_kind FROM cases")
    assert await clerk.put(LAWYER) == 1
    assert clerk.states() == ["stopped"]
    assert await clerk.lift(LAWYER) == 1
    assert rows_of(clerk.url, "SELECT state, reason, plan_kind FROM cases") == before
    assert await clerk.history(clerk.case) == [
        "注意事項の登録: 弁護士等の受任あり（本人へ架電しない）",
        "注意事項の解除: 弁護士等の受任あり（本人へ架電しない）",
    ]


async def test_each_of_two_warnings_stops_by_itself(clerk: Clerk) -> None:
    assert await clerk.put(LAWYER) == 1
    assert await clerk.put(DEATH) == 0, "there was no open case left"
    await clerk.lift(LAWYER)
    assert clerk.states() == ["stopped"]
    assert "死亡" in rows_of(clerk.url, "SELECT reason FROM cases")[0][0]
    await clerk.lift(DEATH)
    assert clerk.states() == ["open"]


@pytest.mark.parametrize(("ends", "state"), [(EventKind.PAID, "paid"), (EventKind.STOP, "stopped")])
async def test_what_was_paid_or_stopped_by_the_city_meanwhile_stays_so(
    clerk: Clerk, ends: EventKind, state: str
) -> None:
    await clerk.put(LAWYER)
    await clerk.happens(CaseEvent(ends, clerk.now, case=clerk.case, by="list"))
    await clerk.lift(LAWYER)
    assert clerk.states() == [state]


async def test_a_case_that_was_stopped_before_the_warning_is_not_released_by_it(clerk: Clerk) -> None:
    await clerk.happens(stop(clerk.case))
    assert await clerk.put(LAWYER) == 0
    await clerk.lift(LAWYER)
    assert clerk.states() == ["stopped"]


async def test_a_warning_that_comes_back_stops_again(clerk: Clerk) -> None:
    for _ in range(2):
        assert await clerk.put(LAWYER) == 1
        assert await clerk.put(LAWYER) == 0
        assert await clerk.lift(LAWYER) == 1
    assert clerk.states() == ["open"]
    assert await clerk.put(LAWYER) == 1
    assert clerk.states() == ["stopped"]


async def test_other_warnings_stop_nothing_and_release_nothing(clerk: Clerk) -> None:
    await clerk.put(LAWYER)
    assert await clerk.put(DV) == 0
    assert await clerk.lift(DV) == 0
    assert await clerk.lift(DEATH) is None
    assert clerk.states() == ["stopped"]


async def test_nobody_elses_case_is_released(clerk: Clerk) -> None:
    other = put_person(clerk.url, "0258001002")
    put_case(clerk.url, other)
    (key,) = rows_of(clerk.url, f"SELECT address_key FROM person WHERE id = {other}")[0]
    order = FlagOrder(key, LAWYER, "sato", NOW)
    await clerk.database.ask(lambda connection: put_flag(connection, CITY, order))
    await clerk.put(LAWYER)
    await clerk.lift(LAWYER)
    assert clerk.states() == ["open", "stopped"]
