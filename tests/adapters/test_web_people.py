"""The search of persons and the page of one: what is found, who sees how much, and that each look is in the log."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from dialer.store.postgres import PostgresStore
from tests.adapters.store_rows import put_case, put_person, rows_of
from tests.desk_rig import AMOUNTS, DeskRig, desk_rig
from tests.web_rig import Browser

LOGGED = "SELECT function, what, ids, count, detail FROM operation WHERE by = 'hanako' ORDER BY id"


@pytest.fixture
async def rig(store: PostgresStore, database_url: str, tmp_path: Path) -> AsyncIterator[DeskRig]:
    async with desk_rig(store, database_url, tmp_path) as opened:
        yield opened


async def visitor(rig: DeskRig, role: str) -> Browser:
    browser = await rig.rig.visitor("hanako", [role])
    await browser.get("/password")
    return browser


async def found(browser: Browser, words: str, **more: str) -> str:
    answer = await browser.ask("POST", "/people", form={"words": words, **more})
    assert answer.status == 200
    return await answer.text()


@pytest.mark.parametrize(
    ("role", "search", "person"),
    [
        ("operator", 200, 200),
        ("supervisor", 200, 200),
        ("client_viewer", 200, 200),
        ("visitor", 403, 200),
        ("auditor", 403, 403),
        ("administrator", 403, 403),
        ("data_handler", 403, 403),
    ],
)
async def test_who_searches_and_who_only_looks(rig: DeskRig, role: str, search: int, person: int) -> None:
    rig.person()
    ((id_,),) = rows_of(rig.url, "SELECT id FROM person")
    browser = await visitor(rig, role)
    assert [(await browser.get("/people")).status, (await browser.get(f"/people/{id_}")).status] == [search, person]


async def test_a_search_and_a_look_are_in_the_log_without_what_was_typed(rig: DeskRig) -> None:
    case = rig.person()
    browser = await visitor(rig, "supervisor")
    text = await found(browser, "みほん")
    assert ("見本 太郎" in text, "…1234" in text, "0258001234" in text) == (True, True, False)
    ((id_,),) = rows_of(rig.url, "SELECT id FROM person")
    assert (await browser.get(f"/people/{id_}")).status == 200
    assert rows_of(rig.url, LOGGED) == [
        ("search", "case", [str(case)], 1, {"by": "name"}),
        ("view", "case", [str(case)], 1, None),
    ]


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"words": "あ"}, "2文字以上"),
        ({"words": "12", "way": "number"}, "4桁以上"),
        ({"words": "見本", "way": "case"}, "案件番号は数字"),
        ({"words": "　"}, "2文字以上"),
    ],
)
async def test_what_cannot_be_searched_is_explained_and_stays_typed(
    rig: DeskRig, form: Mapping[str, str], told: str
) -> None:
    answer = await (browser := await visitor(rig, "operator")).ask("POST", "/people", form=form)
    text = await answer.text()
    assert (answer.status, told in text, form["words"].strip() in text) == (422, True, True)
    assert "hanako" not in browser.rig.parts.city.key
    assert rows_of(rig.url, LOGGED) == []


async def test_a_word_of_the_page_that_is_none_of_ours_counts_as_all(rig: DeskRig) -> None:
    rig.person()
    assert "見本 太郎" in await found(await visitor(rig, "operator"), "見本", way="x", debt="x'; --", state="x")


async def test_a_script_in_a_name_is_shown_as_its_letters(rig: DeskRig) -> None:
    rig.person(name="<script>alert(1)</script>見本", kana="ミホン")
    browser = await visitor(rig, "supervisor")
    ((id_,),) = rows_of(rig.url, "SELECT id FROM person")
    for text in (await found(browser, "ミホン"), await (await browser.get(f"/people/{id_}")).text()):
        assert "&lt;script&gt;alert(1)" in text
        assert "<script>alert" not in text


@pytest.mark.parametrize(
    ("role", "amounts", "whole_numbers"),
    [("operator", False, True), ("supervisor", True, True), ("client_viewer", True, False), ("visitor", False, False)],
)
async def test_amounts_and_numbers_are_for_whom_they_are_meant(
    rig: DeskRig, role: str, amounts: bool, whole_numbers: bool
) -> None:
    rig.person()
    browser = await visitor(rig, role)
    ((id_,),) = rows_of(rig.url, "SELECT id FROM person")
    text = await (await browser.get(f"/people/{id_}")).text()
    assert any(one in text for one in AMOUNTS) is amounts
    assert ("0258001234" in text) is whole_numbers


async def test_the_household_is_shown_across_debts_and_who_shares_a_telephone(rig: DeskRig) -> None:
    one = put_person(rig.url, "0258001111", household="77")
    other = put_person(rig.url, "0258002222", household="77")
    third = put_person(rig.url, "0258001111")
    put_person(rig.url, "0258003333", household="78")
    cases = [put_case(rig.url, person) for person in (one, other, third)]
    rig.do("UPDATE person SET name = '見本' || id")
    browser = await visitor(rig, "supervisor")
    text = await (await browser.get(f"/people/{one}")).text()
    assert (f"見本{other}" in text, f"見本{third}" in text, text.count("/people/")) == (True, True, 2)
    assert ("同じ世帯番号" in text, "同じ電話番号" in text, "2,000円" in text) == (True, True, True)
    assert rows_of(rig.url, LOGGED)[-1][2:4] == ([str(case) for case in cases], 3)


async def test_all_that_happened_stands_in_one_order_and_what_was_corrected_is_struck_through(rig: DeskRig) -> None:
    case = rig.person()
    browser = await visitor(rig, "supervisor")
    rig.rig.clock.pass_time(minutes=1)
    call = rig.ring(case)
    rig.do(
        "UPDATE attempt SET outcome = 'talked', reason = '', ended_by = 'far_end', evidence = '{}', ended_at = now()"
    )
    taped = "INSERT INTO recording (call_id, city, file, seconds, at) VALUES (%(id)s, 'nagaoka', %(file)s, 3, now())"
    rig.do(taped, id=call, file=f"{call}.wav")
    add = (
        "INSERT INTO talk_record (city, call_id, number, by, at, result, name, talker, detail, promise_day,"
        " promise_yen, promise_way, note, why)"
        " VALUES ('nagaoka', %(call)s, %(number)s, %(by)s, %(at)s, 'promised', %(name)s, 'self', '{}',"
        " '2026-12-01', %(yen)s, 'bank', %(note)s, %(why)s)"
    )
    now = rig.rig.clock.now()
    rig.do(add, call=call, number=1, by="sato", at=now, name="納付約束", yen=5000, note="一度目", why=None)
    rig.do(add, call=call, number=2, by="suzuki", at=now, name="納付誓約", yen=7000, note="二度目", why="聞き間違い")
    event = (
        "INSERT INTO case_event (city, case_id, at, kind, call_id, detail, by) VALUES ('nagaoka', %(case)s, %(at)s,"
        " %(kind)s, %(call)s, %(detail)s, 'list')"
    )
    talk = '{"talker": "self", "identity_confirmed": true, "script": "completed"}'
    rig.do(event, case=case, at=now, kind="talk", call=call, detail=talk)
    rig.do(event, case=case, at=now.replace(hour=3), kind="paid", call=None, detail="{}")
    rig.do(
        "INSERT INTO person_flag (city, person_id, kind, note, source, by, since, until, until_by)"
        " SELECT city, person_id, 'dv', '', 'person', 'kanri', %(at)s, %(until)s, 'kanri' FROM cases",
        at=now.replace(hour=4),
        until=now.replace(hour=5),
    )
    ((id_,),) = rows_of(rig.url, "SELECT id FROM person")
    text = await (await browser.get(f"/people/{id_}")).text()
    order = ["注意事項の解除", "注意事項の登録", "納付の確認", "スクリプト完了", "名簿の取込"]
    places = [text.index(one, text.index("経過")) for one in order]
    assert places == sorted(places)
    assert "<s>納付約束（本人、2026-12-01に納付約束" in text
    assert f'href="/desk/talks/{call}/slip"' in text
    assert f'href="/recordings/{call}"' in text
    assert ("訂正の理由：聞き間違い" in text, "<s>納付誓約" in text, "5,000円" in text) == (True, False, True)


async def test_who_is_not_there_is_said_and_noted(rig: DeskRig) -> None:
    browser = await visitor(rig, "operator")
    for id_ in ("1", "9" * 18):
        answer = await browser.get(f"/people/{id_}")
        assert (answer.status, "見つかりません" in await answer.text()) == (404, True)
    assert rows_of(rig.url, LOGGED) == [("refuse", "person", [one], 0, None) for one in ("1", "9" * 18)]


async def test_a_person_without_a_case_is_found_and_shown(rig: DeskRig) -> None:
    person = put_person(rig.url, "0258001111")
    browser = await visitor(rig, "supervisor")
    assert f"/people/{person}" in await found(browser, "1111")
    assert "案件はありません" in await (await browser.get(f"/people/{person}")).text()
    assert rows_of(rig.url, LOGGED)[-1][:3] == ("view", "person", [str(person)])
