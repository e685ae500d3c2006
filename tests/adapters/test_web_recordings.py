"""The pages of recordings: who finds and hears them, what the log says of it, and what cannot be heard."""

import asyncio
import hashlib
import os
import re
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientPayloadError

from dialer.core.recording_rules import RecordingRules
from dialer.media.recordings import Kept, remove
from dialer.profiles import load_city
from tests.adapters.store_rows import put_case, put_person
from tests.books import of_two_groups, weekdays
from tests.desk_rig import DeskRig, desk_rig
from tests.recorded_talks import folder_of, keys_of, recorded
from tests.stores import leading_store
from tests.tapes import wav
from tests.web_rig import Browser

TODAY = {"first": "2026-11-25", "last": "2026-11-25"}
OWN = RecordingRules(on=True, keep_days=90, recorders=32, own_talks=True, clause="見本")


@pytest_asyncio.fixture
async def rig(database_url: str, tmp_path: Path) -> AsyncIterator[DeskRig]:
    city = replace(load_city("nagaoka"), recordings=OWN)
    async with leading_store(database_url) as store, desk_rig(store, database_url, tmp_path, city=city) as opened:
        for login in ("hanako", "jiro"):
            await opened.rig.person(login, name=f"担当 {login}")
        yield opened


@pytest_asyncio.fixture
async def chief(rig: DeskRig) -> Browser:
    return await rig.operator("reiko", ("supervisor",))


def logged(rig: DeskRig, *functions: str) -> list[dict[str, Any]]:
    return rig.do(
        "SELECT by, function, ids, count, detail FROM operation"
        " WHERE what = 'recording' AND function = ANY(%(functions)s) ORDER BY seq",
        functions=list(functions),
    )


async def found(browser: Browser, **form: str) -> list[str]:
    answer = await browser.ask("POST", "/recordings", form={**TODAY, **form})
    assert answer.status == 200, await answer.text()
    return re.findall(r'href="/recordings/([0-9a-f-]{36})"', await answer.text())


async def test_a_recording_is_found_by_day_person_operator_and_length_and_no_person_is_named(
    rig: DeskRig, chief: Browser
) -> None:
    long = await recorded(rig, 9.0)
    short = await recorded(rig, 2.0, by="jiro")
    (case,) = rig.do("SELECT case_id, person.address_key FROM attempt JOIN cases ON cases.id = case_id"
                     " JOIN person ON person.id = person_id WHERE attempt.id = %(id)s", id=long)  # fmt: skip
    page = await (await chief.get("/recordings")).text()
    assert (long in page, short in page, "見本 太郎" in page, "0258001234" in page) == (True, True, False, False)
    assert "025800****" in page
    for form, wanted in (
        ({}, {long, short}),
        ({"by": "jiro"}, {short}),
        ({"by": "nobody"}, set()),
        ({"case": str(case["case_id"])}, {long}),
        ({"person": case["address_key"]}, {long}),
        ({"debt": "city_tax"}, {long, short}),
        ({"debt": "gold"}, {long, short}),
        ({"shortest": "5"}, {long}),
        ({"longest": "5"}, {short}),
        ({"first": "2026-11-24", "last": "2026-11-24"}, set()),
    ):
        assert set(await found(chief, **form)) == wanted, form
    searches = logged(rig, "search")
    assert searches[0]["count"] == 2
    assert set(searches[0]["ids"]) == {long, short}
    assert not any(case["address_key"] in str(one["detail"]) for one in searches), "a person's key is no word of ours"


async def test_who_may_hear_and_who_may_not(rig: DeskRig) -> None:
    talk = await recorded(rig)
    for login, role in (("boss", "administrator"), ("shi", "client_viewer"), ("kansa", "auditor")):
        browser = await rig.operator(login, (role,))
        allowed = 403 if role == "auditor" else 200
        for path in ("", f"/{talk}", f"/{talk}/wave", f"/{talk}/sound"):
            assert (await browser.get(f"/recordings{path}")).status == allowed, (role, path)
        exported = await browser.ask("POST", f"/recordings/{talk}/file", form={})
        assert exported.status == 403, "nobody of these may export"
        if role == "client_viewer":
            for act in ("hold", "delete"):
                answer = await browser.ask("POST", f"/recordings/{talk}/{act}", form={"act": act, "reason": "x"})
                assert answer.status == 403, act


