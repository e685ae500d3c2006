"""What happens to cases besides calls, and the decisions that follow: marked at once, decided by the next plan()."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta

import psycopg
import pytest

from dialer.config import load_settings
from dialer.core.calendar.rules import Change, ChangeKind
from dialer.core.calendar.values import Hours
from dialer.core.plan.values import HeldBecause, NumberType, Slot, SlotDay
from dialer.core.rules.happenings import Attempt, PreviousRound, Result, Talk
from dialer.core.values import AttemptId, CaseId, CaseState, Outcome
from dialer.ports import StoreFault
from dialer.rulebooks import Rulebooks
from dialer.store.case_events import CaseEvent, NotRecorded
from dialer.store.listing import CaseFilter
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
from tests.books import weekdays

HOME, MOBILE = "0258001001", "09000001001"
TOMORROW = NOW + timedelta(days=1)


def state_of(url: str, case: CaseId) -> tuple[str, str | None]:
    (row,) = rows_of(url, "SELECT state, held FROM cases WHERE id = %s", case)
    return row[0], row[1]


async def talked(store: PostgresStore, case: CaseId) -> AttemptId:
    """A call that ended in a talk; nobody has entered what was said."""
    (claimed,) = await store.claim(CITY, 1, NOW, DEBTS)
    assert claimed.case == case
    await store.finish([ended(claimed, Outcome.TALKED)])
    return claimed.attempt


async def test_a_case_that_has_just_come_gets_its_plan_and_is_then_called(
    database_url: str, store: PostgresStore
) -> None:
    case = put_case(database_url, put_person(database_url, HOME))
    assert await store.claim(CITY, 1, NOW, DEBTS) == []
    assert await store.plan(CITY, NOW) == 1
    assert await store.plan(CITY, NOW) == 0
    (claimed,) = await store.claim(CITY, 1, NOW, DEBTS)
    assert (claimed.case, claimed.number) == (case, HOME)
    ((slot,),) = rows_of(database_url, "SELECT slot FROM attempt")
    assert Slot.from_text(slot).day is SlotDay.WED


async def test_a_stop_during_the_call_is_not_undone_by_its_end(database_url: str, store: PostgresStore) -> None:
    case = put_callable(database_url, HOME)
    (claimed,) = await store.claim(CITY, 1, NOW, DEBTS)
    await store.record([stop(case, NOW + timedelta(hours=1))])  # entered by a clock that is ahead of ours
    await store.finish([ended(claimed)])
    assert state_of(database_url, case) == ("stopped", None)
    assert await planned(store, NOW) == 0


async def test_a_payment_ends_the_case_and_is_told_by_its_state(database_url: str, store: PostgresStore) -> None:
    case = put_callable(database_url, HOME)
    await store.record([CaseEvent(EventKind.PAID, NOW, case=case)])
    assert await store.claim(CITY, 1, NOW, DEBTS) == [], "not called any more from this moment on"
    assert await planned(store, NOW) == 1
    (line,) = await store.cases(CITY)
    assert (line.state, line.kind, line.held) == (CaseState.PAID, None, None)


async def test_the_latest_entry_of_a_talk_counts_even_when_it_opens_the_case_again(
    database_url: str, store: PostgresStore
) -> None:
    case = put_callable(database_url, HOME)
    attempt = await talked(store, case)
    assert state_of(database_url, case) == ("open", "awaits_result")
    wrong = {"talker": "other", "script": "none"}
    for minutes, detail, state in ((3, TALKED_TO_THE_PERSON, "complete"), (5, wrong, "open")):
        at = NOW + timedelta(minutes=minutes)
        await store.record([said(attempt, detail, at=at)])
        assert await planned(store, at) == 1
        assert state_of(database_url, case) == (state, None)
    await store.record([said(attempt, TALKED_TO_THE_PERSON, at=NOW + timedelta(minutes=7))])
    await planned(store, NOW + timedelta(minutes=7))
    assert state_of(database_url, case) == ("complete", None), "a correction may be corrected back"


async def test_an_event_that_is_recorded_again_is_kept_once(database_url: str, store: PostgresStore) -> None:
    case = put_callable(database_url, HOME)
    for _ in range(2):
        await store.record([stop(case), CaseEvent(EventKind.PAID, NOW, case=case)])
    assert rows_of(database_url, "SELECT count(*) FROM case_event") == [(2,)]


async def test_a_number_that_was_told_in_a_talk_is_called_next(database_url: str, store: PostgresStore) -> None:
    case = put_callable(database_url, HOME)
    attempt = await talked(store, case)
    await store.record([said(attempt, {"talker": "other", "not_living_there": True, "new_number": "090-0000-1001"})])
    await planned(store, NOW + timedelta(minutes=4))
    ((number, source, obtained),) = rows_of(
        database_url,
        "SELECT number, source, obtained_on FROM cases"
        " JOIN phone_number ON phone_number.id = cases.phone_number_id WHERE cases.id = %s",
        case,
    )
    assert (number, source, obtained) == (MOBILE, "person", date(2026, 11, 25))


async def test_a_promise_holds_its_case_until_its_day_has_passed(database_url: str, store: PostgresStore) -> None:
    case = put_callable(database_url, HOME)
    attempt = await talked(store, case)
    promised = {"talker": "self", "script": "partial", "promise": {"date": "2026-11-27", "yen": 5000}}
    await store.record([said(attempt, promised)])
    await planned(store, NOW + timedelta(minutes=4))
    assert state_of(database_url, case) == ("open", "promise")
    assert await planned(store, datetime(2026, 11, 27, 10, tzinfo=UTC)) == 0
    assert await planned(store, datetime(2026, 11, 30, 1, tzinfo=UTC)) == 1, "looked at again when its day has passed"
    assert state_of(database_url, case) == ("open", None)


async def test_a_plan_whose_window_is_over_is_made_anew(database_url: str, store: PostgresStore) -> None:
    person = put_person(database_url, HOME)
    put_case(database_url, person)
    await planned(store, NOW)
    ((until,),) = rows_of(database_url, "SELECT until_at FROM cases")
    assert await planned(store, until - timedelta(seconds=1)) == 0
    assert await planned(store, until) == 1
    ((due, end),) = rows_of(database_url, "SELECT due_at, until_at FROM cases")
    assert until <= due < end


async def test_a_case_is_over_with_its_round(database_url: str, store: PostgresStore) -> None:
    case = put_case(database_url, put_person(database_url, HOME), first=date(2026, 11, 20), last=date(2026, 11, 25))
    await planned(store, NOW)
    await planned(store, TOMORROW)
    assert state_of(database_url, case) == ("open", "round_over")
    assert [one.why for one in await store.held_cases(CITY)] == [HeldBecause.ROUND_OVER]
    assert await planned(store, NOW + timedelta(days=30)) == 0


async def test_what_is_handed_over_to_the_city_is_told_once(database_url: str, store: PostgresStore) -> None:
    """On the third call somebody else names a time after the round (000 §10(5)エ)."""
    person = put_person(database_url, HOME)
    case = put_case(database_url, person, first=date(2026, 11, 11), last=date(2026, 11, 27), window=Window())
    for days in (2, 1):
        put_attempt(database_url, case, NOW - timedelta(days=days))
    attempt = await talked(store, case)
    away = {"talker": "other", "absent": True, "home_at": "2026-12-10T18:00:00+09:00"}
    await store.record([said(attempt, away)])
    await planned(store, NOW + timedelta(minutes=4))
    assert state_of(database_url, case) == ("escalated", None)
    await store.record([said(attempt, away, at=NOW + timedelta(minutes=9))])
    await planned(store, NOW + timedelta(minutes=9))
    told = rows_of(database_url, "SELECT case_id, call_id, payload ->> 'state' FROM outbox WHERE kind = 'case_decided'")
    assert told == [(case, None, "escalated")]


def put_attempt(url: str, case: CaseId, at: datetime, outcome: str = "no_answer", slot: str = "mon.am") -> None:
    """An earlier call."""
    with psycopg.connect(url) as connection:
        made = connection.execute(
            "WITH called AS ("
            " INSERT INTO call SELECT gen_random_uuid(), city, 'attempt' FROM cases WHERE id = %(case)s RETURNING id)"
            " INSERT INTO attempt (id, city, case_id, household, phone_number_id, number, caller_id, slot, fence,"
            " claimed_at, placed_at, ended_at, outcome, reason, ended_by, evidence)"
            " SELECT called.id, cases.city, cases.id, 'p' || cases.person_id, phone_number.id,"
            " phone_number.number, '0258009001', %(slot)s, 1, %(at)s, %(at)s, %(at)s, %(outcome)s, '', 'us',"
            " '{\"ring_seconds\": 36.0}'"
            " FROM called, cases JOIN phone_number USING (person_id) WHERE cases.id = %(case)s"
            " ORDER BY position LIMIT 1 RETURNING id",
            {"case": case, "at": at, "outcome": outcome, "slot": slot},
        )
        ((attempt,),) = made.fetchall()
        connection.execute("INSERT INTO call_case (call_id, case_id, city) VALUES (%s, %s, 'nagaoka')", [attempt, case])


async def test_all_that_is_known_of_a_case_comes_back_as_values(database_url: str, store: PostgresStore) -> None:
    person = put_person(database_url, HOME, MOBILE)
    case = put_case(database_url, person, window=Window())
    put_attempt(database_url, case, NOW - timedelta(days=1), slot="tue.am")
    earlier = datetime(2026, 10, 12, 1, tzinfo=UTC)
    await store.record(
        [CaseEvent(EventKind.PREVIOUS_ROUND, earlier, case=case, detail={"number": 1, "result": "removed"})]
    )
    await planned(store, NOW)
    rows_of(
        database_url,
        "UPDATE cases SET plan_kind = 'retry', due_at = %s, until_at = %s, priority = 3, slot = 'wed.am',"
        " held = NULL, phone_number_id = (SELECT id FROM phone_number WHERE number = %s) RETURNING id",
        *(NOW, NOW + timedelta(hours=9), HOME),
    )
    attempt = await talked(store, case)
    known = await store.known_case(case)
    assert known is not None
    assert known.awaits_result
    await store.record([said(attempt, TALKED_TO_THE_PERSON)])
    known = await store.known_case(case)
    assert known is not None
    assert not known.awaits_result
    history = known.history
    assert (history.city, history.debt, history.numbers) == (CITY, "city_tax", (HOME, MOBILE))
    assert (history.round.first, history.round.last) == (date(2026, 11, 11), date(2026, 12, 11))
    before, called, last = history.ordered
    assert isinstance(before, PreviousRound)
    assert isinstance(called, Attempt)
    assert isinstance(last, Attempt)
    assert (before.number, before.result) == (1, Result.REMOVED)
    assert (called.number, called.result, called.ring_seconds) == (0, Result.NO_ANSWER, 36.0)
    assert isinstance(last.talk, Talk)
    assert last.result is Result.TALKED
    assert [(str(one.slot), one.tried, one.reached) for one in known.person] == [("tue.am", 1, 0), ("wed.am", 1, 1)]
    assert await store.known_case(CaseId(case + 1)) is None


async def test_slots_are_counted_by_type_of_number_and_a_contact_is_what_the_city_calls_one(
    database_url: str, store: PostgresStore
) -> None:
    for place, (number, outcome) in enumerate(
        [(HOME, "no_answer"), ("0258001002", "no_answer"), (MOBILE, "no_answer"), ("09000001002", "network_error")]
    ):
        case = put_callable(database_url, number)
        put_attempt(database_url, case, NOW - timedelta(hours=place + 1), outcome)
    for place, talker in enumerate(["self", "other"]):
        case = put_callable(database_url, f"025800200{place}")
        put_attempt(database_url, case, NOW - timedelta(hours=2), "talked")
        ((attempt,),) = rows_of(database_url, "SELECT call_id FROM call_case WHERE case_id = %s", case)
        await store.record([said(AttemptId(str(attempt)), {"talker": talker})])
    unknown = put_callable(database_url, "0258002009")
    put_attempt(database_url, unknown, NOW - timedelta(hours=2), "talked")
    morning = Slot(SlotDay.MON, "am")
    assert await store.slot_counts(weekdays().city, NOW - timedelta(days=400), NOW) == {
        (NumberType.FIXED, morning): (4, 1),
        (NumberType.MOBILE, morning): (1, 0),
    }
    early = NOW - timedelta(hours=2)  # what came from then on teaches nothing
    assert await store.slot_counts(weekdays().city, NOW - timedelta(days=400), early) == {
        (NumberType.MOBILE, morning): (1, 0),
    }


async def test_a_rulebook_made_in_the_middle_of_a_day_is_the_one_of_its_beginning(
    database_url: str, store: PostgresStore
) -> None:
    settings = load_settings(city=CITY)
    put_attempt(database_url, put_callable(database_url, HOME), NOW - timedelta(days=1), "no_answer")
    before = await Rulebooks(settings, store).book(NOW)
    put_attempt(database_url, put_callable(database_url, MOBILE), NOW - timedelta(minutes=5), "no_answer")
    again = await Rulebooks(settings, store).book(NOW)
    tomorrow = await Rulebooks(settings, store).book(TOMORROW)
    assert [book.slots.calls for book in (before, again, tomorrow)] == [1, 1, 2]


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        ({"talker": "nobody"}, "talker"),
        ({"talker": "self", "home_at": "2026-11-20T10:00:00+09:00"}, "home_at"),
        ({"talker": "self", "nonsense": 1}, "nonsense"),
    ],
)
async def test_what_makes_no_sense_is_not_recorded_and_told_with_its_place(
    detail: dict[str, object], told: str, database_url: str, store: PostgresStore
) -> None:
    case = put_callable(database_url, HOME)
    attempt = await talked(store, case)
    with pytest.raises(NotRecorded, match=rf"events\[1\]\.{told}"):
        await store.record([stop(case), said(attempt, detail)])
    assert rows_of(database_url, "SELECT count(*) FROM case_event") == [(0,)]


async def test_events_of_unknown_cases_and_attempts_are_refused_by_name(
    database_url: str, store: PostgresStore
) -> None:
    case = put_callable(database_url, HOME)
    nobody = AttemptId("b8f7a4e0-5f3c-4b53-8f0e-6a2b7c1d9e10")
    previous = CaseEvent(EventKind.PREVIOUS_ROUND, NOW, case=case, detail={"number": 1, "result": "busy"})
    with pytest.raises(NotRecorded) as refused:
        await store.record([stop(CaseId(case + 1)), said(nobody, {"talker": "self"}), previous])
    assert [line.partition(":")[0] for line in refused.value.lines] == [
        "events[0].case",
        "events[1].attempt",
        "events[2].number",
    ]


async def test_one_case_that_cannot_be_decided_does_not_hold_up_the_others(
    database_url: str, store: PostgresStore
) -> None:
    broken, sound = put_callable(database_url, HOME), put_callable(database_url, MOBILE)
    with psycopg.connect(database_url) as connection:  # not by this program: the case has one number
        connection.execute(
            "INSERT INTO case_event (city, case_id, at, kind, detail)"
            " VALUES ('nagaoka', %s, %s, 'previous_round', '{\"number\": 7, \"result\": \"busy\"}')",
            [broken, NOW],
        )
        connection.execute("UPDATE cases SET stale = true")
    assert await planned(store, NOW) == 1
    assert [one.case for one in await store.claim(CITY, 5, NOW, DEBTS)] == [sound]


async def test_deciding_and_finishing_at_the_same_time_lose_nothing(database_url: str, store: PostgresStore) -> None:
    cases = [put_callable(database_url, f"02580010{place:02}") for place in range(40)]
    claims = await store.claim(CITY, 40, NOW, DEBTS)
    stopped = cases[::4]
    others = [PostgresStore(database_url, CITY) for _ in range(2)]
    for one in others:
        one.use(weekdays())
    try:
        await asyncio.gather(
            *(store.finish([ended(claimed)]) for claimed in claims),
            *(one.plan(CITY, NOW) for one in others for _ in range(5)),
            *(others[0].record([stop(case)]) for case in stopped),
        )
    finally:
        for one in others:
            await one.close()
    await planned(store, NOW + timedelta(minutes=1))
    states = dict(rows_of(database_url, "SELECT id, state FROM cases"))
    assert {case for case in cases if states[case] == "stopped"} == set(stopped)
    for case in set(cases) - set(stopped):
        known = await store.known_case(case)
        assert known is not None
        assert len(known.history.happenings) == 1
    assert rows_of(
        database_url, "SELECT count(*) FROM cases WHERE state = 'open' AND due_at < %s", TOMORROW.replace(hour=0)
    ) == [(0,)]


async def test_a_whole_day_is_planned_once_and_planning_it_again_changes_nothing(
    database_url: str, store: PostgresStore
) -> None:
    cases = [put_case(database_url, put_person(database_url, f"02580010{place:02}")) for place in range(20)]
    await planned(store, NOW)
    before = rows_of(database_url, "SELECT cases.*, cases.xmin FROM cases ORDER BY id")
    assert await store.plan_all(CITY, NOW) == len(cases)
    assert rows_of(database_url, "SELECT cases.*, cases.xmin FROM cases ORDER BY id") == before
    await store.record([stop(cases[0])])
    assert await store.plan_all(CITY, TOMORROW) == len(cases) - 1, "what is not decided yet is left to plan()"
    ((earliest, latest),) = rows_of(
        database_url, "SELECT min(until_at), max(until_at) FROM cases WHERE state = 'open' AND NOT stale"
    )
    assert TOMORROW < earliest <= latest


async def test_without_rules_nothing_is_decided(database_url: str, store: PostgresStore) -> None:
    put_callable(database_url, HOME)
    (claimed,) = await store.claim(CITY, 1, NOW, DEBTS)
    other = PostgresStore(database_url, CITY)
    try:
        with pytest.raises(StoreFault, match="no rules of nagaoka are in use"):
            await other.finish([ended(claimed)])
        with pytest.raises(StoreFault, match="no rules"):
            await other.plan(CITY, NOW)
    finally:
        await other.close()
    assert len(await store.open_attempts(CITY)) == 1


async def test_cases_are_listed_by_what_they_have_in_common(database_url: str, store: PostgresStore) -> None:
    first, second, third = (put_callable(database_url, f"025800100{place}") for place in range(3))
    await store.record([stop(second)])
    await planned(store, NOW)
    assert [line.case for line in await store.cases(CITY)] == [first, second, third]
    assert [line.case for line in await store.cases(CITY, CaseFilter(limit=1, after=first))] == [second]
    (line,) = await store.cases(CITY, CaseFilter(state=CaseState.STOPPED))
    assert (line.case, line.state, line.reason) == (second, CaseState.STOPPED, "市の指示により架電停止")
    assert await store.cases(CITY, CaseFilter(debt="water")) == []
    assert await store.cases("sendai") == []


async def test_agreed_days_come_back_as_they_were_agreed(store: PostgresStore) -> None:
    decided = datetime(2026, 11, 1, 1, tzinfo=UTC)
    closed = Change(date(2026, 12, 4), ChangeKind.CLOSE, "庁舎工事", "user-1", decided)
    opened = Change(
        *(date(2026, 12, 5), ChangeKind.OPEN, "協議による", "user-1", decided),
        pattern="rest",
        calls=Hours(time(10), time(15)),
        debts=("city_tax",),
        exchanged_for=date(2026, 12, 4),
        clause="000 §4",
    )
    for change in (closed, opened):
        await store.add_calendar_change(CITY, change)
    assert list(await store.calendar_changes(CITY)) == [closed, opened]
    assert list(await store.calendar_changes("sendai")) == []
