"""Ending a case where the tender leaves it to a person (C-047): by right, once, and only of what was seen."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dialer.core.rulebook import Rulebook
from dialer.core.talk_results import DecidedBy
from dialer.core.values import CaseId
from dialer.store.case_events import CaseEvent
from dialer.store.postgres import PostgresStore
from dialer.store.words import EventKind
from tests.adapters.store_rows import planned
from tests.books import weekdays
from tests.desk_rig import DeskRig, desk_rig
from tests.web_rig import Browser

DECLINED: dict[str, object] = {"talker": "self", "declined": True}


@pytest.fixture
async def rig(store: PostgresStore, database_url: str, tmp_path: Path) -> AsyncIterator[DeskRig]:
    async with desk_rig(store, database_url, tmp_path) as opened:
        yield opened


def supervised(store: PostgresStore, url: str, folder: Path) -> AbstractAsyncContextManager[DeskRig]:
    """Where only a supervisor decides."""
    book = weekdays()
    talk = replace(book.city.talk, decided_by=DecidedBy.SUPERVISOR)
    return desk_rig(store, url, folder, book=Rulebook(replace(book.city, talk=talk), book.calendar, book.slots))


async def declined(rig: DeskRig) -> CaseId:
    """A case whose person does not want to talk."""
    case = rig.person()
    attempt = rig.talk(case)
    rig.hang_up(attempt)
    rig.desk(state="free", call_id=None, wrap_up_until=None)
    await rig.store.record([CaseEvent(EventKind.TALK, rig.rig.clock.now(), attempt=attempt, detail=DECLINED)])
    rig.rig.clock.pass_time(minutes=5)
    return case


async def seen(page: Browser, case: CaseId) -> Any:
    answer = await page.ask("GET", f"/desk/cases/{case}", headers={"Accept": "application/json"})
    return (await answer.json())["view"]


async def decide(page: Browser, view: Any, **more: object) -> tuple[int, Any]:
    body = {"case": view["case"], "happened": view["happened"], "choice": "declined", **more}
    answer = await page.ask("POST", "/desk/decide", json=body)
    return answer.status, await answer.json()


async def test_who_decides_ends_the_case_and_it_is_in_the_history_and_in_the_log(rig: DeskRig) -> None:
    page = await rig.operator()
    view = await seen(page, await declined(rig))
    assert [(one["key"], one["clause"]) for one in view["standing"]["choices"]] == [("declined", "000 §10(4)ウ")]
    assert await decide(page, view, reason="強い口調で拒否") == (200, {})
    after = await seen(page, view["case"])
    assert (after["standing"]["state"], after["standing"]["choices"]) == ("complete", [])
    newest = after["history"][0]
    assert (newest["what"], newest["by"]) == ("担当者の判断: 再度の架電は困難", "hanako")
    assert newest["note"] is None, "before the identity step nothing that somebody wrote is shown"
    (event,) = rig.do("SELECT kind, by, detail FROM case_event WHERE kind = 'decision'")
    assert event["detail"] == {"complete": "declined", "reason": "強い口調で拒否"}
    (logged,) = rig.do("SELECT by, what, ids FROM operation WHERE function = 'decide'")
    assert logged == {"by": "hanako", "what": "case", "ids": [str(view["case"])]}
    await planned(rig.store, rig.rig.clock.now())
    assert rig.do("SELECT state, reason FROM cases") == [
        {"state": "complete", "reason": "再度の架電は困難と担当者が判断"}
    ]


async def test_a_case_that_has_changed_since_it_was_seen_is_not_decided(rig: DeskRig) -> None:
    page = await rig.operator()
    view = await seen(page, await declined(rig))
    said = CaseEvent(EventKind.CALLBACK, rig.rig.clock.now(), case=CaseId(view["case"]), detail={"talker": "self"})
    await rig.store.record([said])
    status, told = await decide(page, view)
    assert (status, told["message"].startswith("表示したあとに")) == (409, True)
    assert rig.do("SELECT 1 FROM case_event WHERE kind = 'decision'") == []
    assert (await decide(page, await seen(page, view["case"])))[0] == 200


async def test_the_same_decision_sent_twice_is_one_and_another_persons_comes_too_late(rig: DeskRig) -> None:
    page, other = await rig.operator(), await rig.operator("taro")
    view = await seen(page, await declined(rig))
    for _ in range(2):
        assert (await decide(page, view))[0] == 200
    assert (await decide(other, view))[0] == 409
    assert rig.do("SELECT by FROM case_event WHERE kind = 'decision'") == [{"by": "hanako"}]


async def test_only_what_the_rules_leave_to_a_person_can_be_decided(rig: DeskRig) -> None:
    page = await rig.operator()
    view = await seen(page, await declined(rig))
    assert await decide(page, view, choice="away") == (
        409,
        {"message": "この案件は、いまは担当者の判断で完了とすることができません。"},
    )
    for wrong in ({"choice": "paid"}, {"choice": None}, {"happened": "1"}, {"case": True}, {"reason": "\x00"}):
        assert (await decide(page, view, **wrong))[0] == 422
    assert (await decide(page, view, case=2**62))[0] == 404
    assert (await decide(page, view, case=2**70))[0] == 404
    assert rig.do("SELECT 1 FROM case_event WHERE kind = 'decision'") == []


async def test_where_only_a_supervisor_decides_an_operator_is_told_so(
    store: PostgresStore, database_url: str, tmp_path: Path
) -> None:
    async with supervised(store, database_url, tmp_path) as rig:
        page, chief = await rig.operator(), await rig.operator("chief", ("supervisor",))
        view = await seen(page, await declined(rig))
        told = "この市では、案件を完了とする判断は管理者が行います。管理者に依頼してください。"
        assert await decide(page, view) == (403, {"message": told})
        mays = [(await (await rig.follow(one)).snapshot())["can"]["decide"] for one in (page, chief)]
        assert mays == [False, True]
        assert (await decide(chief, view))[0] == 200


async def test_a_result_that_leaves_something_to_decide_says_where(rig: DeskRig) -> None:
    page = await rig.operator()
    rig.sit("hanako")
    attempt = rig.talk(rig.person())
    await page.ask("POST", "/desk/identity", json={"attempt": attempt, "confirmed": False})
    rig.hang_up(attempt)
    body = {"attempt": attempt, "expected_number": 0, "result": "declined", "talker": "self", "note": "話さない"}
    answer = await (await page.ask("POST", "/desk/results", json=body)).json()
    assert answer["told"] == "完了とするかどうかは担当者の判断です。「最近の通話」か「検索」から開いて判断できます。"
