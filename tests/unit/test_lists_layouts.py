"""Files in the cities' own layouts: fixed width, without a heading, several rows for one case, dates of eras."""

from datetime import date
from pathlib import Path

import pytest

from dialer.core.layout import Layout, LayoutKind, faults
from dialer.core.rules.happenings import Result
from dialer.lists.cases import read_cases
from dialer.lists.dates import read_date, write_date
from dialer.lists.orders import read_payments, read_results, read_stops
from dialer.lists.rows import CaseRow
from dialer.lists.writing import OutRow, render
from dialer.profiles import cities, load_city


def layout_of(city: str, key: str) -> Layout:
    found = load_city(city).layout(key)
    assert found is not None
    return found


def fixed(*cells: tuple[str, int]) -> bytes:
    return b"".join(text.encode("cp932").ljust(width) for text, width in cells)


def read(city: str, key: str, path: Path) -> tuple[CaseRow, ...]:
    found = read_cases(path, load_city(city), layout_of(city, key), simulated=True)
    assert found.problems == ()
    return found.rows


@pytest.mark.parametrize("key", cities())
def test_the_layouts_of_a_city_are_whole_and_each_city_has_lists_payments_stops_and_results(key: str) -> None:
    layouts = load_city(key).layouts
    assert [fault for layout in layouts for fault in faults(layout)] == []
    assert {LayoutKind.CASES, LayoutKind.PAYMENTS, LayoutKind.STOPS, LayoutKind.RESULTS, LayoutKind.NUMBERS} <= {
        layout.kind for layout in layouts
    }


def test_a_fixed_width_file_is_cut_by_bytes(tmp_path: Path) -> None:
    row = fixed(
        ("0000000123", 10),
        ("20", 2),
        ("見本　花子", 40),
        ("ﾐﾎﾝ ﾊﾅｺ", 40),
        ("0000000045", 10),
        ("0258-00-1234", 13),
        ("", 13),
        ("000012300", 9),
    )
    path = tmp_path / "taisho.dat"
    path.write_bytes(row + b"\r\n")
    (case,) = read("niigata", "taisho", path)
    assert (case.address_key, case.debt, case.name, case.kana) == (
        "0000000123",
        "national_health",
        "見本　花子",
        "ミホン ハナコ",
    )
    assert (case.household, case.numbers, case.amount_yen) == ("0000000045", ("0258001234",), 12300)


def test_a_fixed_width_row_that_is_cut_inside_a_character_is_told(tmp_path: Path) -> None:
    path = tmp_path / "taisho.dat"
    shifted = fixed(
        ("0000000123", 10), ("20", 2), ("あ" * 20, 40), ("ミホン", 40), ("", 10), ("0258001234", 13), ("", 13)
    )
    path.write_bytes(shifted[:13] + b"a" + shifted[13:] + b"000012300\r\n")
    found = read_cases(path, load_city("niigata"), layout_of("niigata", "taisho"), simulated=True)
    assert found.rows == ()
    assert all(problem.row == 1 for problem in found.problems)
    assert found.problems


def test_a_file_without_a_heading_is_read_by_place(tmp_path: Path) -> None:
    path = tmp_path / "saikoku.txt"
    path.write_text(
        "2\t00077\t見本　花子\tミホン　ハナコ\t45\t0258-00-1234\tR6.11.25\t\t12,300\r\n", "cp932", newline=""
    )
    (case,) = read("kurume", "saikoku", path)
    assert (case.debt, case.address_key, case.household, case.amount_yen) == ("national_health", "00077", "45", 12300)
    assert case.obtained_on == (date(2024, 11, 25),)


def test_several_rows_of_one_person_and_debt_are_one_case_with_its_items(tmp_path: Path) -> None:
    heading = ",".join(column.header or "" for column in layout_of("sendai", "kokuho").columns)
    person = "0000000001,見本　花子,ミホン　ハナコ,0000000045,0258-00-1234,20260401,,,11"
    rows = [f"{person},2026,{term},5080{month}30,{amount}" for term, month, amount in ((1, "6", 5000), (2, "7", 7000))]
    path = tmp_path / "kokuho.csv"
    path.write_text("\r\n".join([heading, *rows, ""]), "cp932", newline="")
    (case,) = read("sendai", "kokuho", path)
    assert (case.amount_yen, case.language, case.debt) == (12000, "ne", "national_health")
    assert [(item.term, item.due_on, item.amount_yen) for item in case.items] == [
        ("1", date(2026, 6, 30), 5000),
        ("2", date(2026, 7, 30), 7000),
    ]
    assert len(case.raw) == 2


