"""Which layout a file has, and what is refused before anything of it is read."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from dialer.bench.import_people import People
from dialer.bench.imports import FILES
from dialer.lists.recognising import recognised
from dialer.lists.rows import Unreadable
from dialer.lists.standard import STANDARD
from dialer.profiles import load_city

STANDARD_LIST = "宛名番号,氏名,カナ,科目,金額,電話番号1\r\n00001,見本 一郎,ミホン イチロウ,市税,12000,0258-00-1001\r\n"


def zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (zipped(b"0" * 10_000_000), "中身は開きません"),
        (gzip.compress(b"0" * 10_000_000), "gzip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
        (b"%PDF-1.7", "PDF"),
        (STANDARD_LIST.encode("utf-16"), "UTF-16"),
        (b"", "空のファイル"),
        (b"\xef\xbb\xbf\r\n \r\n", "空のファイル"),
    ],
)
def test_what_is_no_list_is_refused_with_what_to_do(data: bytes, told: str, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(data)
    with pytest.raises(Unreadable, match=told):
        recognised(file, load_city("nagaoka"), simulated=True)
    assert [one.name for one in tmp_path.iterdir()] == ["list.csv"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_list_made_by_hand_is_known_by_its_headings(encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(STANDARD_LIST.encode(encoding))
    assert recognised(file, load_city("nagaoka"), simulated=True) == (STANDARD,)


def test_a_list_with_bad_rows_is_still_what_its_headings_say(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(STANDARD_LIST + "00002,=1+1,ミホン,市税,abc,1\r\n", encoding="utf-8", newline="")
    assert recognised(file, load_city("nagaoka"), simulated=True) == (STANDARD,)


@pytest.mark.parametrize("heading", ["宛名番号", "宛名番号,氏名,カナ,科目,金額,電話", "宛名番号,氏名,備考"])
def test_what_only_names_persons_is_not_taken_for_a_list_of_who_has_paid(heading: str, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    row = ",".join(["00001", *["見本", "ミホン", "市税", "1", "0258001001"]][: heading.count(",") + 1])
    file.write_text(f"{heading}\r\n{row}\r\n", encoding="utf-8", newline="")
    assert recognised(file, load_city("nagaoka"), simulated=True) == ()


def test_between_layouts_with_the_same_headings_a_person_has_to_choose(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("宛名番号,科目\r\n00001,市税\r\n", encoding="utf-8", newline="")
    assert [one.key for one in recognised(file, load_city("nagaoka"), simulated=True)] == ["shuno", "teishi"]


@pytest.mark.parametrize("content", ["品名,数量\r\nりんご,3\r\n", "\x01\x02\x03", "見出しだけ\r\n"])
def test_what_fits_no_layout_is_left_to_a_person(content: str, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(content, encoding="utf-8", newline="")
    assert recognised(file, load_city("nagaoka"), simulated=True) == ()


def test_only_the_beginning_of_a_long_list_is_looked_at_and_its_cut_row_does_not_count(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    heading, row = STANDARD_LIST.splitlines(keepends=True)
    file.write_text(heading + "".join(row.replace("00001", f"{one:05}") for one in range(9000)), newline="")
    assert recognised(file, load_city("nagaoka"), simulated=True) == (STANDARD,)


def test_each_of_the_tender_s_files_fits_its_layout(tmp_path: Path) -> None:
    """Of two with the same headings both are offered: a person has to say which."""
    profile, people = load_city("sendai"), People(1)
    for key in FILES:
        layout = profile.layout(key)
        assert layout is not None
        file = tmp_path / f"{key}.csv"
        people.write(file, layout, 40)
        assert layout in recognised(file, profile, simulated=True), key
