"""The layout of a file that a city sends or gets, as data (D-001)."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from dialer.core.person_flags import FlagKind
from dialer.core.values import Clause


class LayoutKind(StrEnum):
    CASES = "cases"  # who is to be called
    PEOPLE = "people"  # persons and their numbers, nobody to be called for it: 訪問対象者
    PAYMENTS = "payments"
    STOPS = "stops"
    HISTORY = "history"  # last results of the round before (D-012)
    RESULTS = "results"  # export: how each case stands, with its attempts
    NUMBERS = "numbers"  # export: collected and dead telephone numbers (D-016)

    @property
    def is_export(self) -> bool:
        return self in (LayoutKind.RESULTS, LayoutKind.NUMBERS)


class FileFormat(StrEnum):
    DELIMITED = "delimited"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class LayoutColumn:
    """One field of ours and where the file has it."""

    field: str  # address_key, name, kana, debt, amount, number1, household …
    header: str | None = None  # of a delimited file with a heading
    position: int | None = None  # 1-based; without a heading
    first: int | None = None  # 1-based first byte of a fixed-width file
    length: int | None = None  # bytes of a fixed-width file; else so many characters exactly, to see lost zeros
    words: Mapping[str, str] = dataclasses.field(default_factory=dict)  # the file's word → ours: "01" = "city_tax"
    pattern: str | None = None  # of dates: "%Y%m%d", "era" (R8.11.25), "era7" (5081125)
    optional: bool = False

    @property
    def label(self) -> str:
        """As a person finds it in the file."""
        if self.first is not None and self.length is not None:
            return self.header or f"{self.first:,}～{self.first + self.length - 1:,}バイト目"
        return self.header or f"{self.position}列目"


@dataclass(frozen=True, slots=True)
class Layout:
    key: str  # what --layout names
    name: str
    kind: LayoutKind
    clause: Clause
    columns: tuple[LayoutColumn, ...]
    format: FileFormat = FileFormat.DELIMITED
    delimiter: str = ","
    encodings: tuple[str, ...] = ("utf-8-sig", "cp932")  # tried in this order; an export is written in the first
    heading: bool = True
    debt: str | None = None  # of every row, where the file has no such column
    complete_list: bool = False  # a case of this debt that is missing is gone (differences)
    stop_gone: bool = False  # … and is stopped; else it is only listed for the clerk
    only_these_columns: bool = False  # a column that is not named is a mistake; else it is kept and not read

    def column(self, field: str) -> LayoutColumn | None:
        return next((column for column in self.columns if column.field == field), None)

    def has(self, field: str) -> bool:
        return self.column(field) is not None

    @property
    def is_itemised(self) -> bool:
        """Several rows for one case, an item each."""
        return any(column.field in ITEM for column in self.columns)

    @property
    def debts(self) -> frozenset[str]:
        """The debt kinds that its rows can be of, as far as the layout says it."""
        column = self.column("debt")
        if column is None:
            return frozenset([self.debt] if self.debt else [])
        return frozenset(column.words.values())


PERSON = ("address_key", "name", "kana", "household", "language", *(f"flag_{kind}" for kind in FlagKind))
ITEM = ("item_name", "item_year", "item_term", "item_due_on", "item_amount")
NUMBER = re.compile(r"number[1-9](_obtained_on)?")
FIELDS: dict[LayoutKind, tuple[str, ...]] = {
    LayoutKind.CASES: (*PERSON, "debt", "amount", "debtor_class", *ITEM),
    LayoutKind.PEOPLE: PERSON,
    LayoutKind.PAYMENTS: ("address_key", "debt", "paid_on", "balance"),
    LayoutKind.STOPS: ("address_key", "debt", "stopped_on"),
    LayoutKind.HISTORY: ("address_key", "debt", "number", "result", "called_on"),
    LayoutKind.RESULTS: (
        *("address_key", "name", "kana", "household", "debt", "debt_name", "department", "debtor_class", "amount"),
        *("round_from", "round_to", "state", "state_name", "reason", "clause", "contacted", "sms_candidate"),
        *("attempts", "last_called_on", "last_result", "last_result_name", "talker", "talker_name"),
        *("promise_on", "promise_yen", "next_from", "next_to", "raw"),
    ),
    LayoutKind.NUMBERS: (
        *("address_key", "name", "kana", "number", "state", "state_name", "source", "source_name"),
        *("obtained_on", "learned_on", "last_result", "last_result_name"),
    ),
}
"""What a column may be. `raw` is the column of the same heading in the list that the case came with."""

REQUIRED: dict[LayoutKind, tuple[tuple[str, ...], ...]] = {
    LayoutKind.CASES: (("address_key",), ("name",), ("kana",), ("debt",), ("amount", "item_amount")),
    LayoutKind.PEOPLE: (("address_key",), ("name",), ("kana",)),
    LayoutKind.PAYMENTS: (("address_key",),),
    LayoutKind.STOPS: (("address_key",),),
    LayoutKind.HISTORY: (("address_key",), ("number",), ("result",), ("called_on",)),
    LayoutKind.RESULTS: (("address_key",), ("state", "state_name")),
    LayoutKind.NUMBERS: (("address_key",), ("number",), ("state", "state_name")),
}
"""One of each group must be there."""

WITH_NUMBERS = (LayoutKind.CASES, LayoutKind.PEOPLE)


def faults(layout: Layout) -> Iterator[str]:
    """What is wrong with a layout by itself; a profile with one is refused."""
    fields = [column.field for column in layout.columns]
    known = FIELDS[layout.kind]
    for field in dict.fromkeys(fields):
        if field not in known and not (layout.kind in WITH_NUMBERS and NUMBER.fullmatch(field)):
            numbers = "、number1～9、number1_obtained_on～" if layout.kind in WITH_NUMBERS else ""
            yield f"項目「{field}」は {layout.kind} の形式にありません。使えるのは {'、'.join(known)}{numbers} です"
        elif field != "raw" and fields.count(field) > 1:
            yield f"項目「{field}」が二度あります"
        elif field.endswith("_obtained_on") and field.removesuffix("_obtained_on") not in fields:
            yield f"「{field}」に対する「{field.removesuffix('_obtained_on')}」がありません"
    for group in REQUIRED[layout.kind]:
        if not set(group) & set(fields) and not (group == ("debt",) and layout.debt):
            yield f"項目 {' か '.join(group)} がありません"
    for column in layout.columns:
        if column.field.startswith("flag_") and not set(column.words.values()) <= {"yes", "no"}:
            yield f"「{column.field}」の words の値は yes か no です"
    if layout.debt and "debt" in fields:
        yield "debt を layout と columns の両方に書くことはできません"
    if layout.stop_gone and not layout.complete_list:
        yield "stop_gone は complete_list = true の形式だけに書けます"
    if layout.complete_list and not layout.debts:
        yield "complete_list の形式には、どの科目の名簿かが要ります（debt か、columns の debt の words）"
    for name in layout.encodings:
        if name not in ENCODINGS:
            yield f"文字コード「{name}」は使えません。{'、'.join(ENCODINGS)} のいずれかを書いてください"


ENCODINGS = ("utf-8-sig", "utf-8", "cp932")
"""Never shift_jis: it knows neither 髙 nor ㈱."""
