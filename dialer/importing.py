"""A clerk's list of cases, read and judged row by row. Nothing is written here.

The file is a CSV as Excel saves it, UTF-8 or CP932. Every problem is found in one pass and told with its row, as Excel
counts it, its column, and what to do about it.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dialer.core.city import City
from dialer.core.values import PhoneNumber
from dialer.telephone import Dialable, judge_number

KEY, NAME, KANA, DEBT, AMOUNT = "宛名番号", "氏名", "カナ", "科目", "金額"
NUMBERS = ("電話番号1", "電話番号2", "電話番号3")
REQUIRED = (KEY, NAME, KANA, DEBT, AMOUNT, NUMBERS[0])
COLUMNS = (*REQUIRED, *NUMBERS[1:])
LONGEST_TEXT = 200
HIGHEST_AMOUNT = 99_999_999_999

FORMULA = tuple("=+-@")
GAIJI = re.compile("[\ue000-\uf8ff\ufffd\U000f0000-\U0010fffd]")
KANA_ONLY = re.compile(r"[ァ-ヶー・ A-Za-z0-9.,'()&/-]+")  # after NFKC


@dataclass(frozen=True, slots=True)
class CaseRow:
    row: int
    address_key: str
    name: str
    kana: str
    debt: str  # key of the debt kind
    amount_yen: int
    numbers: tuple[PhoneNumber, ...]  # in the order in which they are tried


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and how to mend it; `row` is None when it is the file as a whole."""

    file: str
    row: int | None
    column: str | None
    what: str

    def __str__(self) -> str:
        row = f" 行 {self.row:,}" if self.row is not None else ""
        column = f" 列「{self.column}」" if self.column is not None else ""
        return f"{self.file}{row}{column}: {self.what}"


@dataclass(frozen=True, slots=True)
class CaseList:
    """A file that was read: its good rows, its problems, and what is needed to write its bad rows back."""

    path: Path
    rows: tuple[CaseRow, ...]
    problems: tuple[Problem, ...]
    encoding: str
    header: tuple[str, ...]
    records: Mapping[int, Sequence[str]] = field(repr=False)

    @property
    def is_unreadable(self) -> bool:
        """The file as a whole is wrong: there are no single rows to skip."""
        return any(problem.row is None for problem in self.problems)

    def write_rows(self, numbers: Iterable[int]) -> Path:
        """These rows as they were, in the same encoding, beside the file; an earlier such file is kept."""
        target = _free_name(self.path.with_name(f"{self.path.stem}-取込不可{self.path.suffix}"))
        with target.open("x", encoding=self.encoding, newline="") as file:
            writer = csv.writer(file, lineterminator="\r\n")
            writer.writerow(self.header)
            writer.writerows(self.records[number] for number in sorted(set(numbers)))
        target.chmod(0o600)
        return target


def read_list(path: Path, city: City, *, simulated: bool) -> CaseList:
    """`simulated`: the trunk ends on this machine, numbers that nobody owns are welcome."""
    try:
        data = path.read_bytes()
    except OSError as error:
        return _unreadable(path, f"ファイルを読めません（{error.strerror}）。場所と権限を確かめてください。")
    content, encoding = _decoded(data)
    if content is None:
        return _unreadable(path, _where_not_decoded(data))
    try:
        records = list(csv.reader(io.StringIO(content, newline=""), strict=True))
    except csv.Error as error:
        return _unreadable(path, f"CSV として読めません（{error}）。引用符の対応を確かめてください。")
    header = [unicodedata.normalize("NFKC", name).strip() for name in records[0]] if records else []
    wrong = list(_header_problems(path.name, header))
    if wrong:
        return CaseList(path, (), tuple(wrong), encoding, tuple(header), {})
    reader = _Reader(path.name, header, city, simulated)
    kept = {place: record for place, record in enumerate(records[1:], start=2) if any(cell.strip() for cell in record)}
    rows = [row for place, record in kept.items() if (row := reader.read(place, record)) is not None]
    problems = reader.problems
    if not kept:
        problems = [Problem(path.name, None, None, "案件の行がありません。")]
    return CaseList(path, tuple(rows), tuple(problems), encoding, tuple(records[0]), kept)