async def test_an_operator_hears_their_own_talks_where_the_city_wants_that_and_no_others(rig: DeskRig) -> None:
    own, other = await recorded(rig), await recorded(rig, by="jiro")
    browser = rig.rig.browser()
    assert (await browser.sign_in("hanako")).status == 200
    assert await found(browser) == [own]
    assert await found(browser, by="jiro") == [own]
    assert (await browser.get(f"/recordings/{own}/sound")).status == 200
    for path in ("", "/sound", "/wave"):
        assert (await browser.get(f"/recordings/{other}{path}")).status == 404
    assert (await browser.ask("POST", f"/recordings/{own}/hold", form={"act": "hold", "reason": "x"})).status == 403


async def test_within_a_group_only_calls_about_nothing_else_are_found_and_heard(
    database_url: str, tmp_path: Path
) -> None:
    book = of_two_groups(weekdays(), {})
    city = replace(book.city, recordings=OWN)
    async with (
        leading_store(database_url) as store,
        desk_rig(store, database_url, tmp_path, book=replace(book, city=city), city=city) as rig,
    ):
        rig.do(
            "INSERT INTO debt_kind (city, key, name, department, caller_id)"
            " SELECT city, 'insurance', '国民健康保険料', department, '0258009002' FROM debt_kind"
        )
        for login in ("hanako", "reiko"):
            await rig.rig.person(login, [])
        tax, insurance, both = [await recorded(rig) for _ in range(3)]
        person = put_person(rig.url, "0258001005")
        rig.do(
            "UPDATE cases SET debt_kind_id = (SELECT id FROM debt_kind WHERE key = 'insurance')"
            " WHERE id = (SELECT case_id FROM attempt WHERE id = %(call)s)",
            call=insurance,
        )
        rig.do(
            "INSERT INTO call_case (call_id, case_id, city) VALUES (%(call)s, %(case)s, 'nagaoka')",
            call=both,
            case=put_case(rig.url, person, debt="insurance"),
        )
        await rig.rig.grant("reiko", "supervisor", groups=["tax"])
        browser = rig.rig.browser()
        assert (await browser.sign_in("reiko")).status == 200
        assert await found(browser) == [tax]
        for form in ({"debt": "insurance"}, {"by": "hanako"}, {"by": "reiko"}):
            assert set(await found(browser, **form)) <= {tax}, form
        assert "hanako</option>" not in await (await browser.get("/recordings")).text()
        for other in (insurance, both):
            for path in ("", "/sound", "/wave"):
                assert (await browser.get(f"/recordings/{other}{path}")).status == 404, path
            assert (await browser.ask("POST", f"/recordings/{other}/file", form={})).status == 404
        for path in ("", "/sound", "/wave"):
            assert (await browser.get(f"/recordings/{tax}{path}")).status == 200, path
        assert (await browser.ask("POST", f"/recordings/{tax}/file", form={})).status == 200
        for act in ("hold", "delete"):
            form = {"act": act, "reason": "x"}
            assert (await browser.ask("POST", f"/recordings/{tax}/{act}", form=form)).status == 403
        await rig.rig.grant("reiko", "operator")
        assert await found(browser) == [tax], "who takes calls for all hears what the right to hear reaches"
        await rig.rig.grant("reiko", "client_viewer")
        assert set(await found(browser)) == {tax, insurance, both}


async def test_an_operator_hears_nothing_where_the_city_does_not_say_so(database_url: str, tmp_path: Path) -> None:
    async with leading_store(database_url) as store, desk_rig(store, database_url, tmp_path) as rig:
        browser = await rig.operator("hanako")
        assert (await browser.get("/recordings")).status == 403
        (refused,) = rig.do("SELECT by, ids FROM operation WHERE function = 'refuse'")
        assert refused == {"by": "hanako", "ids": ["recordings"]}


async def test_any_part_is_sent_as_it_was_spoken_and_one_hearing_is_one_row_of_the_log(
    rig: DeskRig, chief: Browser
) -> None:
    talk = await recorded(rig, 9.0)
    with Kept(folder_of(rig), keys_of(rig), talk) as kept:
        whole = wav(kept)
    size = len(whole)
    for asked, first, last in (("0-", 0, size - 1), ("100000-200000", 100_000, 200_000), ("-10", size - 10, size - 1)):
        answer = await chief.get(f"/recordings/{talk}/sound?hearing=one", headers={"Range": f"bytes={asked}"})
        assert (answer.status, answer.headers["Content-Range"]) == (206, f"bytes {first}-{last}/{size}")
        assert (answer.content_type, answer.headers["Cache-Control"]) == ("audio/wav", "no-store")
        assert await answer.read() == whole[first : last + 1]
    plain = await chief.get(f"/recordings/{talk}/sound?hearing=two")
    assert (plain.status, await plain.read()) == (200, whole)
    behind = await chief.get(f"/recordings/{talk}/sound", headers={"Range": f"bytes={size}-"})
    assert (behind.status, behind.headers["Content-Range"]) == (416, f"bytes */{size}")
    head = await chief.ask("HEAD", f"/recordings/{talk}/sound")
    assert (head.status, head.headers["Content-Length"]) == (200, str(size))
    told = {"by": "reiko", "function": "hear", "ids": [talk], "count": 1, "detail": None}
    assert logged(rig, "hear") == [told, told]


