"""The invariants that the database itself keeps, and what stays of an attempt."""

import asyncio
import json
from datetime import timedelta

import psycopg
import pytest

from dialer.core.values import AttemptId, OperatorState, Outcome
from dialer.ports import Operator, Recorded
from dialer.profiles import load_city
from dialer.recorder import Recording
from dialer.store.postgres import PostgresStore
from tests.adapters.store_rows import (
    CITY,
    DEBTS,
    NOW,
    TALKED_TO_THE_PERSON,
    ended,
    put_callable,
    rows_of,
    said,
)
from tests.books import weekdays

SENDAI = ("national_health",)
MAKE_ATTEMPT = """
WITH called AS (
    INSERT INTO call SELECT gen_random_uuid(), city, 'attempt' FROM cases WHERE id = %(case)s RETURNING id
)
INSERT INTO attempt (id, city, case_id, household, phone_number_id, number, caller_id, fence, claimed_at)
SELECT called.id, cases.city, cases.id, COALESCE(person.household, 'p' || person.id), phone_number.id,
       phone_number.number, '0258009001', 1, now()
FROM called, cases JOIN person ON person.id = cases.person_id JOIN phone_number USING (person_id)
WHERE cases.id = %(case)s LIMIT 1
"""


async def two_cities(url: str, store: PostgresStore) -> PostgresStore:
    """The neighbour has a case with the same telephone number."""
    other = PostgresStore(url, "sendai")
    city = load_city("sendai")
    await other.ensure_city(city, ["op01"])
    other.use(weekdays())
    assert await other.lead()
    put_callable(url, "0258001001", city="sendai", debt="national_health")
    put_callable(url, "0258001001")
    return other


async def test_one_number_is_never_called_twice_at_once_whatever_the_city(
    database_url: str, store: PostgresStore
) -> None:
    other = await two_cities(database_url, store)
    try:
        (claimed,) = await store.claim(CITY, 5, NOW, DEBTS)
        assert await other.claim("sendai", 5, NOW, SENDAI) == []
        await store.finish([ended(claimed)])
        (theirs,) = await other.claim("sendai", 5, NOW, SENDAI)
        assert await store.open_attempts(CITY) == []
        assert [one.attempt for one in await store.open_attempts("sendai")] == [theirs.attempt]
        assert [one.attempt for one in await store.attempts_seen(CITY, NOW)] == [claimed.attempt]
    finally:
        await other.close()


