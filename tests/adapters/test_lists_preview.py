"""A look at what a list would come to: it tells what then comes, touches nothing, and holds only while it is true."""

import os
import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dialer.config import Settings, load_settings
from dialer.list_commands import Wish, import_list
from dialer.list_words import ListTaken
from dialer.profiles import load_city

NOW = datetime(2026, 11, 18, 1, 0, tzinfo=UTC)
CITY = load_city("nagaoka")
HEADERS = {
    "shizei": "宛名番号,氏名,フリガナ,区分,滞納額,電話番号1,電話番号2",
    "shuno": "宛名番号,科目,収納日",
    "teishi": "宛名番号,科目,停止日",
    "rireki": "宛名番号,電話番号,架電日,架電結果",
}
TABLES = ("person", "phone_number", "cases", "case_event", "person_flag", "import_run")


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return load_settings(state_dir=tmp_path / "var", database_url=database_url, city="nagaoka")


def content(settings: Settings) -> list[list[tuple[object, ...]]]:
    assert settings.database_url is not None
    with psycopg.connect(settings.database_url.get_secret_value()) as connection:
        queries = (f"SELECT * FROM {table} ORDER BY id" for table in TABLES)
        return [connection.execute(query.encode()).fetchall() for query in queries]


def invented(layout: str, chance: random.Random) -> list[str]:
    """Of few people, so that the lists meet."""
    people = chance.sample(range(1, 13), chance.randrange(1, 9))
    match layout:
        case "shizei":
            return [
                f"{one:05},見本 {chance.choice('一二')}郎,ミホン,{chance.choice('12')},{chance.choice((9, 12))}000,"
                f"0258-00-10{one:02},{chance.choice(('', f'0258-00-20{one:02}'))}"
                for one in people
            ]
        case "rireki":
            return [f"{one:05},0258-00-{chance.choice((10, 30))}{one:02},2026-10-20,留守番電話" for one in people]
        case _:
            return [f"{one:05},{chance.choice(('', '市税'))},20261118" for one in people]


@pytest.mark.parametrize("seed", range(4))
async def test_what_a_look_tells_is_what_comes_and_it_changes_nothing(
    settings: Settings, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    for layout in ("shizei", *chance.choices(tuple(HEADERS), k=7)):
        file = tmp_path / f"{layout}.csv"
        file.write_text("\r\n".join([HEADERS[layout], *invented(layout, chance), ""]), "utf-8-sig", newline="")
        wish = Wish(file, layout, None, skip_bad=False, by="clerk-1")
        before = content(settings)
        looked = await import_list(settings, CITY, replace(wish, rehearses=True), NOW)
        assert (content(settings), looked.as_dict()["taken"]) == (before, False)
        taken = await import_list(settings, CITY, replace(wish, expected=looked.digest), NOW)
        assert (taken.counts, taken.differences, taken.digest) == (looked.counts, looked.differences, looked.digest)
        assert taken.as_dict()["taken"] is True


async def test_what_is_not_true_any_more_is_not_taken_over(settings: Settings, tmp_path: Path) -> None:
    async def take(rows: str, **how: Any) -> ListTaken:
        file = tmp_path / "shizei.csv"
        file.write_text(f"{HEADERS['shizei']}\r\n{rows}\r\n", "utf-8-sig", newline="")
        return await import_list(settings, CITY, replace(Wish(file, "shizei", None, False, "clerk-1"), **how), NOW)

    row = "00001,見本 一郎,ミホン,1,12000,0258-00-1001,"
    looked = await take(row, rehearses=True)
    await take(row.replace("12000", "9000"))
    before = content(settings)
    late = await take(row, expected=looked.digest)
    assert (late.outdated, late.as_dict()["taken"], content(settings)) == (True, False, before)
    assert (late.counts["added"], late.counts["changed"]) == (0, 1)
    assert (await take(row, expected=late.digest)).as_dict()["taken"] is True


async def test_a_file_whose_name_is_no_text_is_taken_over(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"\x96\xbc\x95\xeb.csv")
    file.write_text(f"{HEADERS['shizei']}\r\n00001,見本,ミホン,1,12000,0258-00-1001,\r\n", "utf-8-sig", newline="")
    taken = await import_list(settings, CITY, Wish(file, "shizei", None, skip_bad=False, by="clerk-1"), NOW)
    assert (taken.counts["added"], content(settings)[-1][0][-1]) == (1, "????.csv")
