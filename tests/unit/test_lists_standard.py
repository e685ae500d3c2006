"""A clerk's list: what is read, what is told of a bad row, and that nothing is guessed."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.city import City
from dialer.core.values import PhoneNumber
from dialer.lists.cases import ReadList, read_cases
from dialer.lists.rows import CaseRow, Problem
from dialer.lists.standard import STANDARD
from dialer.profiles import load_city

HEADER = "宛名番号,氏名,カナ,科目,金額,電話番号1,電話番号2"
GOOD = "00012345,見本　花子,ミホン　ハナコ,市税,12300,0258-00-1234,090-0123-4567"


@pytest.fixture(scope="module")
def city() -> City:
    return load_city("nagaoka")


def written(folder: Path, *lines: str, encoding: str = "utf-8", header: str = HEADER) -> Path:
    path = folder / "納付.csv"
    path.write_bytes("\r\n".join([header, *lines, ""]).encode(encoding))
    return path


def read(path: Path, city: City, *, simulated: bool = True) -> tuple[tuple[CaseRow, ...], tuple[Problem, ...]]:
    found = read_list(path, city, simulated=simulated)
    return found.rows, found.problems


def read_list(path: Path, city: City, *, simulated: bool = True) -> ReadList[CaseRow]:
    return read_cases(path, city, STANDARD, simulated=simulated)


def told(folder: Path, city: City, *lines: str, **how: str) -> list[str]:
    return [str(problem) for problem in read(written(folder, *lines, **how), city)[1]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_list_is_read_as_excel_saves_it(encoding: str, tmp_path: Path, city: City) -> None:
    line = '００１２３４５,髙﨑　花子,ﾀｶｻｷ ﾊﾅｺ,市税,"１２,３００円",０２５８－００－１２３４,'
    rows, problems = read(written(tmp_path, line, encoding=encoding), city)
    assert problems == ()
    wanted = CaseRow(2, "0012345", "髙﨑　花子", "タカサキ ハナコ", "city_tax", 12_300, (PhoneNumber("0258001234"),))
    assert [replace(row, raw=()) for row in rows] == [wanted]


def test_columns_may_stand_in_any_order_and_rows_may_be_empty(tmp_path: Path, city: City) -> None:
    path = written(
        tmp_path, "0258001234,city_tax,1,ミホン,見本,A-1", ",,,,,", header="電話番号１,科目,金額, カナ ,氏名,宛名番号"
    )
    rows, problems = read(path, city)
    assert (problems, [row.address_key for row in rows]) == ((), ["A-1"])


def test_a_number_given_twice_is_tried_once(tmp_path: Path, city: City) -> None:
    rows, _ = read(written(tmp_path, GOOD.replace("090-0123-4567", "０２５８（００）１２３４")), city)
    assert rows[0].numbers == ("0258001234",)


BAD_CELLS = [
    ("電話番号1", "0258-00-1234", "0120-000-000", '"0120-000-000" は着信課金番号のため架電できません'),
    ("電話番号2", "090-0123-4567", "186-090-0123-4567", "先頭の 186"),
    ("電話番号2", "090-0123-4567", "9001234567", "09001234567 ではありませんか"),
    ("電話番号1", "0258-00-1234,090-0123-4567", ",", "電話番号が1つもありません"),
    ("科目", "市税", "国民健康保険料", "「国民健康保険料」という科目はありません。市税 のいずれかに"),
    ("科目", "市税", "", "空です"),
    ("金額", "12300", "12,300.5", "列の数が違います"),
    ("金額", "12300", "1万円", "金額として読めません"),
    ("金額", "12300", "12300.5", "金額として読めません"),
    ("金額", "12300", "-500", "金額として読めません"),
    ("金額", "12300", "0", "1円以上"),
    ("宛名番号", "00012345", "", "空です"),
    ("宛名番号", "00012345", "12 34", "英数字20桁まで"),
    ("氏名", "見本　花子", "", "空です"),
    ("氏名", "見本　花子", '=HYPERLINK("x")', "数式とみなされます"),
    ("氏名", "見本　花子", "@見本", "数式とみなされます"),
    ("氏名", "見本　花子", "見本\x07花子", "制御文字"),
    ("氏名", "見本　花子", '"見本\n花子"', "改行や制御文字"),
    ("氏名", "見本　花子", "\ue000田花子", "外字があります（〓田花子）"),
    ("氏名", "見本　花子", "見本\ufffd", "外字"),
    ("氏名", "見本　花子", "長" * 201, "200文字より長い"),
    ("カナ", "ミホン　ハナコ", "みほん", "カタカナ以外"),
    ("カナ", "ミホン　ハナコ", "見本花子", "カタカナ以外"),
]


@pytest.mark.parametrize(("column", "good", "bad", "said"), BAD_CELLS)
def test_a_bad_cell_is_told_in_one_line_with_its_row_and_column(
    column: str, good: str, bad: str, said: str, tmp_path: Path, city: City
) -> None:
    rows, problems = read(written(tmp_path, GOOD, GOOD.replace(good, bad).replace("00012345", "2")), city)
    if column == "宛名番号":
        rows, problems = read(written(tmp_path, GOOD, GOOD.replace(good, bad)), city)
    (line,) = map(str, problems)
    where = "納付.csv 行 3: " if said.startswith("列の数") else f"納付.csv 行 3 列「{column}」: "
    assert line.startswith(where)
    assert said in line
    assert "\n" not in line
    assert [row.row for row in rows] == [2], "the good row is still read"


def test_every_problem_of_a_list_is_told_at_once(tmp_path: Path, city: City) -> None:
    lines = [GOOD.replace("市税", "水道"), GOOD, GOOD.replace("12300", "x").replace("0258-00-1234", "110")]
    assert [line.split(":")[0] for line in told(tmp_path, city, *lines)] == [
        "納付.csv 行 2 列「科目」",
        "納付.csv 行 4 列「金額」",
        "納付.csv 行 4 列「電話番号1」",
    ]


def test_a_case_that_stands_twice_in_the_list_is_told_with_its_first_row(tmp_path: Path, city: City) -> None:
    (line,) = told(tmp_path, city, GOOD, GOOD)
    assert line.startswith("納付.csv 行 3 列「宛名番号」: 行 2 と同じ案件です")


def test_one_key_with_two_names_is_told(tmp_path: Path) -> None:
    city = load_city("sendai")
    debts = [debt.name for debt in city.debts[:2]]
    first, second = (GOOD.replace("市税", debt) for debt in debts)
    assert told(tmp_path, city, first, second) == []
    (line,) = told(tmp_path, city, first, second.replace("花子", "太郎"))
    assert line.startswith("納付.csv 行 3 列「氏名」: 行 2 と宛名番号が同じですが")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (HEADER.replace("科目,", ""), "納付.csv 列「科目」: 列がありません"),
        (HEADER.replace("電話番号2", "電話番号 2"), "納付.csv 列「電話番号 2」: 知らない列です"),
        (HEADER.replace("電話番号2", "電話番号1"), "納付.csv 列「電話番号1」: 同じ列が2つあります"),
        ("", "空のファイルです"),
    ],
)
def test_a_wrong_header_is_told_before_any_row_is_read(header: str, said: str, tmp_path: Path, city: City) -> None:
    (line,) = told(tmp_path, city, GOOD, header=header)
    assert said in line


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (HEADER.encode("utf-16"), "UTF-16"),
        (
            f"{HEADER}\n".encode() + "見本".encode("euc-jp") + b"\xff\xff",
            "UTF-8 でも CP932 でもありません（2 行目付近）",
        ),
        (b"\xef\xbb\xbf" + HEADER.encode("cp932"), "UTF-8 でも CP932 でもありません（1 行目付近）"),
        (f'{HEADER}\n"1,2,3'.encode(), "CSV として読めません"),
        (b"", "空のファイルです"),
        (f"{HEADER}\n".encode(), "案件の行がありません"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_one_line(content: bytes, said: str, tmp_path: Path, city: City) -> None:
    path = tmp_path / "納付.csv"
    path.write_bytes(content)
    found = read_list(path, city, simulated=True)
    assert found.is_unreadable
    (line,) = map(str, found.problems)
    assert said in line


def test_a_file_that_is_not_there_is_told_in_one_line(tmp_path: Path, city: City) -> None:
    (problem,) = read_list(tmp_path / "無い.csv", city, simulated=True).problems
    assert str(problem).startswith("無い.csv: ファイルを読めません")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_bad_rows_are_written_beside_the_list_as_they_were(encoding: str, tmp_path: Path, city: City) -> None:
    bad = '7,"髙﨑, 花子",ﾀｶｻｷ,水道,1,0258001234,'
    found = read_list(written(tmp_path, GOOD, bad, encoding=encoding), city, simulated=True)
    beside = found.write_rows([problem.row for problem in found.problems if problem.row])
    assert beside == tmp_path / "納付-取込不可.csv"
    with beside.open(encoding=encoding, newline="") as file:
        assert list(csv.reader(file)) == [HEADER.split(","), ["7", "髙﨑, 花子", "ﾀｶｻｷ", "水道", "1", "0258001234", ""]]
    assert beside.stat().st_mode & 0o777 == 0o600
    assert found.write_rows([2]).name == "納付-取込不可-2.csv", "an earlier file is kept"


def test_numbers_that_nobody_owns_are_refused_for_a_real_carrier(tmp_path: Path, city: City) -> None:
    rows, problems = read(written(tmp_path, GOOD), city, simulated=False)
    assert rows == ()
    assert [problem.column for problem in problems] == ["電話番号1", "電話番号2"]
    assert all("使われていない番号帯" in problem.what for problem in problems)