@pytest.mark.parametrize(
    ("constraint", "second"),
    [
        ("attempt_one_open_per_case_index", "the case itself"),
        ("attempt_one_open_per_number_index", "a case with this number"),
        ("attempt_one_open_per_household_index", "a case of this household"),
    ],
)
async def test_the_database_refuses_a_second_open_attempt(
    constraint: str, second: str, database_url: str, store: PostgresStore
) -> None:
    first = put_callable(database_url, "0258001001", household="H1")
    other = {
        "the case itself": first,
        "a case with this number": put_callable(database_url, "0258001001", household="H2"),
        "a case of this household": put_callable(database_url, "0258001003", household="H1"),
    }[second]
    with psycopg.connect(database_url) as connection:
        connection.execute(MAKE_ATTEMPT, {"case": first})
        if other == first:
            connection.execute("UPDATE attempt SET number = '0258001009', household = 'H9'")
        with pytest.raises(psycopg.errors.UniqueViolation) as refused:
            connection.execute(MAKE_ATTEMPT, {"case": other})
    assert refused.value.diag.constraint_name == constraint


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE attempt SET outcome = 'talked'",
        "UPDATE attempt SET ended_at = now()",
        "UPDATE attempt SET outcome = NULL, ended_at = NULL, reason = NULL, ended_by = NULL, evidence = NULL",
        "DELETE FROM attempt",
        "TRUNCATE attempt CASCADE",
        "UPDATE call_event SET kind = 'answered'",
        "DELETE FROM call_event",
        "TRUNCATE call_event",
        "UPDATE call_case SET case_id = case_id",
        "DELETE FROM call_case",
        "UPDATE case_event SET detail = '{}'",
        "DELETE FROM case_event",
        "TRUNCATE case_event",
        "DELETE FROM calendar_change",
        "UPDATE mode_choice SET mode = 'paused'",
        "DELETE FROM mode_choice",
        "TRUNCATE mode_choice",
        "DELETE FROM import_run",
    ],
)
async def test_what_happened_cannot_be_changed_afterwards(change: str, database_url: str, store: PostgresStore) -> None:
    put_callable(database_url, "0258001001")
    (claimed,) = await store.claim(CITY, 1, NOW, DEBTS)
    await store.append([Recorded(claimed.attempt, NOW, "ringing_started", {})])
    await store.finish([ended(claimed, Outcome.TALKED)])
    await store.record([said(claimed.attempt, TALKED_TO_THE_PERSON)])
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO calendar_change (city, day, kind, reason, by, decided_at)"
            " VALUES ('nagaoka', '2026-11-26', 'close', '協議', 'user-1', now())"
        )
        connection.execute(
            "INSERT INTO mode_choice (city, debt, mode, reason, by, at)"
            " VALUES ('nagaoka', 'city_tax', 'preview', '協議', 'user-1', now())"
        )
        connection.execute(
            "INSERT INTO import_run (city, layout, file_sha256, at, by, counts)"
            " VALUES ('nagaoka', 'standard', repeat('0', 64), now(), 'user-1', '{}')"
        )
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        connection.execute(change.encode())


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("UPDATE attempt SET outcome = 'busy'", "attempt_outcome_comes_whole_check"),
        ("UPDATE attempt SET ended_at = now()", "attempt_outcome_comes_whole_check"),
        ("UPDATE attempt SET city = 'sendai'", "attempt_cases_fk"),
        ("UPDATE call SET city = 'sendai'", "call_case_call_fk"),
        ("UPDATE cases SET state = 'perhaps', stale = true", "cases_state_check"),
        ("UPDATE cases SET due_at = NULL", "cases_plan_comes_whole_check"),
        ("UPDATE cases SET until_at = NULL", "cases_plan_comes_whole_check"),
        ("UPDATE cases SET held = 'promise', stale = true", "cases_planned_or_held_check"),
        ("UPDATE cases SET held = 'perhaps'", "cases_held_check"),
        ("UPDATE cases SET state = 'paid'", "cases_open_is_planned_or_held_check"),
        ("UPDATE cases SET round_last = '2026-01-01'", "cases_round_check"),
        ("UPDATE phone_number SET state = 'exhausted'", "phone_number_state_check"),
        ("UPDATE phone_number SET number = '110'", "phone_number_number_check"),
        ("INSERT INTO person (city, address_key, name, kana) VALUES ('nowhere', '1', 'a', 'a')", "person_city_fk"),
    ],
)
async def test_rows_that_contradict_a_rule_are_refused(
    change: str, constraint: str, database_url: str, store: PostgresStore
) -> None:
    put_callable(database_url, "0258001001")
    await store.claim(CITY, 1, NOW, DEBTS)
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.IntegrityError) as refused:
        connection.execute(change.encode())
    assert refused.value.diag.constraint_name == constraint


async def test_a_row_cannot_point_into_another_city(database_url: str, store: PostgresStore) -> None:
    other = await two_cities(database_url, store)
    await other.close()
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.ForeignKeyViolation):
        connection.execute("UPDATE cases SET city = 'sendai' WHERE city = 'nagaoka'")


async def test_an_outcome_and_its_message_to_other_systems_are_one_transaction(
    database_url: str, store: PostgresStore
) -> None:
    put_callable(database_url, "0258001001")
    put_callable(database_url, "0258001002")
    one, two = await store.claim(CITY, 2, NOW, DEBTS)
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE outbox ADD CONSTRAINT nothing CHECK (payload ->> 'outcome' <> 'busy')")
    with pytest.raises(Exception, match="nothing"):
        await store.finish([ended(one), ended(two, Outcome.BUSY)])
    assert len(await store.open_attempts(CITY)) == 2
    assert rows_of(database_url, "SELECT count(*) FROM outbox") == [(0,)]
    await store.finish([ended(one), ended(one, Outcome.BUSY)])
    ((kind, payload),) = rows_of(database_url, "SELECT kind, payload FROM outbox")
    assert (kind, payload["outcome"], payload["case"]) == ("attempt_ended", "no_answer", one.case)
    assert payload["cases"] == [{"case": one.case, "state": "open"}]
    assert not any(word in json.dumps(payload) for word in ("0258001001", "見本")), "ids only"


