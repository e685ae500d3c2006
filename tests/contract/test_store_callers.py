"""What every store must do for people who call: the one in memory and the one in Postgres."""

import uuid
from dataclasses import replace
from datetime import timedelta

from dialer.core.callers import LAST, Arrived, Caller, InboundEnded, InboundOutcome, OpenInbound, Route
from dialer.core.events import ChannelId
from dialer.core.values import (
    CallId,
    CaseId,
    EndedBy,
    OperatorState,
    PhoneNumber,
)
from dialer.ports import NotClaimed, Operator, Recorded, Store
from dialer.recorder import Recording
from dialer.store.database import Database
from dialer.store.inbound import Arrival, InboundStore
from dialer.store.postgres import PostgresStore
from dialer.store.words import NumberGiven
from tests.adapters.store_rows import CITY, DEBTS, NOW, rows_of
from tests.books import weekdays
from tests.contract.opening import ADDRESSES, Opened, case, cases_claimed, number_of
from tests.fake_store import MemoryStore


def came(place: int = 1, route: Route = Route.WAITING, after: timedelta = timedelta(0)) -> Arrived:
    return Arrived(CallId(str(uuid.UUID(int=place))), NOW + after, "0258009001", "tax", route)


def over(one: Arrived, outcome: InboundOutcome = InboundOutcome.ABANDONED, **changes: object) -> InboundEnded:
    plain = InboundEnded(
        call=one.call,
        outcome=outcome,
        reason="担当者につながる前に切れました。12.0秒",
        evidence={"told": False},
        ended_at=one.at + timedelta(seconds=12),
        ended_by=EndedBy.FAR_END,
        answered_at=one.at + timedelta(seconds=1),
        waits_at=one.at + timedelta(seconds=1),
        joined_at=None,
        operator=None,
        account=None,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


async def test_a_call_that_came_in_is_open_from_its_arrival_to_its_outcome(opened: Opened) -> None:
    store = await opened()
    first, second = came(1), came(2, Route.CLOSED, timedelta(seconds=-3))
    for one in (first, second, first):
        await store.arrived(one)
    await store.note_operator(first.call, "op02", "user-2")
    assert list(await store.open_inbound(CITY)) == [
        OpenInbound(second.call, second.at, "0258009001", "tax", LAST, Route.CLOSED, None),
        OpenInbound(first.call, first.at, "0258009001", "tax", LAST, Route.WAITING, "op02"),
    ]
    await store.finish_inbound([over(first)])
    assert [one.call for one in await store.open_inbound(CITY)] == [second.call]
    assert list(await store.open_attempts(CITY)) == []


async def test_the_first_outcome_of_a_call_that_came_in_stays(opened: Opened) -> None:
    store = await opened()
    await store.arrived(came())
    await store.finish_inbound([over(came()), over(came(), InboundOutcome.TALKED, joined_at=NOW)])
    await store.finish_inbound([over(came(), InboundOutcome.LOST)])
    await store.finish_inbound([])
    await store.arrived(came(after=timedelta(hours=1)))
    await store.note_operator(came().call, "op01", "user-1")
    assert list(await store.open_inbound(CITY)) == []
    if isinstance(store, MemoryStore):
        assert store.inbound_ended == {came().call: over(came())}
    else:
        assert isinstance(store, PostgresStore)
        question = "SELECT outcome, arrived_at, ended_at, operator FROM inbound_call"
        assert rows_of(ADDRESSES[store], question) == [("abandoned", NOW, NOW + timedelta(seconds=12), None)]


async def test_the_events_of_a_call_that_came_in_are_kept_as_those_of_any_other(opened: Opened) -> None:
    store = await opened()
    await store.arrived(came())
    waits = Recorded(came().call, NOW + timedelta(seconds=1), "caller_waits", {})
    chose = Recorded(came().call, NOW + timedelta(seconds=4), "menu_chose", {"item": "3"})
    await store.append([waits, chose])
    await store.save_recording(Recording(came().call, f"{came().call}.wav", 12.5))
    assert list(await store.history([came().call])) == [waits, chose]


async def test_nobody_knows_who_calls_until_the_number_is_written(opened: Opened) -> None:
    store = await opened()
    assert await store.caller(CITY, came().call) is None
    await store.arrived(came())
    assert await store.caller(CITY, came().call) is None


async def test_an_operator_is_with_a_call_that_came_in_as_with_any_other(opened: Opened) -> None:
    store = await opened()
    await store.arrived(came())
    talking = Operator("op02", OperatorState.TALKING, ChannelId("leg-1"), since=NOW, attempt=came().call)
    await store.save_operator(talking)
    assert list(await store.operators(CITY))[1] == talking


async def calls(store: Store, one: Arrived, case_id: int, number: str) -> None:
    """Somebody rings whose number is known."""
    if isinstance(store, MemoryStore):
        await store.arrived(one)
        store.callers[one.call] = Caller(CaseId(case_id), "city_tax")
        return
    assert isinstance(store, PostgresStore)
    database = Database(ADDRESSES[store])
    inbound = InboundStore(database, weekdays().city)
    who = await inbound.recognise(PhoneNumber(number), one.group, one.at)
    assert who.case == case_id
    await inbound.arrive(
        Arrival(one.call, one.at, one.dialled, one.group, one.route, NumberGiven.GIVEN, PhoneNumber(number), who=who)
    )
    await database.close()


async def test_nobody_is_called_who_is_calling_us(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"), case(2, "0258001002"))
    await calls(store, came(), 1, "0258001001")
    assert [due.case for due in await store.due_cases(CITY, 9, NOW, DEBTS, ())] == [2]
    assert isinstance(await store.claim_one(CITY, CaseId(1), await number_of(store, 1), NOW), NotClaimed)
    assert await cases_claimed(store) == [2]
    await store.finish_inbound([over(came())])
    assert await cases_claimed(store, NOW + timedelta(minutes=1)) == [1]


async def test_a_call_to_who_is_calling_us_is_withdrawn_while_they_are_there(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"), case(2, "0258001002"))
    one, two = await store.claim(CITY, 2, NOW, DEBTS)
    await calls(store, came(), 1, "0258001001")
    assert await store.withdrawn([one.attempt, two.attempt]) == {one.attempt}
    await store.finish_inbound([over(came())])
    assert await store.withdrawn([one.attempt, two.attempt]) == frozenset()
