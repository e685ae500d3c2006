"""The figures of a day equal those of plain SQL over the stored calls, written here a second time in another way."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

import psycopg
import pytest

from dialer.core.calendar.values import Rung
from dialer.core.day_figures import Figure, answer_rate, day_span, left_alone_rate
from dialer.core.plan.values import SlotDay
from dialer.core.values import TOKYO
from dialer.core.work_plan import Channel
from dialer.core.work_progress import plan_rows
from dialer.embedded.postgres import PostgresCluster
from dialer.store.calls_behind import CALLS_PER_PAGE, CallsWanted, calls_behind
from dialer.store.database import Database
from dialer.store.day_calls import DayCounts, day_counts
from dialer.store.inbound_figures import inbound_figures
from dialer.store.pace import left_alone
from dialer.store.period_counts import counted, hour_counts
from dialer.store.words import CallKind
from dialer.store.work_figures import done_in
from dialer.web.day_rows import day_figures
from dialer.web.floor_rows import operators_shown
from tests.adapters.plain_calls import Plain
from tests.adapters.store_rows import CITY
from tests.books import HOLIDAYS, weekdays
from tests.conftest import fresh_database
from tests.invented_days import Inventor
from tests.stores import leading_store

BOOK = weekdays()
DAYS = (date(2026, 11, 21), date(2026, 11, 22), date(2026, 11, 23))  # a Saturday, a Sunday, a national holiday
DAY = DAYS[1]
FREE_DAYS = [day for day in HOLIDAYS.names if day in DAYS]
LATER = datetime(2026, 12, 1, tzinfo=TOKYO)
ACCOUNTS = ("hanako", "jiro", "momoko")


@pytest.fixture(scope="module", params=[1, 2, 3])
def plain(request: pytest.FixtureRequest, postgres: PostgresCluster, migrated_template: str) -> Iterator[Plain]:
    """Three days out of chance, and everything that falls on their borders. No test changes them."""
    with fresh_database(postgres, migrated_template) as url:
        asyncio.run(_known(url))
        Inventor(request.param, ACCOUNTS, people=120).write(url, DAYS)
        with psycopg.connect(url) as connection:
            named = "INSERT INTO account (login, name, suspended, created_at) VALUES (%s, '見本', false, now())"
            connection.cursor().executemany(named, [[account] for account in ACCOUNTS])
        opened = Plain(url)
        yield opened
        opened.close()


async def _known(url: str) -> None:
    async with leading_store(url):
        pass


@pytest.fixture
async def database(plain: Plain) -> AsyncIterator[Database]:
    opened = Database(plain.url)
    yield opened
    await opened.close()


async def counts_of(database: Database, day: date = DAY) -> DayCounts:
    since, until = day_span(day)
    return await database.ask(partial(day_counts, city=BOOK.city, since=since, until=until))


async def test_every_figure_of_a_day_its_quarters_and_its_operators_is_that_of_plain_sql(
    plain: Plain, database: Database
) -> None:
    for day in DAYS:
        counts = await counts_of(database, day)
        for figure in Figure:
            of_day = plain.count(figure, "clock::date = %s", day)
            assert counts.total.counts[figure] == of_day, figure
            quarters = {at: tally.counts[figure] for at, tally in counts.quarters.items()}
            assert sum(quarters.values()) == of_day, figure
            stored = plain.by("floor(EXTRACT(epoch FROM clock::time) / 900)::int", figure, day)
            places = {(at.hour * 60 + at.minute) // 15: found for at, found in quarters.items() if found}
            assert places == stored, figure
            mine = {account: tally.counts[figure] for account, tally in counts.accounts.items()}
            of_accounts = plain.by("account", figure, day)
            assert mine == {account: of_accounts[account] for account in ACCOUNTS}, figure
    assert all(plain.count(figure) for figure in Figure), "there was something to count of each"


async def test_outcomes_and_waits_are_those_of_plain_sql(plain: Plain, database: Database) -> None:
    counts = await counts_of(database)
    stored = {
        (kind, row["outcome"]): row["n"]
        for kind, table in ((CallKind.ATTEMPT, "ours"), (CallKind.INBOUND, "theirs"))
        for row in plain.rows(f"SELECT outcome, count(*) AS n FROM {table} WHERE clock::date = %s GROUP BY 1", DAY)
    }
    assert counts.outcomes == stored
    (waits,) = plain.rows(
        "SELECT avg(joined_at - arrived_at) AS mean, max(joined_at - arrived_at) AS longest FROM theirs"
        " WHERE outcome = 'talked' AND clock::date = %s",
        DAY,
    )
    assert counts.total.wait_mean == waits["mean"]
    assert counts.total.wait_longest == waits["longest"]


async def test_shares_that_other_parts_of_the_program_tell_are_told_here_the_same(
    plain: Plain, database: Database
) -> None:
    counts = await counts_of(database, DAYS[-1])
    since, until = day_span(DAYS[-1])
    callers = await database.ask(partial(inbound_figures, city=CITY, since=since, until=until))
    assert answer_rate(counts.total.counts) == callers.answer_rate
    assert counts.total.counts[Figure.CALLERS_GAVE_UP_AT_ONCE] == callers.abandoned_at_once
    by_debt = await database.ask(partial(left_alone, city=CITY, since=since))
    persons, alone = (sum(counts[place] for counts in by_debt.values()) for place in (0, 1))
    later = await counts_of(database, DAYS[-1] + timedelta(days=1))  # it counts from midnight on, without an end
    both = [one.total.counts for one in (counts, later)]
    assert sum(one[Figure.PERSONS] for one in both) == persons
    assert sum(one[Figure.LEFT_ALONE] for one in both) == alone
    assert left_alone_rate(counts.total.counts) is not None


async def test_every_figure_opens_just_the_calls_that_it_counts(plain: Plain, database: Database) -> None:
    counts = await counts_of(database)
    since, until = day_span(DAY)
    for figure in Figure:
        wanted = CallsWanted(since, until, figure=figure)
        lines, total = await behind(database, wanted)
        assert total == counts.total.counts[figure], figure
        assert len(lines) == min(total, CALLS_PER_PAGE)
        at = next(at for at, tally in counts.quarters.items() if tally.counts[figure])
        quarter = CallsWanted(at, at + timedelta(minutes=15), figure=figure, account=None)
        assert (await behind(database, quarter))[1] == counts.quarters[at].counts[figure], figure
    for account, tally in counts.accounts.items():
        mine = CallsWanted(since, until, figure=Figure.ALL_CONTACTS, account=account)
        assert (await behind(database, mine))[1] == tally.counts[Figure.ALL_CONTACTS]
    for (kind, outcome), calls in counts.outcomes.items():
        of = CallsWanted(since, until, direction=kind, outcome=outcome, is_open=outcome is None)
        assert (await behind(database, of))[1] == calls


async def test_every_figure_opens_its_calls_also_over_several_days(plain: Plain, database: Database) -> None:
    since, until = day_span(DAYS[0])[0], day_span(DAYS[-1])[1]
    for figure in Figure:
        stored = plain.count(figure, "clock::date = ANY(%s)", [*DAYS])
        assert (await behind(database, CallsWanted(since, until, figure=figure)))[1] == stored, figure


async def behind(database: Database, wanted: CallsWanted) -> tuple[Any, int]:
    work = partial(calls_behind, city=BOOK.city, wanted=wanted, holidays=FREE_DAYS, evening_from=time(17))
    return await database.ask(work)


async def test_pages_of_a_list_hold_each_call_once(plain: Plain, database: Database) -> None:
    since, until = day_span(DAY)
    found: Counter[str] = Counter()
    total, skip = 1, 0
    while skip < total:
        lines, total = await behind(database, CallsWanted(since, until, figure=Figure.PLACED, skip=skip))
        found.update(line.call for line in lines)
        skip += CALLS_PER_PAGE
    stored = plain.rows(
        "SELECT id::text FROM ours WHERE outcome IS DISTINCT FROM 'not_placed' AND clock::date = %s", DAY
    )
    assert found == Counter(row["id"] for row in stored)


async def test_persons_whom_the_ear_lost_are_told_apart_by_an_estimate(plain: Plain, database: Database) -> None:
    shown = await database.ask(partial(day_figures, city=BOOK.city, day=DAY, now=LATER, lost=0.2))
    persons = len(
        plain.rows(
            "SELECT id FROM ours WHERE clock::date = %s AND (outcome = 'abandoned' OR joined_at IS NOT NULL)", DAY
        )
    )
    assert shown["head"]["persons"] == persons > 0
    assert shown["head"]["lost_by_ear"] == pytest.approx(persons / 4, abs=0.06), "a fifth of all who answered"


async def test_operators_days_are_those_of_plain_sql(plain: Plain, database: Database) -> None:
    shown = await database.ask(partial(day_figures, city=BOOK.city, day=DAY, now=LATER))
    operators: Mapping[str, Mapping[str, Any]] = {one["login"]: one for one in shown["operators"]}
    for row in plain.rows(BUSY, *[DAY] * 5):
        one = operators[row["account"]]
        assert one["talk_seconds"] == pytest.approx(row["talk"], abs=0.06)
        assert one["talk_mean"] == pytest.approx(row["talk"] / row["talks"], abs=0.06)
        assert one["pause_seconds"] == pytest.approx(row["paused"], abs=0.06)
        assert one["utilisation"] == pytest.approx(row["busy"] / row["at_work"], abs=1e-4)
    assert {row["account"] for row in plain.rows(BUSY, *[DAY] * 5)} == set(ACCOUNTS) == set(operators)


BUSY = """
WITH talk AS (
    SELECT id, account, joined_at, ended_at FROM ours WHERE outcome = 'talked' AND clock::date = %s
    UNION ALL
    SELECT id, account, joined_at, ended_at FROM theirs WHERE outcome = 'talked' AND clock::date = %s
), done AS (
    SELECT talk.*, LEAST(
        (SELECT min(at) FROM (SELECT call_id, at FROM talk_record UNION ALL SELECT call_id, at FROM inquiry) AS noted
         WHERE noted.call_id = talk.id),
        lead(joined_at) OVER (PARTITION BY account ORDER BY joined_at),
        (SELECT min(at) FROM desk_order WHERE kind = 'leave_seat' AND answer = 'ok' AND at::timestamptz >= talk.ended_at
           AND by = account AND (at AT TIME ZONE 'Asia/Tokyo')::date = %s),
        (%s::date + 1)::timestamp AT TIME ZONE 'Asia/Tokyo') AS free_at
    FROM talk
), busy AS (
    SELECT account, range_agg(tstzrange(joined_at, GREATEST(ended_at, free_at))) AS spans FROM done GROUP BY 1
), ordered AS (
    SELECT by AS account, kind, at, lead(at) OVER (PARTITION BY phone ORDER BY id) AS until
    FROM desk_order WHERE answer = 'ok' AND (at AT TIME ZONE 'Asia/Tokyo')::date = %s
), seat AS (
    SELECT account, range_agg(tstzrange(at, until)) FILTER (WHERE kind = 'ready') AS ready,
           range_agg(tstzrange(at, until)) FILTER (WHERE kind IN ('take_seat', 'pause')) AS paused
    FROM ordered WHERE kind <> 'leave_seat' GROUP BY 1
)
SELECT seat.account, (SELECT count(*) FROM talk WHERE talk.account = seat.account) AS talks,
       (SELECT sum(EXTRACT(epoch FROM ended_at - joined_at)) FROM talk WHERE talk.account = seat.account)::float
           AS talk,
       (SELECT sum(EXTRACT(epoch FROM upper(s) - lower(s))) FROM unnest(busy.spans) AS s)::float AS busy,
       (SELECT sum(EXTRACT(epoch FROM upper(s) - lower(s))) FROM unnest(ready + busy.spans) AS s)::float AS at_work,
       (SELECT sum(EXTRACT(epoch FROM upper(s) - lower(s))) FROM unnest(paused - busy.spans) AS s)::float AS paused