async def test_what_was_heard_is_told_in_seconds_and_nonsense_is_not(rig: DeskRig, chief: Browser) -> None:
    talk = await recorded(rig)
    await chief.get(f"/recordings/{talk}")
    assert (await chief.ask("POST", f"/recordings/{talk}/heard", json={"from": "1", "to": "3"})).status == 200
    nonsense: list[object] = [{}, [], {"from": 1}, {"from": "3", "to": "1"}, {"from": "-1", "to": "2"}]
    for wrong in (*nonsense, {"from": "a", "to": "9" * 9}):
        assert (await chief.ask("POST", f"/recordings/{talk}/heard", json=wrong)).status == 422, wrong
    assert [one["detail"] for one in logged(rig, "heard")] == [{"from": 1, "to": 3}]


async def test_an_export_is_for_who_may_export_and_the_log_has_the_sum_of_the_file(
    rig: DeskRig, chief: Browser
) -> None:
    talk = await recorded(rig)
    await chief.get(f"/recordings/{talk}")
    answer = await chief.ask("POST", f"/recordings/{talk}/file", form={})
    content = await answer.read()
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{talk}.wav"'
    (entry,) = logged(rig, "export")
    assert entry["detail"] == {"sha256": hashlib.sha256(content).hexdigest()}


async def test_a_recording_that_is_deleted_is_gone_and_leaves_when_by_whom_and_why(rig: DeskRig) -> None:
    talk = await recorded(rig)
    boss = await rig.operator("boss", ("administrator",))
    page = await (await boss.get(f"/recordings/{talk}")).text()
    assert "削除する（元に戻せません）" in page
    assert (await boss.ask("POST", f"/recordings/{talk}/delete", form={"reason": " "})).status == 422
    both = [boss.ask("POST", f"/recordings/{talk}/delete", form={"reason": "本人の求め"}) for _ in range(2)]
    assert sorted(answer.status for answer in await asyncio.gather(*both)) == [303, 409]
    assert list(folder_of(rig).glob("*.rec")) == []
    (row,) = rig.do("SELECT file, seconds, key_id, deleted_by, deleted_why FROM recording")
    assert row == {"file": None, "seconds": None, "key_id": None, "deleted_by": "boss", "deleted_why": "本人の求め"}
    assert [(one["by"], one["ids"]) for one in logged(rig, "delete")] == [("boss", [talk])]
    page = await (await boss.get(f"/recordings/{talk}")).text()
    assert "bossが削除（本人の求め）" in page
    assert "recording.js" not in page
    for path in ("sound", "wave"):
        assert (await boss.get(f"/recordings/{talk}/{path}")).status == 410
    assert await found(boss) == [talk], "the stub is found"


async def test_what_is_held_is_not_deleted_until_somebody_releases_it(rig: DeskRig, chief: Browser) -> None:
    talk = await recorded(rig)
    boss = await rig.operator("boss", ("administrator",))
    for browser in (chief, boss):
        await browser.get(f"/recordings/{talk}")
    hold = f"/recordings/{talk}/hold"
    assert (await chief.ask("POST", hold, form={"act": "hold", "reason": ""})).status == 422
    assert (await chief.ask("POST", hold, form={"act": "keep", "reason": "x"})).status == 422
    assert (await chief.ask("POST", hold, form={"act": "hold", "reason": "苦情の申立て"})).status == 303
    assert (await boss.ask("POST", hold, form={"act": "hold", "reason": "同じ"})).status == 409
    refused = await boss.ask("POST", f"/recordings/{talk}/delete", form={"reason": "整理"})
    assert (refused.status, "保存の指定があるため" in await refused.text()) == (409, True)
    assert len(list(folder_of(rig).glob("*.rec"))) == 1
    assert (await boss.ask("POST", hold, form={"act": "release"})).status == 303
    assert (await boss.ask("POST", f"/recordings/{talk}/delete", form={"reason": "整理"})).status == 303
    assert [one["function"] for one in logged(rig, "hold", "release", "delete")] == ["hold", "release", "delete"]


