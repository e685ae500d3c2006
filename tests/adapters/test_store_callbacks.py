"""What was said to people who called: a result as of any talk, or an inquiry; what follows for the case."""

import json
from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest

from dialer.core.callers import InboundEnded, InboundOutcome
from dialer.core.case_view import CaseView, as_json
from dialer.core.values import CallId, CaseId, Outcome
from dialer.profiles import load_city
from dialer.simulated_operators import enter
from dialer.store.case_events import CaseEvent, NotRecorded
from dialer.store.case_view import ViewParts, case_view
from dialer.store.database import Database
from dialer.store.inbound import NotAttached
from dialer.store.inquiries import Inquiry
from dialer.store.postgres import PostgresStore
from dialer.store.talks import NoCase, NoTalk, StaleResult, UnknownAttempt
from dialer.store.words import EventKind
from tests.adapters.inbound_rows import BOOK, DIALLED, Line, over
from tests.adapters.store_rows import CITY, DEBTS, NOW, ended, planned, put_callable, put_case, put_person, rows_of
from tests.adapters.test_store_talks import result, saved
from tests.scripts_shipped import shipped_scripts

HOME, MOBILE, NEW = "0258001001", "09000001001", "09000001099"
LATER = NOW + timedelta(minutes=10)
PARTS = ViewParts(BOOK, shipped_scripts(load_city("nagaoka")), drafts=True)
PAYING = Inquiry("payment", "納税", "納付書の送付先")


@pytest.fixture
async def line(database_url: str, store: PostgresStore) -> AsyncIterator[Line]:
    database = Database(database_url)
    yield Line(database_url, store, database)
    await database.close()


def standing(line: Line, case: CaseId) -> tuple[object, ...]:
    question = "SELECT state, clause, plan_kind, held FROM cases WHERE id = %s"
    (row,) = rows_of(line.url, question, case)
    return tuple(row)


async def view(line: Line, call: CallId | None = None, case: CaseId | None = None) -> CaseView | None:
    return await line.database.ask(
        lambda connection: case_view(connection, CITY, PARTS, LATER, case=case, attempt=call, operator_name="佐藤")
    )


# --- results


@pytest.mark.parametrize(
    ("key", "clause"),
    [("spoke_completed", "000 §10(4)キ"), ("household_completed", "000 §10(4)キ")],
)
async def test_who_calls_back_and_is_confirmed_completes_the_case_and_ends_its_plan(
    line: Line, key: str, clause: str
) -> None:
    case = put_callable(line.url, HOME)
    call = await line.talked(HOME)
    assert standing(line, case)[2:] == (None, "awaits_result")
    assert await saved(line.talks, call, key, 0) == 1
    await planned(line.store, LATER)
    assert standing(line, case) == ("complete", clause, None, None)
    assert rows_of(line.url, "SELECT kind, call_id::text, by FROM case_event") == [("callback", call, "sato")]
    assert rows_of(line.url, "SELECT call_id::text, phone FROM talk_record") == [(call, "op01")]
    for day in range(5):
        assert await line.claimable(NOW + timedelta(days=day)) == []


async def test_who_calls_back_and_hangs_up_in_the_middle_leaves_the_case_open(line: Line) -> None:
    case = put_callable(line.url, HOME)
    await saved(line.talks, await line.talked(HOME), "cut_off", 0)
    await planned(line.store, LATER)
    state, _, plan, held = standing(line, case)
    assert (state, held) == ("open", None)
    assert plan is not None


async def test_of_several_entries_for_one_call_the_last_counts(line: Line) -> None:
    case = put_callable(line.url, HOME)
    call = await line.talked(HOME)
    await saved(line.talks, call, "spoke_completed", 0)
    await saved(line.talks, call, "cut_off", 1, minutes=9, by="kanri", why="別の通話と取り違え")
    await planned(line.store, LATER)
    assert standing(line, case)[0] == "open"
    known = await line.store.known_case(case)
    assert known is not None
    (happened,) = known.history.happenings
    assert happened.at == NOW, "when they called, not when it was entered"
    await saved(line.talks, call, "spoke_completed", 2, minutes=11, why="元の入力が正しい")
    await planned(line.store, NOW + timedelta(minutes=12))
    assert standing(line, case)[0] == "complete"


