"""Two groups of operators over the real Postgres, engine and Asterisk; one operator is moved while they work."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from dialer.core.groups import GroupChoice
from dialer.simulated import Scene, SimulatedCentre
from simnet.subscribers import Behaviour, subscriber
from tests.adapters.store_rows import rows_of
from tests.e2e.floor import assert_quiet
from tests.e2e.test_calls import DIALLING
from tests.e2e.test_desk import url_of
from tests.places import LIB
from tests.waiting import until

pytestmark = pytest.mark.asterisk

CITY = "niigata"
ANNA, BEN = "rehearsal-op01", "rehearsal-op02"
PEOPLE = 60
KINDS = "attempt JOIN cases ON cases.id = case_id JOIN debt_kind ON debt_kind.id = debt_kind_id"
TALKS = f"SELECT account, debt_kind.key FROM {KINDS} WHERE joined_at IS NOT NULL"
CALLED = f"SELECT DISTINCT debt_kind.key FROM {KINDS}"
ACCOUNT = "INSERT INTO account (login, name, suspended, created_at) VALUES (%(login)s, %(login)s, false, now())"


async def test_each_group_gets_its_debt_kinds_and_who_is_moved_gets_others_from_then_on(centre_folder: Path) -> None:
    brief = {"setup_seconds": 0.1, "ring_seconds": 0.3, "talk_seconds": 1.2}
    people = [subscriber(f"02580014{place:02d}", Behaviour.PERSON, **brief) for place in range(PEOPLE)]
    async with SimulatedCentre(centre_folder, LIB, Scene(CITY, people, operators=2, dialling=DIALLING)) as centre:
        url = url_of(centre)

        async def moved(account: str, group: str) -> None:
            await centre.store.choose_group(CITY, GroupChoice(account, group, "応援", "op-lead", datetime.now(UTC)))

        def talks(account: str) -> Counter[str]:
            return Counter(debt for who, debt in rows_of(url, TALKS) if who == account)

        with psycopg.connect(url) as connection:
            for login in (ANNA, BEN):
                connection.execute(ACCOUNT, {"login": login})
        await moved(ANNA, "tax")
        await moved(BEN, "insurance")
        await centre.start_engine()
        await until(lambda: talks(ANNA).total() >= 2 and talks(BEN).total() >= 2, within=40)
        assert set(talks(ANNA)) == {"city_tax"}
        assert "city_tax" not in talks(BEN)
        await moved(BEN, "tax")
        await until(lambda: rows_of(url, "SELECT group_key FROM operator ORDER BY phone") == [("tax",), ("tax",)])
        before = talks(BEN)
        await until(lambda: talks(BEN)["city_tax"] >= 2, within=30)
        why = str(centre.engine_status()["why"])
        await centre.stop_engine()
        others = talks(BEN).total() - talks(BEN)["city_tax"]
        assert others <= before.total() - before["city_tax"] + 1, "more than one who was about to be joined"
        assert set(talks(ANNA)) == {"city_tax"}
        assert ("nursery",) not in rows_of(url, CALLED)
        assert "保育料等：担当するグループの担当者がいないため" in why
        await assert_quiet(centre)
