"""Either store, opened with the cases that a test names."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from dialer.core.values import CaseId, PhoneNumber
from dialer.ports import Store
from dialer.store.postgres import PostgresStore
from tests.adapters.store_rows import CITY, DEBTS, NOW, Window, put_case, put_person, rows_of
from tests.fake_store import FakeCase, MemoryStore

Opened = Callable[..., Awaitable[Store]]
ADDRESSES: WeakKeyDictionary[PostgresStore, str] = WeakKeyDictionary()


def case(id_: int, number: str, due: timedelta = timedelta(0), until: timedelta = timedelta(hours=9)) -> FakeCase:
    return FakeCase(CaseId(id_), PhoneNumber(number), NOW + due, until=NOW + until)


def put_cases(url: str, cases: Sequence[FakeCase]) -> None:
    """Straight into the tables, with the ids that the test names."""
    for one in cases:
        assert one.until is not None
        put_case(url, put_person(url, one.number), id_=one.case, window=Window(one.due_at, one.until))


async def cases_claimed(store: Store, now: datetime = NOW, limit: int = 10) -> list[int]:
    while await store.plan(CITY, now):
        pass
    return [claimed.case for claimed in await store.claim(CITY, limit, now, DEBTS)]


async def number_of(store: Store, case_id: int) -> int:
    """The id of the case's telephone number."""
    if isinstance(store, MemoryStore):
        return case_id + 1000
    assert isinstance(store, PostgresStore)
    question = "SELECT phone_number.id FROM cases JOIN phone_number USING (person_id) WHERE cases.id = %s"
    ((number,),) = rows_of(ADDRESSES[store], question, case_id)
    return int(number)