async def test_what_was_said_concerns_all_that_the_person_owes_now(line: Line) -> None:
    person = put_person(line.url, HOME)
    await line.database.ask(
        lambda connection: connection.exec_driver_sql(
            "INSERT INTO debt_kind (city, key, name, department, caller_id)"
            " VALUES ('nagaoka', 'water', '水道', '水道局', '0258009002')"
        )
    )
    tax, water = put_case(line.url, person), put_case(line.url, person, debt="water")
    earlier = put_case(line.url, person, first=date(2026, 9, 1), last=date(2026, 9, 30))
    await saved(line.talks, await line.talked(HOME), "cut_off", 0)
    assert rows_of(line.url, "SELECT case_id FROM case_event ORDER BY case_id") == [(tax,), (water,)]
    assert earlier not in (tax, water)


async def test_a_call_back_is_a_contact_and_no_dial(line: Line) -> None:
    case = put_callable(line.url, HOME)
    await saved(line.talks, await line.talked(HOME), "spoke_partial", 0)
    await planned(line.store, LATER)
    assert rows_of(line.url, "SELECT contacted FROM cases WHERE id = %s", case) == [(BOOK.city.rules.contact.inbound,)]
    assert await line.store.slot_counts(BOOK.city, NOW - timedelta(days=1), LATER) == {}
    assert await line.store.outcome_counts(CITY, NOW - timedelta(days=1)) == {}
    assert await line.store.left_alone(CITY, NOW - timedelta(days=1)) == {}
    known = await line.store.known_case(case)
    assert known is not None
    assert known.person == ()


async def test_the_city_is_told_of_a_call_back_as_a_contact_and_of_no_call_of_ours(line: Line) -> None:
    case = put_callable(line.url, HOME)
    call = await line.talked(HOME)
    await saved(line.talks, call, "promise", 0, promise_yen=900)
    await saved(line.talks, call, "promise", 1, minutes=9, promise_yen=800, why="金額の誤り")
    await planned(line.store, LATER)
    city = BOOK.city
    layout = city.layout("kekka")
    assert layout is not None
    (row,) = await line.store.lists.rows_for(city, layout, LATER.date(), None)
    told = row.values
    assert row.case == case
    assert (told["attempts"], told["last_called_on"], told["last_result"]) == (0, None, None)
    assert (told["talker"], told["promise_yen"], told["contacted"]) == ("self", 800, city.rules.contact.inbound)


async def test_a_number_that_a_caller_names_is_learned_also_the_one_they_call_from(line: Line) -> None:
    case = put_callable(line.url, HOME)
    call = await line.rings(NEW)
    await line.inbound.attach(call, case, by="sato", now=NOW)
    await saved(line.talks, call, "new_number", 0, new_number=NEW)
    assert (NEW, "person", "open") in rows_of(line.url, "SELECT number, source, state FROM phone_number")
    await saved(line.talks, call, "absent", 1, minutes=9, why="番号は聞いていない")
    assert (NEW, "person", "dead") in rows_of(line.url, "SELECT number, source, state FROM phone_number")


async def test_strangers_who_call_from_the_persons_number_end_it_until_it_is_corrected(line: Line) -> None:
    case = put_callable(line.url, HOME, MOBILE)
    call = await line.talked(HOME)
    await saved(line.talks, call, "other_home", 0)
    await planned(line.store, LATER)
    states = "SELECT number, state, other_home FROM phone_number ORDER BY id"
    assert rows_of(line.url, states) == [(HOME, "dead", True), (MOBILE, "open", False)]
    following = "SELECT number FROM cases JOIN phone_number ON phone_number.id = phone_number_id WHERE cases.id = %s"
    assert rows_of(line.url, following, case) == [(MOBILE,)]
    await saved(line.talks, call, "absent", 1, minutes=9, why="ご家族でした")
    assert {state for _, state, _ in rows_of(line.url, states)} == {"open"}


async def test_a_result_needs_a_case_and_a_talk(line: Line) -> None:
    case = put_callable(line.url, HOME)
    call = await line.talked(HOME)
    found = await result(line.talks, call, "cut_off")
    unknown, left_alone = await line.talked(NEW), await line.rings(MOBILE)
    assert await line.talks.circumstances(unknown, BOOK, LATER) is None
    from_nobody = {"expected_number": 0, "by": "sato", "now": LATER}
    with pytest.raises(NoCase):
        await line.talks.save(unknown, found, **from_nobody)  # type: ignore[arg-type]
    await line.store.finish_inbound([abandoned(left_alone)])
    with pytest.raises(NoTalk):
        await line.talks.save(left_alone, found, **from_nobody)  # type: ignore[arg-type]
    await saved(line.talks, call, "cut_off", 0)
    with pytest.raises(NotAttached, match="応対結果"):
        await line.inbound.attach(call, None, by="sato", now=LATER)
    await line.inbound.attach(call, case, by="sato", now=LATER)


