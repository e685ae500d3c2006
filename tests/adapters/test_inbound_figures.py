"""The figures of people who called, counted by hand."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from dialer.core.callers import InboundOutcome, Route
from dialer.core.values import CallId
from dialer.ports import Recorded
from dialer.store.database import Database
from dialer.store.postgres import PostgresStore
from tests.adapters.inbound_rows import Line, over
from tests.adapters.store_rows import CITY, NOW

CALLS = """
route   | outcome   | seconds | test
waiting | talked    | 4.0     |
waiting | talked    | 20.0    |
waiting | talked    | 60.0    |
waiting | talked    | 1.0     | test
waiting | abandoned | 5.0     |
waiting | abandoned | 0.4     |
waiting | abandoned | 5.1     |
waiting | abandoned | 90.0    | test
waiting | wished    | 80.0    |
waiting | transferred | 400.0 |
waiting | not_taken | 300.0   |
waiting | lost      | 12.0    |
full    | full      | 8.0     |
closed  | closed    | 15.0    |
closed  | closed    | 2.0     |
guide   | guided    | 40.0    |
not_ours| refused   | 0.0     |
"""


@pytest.fixture
async def line(database_url: str, store: PostgresStore) -> AsyncIterator[Line]:
    database = Database(database_url)
    yield Line(database_url, store, database)
    await database.close()


async def came(line: Line, route: str, outcome: str, seconds: float, *, is_test: bool) -> CallId:
    """Waited so long, until the operator came or until the end."""
    call = await line.rings("0258001001", NOW, route=Route(route), is_test=is_test)
    ended = over(call, NOW + timedelta(seconds=seconds), InboundOutcome(outcome))
    if outcome == "talked":
        ended = over(call, NOW + timedelta(seconds=seconds + 120), InboundOutcome.TALKED)
    await line.store.finish_inbound([ended])
    return call


async def test_they_are_what_one_counts_by_hand(line: Line) -> None:
    calls: list[CallId] = []
    for row in CALLS.strip().splitlines()[1:]:
        route, outcome, seconds, mark = (word.strip() for word in row.split("|"))
        calls.append(await came(line, route, outcome, float(seconds), is_test=bool(mark)))
    await line.rings("0258001002")  # is still there
    guided, tested = calls[-2], calls[3]
    chosen = [(guided, "1"), (guided, "3"), (calls[0], "3"), (tested, "3")]
    events = [
        Recorded(call, NOW + timedelta(seconds=place), "menu_chose", {"item": item})
        for place, (call, item) in enumerate(chosen)
    ]
    await line.inbound.append([*events, Recorded(guided, NOW, "menu_wrong_key", {"key": "9"})])

    found = await line.store.inbound_figures(CITY, NOW, NOW + timedelta(seconds=1))
    assert (found.arrivals, found.tests) == (15, 2)
    assert found.in_hours == 11, "three talked, three gave up, wished, transferred, not taken, lost, full"
    assert (found.answered, found.abandoned_at_once, found.abandoned_later) == (3, 2, 1)
    assert (found.wait_mean, found.wait_longest) == (timedelta(seconds=28), timedelta(seconds=60))
    assert found.total == 9, "without the two who gave up within five seconds"
    assert found.answer_rate == pytest.approx(3 / 9)
    assert found.by_outcome == {
        InboundOutcome.TALKED: 3,
        InboundOutcome.ABANDONED: 3,
        InboundOutcome.WISHED: 1,
        InboundOutcome.TRANSFERRED: 1,
        InboundOutcome.NOT_TAKEN: 1,
        InboundOutcome.LOST: 1,
        InboundOutcome.FULL: 1,
        InboundOutcome.CLOSED: 2,
        InboundOutcome.GUIDED: 1,
        InboundOutcome.REFUSED: 1,
    }
    assert found.menu == {"1": 1, "3": 2}


async def test_only_calls_that_arrived_in_the_time_are_counted_and_no_rate_is_made_of_none(line: Line) -> None:
    await came(line, "waiting", "talked", 4.0, is_test=False)
    before = await line.store.inbound_figures(CITY, NOW - timedelta(hours=1), NOW)
    after = await line.store.inbound_figures(CITY, NOW + timedelta(seconds=1), NOW + timedelta(hours=1))
    for figures in (before, after):
        assert (figures.arrivals, figures.answer_rate, figures.wait_mean, figures.menu) == (0, None, None, {})
