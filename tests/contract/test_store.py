"""What every store must do: the same claims against the one in memory and the one in Postgres."""

import asyncio
import uuid
from datetime import timedelta

import pytest

from dialer.core.events import ChannelId
from dialer.core.orders import OK, OrderKind
from dialer.core.values import (
    CaseId,
    CaseState,
    LegState,
    OperatorState,
    Outcome,
    PauseReason,
    Seat,
)
from dialer.pace_ports import KeptPace
from dialer.ports import Claimed, NotClaimed, Operator, Recorded, Store
from dialer.recorder import Recording
from dialer.store.postgres import PostgresStore
from tests.adapters.store_rows import CITY, DEBTS, NOW, ended, stop
from tests.contract.opening import Opened, case, cases_claimed, number_of
from tests.fake_store import MemoryStore
from tests.fake_switch import CALLER_ID

HOURS = timedelta(hours=4)  # a number that was busy is called again by then


async def stopped(store: Store, case_id: CaseId) -> None:
    """The city says so."""
    if isinstance(store, MemoryStore):
        store.cases[case_id].state = CaseState.STOPPED
        return
    assert isinstance(store, PostgresStore)
    await store.record([stop(case_id)])
    assert await store.plan(CITY, NOW) == 1


async def test_cases_are_claimed_in_the_order_in_which_they_are_due_then_by_id(opened: Opened) -> None:
    store = await opened(
        case(3, "0258001003", -timedelta(hours=1)), case(2, "0258001002"), case(1, "0258001001"), case(4, "0258001004")
    )
    assert await cases_claimed(store, limit=3) == [3, 1, 2]
    assert await cases_claimed(store, limit=3) == [4]
    assert await cases_claimed(store, limit=3) == []


