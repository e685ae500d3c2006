"""Lists of cases and of people. Where the layout has items, all rows of a person and debt kind are one case."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Generic, TypeVar

from dialer.core.city import City
from dialer.core.layout import Layout
from dialer.core.person_flags import FlagKind
from dialer.core.values import PhoneNumber
from dialer.lists.judging import REPAIR, Judge
from dialer.lists.reading import ListFile, Record, open_list
from dialer.lists.rows import CaseRow, Item, PersonRow, Problem, Told, Unreadable

Row = TypeVar("Row")
ROWS_PER_TELLING = 1000
ROWS_NAMED = 20  # so many are named in a notice


@dataclass(frozen=True, slots=True)
class ReadList(Generic[Row]):
    """A file that was read: its good rows, its problems, and which rows must be left out if the others are taken."""

    path: Path
    layout: Layout
    rows: tuple[Row, ...] = ()
    problems: tuple[Problem, ...] = ()
    notices: tuple[str, ...] = ()  # nothing is wrong, but a clerk should know
    left_out: frozenset[int] = frozenset()
    keys_left_out: frozenset[str] = frozenset()  # persons of these rows
    all_named: bool = True  # False: of some of these rows it cannot be read whose they are
    file: ListFile | None = None

    @property
    def is_unreadable(self) -> bool:
        """The file as a whole is wrong: there are no single rows to skip."""
        return any(problem.row is None for problem in self.problems)

    @property
    def sha256(self) -> str:
        assert self.file is not None
        return self.file.sha256

    def write_rows(self, rows: Iterable[int]) -> Path:
        assert self.file is not None
        return self.file.write_rows(rows)


def read_rows(
    path: Path, layout: Layout, read: Callable[[ListFile], ReadList[Row]], nothing: str = "案件の行がありません。"
) -> ReadList[Row]:
    """Whatever keeps the file from being read at all is its only problem."""
    try:
        found = read(open_list(path, layout))
    except Unreadable as wrong:
        return ReadList(path, layout, problems=wrong.problems)
    if not found.rows and not found.problems:
        return ReadList(path, layout, problems=(Problem(path.name, None, None, nothing),))
    return found


def read_cases(
    path: Path, city: City, layout: Layout, *, simulated: bool, told: Told | None = None
) -> ReadList[CaseRow]:
    """`simulated`: the trunk ends on this machine, numbers that nobody owns are welcome."""
    return read_rows(path, layout, lambda file: _CaseReader(file, city, simulated).read_all(told))


def read_people(
    path: Path, city: City, layout: Layout, *, simulated: bool, told: Told | None = None
) -> ReadList[PersonRow]:
    return read_rows(path, layout, lambda file: _people(file, city, simulated, told), "対象者の行がありません。")


def counted(file: ListFile, told: Told | None) -> Iterator[Record]:
    lines = file.lines
    for count, record in enumerate(file.records(), start=1):
        if told is not None and count % ROWS_PER_TELLING == 0:
            told(min(count, lines), lines)
        yield record
    if told is not None:
        told(lines, lines)


def named_rows(rows: Iterable[int]) -> str:
    """行 5、9、12 ほか 230件"""
    numbers = sorted(rows)
    more = f" ほか {len(numbers) - ROWS_NAMED:,}件" if len(numbers) > ROWS_NAMED else ""
    return f"行 {'、'.join(f'{one:,}' for one in numbers[:ROWS_NAMED])}{more}"


@dataclass(slots=True)
class _Person:
    """What rows of one person say together."""

    name: str
    kana: str
    row: int
    numbers: dict[PhoneNumber, date | None] = field(default_factory=dict)
    household: str | None = None
    language: str | None = None
    flags: dict[str, bool] = field(default_factory=dict)

    def add(
        self,
        numbers: Mapping[PhoneNumber, date | None],
        household: str | None,
        language: str | None,
        flags: Mapping[str, bool],
    ) -> None:
        """A flag on any of the rows is one of the person."""
        for kind, holds in flags.items():
            self.flags[kind] = holds or self.flags.get(kind, False)
        for number, obtained_on in numbers.items():
            self.numbers[number] = self.numbers.get(number) or obtained_on
        self.household = self.household or household
        self.language = self.language or language

    @property
    def obtained_on(self) -> tuple[date | None, ...]:
        return tuple(self.numbers.values()) if any(self.numbers.values()) else ()


@dataclass(slots=True)
class _Case:
    row: int
    person: _Person
    amount: int | None  # as a column of the layout gives it
    debtor_class: str | None
    items: list[Item] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)


class _PersonReader:
    """The columns that lists of cases and of people share."""

    def __init__(self, file: ListFile, city: City, simulated: bool) -> None:
        self.file, self.city, self.layout = file, city, file.layout
        self.judge = Judge(file.path.name, file.layout, simulated=simulated)
        self.bad_rows: set[int] = set()
        self.bad_keys: set[str] = set()
        self.all_named = True
        self._number_fields = [one for one in (f"number{place}" for place in range(1, 10)) if file.layout.has(one)]
        self._flag_kinds = [kind.value for kind in FlagKind if file.layout.has(f"flag_{kind}")]
        first = file.layout.column("number1")
        self._needs_number = first is not None and not first.optional
        self._people: dict[str, _Person] = {}

    def names(self) -> tuple[str, str, str]:
        return self.judge.key(), self.judge.name("name"), self.judge.kana()

    def numbers(self) -> dict[PhoneNumber, date | None]:
        judge = self.judge
        found: dict[PhoneNumber, date | None] = {}
        filled = [one for one in self._number_fields if judge.cell(one)]
        for one in filled:
            number = judge.number(one)
            obtained = judge.date(f"{one}_obtained_on") if judge.has(f"{one}_obtained_on") else None
            if number is not None:
                found.setdefault(number, obtained)
        if not filled and self._needs_number:
            judge.wrong("number1", f"電話番号が1つもありません。{REPAIR}")
        return found

    def beside(self) -> tuple[str | None, str | None]:
        return self.judge.household(), self.judge.language()

    def flags(self) -> dict[str, bool]:
        return {kind: self.judge.flag(f"flag_{kind}") for kind in self._flag_kinds}

    def check_person(self, key: str, name: str, kana: str) -> None:
        known = self._people.get(key)
        if known is not None and (known.name, known.kana) != (name, kana):
            what = f"行 {known.row:,} と宛名番号が同じですが、氏名またはカナが違います。どちらかを直してください。"
            self.judge.wrong("name", what)

    def person(self, key: str, name: str, kana: str, row: int) -> _Person:
        return self._people.setdefault(key, _Person(name, kana, row))

    def bad(self, record: Record, key: str) -> None:
        self.bad_rows.add(record.row)
        if key:
            self.bad_keys.add(key)
        else:
            self.all_named = False


class _CaseReader(_PersonReader):
    def __init__(self, file: ListFile, city: City, simulated: bool) -> None:
        super().__init__(file, city, simulated)
        self._debts = {word: debt.key for debt in city.debts for word in (debt.key, debt.name)}
        self._debt_names = "、".join(debt.name for debt in city.debts)
        self._classes = {word: key for key, name in city.classes.items() for word in (key, name)}
        self._cases: dict[tuple[str, str], _Case] = {}
        self._broken: set[tuple[str, str]] = set()  # cases one of whose rows is wrong

    def read_all(self, told: Told | None) -> ReadList[CaseRow]:
        for record in counted(self.file, told):
            self._read(record)
        self._drop_without_amount()
        beside = self._drop_broken()
        rows = tuple(self._row(key, debt, case) for (key, debt), case in self._cases.items())
        return ReadList(
            self.file.path,
            self.layout,
            rows,
            tuple(self.judge.problems),
            tuple(self._notices(rows, beside)),
            frozenset(self.bad_rows),
            frozenset(self.bad_keys),
            self.all_named,
            self.file,
        )

    def _read(self, record: Record) -> None:
        judge = self.judge
        judge.begin(record)
        if record.fault is not None:
            self.bad(record, "")
            return
        key, name, kana = self.names()
        readable = "" if judge.is_wrong("address_key") else key
        debt = self._debt()
        amount = judge.amount("amount") if self.layout.has("amount") else None
        item = self._item() if self.layout.is_itemised else None
        debtor_class = self._class()
        numbers = self.numbers()
        (household, language), flags = self.beside(), self.flags()
        if judge.is_good:
            self._check_twice(key, debt, amount, item, record.row)
            self.check_person(key, name, kana)
        if not judge.is_good:
            self.bad(record, readable)
            self._broken.add((key, debt))
            return
        person = self.person(key, name, kana, record.row)
        person.add(numbers, household, language, flags)
        case = self._cases.setdefault((key, debt), _Case(record.row, person, amount, debtor_class))
        case.debtor_class = case.debtor_class or debtor_class
        case.raw.append(record.raw)
        case.rows.append(record.row)
        if item is not None:
            case.items.append(item)

    def _debt(self) -> str:
        if self.layout.debt is not None:
            return self.layout.debt
        return self.judge.word("debt", self._debts, "科目", self._debt_names)

    def _class(self) -> str | None:
        if not self.judge.cell("debtor_class"):
            return None
        choice = "、".join(self.city.classes.values())
        return self.judge.word("debtor_class", self._classes, "区分", choice) or None

    def _item(self) -> Item:
        judge = self.judge
        return Item(
            judge.text("item_name"),
            judge.text("item_year"),
            judge.text("item_term"),
            judge.date("item_due_on") if judge.has("item_due_on") else None,
            judge.amount("item_amount", least=0) if self.layout.has("item_amount") else None,
        )

    def _check_twice(self, key: str, debt: str, amount: int | None, item: Item | None, row: int) -> None:
        known = self._cases.get((key, debt))
        if known is None:
            return
        if item is None:
            what = f"行 {known.row:,} と同じ案件です（宛名番号と科目が同じ）。どちらかの行を消してください。"
            self.judge.wrong("address_key", what)
            return
        if amount != known.amount:
            what = f"行 {known.row:,} と同じ案件ですが、金額が違います。どちらかを直してください。"
            self.judge.wrong("amount", what)
        if item != Item(amount_yen=item.amount_yen) and item in known.items:
            first = known.rows[known.items.index(item)]
            self.judge.wrong("address_key", f"行 {first:,} と同じ明細です。どちらかの行を消してください。")

    def _drop_without_amount(self) -> None:
        for key, case in list(self._cases.items()):
            if case.amount is None and not any(item.amount_yen for item in case.items):
                self.judge.begin(Record(case.row, {}, ""))
                self.judge.wrong("item_amount", f"明細の合計が0円です。{REPAIR}")
                self._broken.add(key)
                self.bad_rows.add(case.row)
                self.bad_keys.add(key[0])

    def _drop_broken(self) -> frozenset[int]:
        """Of a case one of whose rows is wrong nothing is taken: its sum would be wrong. Returns its other rows."""
        dropped = (
            [self._cases.pop(key) for key in self._broken if key in self._cases] if self.layout.is_itemised else []
        )
        beside = frozenset(row for case in dropped for row in case.rows) - self.bad_rows
        self.bad_rows |= beside
        return beside

    def _row(self, key: str, debt: str, case: _Case) -> CaseRow:
        person = case.person
        amount = case.amount if case.amount is not None else sum(one.amount_yen or 0 for one in case.items)
        return CaseRow(
            row=case.row,
            address_key=key,
            name=person.name,
            kana=person.kana,
            debt=debt,
            amount_yen=amount,
            numbers=tuple(person.numbers),
            obtained_on=person.obtained_on,
            household=person.household,
            language=person.language,
            debtor_class=case.debtor_class,
            items=tuple(case.items),
            raw=tuple(case.raw),
            flags=person.flags,
        )

    def _notices(self, rows: tuple[CaseRow, ...], beside: frozenset[int]) -> Iterator[str]:
        if self.layout.complete_list and not self.all_named:
            yield "宛名番号を読めない行があるため、名簿からなくなった案件は調べていません。"
        if beside:
            yield f"{named_rows(beside)}: 同じ案件のほかの行に誤りがあります。案件ごと取り込めません。"
        room = self.city.rules.max_open_numbers
        crowded = [row.row for row in rows if room is not None and len(row.numbers) > room]
        if crowded:
            clause = self.city.rules.clauses.all_numbers
            what = f"架電するのは1案件につき{room}番号までです。先の番号が終了してから次を使います（{clause}）"
            yield f"電話番号が{room}つを超える案件が{len(crowded):,}件あります。{what}。{named_rows(crowded)}"
        silent = [row.row for row in rows if not row.numbers]
        if silent:
            what = "ほかの名簿で番号が分かるか、電話番号調査が済むまで架電しません"
            yield f"電話番号のない案件が{len(silent):,}件あります。{what}。{named_rows(silent)}"


def _people(file: ListFile, city: City, simulated: bool, told: Told | None) -> ReadList[PersonRow]:
    reader = _PersonReader(file, city, simulated)
    found: dict[str, _Person] = {}
    for record in counted(file, told):
        reader.judge.begin(record)
        key, name, kana = reader.names() if record.fault is None else ("", "", "")
        if record.fault is None:
            numbers, (household, language), flags = reader.numbers(), reader.beside(), reader.flags()
            if reader.judge.is_good:
                reader.check_person(key, name, kana)
        if not reader.judge.is_good:
            reader.bad(record, "" if reader.judge.is_wrong("address_key") else key)
            continue
        found[key] = person = reader.person(key, name, kana, record.row)
        person.add(numbers, household, language, flags)
    rows = tuple(_person_row(key, one) for key, one in found.items())
    problems, bad_rows = tuple(reader.judge.problems), frozenset(reader.bad_rows)
    keys = frozenset(reader.bad_keys)
    return ReadList(file.path, file.layout, rows, problems, (), bad_rows, keys, reader.all_named, file)


def _person_row(key: str, one: _Person) -> PersonRow:
    return PersonRow(
        one.row,
        key,
        one.name,
        one.kana,
        tuple(one.numbers),
        one.obtained_on,
        one.household,
        one.language,
        one.flags,
    )
