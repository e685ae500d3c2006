"""Lists that come again: for a new round, of people who are known, with rows that are bad. On a real Postgres."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dialer.config import Settings, load_settings
from dialer.core.values import TOKYO, CaseId, Outcome
from dialer.list_commands import Wish, import_list
from dialer.list_words import ListTaken
from dialer.profiles import load_city
from dialer.rulebooks import Rulebooks
from dialer.store.case_events import CaseEvent
from dialer.store.postgres import PostgresStore
from dialer.store.words import EventKind
from tests.adapters.store_rows import ended

NOW = datetime(2026, 11, 18, 1, 0, tzinfo=UTC)  # a Wednesday, ten in the morning
CITY = load_city("sendai")
NOVEMBER, DECEMBER = "2026-11-01..2026-11-30", "2026-12-01..2026-12-25"
PLANNED = (
    "SELECT id, state, reason, clause, contacted, sms_candidate, facts, stale, plan_kind, phone_number_id, due_at,"
    " until_at, slot, priority, plan_reason, plan_clause, held FROM cases ORDER BY id"
)


class Centre:
    """Sendai's database and a folder of its files."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self._folder = url, folder
        self.settings: Settings = load_settings(state_dir=folder / "var", database_url=url, city="sendai")

    async def takes(self, layout: str, *rows: dict[str, str], period: str = NOVEMBER, **more: bool) -> ListTaken:
        found = CITY.layout(layout)
        assert found is not None
        columns = [column.header or "" for column in found.columns]
        lines = [",".join(row.get(column.field, "") for column in found.columns) for row in rows]
        file = self._folder / f"{layout}.csv"
        file.write_text("\r\n".join([",".join(columns), *lines, ""]), encoding="cp932", newline="")
        return await import_list(
            self.settings, CITY, Wish(file, layout, period, more.get("skip_bad", False), "me"), NOW
        )

    def asks(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode()).fetchall()

    def does(self, statement: str) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute(statement.encode())

    async def opened(self) -> PostgresStore:
        store = PostgresStore(self.url, "sendai")
        await store.ensure_city(CITY, [])
        store.use(await Rulebooks(self.settings, store, "sendai").book(NOW))
        return store

    async def decide_each_alone(self) -> None:
        self.does("UPDATE cases SET stale = true")
        store = await self.opened()
        await planned_until(store, NOW)
        await store.close()


@pytest.fixture
def centre(database_url: str, tmp_path: Path) -> Centre:
    return Centre(database_url, tmp_path)


def who(person: int, number: str = "0900-0001-001", second: str = "", **more: str) -> dict[str, str]:
    return {
        "address_key": f"{person:010}",
        "name": f"見本　{person}",
        "kana": f"ミホン {person}",
        "number1": number,
        "number2": second,
        "item_year": "2026",
        "item_term": "1",
        "item_amount": "1000",
        **more,
    }


def rounds(rows: Sequence[tuple[Any, ...]]) -> list[tuple[str, str, str]]:
    return [(str(first), str(last), state) for first, last, state in rows]


async def test_a_case_planned_with_all_of_its_kind_has_the_plan_that_it_has_alone(centre: Centre) -> None:
    """One of each sort of numbers, a language, a dead number, nobody's number, and a second debt of a known person."""
    await centre.takes("kaigo", who(1, "0900-0001-001"))
    centre.does("UPDATE phone_number SET state = 'dead'")
    await centre.decide_each_alone()
    await centre.takes(
        "kokuho",
        who(2, "0900-0001-002", "0258-00-1002"),
        who(3, "0258-00-1003", "0900-0001-003"),
        who(4, "0258-00-1004", language="11"),
        who(5, "0900-0001-001", "0900-0001-005"),
        who(6, "0900-0001-001"),
        who(7, ""),
    )
    await centre.takes("kouki", who(2, "0900-0001-002"), who(4, "0258-00-1004"))
    together = centre.asks(PLANNED)
    await centre.decide_each_alone()
    assert centre.asks(PLANNED) == together
    assert {held for *_, held in together} == {None, "no_number"}, "of both sorts there is one"


