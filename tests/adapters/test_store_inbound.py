"""People who call: whom the tables recognise, what is kept of the call, and who is not called meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from dialer.core.callers import LAST, Arrived, InboundOutcome, Route
from dialer.core.city import CallerClass
from dialer.core.values import AttemptId, CallId, Outcome, PhoneNumber
from dialer.ports import Claimed, NotClaimed, Recorded
from dialer.simulated import transfers_seen
from dialer.store.database import Database
from dialer.store.inbound import InboundStore, NotAttached
from dialer.store.postgres import PostgresStore
from dialer.store.recognising import CALLED_WITHIN, NOBODY, Recognised
from dialer.store.words import NumberGiven
from tests.adapters.inbound_rows import BOOK, DIALLED, GROUP, Line, arrival, over
from tests.adapters.store_rows import CITY, DEBTS, NOW, ended, put_callable, put_case, put_person, rows_of

HOME, MOBILE, OTHER = "0258001001", "09000001001", "0258001002"
UNKNOWN = "0258001099"
SECONDS = timedelta(seconds=1)
OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))


@pytest.fixture
async def line(database_url: str, store: PostgresStore) -> AsyncIterator[Line]:
    database = Database(database_url)
    yield Line(database_url, store, database)
    await database.close()


async def recognised(line: Line, number: str, group: str = GROUP, at: datetime = NOW) -> Recognised:
    return await line.inbound.recognise(PhoneNumber(number), group, at)


# --- who it is


async def test_who_alone_has_the_number_is_recognised_with_the_open_case_of_the_latest_round(line: Line) -> None:
    person = put_person(line.url, HOME, MOBILE, household="H1")
    put_case(line.url, person, first=OCTOBER[0], last=OCTOBER[1])
    latest = put_case(line.url, person)
    for number in (HOME, MOBILE):
        assert await recognised(line, number) == Recognised(latest, person, "H1", 1)


async def test_the_case_is_of_the_debts_of_the_number_dialled_before_any_other(line: Line) -> None:
    await line.database.ask(
        lambda connection: connection.exec_driver_sql(
            "INSERT INTO debt_kind (city, key, name, department, caller_id)"
            " VALUES ('nagaoka', 'water', '水道', '水道局', '0258009002')"
        )
    )
    person = put_person(line.url, HOME)
    tax, water = put_case(line.url, person, first=OCTOBER[0], last=OCTOBER[1]), put_case(line.url, person, debt="water")
    assert (await recognised(line, HOME)).case == tax
    assert (await recognised(line, HOME, "nobody's")).case == water, "the newest of any other"


async def test_several_who_share_a_number_are_told_apart_by_nobody(line: Line) -> None:
    for household in ("H1", "H1", "H2"):
        person = put_person(line.url, HOME, household=household)
        put_case(line.url, person)
    assert await recognised(line, HOME) == Recognised(matches=3)
    put_case(line.url, put_person(line.url, OTHER, household="H3"))
    put_case(line.url, put_person(line.url, OTHER, household="H3"))
    assert await recognised(line, OTHER) == Recognised(household="H3", matches=2), "but their household is known"


async def test_a_number_that_is_anothers_home_is_not_the_persons(line: Line, database_url: str) -> None:
    person = put_person(line.url, HOME)
    put_case(line.url, person)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE phone_number SET state = 'dead' WHERE person_id = %s", [person])
    assert (await recognised(line, HOME)).person == person, "a line that was dead may ring again"
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE phone_number SET other_home = true WHERE person_id = %s", [person])
    assert await recognised(line, HOME) == NOBODY


@pytest.mark.parametrize(
    "number", [None, "", "110", "0" * 30, "anonymous", "+81258001001", "'; DROP", "０２５８００１００１"]
)
async def test_a_number_that_is_none_is_nobodys(line: Line, number: str | None) -> None:
    asked = None if number is None else PhoneNumber(number)
    assert await line.inbound.recognise(asked, GROUP, NOW) == NOBODY


async def test_whom_our_call_left_alone_today_comes_first_until_they_are_talked_to(line: Line) -> None:
    put_callable(line.url, HOME)
    (claimed,) = await line.store.claim(CITY, 1, NOW, DEBTS)
    assert (await recognised(line, HOME)).in_the_way == (claimed.attempt,)
    await line.store.finish([ended(claimed, Outcome.ABANDONED, answered_at=NOW)])
    assert (await recognised(line, HOME)).rank == 0
    assert (await recognised(line, HOME, at=NOW + timedelta(days=1))).rank == LAST
    await line.talked(HOME, NOW + timedelta(minutes=5))
    assert (await recognised(line, HOME, at=NOW + timedelta(minutes=20))).rank == LAST


@pytest.mark.parametrize(("seconds", "rank"), [(5.0, LAST), (5.1, 0)])
async def test_who_waited_in_vain_today_comes_first_whether_known_or_not(line: Line, seconds: float, rank: int) -> None:
    call = await line.rings(UNKNOWN)
    await line.store.finish_inbound([over(call, NOW + seconds * SECONDS, InboundOutcome.ABANDONED)])
    assert (await recognised(line, UNKNOWN, at=NOW + timedelta(minutes=1))).rank == rank
    assert (await recognised(line, OTHER, at=NOW + timedelta(minutes=1))).rank == LAST


async def rank(line: Line, number: str, *first: CallerClass, at: datetime = NOW) -> int:
    """In a city that lets these come first."""
    city = replace(BOOK.city, inbound=replace(BOOK.city.inbound, first=first))
    return (await InboundStore(line.database, city).recognise(PhoneNumber(number), GROUP, at)).rank


async def test_the_city_says_who_comes_first_and_a_caller_has_the_best_of_their_places(line: Line) -> None:
    put_callable(line.url, HOME)
    classes = (CallerClass.CALLED_BACK, CallerClass.CALLED, CallerClass.KNOWN)
    assert await rank(line, HOME, *classes) == 2
    (claimed,) = await line.store.claim(CITY, 1, NOW, DEBTS)
    assert await rank(line, HOME, *classes) == 2, "nobody knows yet what became of it"
    await line.store.finish([ended(claimed, Outcome.NO_ANSWER)])
    assert await rank(line, HOME, *classes) == 1
    assert await rank(line, HOME, *reversed(classes)) == 0
    assert await rank(line, HOME, *classes, at=NOW + CALLED_WITHIN + SECONDS) == 2
    assert await rank(line, HOME) == LAST
    assert await rank(line, UNKNOWN, *classes) == LAST


async def test_who_asked_to_be_called_back_is_first_until_that_was_done(line: Line) -> None:
    put_callable(line.url, HOME)
    call = await line.rings(HOME)
    assert await rank(line, HOME, CallerClass.CALLED_BACK) == LAST
    assert await line.inbound.wish(call, PhoneNumber(HOME), NOW)
    assert await rank(line, HOME, CallerClass.CALLED_BACK) == 0
    await line.store.finish_inbound([over(call, NOW + SECONDS, InboundOutcome.WISHED)])
    await line.store.close_wish(call, None, "見本")
    assert await rank(line, HOME, CallerClass.CALLED_BACK) == LAST


@pytest.mark.parametrize(("due", "expected"), [(timedelta(hours=3), 0), (timedelta(days=1), LAST)])
async def test_a_time_that_was_named_counts_on_its_day(line: Line, due: timedelta, expected: int) -> None:
    case = put_callable(line.url, HOME)
    with psycopg.connect(line.url) as connection:
        named = "UPDATE cases SET plan_kind = 'appointment', due_at = %s, until_at = %s WHERE id = %s"
        connection.execute(named, [NOW + due, NOW + due + timedelta(minutes=15), case])
    assert await rank(line, HOME, CallerClass.CALLED_BACK) == expected


async def test_a_rank_that_the_engine_writes_first_is_kept_until_the_number_is_known(line: Line) -> None:
    put_callable(line.url, HOME)
    came = arrival(HOME)
    await line.store.arrived(Arrived(came.call, NOW, DIALLED, GROUP, Route.WAITING, 3))
    assert [one.rank for one in await line.store.open_inbound(CITY)] == [3]
    await line.inbound.arrive(replace(came, who=await recognised(line, HOME)))
    assert [one.rank for one in await line.store.open_inbound(CITY)] == [LAST]


# --- what is kept


async def test_an_arrival_is_kept_once_with_all_that_is_known_of_it(line: Line) -> None:
    person = put_person(line.url, HOME, household="H1")
    old, case = put_case(line.url, person, first=OCTOBER[0], last=OCTOBER[1]), put_case(line.url, person)
    came = arrival(HOME, who=await recognised(line, HOME))
    for _ in range(2):
        await line.inbound.arrive(came)
    await line.store.arrived(Arrived(came.call, NOW + SECONDS, DIALLED, GROUP, Route.FULL))
    assert rows_of(
        line.url,
        "SELECT kind, dialled, group_key, number, number_given, is_test, route, rank, arrived_at, case_id, household,"
        " matches FROM call JOIN inbound_call USING (id)",
    ) == [("inbound", DIALLED, GROUP, HOME, "given", False, "waiting", LAST, NOW, case, "H1", 1)]
    assert rows_of(line.url, "SELECT case_id FROM call_case") == [(case,)], f"not {old}, whose round is over"
    caller = await line.store.caller(CITY, came.call)
    assert caller is not None
    assert (caller.case, caller.debt, caller.in_the_way) == (case, "city_tax", ())


async def test_where_the_engine_was_first_the_number_is_added_even_after_the_end(line: Line) -> None:
    case = put_callable(line.url, HOME)
    came = arrival(HOME, who=await recognised(line, HOME))
    await line.store.arrived(Arrived(came.call, NOW, DIALLED, GROUP, Route.WAITING))
    assert await line.store.caller(CITY, came.call) is None
    await line.store.finish_inbound([over(came.call, NOW + timedelta(minutes=4))])
    await line.inbound.arrive(replace(came, route=Route.FULL, at=NOW + SECONDS, dialled="0"))
    question = "SELECT number, case_id, route, arrived_at, dialled, outcome FROM inbound_call"
    assert rows_of(line.url, question) == [(HOME, case, "waiting", NOW, DIALLED, "talked")]
    assert await line.claimable(NOW + timedelta(hours=1)) == []
    assert rows_of(line.url, "SELECT held FROM cases") == [("awaits_result",)]


async def test_the_engine_and_the_server_for_callers_may_write_the_same_call_at_once(line: Line) -> None:
    case = put_callable(line.url, HOME)
    who = await recognised(line, HOME)
    arrivals = [arrival(HOME, who=who) for _ in range(12)]
    await asyncio.gather(
        *(line.inbound.arrive(came) for came in arrivals),
        *(line.store.arrived(Arrived(came.call, NOW, DIALLED, GROUP, Route.WAITING)) for came in arrivals),
    )
    question = "SELECT DISTINCT number, case_id, route, (SELECT count(*) FROM call_case) FROM inbound_call"
    assert rows_of(line.url, question) == [(HOME, case, "waiting", 12)]


@pytest.mark.parametrize("number", ["0" * 30, "sip:0258001001@192.0.2.1", "0120", "見本"])
async def test_a_number_that_cannot_be_dialled_is_kept_as_unusable(line: Line, number: str) -> None:
    came = arrival(number, dialled="9" * 60 + "\u3042'; --")
    await line.inbound.arrive(came)
    question = "SELECT number, number_given, length(dialled) FROM inbound_call"
    assert rows_of(line.url, question) == [(None, "unusable", 40)]
    assert number not in repr(came)


async def test_who_withholds_the_number_is_nobody_until_an_operator_finds_out(line: Line) -> None:
    call = await line.rings(None)
    caller = await line.store.caller(CITY, call)
    assert caller is not None
    assert (caller.case, caller.debt) == (None, None)
    assert list(await line.inbound.matches(call)) == []
    case = put_callable(line.url, HOME, household="H1")
    await line.inbound.attach(call, case, by="sato", now=NOW)
    caller = await line.store.caller(CITY, call)
    assert caller is not None
    assert caller.case == case
    assert rows_of(line.url, "SELECT household, number_given FROM inbound_call") == [("H1", "withheld")]
    (noted,) = await line.store.history([call])
    assert (noted.kind, noted.detail) == ("case_attached", {"case": case, "by": "sato"})


async def test_of_several_the_operator_is_told_who_they_are_and_chooses(line: Line) -> None:
    first, second = put_callable(line.url, HOME, household="H1"), put_callable(line.url, HOME, household="H2")
    call = await line.rings(HOME)
    found = await line.inbound.matches(call)
    assert [(one.case, one.debt, one.household, one.name) for one in found] == [
        (first, "市税", "H1", "見本"),
        (second, "市税", "H2", "見本"),
    ]
    assert found[0].as_json()["state_name"] == "継続"
    assert "見本" not in repr(found)
    for case in (first, second, second):
        await line.inbound.attach(call, case, by="sato", now=NOW)
    assert rows_of(line.url, "SELECT case_id FROM call_case") == [(second,)], "the first choice was wrong"
    await line.inbound.attach(call, None, by="sato", now=NOW)
    assert rows_of(line.url, "SELECT case_id, household FROM inbound_call") == [(None, None)]
    assert rows_of(line.url, "SELECT case_id FROM call_case") == []


async def test_an_attachment_that_cannot_be_is_refused_with_its_reason(line: Line) -> None:
    call = await line.rings(HOME)
    for of, case in ((call, 999), (CallId("no id"), 1), (CallId("00000000-0000-5000-8000-000000000000"), 1)):
        with pytest.raises(NotAttached, match="ありません"):
            await line.inbound.attach(of, case, by="sato", now=NOW)  # type: ignore[arg-type]
    assert rows_of(line.url, "SELECT case_id FROM inbound_call") == [(None,)]


async def test_menu_choices_are_events_of_the_call_and_of_no_unknown_one(line: Line) -> None:
    call = await line.rings(HOME)
    chose = [Recorded(call, NOW + step * SECONDS, "menu_chose", {"item": str(step)}) for step in (1, 2)]
    await line.inbound.append([*chose, Recorded(AttemptId("00000000-0000-5000-8000-000000000000"), NOW, "x", {})])
    await line.inbound.append(chose)
    await line.inbound.append([])
    assert list(await line.store.history([call])) == chose


async def test_calls_in_both_directions_tell_which_departments_were_called_for_them(line: Line) -> None:
    put_callable(line.url, OTHER)
    (claimed,) = await line.store.claim(CITY, 1, NOW, DEBTS)
    call = await line.rings(HOME)
    department = BOOK.city.departments[0]
    detail: dict[str, str | int | float | bool | None] = {"number": 1, "department": department.key, "attended": False}
    for one in (claimed.attempt, call):
        ordered = Recorded(one, NOW, "transfer_ordered", detail)
        await line.store.append([ordered, Recorded(one, NOW, "transferred", {"number": 1})])
    found = transfers_seen(BOOK.city, await line.store.transfers_ordered(CITY, NOW))
    assert [one.channel for one in found] == [f"{claimed.attempt}.t1", f"{call}.t1"]
    assert {one.number for one in found} == {department.number}
    assert await line.store.transfers_ordered(CITY, NOW + SECONDS) == []


async def test_an_outcome_is_told_to_other_systems_with_nothing_personal(line: Line) -> None:
    case = put_callable(line.url, HOME)
    call = await line.rings(HOME)
    await line.store.finish_inbound([over(call, NOW + 12.34 * SECONDS, InboundOutcome.ABANDONED)])
    ((of, payload),) = rows_of(line.url, "SELECT call_id::text, payload FROM outbox WHERE kind = 'inbound_ended'")
    assert of == call
    assert (payload["outcome"], payload["case"], payload["waited_seconds"]) == ("abandoned", case, 12.3)
    assert HOME not in str(payload)


async def test_the_wait_of_who_went_over_to_a_department_is_told_without_the_talk_there(line: Line) -> None:
    call = await line.rings(HOME)
    went_over = over(call, NOW + timedelta(minutes=9), InboundOutcome.TRANSFERRED)
    await line.store.finish_inbound([replace(went_over, evidence={"waited_seconds": 95.5})])
    ((payload,),) = rows_of(line.url, "SELECT payload FROM outbox WHERE kind = 'inbound_ended'")
    assert (payload["outcome"], payload["waited_seconds"]) == ("transferred", 95.5)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE inbound_call SET outcome = 'abandoned'",
        "UPDATE inbound_call SET arrived_at = now()",
        "UPDATE inbound_call SET number = '0258001009'",
        "UPDATE inbound_call SET outcome = NULL, ended_at = NULL, reason = NULL, ended_by = NULL, evidence = NULL",
        "DELETE FROM inbound_call",
        "TRUNCATE inbound_call",
        "UPDATE call_case SET case_id = case_id",
    ],
)
async def test_what_happened_in_a_call_cannot_be_changed_afterwards(line: Line, change: str) -> None:
    put_callable(line.url, HOME)
    await line.talked(HOME)
    with psycopg.connect(line.url) as connection, pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        connection.execute(change.encode())


# --- who is not called meanwhile


async def test_nobody_is_called_who_calls_us_nor_whoever_shares_the_number_or_the_household(line: Line) -> None:
    put_callable(line.url, HOME, household="H1")
    put_callable(line.url, MOBILE, household="H1")
    put_callable(line.url, HOME, household="H2")
    other = put_callable(line.url, OTHER)
    with psycopg.connect(line.url) as connection:
        connection.execute(
            "UPDATE phone_number SET other_home = true, state = 'dead' WHERE person_id IN"
            " (SELECT id FROM person WHERE household = 'H2')"
        )
    call = await line.rings(HOME)
    assert rows_of(line.url, "SELECT household FROM inbound_call") == [("H1",)]
    assert [one.case for one in await line.store.due_cases(CITY, 9, NOW, DEBTS, ())] == [other]
    assert await line.claimable(NOW) == [other]
    await line.store.finish_inbound([over(call, NOW + 3 * SECONDS, InboundOutcome.ABANDONED)])
    assert len(await line.claimable(NOW + timedelta(minutes=1))) == 1, "one of the household, and nobody calls now"


async def test_whoever_calls_cannot_be_called_by_hand_either(line: Line) -> None:
    case = put_callable(line.url, HOME)
    ((number,),) = rows_of(line.url, "SELECT id FROM phone_number")
    call = await line.rings(HOME)
    refused = await line.store.claim_one(CITY, case, number, NOW)
    assert isinstance(refused, NotClaimed)
    assert "電話を受けています" in refused.why
    await line.store.finish_inbound([over(call, NOW + 3 * SECONDS, InboundOutcome.ABANDONED)])
    assert isinstance(await line.store.claim_one(CITY, case, number, NOW + 4 * SECONDS), Claimed)


async def test_a_caller_who_rings_in_another_city_is_not_called_by_ours_on_that_number(line: Line) -> None:
    put_callable(line.url, HOME)
    with psycopg.connect(line.url) as connection:
        connection.execute("INSERT INTO city VALUES ('sendai', '仙台市')")
        connection.execute("INSERT INTO call VALUES ('00000000-0000-5000-8000-000000000001', 'sendai', 'inbound')")
        connection.execute(
            "INSERT INTO inbound_call (id, city, dialled, group_key, route, arrived_at, number, number_given)"
            " VALUES ('00000000-0000-5000-8000-000000000001', 'sendai', '', '', 'waiting', now(), %s, 'given')",
            [HOME],
        )
    assert await line.claimable(NOW) == []


async def test_a_telephone_that_rings_for_who_is_calling_us_need_not_ring_on(line: Line) -> None:
    for household, number in (("H1", HOME), ("H2", OTHER), ("H3", UNKNOWN)):
        put_callable(line.url, number, household=household)
    theirs, other, third = sorted(await line.store.claim(CITY, 9, NOW, DEBTS), key=lambda one: one.case)
    put_case(line.url, put_person(line.url, MOBILE, household="H1"))
    attempts = [theirs.attempt, other.attempt, third.attempt]
    assert await line.store.withdrawn(attempts) == frozenset()
    call = await line.rings(MOBILE)
    assert await line.store.withdrawn(attempts) == {theirs.attempt}, "somebody of the household"
    same = await line.rings(OTHER)
    assert await line.store.withdrawn(attempts) == {theirs.attempt, other.attempt}
    caller = await line.store.caller(CITY, same)
    assert caller is not None
    assert caller.in_the_way == (other.attempt,)
    for one in (call, same):
        await line.store.finish_inbound([over(one, NOW + SECONDS, InboundOutcome.ABANDONED)])
    assert await line.store.withdrawn(attempts) == frozenset()
    await line.store.finish([ended(theirs, Outcome.WITHDRAWN)])
    assert len(await line.claimable(NOW + timedelta(minutes=5))) == 1, "who was not reached may be called"


async def test_a_household_that_was_talked_to_is_not_called_that_day_before_the_result_is_in(line: Line) -> None:
    put_callable(line.url, HOME, household="H1")
    other = put_callable(line.url, MOBILE, household="H1")
    call = await line.talked(HOME)
    soon, evening = NOW + timedelta(minutes=10), NOW + timedelta(hours=8)
    assert await line.claimable(soon) == []
    assert await line.claimable(evening) == []
    assert list(await line.store.awaited_results(CITY, NOW - SECONDS)) == [call]
    assert rows_of(line.url, "SELECT held FROM cases ORDER BY id") == [("awaits_result",), (None,)]
    tomorrow = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
    assert await line.claimable(tomorrow) == [other]


def test_what_is_given_is_a_word_of_the_tables() -> None:
    assert [one.value for one in NumberGiven] == ["given", "withheld", "unusable"]
