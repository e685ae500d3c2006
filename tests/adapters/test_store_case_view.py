"""What a desk is shown of a case: all of the person, nothing of anybody else, and no amount before the identity."""

import json
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from dialer.core.case_view import CaseView, as_json
from dialer.core.person_flags import FlagKind
from dialer.core.script import FilledScript
from dialer.core.values import AttemptId, CaseId, Outcome
from dialer.profiles import load_city
from dialer.store.case_events import CaseEvent
from dialer.store.case_view import ViewParts, case_view
from dialer.store.database import Database
from dialer.store.person_flags import FlagOrder, lift_flag, put_flag
from dialer.store.postgres import PostgresStore
from dialer.store.talks import TalkStore
from dialer.store.words import EventKind
from tests.adapters.store_rows import CITY, DEBTS, NOW, ended, planned, put_case, put_person, rows_of
from tests.adapters.test_store_talks import saved
from tests.books import weekdays
from tests.scripts_shipped import shipped_scripts
from tests.talk_forms import judged

HOME, MOBILE = "0258001001", "09000001001"
BOOK = weekdays()
PARTS = ViewParts(BOOK, shipped_scripts(load_city("nagaoka")), drafts=True)
LATER = NOW + timedelta(minutes=10)
INJECTED = "<script>alert(1)</script>'; DROP TABLE cases; -- {amount}"
RAW = [{"氏名": "見本", "生年月日": "昭和50年1月1日", "住所": "見本町1", "滞納額": "12,300", "備考": INJECTED}]
ITEMS = [
    {"year": "令和7", "term": "第3期", "due_on": "2025-12-25", "amount_yen": 8_200},
    {"year": "令和7", "term": "第4期", "due_on": "2026-02-28", "amount_yen": 4_100},
]
AMOUNTS = ("12,300", "12300", "8,200", "8200", "4,100", "4100")


class Shown:
    """A database with its ways in."""

    def __init__(self, url: str, store: PostgresStore, database: Database) -> None:
        self.url, self.store, self.database = url, store, database
        self.talks = TalkStore(database, CITY, judged)

    async def view(self, *, case: CaseId | None = None, attempt: AttemptId | None = None, **more: Any) -> CaseView:
        found = await self.look(case=case, attempt=attempt, **more)
        assert found is not None
        return found

    async def look(
        self,
        *,
        case: CaseId | None = None,
        attempt: AttemptId | None = None,
        parts: ViewParts = PARTS,
        city: str = CITY,
    ) -> CaseView | None:
        return await self.database.ask(
            lambda connection: case_view(connection, city, parts, LATER, case=case, attempt=attempt)
        )

    def put(self, *numbers: str, household: str | None = None) -> CaseId:
        case = put_case(self.url, put_person(self.url, *numbers, household=household))
        self.change("UPDATE cases SET amount_yen = 12300, items = %s, raw = %s WHERE id = %s", ITEMS, RAW, case)
        return case

    def change(self, statement: str, *values: object) -> None:
        plain = [json.dumps(value) if isinstance(value, list | dict) else value for value in values]
        with psycopg.connect(self.url) as connection:
            connection.execute(statement.encode(), plain)

    async def talked(self, case: CaseId, outcome: Outcome = Outcome.TALKED) -> AttemptId:
        await planned(self.store, NOW)
        (claimed,) = await self.store.claim(CITY, 1, NOW, DEBTS)
        assert claimed.case == case
        await self.store.finish([ended(claimed, outcome, operator="op01")])
        return claimed.attempt


@pytest.fixture
async def shown(database_url: str, store: PostgresStore) -> AsyncIterator[Shown]:
    database = Database(database_url)
    yield Shown(database_url, store, database)
    await database.close()


