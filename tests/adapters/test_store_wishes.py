"""Who asked to be called back: whom it is promised, from when it is open, and that nobody is called back twice."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from dialer.core.callers import InboundOutcome
from dialer.core.values import CallId, Outcome, PhoneNumber
from dialer.ports import Claimed
from dialer.store.database import Database
from dialer.store.postgres import PostgresStore
from tests.adapters.inbound_rows import Line, over
from tests.adapters.store_rows import CITY, NOW, ended, planned, put_callable, put_person, rows_of

HOME, UNKNOWN, OTHER = "0258001001", "0258001099", "0258001002"
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
async def line(database_url: str, store: PostgresStore) -> AsyncIterator[Line]:
    database = Database(database_url)
    yield Line(database_url, store, database)
    await database.close()


async def asked(line: Line, number: str = HOME) -> CallId:
    """Somebody whom we know calls, asks to be called back and hangs up."""
    call = await line.rings(number)
    assert await line.inbound.wish(call, PhoneNumber(number), NOW)
    await line.store.finish_inbound([over(call, LATER, InboundOutcome.WISHED)])
    return call


async def open_calls(line: Line) -> list[CallId]:
    return [one.call for one in await line.store.open_wishes(CITY)]


async def called_back(line: Line) -> Claimed:
    await planned(line.store, LATER)
    (wish,) = await line.store.open_wishes(CITY)
    claimed = await line.store.claim_one(CITY, wish.case, wish.number, LATER)
    assert isinstance(claimed, Claimed), claimed
    return claimed


async def test_a_wish_is_open_when_the_call_in_which_it_was_said_has_ended(line: Line) -> None:
    case = put_callable(line.url, HOME)
    call = await line.rings(HOME)
    assert await line.inbound.wish(call, PhoneNumber(HOME), NOW)
    assert await line.inbound.wish(call, PhoneNumber(HOME), NOW), "asked again because its answer was not heard"
    assert await open_calls(line) == [], "the line is still engaged"
    await line.store.finish_inbound([over(call, LATER, InboundOutcome.WISHED)])
    (wish,) = await line.store.open_wishes(CITY)
    assert (wish.call, wish.case, wish.arrived_at, wish.debt) == (call, case, NOW, "city_tax")


async def test_nothing_is_promised_to_whom_we_do_not_know_or_on_another_number(line: Line) -> None:
    put_callable(line.url, HOME)
    put_person(line.url, OTHER)
    for number in (UNKNOWN, OTHER):
        call = await line.rings(number)
        assert not await line.inbound.wish(call, PhoneNumber(number), NOW)
    assert not await line.inbound.wish(await line.rings(HOME), PhoneNumber(UNKNOWN), NOW)
    assert rows_of(line.url, "SELECT count(*) FROM wish") == [(0,)]


async def test_a_wish_is_granted_once_and_the_first_word_about_it_stays(line: Line) -> None:
    put_callable(line.url, HOME)
    call = await asked(line)
    claimed = await called_back(line)
    await line.store.close_wish(call, claimed.attempt, "折り返しました")
    await line.store.close_wish(call, None, "後から")
    assert await open_calls(line) == []
    assert rows_of(line.url, "SELECT attempt_id::text, why FROM wish") == [(claimed.attempt, "折り返しました")]


async def test_who_was_called_back_by_an_engine_that_died_then_is_not_called_back_again(line: Line) -> None:
    put_callable(line.url, HOME)
    await asked(line)
    claimed = await called_back(line)
    assert await open_calls(line) == [], "while it rings"
    await line.store.finish([ended(claimed, Outcome.NO_ANSWER)])
    assert await open_calls(line) == []


async def test_a_call_that_surely_never_left_grants_no_wish(line: Line) -> None:
    put_callable(line.url, HOME)
    call = await asked(line)
    claimed = await called_back(line)
    await line.store.finish([ended(claimed, Outcome.NOT_PLACED)])
    assert await open_calls(line) == [call]
