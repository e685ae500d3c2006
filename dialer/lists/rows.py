"""What comes out of a city's file, and what is wrong with it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date

from dialer.core.rules.happenings import Result
from dialer.core.values import PhoneNumber

Told = Callable[[int, int], None]
"""Told now and then how many rows of how many are done."""


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


class Unreadable(Exception):
    """The file as a whole is wrong: there are no single rows to skip."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*map(str, problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Item:
    """One part of what a case is about: a year's third instalment, one child's lunches."""

    name: str | None = None
    year: str | None = None
    term: str | None = None
    due_on: date | None = None
    amount_yen: int | None = None

    def as_dict(self) -> dict[str, str | int | None]:
        kept = asdict(self)
        kept["due_on"] = self.due_on.isoformat() if self.due_on else None
        return {name: value for name, value in kept.items() if value is not None}


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person of a list, with the numbers in the order in which they are tried."""

    row: int
    address_key: str
    name: str
    kana: str
    numbers: tuple[PhoneNumber, ...] = field(repr=False)
    obtained_on: tuple[date | None, ...] = ()  # of each number; empty: of none
    household: str | None = None
    language: str | None = None
    flags: Mapping[str, bool] = field(default_factory=dict)  # of the kinds that the list has a column for


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case of a list. It may have come in several rows of the file: `row` is the first."""

    row: int
    address_key: str
    name: str
    kana: str
    debt: str  # key of the debt kind
    amount_yen: int
    numbers: tuple[PhoneNumber, ...] = field(repr=False)  # in the order in which they are tried
    obtained_on: tuple[date | None, ...] = ()  # of each number; empty: of none
    household: str | None = None
    language: str | None = None
    debtor_class: str | None = None
    items: tuple[Item, ...] = ()
    raw: tuple[str, ...] = field(default=(), repr=False)  # each row of the file as it was, a JSON object
    flags: Mapping[str, bool] = field(default_factory=dict)

    @property
    def items_json(self) -> str | None:
        return json.dumps([item.as_dict() for item in self.items], ensure_ascii=False) if self.items else None

    @property
    def raw_json(self) -> str | None:
        return f"[{','.join(self.raw)}]" if self.raw else None


@dataclass(frozen=True, slots=True)
class PaymentRow:
    row: int
    address_key: str
    debt: str | None  # None: of every debt kind
    paid_on: date | None
    balance_yen: int | None  # what is still owed; None or 0: nothing


@dataclass(frozen=True, slots=True)
class StopRow:
    row: int
    address_key: str
    debt: str | None
    stopped_on: date | None


@dataclass(frozen=True, slots=True)
class ResultRow:
    """The last result of a number in the round before (D-012)."""

    row: int
    address_key: str
    debt: str | None
    number: PhoneNumber = field(repr=False)
    result: Result
    called_on: date
