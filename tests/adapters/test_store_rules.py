"""The invariants that the database itself keeps, and what an outcome does to numbers, cases and the outbox."""

import asyncio
import json
from datetime import timedelta

import psycopg
import pytest

from dialer.core.values import AttemptId, CaseState, NumberState, OperatorState, Outcome
from dialer.ports import Operator, Recorded, Recording, StoreFault
from dialer.profiles import load_city
from dialer.store.postgres import PostgresStore
from tests.adapters.store_rows import CITY, LATER, NOW, ended, listed, rows_of

MAKE_ATTEMPT = """
INSERT INTO attempt (id, city, case_id, phone_number_id, number, caller_id, fence, claimed_at)
SELECT gen_random_uuid(), cases.city, cases.id, phone_number.id, phone_number.number, '0258009001', 1, now()
FROM cases JOIN phone_number USING (person_id) WHERE cases.id = %s LIMIT 1
"""


async def two_cities(url: str, store: PostgresStore) -> PostgresStore:
    """The neighbour has a case with the same telephone number."""
    other = PostgresStore(url, "sendai")
    city = load_city("sendai")
    await other.ensure_city(city, ["op01"])
    assert await other.lead()
    await other.import_cases("sendai", [listed(2, "0258001001", debt=city.debts[0].key)], NOW)
    await store.import_cases(CITY, [listed(2, "0258001001")], NOW)
    return other


async def test_one_number_is_never_called_twice_at_once_whatever_the_city(
    database_url: str, store: PostgresStore
) -> None:
    other = await two_cities(database_url, store)
    try:
        (claimed,) = await store.claim(CITY, 5, NOW)
        assert await other.claim("sendai", 5, NOW) == []
        await store.finish([ended(claimed)])
        (theirs,) = await other.claim("sendai", 5, NOW)
        assert await store.open_attempts(CITY) == []
        assert [one.attempt for one in await store.open_attempts("sendai")] == [theirs.attempt]
        assert [one.attempt for one in await store.attempts_seen(CITY, NOW)] == [claimed.attempt]
    finally:
        await other.close()


@pytest.mark.parametrize("constraint", ["attempt_one_open_per_case_index", "attempt_one_open_per_number_index"])
async def test_the_database_refuses_a_second_open_attempt(
    constraint: str, database_url: str, store: PostgresStore
) -> None:
    numbers = ["0258001001", "0258001002"] if "case" in constraint else ["0258001001"]
    await store.import_cases(CITY, [listed(2, *numbers), listed(3, *numbers)], NOW)
    one, two = [row[0] for row in rows_of(database_url, "SELECT id FROM cases ORDER BY id")]
    second = "UPDATE attempt SET number = '0258001009'" if "case" in constraint else "SELECT 1"
    with psycopg.connect(database_url) as connection:
        connection.execute(MAKE_ATTEMPT, [one])
        connection.execute(second.encode())
        with pytest.raises(psycopg.errors.UniqueViolation) as refused:
            connection.execute(MAKE_ATTEMPT, [one if "case" in constraint else two])
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
    ],
)
async def test_what_happened_cannot_be_changed_afterwards(change: str, database_url: str, store: PostgresStore) -> None:
    await store.import_cases(CITY, [listed(2, "0258001001")], NOW)
    (claimed,) = await store.claim(CITY, 1, NOW)
    await store.append([Recorded(claimed.attempt, NOW, "ringing_started", {})])
    await store.finish([ended(claimed)])
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        connection.execute(change.encode())


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("UPDATE attempt SET outcome = 'busy'", "attempt_outcome_comes_whole_check"),
        ("UPDATE attempt SET ended_at = now()", "attempt_outcome_comes_whole_check"),
        ("UPDATE attempt SET city = 'sendai'", "attempt_cases_fk"),
        ("UPDATE cases SET state = 'perhaps'", "cases_state_check"),
        ("UPDATE cases SET due_at = NULL", "cases_open_is_due_check"),
        ("UPDATE phone_number SET number = '110'", "phone_number_number_check"),
        ("INSERT INTO person (city, address_key, name, kana) VALUES ('nowhere', '1', 'a', 'a')", "person_city_fk"),
    ],
)
async def test_rows_that_contradict_a_rule_are_refused(
    change: str, constraint: str, database_url: str, store: PostgresStore
) -> None:
    await store.import_cases(CITY, [listed(2, "0258001001")], NOW)
    await store.claim(CITY, 1, NOW)
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.IntegrityError) as refused:
        connection.execute(change.encode())
    assert refused.value.diag.constraint_name == constraint


