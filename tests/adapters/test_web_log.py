"""The page of the logs: who may see it, what it finds, that looking is itself logged, and that refusals are."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from dialer.core.rights import SignInKind
from dialer.store.staff_logs import LogEntry, SignInEntry
from tests.adapters.store_rows import rows_of
from tests.web_rig import NOW, Browser, Rig, web_rig

TODAY = {"since": "2026-11-25T00:00", "until": "2026-11-26T00:00"}


@pytest.fixture
async def rig(database_url: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with web_rig(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def auditor(rig: Rig) -> Browser:
    browser = await rig.visitor("kansa", ["auditor"], name="監査 一郎")
    await browser.get("/password")
    return browser


async def used(rig: Rig, by: str, function: str = "view", case: int = 4711, **more: object) -> None:
    entry = {"at": rig.clock.now(), "city": "nagaoka", "session": None, "count": 1, **more}
    await rig.parts.logs.operation(
        LogEntry(by=by, function=function, what="case", ids=[str(case)], took_ms=12.0, **entry)  # type: ignore[arg-type]
    )


async def found(browser: Browser, **form: str) -> str:
    answer = await browser.ask("POST", "/log", form={"log": "operation", **TODAY, **form})
    text = await answer.text()
    assert answer.status == 200, text
    return text.partition("<tbody>")[2]


@pytest.mark.parametrize(
    ("role", "status"), [("auditor", 200), ("administrator", 200), ("supervisor", 403), ("operator", 403)]
)
async def test_only_auditors_and_administrators_see_it(rig: Rig, role: str, status: int) -> None:
    browser = await rig.visitor("hanako", [role])
    assert (await browser.get("/log")).status == status


async def test_a_page_that_was_refused_is_in_the_log(rig: Rig, auditor: Browser, database_url: str) -> None:
    browser = await rig.visitor("hanako", ["operator"])
    await browser.get("/log")
    assert rows_of(database_url, "SELECT by, function, what, ids FROM operation") == [
        ("hanako", "refuse", "page", ["log"])
    ]
    assert "拒否" in await found(auditor, by="hanako")


async def test_so_is_the_page_of_another_city(rig: Rig, database_url: str) -> None:
    await rig.person("hanako", ["supervisor"], city="kurume")
    browser = rig.browser()
    await browser.sign_in("hanako")
    assert (await browser.get("/floor")).status == 403
    assert rows_of(database_url, "SELECT city, by, function, what, ids FROM operation") == [
        ("kurume", "hanako", "refuse", "city", ["floor"])
    ]


async def test_it_is_searched_by_person_function_case_and_time(rig: Rig, auditor: Browser) -> None:
    await used(rig, "hanako", case=4711)
    await used(rig, "taro", case=4712)
    await used(rig, "taro", "update", case=4711)
    await used(rig, "taro", case=4713, at=NOW - timedelta(days=2))
    await rig.know_city("kurume")
    await used(rig, "jiro", city="kurume")
    everything = await found(auditor)
    assert [one in everything for one in ("4711", "4712", "4713", "jiro")] == [True, True, False, False]
    assert "4712" not in (await found(auditor, by="hanako")).replace("kansa", "")
    assert re.findall(r"案件 (\d+)", await found(auditor, by="taro", case="4711")) == ["4711"]
    assert re.findall(r"<td>(更新|参照)</td>", await found(auditor, by="taro", function="update")) == ["更新"]
    assert "4713" in await found(auditor, since="2026-11-23T00:00", until="2026-11-24T00:00")


async def test_each_search_is_itself_in_the_log(rig: Rig, auditor: Browser, database_url: str) -> None:
    await used(rig, "hanako")
    await found(auditor, by="hanako", case="4711", function="view")
    await found(auditor, by="見本 花子")
    told = rows_of(
        database_url, "SELECT by, function, what, count, detail FROM operation WHERE by = 'kansa' ORDER BY id"
    )
    assert [one[:4] for one in told] == [("kansa", "search", "log", 1), ("kansa", "search", "log", 0)]
    assert (told[0][4]["by"], told[0][4]["case"], told[0][4]["function"]) == ("hanako", "4711", "view")
    assert "by" not in told[1][4]


async def test_a_page_at_a_time_back_to_the_first(rig: Rig, auditor: Browser) -> None:
    for number in range(120):
        await used(rig, "hanako", case=1000 + number)
    seen: list[str] = []
    before = ""
    while True:
        answer = await auditor.ask("POST", "/log", form={"log": "operation", **TODAY, "by": "hanako", "before": before})
        text = await answer.text()
        seen += re.findall(r"案件 (\d+)", text.partition("<tbody>")[2])
        if not (older := re.search(r'name="before" value="(\d+)"', text)):
            break
        before = older[1]
    assert seen == [str(1000 + number) for number in reversed(range(120))]


async def test_sign_ins_are_those_of_the_city_and_of_nobody_known(rig: Rig, auditor: Browser) -> None:
    await rig.person("jiro", ["operator"], city="kurume")
    logs = rig.parts.logs
    await logs.sign_in(SignInEntry(NOW, SignInKind.REFUSED, "192.0.2.7", 1.0, "jiro", None, "wrong_password"))
    await logs.sign_in(SignInEntry(NOW, SignInKind.REFUSED, "192.0.2.8", 1.0, None, None, "unknown_login"))
    told = await found(auditor, log="sign_in")
    assert [one in told for one in ("kansa", "jiro", "192.0.2.8", "知らないログインID")] == [True, False, True, True]


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"case": "abc"}, "案件番号は数字で入力してください。"),
        ({"since": "2026-11-26T00:00", "until": "2026-11-25T00:00"}, "始まりを終わりより前に"),
    ],
)
async def test_what_cannot_be_searched_is_told(auditor: Browser, form: dict[str, str], told: str) -> None:
    answer = await auditor.ask("POST", "/log", form={"log": "operation", **TODAY, **form})
    assert (answer.status, told in await answer.text()) == (422, True)


@pytest.mark.parametrize(
    "form",
    [
        {"by": "'; DROP TABLE operation; --"},
        {"by": "<script>alert(1)</script>"},
        {"function": "{{7*7}}", "before": "9" * 30},
        {"since": "0001-01-01T00:00", "until": "9999-12-31T23:59"},
        {"since": "x", "until": "2026-11-26T00:00+14:00"},
        {"log": "account_password", "before": "-1"},
    ],
)
async def test_what_is_typed_stays_text(auditor: Browser, form: dict[str, str]) -> None:
    answer = await auditor.ask("POST", "/log", form={**TODAY, **form})
    text = await answer.text()
    assert answer.status in (200, 422)
    assert "<script>alert" not in text
    assert "argon2" not in text


async def test_unusual_use_is_told_at_the_top(rig: Rig, auditor: Browser) -> None:
    await rig.person("hanako", name="見本 花子")
    await used(rig, "hanako", count=200)
    await used(rig, "hanako", at=NOW - timedelta(hours=8))
    for _ in range(3):
        await used(rig, "hanako", "refuse")
    for _ in range(10):
        await rig.parts.logs.sign_in(
            SignInEntry(NOW, SignInKind.REFUSED, "192.0.2.7", 1.0, None, None, "unknown_login")
        )
    text = await (await auditor.get("/log")).text()
    notices = re.sub(r"\s+", " ", text.partition("確認が必要な利用")[2].partition("検索</h2>")[0])
    for told in (
        "1時間の参照が多い</strong> 見本 花子（hanako） 11月25日 10:00～10:15 200件（基準 150件）",
        "業務時間外の利用</strong> 見本 花子（hanako） 11月25日 02:00",
        "拒否された操作</strong> 見本 花子（hanako） 11月25日 10:00～10:15 3件（基準 3件）",
        "パスワードの失敗</strong> 192.0.2.7（192.0.2.7） 11月25日 10:00～10:15 10件（基準 10件）",
    ):
        assert told in notices
