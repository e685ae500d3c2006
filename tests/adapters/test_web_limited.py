"""Somebody whose right is limited to a group: what they are shown, what is refused, and that nothing is done then."""

import json
import re
import uuid
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from dialer.core.stages import Stage
from dialer.store.postgres import PostgresStore
from dialer.web.desk_parts import DESK
from dialer.web.floor_live import FLOOR
from dialer.web.security import Limited, declared
from tests.adapters.limited_office import MOVED, OUT, Office, followed, led, next_event, seat, visitor
from tests.adapters.store_rows import put_case, put_person
from tests.books import of_two_groups, weekdays
from tests.desk_rig import DeskRig, desk_rig
from tests.floor_rig import call, floor, operator, tell
from tests.waiting import until


@pytest.fixture
async def rig(store: PostgresStore, database_url: str, tmp_path: Path) -> AsyncIterator[DeskRig]:
    book = of_two_groups(weekdays(), {})
    async with desk_rig(store, database_url, tmp_path, book=book, city=book.city) as opened:
        opened.do(
            "INSERT INTO debt_kind (city, key, name, department, caller_id)"
            " SELECT city, 'insurance', '国民健康保険料', department, '0258009002' FROM debt_kind"
            " WHERE NOT EXISTS (SELECT FROM debt_kind WHERE key = 'insurance')"
        )
        yield opened


@pytest.fixture
async def office(rig: DeskRig) -> Office:
    await rig.rig.person("boss", ["administrator"])
    for login, phone, group in (("taro", "op01", "tax"), ("hanako", "op02", "insurance"), ("jiro", "op03", None)):
        await rig.rig.person(login, ["operator"], name=f"見本 {login}")
        if phone == "op03":
            rig.more_seats("op03", "op04")
        rig.sit(login, phone)
        rig.desk(phone, group_key=group)
        if group is not None:
            rig.do(MOVED, login=login, group=group)
    page = await led(rig)
    attempts = [
        rig.talk(put_case(rig.url, put_person(rig.url, f"025800100{place}"), debt=debt), f"op0{place}")
        for place, debt in ((1, "city_tax"), (2, "insurance"), (3, "insurance"))
    ]
    live = rig.rig.app[DESK].live
    await until(lambda: [live.operators[f"op0{place}"].attempt for place in (1, 2, 3)] == attempts)
    return Office(rig, page, *attempts)


async def test_nothing_is_done_to_another_group_and_what_is_of_the_own_is(office: Office) -> None:
    rig, page = office.rig, office.page
    rig.sit("reiko", "op04")
    await until(lambda: rig.rig.app[DESK].live.desk_of("reiko") is not None)
    reason = {"reason": "応援"}
    acts: dict[str, list[Mapping[str, object]]] = {
        "/floor/seats": [
            *(seat("op02", kind, attempt=office.insurance) for kind in ("end_talk", "take_over", "relieve")),
            seat("op02", "give_break", account="hanako", reason="meal"),
            seat("op02", "free_seat", account="hanako"),
            seat("op02", "answer_help", account="hanako"),
            seat("op01", "end_talk", attempt=office.insurance),
            seat("op02", "end_talk", attempt=office.tax),
            seat("op03", "end_talk", attempt=office.both),
            seat("op03", "give_break", account="jiro", reason="meal"),
            seat("op03", "free_seat", account="jiro"),
            seat("op03", "answer_help", account="jiro"),
        ],
        "/floor/listen": [
            {"to": to, "how": how} for to in ("op02", "op03", "op99") for how in ("listen", "whisper", "join")
        ],
        "/floor/modes": [
            {"debts": debts, "mode": "paused", **reason} for debts in (["insurance"], ["city_tax", "insurance"])
        ],
        "/floor/target": [{"target": 0.0, **reason}],
        "/floor/groups": [
            {"accounts": ["hanako"], "group": "tax", **reason},
            {"accounts": ["taro"], "group": "insurance", **reason},
            {"accounts": ["taro"], "group": None, **reason},
            {"accounts": ["jiro"], "group": "tax", **reason},
        ],
        "/floor/notices": [{"to": login, "text": "連絡"} for login in ("hanako", "jiro")],
        "/floor/wall-links": [{"name": "事務室"}],
        "/floor/wall-links/1/revoke": [{}],
        "/floor/special": [{"text": "お知らせ", "last": "2026-12-03", **reason}],
    }
    for path, all_asked in acts.items():
        for asked in all_asked:
            await office.refused(path, asked)
    taken = await page.ask("POST", "/floor/seats", json=seat("op01", "take_over", attempt=office.tax))
    assert (taken.status, "引き取れません" in (await taken.json())["message"]) == (403, True), "it could not be entered"
    assert (rig.orders, rig.spoken.messages) == ([], [])
    own: list[tuple[str, Mapping[str, object]]] = [
        ("/floor/listen", {"to": "op01", "how": "whisper"}),
        ("/floor/seats", seat("op01", "give_break", account="taro", reason="meal")),
        ("/floor/seats", seat("op01", "end_talk", attempt=office.tax)),
        ("/floor/modes", {"debts": ["city_tax"], "mode": "paused", **reason}),
        ("/floor/notices", {"to": None, "text": "連絡"}),
    ]
    for path, allowed in own:
        assert (await page.ask("POST", path, json=allowed)).status == 200, path
    assert rig.kinds() == ["listen", "give_break", "end_talk"]
    assert rig.do("SELECT account FROM notice_to") == [{"account": "taro"}], "nobody else of all who are seated"