async def test_the_person_the_debts_and_the_numbers_are_there(shown: Shown) -> None:
    case = shown.put(HOME, MOBILE, household="H1")
    put_person(shown.url, household="H1")
    view = await shown.view(case=case)
    assert (view.person.name, view.person.kana, view.person.household) == ("見本", "ミホン", "H1")
    assert view.person.others_in_household == 1
    assert [(one.key, one.name) for one in view.person.identifying] == [
        ("住所", "見本町1"),
        ("生年月日", "昭和50年1月1日"),
    ]
    assert (view.this.name, view.this.yen, view.total_yen) == ("市税", 12_300, 12_300)
    assert [(item.term, item.due_on, item.yen) for item in view.this.items] == [
        ("第3期", date(2025, 12, 25), 8_200),
        ("第4期", date(2026, 2, 28), 4_100),
    ]
    assert [(one.place, one.number, one.type_name, one.source_name) for one in view.numbers] == [
        (1, HOME, "固定電話", "名簿"),
        (2, MOBILE, "携帯電話", "名簿"),
    ]
    assert view.standing.state_name == "継続"
    assert view.standing.reason
    assert view.call is None
    assert view.history == ()


async def test_every_imported_item_is_shown_as_the_list_had_it(shown: Shown) -> None:
    view = await shown.view(case=shown.put(HOME))
    (row,) = view.this.imported
    assert {one.key: one.name for one in row} == RAW[0]


async def test_what_the_person_owes_for_other_things_is_added_up_and_an_earlier_list_is_not(
    database_url: str, shown: Shown
) -> None:
    """Across debt kinds by 宛名番号 (O-010)."""
    niigata = load_city("niigata")
    store = PostgresStore(database_url, "niigata")
    await store.ensure_city(niigata, [])
    await store.close()
    person = put_person(database_url, HOME, city="niigata")
    case = put_case(database_url, person, debt="city_tax")
    health = put_case(database_url, person, debt="national_health")
    old = put_case(database_url, person, debt="nursery", first=date(2025, 9, 1), last=date(2025, 10, 31))
    shown.change("UPDATE cases SET amount_yen = id * 0 + 500 WHERE id = %s", health)
    parts = ViewParts(BOOK, ())
    view = await shown.view(case=case, parts=parts, city="niigata")
    assert {(one.case, one.is_this, one.is_owed) for one in view.debts} == {
        (case, True, True),
        (health, False, True),
        (old, False, False),
    }
    assert view.debts[0].is_this
    assert view.total_yen == 1_500


async def test_nothing_of_another_city_is_shown(shown: Shown) -> None:
    case = shown.put(HOME)
    assert await shown.look(case=case, city="niigata") is None
    assert await shown.look(case=CaseId(10**9)) is None
    assert await shown.look(case=CaseId(10**30)) is None
    assert await shown.look(attempt=AttemptId("urn:uuid:7b6f1a52-1111-4111-8111-111111111111")) is None
    assert await shown.look(attempt=AttemptId("7b6f1a52-1111-4111-8111-111111111111")) is None
    assert await shown.look(attempt=AttemptId("' OR 1=1 --")) is None


async def test_a_call_is_shown_with_its_number_and_what_was_entered(shown: Shown) -> None:
    attempt = await shown.talked(shown.put(HOME, MOBILE))
    before = await shown.view(attempt=attempt)
    assert before.call is not None
    assert (before.call.number, before.call.number_place, before.call.phone) == (HOME, 1, "op01")
    assert before.expected_number == 0
    assert before.standing.reason.startswith("通話の結果が未入力")
    assert [one.is_called for one in before.numbers] == [True, False]
    await saved(shown.talks, attempt, "absent", 0)
    await saved(shown.talks, attempt, "promise", 1, minutes=6, why="ご本人でした", promise_yen=900, note=INJECTED)
    after = await shown.view(attempt=attempt)
    assert [(one.number, one.result, one.why) for one in after.records] == [
        (1, "absent", None),
        (2, "promise", "ご本人でした"),
    ]
    assert after.expected_number == 2
    (line,) = after.history
    assert (line.kind, line.result, line.corrected, line.by) == ("talk", "promise", 1, "sato")
    assert line.what == (
        "番号1に架電。通話。納付約束（日付・金額）。本人（確認済み）、スクリプト完了、11月30日（月）に納付約束"
    )
    assert (line.promise_yen, line.note) == (900, INJECTED)


