"""`dialer shifts`: a plan in and out, all of it or nothing, with its row in the log of operations."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from dialer.calendar_commands import CannotAnswer
from dialer.config import Settings
from dialer.profiles import load_city
from dialer.shift_commands import import_shifts, list_shifts
from tests.adapters.store_rows import CITY, NOW, rows_of

CITY_OF = load_city(CITY)
FIRST, LAST = date(2026, 12, 1), date(2026, 12, 2)
PLAN = """日付,ログインID,区分,開始,終了
2026-12-01,hanako,勤務,09:00,17:00
2026-12-01,hanako,休憩,12:00,13:00
2026-12-02,hanako,勤務,09:00,12:00
"""


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO city (key, name) VALUES ('nagaoka', '長岡市') ON CONFLICT DO NOTHING")
        for login in ("hanako", "gone", "elsewhere"):
            connection.execute(
                "INSERT INTO account (login, name, suspended, created_at, left_at) VALUES (%s, '見本', %s, %s, %s)",
                [login, login == "gone", NOW, NOW if login == "gone" else None],
            )
        for login in ("hanako", "gone"):
            connection.execute(
                "INSERT INTO account_grant (login, city, role, granted, starts_at, reason, by, at)"
                " VALUES (%s, 'nagaoka', 'operator', true, %s, '見本', 'root', %s)",
                [login, NOW, NOW],
            )
    return Settings(database_url=SecretStr(database_url), state_dir=tmp_path)


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    file = tmp_path / "plan.csv"
    file.write_bytes(text.encode(encoding))
    return file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
async def test_a_plan_is_taken_over_and_the_same_again_changes_nothing(
    settings: Settings, tmp_path: Path, encoding: str, database_url: str
) -> None:
    file = written(tmp_path, PLAN, encoding)
    for _ in range(2):
        done = await import_shifts(settings, CITY_OF, file, "kanri", datetime.now(UTC))
        assert "長岡市 2026-12-01～2026-12-02（2日）: 1人の勤務・休憩の計画 3行で置き換えました" in done.as_text()
        shown = await list_shifts(settings, CITY_OF, FIRST, LAST)
        assert shown.as_text().splitlines()[1] == "2026-12-01 hanako 休憩 12:00～13:00"
        assert [one["kind"] for one in json.loads(json.dumps(shown.as_dict()))["times"]] == ["work", "break", "work"]
    logged = rows_of(database_url, "SELECT by, function, what, count FROM operation")
    assert logged == [("kanri", "import", "shift_plan", 3)] * 2


async def test_another_plan_replaces_the_days_that_it_names_and_no_other(settings: Settings, tmp_path: Path) -> None:
    await import_shifts(settings, CITY_OF, written(tmp_path, PLAN), "kanri", NOW)
    header = PLAN.splitlines()[0]
    await import_shifts(
        settings, CITY_OF, written(tmp_path, f"{header}\n2026-12-01,hanako,勤務,13:00,17:00\n"), "kanri", NOW
    )
    times = (await list_shifts(settings, CITY_OF, FIRST, LAST)).as_text()
    assert times == "2026-12-01 hanako 勤務 13:00～17:00\n2026-12-02 hanako 勤務 09:00～12:00"
    assert (await list_shifts(settings, CITY_OF, date(2026, 12, 3), date(2026, 12, 3))).as_text() == "計画はありません"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PLAN.replace("hanako", "taro"), "この市の担当者ではないログインID: taro"),
        (PLAN.replace("hanako", "gone"), "この市の担当者ではないログインID: gone"),
        (PLAN.replace("hanako", "elsewhere"), "この市の担当者ではないログインID: elsewhere"),
        (PLAN.replace("17:00", "07:00"), "plan.csv 行 2 列「終了」: 開始より後の時刻を書いてください"),
        (PLAN + '"', "CSVとして読めません"),
        ("", "見出しは"),
    ],
)
async def test_what_is_wrong_is_told_and_nothing_is_changed(
    settings: Settings, tmp_path: Path, text: str, said: str, database_url: str
) -> None:
    await import_shifts(settings, CITY_OF, written(tmp_path, PLAN), "kanri", NOW)
    with pytest.raises(CannotAnswer) as told:
        await import_shifts(settings, CITY_OF, written(tmp_path, text), "kanri", NOW)
    assert said in str(told.value)
    assert str(told.value).endswith("取込は行っていません。")
    assert rows_of(database_url, "SELECT count(*) FROM planned_time") == [(3,)]


async def test_a_file_that_is_not_there_or_is_no_text_is_told_in_one_line(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(CannotAnswer, match=r"plan\.csv No such file"):
        await import_shifts(settings, CITY_OF, tmp_path / "plan.csv", "kanri", NOW)
    file = tmp_path / "plan.csv"
    file.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(CannotAnswer, match="文字コードは"):
        await import_shifts(settings, CITY_OF, file, "kanri", NOW)