async def test_results_that_are_missing_are_those_of_the_group(office: Office) -> None:
    rig, page = office.rig, office.page
    for attempt, phone in ((office.tax, "op01"), (office.insurance, "op02")):
        rig.hang_up(attempt, phone)
    caller = await rig.call_in()
    rig.join(caller, "op03")
    rig.hang_up(caller, "op03")
    found = (await (await page.get("/floor/results")).json())["missing"]
    assert {one["call"] for one in found} == {office.tax, caller}, "a caller is of the group of the number"
    await office.refused("/floor/results", {"call": office.insurance, "to": "reiko", "reason": "早退"})
    await office.refused("/floor/results", {"call": office.tax, "to": "hanako", "reason": "早退"})
    right = {"call": office.tax, "to": "reiko", "reason": "早退"}
    assert (await page.ask("POST", "/floor/results", json=right)).status == 200


async def test_warnings_of_everybody_are_not_acknowledged_within_a_group(office: Office) -> None:
    rig = office.rig
    made = {
        (kind, subject): rig.do(
            "INSERT INTO warning (city, kind, subject, level, text, raised_at)"
            " VALUES ('nagaoka', %(kind)s, %(subject)s, 'heed', '見本', now()) RETURNING id",
            kind=kind,
            subject=subject,
        )[0]["id"]
        for kind, subject in (
            *(("list_runs_dry", debt) for debt in ("city_tax", "insurance")),
            *(("talks_long", phone) for phone in ("op01", "op02", "op03")),
            ("trunk_refuses", ""),
        )
    }
    for (kind, subject), number in made.items():
        if subject not in ("city_tax", "op01"):
            await office.refused(f"/floor/warnings/{number}/acknowledge", {})
        else:
            answer = await office.page.ask("POST", f"/floor/warnings/{number}/acknowledge", json={})
            assert answer.status == 200, kind
    await office.refused("/floor/warnings/999999/acknowledge", {})