async def test_history_is_newest_first_and_tells_what_else_happened(shown: Shown) -> None:
    case = shown.put(HOME)
    attempt = await shown.talked(case, Outcome.MACHINE)
    later = [
        CaseEvent(EventKind.CALLBACK, NOW + timedelta(minutes=5), case=case, detail={"talker": "other"}, by="sato"),
        CaseEvent(EventKind.STOP, NOW + timedelta(minutes=6), case=case, by="list"),
    ]
    await shown.store.record(later)
    view = await shown.view(case=case)
    assert [(one.kind, one.what) for one in view.history] == [
        ("stop", "市から架電停止の指示"),
        ("callback", "折り返しの電話。他の人"),
        ("attempt", "番号1に架電。留守番電話。伝言なし"),
    ]
    assert view.history[-1].attempt == attempt
    moments = [one["at"] for one in _json(view, amounts=False)["history"]]
    assert moments[0] == "2026-11-25T10:06:00+09:00", "in Tokyo"


async def test_a_history_that_makes_no_sense_is_no_reason_to_show_nothing(shown: Shown) -> None:
    case = shown.put(HOME)
    shown.change(
        "INSERT INTO case_event (city, case_id, at, kind, detail) VALUES ('nagaoka', %s, now(), 'previous_round', %s)",
        case,
        {"number": 7, "result": "busy"},
    )
    view = await shown.view(case=case)
    assert view.standing.why_now.startswith("記録に矛盾があり")
    assert (view.person.name, len(view.numbers), view.total_yen) == ("見本", 1, 12_300)


async def test_the_best_time_is_where_the_person_was_reached(shown: Shown) -> None:
    case = shown.put(HOME)
    attempt = await shown.talked(case)
    assert [one.best_time for one in (await shown.view(case=case)).numbers] == [None], "not known before the result"
    await saved(shown.talks, attempt, "spoke_partial", 0)
    assert [one.best_time for one in (await shown.view(case=case)).numbers] == ["水曜・午前（1回中1回）"]


async def test_what_a_person_may_decide_is_offered_with_its_clause(shown: Shown) -> None:
    attempt = await shown.talked(shown.put(HOME))
    await saved(shown.talks, attempt, "declined", 0)
    view = await shown.view(attempt=attempt)
    assert [(one.key, one.clause) for one in view.standing.choices] == [("declined", "000 §10(4)ウ")]


async def test_the_form_has_what_the_city_has(shown: Shown) -> None:
    form = (await shown.view(case=shown.put(HOME))).form
    assert [one.key_press for one in form.results[:9]] == [str(key) for key in range(1, 10)]
    assert [one.key for one in form.departments] == ["collection"]
    assert form.promise_first == date(2026, 11, 25)
    assert form.appointment_last == date(2026, 12, 11)


# --- before anybody has said who he is


async def test_no_amount_leaves_before_the_identity_is_confirmed(shown: Shown) -> None:
    attempt = await shown.talked(shown.put(HOME))
    await saved(shown.talks, attempt, "promise", 0, promise_yen=4_100, note="4,100円を25日に")
    view = await shown.view(attempt=attempt)
    hidden = json.dumps(_json(view, amounts=False), ensure_ascii=False)
    told = json.dumps(_json(view, amounts=True), ensure_ascii=False)
    assert not [amount for amount in AMOUNTS if amount in hidden]
    assert "第3期" not in hidden
    assert all(amount in told for amount in ("12300", "12,300円", "8,200円", "4100"))


async def test_the_script_behind_the_identity_step_comes_without_its_text(shown: Shown) -> None:
    view = await shown.view(case=shown.put(HOME))
    assert isinstance(view.script, FilledScript)
    steps = {one["key"]: one for one in _json(view, amounts=False)["script"]["steps"]}
    assert steps["opening"]["text"].startswith("お忙しいところ恐れ入ります。私、見本市から")
    assert (steps["matter"]["locked"], steps["matter"]["text"], steps["matter"]["note"]) == (True, None, None)
    open_texts = "".join(one["text"] for one in steps.values() if not one["locked"])
    assert "市税" not in open_texts
    assert "収納課" not in open_texts
    confirmed = {one["key"]: one for one in _json(view, amounts=True)["script"]["steps"]}
    assert "令和7年度第3期 8,200円、令和7年度第4期 4,100円、合わせて12,300円です" in confirmed["matter"]["text"]