def abandoned(call: CallId) -> InboundEnded:
    return over(call, NOW + timedelta(seconds=9), InboundOutcome.ABANDONED)


async def test_an_event_says_what_can_have_happened_in_its_call(line: Line) -> None:
    put_callable(line.url, HOME)
    placed = put_callable(line.url, MOBILE)
    call = await line.talked(HOME)
    (claimed,) = await line.store.claim(CITY, 1, NOW, DEBTS)
    assert claimed.case == placed
    said = {"talker": "self", "script": "completed", "identity_confirmed": True}
    for kind, of in ((EventKind.TALK, call), (EventKind.CALLBACK, claimed.attempt)):
        with pytest.raises(NotRecorded, match="この架電はないか"):
            await line.store.record([CaseEvent(kind, LATER, attempt=of, detail=said)])
    with pytest.raises(ValueError, match="stop"):
        CaseEvent(EventKind.STOP, LATER, attempt=call)
    with pytest.raises(ValueError, match="talk"):
        CaseEvent(EventKind.TALK, LATER, case=placed)


async def test_a_call_back_without_a_call_of_ours_is_recorded_for_its_case(line: Line) -> None:
    """An imported history."""
    case = put_callable(line.url, HOME)
    said = {"talker": "self", "script": "completed", "identity_confirmed": True}
    await line.store.record([CaseEvent(EventKind.CALLBACK, NOW, case=case, detail=said)])
    await planned(line.store, LATER)
    assert standing(line, case)[0] == "complete"


async def test_a_promise_made_in_a_call_back_stands_until_it_is_taken_back(line: Line) -> None:
    person = put_person(line.url, HOME)
    put_case(line.url, person, first=date(2026, 11, 1), last=date(2026, 11, 30))
    call = await line.talked(HOME)
    await saved(line.talks, call, "promise", 0, promise_yen=900)
    following = put_case(line.url, person, first=date(2026, 12, 1), last=date(2026, 12, 31))

    async def promised() -> object:
        known = await line.store.known_case(following)
        assert known is not None
        return known.promised

    assert await promised() == date(2026, 11, 30)
    await saved(line.talks, call, "cut_off", 1, minutes=9, why="約束はありませんでした")
    assert await promised() is None


# --- inquiries


async def test_a_general_question_is_written_down_and_nothing_awaits_a_result_then(line: Line) -> None:
    case = put_callable(line.url, HOME)
    call = await line.talked(HOME)
    (waiting,) = await line.talks.unfinished("sato", LATER)
    assert (waiting.attempt, waiting.case, waiting.as_json()["direction"]) == (call, case, "inbound")
    saving = {"expected_number": 0, "by": "sato", "now": LATER}
    assert [await line.inquiries.save(call, PAYING, **saving) for _ in range(2)] == [1, 1]  # type: ignore[arg-type]
    assert rows_of(line.url, "SELECT number, by, phone, category, name, note, why FROM inquiry") == [
        (1, "sato", "op01", "payment", "納税", "納付書の送付先", None)
    ]
    assert await line.talks.unfinished("sato", LATER) == []
    assert list(await line.store.awaited_results(CITY, NOW)) == []
    assert await line.claimable(LATER) == [case], "nothing was said about the case"


async def test_a_talk_of_somebody_unknown_waits_for_an_inquiry(line: Line) -> None:
    call = await line.talked(None)
    (waiting,) = await line.talks.unfinished("sato", LATER)
    assert (waiting.attempt, waiting.case, waiting.debt, waiting.name) == (call, None, None, "")
    assert await line.talks.keep_draft(call, {"category": "payment"}, by="sato", now=LATER)
    await line.inquiries.save(call, PAYING, expected_number=0, by="sato", now=LATER)
    assert await line.talks.draft(call, "sato") is None
    assert await line.talks.unfinished("sato", LATER) == []


async def test_an_inquiry_is_corrected_as_a_result_is(line: Line) -> None:
    call = await line.talked(None)
    await line.inquiries.save(call, PAYING, expected_number=0, by="sato", now=LATER)
    with pytest.raises(StaleResult):
        await line.inquiries.save(call, Inquiry("refund", "還付"), expected_number=0, by="kanri", now=LATER)
    mended = Inquiry("refund", "還付", why="分類の誤り")
    assert await line.inquiries.save(call, mended, expected_number=1, by="kanri", now=LATER) == 2
    assert rows_of(line.url, "SELECT category FROM inquiry ORDER BY number") == [("payment",), ("refund",)]


