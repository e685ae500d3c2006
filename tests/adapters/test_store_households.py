"""Who is called once for several cases, and who is not called at the same time or on the same day."""

from datetime import timedelta

import pytest

from dialer.core.values import AttemptId, CaseId, Outcome
from dialer.store.postgres import PostgresStore
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

BOTH = ("city_tax", "water")
HOME, MOBILE, OTHER_MOBILE = "0258001001", "09000001001", "09000001002"
LATER_TODAY = NOW + timedelta(hours=3)


AGAIN = """
UPDATE cases SET state = 'open', stale = false, held = NULL, plan_kind = 'first', due_at = imported_at, until_at = %s,
    slot = 'wed.am', priority = 2, plan_reason = '未架電', phone_number_id = (
        SELECT id FROM phone_number WHERE phone_number.person_id = cases.person_id ORDER BY position LIMIT 1)
RETURNING id
"""
"""Whatever was decided, the case may be called again."""


@pytest.fixture
async def two_debts(database_url: str, store: PostgresStore) -> str:
    """Nagaoka has one debt kind; a second one makes persons with several cases."""
    rows_of(
        database_url,
        "INSERT INTO debt_kind (city, key, name, department, caller_id)"
        " VALUES ('nagaoka', 'water', '水道料金', '水道局', '0258009002') RETURNING id",
    )
    return database_url


def cases_of(url: str, attempt: AttemptId) -> list[int]:
    rows = rows_of(url, "SELECT case_id FROM call_case WHERE call_id = %s ORDER BY case_id", attempt)
    return [row[0] for row in rows]


async def test_two_cases_of_a_person_are_one_call_and_both_know_of_it(two_debts: str, store: PostgresStore) -> None:
    person = put_person(two_debts, HOME)
    tax = put_case(two_debts, person, window=Window())
    water = put_case(two_debts, person, debt="water", window=Window())
    (claimed,) = await store.claim(CITY, 10, NOW, BOTH)
    assert (claimed.case, cases_of(two_debts, claimed.attempt)) == (tax, [tax, water])
    await store.finish([ended(claimed)])
    for case in (tax, water):
        known = await store.known_case(case)
        assert known is not None
        assert [happening.at for happening in known.history.happenings] == [NOW + timedelta(seconds=1)]
    assert await store.claim(CITY, 10, LATER_TODAY, BOTH) == []


async def test_a_case_that_comes_along_is_part_of_the_call_and_no_reason_for_one(
    two_debts: str, store: PostgresStore
) -> None:
    """Of a debt kind whose cases are looked at before anybody dials."""
    person = put_person(two_debts, HOME)
    water = put_case(two_debts, person, debt="water", window=Window())
    assert await store.claim(CITY, 10, NOW, ["city_tax"], ["water"]) == []
    tax = put_case(two_debts, person, window=Window())
    (claimed,) = await store.claim(CITY, 10, NOW, ["city_tax"], ["water"])
    assert (claimed.case, cases_of(two_debts, claimed.attempt)) == (tax, [water, tax])


async def test_the_most_urgent_case_leads_the_call(two_debts: str, store: PostgresStore) -> None:
    person = put_person(two_debts, HOME)
    put_case(two_debts, person, window=Window(priority=3))
    urgent = put_case(two_debts, person, debt="water", window=Window(priority=1))
    (claimed,) = await store.claim(CITY, 10, NOW, BOTH)
    assert (claimed.case, claimed.debt, claimed.caller_id) == (urgent, "water", "0258009002")