async def test_every_page_that_is_not_made_for_groups_is_refused_with_a_sentence(rig: DeskRig) -> None:
    page = await led(rig)
    asked = 0
    for route in rig.rig.app.router.routes():
        access = declared(route.handler)
        assert access is not None
        if access.limited is not Limited.REFUSED or route.method == "HEAD" or route.resource is None:
            continue
        path = re.sub(r"\{(\w+)\}", lambda found: PLACES.get(found[1], "1"), route.resource.canonical)
        path = path.replace("/imports/1", "/imports/" + "1" * 24).replace(
            "/recordings/1", f"/recordings/{uuid.uuid4()}"
        )
        answer = await page.ask(route.method, path, json={})
        told = (await answer.json())["message"]
        lets_in = access.lets_in((await visitor(rig, page)).rights)
        assert (answer.status, told.startswith(OUT)) == (403, lets_in), (route.method, path)
        asked += lets_in
    assert asked > 20
    ways = await (await page.get("/pages")).text()
    links = re.findall(r'href="(/[\w/-]+)"', ways)
    assert {"/floor", "/calendar"} <= set(links)
    assert set(links).isdisjoint({"/floor/day", "/people", "/desk", "/texts", "/log", "/accounts", "/imports"})


PLACES = {"attempt": str(uuid.uuid4()), "login": "reiko", "purpose": "opening", "kind": "script", "key": "reminder"}


async def test_the_floor_is_that_of_the_group_and_a_wider_right_ends_the_stream(office: Office) -> None:
    rig, page = office.rig, office.page
    seats = [
        operator(rig, "op01", "talking", account="taro", group="tax", call=office.tax),
        operator(rig, "op02", "talking", account="hanako", group="insurance", call=office.insurance),
        operator(rig, "op03", "talking", account="jiro", group=None, call=office.both),
    ]
    calls = [
        call(rig, office.tax, Stage.TALKING, group="tax", operator="op01"),
        call(rig, office.insurance, Stage.TALKING, group="insurance", operator="op02"),
        call(rig, office.both, Stage.TALKING, group="insurance", operator="op03"),
    ]
    whole = floor(rig, operators=seats, calls=calls)
    async with followed(page) as stream:
        await tell(rig, whole)
        _, told = await next_event(stream, "floor")
        assert told["limited"] == ["tax"]
        assert [(one["phone"], one["call"]) for one in told["operators"]] == [("op01", office.tax), ("op03", None)]
        assert [(one["call"], one["debt"]) for one in told["calls"]] == [(office.tax, "市税")]
        text = json.dumps(told, ensure_ascii=False)
        cases = rig.do("SELECT id FROM cases ORDER BY id")
        assert [name for name in ("op02", "hanako", office.insurance, office.both, "insurance") if name in text] == []
        assert told["calls"][0]["case"] == cases[0]["id"]
        await rig.rig.grant("reiko", "supervisor")
        assert await next_event(stream, "locked") == ("locked", "ended")
    async with followed(page) as again:
        await until(lambda: rig.rig.app[FLOOR].content == {})
        await tell(rig, whole)
        _, told = await next_event(again, "floor")
        assert (told["limited"], len(told["operators"]), len(told["calls"])) == (None, 3, 3)


@pytest.mark.parametrize("what", ["talk", "group", "right", "limit"])
async def test_listening_ends_when_it_is_no_longer_within_the_right(office: Office, what: str) -> None:
    rig = office.rig
    rig.sit("reiko", "op04")
    rig.desk("op04", listens_to="op01", listens_how="listen")
    live = rig.rig.app[DESK].live
    await until(lambda: live.operators["op04"].listens_to == "op01")
    assert rig.orders == []
    match what:
        case "talk":
            rig.desk("op01", call_id=office.both)
        case "group":
            rig.desk("op01", group_key="insurance")
        case "right":
            await rig.rig.grant("reiko", "supervisor", granted=False)
        case _:
            await rig.rig.grant("reiko", "supervisor", groups=["insurance"])
    await until(lambda: rig.orders == [("op04", "stop_listening", {})])
    assert rig.do("SELECT by, ids FROM operation WHERE function = 'refuse'") == [{"by": "reiko", "ids": ["op01"]}]