async def test_a_row_cannot_point_into_another_city(database_url: str, store: PostgresStore) -> None:
    other = await two_cities(database_url, store)
    await other.close()
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.ForeignKeyViolation):
        connection.execute("UPDATE cases SET city = 'sendai' WHERE city = 'nagaoka'")


async def test_when_a_number_dies_the_next_one_of_the_case_is_called(store: PostgresStore) -> None:
    await store.import_cases(CITY, [listed(2, "0258001001", "09000001001")], NOW)
    (first,) = await store.claim(CITY, 1, NOW)
    await store.finish([ended(first, Outcome.NOT_IN_USE, number_state=NumberState.DEAD, due_at=NOW)])
    (second,) = await store.claim(CITY, 1, NOW)
    assert (first.number, second.number, second.case) == ("0258001001", "09000001001", first.case)
    assert await store.held_cases(CITY) == []


async def test_a_case_without_a_number_left_stays_open_and_is_held_with_its_reason(store: PostgresStore) -> None:
    await store.import_cases(CITY, [listed(2, "0258001001"), listed(3, "0258001001"), listed(4, "0258001002")], NOW)
    claims = await store.claim(CITY, 5, NOW)
    dead = next(claimed for claimed in claims if claimed.number == "0258001001")
    await store.finish([ended(dead, Outcome.NOT_IN_USE, number_state=NumberState.DEAD, due_at=NOW)])
    assert await store.claim(CITY, 5, NOW) == []
    held = await store.held_cases(CITY)
    assert len(held) == 2, "the other case with this number is held as well"
    assert held[0].reason == "架電できる電話番号が残っていません"
    counts = await store.case_counts(CITY)
    assert (counts.by_state[CaseState.OPEN], counts.held, counts.total) == (3, 2, 3)


async def test_a_held_case_is_called_again_when_a_list_names_another_number(store: PostgresStore) -> None:
    await store.import_cases(CITY, [listed(2, "0258001001", key="A")], NOW)
    (claimed,) = await store.claim(CITY, 1, NOW)
    await store.finish([ended(claimed, Outcome.NOT_IN_USE, number_state=NumberState.DEAD, due_at=NOW)])
    again = await store.import_cases(CITY, [listed(2, "0258001001", "09000001001", key="A")], NOW, skip_open=True)
    assert (again.cases, len(again.open_already)) == (0, 1)
    assert await store.held_cases(CITY) == []
    assert [one.number for one in await store.claim(CITY, 5, NOW)] == ["09000001001"]


async def test_a_new_case_with_nothing_but_a_dead_number_is_held_from_the_start(store: PostgresStore) -> None:
    await store.import_cases(CITY, [listed(2, "0258001001", key="A")], NOW)
    (claimed,) = await store.claim(CITY, 1, NOW)
    await store.finish([ended(claimed, Outcome.NOT_IN_USE, number_state=NumberState.DEAD, due_at=NOW)])
    await store.import_cases(CITY, [listed(2, "0258001001", key="B")], NOW)
    assert len(await store.held_cases(CITY)) == 2
    assert await store.claim(CITY, 5, LATER) == []


async def test_a_list_with_a_case_that_is_open_already_changes_nothing(database_url: str, store: PostgresStore) -> None:
    await store.import_cases(CITY, [listed(2, "0258001001", key="A")], NOW)
    rows = [listed(2, "0258001002", key="B"), listed(3, "0258001003", key="A")]
    imported = await store.import_cases(CITY, rows, NOW)
    assert (imported.cases, imported.open_already) == (0, (rows[1],))
    assert rows_of(database_url, "SELECT address_key FROM person") == [("A",)]
    assert rows_of(database_url, "SELECT number FROM phone_number") == [("0258001001",)]