async def test_whoever_has_been_called_is_planned_by_that_call_also_for_another_debt(centre: Centre) -> None:
    await centre.takes("kokuho", who(1))
    store = await centre.opened()
    assert await store.lead()
    (call,) = await store.claim("sendai", 1, NOW, ["national_health"])
    await store.finish([ended(call, Outcome.NO_ANSWER)])
    await store.close()
    await centre.takes("kaigo", who(1), who(2, "0900-0001-002"))
    _, called, fresh = centre.asks(PLANNED)
    assert called[6] != fresh[6], "the facts"
    await centre.decide_each_alone()
    assert centre.asks(PLANNED)[1:] == [called, fresh]


async def test_a_new_round_makes_a_new_case_and_leaves_the_earlier_one_as_it_ended(centre: Centre) -> None:
    await centre.takes("kokuho", who(1))
    again = await centre.takes("kokuho", who(1), period=DECEMBER)
    assert (again.counts["added"], again.counts["gone"]) == (1, 0)
    assert rounds(centre.asks("SELECT round_first, round_last, state FROM cases ORDER BY id")) == [
        ("2026-11-01", "2026-11-30", "open"),
        ("2026-12-01", "2026-12-25", "open"),
    ]


async def test_a_round_that_begins_within_another_ends_it_so_that_nobody_is_called_for_both(centre: Centre) -> None:
    await centre.takes("kokuho", who(1), period="2026-01-01..2026-12-31")
    await centre.takes("kokuho", who(1), period=DECEMBER)
    assert rounds(centre.asks("SELECT round_first, round_last, state FROM cases ORDER BY id")) == [
        ("2026-01-01", "2026-11-30", "open"),
        ("2026-12-01", "2026-12-25", "open"),
    ]


async def test_a_new_number_stands_behind_the_known_ones_and_is_planned_for_every_debt(centre: Centre) -> None:
    await centre.takes("kokuho", who(1, ""))
    assert centre.asks("SELECT held FROM cases") == [("no_number",)]
    await centre.takes("kaigo", who(1, "0258-00-1001"))
    await centre.takes("kokuho", who(1, "0900-0001-001"))
    assert centre.asks("SELECT number, position FROM phone_number ORDER BY position") == [
        ("0258001001", 1),
        ("09000001001", 2),
    ]
    assert centre.asks("SELECT plan_kind, stale FROM cases") == [("first", False)] * 2


async def test_people_who_are_only_visited_are_known_and_never_called(centre: Centre) -> None:
    taken = await centre.takes("homon", who(1), who(2, "0258-00-1002"))
    assert (taken.counts["added"], taken.counts["numbers_added"]) == (2, 2)
    assert centre.asks("SELECT count(*) FROM cases") == [(0,)]


async def test_what_a_list_does_not_say_of_a_person_stays(centre: Centre) -> None:
    await centre.takes("kokuho", who(1, language="11", household="0000000009"))
    taken = await centre.takes("kaigo", who(1, name="見本　改姓"))
    assert taken.counts["added"] == 1
    assert centre.asks("SELECT name, language, household FROM person") == [("見本　改姓", "ne", "0000000009")]


async def test_a_part_that_was_paid_changes_the_amount_and_the_calls_go_on(centre: Centre) -> None:
    await centre.takes("kokuho", who(1))
    key = f"{1:010}"
    paid = await centre.takes("shuno", {"address_key": key, "paid_on": "20261117", "balance": "400"})
    assert (paid.counts["reduced"], paid.counts["cases"]) == (1, 0)
    assert centre.asks("SELECT amount_yen, state, plan_kind FROM cases") == [(400, "open", "first")]
    rest = await centre.takes("shuno", {"address_key": key, "paid_on": "20261118", "balance": "0"})
    assert rest.counts["cases"] == 1
    assert centre.asks("SELECT state, plan_kind FROM cases") == [("paid", None)]


@pytest.mark.parametrize(
    ("bad", "gone"),
    [
        (who(2, "0120-000-000"), 1),  # it is told whose row it is: that case is not gone, the third is
        (who(2, address_key="12 34"), 0),  # it is not: nothing is said of any case
    ],
)
async def test_a_case_whose_row_is_bad_is_not_taken_for_gone(bad: dict[str, str], gone: int, centre: Centre) -> None:
    await centre.takes("kokuho", *(who(person, f"0900-0001-00{person}") for person in (1, 2, 3)))
    taken = await centre.takes("kokuho", who(1), bad, skip_bad=True)
    assert taken.counts["gone"] == gone
    assert any("名簿からなくなった案件は調べていません" in line for line in taken.told) is (gone == 0)


