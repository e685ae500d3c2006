"""The calendar page: a month as it is, what a change would do, entering it, and two who change it at once."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.adapters.store_rows import rows_of
from tests.web_rig import Browser, Rig, web_rig

CLOSE = {"day": "2026-12-17", "kind": "close", "reason": "庁舎の停電"}
CHANGES = "SELECT day::text, kind, pattern, reason, by FROM calendar_change ORDER BY id"


@pytest.fixture
async def rig(database_url: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with web_rig(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def boss(rig: Rig) -> Browser:
    return await rig.visitor("boss", ["administrator"], name="管理 一郎")


async def proposal(browser: Browser, **form: str) -> tuple[int, str]:
    await browser.get("/calendar?month=2026-12")
    answer = await browser.ask("POST", "/calendar/proposal", form=form)
    return answer.status, await answer.text()


def seen(text: str) -> str:
    found = re.search(r'name="seen" value="(\d+)"', text)
    assert found is not None
    return found[1]


async def test_a_month_is_shown_with_its_patterns_hours_and_warnings(boss: Browser) -> None:
    text = await (await boss.get("/calendar?month=2026-12")).text()
    assert "長岡市の暦 2026年12月" in text
    assert text.count('class="calendar-day"') == 31
    assert "架電 " in text
    assert "変更はありません。" in text


async def test_what_a_change_does_is_shown_and_nothing_is_entered(boss: Browser, database_url: str) -> None:
    status, text = await proposal(boss, **CLOSE)
    assert status == 200
    part = text[text.index("登録すると、こう変わります") : text.index('id="month-title"')]
    assert "12月17日（木）" in part
    assert "庁舎の停電" in part
    assert "「受付中」が「次の受付は、12月18日、金曜日" in part
    assert rows_of(database_url, CHANGES) == []


async def test_it_is_entered_as_it_was_shown_and_kept_in_the_history_and_in_the_log(
    boss: Browser, database_url: str
) -> None:
    _, text = await proposal(boss, **CLOSE)
    answer = await boss.ask("POST", "/calendar", form=CLOSE | {"seen": seen(text)})
    assert (answer.status, answer.headers["Location"]) == (303, "/calendar?month=2026-12&day=2026-12-17")
    assert rows_of(database_url, CHANGES) == [("2026-12-17", "close", None, "庁舎の停電", "boss")]
    shown = await (await boss.get(answer.headers["Location"])).text()
    assert "庁舎の停電" in shown[shown.index("この月の変更の履歴") :]
    ((ids, detail),) = rows_of(database_url, "SELECT ids, detail FROM operation WHERE function = 'agree'")
    assert ids == ["2026-12-17"]
    assert detail["20261217_new"] == "closed"
    assert detail["20261217_old"] == "09:00-20:00"


async def test_restored_it_is_as_the_profile_says_and_the_history_has_both(boss: Browser, database_url: str) -> None:
    before = await (await boss.get("/calendar?month=2026-12")).text()
    for change in (CLOSE, CLOSE | {"kind": "restore", "reason": "停電の取りやめ"}):
        _, text = await proposal(boss, **change)
        assert (await boss.ask("POST", "/calendar", form=change | {"seen": seen(text)})).status == 303
    assert [row[1] for row in rows_of(database_url, CHANGES)] == ["close", "restore"]
    after = await (await boss.get("/calendar?month=2026-12")).text()
    assert grid(after).replace('<span class="sheet-mark">変更</span>', "").count("休業") == grid(before).count("休業")


def grid(text: str) -> str:
    return text[text.index("calendar-grid") : text.index('id="quota-title"')]


async def test_of_two_who_change_it_at_once_the_second_looks_again(rig: Rig, boss: Browser, database_url: str) -> None:
    other = await rig.visitor("other", ["administrator"], name="管理 二郎")
    _, text = await proposal(boss, **CLOSE)
    _, others = await proposal(other, **CLOSE | {"day": "2026-12-18"})
    first = await other.ask("POST", "/calendar", form=CLOSE | {"day": "2026-12-18", "seen": seen(others)})
    second = await boss.ask("POST", "/calendar", form=CLOSE | {"seen": seen(text)})
    assert (first.status, second.status) == (303, 409)
    told = await second.text()
    assert "ほかの方が暦を変更しました" in told
    assert [row[0] for row in rows_of(database_url, CHANGES)] == ["2026-12-18"]
    assert (await boss.ask("POST", "/calendar", form=CLOSE | {"seen": seen(told)})).status == 303


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"day": "2026-02-30"}, "読めません"),
        ({"day": "2026-11-24"}, "過ぎた日"),
        ({"day": ""}, "読めません"),
        ({"day": "2099-12-03"}, "祝日"),
        ({"kind": "burn"}, "変更の内容"),
        ({"reason": ""}, "理由を"),
        ({"reason": "長" * 201}, "理由を"),
        ({"kind": "open"}, "パターンを選んで"),
        ({"kind": "open", "pattern": "midnight"}, "パターン「midnight」はありません"),
        ({"kind": "open", "pattern": "weekday", "opens": "18:00", "closes_at": "09:00"}, "開始が終了より前"),
        ({"kind": "open", "pattern": "weekday", "opens": "18:00"}, "時間帯として読めません"),
        ({"debt": "tolls"}, "科目「tolls」はありません"),
    ],
)
async def test_what_cannot_be_is_said_in_one_line_and_changes_nothing(
    boss: Browser, database_url: str, change: dict[str, str], why: str
) -> None:
    for path in ("/calendar/proposal", "/calendar"):
        answer = await boss.ask("POST", path, form=CLOSE | change | {"seen": "0"})
        text = await answer.text()
        assert answer.status == 422
        assert why in text
    assert rows_of(database_url, CHANGES) == []


async def test_a_reason_is_no_script(boss: Browser) -> None:
    _, text = await proposal(boss, **CLOSE | {"reason": "<script>alert(1)</script>"})
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


async def test_who_may_only_look_changes_nothing(rig: Rig, database_url: str) -> None:
    viewer = await rig.visitor("viewer", ["client_viewer"])
    text = await (await viewer.get("/calendar?month=2026-12")).text()
    assert "日を変更する" not in text
    assert (await viewer.ask("POST", "/calendar", form=CLOSE | {"seen": "0"})).status == 403
    operator = await rig.visitor("hanako", ["operator"])
    assert (await operator.get("/calendar")).status == 403
    assert rows_of(database_url, CHANGES) == []


async def test_a_month_nobody_knows_the_holidays_of_is_not_there(boss: Browser) -> None:
    assert (await boss.get("/calendar?month=2099-01")).status == 404
    assert (await boss.get("/calendar?month=nonsense")).status == 200