def already_open(found: CaseList, rows: Iterable[CaseRow]) -> tuple[Problem, ...]:
    """What the store says of rows whose case it has: problems like any other."""
    what = "この人のこの科目の案件はすでに架電中です。行を消すか --skip-bad を付けてください。"
    return tuple(Problem(found.path.name, row.row, KEY, what) for row in rows)


def _decoded(data: bytes) -> tuple[str | None, str]:
    marked = data.startswith(b"\xef\xbb\xbf")
    for encoding in ("utf-8-sig",) if marked else ("utf-8", "cp932"):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return None, "utf-8"


def _where_not_decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "文字コードが UTF-16 です。「CSV UTF-8」で保存し直してください。"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return (
            f"文字コードが UTF-8 でも CP932 でもありません（{line:,} 行目付近）。「CSV UTF-8」で保存し直してください。"
        )
    return "文字コードを読めません。「CSV UTF-8」で保存し直してください。"


def _header_problems(file: str, header: Sequence[str]) -> Iterable[Problem]:
    if not any(header):
        yield Problem(file, None, None, f"空のファイルです。見出し（{'、'.join(REQUIRED)}）と案件を入れてください。")
        return
    for name in REQUIRED:
        if name not in header:
            yield Problem(file, None, name, "列がありません。見出しを確かめてください。")
    for name in dict.fromkeys(header):
        if name not in COLUMNS:
            yield Problem(file, None, name, f"知らない列です。使える列は {'、'.join(COLUMNS)} です。")
        elif header.count(name) > 1:
            yield Problem(file, None, name, "同じ列が2つあります。")


def _unreadable(path: Path, what: str) -> CaseList:
    return CaseList(path, (), (Problem(path.name, None, None, what),), "utf-8", (), {})


def _free_name(wanted: Path) -> Path:
    tries = (wanted.with_stem(f"{wanted.stem}-{count}") for count in range(2, 10_000))
    return wanted if not wanted.exists() else next(path for path in tries if not path.exists())


