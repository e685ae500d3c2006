"""`dialer plan`: a plan in and out, all of it or nothing, earlier ones kept, with its row in the log of operations."""

import hashlib
import json
import os
from datetime import date
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from dialer.calendar_commands import CannotAnswer
from dialer.config import ROOT, Settings
from dialer.profiles import load_city
from dialer.store import work_plans
from dialer.store.database import Database
from dialer.work_plan_commands import PlanImported, Why, import_plan, list_plan, show_plan
from tests.adapters.store_rows import NOW, rows_of
from tests.niigata_plan import PRINTED, SUM_IS_WRONG
from tests.typing_here import typed_here

CITY = load_city("niigata")
WHY = Why("市の別表", "kanri", NOW)
COUNT = "SELECT count(*) FROM work_plan"


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(database_url=SecretStr(database_url), state_dir=tmp_path)


async def imported(settings: Settings, text: str, *, preview: bool = False, why: Why = WHY) -> PlanImported:
    file = settings.state_dir / "plan.csv"
    file.write_bytes(text.encode("cp932", errors="replace") if "—" not in text else text.encode())
    return await import_plan(settings, CITY, file, 2026, why, preview=preview)


async def test_a_printed_table_is_taken_over_and_the_same_again_changes_nothing(
    settings: Settings, database_url: str
) -> None:
    preview = await imported(settings, PRINTED, preview=True)
    assert preview.as_text().startswith(f"注意: {SUM_IS_WRONG}\n市税 架電 2026年4月: － → 5,500\n")
    assert preview.as_text().endswith("新潟市 2026年度: 12行のうち、120件の計画が変わります。登録は行っていません。")
    assert rows_of(database_url, f"{COUNT} UNION ALL SELECT count(*) FROM operation") == [(0,), (0,)]
    done = await imported(settings, PRINTED)
    assert done.as_text().endswith("12行のうち、120件の計画を登録しました。")
    assert (await imported(settings, PRINTED)).changed == ()
    assert rows_of(database_url, COUNT) == [(120,)]
    logged = rows_of(database_url, "SELECT by, function, what, ids, count, detail FROM operation ORDER BY id")
    sum_ = {"sha256": hashlib.sha256(PRINTED.encode()).hexdigest()}
    assert logged == [("kanri", "import", "work_plan", ["2026"], count, sum_) for count in (120, 0)]


async def test_another_plan_changes_only_what_it_names_and_the_earlier_one_stays_readable(
    settings: Settings, database_url: str
) -> None:
    await imported(settings, PRINTED)
    await imported(settings, "科目,種別,4月,5月\n市税,架電,6000,－\n", why=Why("協議による", "reiko", NOW))
    now = (await list_plan(settings, CITY, 2026, history=False)).as_dict()["entries"]
    of_calls = {one["month"]: one for one in now if (one["subject"], one["channel"]) == ("city_tax", "calls")}
    assert (of_calls["2026-04"]["planned"], of_calls["2026-04"]["by"]) == (6_000, "reiko")
    assert "2026-05" not in of_calls
    assert of_calls["2026-06"]["planned"] == 6_800
    before = (await list_plan(settings, CITY, 2026, history=True)).as_text()
    assert "市税 架電 2026年4月: 5,500（市の別表。kanri" in before
    assert "市税 架電 2026年5月: －（協議による。reiko" in before
    for statement in ("UPDATE work_plan SET planned = 1", "DELETE FROM work_plan", "TRUNCATE work_plan"):
        with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            connection.execute(statement)
    assert rows_of(database_url, COUNT) == [(122,)]


async def test_it_is_shown_against_what_was_done_and_what_is_not_recorded_has_no_figure(settings: Settings) -> None:
    await imported(settings, PRINTED)
    shown = await show_plan(settings, CITY, 2026, date(2026, 11, 24))
    rows = {(row["subject"], row["channel"]): row for row in json.loads(json.dumps(shown.as_dict()))["rows"]}
    assert len(rows) == 12
    assert (rows["insurance", "sms"]["planned"], rows["insurance", "sms"]["actual"]) == (2_700, None)
    assert rows["insurance", "sms"]["not_counted"] == "SMSの送信は、このシステムに記録がありません"
    assert rows["city_tax", "calls"]["planned"] == 64_000
    assert "市税 架電（計画/実績）: 4月 5,500/－" in shown.as_text()
    assert (await show_plan(settings, CITY, 2030, date(2026, 11, 24))).as_text() == "新潟市 2030年度の計画はありません"


@pytest.mark.parametrize(
    ("text", "why", "said"),
    [
        ("科目,種別,11月\n水道料,架電,1\n", WHY, "plan.csv 行 2 列「科目」: 「水道料」はありません"),
        ("科目,種別,11月\n市税,架電,1\n市税,FAX,1\n", WHY, "plan.csv 行 3 列「種別」"),
        ("x" * 100_001, WHY, "plan.csv 大きすぎます。100 KBまで"),
        ("科目,種別,11月\n市税,架電,1\n", Why(" ", "kanri", NOW), "--reason に理由を書いてください"),
    ],
)
async def test_what_is_wrong_is_told_and_nothing_is_changed(
    settings: Settings, text: str, why: Why, said: str, database_url: str
) -> None:
    with pytest.raises(CannotAnswer) as told:
        await imported(settings, text, why=why)
    assert said in str(told.value)
    assert str(told.value).endswith("行っていません。")
    assert rows_of(database_url, COUNT) == [(0,)]


async def test_whoever_did_not_see_the_newest_plan_enters_nothing(settings: Settings, database_url: str) -> None:
    await imported(settings, "科目,種別,11月\n市税,架電,1\n")
    database = Database(database_url)
    try:
        assert not await database.ask(lambda connection: work_plans.enter(connection, CITY.key, [], 0))
        assert await database.ask(lambda connection: work_plans.enter(connection, CITY.key, [], 1))
    finally:
        await database.close()


def test_all_of_it_is_typed_on_the_command_line(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "plan.csv"
    file.write_text("科目,種別,11月\n市税,架電,4500\n", encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("YOBIKAKE_")}
    given = {"PYTHONPATH": str(ROOT), "YOBIKAKE_STATE_DIR": str(tmp_path), "YOBIKAKE_DATABASE_URL": database_url}

    def typed(*words: str) -> tuple[int, str, str]:
        return typed_here({**kept, **given}, "plan", *words, "--city", "niigata")

    code, said, _ = typed("import", str(file), "--year", "2026", "--preview")
    assert (code, "市税 架電 2026年11月: － → 4,500" in said) == (0, True)
    code, _, wrong = typed("import", str(file), "--year", "2026")
    assert (code, wrong.strip()) == (1, "--reason に理由を書いてください。変更は行っていません。")
    assert typed("import", str(file), "--year", "2026", "--reason", "市の別表", "--by", "kanri")[0] == 0
    assert "市税 架電 2026年11月: 4,500（市の別表。kanri" in typed("list", "--year", "2026", "--history")[1]
    code, said, _ = typed("show", "--year", "2026", "--json")
    assert (code, json.loads(said)["rows"][0]["planned"]) == (0, 4_500)
    assert typed("show", "--year", "1066")[0] == 2