@pytest.mark.parametrize("what", ["gone", "cut", "changed", "key", "open key"])
async def test_what_cannot_be_heard_is_told_in_a_sentence(what: str, rig: DeskRig, chief: Browser) -> None:
    talk = await recorded(rig, 9.0)
    path, keys = folder_of(rig) / f"{talk}.rec", rig.rig.parts.settings.recording_key_file
    match what:
        case "gone":
            path.unlink()
        case "cut":
            os.truncate(path, 100_000)
        case "changed":
            path.write_bytes(path.read_bytes()[:-1] + b"?")
        case "key":
            keys.unlink()
        case "open key":
            keys.chmod(0o644)
    told = {
        "gone": (404, "録音のファイルがありません。"),
        "cut": (409, "壊れているか、書き換えられています。"),
        "changed": (409, "壊れているか、書き換えられています。"),
        "key": (409, "）がありません。鍵のファイルを控えから戻すと聞けます。"),
        "open key": (409, "録音の鍵のファイルが使えません。"),
    }
    for part in ("sound", "wave"):
        answer = await chief.get(f"/recordings/{talk}/{part}")
        assert answer.status == told[what][0]
        assert told[what][1] in await answer.text()
    assert (await chief.get(f"/recordings/{talk}")).status == 200, "what is known of the call is shown all the same"
    assert logged(rig, "hear") == []


async def test_a_sound_that_turns_out_to_be_changed_ends_before_its_end(rig: DeskRig, chief: Browser) -> None:
    talk = await recorded(rig, 9.0)
    path = folder_of(rig) / f"{talk}.rec"
    content = bytearray(path.read_bytes())
    content[150_000] ^= 1
    path.write_bytes(content)
    answer = await chief.get(f"/recordings/{talk}/sound")
    with pytest.raises(ClientPayloadError):
        await answer.read()


@pytest.mark.parametrize("what", ["deleted", "signed out"])
async def test_a_sound_ends_when_it_is_deleted_or_whoever_hears_it_has_gone(
    what: str, rig: DeskRig, chief: Browser
) -> None:
    talk = await recorded(rig, 600.0)  # more than the network holds back
    await chief.get(f"/recordings/{talk}")
    answer = await chief.get(f"/recordings/{talk}/sound")
    assert answer.status == 200
    if what == "deleted":
        remove(folder_of(rig), talk)
    else:
        assert (await chief.ask("POST", "/sign-out", form={})).status == 303
    with pytest.raises(ClientPayloadError):
        await answer.read()


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"first": "2026-11-26"}, 422),
        ({"case": "x"}, 422),
        ({"shortest": "-1"}, 422),
        ({"longest": "9" * 30}, 422),
        ({"first": "0001-01-01", "last": "9999-12-31"}, 200),
        ({"by": "'; DROP TABLE recording; --", "person": "<script>alert(1)</script>"}, 200),
        ({"debt": "{{7*7}}", "skip": "9" * 18}, 200),
    ],
)
async def test_what_is_typed_stays_text(form: dict[str, str], status: int, rig: DeskRig, chief: Browser) -> None:
    await recorded(rig)
    await chief.get("/recordings")
    answer = await chief.ask("POST", "/recordings", form={**TODAY, **form})
    assert (answer.status, "<script>alert" in await answer.text()) == (status, False)


async def test_a_recording_of_another_city_or_of_nobody_is_not_there(rig: DeskRig, chief: Browser) -> None:
    await recorded(rig)
    await rig.rig.know_city("sendai")
    foreign = str(uuid.uuid4())
    rig.do("INSERT INTO call VALUES (%(id)s, 'sendai', 'attempt')", id=foreign)
    rig.do(
        "INSERT INTO recording (call_id, city, at, file, seconds) VALUES (%(id)s, 'sendai', now(), %(file)s, 1)",
        id=foreign,
        file=f"{foreign}.rec",
    )
    for one in (foreign, str(uuid.uuid4()), "1", "..%2f..%2fetc%2fpasswd"):
        for path in ("", "/sound", "/wave"):
            assert (await chief.get(f"/recordings/{one}{path}")).status == 404
    assert foreign not in await found(chief, first="2020-01-01", last="2030-01-01")


async def test_the_page_says_how_much_more_fits_and_a_call_of_the_day_leads_to_its_recording(
    rig: DeskRig, chief: Browser
) -> None:
    talk = await recorded(rig, 9.0)
    page = await (await chief.get("/recordings")).text()
    assert "通話を録音しています。通話の日から90日を過ぎた録音は、自動で削除します" in page
    assert re.search(r"空きは[\d,]+時間分、1台あたり[\d,]+時間分（32台）。.*（必要 100時間）", page)
    listed = await (await chief.get("/floor/day/calls?figure=talks")).text()
    assert f'href="/recordings/{talk}"' in listed
