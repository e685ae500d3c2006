"""What an operator may call by hand, as the tables have it: rules first, then whatever is going on already."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from dialer.core.manual_call import CLOSED, NOT_OF_THE_CASE, NUMBER_REASONS
from dialer.core.orders import OrderKind
from dialer.core.values import CaseId, Mode, NumberState, Outcome
from dialer.ports import Claimed, NotClaimed
from dialer.store.case_events import CaseEvent
from dialer.store.errors import LeadershipLost
from dialer.store.postgres import PostgresStore
from dialer.store.words import EventKind
from tests.adapters.store_rows import (
    CITY,
    DEBTS,
    NOW,
    TALKED_TO_THE_PERSON,
    Window,
    ended,
    planned,
    put_callable,
    put_case,
    put_person,
    rows_of,
    said,
    stop,
)
from tests.books import of_two_debts, weekdays

UNDER_WAY = "この番号または同じ世帯に、いま架電しています"
TOKYO = ZoneInfo("Asia/Tokyo")


def number_of(url: str, number: str) -> int:
    (row,) = rows_of(url, "SELECT id FROM phone_number WHERE number = %s", number)
    return int(row[0])


async def claim(store: PostgresStore, url: str, case: CaseId, number: str, now: datetime = NOW) -> Claimed | str:
    found = await store.claim_one(CITY, case, number_of(url, number), now)
    return found.why if isinstance(found, NotClaimed) else found


async def shown(
    store: PostgresStore, limit: int, now: datetime, debts: Collection[str], besides: Collection[CaseId]
) -> list[CaseId]:
    return [due.case for due in await store.due_cases(CITY, limit, now, debts, besides)]


async def test_a_case_that_is_planned_for_later_is_called_now_and_as_of_this_hour(
    store: PostgresStore, database_url: str
) -> None:
    later = Window(due_at=NOW + timedelta(days=2), until_at=NOW + timedelta(days=2, hours=1))
    case = put_case(database_url, put_person(database_url, "0258001001", "0258001002"), window=later)
    claimed = await claim(store, database_url, case, "0258001002")
    assert isinstance(claimed, Claimed)
    assert (claimed.number, claimed.debt, claimed.claimed_at) == ("0258001002", "city_tax", NOW)
    assert claimed.until.astimezone(TOKYO).date() == date(2026, 11, 25)
    ((slot, fence_is_set),) = rows_of(database_url, "SELECT slot, fence > 0 FROM attempt")
    assert (slot.startswith("wed."), fence_is_set) == (True, True)
    await store.finish([ended(claimed, Outcome.BUSY)])
    assert await store.open_attempts(CITY) == []


async def test_a_claim_by_hand_is_for_the_household_like_any_other(store: PostgresStore, database_url: str) -> None:
    mine = put_callable(database_url, "0258001001", household="h1")
    theirs = put_callable(database_url, "0258001001", household="h1")
    claimed = await claim_of_person(store, database_url, mine)
    assert isinstance(claimed, Claimed)
    told = rows_of(database_url, "SELECT case_id FROM call_case ORDER BY case_id")
    assert told == [(mine,), (theirs,)]
    assert await claim_of_person(store, database_url, theirs) == NotClaimed(UNDER_WAY)


async def claim_of_person(store: PostgresStore, url: str, case: CaseId) -> Claimed | NotClaimed:
    question = "SELECT phone_number.id FROM cases JOIN phone_number USING (person_id) WHERE cases.id = %s"
    ((number,),) = rows_of(url, question, case)
    return await store.claim_one(CITY, case, int(number), NOW)


async def test_who_is_being_called_is_not_called_by_hand_too(store: PostgresStore, database_url: str) -> None:
    case = put_callable(database_url, "0258001001", "0258001002")
    other = put_callable(database_url, "0258001003", "0258001001")
    assert len(await store.claim(CITY, 1, NOW, DEBTS)) == 1
    assert await claim(store, database_url, case, "0258001002") == UNDER_WAY
    shared = rows_of(database_url, "SELECT id FROM phone_number WHERE number = '0258001001' ORDER BY id")[1][0]
    assert await store.claim_one(CITY, other, shared, NOW) == NotClaimed(UNDER_WAY)


async def test_a_stopped_a_paid_and_a_finished_case_are_not_called(store: PostgresStore, database_url: str) -> None:
    stopped, paid, done = (put_callable(database_url, f"025800100{place}") for place in (1, 2, 3))
    await store.record([stop(stopped), CaseEvent(EventKind.PAID, NOW, case=paid, by="user-1")])
    claimed = await claim(store, database_url, done, "0258001003")
    assert isinstance(claimed, Claimed)
    await store.finish([ended(claimed, Outcome.TALKED)])
    await store.record([said(claimed.attempt, TALKED_TO_THE_PERSON)])
    for case, number, state in ((stopped, 1, "架電停止"), (paid, 2, "納付済み"), (done, 3, "業務完了")):
        why = await claim(store, database_url, case, f"025800100{number}", NOW + timedelta(minutes=5))
        assert isinstance(why, str)
        assert f"この案件は{state}です" in why


async def test_a_talk_whose_result_is_missing_and_a_promise_hold_a_case_back_with_their_reasons(
    store: PostgresStore, database_url: str
) -> None:
    case = put_callable(database_url, "0258001001")
    claimed = await claim(store, database_url, case, "0258001001")
    assert isinstance(claimed, Claimed)
    await store.finish([ended(claimed, Outcome.TALKED)])
    later = NOW + timedelta(minutes=5)
    assert "結果が未入力" in str(await claim(store, database_url, case, "0258001001", later))
    promise = {"talker": "self", "script": "partial", "promise": {"date": "2026-12-01", "yen": 1000}}
    await store.record([said(claimed.attempt, promise)])
    assert "納付約束" in str(await claim(store, database_url, case, "0258001001", later))


async def test_only_an_open_number_of_the_case_is_called(store: PostgresStore, database_url: str) -> None:
    case = put_callable(database_url, "0258001001", "0258001002")
    put_callable(database_url, "0258001003")
    assert await claim(store, database_url, case, "0258001003") == NOT_OF_THE_CASE
    claimed = await claim(store, database_url, case, "0258001002")
    assert isinstance(claimed, Claimed)
    await store.finish([ended(claimed, Outcome.NOT_IN_USE)])
    why = await claim(store, database_url, case, "0258001002", NOW + timedelta(minutes=1))
    assert why == NUMBER_REASONS[NumberState.DEAD]


@pytest.mark.parametrize(
    ("day", "clock"),
    [
        (date(2026, 11, 25), time(8, 59)),
        (date(2026, 11, 25), time(20, 0)),
        (date(2026, 11, 28), time(10, 0)),  # a Saturday
    ],
)
async def test_outside_the_hours_nobody_is_called_by_hand(
    store: PostgresStore, database_url: str, day: date, clock: time
) -> None:
    case = put_callable(database_url, "0258001001")
    assert await claim(store, database_url, case, "0258001001", datetime.combine(day, clock, TOKYO)) == CLOSED


async def test_after_the_round_nobody_is_called_by_hand(store: PostgresStore, database_url: str) -> None:
    person = put_person(database_url, "0258001001")
    case = put_case(database_url, person, first=date(2026, 10, 1), last=date(2026, 10, 31))
    why = await claim(store, database_url, case, "0258001001")
    assert isinstance(why, str)
    assert "架電期間" in why


async def test_an_unknown_case_or_one_of_another_city_is_not_called(store: PostgresStore, database_url: str) -> None:
    put_callable(database_url, "0258001001")
    assert await claim(store, database_url, CaseId(999_999), "0258001001") == "この案件はありません"
    assert await store.claim_one("sendai", CaseId(1), 1, NOW) == NotClaimed("この案件はありません")


async def test_who_does_not_lead_claims_nothing_by_hand(store: PostgresStore, database_url: str) -> None:
    case = put_callable(database_url, "0258001001")
    second = PostgresStore(database_url, CITY)
    second.use(weekdays())
    with pytest.raises(LeadershipLost):
        await second.claim_one(CITY, case, number_of(database_url, "0258001001"), NOW)
    await second.close()
    assert await planned(store, NOW) == 0


async def test_while_a_debt_kind_is_paused_nobody_is_called_for_it_by_hand(
    store: PostgresStore, database_url: str
) -> None:
    case = put_callable(database_url, "0258001001")
    store.use(of_two_debts(weekdays(), Mode.PAUSED, Mode.PROGRESSIVE))
    assert await claim(store, database_url, case, "0258001001") == "この科目の架電は休止中です（市の依頼）"
    assert await store.open_attempts(CITY) == []


# --- what operators are offered


async def test_the_most_urgent_cases_are_offered_one_of_each_household_and_none_is_taken(
    store: PostgresStore, database_url: str
) -> None:
    soon, late = Window(due_at=NOW - timedelta(hours=1)), Window(due_at=NOW)
    second = put_case(database_url, put_person(database_url, "0258001001"), window=late)
    first = put_case(database_url, put_person(database_url, "0258001002", household="h1"), window=soon)
    put_case(database_url, put_person(database_url, "0258001003", household="h1"), window=late)
    put_case(database_url, put_person(database_url, "0258001004"), window=Window(due_at=NOW + timedelta(seconds=1)))
    for _ in range(2):
        assert await shown(store, 5, NOW, DEBTS, []) == [first, second]
    assert await shown(store, 1, NOW, DEBTS, []) == [first]
    assert await shown(store, 5, NOW, DEBTS, [first]) == [second]
    assert await store.open_attempts(CITY) == []


async def test_what_an_operator_skipped_is_offered_to_nobody_for_some_minutes(
    store: PostgresStore, database_url: str
) -> None:
    case, now = put_callable(database_url, "0258001001"), datetime.now(TOKYO)
    rows_of(database_url, "UPDATE cases SET until_at = %s RETURNING id", now + timedelta(days=1))
    assert await shown(store, 5, now, DEBTS, []) == [case]
    await store.order("op01", OrderKind.SKIP, {"case": case, "reason": "記録の確認が必要"}, by="user-1")
    assert await shown(store, 5, now, DEBTS, []) == []
    assert await shown(store, 5, now + timedelta(minutes=11), DEBTS, []) == [case]