async def test_a_stop_that_comes_during_the_call_is_not_undone_by_its_outcome(
    database_url: str, store: PostgresStore
) -> None:
    await store.import_cases(CITY, [listed(2, "0258001001")], NOW)
    (claimed,) = await store.claim(CITY, 1, NOW)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE cases SET state = 'stopped'")
    await store.finish([ended(claimed)])
    assert await store.claim(CITY, 1, LATER) == []
    assert rows_of(database_url, "SELECT state FROM cases") == [("stopped",)]


async def test_an_outcome_and_its_message_to_other_systems_are_one_transaction(
    database_url: str, store: PostgresStore
) -> None:
    await store.import_cases(CITY, [listed(2, "0258001001"), listed(3, "0258001002")], NOW)
    one, two = await store.claim(CITY, 2, NOW)
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE outbox ADD CONSTRAINT nothing CHECK (payload ->> 'outcome' <> 'busy')")
    with pytest.raises(Exception, match="nothing"):
        await store.finish([ended(one), ended(two, Outcome.BUSY)])
    assert len(await store.open_attempts(CITY)) == 2
    assert rows_of(database_url, "SELECT count(*) FROM outbox") == [(0,)]
    await store.finish([ended(one), ended(one, Outcome.BUSY)])
    ((kind, payload),) = rows_of(database_url, "SELECT kind, payload FROM outbox")
    assert (kind, payload["outcome"], payload["case"]) == ("attempt_ended", "no_answer", one.case)
    assert not any(word in json.dumps(payload) for word in ("0258001001", "見本")), "ids only"


async def test_an_event_that_is_appended_again_is_kept_once(database_url: str, store: PostgresStore) -> None:
    await store.import_cases(CITY, [listed(2, "0258001001")], NOW)
    (claimed,) = await store.claim(CITY, 1, NOW)
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


async def test_the_evidence_of_an_attempt_is_all_there_is(store: PostgresStore) -> None:
    await store.import_cases(CITY, [listed(2, "0258001001")], NOW)
    (claimed,) = await store.claim(CITY, 1, NOW)
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
    await store.save_operator(Operator("op02", OperatorState.WRAP_UP, None), NOW)
    await store.ensure_city(city, ["op02", "op03"])
    assert [(one.phone, one.state) for one in await store.operators(CITY)] == [
        ("op02", OperatorState.WRAP_UP),
        ("op03", OperatorState.OFFLINE),
    ]
    states = await store.operator_states(CITY)
    assert (states[OperatorState.WRAP_UP], states[OperatorState.OFFLINE], states[OperatorState.FREE]) == (1, 1, 0)
    await store.ensure_city(city, [])
    assert await store.operators(CITY) == []


async def test_a_city_that_the_database_does_not_know_is_told(store: PostgresStore) -> None:
    with pytest.raises(StoreFault, match="sendai has no debt kind city_tax in the database"):
        await store.import_cases("sendai", [listed(2, "0258001001")], NOW)


async def test_two_who_claim_at_the_same_moment_never_get_one_case_or_one_number_both(
    database_url: str, store: PostgresStore
) -> None:
    """Several cases share each number, so that both want the same numbers through different cases."""
    rows = [listed(place, f"02580010{place % 40:02}") for place in range(2, 242)]
    await store.import_cases(CITY, rows, NOW)
    second = PostgresStore(database_url, CITY)
    second._leadership._fence = store._leadership.fence  # two hands of one leader
    try:
        taken = [
            claimed
            for batch in await asyncio.gather(
                *(hand.claim(CITY, 3, NOW) for _ in range(12) for hand in (store, second))
            )
            for claimed in batch
        ]
    finally:
        await second.close()
    assert len({claimed.number for claimed in taken}) == len(taken)
    assert len({claimed.case for claimed in taken}) == len(taken)
    assert len(taken) >= 20