async def test_only_who_called_and_was_talked_to_has_asked_anything(line: Line) -> None:
    put_callable(line.url, HOME)
    (claimed,) = await line.store.claim(CITY, 1, NOW, DEBTS)
    await line.store.finish([ended(claimed, Outcome.TALKED)])
    for call in (claimed.attempt, CallId("no id"), CallId("00000000-0000-5000-8000-000000000000")):
        with pytest.raises(UnknownAttempt):
            await line.inquiries.save(call, PAYING, expected_number=0, by="sato", now=LATER)


async def test_simulated_operators_enter_something_for_everybody_they_talked_to(line: Line) -> None:
    put_callable(line.url, HOME)
    placed = put_callable(line.url, MOBILE)
    await line.talked(HOME)
    await line.talked(None)
    (claimed,) = await line.store.claim(CITY, 1, NOW, DEBTS)
    assert claimed.case == placed
    await line.store.finish([ended(claimed, Outcome.TALKED)])
    awaited = await line.store.awaited_results(CITY, NOW)
    assert len(awaited) == 3
    await enter(line.store, awaited, LATER)
    assert list(await line.store.awaited_results(CITY, NOW)) == []
    assert rows_of(line.url, "SELECT kind FROM case_event ORDER BY kind") == [("callback",), ("talk",)]
    assert rows_of(line.url, "SELECT count(*) FROM inquiry") == [(1,)]


# --- what a desk shows


async def test_a_caller_is_shown_as_any_call_with_the_same_gate_before_amounts(line: Line) -> None:
    case = put_callable(line.url, MOBILE, HOME)
    call = await line.rings(HOME)
    shown = await view(line, call)
    assert shown is not None
    assert shown.call is not None
    assert (shown.case, shown.call.direction, shown.call.attempt) == (case, "inbound", call)
    assert (shown.call.number, shown.call.number_place, shown.call.caller_id) == (HOME, 2, DIALLED)
    assert (shown.call.number_given, shown.call.matches, shown.call.began) == ("given", 1, NOW)
    assert [debt.in_this_call for debt in shown.debts] == [True]
    closed = json.dumps(as_json(shown, amounts=False), ensure_ascii=False)
    assert "1,000" not in closed
    assert as_json(shown, amounts=False)["total_yen"] is None
    assert as_json(shown, amounts=True)["total_yen"] == 1000


async def test_of_somebody_unknown_there_is_no_case_to_show(line: Line) -> None:
    call = await line.rings(None)
    assert await view(line, call) is None
    case = put_callable(line.url, HOME)
    await line.inbound.attach(call, case, by="sato", now=NOW)
    shown = await view(line, call)
    assert shown is not None
    assert shown.call is not None
    assert (shown.call.number, shown.call.number_given, shown.call.number_place) == ("", "withheld", None)


async def test_calls_that_came_in_are_part_of_the_history_newest_first(line: Line) -> None:
    case = put_callable(line.url, HOME)
    calls = [await line.talked(HOME, NOW + timedelta(minutes=10 * step)) for step in range(3)]
    await saved(line.talks, calls[0], "promise", 0, promise_yen=900, note="給料日のあと")
    await line.inquiries.save(calls[1], PAYING, expected_number=0, by="sato", now=LATER)
    await line.store.finish_inbound([abandoned(await line.rings(HOME, NOW - timedelta(minutes=5)))])
    shown = await view(line, case=case)
    assert shown is not None
    told = [(one.kind, one.what, one.attempt) for one in shown.history]
    assert told[0] == ("caller", "番号1からの電話。結果は未入力", calls[2])
    assert told[1] == ("caller", "番号1からの電話。お問い合わせ（納税）", calls[1])
    assert told[2][0] == "callback"
    assert told[2][1].startswith("番号1からの電話。折り返しの電話。本人")
    assert told[3][:2] == ("caller", "番号1からの電話。放棄")
    line_ = shown.history[2]
    assert (line_.promise_yen, line_.note, line_.by, line_.result) == (900, "給料日のあと", "sato", "promise")
    told_before = json.dumps(as_json(shown, amounts=False)["history"], ensure_ascii=False)
    assert "900" not in told_before.replace(HOME, "")
    assert "給料日" not in told_before
    records = await view(line, calls[0])
    assert records is not None
    assert [one.result for one in records.records] == ["promise"]


async def test_how_an_ended_call_that_came_in_is_named(line: Line) -> None:
    put_callable(line.url, HOME)
    call = await line.rings(HOME)
    await line.store.finish_inbound([abandoned(call)])
    shown = await view(line, call)
    assert shown is not None
    assert shown.call is not None
    assert (shown.call.outcome, shown.call.outcome_name) == ("abandoned", "放棄")