@pytest.mark.parametrize(("key", "debt"), [("jidosha", "car_tax"), ("jigyo", "business_tax")])
def test_a_list_of_one_tax_gives_its_rows_the_tax_of_the_layout(key: str, debt: str, tmp_path: Path) -> None:
    path = tmp_path / f"{key}.csv"
    heading = ",".join(column.header or "" for column in layout_of("saitama", key).columns)
    row = "0000000009,見本　花子,ミホン　ハナコ,0258-00-1234,0900-0001-001,2026,00-0001,2026/06/01,39500"
    path.write_text(f"{heading}\r\n{row}\r\n", "cp932", newline="")
    (case,) = read("saitama", key, path)
    assert (case.debt, case.amount_yen, case.numbers) == (debt, 39500, ("0258001234", "09000001001"))
    assert [item.due_on for item in case.items] == [date(2026, 6, 1)]


def test_orders_of_the_city_are_read_by_their_layouts(tmp_path: Path) -> None:
    city = load_city("nagaoka")
    path = tmp_path / "list.csv"
    path.write_text("宛名番号,科目,収納日\r\n00001,市税,20261118\r\n00002,,\r\n", "utf-8-sig", newline="")
    paid = read_payments(path, city, layout_of("nagaoka", "shuno"), simulated=True).rows
    assert [(row.address_key, row.debt, row.paid_on) for row in paid] == [
        ("00001", "city_tax", date(2026, 11, 18)),
        ("00002", None, None),
    ]
    path.write_text("宛名番号,科目,停止日\r\n00001,,20261118\r\n", "utf-8-sig", newline="")
    (stop,) = read_stops(path, city, layout_of("nagaoka", "teishi"), simulated=True).rows
    assert (stop.address_key, stop.stopped_on) == ("00001", date(2026, 11, 18))
    path.write_text(
        "宛名番号,電話番号,架電日,架電結果\r\n00001,0258-00-1234,2026-10-20,留守番電話\r\n", "cp932", newline=""
    )
    (before,) = read_results(path, city, layout_of("nagaoka", "rireki"), simulated=True).rows
    assert (before.result, before.called_on) == (Result.MACHINE, date(2026, 10, 20))


@pytest.mark.parametrize(
    ("written", "pattern", "day"),
    [
        ("20261118", "%Y%m%d", date(2026, 11, 18)),
        ("2026/1/5", None, date(2026, 1, 5)),
        ("R6.11.25", "era", date(2024, 11, 25)),
        ("令和元年5月1日", "era", date(2019, 5, 1)),
        ("Ｒ０６１１２５", "era", date(2024, 11, 25)),
        ("5061125", "era7", date(2024, 11, 25)),
        ("平成31年4月30日", None, date(2019, 4, 30)),
        ("R6.2.30", "era", None),
        ("20261318", "%Y%m%d", None),
    ],
)
def test_dates_are_read_as_the_layout_says(written: str, pattern: str | None, day: date | None) -> None:
    assert read_date(written, pattern) == day


@pytest.mark.parametrize("pattern", [None, "%Y%m%d", "era", "era7"])
def test_a_date_that_is_written_is_read_back(pattern: str | None) -> None:
    assert read_date(write_date(date(2026, 9, 30), pattern), pattern) == date(2026, 9, 30)


def test_a_cell_that_a_spreadsheet_would_calculate_is_written_as_text_and_an_unwritable_letter_is_told() -> None:
    layout = layout_of("niigata", "bango")
    fields = {column.field: "" for column in layout.columns}
    good = render(layout, [OutRow(1, {**fields, "name": "=1+1", "number": "0258001234"})])
    assert good.problems == ()
    assert b",=1" not in good.data
    bad = render(layout, [OutRow(7, {**fields, "name": "𠮷田", "number": "0258001234"})])
    assert len(bad.problems) == 1
    assert "案件 7" in bad.problems[0]
    assert "U+20BB7" in bad.problems[0]
