"""Who answered and met no operator, in the tables: no claim finds them until somebody has talked to them."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest

from dialer.core.callers import InboundOutcome
from dialer.core.values import CaseId, Outcome
from dialer.ports import Claimed
from dialer.store.case_view import ViewParts, case_view
from dialer.store.database import Database
from dialer.store.postgres import PostgresStore
from tests.adapters.inbound_rows import Line, over
from tests.adapters.store_rows import (
    CITY,
    DEBTS,
    NOW,
    TALKED_TO_THE_PERSON,
    ended,
    planned,
    put_callable,
    rows_of,
    said,
)
from tests.books import weekdays

HOME, MOBILE = "0258001001", "09000001001"
HOUR = timedelta(hours=1, minutes=1)  # after which they are called again
EVEN_LATER = NOW + timedelta(hours=6)


async def answered_by_nobody_of_us(store: PostgresStore, at: int = 0) -> Claimed:
    (claimed,) = await store.claim(CITY, 1, NOW + timedelta(minutes=at), DEBTS)
    reason = "応答されましたが担当者につながらず、おわびの音声を流しました"
    await store.finish([ended(claimed, Outcome.ABANDONED, reason=reason, answered_at=claimed.claimed_at)])
    return claimed


async def claimable(store: PostgresStore, minutes: float = 61) -> Sequence[CaseId]:
    """As the dialer would, and taken back at once."""
    claims = await store.claim(CITY, 10, NOW + timedelta(minutes=minutes), DEBTS)
    await store.finish([ended(one, Outcome.NOT_PLACED) for one in claims])
    return [one.case for one in claims]


async def owed(store: PostgresStore, minutes: float = 61) -> Sequence[CaseId]:
    return [one.case for one in await store.owed_calls(CITY, NOW + timedelta(minutes=minutes), DEBTS)]


async def test_after_an_hour_they_are_due_for_an_operator_who_is_kept_and_no_claim_takes_them(
    store: PostgresStore, database_url: str
) -> None:
    case = put_callable(database_url, HOME)
    await answered_by_nobody_of_us(store)
    other = put_callable(database_url, "0258001002")
    assert await owed(store, 30) == []
    assert await claimable(store) == [other]
    (call,) = await store.owed_calls(CITY, NOW + HOUR, DEBTS)
    assert (call.case, call.debt) == (case, "city_tax")
    assert await store.owed_calls(CITY, NOW + HOUR, ()) == [], "not of debts that are not dialled now"
    assert isinstance(await store.claim_one(CITY, case, call.number, NOW + HOUR), Claimed)
    assert await owed(store) == [], "it is being called"


async def test_the_plan_says_so_in_words(store: PostgresStore, database_url: str) -> None:
    case = put_callable(database_url, HOME)
    await answered_by_nobody_of_us(store)
    ((reason, kind),) = rows_of(database_url, "SELECT plan_reason, plan_kind FROM cases WHERE id = %s", case)
    assert "11月25日（水）10:00の架電で担当者につながらなかった方のため、担当者を確保してからかけます" in reason
    assert kind == "again"
    await store.plan_all(CITY, NOW + HOUR)  # of the day, by the text that is kept with the case
    assert "担当者を確保" in rows_of(database_url, "SELECT plan_reason FROM cases WHERE id = %s", case)[0][0]


async def test_a_call_that_reaches_nobody_changes_nothing_and_a_talk_ends_it(
    store: PostgresStore, database_url: str
) -> None:
    case = put_callable(database_url, HOME)
    await answered_by_nobody_of_us(store)
    (call,) = await store.owed_calls(CITY, NOW + HOUR, DEBTS)
    busy = await store.claim_one(CITY, case, call.number, NOW + HOUR)
    assert isinstance(busy, Claimed)
    await store.finish([ended(busy, Outcome.BUSY)])
    assert await claimable(store, 90) == []
    assert await owed(store, 90) == [case]
    talk = await store.claim_one(CITY, case, call.number, NOW + 2 * HOUR)
    assert isinstance(talk, Claimed)
    await store.finish([ended(talk, Outcome.TALKED)])
    assert rows_of(database_url, "SELECT * FROM left_alone") == []
    await store.record([said(talk.attempt, {**TALKED_TO_THE_PERSON, "script": "partial"}, at=EVEN_LATER)])
    await planned(store, EVEN_LATER)
    ((reason,),) = rows_of(database_url, "SELECT plan_reason FROM cases WHERE id = %s", case)
    assert "担当者を確保" not in reason


async def test_it_holds_for_the_household_and_for_whoever_has_the_number(
    store: PostgresStore, database_url: str
) -> None:
    """Nobody knows who of them answered."""
    case = put_callable(database_url, HOME, household="h1")
    spouse = put_callable(database_url, MOBILE, household="h1")
    relative = put_callable(database_url, HOME)
    stranger = put_callable(database_url, "0258001009")
    claims = {one.case: one for one in await store.claim(CITY, 10, NOW, DEBTS)}
    assert set(claims) == {case, stranger}
    await store.finish([ended(claims[stranger]), ended(claims[case], Outcome.ABANDONED, answered_at=NOW)])
    alone = {row[0] for row in rows_of(database_url, "SELECT cases.id FROM left_alone JOIN cases USING (person_id)")}
    assert alone == {case, spouse, relative}
    assert await claimable(store) == []
    assert set(await owed(store)) == {spouse, relative}, "one of each household"


@pytest.fixture
async def line(database_url: str, store: PostgresStore) -> AsyncIterator[Line]:
    database = Database(database_url)
    yield Line(database_url, store, database)
    await database.close()


async def test_who_calls_back_and_is_talked_to_is_called_like_anybody_else(line: Line) -> None:
    put_callable(line.url, HOME)
    await answered_by_nobody_of_us(line.store)
    first, second = [await line.rings(HOME, NOW + timedelta(minutes=minutes)) for minutes in (5, 9)]
    await line.store.finish_inbound([over(first, NOW + timedelta(minutes=6), InboundOutcome.ABANDONED)])
    assert rows_of(line.url, "SELECT count(*) FROM left_alone") == [(1,)], "nobody talked to them"
    await line.store.finish_inbound([over(second, NOW + timedelta(minutes=12))])
    assert rows_of(line.url, "SELECT count(*) FROM left_alone") == [(0,)]
    ((facts,),) = rows_of(line.url, "SELECT facts FROM cases")
    assert "alone" not in facts


async def test_the_desk_shows_before_the_first_word_that_they_were_left_alone(
    store: PostgresStore, database_url: str
) -> None:
    case = put_callable(database_url, HOME)
    await answered_by_nobody_of_us(store)
    (call,) = await store.owed_calls(CITY, NOW + HOUR, DEBTS)
    claimed = await store.claim_one(CITY, case, call.number, NOW + HOUR)
    assert isinstance(claimed, Claimed)
    database, parts = Database(database_url), ViewParts(weekdays())
    try:
        view = await database.ask(
            lambda connection: case_view(connection, CITY, parts, NOW + HOUR, attempt=claimed.attempt)
        )
    finally:
        await database.close()
    assert view is not None
    (warning,) = view.warnings
    assert (warning.name, warning.holds_calls) == ("前回お待たせした方", False)
    assert "11月25日（水）10:00の架電" in warning.note
    assert "はじめにおわびしてください" in warning.note
