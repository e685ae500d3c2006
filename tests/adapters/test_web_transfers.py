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
from dialer.web.desk_parts import DESK
from tests.books import weekdays
from tests.desk_rig import AMOUNTS, DeskRig, desk_rig
from tests.waiting import until
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
    attempt = rig.talk(rig.person())
    await until(lambda: (desk := rig.rig.app[DESK].live.desk_of("hanako")) is not None and desk.attempt == attempt)
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
    told = failed["transfer_failed"]
    assert (told["attempt"], told["why"]) == (attempt, "転送先は話し中でした")
    happens(rig, attempt, "transfer_ordered", '{"number": 2, "department": "collection", "attended": true}')
    rig.desk(consulting="collection")
    assert (await pushed.snapshot(lambda one: one["operator"]["consulting"]))["transfer_failed"] is None


async def test_supervisors_at_a_seat_come_first_then_who_is_free_then_other_groups_and_the_rest_say_why_not(
    rig: DeskRig,
) -> None:
    page = await rig.operator()
    for login, roles, name in (
        ("kanri", ["supervisor"], "見本 管理"),
        ("jiro", ["operator"], "見本 次郎"),
        ("saburo", ["operator"], "見本 三郎"),
        ("shiro", ["operator"], "見本 四郎"),
        ("goro", ["operator"], "見本 五郎"),
    ):
        await rig.rig.person(login, roles, name=name)
    rig.more_seats("op03", "op04", "op05")
    rig.sit("hanako")
    rig.sit("jiro", "op02")
    rig.sit("saburo", "op03")
    rig.sit("kanri", "op04")
    rig.sit("goro", "op05")
    rig.desk("op02", state="paused", pause_reason="meal")
    rig.desk("op03", state="free", pause_reason=None, group_key="insurance")
    rig.desk("op05", state="free", pause_reason=None, group_key="tax")
    rig.talk(rig.person())
    pushed = await rig.follow(page)
    await pushed.snapshot(lambda one: one["call"] is not None)
    answer = await page.get("/desk/colleagues")
    assert (await answer.json())["colleagues"] == [
        {"phone": "op04", "name": "見本 管理", "supervises": True, "why_not": None, "takes": True},
        {"phone": "op05", "name": "見本 五郎", "supervises": False, "why_not": None, "takes": True},
        {"phone": "op03", "name": "見本 三郎", "supervises": False, "why_not": None, "takes": False},
        {"phone": "op02", "name": "見本 次郎", "supervises": False, "why_not": "休止中", "takes": True},
    ]
    assert await transfer(page, "op02") == (
        409,
        {"message": "見本 次郎さんは休止中のため、いまは転送できません。"},
    )
    assert (await transfer(page, "op01"))[1]["message"] == "この席には、ほかの担当者がいません。"
    assert await transfer(page, "op04") == (200, {"ok": True, "answer": "ok"})
    assert [detail["to"] for _, _, detail in rig.orders] == ["op04"]
    (logged,) = rig.do("SELECT by FROM operation WHERE function = 'transfer'")
    assert logged["by"] == "hanako"


async def test_who_gets_a_talk_is_shown_its_case_with_the_note_and_confirms_the_person_anew(rig: DeskRig) -> None:
    page = await rig.operator()
    other = await rig.rig.visitor("kanri", ("supervisor",), name="見本 管理")
    rig.sit("hanako")
    rig.sit("kanri", "op02")
    attempt = rig.talk(rig.person())
    pushed, theirs = await rig.follow(page), await rig.follow(other)
    await pushed.snapshot(lambda one: one["call"] is not None)
    identity = {"attempt": attempt, "confirmed": True, "how": "name_birthday"}
    assert (await page.ask("POST", "/desk/identity", json=identity)).status == 200
    typed = {"attempt": attempt, "content": {"note": "分納の相談", "steps": ["opening"]}}
    assert (await page.ask("PUT", "/desk/draft", json=typed)).status == 200
    ordered = '{"seat": "op02", "by": "hanako", "to": "kanri", "attended": true}'
    happens(rig, attempt, "pass_ordered", ordered)
    rig.desk(consulting="op02", on_hold=True)
    assert (await pushed.snapshot(lambda one: one["operator"]["consulting"]))["consulted"] == "見本 管理"
    rig.reserve(attempt, "op02")
    shown = await theirs.snapshot(lambda one: one["call"] is not None)
    assert shown["view"]["person"]["name"] == "見本 太郎"
    assert shown["passed"] == {"call": attempt, "name": "見本 花子", "note": "分納の相談", "identified": True}
    assert shown["draft"] == {"note": "分納の相談", "steps": ["opening"]}
    assert not any(amount in str(shown["view"]) for amount in AMOUNTS)
    happens(rig, attempt, "passed", '{"seat": "op02"}')
    rig.join(attempt, "op02")
    rig.desk(state="free", call_id=None, consulting=None, on_hold=False)
    assert (await theirs.snapshot(lambda one: one["operator"]["state"] == "talking"))["passed"]["name"] == "見本 花子"
    assert (await pushed.snapshot(lambda one: one["call"] is None))["unfinished"] == []
    assert (await page.ask("PUT", "/desk/draft", json=typed)).status == 404, "it is another's talk now"
    assert (await other.ask("POST", "/desk/identity", json=identity)).status == 200
    kept = (await (await other.get(f"/desk/talks/{attempt}")).json())["draft"]
    assert (kept["note"], kept["identity_confirmed"]) == ("分納の相談", True)
    logged = rig.do("SELECT by FROM operation WHERE function = 'view' AND what = 'case' ORDER BY id")
    assert {one["by"] for one in logged} == {"hanako", "kanri"}


async def test_who_was_asked_in_vain_keeps_nothing_of_the_talk(rig: DeskRig) -> None:
    page, other = await rig.operator(), await rig.rig.visitor("jiro", name="見本 次郎")
    rig.sit("hanako")
    rig.sit("jiro", "op02")
    attempt = rig.talk(rig.person())
    pushed, theirs = await rig.follow(page), await rig.follow(other)
    await pushed.snapshot(lambda one: one["call"] is not None)
    await theirs.snapshot(lambda one: one["operator"] is not None)
    happens(rig, attempt, "pass_ordered", '{"seat": "op02", "by": "hanako", "to": "jiro", "attended": true}')
    happens(rig, attempt, "pass_failed", '{"seat": "op02", "why": "転送先の担当者が受けませんでした"}')
    rig.desk("op02", call_id=None, state="paused", pause_reason="work")
    rig.desk(on_hold=True)
    told = (await pushed.snapshot(lambda one: one["operator"]["on_hold"]))["transfer_failed"]
    assert told["why"] == "転送先の担当者が受けませんでした"
    assert (await theirs.snapshot(lambda one: one["operator"]["pause_reason"] == "work"))["passed"] is None
    assert (await other.ask("PUT", "/desk/draft", json={"attempt": attempt, "content": {}})).status == 404
