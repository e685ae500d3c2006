"""What every store must do: the same claims against the one in memory and the one in Postgres."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from dialer.core.events import ChannelId
from dialer.core.values import CaseId, CaseState, EndedBy, NumberState, OperatorState, Outcome, PhoneNumber
from dialer.ports import Claimed, Ended, Operator, Recorded, Recording, Store
from dialer.profiles import load_city
from dialer.store.postgres import PostgresStore
from tests.fakes import CALLER_ID, FakeCase, MemoryStore

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
CITY = "nagaoka"

Opened = Callable[..., Awaitable[Store]]


def case(id_: int, number: str, due: timedelta = timedelta(0)) -> FakeCase:
    return FakeCase(CaseId(id_), PhoneNumber(number), NOW + due)


def put_cases(url: str, cases: Sequence[FakeCase]) -> None:
    """Straight into the tables, with the ids that the test names."""
    with psycopg.connect(url) as connection:
        for one in cases:
            ids = {"id": one.case, "key": str(one.case), "number": one.number, "due": one.due_at}
            connection.execute(
                "INSERT INTO person (id, city, address_key, name, kana)"
                " VALUES (%(id)s, 'nagaoka', %(key)s, '見本', 'ミホン')",
                ids,
            )
            connection.execute(
                "INSERT INTO phone_number (city, person_id, number, position, state, source)"
                " VALUES ('nagaoka', %(id)s, %(number)s, 1, 'open', 'list')",
                ids,
            )
            connection.execute(
                "INSERT INTO cases (id, city, person_id, debt_kind_id, amount_yen, state, due_at, imported_at)"
                " SELECT %(id)s, 'nagaoka', %(id)s, id, 1000, 'open', %(due)s, %(due)s FROM debt_kind",
                ids,
            )


@pytest.fixture(params=["memory", "postgres"])
async def opened(request: pytest.FixtureRequest) -> AsyncIterator[Opened]:
    """Opens the store under test with these cases."""

    async def in_memory(*cases: FakeCase) -> Store:
        return MemoryStore(cases, phones=("op01", "op02"))

    if request.param == "memory":
        yield in_memory
        return
    url: str = request.getfixturevalue("database_url")
    store = PostgresStore(url, CITY)

    async def in_postgres(*cases: FakeCase) -> Store:
        await store.ensure_city(load_city(CITY), ["op01", "op02"])
        assert await store.lead()
        put_cases(url, cases)
        return store

    yield in_postgres
    await store.close()


def ended(claimed: Claimed, outcome: Outcome = Outcome.NO_ANSWER, *, wait: timedelta = timedelta(hours=3)) -> Ended:
    return Ended(
        attempt=claimed.attempt,
        outcome=outcome,
        reason="36秒呼び出しましたが応答がありませんでした",
        evidence={"sip_code": 480, "ring_seconds": 36.0, "progressed": False, "gave_up": None},
        ended_at=NOW + timedelta(seconds=40),
        ended_by=EndedBy.US,
        placed_at=NOW + timedelta(seconds=1),
        ringing_at=NOW + timedelta(seconds=3),
        answered_at=None,
        joined_at=None,
        operator=None,
        number_state=NumberState.OPEN,
        case_state=CaseState.OPEN,
        due_at=NOW + wait,
    )


async def cases_claimed(store: Store, now: datetime = NOW, limit: int = 10) -> list[int]:
    return [claimed.case for claimed in await store.claim(CITY, limit, now)]


async def test_cases_are_claimed_in_the_order_in_which_they_are_due_then_by_id(opened: Opened) -> None:
    store = await opened(
        case(3, "0258001003", -timedelta(hours=1)), case(2, "0258001002"), case(1, "0258001001"), case(4, "0258001004")
    )
    assert await cases_claimed(store, limit=3) == [3, 1, 2]
    assert await cases_claimed(store, limit=3) == [4]
    assert await cases_claimed(store, limit=3) == []


async def test_a_claim_tells_what_to_dial_and_which_number_to_show(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"))
    (claimed,) = await store.claim(CITY, 1, NOW)
    assert (claimed.number, claimed.caller_id, claimed.claimed_at) == ("0258001001", CALLER_ID, NOW)
    assert str(uuid.UUID(claimed.attempt)) == claimed.attempt


async def test_a_case_that_is_not_yet_due_is_not_claimed(opened: Opened) -> None:
    store = await opened(case(1, "0258001001", timedelta(seconds=1)))
    assert await cases_claimed(store) == []
    assert await cases_claimed(store, NOW + timedelta(seconds=1)) == [1]


async def test_two_cases_with_one_number_are_never_called_at_once(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"), case(2, "0258001001"))
    (first,) = await store.claim(CITY, 10, NOW)
    assert first.case == 1
    assert await cases_claimed(store) == []
    await store.finish([ended(first)])
    assert await cases_claimed(store) == [2]


async def test_a_shared_number_does_not_take_the_place_of_another_case(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"), case(2, "0258001001"), case(3, "0258001003"))
    assert await cases_claimed(store, limit=2) == [1, 3]


async def test_an_open_case_comes_again_when_its_wait_is_over(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"))
    (claimed,) = await store.claim(CITY, 1, NOW)
    await store.finish([ended(claimed, wait=timedelta(hours=3))])
    assert await cases_claimed(store, NOW + timedelta(hours=2)) == []
    assert await cases_claimed(store, NOW + timedelta(hours=3)) == [1]


@pytest.mark.parametrize(
    ("case_state", "number_state"),
    [(CaseState.COMPLETE, NumberState.OPEN), (CaseState.STOPPED, NumberState.OPEN), (CaseState.OPEN, NumberState.DEAD)],
)
async def test_a_finished_case_and_a_dead_number_are_never_called_again(
    opened: Opened, case_state: CaseState, number_state: NumberState
) -> None:
    store = await opened(case(1, "0258001001"))
    (claimed,) = await store.claim(CITY, 1, NOW)
    due_at = NOW if case_state is CaseState.OPEN else None
    await store.finish([replace(ended(claimed), case_state=case_state, number_state=number_state, due_at=due_at)])
    assert await cases_claimed(store, NOW + timedelta(days=365)) == []


async def test_the_first_outcome_of_an_attempt_stays(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"))
    (claimed,) = await store.claim(CITY, 1, NOW)
    await store.finish([ended(claimed, wait=timedelta(hours=1))])
    await store.finish([ended(claimed, Outcome.BUSY, wait=timedelta(hours=9))])
    assert await cases_claimed(store, NOW + timedelta(hours=1)) == [1]


async def test_an_attempt_is_open_from_its_claim_to_its_outcome(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"), case(2, "0258001002"))
    one, two = await store.claim(CITY, 2, NOW)
    await store.note_operator(two.attempt, "op02", NOW)
    assert [(open_.attempt, open_.case, open_.operator) for open_ in await store.open_attempts(CITY)] == [
        (one.attempt, 1, None),
        (two.attempt, 2, "op02"),
    ]
    await store.finish([ended(one)])
    assert [open_.attempt for open_ in await store.open_attempts(CITY)] == [two.attempt]


async def test_the_history_holds_the_events_of_the_attempts_asked_for_and_no_others(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"), case(2, "0258001002"))
    one, two = await store.claim(CITY, 2, NOW)
    rang = Recorded(one.attempt, NOW + timedelta(seconds=2, microseconds=17), "ringing_started", {})
    hung_up = Recorded(one.attempt, NOW + timedelta(seconds=9), "hung_up", {"cause": 17, "sip_code": None})
    other = Recorded(two.attempt, NOW + timedelta(seconds=3), "ringing_started", {})
    await store.append([rang, other, hung_up])
    assert list(await store.history([one.attempt])) == [rang, hung_up]
    assert list(await store.history([one.attempt, two.attempt])) == [rang, other, hung_up]
    assert list(await store.history([])) == []


async def test_operators_are_as_they_were_last_saved(opened: Opened) -> None:
    store = await opened()
    await store.save_operator(Operator("op02", OperatorState.FREE, ChannelId("leg-1")), NOW)
    await store.save_operator(Operator("op02", OperatorState.TALKING, ChannelId("leg-1")), NOW)
    assert list(await store.operators(CITY)) == [
        Operator("op01", OperatorState.OFFLINE, None),
        Operator("op02", OperatorState.TALKING, ChannelId("leg-1")),
    ]


async def test_writes_may_be_repeated_without_harm(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"))
    (claimed,) = await store.claim(CITY, 1, NOW)
    for _ in range(2):
        await store.note_operator(claimed.attempt, "op01", NOW)
        await store.finish([ended(claimed, wait=timedelta(hours=1))])
        await store.save_recording(Recording(claimed.attempt, f"{claimed.attempt}.wav", 12.5))
    assert list(await store.open_attempts(CITY)) == []
    assert await cases_claimed(store, NOW + timedelta(hours=1)) == [1]


async def test_nothing_to_write_is_no_error(opened: Opened) -> None:
    store = await opened()
    await store.append([])
    await store.finish([])
    assert list(await store.open_attempts(CITY)) == []
