"""People who call us, at the desk: who it is, whose case, what was asked, how many wait."""

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dialer.core.values import CallId, CaseId
from dialer.store.postgres import PostgresStore
from dialer.store.words import NumberGiven
from dialer.web.desk_parts import DESK
from tests.desk_rig import AMOUNTS, DeskRig, Stream, desk_rig
from tests.waiting import until
from tests.web_rig import Browser

KNOWN = "0258001234"  # of whoever `rig.person` makes
CONFIRMED = {"how": "name_birthday", "confirmed": True}


@pytest.fixture
async def rig(store: PostgresStore, database_url: str, tmp_path: Path) -> AsyncIterator[DeskRig]:
    async with desk_rig(store, database_url, tmp_path) as opened:
        yield opened


async def at_desk(rig: DeskRig) -> tuple[Browser, Stream]:
    page = await rig.operator()
    rig.sit("hanako")
    pushed = await rig.follow(page)
    await pushed.snapshot()
    return page, pushed


async def choose(page: Browser, call: CallId, case: CaseId | None) -> tuple[int, Mapping[str, Any]]:
    answer = await page.ask("POST", "/desk/callers/case", json={"attempt": call, "case": case})
    return answer.status, await answer.json()


def shows(call: CallId, *, view: bool) -> Any:
    return lambda one: one["caller"] is not None and one["caller"]["call"] == call and bool(one["view"]) is view


async def test_the_case_of_a_known_caller_is_there_while_it_still_rings_without_any_amount(rig: DeskRig) -> None:
    _, pushed = await at_desk(rig)
    rig.person("見本 次郎")
    call = await rig.call_in(KNOWN)
    rig.reserve(call)
    seen = await pushed.snapshot(shows(call, view=True))
    assert seen["view"]["person"]["name"] == "見本 次郎"
    assert (seen["view"]["call"]["direction"], seen["operator"]["state"]) == ("inbound", "reserved")
    caller = seen["caller"]
    assert (caller["dialled"], caller["debts"], caller["number"]) == ("0258009001", ["市税"], KNOWN)
    assert [amount for amount in AMOUNTS if amount in json.dumps(seen, ensure_ascii=False)] == []
    script = seen["view"]["script"]
    assert script["key"] == "reminder_callers1"
    assert script["steps"][0]["text"].startswith("お電話ありがとうございます。見本市から")


@pytest.mark.parametrize(
    ("number", "given"),
    [(None, NumberGiven.WITHHELD), (None, NumberGiven.UNUSABLE), ("0258009999", NumberGiven.GIVEN)],
)
async def test_of_an_unknown_caller_the_page_knows_no_more_than_what_the_network_told(
    rig: DeskRig, number: str | None, given: NumberGiven
) -> None:
    _, pushed = await at_desk(rig)
    rig.person()
    call = await rig.call_in(number, given)
    rig.reserve(call)
    caller = (await pushed.snapshot(shows(call, view=False)))["caller"]
    assert (caller["number"], caller["given"], caller["case"], caller["matches"]) == (number, given, None, [])
    assert caller["greeting"] == ("お電話ありがとうございます。見本市から委託を受けております、見本 花子と申します。")


async def test_several_persons_with_the_number_are_listed_and_the_list_is_in_the_log(rig: DeskRig) -> None:
    _, pushed = await at_desk(rig)
    cases = [rig.person("見本 一郎", "ミホン イチロウ"), rig.person("見本 花枝", "ミホン ハナエ")]
    call = await rig.call_in(KNOWN)
    rig.reserve(call)
    seen = await pushed.snapshot(shows(call, view=False))
    assert [(one["name"], one["case"], one["household"]) for one in seen["caller"]["matches"]] == [
        ("見本 一郎", cases[0], None),
        ("見本 花枝", cases[1], None),
    ]
    assert [amount for amount in AMOUNTS if amount in json.dumps(seen, ensure_ascii=False)] == []
    logged = rig.do("SELECT ids FROM operation WHERE function = 'view'")
    assert logged == [{"ids": [str(case) for case in cases]}]


async def test_who_is_found_opens_at_once_and_every_case_that_was_opened_is_in_the_log(rig: DeskRig) -> None:
    page, pushed = await at_desk(rig)
    case = rig.person("見本 三郎")
    call = await rig.call_in()
    rig.reserve(call)
    await pushed.snapshot(shows(call, view=False))
    status, told = await choose(page, call, case)
    assert (status, told["view"]["person"]["name"], told["view"]["amounts"]) == (200, "見本 三郎", False)
    await pushed.snapshot(shows(call, view=True))
    logged = rig.do("SELECT function, ids FROM operation WHERE function IN ('attach', 'view')")
    assert sorted((one["function"], one["ids"]) for one in logged) == [("attach", [str(case)]), ("view", [str(case)])]