async def test_a_claim_tells_what_to_dial_and_which_number_to_show(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"))
    (claimed,) = await store.claim(CITY, 1, NOW, DEBTS)
    assert (claimed.number, claimed.caller_id, claimed.claimed_at) == ("0258001001", CALLER_ID, NOW)
    assert (claimed.debt, claimed.until) == ("city_tax", NOW + timedelta(hours=9))
    assert str(uuid.UUID(claimed.attempt)) == claimed.attempt


async def test_a_case_that_is_not_yet_due_is_not_claimed(opened: Opened) -> None:
    store = await opened(case(1, "0258001001", timedelta(seconds=1)))
    assert await cases_claimed(store) == []
    assert await cases_claimed(store, NOW + timedelta(seconds=1)) == [1]


async def test_a_case_is_not_claimed_when_its_window_is_over(opened: Opened) -> None:
    store = await opened(case(1, "0258001001", until=timedelta(minutes=5)))
    end = NOW + timedelta(minutes=5)
    assert await store.claim(CITY, 1, end, DEBTS) == []
    assert len(await store.claim(CITY, 1, end - timedelta(microseconds=1), DEBTS)) == 1


async def test_only_cases_of_the_debt_kinds_that_may_be_called_are_claimed(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"))
    assert await store.claim(CITY, 1, NOW, ()) == []
    assert await store.claim(CITY, 1, NOW, ("water",)) == []
    assert len(await store.claim(CITY, 1, NOW, ("water", "city_tax"))) == 1


async def test_nobody_is_called_whose_case_an_operator_looks_at(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"), case(2, "0258001002"))
    await store.save_operator(Operator("op01", OperatorState.FREE, ChannelId("leg-1"), preview=CaseId(1)))
    assert await cases_claimed(store) == [2]
    await store.save_operator(Operator("op01", OperatorState.FREE, ChannelId("leg-1")))
    assert await cases_claimed(store) == [1]


async def test_two_cases_with_one_number_are_never_called_at_once(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"), case(2, "0258001001"))
    (first,) = await store.claim(CITY, 10, NOW, DEBTS)
    assert first.case == 1
    assert await cases_claimed(store) == []
    await store.finish([ended(first)])
    assert await cases_claimed(store) == [2]


async def test_a_shared_number_does_not_take_the_place_of_another_case(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"), case(2, "0258001001"), case(3, "0258001003"))
    assert await cases_claimed(store, limit=2) == [1, 3]


async def test_an_open_case_comes_again_when_its_wait_is_over(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"))
    (claimed,) = await store.claim(CITY, 1, NOW, DEBTS)
    await store.finish([ended(claimed, Outcome.BUSY)])
    assert await cases_claimed(store, NOW + timedelta(minutes=1)) == []
    assert await cases_claimed(store, NOW + HOURS) == [1]


async def test_a_call_that_was_not_placed_comes_again_when_it_was_said_to(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"))
    (claimed,) = await store.claim(CITY, 1, NOW, DEBTS)
    end = NOW + timedelta(seconds=2)
    await store.finish([ended(claimed, Outcome.NOT_PLACED, ended_at=end, again_after=timedelta(seconds=30))])
    assert await cases_claimed(store, end + timedelta(seconds=29)) == []
    assert await cases_claimed(store, end + timedelta(seconds=30)) == [1]


async def test_a_call_that_was_withdrawn_for_a_while_comes_again_when_it_was_said_to(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"))
    (claimed,) = await store.claim(CITY, 1, NOW, DEBTS)
    end = NOW + timedelta(seconds=9)
    await store.finish([ended(claimed, Outcome.WITHDRAWN, ended_at=end, again_after=timedelta(minutes=30))])
    assert await cases_claimed(store, end + timedelta(minutes=29)) == []
    assert await cases_claimed(store, end + timedelta(minutes=30)) == [1]


@pytest.mark.parametrize("outcome", [Outcome.TALKED, Outcome.NOT_IN_USE, Outcome.NUMBER_CHANGED])
async def test_who_was_talked_to_and_a_dead_number_are_not_called_again(opened: Opened, outcome: Outcome) -> None:
    store = await opened(case(1, "0258001001"))
    (claimed,) = await store.claim(CITY, 1, NOW, DEBTS)
    await store.finish([ended(claimed, outcome)])
    for later in (HOURS, timedelta(days=1), timedelta(days=7)):
        assert await cases_claimed(store, NOW + later) == []


async def test_a_stopped_case_is_not_called(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"), case(2, "0258001002"))
    await stopped(store, CaseId(1))
    assert await cases_claimed(store) == [2]


async def test_a_call_whose_case_was_stopped_meanwhile_is_withdrawn_and_no_other(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"), case(2, "0258001002"))
    one, two = await store.claim(CITY, 2, NOW, DEBTS)
    assert await store.withdrawn([one.attempt, two.attempt]) == frozenset()
    await stopped(store, CaseId(1))
    assert await store.withdrawn([one.attempt, two.attempt]) == {one.attempt}
    assert await store.withdrawn([]) == frozenset()
    await store.finish([ended(one, Outcome.WITHDRAWN)])
    assert await cases_claimed(store, NOW + HOURS) == []


async def test_the_first_outcome_of_an_attempt_stays(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"))
    (claimed,) = await store.claim(CITY, 1, NOW, DEBTS)
    await store.finish([ended(claimed, Outcome.BUSY)])
    await store.finish([ended(claimed, Outcome.TALKED)])
    assert await cases_claimed(store, NOW + HOURS) == [1]


async def test_an_attempt_is_open_from_its_claim_to_its_outcome(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"), case(2, "0258001002"))
    one, two = await store.claim(CITY, 2, NOW, DEBTS)
    await store.note_operator(two.attempt, "op02", "user-2")
    known = [(open_.attempt, open_.case, open_.debt, open_.operator) for open_ in await store.open_attempts(CITY)]
    assert known == [(one.attempt, 1, one.debt, None), (two.attempt, 2, two.debt, "op02")]
    await store.finish([ended(one)])
    assert [open_.attempt for open_ in await store.open_attempts(CITY)] == [two.attempt]


async def test_the_history_holds_the_events_of_the_attempts_asked_for_and_no_others(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"), case(2, "0258001002"))
    one, two = await store.claim(CITY, 2, NOW, DEBTS)
    rang = Recorded(one.attempt, NOW + timedelta(seconds=2, microseconds=17), "ringing_started", {})
    hung_up = Recorded(one.attempt, NOW + timedelta(seconds=9), "hung_up", {"cause": 17, "sip_code": None})
    other = Recorded(two.attempt, NOW + timedelta(seconds=3), "ringing_started", {})
    await store.append([rang, other, hung_up])
    assert list(await store.history([one.attempt])) == [rang, hung_up]
    assert list(await store.history([one.attempt, two.attempt])) == [rang, other, hung_up]
    assert list(await store.history([])) == []


async def test_operators_are_as_they_were_last_saved(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"))
    (claimed,) = await store.claim(CITY, 1, NOW, DEBTS)
    talking = Operator(
        "op02",
        OperatorState.TALKING,
        ChannelId("leg-1"),
        since=NOW,
        seat=Seat.BROWSER,
        account="user-1",
        leaving=True,
        leg_state=LegState.UP,
        attempt=claimed.attempt,
        pause_reason=PauseReason.MEAL,
        wrap_up_until=NOW + timedelta(seconds=30),
        extended=True,
        on_hold=True,
        muted=True,
        help=True,
        consulting="tax",
        preview=claimed.case,
        group="tax",
    )
    await store.save_operator(Operator("op02", OperatorState.FREE, ChannelId("leg-1")))
    await store.save_operator(talking)
    assert list(await store.operators(CITY)) == [Operator("op01", OperatorState.OFFLINE, None), talking]
    await store.save_operator(Operator("op02", OperatorState.OFFLINE, None))
    assert list(await store.operators(CITY))[1] == Operator("op02", OperatorState.OFFLINE, None)


async def test_writes_may_be_repeated_without_harm(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"))
    (claimed,) = await store.claim(CITY, 1, NOW, DEBTS)
    for _ in range(2):
        await store.note_operator(claimed.attempt, "op01", "user-1")
        await store.finish([ended(claimed, Outcome.BUSY)])
        await store.save_recording(Recording(claimed.attempt, f"{claimed.attempt}.wav", 12.5))
    assert list(await store.open_attempts(CITY)) == []
    assert await cases_claimed(store, NOW + HOURS) == [1]


async def test_nothing_to_write_is_no_error(opened: Opened) -> None:
    store = await opened()
    await store.append([])
    await store.finish([])
    assert list(await store.open_attempts(CITY)) == []


# --- operators' orders


async def test_orders_are_taken_in_their_order_until_they_are_answered(opened: Opened) -> None:
    store = ordering(await opened())
    one = await store.order("op01", OrderKind.TAKE_SEAT, {"seat": "phone"}, by="user-1")
    two = await store.order("op02", OrderKind.HANG_UP, {}, by="user-2")
    taken = await store.take_orders(CITY, NOW)
    assert [(order.id, order.phone, order.kind, dict(order.detail), order.by) for order in taken] == [
        (one, "op01", "take_seat", {"seat": "phone"}, "user-1"),
        (two, "op02", "hang_up", {}, "user-2"),
    ]
    assert [order.id for order in await store.take_orders(CITY, NOW)] == [one, two], "an engine may die with them"
    await store.answer_order(one, OK)
    assert [order.id for order in await store.take_orders(CITY, NOW)] == [two]


async def test_whoever_ordered_hears_the_first_answer_and_none_when_there_is_none(opened: Opened) -> None:
    store = ordering(await opened())
    order = await store.order("op01", OrderKind.READY, {}, by="user-1")
    assert await store.answered(order, within_seconds=0.1) is None
    await store.take_orders(CITY, NOW)
    await store.answer_order(order, "音声がつながっていません")
    await store.answer_order(order, OK)
    assert await store.answered(order) == "音声がつながっていません"


async def test_who_waits_for_orders_is_woken_by_one(opened: Opened) -> None:
    store = ordering(await opened())
    waiting = asyncio.create_task(until_taken(store))
    order = await store.order("op01", OrderKind.READY, {}, by="user-1")
    assert await asyncio.wait_for(waiting, 10) == [order]


async def until_taken(store: Store) -> list[int]:
    while True:
        await store.await_orders()
        if taken := await store.take_orders(CITY, NOW):
            return [order.id for order in taken]


async def test_an_operator_claims_exactly_the_number_of_the_case_and_nobody_else_then(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"), case(2, "0258001002"))
    number = await number_of(store, 2)
    claimed = await store.claim_one(CITY, CaseId(2), number, NOW)
    assert isinstance(claimed, Claimed)
    assert (claimed.case, claimed.number, claimed.caller_id) == (2, "0258001002", CALLER_ID)
    assert claimed.until > NOW
    assert isinstance(await store.claim_one(CITY, CaseId(2), number, NOW), NotClaimed)
    assert await cases_claimed(store) == [1]
    assert [one.attempt for one in await store.open_attempts(CITY) if one.case == 2] == [claimed.attempt]


async def test_an_operator_cannot_call_a_stopped_case_nor_a_number_of_another(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"), case(2, "0258001002"))
    await stopped(store, CaseId(1))
    assert isinstance(await store.claim_one(CITY, CaseId(1), await number_of(store, 1), NOW), NotClaimed)
    assert isinstance(await store.claim_one(CITY, CaseId(2), await number_of(store, 1), NOW), NotClaimed)
    assert isinstance(await store.claim_one(CITY, CaseId(99), await number_of(store, 1), NOW), NotClaimed)
    assert list(await store.open_attempts(CITY)) == []


def ordering(store: Store) -> MemoryStore | PostgresStore:
    assert isinstance(store, MemoryStore | PostgresStore)
    return store


async def test_what_pacing_learned_is_kept_and_replaced(opened: Opened) -> None:
    store = await opened(case(1, "0258001001"))
    assert await store.learned_pace(CITY) is None
    for step in (1.5, 2.5):
        await store.save_learned_pace(CITY, {"calls": {"": {"seconds": [step]}}}, NOW + timedelta(seconds=step))
    assert await store.learned_pace(CITY) == KeptPace({"calls": {"": {"seconds": [2.5]}}}, NOW + timedelta(seconds=2.5))


async def test_persons_left_alone_are_counted_from_a_moment_on(opened: Opened) -> None:
    store = await opened(*(case(place, f"025800100{place}") for place in range(1, 5)))
    claims = await store.claim(CITY, 4, NOW, DEBTS)
    met = ended(claims[0], Outcome.TALKED, answered_at=NOW, joined_at=NOW)
    alone = ended(claims[1], Outcome.ABANDONED, answered_at=NOW)
    await store.finish([met, alone, ended(claims[2], Outcome.NO_ANSWER)])
    assert await store.left_alone(CITY, NOW - timedelta(hours=1)) == {"city_tax": (2, 1)}
    assert await store.left_alone(CITY, NOW + timedelta(hours=1)) == {}