FROM seat JOIN busy ON busy.account = seat.account
"""


async def test_the_floor_and_the_day_tell_the_same_of_an_operator(plain: Plain, database: Database) -> None:
    last = DAYS[-1] + timedelta(days=1)  # what fell on the last midnight
    shown = await database.ask(partial(day_figures, city=BOOK.city, day=last, now=LATER))
    floor = await database.ask(partial(operators_shown, city=BOOK.city, logins=ACCOUNTS, now=day_span(last)[0]))
    told = {one["login"]: (one["all_talks"], one["talk_mean"]) for one in shown["operators"]}
    assert told == {"jiro": (1, 90.0)}
    assert {login: (floor[login]["all_talks"], floor[login]["talk_mean"]) for login in told} == told


async def test_contacts_by_hour_of_the_week_are_those_of_plain_sql(plain: Plain, database: Database) -> None:
    since, until = day_span(DAYS[0])[0], day_span(DAYS[-1])[1]
    work = partial(hour_counts, city=BOOK.city, since=since, until=until, holidays=FREE_DAYS)
    found = await database.ask(work)
    stored = {}
    for name, day in ((SlotDay.SAT, DAYS[0]), (SlotDay.SUN, DAYS[1]), (SlotDay.HOLIDAY, DAYS[2])):
        for hour in range(24):
            asked = ("clock::date = %s AND date_part('hour', clock) = %s", day, hour)
            if tried := plain.count(Figure.TRIED, *asked):
                stored[name, hour] = (tried, plain.count(Figure.CONTACTS, *asked))
    assert found == stored
    (slot_day, hour), (tried, _) = next(iter(found.items()))
    wanted = CallsWanted(since, until, figure=Figure.TRIED, slot_day=slot_day, hour=hour)
    assert (await behind(database, wanted))[1] == tried


async def test_what_targets_are_made_of_is_that_of_plain_sql(plain: Plain, database: Database) -> None:
    since, until = day_span(DAYS[0])[0], day_span(DAYS[-1])[1]
    found = await database.ask(partial(counted, city=BOOK.city, since=since, until=until, evening_from=time(17)))
    placed = "outcome IS DISTINCT FROM 'not_placed' AND clock::date = ANY(%s)"
    days = [*DAYS]
    calls = plain.rows(
        "SELECT clock::date AS day, clock::time >= '17:00' AS evening, count(*) AS n"
        f" FROM ours WHERE {placed} GROUP BY 1, 2",
        days,
    )
    by_part: Counter[tuple[date, bool]] = Counter()
    for one in found.calls:
        by_part[one.day, one.evening] += one.calls
    assert by_part == {(row["day"], row["evening"]): row["n"] for row in calls}
    (called,) = plain.rows(
        f"SELECT count(DISTINCT call_case.case_id) AS n FROM ours JOIN call_case ON call_id = ours.id WHERE {placed}",
        days,
    )
    assert sum(one.called for one in found.cases) == called["n"]
    for column, holds in (("contacted", "contact"), ("agreed", "yen > 0")):
        (met,) = plain.rows(
            "SELECT count(DISTINCT last_words.case_id) AS n FROM last_words"
            f" WHERE {holds} AND call_id IN (SELECT id FROM ours WHERE clock::date = ANY(%s)"
            "  UNION ALL SELECT id FROM theirs WHERE clock::date = ANY(%s))"
            " AND case_id IN (SELECT call_case.case_id FROM ours JOIN call_case ON call_id = ours.id"
            f" WHERE {placed})",
            *[days] * 3,
        )
        assert sum(getattr(one, column) for one in found.cases) == met["n"] > 0
    (pledges,) = plain.rows(
        "SELECT count(*) AS n, sum(yen) AS yen"
        " FROM (SELECT clock, yen FROM ours UNION ALL SELECT clock, yen FROM theirs) AS both_ways"
        " WHERE yen > 0 AND clock::date = ANY(%s)",
        days,
    )
    assert (sum(one.pledges for one in found.pledges), sum(one.yen for one in found.pledges)) == (
        pledges["n"],
        pledges["yen"],
    )
    assert found.callers
    for caller in found.callers:
        of_it = "clock::date = %s AND group_key = %s", caller.day, caller.group
        assert caller.answered == plain.count(Figure.CALLERS_ANSWERED, *of_it)
        assert caller.total == plain.count(Figure.CALLERS, *of_it)
    evening = CallsWanted(since, until, figure=Figure.PLACED, rung=Rung.EVENING)
    assert (await behind(database, evening))[1] == 0, "all of these are days of rest"
    holiday = CallsWanted(since, until, figure=Figure.PLACED, rung=Rung.HOLIDAY)
    assert (await behind(database, holiday))[1] == sum(by_part.values())


async def test_what_is_held_against_the_plan_is_that_of_plain_sql(plain: Plain, database: Database) -> None:
    city, year = BOOK.city, 2026
    work = partial(done_in, city=city, year=year, today=date(2026, 12, 1), evening_from=time(17))
    done = await database.ask(work)
    assert done.recorded_from == plain.rows("SELECT min(clock)::date AS d FROM ours")[0]["d"]
    november = date(2026, 11, 1)
    channels = (Channel.CALLS, Channel.EVENING_CALLS, Channel.HOLIDAY_CALLS, Channel.INBOUND)
    planned = {("city_tax", channel, november): 100 for channel in channels}
    found = {
        row.channel: row.months[7].actual for row in plan_rows(city, planned, done, BOOK.calendar, year, LATER.date())
    }
    of_november = "clock >= '2026-11-01' AND clock < '2026-12-01'"
    free = "(extract(isodow FROM clock) > 5 OR clock::date = ANY(%s))"
    assert found == {
        Channel.CALLS: plain.count(Figure.PLACED, of_november),
        Channel.EVENING_CALLS: plain.count(
            Figure.PLACED, f"{of_november} AND clock::time >= '17:00' AND NOT {free}", FREE_DAYS
        ),
        Channel.HOLIDAY_CALLS: plain.count(Figure.PLACED, f"{of_november} AND {free}", FREE_DAYS),
        Channel.INBOUND: plain.count(Figure.CALLERS_ANSWERED, f"{of_november} AND group_key = %s", city.debts[0].group),
    }
    assert found[Channel.CALLS]