async def test_who_was_confirmed_as_somebody_else_sees_no_amount_of_the_next_case(rig: DeskRig) -> None:
    page, pushed = await at_desk(rig)
    wrong, right = rig.person("見本 四郎"), rig.person("見本 五郎")
    call = await rig.call_in()
    rig.reserve(call)
    rig.join(call)
    await choose(page, call, wrong)
    assert (await page.ask("POST", "/desk/identity", json={"attempt": call, **CONFIRMED})).status == 200
    await pushed.snapshot(lambda one: one["view"] and one["view"]["amounts"])
    await choose(page, call, right)
    seen = await pushed.snapshot(lambda one: one["view"] and one["view"]["case"] == right)
    assert (seen["view"]["amounts"], seen["draft"]["identity_confirmed"]) == (False, None)
    late = {"attempt": call, "case": wrong, **CONFIRMED}  # pressed before the page had the other case
    assert (await page.ask("POST", "/desk/identity", json=late)).status == 409
    result = {"attempt": call, "case": wrong, "expected_number": 0, "result": "cut_off"}
    assert (await page.ask("POST", "/desk/results", json=result)).status == 409
    content = {"identity_confirmed": True, "identity_case": right, "note": "x"}
    await page.ask("PUT", "/desk/draft", json={"attempt": call, "content": content})
    again = await pushed.snapshot(lambda one: one["draft"] is not None)
    assert again["view"]["amounts"] is False


async def test_a_result_of_a_caller_frees_the_desk_and_keeps_the_case(rig: DeskRig) -> None:
    page, pushed = await at_desk(rig)
    case, other = rig.person("見本 六郎"), rig.person("見本 七郎")
    call = await rig.call_in()
    rig.reserve(call)
    rig.join(call)
    rig.hang_up(call)
    result = {"attempt": call, "expected_number": 0, "result": "cut_off", "note": "無言"}
    refused = await page.ask("POST", "/desk/results", json=result)
    assert (refused.status, "案件を選ぶか" in (await refused.json())["message"]) == (409, True)
    await choose(page, call, case)
    answer = await page.ask("POST", "/desk/results", json={**result, "case": case})
    assert (answer.status, await answer.json()) == (200, {"number": 1})
    await until(lambda: rig.kinds() == ["finish"])
    assert rig.do("SELECT kind, case_id FROM case_event WHERE call_id = %(id)s", id=call) == [
        {"kind": "callback", "case_id": case}
    ]
    status, told = await choose(page, call, other)
    assert (status, told["message"]) == (409, "応対結果が入力されているため、案件を変えられません。")
    recent = await pushed.snapshot(lambda one: one["recent"])
    assert [(one["attempt"], one["name"]) for one in recent["recent"]] == [(call, "見本 六郎")]


async def test_a_question_that_concerns_no_case_is_classified_and_frees_the_desk(rig: DeskRig) -> None:
    page, pushed = await at_desk(rig)
    call = await rig.call_in()
    rig.reserve(call)
    rig.join(call)
    rig.hang_up(call)
    asked = {"attempt": call, "expected_number": 0, "inquiry": "refund", "note": " 還付の時期 "}
    wrong = await page.ask("POST", "/desk/inquiries", json={**asked, "inquiry": "nothing", "note": "x" * 5000})
    assert (wrong.status, set((await wrong.json())["problems"])) == (422, {"inquiry", "note"})
    waiting = (await pushed.snapshot(lambda one: one["operator"]["state"] == "wrap_up"))["caller"]
    assert {"key": "refund", "name": "還付"} in waiting["choices"]
    assert waiting["choices"][-1]["key"] == "other"
    for _ in range(2):  # the answer to the first was lost
        answer = await page.ask("POST", "/desk/inquiries", json=asked)
        assert (answer.status, await answer.json()) == (200, {"number": 1})
    assert rig.do("SELECT category, name, note, by FROM inquiry") == [
        {"category": "refund", "name": "還付", "note": "還付の時期", "by": "hanako"}
    ]
    await until(lambda: "finish" in rig.kinds())
    recent = await pushed.snapshot(lambda one: one["recent"])
    assert [(one["name"], one["result"]) for one in recent["recent"]] == [("", "還付")]
    stale = await page.ask("POST", "/desk/inquiries", json={**asked, "note": "別"})
    corrected = {**asked, "note": "別", "expected_number": 1, "why": ""}
    assert (stale.status, (await page.ask("POST", "/desk/inquiries", json=corrected)).status) == (409, 422)
    assert (await page.ask("POST", "/desk/inquiries", json={**corrected, "why": "聞き直した"})).status == 200