class _Reader:
    """Judges one record after the other and remembers what must not come twice."""

    def __init__(self, file: str, header: Sequence[str], city: City, simulated: bool) -> None:
        self.problems: list[Problem] = []
        self._file, self._header, self._simulated = file, header, simulated
        self._debts = {word: debt.key for debt in city.debts for word in (debt.key, debt.name)}
        self._debt_names = "、".join(debt.name for debt in city.debts)
        self._cases: dict[tuple[str, str], int] = {}
        self._people: dict[str, tuple[str, str, int]] = {}
        self._row = 0

    def read(self, place: int, record: Sequence[str]) -> CaseRow | None:
        """None when it has a problem; each of its problems is noted."""
        self._row = place
        before = len(self.problems)
        if len(record) != len(self._header):
            self._wrong(
                None, f"列の数が違います（{len(record)}列、見出しは{len(self._header)}列）。行を直してください。"
            )
            return None
        cells = dict(zip(self._header, (cell.strip() for cell in record), strict=True))
        for column, cell in cells.items():
            self._check_characters(column, cell)
        key = self._key(cells[KEY])
        name, kana = self._text(NAME, cells[NAME]), unicodedata.normalize("NFKC", self._text(KANA, cells[KANA]))
        if kana and not KANA_ONLY.fullmatch(kana):
            self._wrong(KANA, "カタカナ以外の文字があります。カタカナで入れてください。")
        debt = self._debt(cells[DEBT])
        amount = self._amount(cells[AMOUNT])
        numbers = self._numbers(cells)
        if len(self.problems) == before:
            self._check_twice(key, debt, name, kana)
        if len(self.problems) > before:
            return None
        self._cases[key, debt] = place
        self._people.setdefault(key, (name, kana, place))
        return CaseRow(place, key, name, kana, debt, amount, numbers)

    def _wrong(self, column: str | None, what: str) -> None:
        """One problem for each cell: the first says enough."""
        if any(one.row == self._row and one.column == column for one in self.problems[-len(COLUMNS) :]):
            return
        self.problems.append(Problem(self._file, self._row, column, what))

    def _check_characters(self, column: str, cell: str) -> None:
        if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in cell):
            self._wrong(column, "改行や制御文字があります。取り除いてください。")
        if GAIJI.search(cell):
            shown = GAIJI.sub("〓", cell)
            self._wrong(column, f"外字があります（{shown}）。標準の文字に置き換えてください。")
        if column in (NAME, KANA) and cell.startswith(FORMULA):
            self._wrong(
                column, f"「{cell[0]}」で始まっています（数式とみなされます）。先頭の記号を取り除いてください。"
            )

    def _text(self, column: str, cell: str) -> str:
        if not cell:
            self._wrong(column, "空です。値を入れてください。")
        elif len(cell) > LONGEST_TEXT:
            self._wrong(column, f"{LONGEST_TEXT}文字より長い値です。列がずれていないか確かめてください。")
        return cell

    def _key(self, cell: str) -> str:
        key = unicodedata.normalize("NFKC", self._text(KEY, cell))
        if key and not re.fullmatch(r"[0-9A-Za-z-]{1,20}", key):
            self._wrong(KEY, "英数字20桁までで入れてください。")
        return key

    def _debt(self, cell: str) -> str:
        debt = self._debts.get(cell) or self._debts.get(unicodedata.normalize("NFKC", cell))
        if debt is None and self._text(DEBT, cell):
            self._wrong(DEBT, f"「{cell}」という科目はありません。{self._debt_names} のいずれかにしてください。")
        return debt or ""

    def _amount(self, cell: str) -> int:
        plain = unicodedata.normalize("NFKC", self._text(AMOUNT, cell)).strip()
        number = plain.removeprefix("¥").removeprefix("\\").removesuffix("円")
        if plain and not re.fullmatch(r"\d{1,3}(,\d{3})+|\d+", number, re.ASCII):
            self._wrong(AMOUNT, "金額として読めません。円単位の整数で入れてください。")
            return 0
        amount = int(number.replace(",", "") or 0)
        if plain and not 0 < amount <= HIGHEST_AMOUNT:
            self._wrong(AMOUNT, f"1円以上{HIGHEST_AMOUNT:,}円以下で入れてください。")
        return amount

    def _numbers(self, cells: Mapping[str, str]) -> tuple[PhoneNumber, ...]:
        found: list[PhoneNumber] = []
        for column in NUMBERS:
            cell = cells.get(column, "")
            if not cell:
                continue
            judged = judge_number(cell, simulated=self._simulated)
            if isinstance(judged, Dialable):
                found.append(judged.number)
            else:
                self._wrong(column, f'"{cell[:40]}" は{judged.why}。行を直すか --skip-bad を付けてください。')
        if not any(cells.get(column) for column in NUMBERS):
            self._wrong(NUMBERS[0], "電話番号が1つもありません。行を直すか --skip-bad を付けてください。")
        return tuple(dict.fromkeys(found))

    def _check_twice(self, key: str, debt: str, name: str, kana: str) -> None:
        if (first := self._cases.get((key, debt))) is not None:
            self._wrong(KEY, f"行 {first:,} と同じ案件です（宛名番号と科目が同じ）。どちらかの行を消してください。")
        known = self._people.get(key)
        if known is not None and known[:2] != (name, kana):
            self._wrong(
                NAME, f"行 {known[2]:,} と宛名番号が同じですが、氏名またはカナが違います。どちらかを直してください。"
            )