async def test_a_talk_in_one_call_is_the_talk_of_every_case_it_was_for(two_debts: str, store: PostgresStore) -> None:
    person = put_person(two_debts, HOME)
    for debt in BOTH:
        put_case(two_debts, person, debt=debt, window=Window())
    (claimed,) = await store.claim(CITY, 10, NOW, BOTH)
    await store.finish([ended(claimed, Outcome.TALKED)])
    assert {one.why for one in await store.held_cases(CITY)} == {"awaits_result"}
    await store.record([said(claimed.attempt, TALKED_TO_THE_PERSON)])
    assert await planned(store, NOW + timedelta(minutes=4)) == 2
    assert rows_of(two_debts, "SELECT DISTINCT state, contacted FROM cases") == [("complete", True)]


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("a stopped case", "UPDATE cases SET state = 'stopped', plan_kind = NULL, phone_number_id = NULL, {0}"),
        (
            "a promise that is not due",
            "UPDATE cases SET held = 'promise', plan_kind = NULL, phone_number_id = NULL, {0}",
        ),
        (
            "a talk without its result",
            "UPDATE cases SET held = 'awaits_result', plan_kind = NULL, phone_number_id = NULL, {0}",
        ),
        ("a case to which something has just happened", "UPDATE cases SET stale = true"),
        ("a case of a round to come", "UPDATE cases SET round_first = '2026-12-01', round_last = '2026-12-10'"),
        ("a case of a round that is over", "UPDATE cases SET round_first = '2026-10-01', round_last = '2026-10-10'"),
    ],
)
async def test_a_case_that_may_not_be_called_is_not_talked_about_either(
    what: str, change: str, two_debts: str, store: PostgresStore
) -> None:
    person = put_person(two_debts, HOME)
    tax = put_case(two_debts, person, window=Window())
    water = put_case(two_debts, person, debt="water", window=Window())
    rest = "until_at = NULL, priority = NULL"
    rows_of(two_debts, f"{change.format(rest)} WHERE id = %s RETURNING id", water)
    (claimed,) = await store.claim(CITY, 10, NOW, BOTH)
    assert cases_of(two_debts, claimed.attempt) == [tax], what


async def test_a_case_whose_debt_kind_is_closed_now_is_not_talked_about(two_debts: str, store: PostgresStore) -> None:
    person = put_person(two_debts, HOME)
    tax = put_case(two_debts, person, window=Window())
    put_case(two_debts, person, debt="water", window=Window())
    (claimed,) = await store.claim(CITY, 10, NOW, ["city_tax"])
    assert cases_of(two_debts, claimed.attempt) == [tax]


async def test_a_household_that_shares_the_number_is_called_once_for_all(
    database_url: str, store: PostgresStore
) -> None:
    wife = put_callable(database_url, HOME, MOBILE, household="H1")
    husband = put_callable(database_url, HOME, OTHER_MOBILE, household="H1")
    strangers = put_callable(database_url, HOME, household="H2")
    (claimed,) = await store.claim(CITY, 10, NOW, DEBTS)
    assert (claimed.number, cases_of(database_url, claimed.attempt)) == (HOME, [wife, husband])
    await store.finish([ended(claimed)])
    again = await store.claim(CITY, 10, LATER_TODAY, DEBTS)
    called = {(one.case, one.number) for one in again}
    assert (strangers, HOME) in called, "who is of another household is called for themselves"
    assert called - {(strangers, HOME)} == {(wife, MOBILE)}, "one of the household, on another number"


async def test_two_telephones_of_a_household_never_ring_at_once(database_url: str, store: PostgresStore) -> None:
    first = put_callable(database_url, MOBILE, household="H1")
    put_callable(database_url, OTHER_MOBILE, household="H1")
    (claimed,) = await store.claim(CITY, 10, NOW, DEBTS)
    assert (claimed.case, cases_of(database_url, claimed.attempt)) == (first, [first])
    assert await store.claim(CITY, 10, NOW, DEBTS) == []


@pytest.mark.parametrize(
    ("outcome", "called_today"),
    [
        (Outcome.NO_ANSWER, False),
        (Outcome.TALKED, False),
        (Outcome.BUSY, True),
        (Outcome.NOT_PLACED, True),
        (Outcome.NOT_IN_USE, True),
    ],
)
async def test_a_household_that_was_called_is_left_alone_for_the_day(
    outcome: Outcome, called_today: bool, database_url: str, store: PostgresStore
) -> None:
    put_callable(database_url, MOBILE, household="H1")
    other = put_callable(database_url, OTHER_MOBILE, household="H1")
    (claimed,) = await store.claim(CITY, 10, NOW, DEBTS)
    await store.finish([ended(claimed, outcome)])
    again = await store.claim(CITY, 10, NOW + timedelta(seconds=45), DEBTS)
    assert [one.case for one in again] == ([other] if called_today else [])


