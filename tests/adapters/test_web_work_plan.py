"""The page of the work plan: a table with what it would change, single months, and two who change it at once."""

import html
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from aiohttp import FormData

from tests.adapters.store_rows import rows_of
from tests.niigata_plan import PRINTED, SUM_IS_WRONG
from tests.plan_rig import plan_rig
from tests.web_rig import Browser, Rig

TABLE = {"year": "2026", "text": PRINTED, "reason": ""}
CELL = {
    "year": "2026",
    "subject": "city_tax",
    "channel": "calls",
    "month": "2026-11",
    "planned": "4,800",
    "reason": "協議による",
}
ENTRIES = "SELECT subject, channel, month::text, planned, reason, by FROM work_plan ORDER BY id"
COUNT = "SELECT count(*) FROM work_plan"


@pytest.fixture
async def rig(database_url: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with plan_rig(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def reiko(rig: Rig) -> Browser:
    return await rig.visitor("reiko", ["supervisor"], name="見本 礼子")


def seen(text: str) -> str:
    found = re.search(r'name="seen" value="(\d+)"', text)
    assert found is not None
    return found[1]


async def sent(browser: Browser, path: str, form: Mapping[str, str]) -> tuple[int, str]:
    answer = await browser.ask("POST", path, form=form)
    return answer.status, html.unescape(await answer.text())


async def test_a_printed_table_is_shown_with_what_it_changes_and_entered_with_a_reason(
    reiko: Browser, database_url: str
) -> None:
    status, text = await sent(reiko, "/plan/proposal", TABLE)
    assert status == 200
    part = text[text.index("登録すると、こう変わります") : text.index('id="year-title"')]
    assert "表の12行のうち、120件の計画が変わります" in part
    assert SUM_IS_WRONG in part
    assert rows_of(database_url, COUNT) == [(0,)]
    form = TABLE | {"seen": seen(text), "reason": "市の別表"}
    answer = await reiko.ask("POST", "/plan", form=form)
    assert (answer.status, answer.headers["Location"]) == (303, "/plan?year=2026")
    assert rows_of(database_url, COUNT) == [(120,)]
    shown = html.unescape(await (await reiko.get("/plan?year=2026")).text())
    assert "市税 架電 4月の計画（5,500）を変更する" in shown
    assert "SMSの送信は、このシステムに記録がありません" in shown
    assert "64,000" in shown
    ((ids, count, detail),) = rows_of(
        database_url, "SELECT ids, count, detail FROM operation WHERE function = 'import'"
    )
    assert (ids, count, list(detail)) == (["2026"], 120, ["sha256"])
    _, again = await sent(reiko, "/plan/proposal", TABLE)
    assert "今の計画と同じです" in again


async def test_a_table_may_come_as_a_file_of_the_usual_program_for_tables(reiko: Browser, database_url: str) -> None:
    await reiko.get("/plan")
    form = FormData({"token": reiko.token, "year": "2026", "text": ""})
    form.add_field("file", "科目,種別,11月\n市税,架電,4500\n".encode("cp932"), filename="計画.csv")
    answer = await reiko.session.post(
        f"{reiko.rig.origin}/plan/proposal", data=form, headers={"Accept": "text/html", "Origin": reiko.rig.origin}
    )
    assert answer.status == 200
    assert "市税 架電 2026年11月" in await answer.text()
    assert rows_of(database_url, COUNT) == [(0,)]


async def test_one_month_is_changed_with_a_reason_and_both_plans_stay_in_the_history_and_in_the_log(
    reiko: Browser, database_url: str
) -> None:
    for planned, reason in (("4,800", "協議による"), ("４５００", "市の指示"), ("", "取りやめ")):
        text = await (await reiko.get("/plan?year=2026&cell=city_tax.calls.2026-11")).text()
        assert '<option value="2026-11" selected>' in text
        status, _ = await sent(reiko, "/plan/cell", CELL | {"planned": planned, "reason": reason, "seen": seen(text)})
        assert status == 303
    assert [row[3:5] for row in rows_of(database_url, ENTRIES)] == [
        (4_800, "協議による"),
        (4_500, "市の指示"),
        (None, "取りやめ"),
    ]
    logged = rows_of(database_url, "SELECT ids, detail FROM operation WHERE function = 'plan' ORDER BY id")
    assert logged[1] == (["city_tax.calls.2026-11"], {"old": 4_800, "new": 4_500})
    shown = await (await reiko.get("/plan?year=2026")).text()
    history = shown[shown.index('id="history-title"') :]
    assert history.index("取りやめ") < history.index("市の指示") < history.index("協議による")


async def test_of_two_who_change_it_at_once_the_second_is_told_and_nothing_is_changed(
    rig: Rig, reiko: Browser, database_url: str
) -> None:
    other = await rig.visitor("other", ["supervisor"], name="見本 次郎")
    _, looked = await sent(reiko, "/plan/proposal", TABLE)
    number = seen(await (await other.get("/plan")).text())
    assert (await sent(other, "/plan/cell", CELL | {"seen": number}))[0] == 303
    for path, form in (("/plan", TABLE | {"reason": "市の別表"}), ("/plan/cell", CELL | {"planned": "1"})):
        status, told = await sent(reiko, path, form | {"seen": seen(looked)})
        assert status == 409
        assert "ほかの方が計画を変更しました" in told
    assert rows_of(database_url, ENTRIES) == [("city_tax", "calls", "2026-11-01", 4_800, "協議による", "other")]
    assert (await sent(reiko, "/plan", TABLE | {"reason": "市の別表", "seen": seen(told)}))[0] == 303


@pytest.mark.parametrize(
    ("path", "form", "why"),
    [
        ("/plan/proposal", TABLE | {"text": ""}, "ファイルを選ぶか、表を貼り付けて"),
        ("/plan/proposal", TABLE | {"text": "こんにちは"}, "見出しは"),
        ("/plan/proposal", TABLE | {"year": "昨年"}, "年度が分かりません"),
        ("/plan/proposal", TABLE | {"text": "科目,種別,4月\n<b>,架電,1\n"}, "「<b>」はありません"),
        ("/plan/proposal", TABLE | {"text": "x" * 100_001}, "表が大きすぎます"),
        ("/plan", TABLE, "理由を200文字以内で"),
        ("/plan", TABLE | {"reason": "\x1b"}, "理由を"),
        ("/plan/cell", CELL | {"reason": " "}, "理由を"),
        ("/plan/cell", CELL | {"reason": "長" * 201}, "理由を"),
        ("/plan/cell", CELL | {"planned": "多数"}, "件数は0以上の整数"),
        ("/plan/cell", CELL | {"planned": "-1"}, "件数は0以上の整数"),
        ("/plan/cell", CELL | {"planned": ""}, "計画は今と同じです"),
        ("/plan/cell", CELL | {"subject": "tolls"}, "科目、種別、月を選んで"),
        ("/plan/cell", CELL | {"channel": "fax"}, "科目、種別、月を選んで"),
        ("/plan/cell", CELL | {"month": "2026-13"}, "科目、種別、月を選んで"),
        ("/plan/cell", CELL | {"month": "1999-01"}, "科目、種別、月を選んで"),
    ],
)
async def test_what_cannot_be_is_said_in_one_line_and_changes_nothing(
    reiko: Browser, database_url: str, path: str, form: dict[str, str], why: str
) -> None:
    await reiko.get("/plan")
    answer = await reiko.ask("POST", path, form=form | {"seen": "0"})
    text = await answer.text()
    assert answer.status == 422
    assert "<b>」" not in text
    (alert,) = re.findall(r'<div class="wrong" role="alert">(.*?)</div>', text, re.DOTALL)
    assert alert.count("<p>") == 1
    assert why in html.unescape(alert)
    assert rows_of(database_url, COUNT) == [(0,)]


async def test_who_may_only_look_changes_nothing(rig: Rig, reiko: Browser, database_url: str) -> None:
    number = seen(await (await reiko.get("/plan")).text())
    await sent(reiko, "/plan/cell", CELL | {"seen": number})
    for login, role in (("viewer", "client_viewer"), ("audit", "auditor")):
        viewer = await rig.visitor(login, [role])
        text = await (await viewer.get("/plan?year=2026")).text()
        assert "4,800" in text
        assert "1か月の計画を変更する" not in text
        for path, form in (("/plan/cell", CELL), ("/plan", TABLE), ("/plan/proposal", TABLE)):
            assert (await viewer.ask("POST", path, form=form | {"seen": "1"})).status == 403
    operator = await rig.visitor("hanako", ["operator"])
    assert (await operator.get("/plan")).status == 403
    assert rows_of(database_url, COUNT) == [(1,)]


@pytest.mark.parametrize("query", ["?year=nonsense", "?cell=a.b.c", "?cell=", "?cell=city_tax.calls", "?year=1066"])
async def test_a_strange_address_shows_this_year(reiko: Browser, query: str) -> None:
    answer = await reiko.get(f"/plan{query}")
    assert answer.status == 200
    assert "新潟市の業務計画と実績 2026年度" in await answer.text()