async def test_an_event_that_is_appended_again_is_kept_once(database_url: str, store: PostgresStore) -> None:
    put_callable(database_url, "0258001001")
    (claimed,) = await store.claim(CITY, 1, NOW, DEBTS)
    events = [
        Recorded(claimed.attempt, NOW, "bridge_entered", {"bridge": "b1", "with_channels": count}) for count in (1, 2)
    ]
    await store.append(events)
    await store.append([*events, Recorded(claimed.attempt, NOW + timedelta(seconds=1), "hung_up", {"cause": 0})])
    assert [(one.kind, one.detail) for one in await store.history([claimed.attempt])] == [
        ("bridge_entered", {"bridge": "b1", "with_channels": 1}),
        ("bridge_entered", {"bridge": "b1", "with_channels": 2}),
        ("hung_up", {"cause": 0}),
    ]


async def test_the_evidence_of_an_attempt_is_all_there_is(database_url: str, store: PostgresStore) -> None:
    put_callable(database_url, "0258001001")
    (claimed,) = await store.claim(CITY, 1, NOW, DEBTS)
    rang = Recorded(claimed.attempt, NOW, "ringing_started", {})
    await store.append([rang])
    await store.save_recording(Recording(claimed.attempt, f"{claimed.attempt}.wav", 3.5))
    said = ended(claimed)
    await store.finish([said])
    record = await store.evidence(claimed.attempt)
    assert record is not None
    assert (record.outcome, record.reason, record.evidence) == (said.outcome, said.reason, said.evidence)
    assert record.moments["ringing_at"] == said.ringing_at
    assert "answered_at" not in record.moments
    assert record.events == (rang,)
    (seen,) = await store.attempts_seen(CITY, NOW)
    assert (seen.number, seen.outcome, seen.sip_code, seen.answered) == ("0258001001", said.outcome, 480, False)
    assert await store.attempts_seen(CITY, NOW + timedelta(seconds=1)) == []
    assert await store.outcome_counts(CITY, NOW) == {Outcome.NO_ANSWER: 1}


@pytest.mark.parametrize("attempt", ["b8f7a4e0-5f3c-4b53-8f0e-6a2b7c1d9e10", "no id at all"])
async def test_an_attempt_that_never_was_has_no_evidence(attempt: str, store: PostgresStore) -> None:
    assert await store.evidence(AttemptId(attempt)) is None


async def test_a_phone_that_is_no_longer_an_operators_goes_and_the_others_keep_their_state(
    store: PostgresStore,
) -> None:
    city = load_city(CITY)
    await store.save_operator(Operator("op02", OperatorState.WRAP_UP, None))
    await store.ensure_city(city, ["op02", "op03"])
    assert [(one.phone, one.state) for one in await store.operators(CITY)] == [
        ("op02", OperatorState.WRAP_UP),
        ("op03", OperatorState.OFFLINE),
    ]
    states = await store.operator_states(CITY)
    assert (states[OperatorState.WRAP_UP], states[OperatorState.OFFLINE], states[OperatorState.FREE]) == (1, 1, 0)
    await store.ensure_city(city, [])
    assert await store.operators(CITY) == []


async def test_two_who_claim_at_the_same_moment_never_get_one_case_one_number_or_one_household_both(
    database_url: str, store: PostgresStore
) -> None:
    """Several cases share each number and each household, so that both want the same ones through different cases."""
    for place in range(240):
        put_callable(database_url, f"02580010{place % 40:02}", household=f"H{place % 30}")
    second = PostgresStore(database_url, CITY)
    second.use(weekdays())
    second._leadership._fence = store._leadership.fence  # two hands of one leader
    try:
        taken = [
            claimed
            for batch in await asyncio.gather(
                *(hand.claim(CITY, 3, NOW, DEBTS) for _ in range(12) for hand in (store, second))
            )
            for claimed in batch
        ]
    finally:
        await second.close()
    households = rows_of(database_url, "SELECT DISTINCT household FROM attempt")
    assert len({claimed.number for claimed in taken}) == len(taken)
    assert len({claimed.case for claimed in taken}) == len(taken) == len(households)
    assert len(taken) >= 15