async def test_it_is_called_on_the_same_day_at_a_time_that_was_named(database_url: str, store: PostgresStore) -> None:
    put_callable(database_url, MOBILE, household="H1")
    person = put_person(database_url, OTHER_MOBILE, household="H1")
    named = put_case(database_url, person, window=Window(LATER_TODAY, kind="appointment", priority=0))
    (claimed,) = await store.claim(CITY, 10, NOW, DEBTS)
    await store.finish([ended(claimed)])
    assert [one.case for one in await store.claim(CITY, 10, LATER_TODAY, DEBTS)] == [named]


async def test_it_is_called_again_on_the_next_day(database_url: str, store: PostgresStore) -> None:
    put_callable(database_url, MOBILE, household="H1")
    person = put_person(database_url, OTHER_MOBILE, household="H1")
    put_case(database_url, person, window=Window(until_at=NOW + timedelta(days=2)))
    (claimed,) = await store.claim(CITY, 10, NOW, DEBTS)
    await store.finish([ended(claimed)])
    midnight = NOW.replace(hour=15)  # in Tokyo
    assert await store.claim(CITY, 10, midnight - timedelta(seconds=1), DEBTS) == []
    assert len(await store.claim(CITY, 10, midnight, DEBTS)) == 1


async def test_a_call_is_withdrawn_only_when_every_case_it_is_for_has_been(
    two_debts: str, store: PostgresStore
) -> None:
    person = put_person(two_debts, HOME)
    tax, water = (put_case(two_debts, person, debt=debt, window=Window()) for debt in BOTH)
    (claimed,) = await store.claim(CITY, 10, NOW, BOTH)
    for case, withdrawn in ((tax, frozenset[AttemptId]()), (water, frozenset({claimed.attempt}))):
        await store.record([stop(CaseId(case))])
        await planned(store, NOW)
        assert await store.withdrawn([claimed.attempt]) == withdrawn


async def test_a_number_that_dies_is_dead_for_everybody_and_their_cases_are_planned_anew(
    database_url: str, store: PostgresStore
) -> None:
    theirs = put_callable(database_url, HOME, MOBILE)
    only_this = put_callable(database_url, HOME)
    unconcerned = put_callable(database_url, OTHER_MOBILE)
    claimed = next(one for one in await store.claim(CITY, 1, NOW, DEBTS) if one.case == theirs)
    await store.finish([ended(claimed, Outcome.NOT_IN_USE)])
    assert [one.case for one in await store.held_cases(CITY)] == []
    states = dict(rows_of(database_url, "SELECT id, state FROM cases"))
    assert (states[theirs], states[only_this], states[unconcerned]) == ("open", "complete", "open")
    number = rows_of(
        database_url,
        "SELECT phone_number.number FROM cases JOIN phone_number ON phone_number.id = cases.phone_number_id"
        " WHERE cases.id = %s",
        theirs,
    )
    assert number == [(MOBILE,)]


async def test_a_claim_knows_who_answered_this_number_before(two_debts: str, store: PostgresStore) -> None:
    person = put_person(two_debts, HOME)
    put_case(two_debts, person, window=Window(until_at=NOW + timedelta(days=9)))
    put_callable(two_debts, MOBILE)
    answered = (Outcome.MACHINE, Outcome.TALKED, Outcome.SCREENED, Outcome.NO_ANSWER)
    known = []
    for days, outcome in enumerate(answered):
        claims = await store.claim(CITY, 10, NOW + timedelta(days=days), BOTH)
        home = next(one for one in claims if one.number == HOME)
        known.append((home.machines_before, home.talks_before))
        await store.finish([ended(one, outcome) for one in claims])
        rows_of(two_debts, AGAIN, NOW + timedelta(days=9))
    assert known == [(0, 0), (1, 0), (1, 1), (2, 1)]