async def test_who_takes_every_debt_kind_is_heard_only_while_they_talk_about_the_groups(office: Office) -> None:
    rig = office.rig
    rig.sit("reiko", "op04")
    rig.desk("op03", call_id=office.tax)
    live = rig.rig.app[DESK].live
    await until(lambda: live.operators["op03"].attempt == office.tax and live.desk_of("reiko") is not None)
    asked = {"to": "op03", "how": "listen"}
    assert (await office.page.ask("POST", "/floor/listen", json=asked)).status == 200
    rig.desk("op04", listens_to="op03", listens_how="listen")
    await until(lambda: live.operators["op04"].listens_to == "op03")
    rig.desk("op03", call_id=None, state="free")
    await until(lambda: rig.orders[-1:] == [("op04", "stop_listening", {})])


async def test_an_inspector_of_a_group_hears_it_and_changes_nothing(office: Office) -> None:
    rig = office.rig
    await rig.rig.person("kanshi", [], name="見本 監視")
    await rig.rig.grant("kanshi", "client_viewer", groups=["tax"])
    page = rig.rig.browser()
    assert (await page.sign_in("kanshi")).status == 200
    rig.sit("kanshi", "op04")
    await until(lambda: rig.rig.app[DESK].live.desk_of("kanshi") is not None)
    for to, how, status in (
        ("op01", "listen", 200),
        ("op01", "join", 403),
        ("op02", "listen", 403),
        ("op03", "listen", 403),
    ):
        answer = await page.ask("POST", "/floor/listen", json={"to": to, "how": how})
        assert answer.status == status, (to, how)
    asked = seat("op01", "end_talk", attempt=office.tax)
    assert (await page.ask("POST", "/floor/seats", json=asked)).status == 403
    assert rig.orders == [("op04", "listen", {"to": "op01", "how": "listen"})]
    text = await (await page.get("/floor")).text()
    assert ("担当グループ「市税」だけ" in text, "国民健康保険料" in text) == (True, False)


async def test_a_grant_is_limited_on_the_page_of_the_account_and_its_history_says_so(rig: DeskRig) -> None:
    boss = await rig.rig.visitor("boss", ["administrator"])
    await rig.rig.person("reiko", [])

    async def act(act: str, *groups: str, role: str = "supervisor") -> tuple[int, str]:
        seen = re.search(r'name="seen" value="([\d.]+)"', await (await boss.get("/accounts/reiko")).text())
        form = {
            "act": act,
            "role": role,
            "reason": "担当替え",
            "seen": seen[1] if seen else "",
            "group": " ".join(groups),
        }
        answer = await boss.ask("POST", "/accounts/reiko", form=form)
        return answer.status, await (
            await boss.get("/accounts/reiko")
        ).text() if answer.status == 303 else await answer.text()

    status, text = await act("grant", "tax")
    assert (status, text.count("（担当グループは市税のみ）")) == (303, 2), "in force, and in the history"
    assert (await act("grant", "tax", "insurance"))[0] == 303
    assert (await act("grant"))[0] == 303
    assert "市税" in (await act("revoke"))[1]
    for wrong, role, told in (("water", "supervisor", "「water」はありません"), ("tax", "operator", "限れません")):
        status, text = await act("grant", wrong, role=role)
        assert (status, told in text) == (422, True)
    assert rig.do("SELECT groups FROM account_grant WHERE login = 'reiko' ORDER BY id") == [
        {"groups": groups} for groups in (["tax"], ["tax", "insurance"], None, None)
    ]
    details = [
        one["detail"]
        for one in rig.do("SELECT detail FROM operation WHERE function IN ('grant', 'revoke') ORDER BY id")
    ]
    assert [(one.get("old"), one.get("new")) for one in details] == [
        *((None, "tax"), ("tax", "tax,insurance"), ("tax,insurance", "all")),
        (None, None),
    ]


async def test_grants_for_a_group_and_for_the_city_are_one_wider_right(rig: DeskRig) -> None:
    page = await led(rig)
    await rig.rig.grant("reiko", "client_viewer")
    assert (await page.get("/floor/day")).status == 200
    assert "この権限は担当グループ" in await (await page.get("/desk")).text()
    await rig.rig.grant("reiko", "operator")
    assert (await page.get("/desk")).status == 200
    found = (await visitor(rig, page)).limits
    assert {right.value for right in found} == {"supervise", "result_correct_others", "messages", "export"}