async def test_of_a_case_with_one_bad_row_nothing_is_taken_for_its_sum_would_be_wrong(centre: Centre) -> None:
    rows = who(1), who(1, item_term="2", item_amount="千円"), who(2, "0900-0001-002")
    taken = await centre.takes("kokuho", *rows, skip_bad=True)
    assert centre.asks("SELECT address_key FROM person JOIN cases ON person_id = person.id") == [(f"{2:010}",)]
    assert taken.bad_rows_in is not None
    assert len(taken.bad_rows_in.read_text(encoding="cp932").splitlines()) == 3, (
        "both rows of the case, and the heading"
    )


async def test_a_clerk_is_told_of_new_cases_that_had_better_not_be_called(centre: Centre) -> None:
    await centre.takes("kokuho", *(who(person, f"0900-0001-00{person}") for person in (1, 2, 3)))
    await centre.takes("teishi", {"address_key": f"{1:010}"})
    await centre.takes("shuno", {"address_key": f"{2:010}"})
    taken = await centre.takes(
        "kokuho", *(who(person, f"0900-0001-00{person}") for person in (1, 2, 3)), period=DECEMBER
    )
    unsuited = [(one["row"], one["why"]) for one in taken.differences if one["what"] == "unsuited"]
    assert unsuited == [(2, "stopped_before"), (3, "paid_before")]


async def test_the_log_of_handovers_has_the_checksum_of_what_was_read_and_no_name(centre: Centre) -> None:
    await centre.takes("kokuho", who(1))
    ((layout, by, sha256, at),) = centre.asks("SELECT layout, by, file_sha256, at FROM import_run")
    assert (layout, by, len(sha256)) == ("kokuho", "me", 64)
    assert at - NOW < timedelta(seconds=1)


PROMISE = {"talker": "self", "script": "completed", "identity_confirmed": True}


@pytest.mark.parametrize("called", [True, False])
async def test_who_promised_in_an_earlier_round_is_not_called_before_the_day_has_passed(
    called: bool, centre: Centre
) -> None:
    """C-038: whether it was said in a call of ours or in one of theirs."""
    await centre.takes("kokuho", who(1))
    store = await centre.opened()
    promise = {**PROMISE, "promise": {"date": "2026-12-10", "yen": 1000}}
    if called:
        assert await store.lead()
        (call,) = await store.claim("sendai", 1, NOW, ["national_health"])
        await store.finish([ended(call, Outcome.TALKED)])
        await store.record([CaseEvent(EventKind.TALK, NOW, attempt=call.attempt, detail=promise)])
    else:
        await store.record([CaseEvent(EventKind.CALLBACK, NOW, case=CaseId(1), detail=promise)])
    await centre.takes("kokuho", who(1), period=DECEMBER)
    opening = datetime(2026, 12, 11, 8, 30, tzinfo=TOKYO)
    assert centre.asks("SELECT held, due_at FROM cases WHERE round_first = '2026-12-01'") == [("promise", opening)]
    await planned_until(store, opening)
    assert centre.asks("SELECT plan_kind FROM cases WHERE round_first = '2026-12-01'") == [("first",)]
    await store.close()


async def test_a_promise_that_was_entered_by_mistake_holds_nothing_back_once_it_is_corrected(centre: Centre) -> None:
    await centre.takes("kokuho", who(1))
    store = await centre.opened()
    assert await store.lead()
    (call,) = await store.claim("sendai", 1, NOW, ["national_health"])
    await store.finish([ended(call, Outcome.TALKED)])
    wrong = {**PROMISE, "promise": {"date": "2026-12-10", "yen": 1000}}
    await store.record([CaseEvent(EventKind.TALK, NOW, attempt=call.attempt, detail=wrong)])
    await centre.takes("kokuho", who(1), period=DECEMBER)
    later = NOW + timedelta(minutes=5)
    await store.record([CaseEvent(EventKind.TALK, later, attempt=call.attempt, detail=PROMISE)])
    await planned_until(store, later)
    assert centre.asks("SELECT held FROM cases WHERE round_first = '2026-12-01'") == [(None,)]
    await store.close()


async def planned_until(store: PostgresStore, now: datetime) -> None:
    while await store.plan("sendai", now):
        pass
