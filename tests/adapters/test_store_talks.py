"""Results of talks in the tables: entered once, corrected with the old kept, never two over each other, never lost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from dialer.core.talk_entry import Resolved, resolved
from dialer.core.talk_form import Entered, FieldProblems, entered_from
from dialer.core.values import AttemptId, CaseId, Outcome
from dialer.store.database import Database
from dialer.store.postgres import PostgresStore
from dialer.store.talks import NoTalk, StaleResult, TalkStore, UnknownAttempt
from tests.adapters.store_rows import CITY, DEBTS, NOW, ended, planned, put_callable, put_case, put_person, rows_of
from tests.books import weekdays
from tests.talk_forms import form, judged

HOME, MOBILE, OTHER = "0258001001", "09000001001", "09000001002"
BOOK = weekdays()
LATER = NOW + timedelta(minutes=4)
INJECTED = "<img src=x onerror=alert(1)> '; DROP TABLE talk_record; -- \\u0000 {amount} %s ${1}"


@pytest.fixture
async def talks(database_url: str, store: PostgresStore) -> AsyncIterator[TalkStore]:
    database = Database(database_url)
    yield TalkStore(database, CITY, judged)
    await database.close()


async def talked(
    store: PostgresStore, case: CaseId, outcome: Outcome = Outcome.TALKED, *, url: str = "", account: str = ""
) -> AttemptId:
    (claimed,) = await store.claim(CITY, 1, NOW, DEBTS)
    assert claimed.case == case
    if account:
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE attempt SET account = %s WHERE id = %s", [account, claimed.attempt])
    await store.finish([ended(claimed, outcome, operator="op01")])
    return claimed.attempt


async def result(talks: TalkStore, attempt: AttemptId, key: str, **changes: object) -> Resolved:
    given = await talks.circumstances(attempt, BOOK, LATER)
    assert given is not None
    filled = form(key, given, **{"promise_day": "2026-11-30", **changes} if key == "promise" else changes)
    entered = entered_from(filled)
    assert isinstance(entered, Entered), entered
    found = resolved(entered, given)
    assert isinstance(found, Resolved), found
    return found


async def saved(
    talks: TalkStore, attempt: AttemptId, key: str, seen: int, *, minutes: int = 4, by: str = "sato", **changes: object
) -> int:
    found = await result(talks, attempt, key, **changes)
    return await talks.save(attempt, found, expected_number=seen, by=by, now=NOW + timedelta(minutes=minutes))


def state_of(url: str, case: CaseId) -> str:
    ((state,),) = rows_of(url, "SELECT state FROM cases WHERE id = %s", case)
    return str(state)


async def test_a_result_is_kept_whole_and_decides_the_case(
    database_url: str, store: PostgresStore, talks: TalkStore
) -> None:
    case = put_callable(database_url, HOME)
    attempt = await talked(store, case)
    steps = ["opening", "identity", "matter", "when", "transfer", "done"]
    script: dict[str, Any] = {"script_key": "reminder", "script_version": 3, "steps": steps}
    assert await saved(talks, attempt, "promise", 0, promise_yen=900, note="給料日のあと", **script) == 1
    (row,) = rows_of(
        database_url,
        "SELECT number, by, at, phone, result, name, talker, identity_confirmed, identity_how, script_key,"
        " script_version, steps, promise_day::text, promise_yen, promise_way, note, why FROM talk_record",
    )
    assert row[:2] == (1, "sato")
    assert row[2] == LATER
    assert row[3:9] == ("op01", "promise", "納付約束（日付・金額）", "self", True, "name_birthday")
    assert row[9:12] == ("reminder", 3, steps)
    assert row[12:] == ("2026-11-30", 900, "slip", "給料日のあと", None)
    ((kind, detail, by),) = rows_of(database_url, "SELECT kind, detail, by FROM case_event")
    assert (kind, by) == ("talk", "sato")
    assert detail["promise"] == {"date": "2026-11-30", "yen": 900}
    await planned(store, LATER)
    assert state_of(database_url, case) == "complete"


async def test_a_correction_keeps_what_was_entered_and_replays_the_case(
    database_url: str, store: PostgresStore, talks: TalkStore
) -> None:
    case = put_callable(database_url, HOME)
    attempt = await talked(store, case)
    await saved(talks, attempt, "spoke_completed", 0)
    await planned(store, LATER)
    assert state_of(database_url, case) == "complete"
    number = await saved(talks, attempt, "cut_off", 1, minutes=9, by="kanri", why="別の通話と取り違え")
    await planned(store, NOW + timedelta(minutes=10))
    assert number == 2
    assert state_of(database_url, case) == "open", "by the rules, as if it had been entered so at once"
    assert rows_of(database_url, "SELECT number, by, result, why FROM talk_record ORDER BY number") == [
        (1, "sato", "spoke_completed", None),
        (2, "kanri", "cut_off", "別の通話と取り違え"),
    ]


async def test_a_correction_without_a_reason_is_told_at_its_field(
    database_url: str, store: PostgresStore, talks: TalkStore
) -> None:
    attempt = await talked(store, put_callable(database_url, HOME))
    await saved(talks, attempt, "cut_off", 0)
    given = await talks.circumstances(attempt, BOOK, LATER)
    assert given is not None
    entered = entered_from(form("spoke_completed"))
    assert isinstance(entered, Entered)
    problems = resolved(entered, given)
    assert isinstance(problems, FieldProblems)
    assert set(problems.by_field) == {"why"}


async def test_of_two_who_save_at_once_one_is_told_that_he_is_late(
    database_url: str, store: PostgresStore, talks: TalkStore
) -> None:
    attempt = await talked(store, put_callable(database_url, HOME))
    first, second = await result(talks, attempt, "spoke_completed"), await result(talks, attempt, "cut_off")
    outcomes = await asyncio.gather(
        talks.save(attempt, first, expected_number=0, by="sato", now=LATER),
        talks.save(attempt, second, expected_number=0, by="suzuki", now=LATER),
        return_exceptions=True,
    )
    assert sorted(map(repr, outcomes), key=len)[0] == "1"
    (late,) = [one for one in outcomes if isinstance(one, BaseException)]
    assert isinstance(late, StaleResult)
    assert (late.expected, late.found) == (0, 1)
    for table in ("talk_record", "case_event"):
        assert rows_of(database_url, f"SELECT count(*) FROM {table}") == [(1,)]


async def test_the_same_result_sent_again_is_the_one_that_is_there(
    database_url: str, store: PostgresStore, talks: TalkStore
) -> None:
    """The answer to the first may have been lost on its way."""
    attempt = await talked(store, put_callable(database_url, HOME))
    found = await result(talks, attempt, "declined")
    for seconds in (0, 5):
        at = LATER + timedelta(seconds=seconds)
        assert await talks.save(attempt, found, expected_number=0, by="sato", now=at) == 1
    with pytest.raises(StaleResult):
        await talks.save(attempt, found, expected_number=0, by="suzuki", now=LATER)
    assert rows_of(database_url, "SELECT count(*) FROM talk_record") == [(1,)]


@pytest.mark.parametrize("attempt", ["7b6f1a52-1111-4111-8111-111111111111", "../etc/passwd", ""])
async def test_a_call_that_the_city_has_not_gets_no_result(
    attempt: str, database_url: str, store: PostgresStore, talks: TalkStore
) -> None:
    known = await talked(store, put_callable(database_url, HOME))
    found = await result(talks, known, "cut_off")
    assert await talks.circumstances(AttemptId(attempt), BOOK, LATER) is None
    with pytest.raises(UnknownAttempt):
        await talks.save(AttemptId(attempt), found, expected_number=0, by="sato", now=LATER)
    assert not await talks.keep_draft(AttemptId(attempt), {}, by="sato", now=LATER)


async def test_a_call_that_did_not_end_in_a_talk_gets_no_result_and_nothing_is_left(
    database_url: str, store: PostgresStore, talks: TalkStore
) -> None:
    attempt = await talked(store, put_callable(database_url, HOME), Outcome.MACHINE)
    found = await result(talks, attempt, "cut_off")
    with pytest.raises(NoTalk):
        await talks.save(attempt, found, expected_number=0, by="sato", now=LATER)
    assert rows_of(database_url, "SELECT count(*) FROM talk_record") == [(0,)]


@pytest.mark.parametrize("statement", ["UPDATE talk_record SET note = ''", "DELETE FROM talk_record"])
async def test_what_was_entered_cannot_be_changed_nor_taken_away(
    statement: str, database_url: str, store: PostgresStore, talks: TalkStore
) -> None:
    attempt = await talked(store, put_callable(database_url, HOME))
    await saved(talks, attempt, "cut_off", 0)
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        connection.execute(statement.encode())


async def test_a_wrong_home_is_no_more_dialled_for_the_person_until_it_is_corrected(
    database_url: str, store: PostgresStore, talks: TalkStore
) -> None:
    person, owner = put_person(database_url, HOME, MOBILE), put_person(database_url, HOME)
    case, _ = put_case(database_url, person), put_case(database_url, owner, debt="city_tax")
    await planned(store, NOW)
    with psycopg.connect(database_url) as connection:  # only the first is to be called now
        connection.execute("UPDATE cases SET due_at = due_at + interval '1 day' WHERE person_id = %s", [owner])
    attempt = await talked(store, case)
    await saved(talks, attempt, "other_home", 0)
    await planned(store, LATER)
    states = "SELECT person_id, number, state FROM phone_number ORDER BY id"
    assert rows_of(database_url, states) == [(person, HOME, "dead"), (person, MOBILE, "open"), (owner, HOME, "open")]
    following = "SELECT number FROM cases JOIN phone_number ON phone_number.id = phone_number_id WHERE cases.id = %s"
    assert rows_of(database_url, following, case) == [(MOBILE,)]
    await saved(talks, attempt, "absent", 1, minutes=6, why="ご家族でした")
    await planned(store, NOW + timedelta(minutes=7))
    assert {state for _, _, state in rows_of(database_url, states)} == {"open"}


async def test_a_number_that_the_family_named_is_learned(
    database_url: str, store: PostgresStore, talks: TalkStore
) -> None:
    case = put_callable(database_url, HOME)
    attempt = await talked(store, case)
    await saved(talks, attempt, "new_number", 0, new_number="090-0000-1002")
    assert rows_of(database_url, "SELECT new_number FROM talk_record") == [(OTHER,)]
    assert (OTHER, "person") in rows_of(database_url, "SELECT number, source FROM phone_number")


async def test_a_number_taken_down_wrongly_is_not_dialled_after_its_correction(
    database_url: str, store: PostgresStore, talks: TalkStore
) -> None:
    case = put_callable(database_url, HOME)
    attempt = await talked(store, case)
    wrong, right = "09000001098", "09000001099"
    numbers = "SELECT number, state, other_home FROM phone_number ORDER BY id"
    following = "SELECT number FROM cases JOIN phone_number ON phone_number.id = phone_number_id WHERE cases.id = %s"
    for seen, told in enumerate((wrong, right, wrong)):
        at = NOW + timedelta(minutes=5 + seen)
        await saved(talks, attempt, "new_number", seen, minutes=5 + seen, new_number=told, why="聞き違い")
        await planned(store, at)
        assert rows_of(database_url, following, case) == [(told,)]
    assert rows_of(database_url, numbers) == [(HOME, "open", False), (wrong, "open", False), (right, "dead", True)]
    await saved(talks, attempt, "absent", 3, minutes=9, why="番号は聞いていない")
    assert [state for _, state, _ in rows_of(database_url, numbers)] == ["open", "dead", "dead"]


async def test_a_number_that_the_list_has_too_stays_whatever_an_operator_corrects(
    database_url: str, store: PostgresStore, talks: TalkStore
) -> None:
    attempt = await talked(store, put_callable(database_url, HOME, MOBILE))
    await saved(talks, attempt, "new_number", 0, new_number=MOBILE)
    await saved(talks, attempt, "absent", 1, minutes=6, why="番号は聞いていない")
    assert {state for (state,) in rows_of(database_url, "SELECT state FROM phone_number")} == {"open"}


async def test_what_is_handed_over_is_told_to_other_systems(
    database_url: str, store: PostgresStore, talks: TalkStore
) -> None:
    case = put_callable(database_url, HOME)
    attempt = await talked(store, case)
    await saved(talks, attempt, "hand_over", 0)
    await planned(store, LATER)
    assert state_of(database_url, case) == "escalated"
    ((payload,),) = rows_of(database_url, "SELECT payload FROM outbox WHERE kind = 'case_decided'")
    assert (payload["case"], payload["state"]) == (case, "escalated")


# --- drafts, and what is still missing


async def test_a_draft_survives_until_the_result_is_in(
    database_url: str, store: PostgresStore, talks: TalkStore
) -> None:
    attempt = await talked(store, put_callable(database_url, HOME))
    assert await talks.draft(attempt, "sato") is None
    for note in ("来週", INJECTED):
        assert await talks.keep_draft(attempt, {"result": "promise", "note": note}, by="sato", now=LATER)
    assert await talks.keep_draft(attempt, {"note": "管理者の下書き"}, by="kanri", now=LATER)
    assert await talks.draft(attempt, "sato") == {"result": "promise", "note": INJECTED}
    await saved(talks, attempt, "cut_off", 0)
    assert await talks.draft(attempt, "sato") is None
    assert await talks.draft(attempt, "kanri") == {"note": "管理者の下書き"}, "another's is not thrown away"


@pytest.mark.parametrize("note", ["\x00", "\ud800", "あ" * 70_000])
async def test_a_draft_that_nobody_types_is_not_kept(
    note: str, database_url: str, store: PostgresStore, talks: TalkStore
) -> None:
    attempt = await talked(store, put_callable(database_url, HOME))
    assert not await talks.keep_draft(attempt, {"note": note}, by="sato", now=LATER)
    assert await talks.draft(attempt, "sato") is None


async def test_talks_without_a_result_stay_with_who_talked(
    database_url: str, store: PostgresStore, talks: TalkStore
) -> None:
    case = put_callable(database_url, HOME)
    attempt = await talked(store, case, url=database_url, account="sato")
    assert await talks.unfinished("suzuki", LATER) == []
    (waiting,) = await talks.unfinished("sato", LATER)
    assert (waiting.attempt, waiting.case, waiting.name) == (attempt, case, "見本")
    assert waiting.as_json()["ended_at"] == "2026-11-25T10:00:40+09:00"
    assert "見本" not in repr(waiting)
    await saved(talks, attempt, "cut_off", 0)
    assert await talks.unfinished("sato", LATER) == []


async def test_a_note_is_text_whatever_it_looks_like(database_url: str, store: PostgresStore, talks: TalkStore) -> None:
    attempt = await talked(store, put_callable(database_url, HOME))
    await saved(talks, attempt, "declined", 0, note=INJECTED)
    assert rows_of(database_url, "SELECT note FROM talk_record") == [(INJECTED,)]