async def test_a_caller_whose_matter_was_not_written_down_stays_with_its_operator(rig: DeskRig) -> None:
    page, pushed = await at_desk(rig)
    call = await rig.call_in()
    rig.reserve(call)
    rig.join(call)
    rig.hang_up(call)
    rig.desk(state="free", call_id=None)
    left = await pushed.snapshot(lambda one: one["unfinished"])
    assert [(one["attempt"], one["direction"], one["name"]) for one in left["unfinished"]] == [(call, "inbound", "")]
    answer = await page.get(f"/desk/talks/{call}", headers={"Accept": "application/json"})
    told = await answer.json()
    assert (told["view"], told["caller"]["call"]) == (None, call)
    asked = {"attempt": call, "expected_number": 0, "inquiry": "slip", "note": ""}
    assert (await page.ask("POST", "/desk/inquiries", json=asked)).status == 200
    await pushed.snapshot(lambda one: not one["unfinished"])


async def test_nobody_says_whose_case_it_is_but_who_talks(rig: DeskRig) -> None:
    other = await rig.operator("taro")
    page, _ = await at_desk(rig)
    case = rig.person()
    call = await rig.call_in()
    rig.reserve(call)
    rig.join(call)
    asked = {"attempt": call, "expected_number": 0, "inquiry": "slip", "note": ""}
    for path, sent in (("/desk/callers/case", {"attempt": call, "case": case}), ("/desk/inquiries", asked)):
        assert (path, (await other.ask("POST", path, json=sent)).status) == (path, 404)
    ours = rig.talk(case)
    assert (await choose(page, ours, case))[0] == 404
    assert (await page.ask("POST", "/desk/inquiries", json={**asked, "attempt": ours})).status == 404
    for nonsense in ("1", True, 1.5, 2**63, -1):
        answer = await page.ask("POST", "/desk/callers/case", json={"attempt": call, "case": nonsense})
        assert (nonsense, answer.status) in [(nonsense, 404), (nonsense, 422)]


async def test_a_caller_whom_nobody_knows_can_be_handed_to_a_department_of_the_number(rig: DeskRig) -> None:
    page, pushed = await at_desk(rig)
    call = await rig.call_in()
    rig.reserve(call)
    rig.join(call)
    offered = (await pushed.snapshot(lambda one: one["operator"]["state"] == "talking"))["transfers"]
    assert [one["key"] for one in offered] == ["collection"]
    for to, status in (("nowhere", 409), ("collection", 200)):
        body = {"kind": "transfer", "detail": {"to": to, "how": "blind"}}
        assert (await page.ask("POST", "/desk/orders", json=body)).status == status
    for kind, detail in (("hold", {}), ("unhold", {}), ("mute", {}), ("digits", {"digits": "5"}), ("hang_up", {})):
        answer = await page.ask("POST", "/desk/orders", json={"kind": kind, "detail": detail})
        assert await answer.json() == {"ok": True, "answer": "ok"}


async def test_every_page_hears_how_many_wait_and_of_nothing_else(rig: DeskRig) -> None:
    page, pushed = await at_desk(rig)
    await rig.operator("taro")
    rig.sit("taro", "op02")
    first = await rig.call_in()
    one = await pushed.line(1)
    assert (one["told"], one["since"][:19]) == ("line", "2026-11-25T10:00:00")
    rig.rig.clock.pass_time(seconds=20)
    second = await rig.call_in()
    assert (await pushed.line(2))["since"][:19] == "2026-11-25T10:00:00"
    rig.reserve(first, "op02")
    assert await pushed.line(1) == {"told": "line", "waiting": 1, "since": "2026-11-25T10:00:20.000+09:00"}
    rig.hang_up(second, "op02", outcome="abandoned")
    gone = await pushed.line(0)
    assert (gone["told"], gone["since"]) == ("line", None)
    assert (await (await rig.follow(page)).snapshot())["line"] == {"waiting": 0, "since": None}


async def test_what_became_known_while_somebody_waited_is_there_when_an_operator_gets_the_call(rig: DeskRig) -> None:
    _, pushed = await at_desk(rig)
    case = rig.person("見本 九郎")
    call = await rig.call_in(KNOWN)
    await until(lambda: call in rig.rig.app[DESK].live.views.ready)
    rig.rig.clock.pass_time(minutes=10)
    rig.do(
        "INSERT INTO person_flag (city, person_id, kind, note, source, by, since)"
        " SELECT city, person_id, 'lawyer', '', 'person', 'taro', now() FROM cases WHERE id = %(id)s",
        id=case,
    )
    rig.reserve(call)
    assert len((await pushed.snapshot(shows(call, view=True)))["view"]["warnings"]) == 1


async def test_who_is_recognised_late_is_shown_as_soon_as_that_is_known(rig: DeskRig) -> None:
    """The server for callers was away, and the engine wrote the call first."""
    _, pushed = await at_desk(rig)
    case = rig.person("見本 八郎")
    call = await rig.call_in()
    rig.reserve(call)
    await pushed.snapshot(shows(call, view=False))
    rig.do("UPDATE inbound_call SET case_id = %(case)s WHERE id = %(id)s", case=case, id=call)
    assert (await pushed.snapshot(shows(call, view=True)))["view"]["person"]["name"] == "見本 八郎"