async def test_with_a_real_carrier_a_draft_of_a_script_is_not_shown(shown: Shown) -> None:
    parts = ViewParts(BOOK, PARTS.scripts, drafts=False)
    told = _json(await shown.view(case=shown.put(HOME), parts=parts), amounts=True)["script"]
    assert (told["key"], told["steps"]) == (None, [])
    assert "承認前" in told["why"]


async def test_markup_in_a_name_and_in_a_list_stays_text(shown: Shown) -> None:
    case = shown.put(HOME)
    shown.change("UPDATE person SET name = %s, kana = %s", INJECTED, INJECTED)
    told = _json(await shown.view(case=case), amounts=True)
    assert (told["person"]["name"], told["person"]["kana"]) == (INJECTED, INJECTED)
    opening = told["script"]["steps"][0]["text"]
    assert INJECTED in opening, "and what looks like a placeholder is not filled"


async def test_no_person_is_in_a_views_repr(shown: Shown) -> None:
    view = await shown.view(case=shown.put(HOME))
    for personal in ("見本町1", "ミホン", HOME, "昭和50年"):
        assert personal not in repr(view)


# --- what must be known before


@pytest.mark.parametrize(
    ("kind", "stopped"), [("lawyer", 1), ("death", 1), ("do_not_call", 1), ("dv", 0), ("other", 0)]
)
async def test_a_warning_is_shown_and_ends_the_calls_where_it_must(shown: Shown, kind: str, stopped: int) -> None:
    case = shown.put(HOME)
    ((key,),) = rows_of(shown.url, "SELECT address_key FROM person")
    order = FlagOrder(key, FlagKind(kind), "sato", NOW, note=INJECTED)
    for _ in range(2):
        assert await shown.database.ask(lambda connection: put_flag(connection, CITY, order)) == stopped
        await planned(shown.store, LATER)
        stopped = 0
    view = await shown.view(case=case)
    (warning,) = view.warnings
    assert (warning.kind, warning.note, warning.by) == (kind, INJECTED, "sato")
    assert (view.standing.state == "stopped") is warning.holds_calls


async def test_a_lifted_warning_is_no_more_shown_and_is_kept(shown: Shown) -> None:
    case = shown.put(HOME)
    ((key,),) = rows_of(shown.url, "SELECT address_key FROM person")
    order = FlagOrder(key, FlagKind.DV, "sato", NOW)
    await shown.database.ask(lambda connection: put_flag(connection, CITY, order))
    assert await shown.database.ask(lambda connection: lift_flag(connection, CITY, order)) == 0
    assert await shown.database.ask(lambda connection: lift_flag(connection, CITY, order)) is None
    assert (await shown.view(case=case)).warnings == ()
    assert rows_of(shown.url, "SELECT kind, until_by FROM person_flag") == [("dv", "sato")]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE person_flag SET note = 'x'",
        "UPDATE person_flag SET kind = 'other', until = now(), until_by = 'x'",
        "DELETE FROM person_flag",
    ],
)
async def test_a_warning_can_only_be_ended(statement: str, shown: Shown) -> None:
    shown.put(HOME)
    ((key,),) = rows_of(shown.url, "SELECT address_key FROM person")
    order = FlagOrder(key, FlagKind.DV, "sato", NOW)
    await shown.database.ask(lambda connection: put_flag(connection, CITY, order))
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        shown.change(statement)


async def test_a_language_besides_japanese_is_a_warning(shown: Shown) -> None:
    case = shown.put(HOME)
    shown.change("UPDATE person SET language = 'vi'")
    (warning,) = (await shown.view(case=case)).warnings
    assert warning.kind == "language"


def _json(view: CaseView, *, amounts: bool) -> Any:
    """As a browser gets it."""
    return json.loads(json.dumps(as_json(view, amounts=amounts), ensure_ascii=False))
