"""Handing over to departments: who serves the debt, who is there now, and why it did not come about."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from dialer.core.calendar.values import Hours
from dialer.core.city import Department
from dialer.core.rulebook import Rulebook
from dialer.core.values import AttemptId, PhoneNumber
from dialer.store.postgres import PostgresStore
from tests.books import weekdays
from tests.desk_rig import DeskRig, desk_rig
from tests.web_rig import Browser

NUMBER = PhoneNumber("0258009591")
DEPARTMENTS = (
    Department("collection", "収納課", NUMBER, hours=Hours(time(8, 30), time(17, 15))),
    Department("afternoon", "相談室", NUMBER, ("city_tax",), Hours(time(13), time(16))),
    Department("insurance", "保険課", NUMBER, ("national_health",)),
    Department("night", "夜間窓口", NUMBER),
)


@pytest.fixture
async def rig(store: PostgresStore, database_url: str, tmp_path: Path) -> AsyncIterator[DeskRig]:
    book = weekdays()
    city = replace(book.city, departments=DEPARTMENTS)
    async with desk_rig(store, database_url, tmp_path, book=Rulebook(city, book.calendar, book.slots)) as opened:
        yield opened


async def transfer(page: Browser, to: str) -> tuple[int, Any]:
    body = {"kind": "transfer", "detail": {"to": to, "how": "attended"}}
    answer = await page.ask("POST", "/desk/orders", json=body)
    return answer.status, await answer.json()


async def test_departments_of_the_debt_are_offered_and_closed_ones_say_when_they_open(rig: DeskRig) -> None:
    page = await rig.operator()
    rig.sit("hanako")
    rig.talk(rig.person())
    pushed = await rig.follow(page)
    offered = (await pushed.snapshot(lambda one: one["call"] is not None))["transfers"]
    assert [(one["key"], one["hours"], one["closed"]) for one in offered] == [
        ("collection", "08:30～17:15", None),
        ("afternoon", "13:00～16:00", "相談室は受付時間（13:00～16:00）の外です。次は11月25日（水）13:00に開きます"),
        ("night", None, None),
    ]


async def test_a_closed_or_wrong_department_is_refused_and_nothing_is_ordered(rig: DeskRig) -> None:
    page = await rig.operator()
    rig.sit("hanako")
    rig.talk(rig.person())
    status, told = await transfer(page, "afternoon")
    assert (status, told["message"]) == (
        409,
        "相談室は受付時間（13:00～16:00）の外です。次は11月25日（水）13:00に開きます。いまは転送できません。",
    )
    assert (await transfer(page, "insurance"))[1]["message"].startswith("この科目の転送先ではありません")
    assert await transfer(page, "collection") == (200, {"ok": True, "answer": "ok"})
    assert [detail["to"] for _, _, detail in rig.orders] == ["collection"]


def happens(rig: DeskRig, attempt: AttemptId, kind: str, detail: str) -> None:
    rig.do(
        "INSERT INTO call_event (city, call_id, at, kind, detail) VALUES ('nagaoka', %(id)s, now(), %(kind)s,"
        " %(detail)s)",
        id=attempt,
        kind=kind,
        detail=detail,
    )


async def test_why_a_transfer_failed_is_told_until_the_next_one_is_ordered(rig: DeskRig) -> None:
    page = await rig.operator()
    rig.sit("hanako")
    attempt = rig.talk(rig.person())
    pushed = await rig.follow(page)
    assert (await pushed.snapshot(lambda one: one["call"] is not None))["transfer_failed"] is None
    happens(rig, attempt, "transfer_ordered", '{"number": 1, "department": "collection", "attended": true}')
    happens(rig, attempt, "transfer_failed", '{"number": 1, "why": "転送先は話し中でした"}')
    rig.desk(consulting=None, on_hold=True)
    failed = await pushed.snapshot(lambda one: one["operator"]["on_hold"])
    assert failed["transfer_failed"] == {"attempt": attempt, "number": 1, "why": "転送先は話し中でした"}
    happens(rig, attempt, "transfer_ordered", '{"number": 2, "department": "collection", "attended": true}')
    rig.desk(consulting="collection")
    assert (await pushed.snapshot(lambda one: one["operator"]["consulting"]))["transfer_failed"] is None
