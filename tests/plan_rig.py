"""The pages of Niigata, whose tender prints a work plan."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import psycopg
from aiohttp import web

from dialer.core.calendar.days import CalendarView
from dialer.core.plan.slots import SlotTable
from dialer.core.rulebook import Rulebook
from dialer.web.desk_parts import add_desk
from tests.city_profiles import CITY, HOLIDAYS
from tests.desk_rig import FixedRules, rules_are_read
from tests.web_rig import Rig, web_rig

NIIGATA = CITY["niigata"]


@asynccontextmanager
async def plan_rig(database_url: str, state: Path) -> AsyncIterator[Rig]:
    book = Rulebook(NIIGATA, CalendarView(NIIGATA.calendar, HOLIDAYS), SlotTable.empty(NIIGATA.plan))

    def prepare(app: web.Application) -> None:
        add_desk(app, database_url, FixedRules(book))

    async with web_rig(database_url, state, city=NIIGATA, prepare=prepare) as opened:
        await rules_are_read(opened.app)
        yield opened


CALL = """
WITH one AS (INSERT INTO call VALUES (gen_random_uuid(), 'niigata', 'attempt') RETURNING id)
INSERT INTO attempt (id, city, case_id, household, phone_number_id, number, caller_id, fence, claimed_at, ended_at,
                     outcome, reason, ended_by, evidence)
SELECT one.id, 'niigata', cases.id, 'p1', phone_number.id, number, '0258009011', 1, %(at)s, %(at)s, 'no_answer', '',
       'us', '{}' FROM one, cases, phone_number
"""


def called(database_url: str, moments: Sequence[datetime]) -> None:
    """The one person of the city, at each of these moments; nobody answered."""
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO city VALUES ('niigata', '新潟市') ON CONFLICT DO NOTHING")
        connection.execute(
            "INSERT INTO debt_kind (city, key, name, department, caller_id)"
            " VALUES ('niigata', 'city_tax', '市税', '', '0258009011')"
        )
        connection.execute(
            "INSERT INTO person (city, address_key, name, kana) VALUES ('niigata', '1', '見本', 'ミホン')"
        )
        connection.execute(
            "INSERT INTO phone_number (city, person_id, number, position, state, source)"
            " SELECT city, id, '0258001001', 1, 'open', 'list' FROM person"
        )
        connection.execute(
            "INSERT INTO cases (city, person_id, debt_kind_id, amount_yen, state, round_first, round_last, imported_at)"
            " SELECT person.city, person.id, debt_kind.id, 1000, 'open', '2026-11-01', '2026-11-30', now()"
            " FROM person, debt_kind"
        )
        for at in moments:
            connection.execute(CALL, {"at": at})
