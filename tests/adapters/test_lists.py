"""A city's files against a real Postgres: taken over whole, once, and acted on at once."""

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dialer.calendar_commands import CannotAnswer
from dialer.config import ROOT, Settings, load_settings
from dialer.list_commands import Wish, export_list, import_list
from dialer.list_words import ListTaken
from dialer.profiles import load_city

NOW = datetime(2026, 11, 18, 1, 0, tzinfo=UTC)  # ten in the morning of the first day of Nagaoka's round
CITY = load_city("nagaoka")
HEADER = "宛名番号,氏名,フリガナ,区分,滞納額,電話番号1,電話番号2"
TWO = (
    "00001,見本 一郎,ミホン イチロウ,1,12000,0258-00-1001,0900-0001-001",
    "00002,見本 二子,ミホン フタコ,2,340000,0258-00-1002,",
)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return load_settings(state_dir=tmp_path / "var", database_url=database_url, city="nagaoka")


class Desk:
    """A clerk with a folder of files."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings, self._folder = settings, folder

    async def takes(
        self, layout: str | None, header: str, rows: Sequence[str], encoding: str = "utf-8-sig", **more: Any
    ) -> ListTaken:
        file = self._folder / f"{layout or 'standard'}.csv"
        file.write_text("\r\n".join([header, *rows]) + "\r\n", encoding=encoding, newline="")
        wish = Wish(file, layout, more.get("round_"), more.get("skip_bad", False), "clerk-1")
        return await import_list(self._settings, CITY, wish, more.get("now", NOW))

    def asks(self, query: str) -> list[tuple[Any, ...]]:
        assert self._settings.database_url is not None
        with psycopg.connect(self._settings.database_url.get_secret_value()) as connection:
            return connection.execute(query.encode()).fetchall()

    def states(self) -> list[tuple[Any, ...]]:
        return self.asks(
            "SELECT person.address_key, cases.state, cases.held, cases.stale FROM cases "
            "JOIN person ON person.id = cases.person_id ORDER BY 1"
        )


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Desk:
    return Desk(settings, tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932"])
async def test_the_same_list_twice_changes_nothing(desk: Desk, encoding: str) -> None:
    first = await desk.takes("shizei", HEADER, TWO, encoding)
    assert (first.counts["added"], first.problems) == (2, ())
    before = desk.asks("SELECT * FROM cases ORDER BY id"), desk.asks("SELECT * FROM phone_number ORDER BY id")
    again = await desk.takes("shizei", HEADER, TWO, encoding)
    assert (again.counts["added"], again.counts["changed"], again.counts["unchanged"]) == (0, 0, 2)
    assert (desk.asks("SELECT * FROM cases ORDER BY id"), desk.asks("SELECT * FROM phone_number ORDER BY id")) == before
    assert [kind for (kind,) in desk.asks("SELECT layout FROM import_run ORDER BY id")] == ["shizei", "shizei"]


async def test_a_new_case_is_planned_at_once_for_its_first_call(desk: Desk) -> None:
    await desk.takes("shizei", HEADER, TWO)
    plans = desk.asks("SELECT plan_kind, slot, due_at <= TIMESTAMPTZ '2026-11-18T01:00Z', round_last::text FROM cases")
    assert plans == [("first", "wed.morning", True, "2026-11-27")] * 2


async def test_differences_are_listed_and_taken_over(desk: Desk) -> None:
    await desk.takes("shizei", HEADER, TWO)
    changed = TWO[0].replace("12000", "9000"), "00003,見本 三太,ミホン サンタ,1,5000,0258-00-1003,"
    found = await desk.takes("shizei", HEADER, changed)
    assert found.counts == {"added": 1, "changed": 1, "unchanged": 0, "closed": 0, "gone": 1, "numbers_added": 1}
    assert [one["what"] for one in found.differences] == ["changed", "gone"]
    assert "名簿からなくなった案件 1件" in found.as_text()
    assert desk.asks("SELECT amount_yen FROM cases ORDER BY id") == [(9000,), (340000,), (5000,)]


async def test_payments_and_stops_close_cases_before_the_command_returns(desk: Desk) -> None:
    await desk.takes("shizei", HEADER, TWO)
    paid = await desk.takes("shuno", "宛名番号,科目,収納日", ["00001,,20261118", "99999,,20261118"])
    stopped = await desk.takes("teishi", "宛名番号,科目,停止日", ["00002,市税,20261118"])
    assert desk.states() == [("00001", "paid", None, False), ("00002", "stopped", None, False)]
    assert (paid.counts["cases"], paid.counts["unknown_people"], stopped.counts["cases"]) == (1, 1, 1)
    again = await desk.takes("shuno", "宛名番号,科目,収納日", ["00001,,20261118"])
    assert (again.counts["cases"], again.counts["already"]) == (0, 1)
    reopened = await desk.takes("shizei", HEADER, TWO)
    assert reopened.counts["closed"] == 2
    assert [state for _, state, _, _ in desk.states()] == ["paid", "stopped"]


async def test_results_of_the_round_before_come_with_their_list(desk: Desk) -> None:
    await desk.takes("shizei", HEADER, TWO)
    rows = ["00001,0258-00-1001,2026-10-20,留守番電話", "00001,0258-00-9999,2026-10-20,応答なし"]
    found = await desk.takes("rireki", "宛名番号,電話番号,架電日,架電結果", rows)
    assert (found.counts["cases"], found.counts["unknown_numbers"]) == (1, 1)
    assert desk.asks("SELECT kind, detail ->> 'number', detail ->> 'result' FROM case_event") == [
        ("previous_round", "0", "machine")
    ]


async def test_a_bad_row_changes_nothing_until_bad_rows_may_be_skipped(desk: Desk) -> None:
    bad = "00003,見本 三太,ミホン サンタ,1,5000,0120-000-000,"
    refused = await desk.takes("shizei", HEADER, [*TWO, bad])
    assert refused.refused
    assert refused.as_text().splitlines() == [
        'shizei.csv 行 4 列「電話番号1」: "0120-000-000" は着信課金番号のため架電できません。'
        "行を直すか --skip-bad を付けてください。",
        "shizei.csv: 取込は行っていません。",
    ]
    assert desk.asks("SELECT count(*) FROM person") == [(0,)]
    skipped = await desk.takes("shizei", HEADER, [*TWO, bad], skip_bad=True)
    assert skipped.counts["added"] == 2
    assert skipped.bad_rows_in is not None
    assert skipped.bad_rows_in.read_text(encoding="utf-8-sig").splitlines() == [HEADER, bad]


async def test_a_list_goes_to_the_round_that_is_named(desk: Desk) -> None:
    await desk.takes("shizei", HEADER, TWO, round_="2026-12-16..2026-12-25")
    assert desk.asks("SELECT DISTINCT round_first::text, round_last::text FROM cases") == [("2026-12-16", "2026-12-25")]


@pytest.mark.parametrize(
    ("layout", "round_", "said"),
    [
        ("unknown", None, "形式「unknown」はありません"),
        ("kekka", None, "書き出し用"),
        ("shizei", "soon", "架電期間「soon」"),
    ],
)
async def test_a_wrong_wish_is_told_in_one_line(desk: Desk, layout: str, round_: str | None, said: str) -> None:
    with pytest.raises(CannotAnswer) as told:
        await desk.takes(layout, HEADER, TWO, round_=round_)
    assert said in str(told.value)
    assert "\n" not in str(told.value)


async def test_results_and_numbers_go_out_in_the_citys_layout_and_never_over_a_file(
    desk: Desk, settings: Settings, tmp_path: Path
) -> None:
    await desk.takes("shizei", HEADER, TWO)
    await desk.takes("teishi", "宛名番号,科目,停止日", ["00002,,20261118"])
    target = tmp_path / "out.csv"
    written = await export_list(settings, CITY, Wish(target, "kekka", None, False, "clerk-1"), NOW)
    rows = target.read_text(encoding="utf-8-sig").splitlines()
    assert (written.rows, len(rows), target.stat().st_mode & 0o777) == (2, 3, 0o600)
    assert [row.split(",")[:6] for row in rows[1:]] == [
        ["00001", "市税", "2026-11-18", "2026-11-27", "1", "0"],
        ["00002", "市税", "2026-11-18", "2026-11-27", "2", "3"],
    ]
    with pytest.raises(CannotAnswer, match="すでにあります"):
        await export_list(settings, CITY, Wish(target, "kekka", None, False, "clerk-1"), NOW)


async def test_what_came_in_cp932_goes_out_in_cp932_byte_for_byte(database_url: str, tmp_path: Path) -> None:
    """The file's own reference with letters of IBM's block, which Python alone would write in NEC's place."""
    city, settings = load_city("saitama"), load_settings(state_dir=tmp_path, database_url=database_url, city="saitama")
    reference = b"\xfb\xfc\xfa\xb1-0001"  # 髙﨑
    heading = "納税者番号,納税者氏名,納税者カナ,電話番号,携帯番号,課税年度,整理番号,納期限,滞納税額"
    row = "0000000001,見本 花子,ミホン ハナコ,0258-00-1234,,2026,{},2026/06/01,39500".encode("cp932")
    file = tmp_path / "jidosha.csv"
    file.write_bytes(b"\r\n".join([heading.encode("cp932"), row.replace(b"{}", reference), b""]))
    taken = await import_list(settings, city, Wish(file, "jidosha", "2026-11-18..2026-11-30", False, "clerk-1"), NOW)
    assert (taken.problems, taken.counts["added"]) == ((), 1)
    target = tmp_path / "kiroku.csv"
    written = await export_list(settings, city, Wish(target, "kiroku", None, False, "clerk-1"), NOW)
    assert (written.problems, written.rows) == ((), 1)
    line = target.read_bytes().split(b"\r\n")[1].split(b",")
    assert line[:3] == [b"0000000001", "自動車税".encode("cp932"), reference]


async def test_a_fixed_width_list_comes_back_in_the_fixed_width_of_the_results(
    database_url: str, tmp_path: Path
) -> None:
    city, settings = load_city("niigata"), load_settings(state_dir=tmp_path, database_url=database_url, city="niigata")
    person = ("0000000123", 10), ("20", 2), ("見本　花子", 40), ("ﾐﾎﾝ ﾊﾅｺ", 40), ("", 10)
    cells = (*person, ("0258-00-1234", 13), ("", 13), ("000012300", 9))
    file = tmp_path / "taisho.dat"
    file.write_bytes(b"".join(text.encode("cp932").ljust(width) for text, width in cells) + b"\r\n")
    wish = Wish(file, "taisho", "2026-11-18..2026-11-30", False, "clerk-1")
    first = await import_list(settings, city, wish, NOW)
    again = await import_list(settings, city, wish, NOW)
    assert (first.problems, first.counts["added"], again.counts["added"], again.counts["unchanged"]) == ((), 1, 0, 1)
    target = tmp_path / "keika.dat"
    await export_list(settings, city, Wish(target, "keika", None, False, "clerk-1"), NOW)
    assert target.read_bytes() == b"0000000123" + b"20" + b"0" + b"0" + b"00" + b" " * 65 + b"\r\n"


def test_a_refused_list_ends_the_command_with_1_and_names_its_row(tmp_path: Path) -> None:
    file = tmp_path / "納付.csv"
    file.write_text("宛名番号,氏名,カナ,科目,金額,電話番号1\n00001,見本,ミホン,市税,0,0258-00-1001\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "YOBIKAKE_STATE_DIR": str(tmp_path / "var")}
    words = [sys.executable, "-m", "dialer", "import", str(file), "--city", "nagaoka"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout.splitlines()[0].startswith("納付.csv 行 2 列「金額」: ")
    assert done.stdout.splitlines()[-1] == "納付.csv: 取込は行っていません。"
