"""What a city says of cases that are there: paid, to be stopped, and how calls of the round before ended."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from dialer.core.city import City
from dialer.core.layout import Layout
from dialer.core.rules import endings
from dialer.core.rules.happenings import RESULT_NAMES, Result
from dialer.core.values import OUTCOME_NAMES
from dialer.lists.cases import ReadList, counted, read_rows
from dialer.lists.judging import Judge
from dialer.lists.reading import ListFile
from dialer.lists.rows import PaymentRow, ResultRow, StopRow, Told

Row = TypeVar("Row")

RESULTS = {
    **{OUTCOME_NAMES[outcome]: result.value for outcome, result in endings.RESULTS.items() if result is not None},
    **{word: result.value for result, name in RESULT_NAMES.items() for word in (result.value, name)},
}
"""As a list may say them without words of its layout: ours, and those of the results that we handed over."""


def read_payments(
    path: Path, city: City, layout: Layout, *, simulated: bool, told: Told | None = None
) -> ReadList[PaymentRow]:
    def row(judge: Judge, place: int, key: str, debt: str | None) -> PaymentRow:
        paid_on = judge.date("paid_on") if judge.has("paid_on") else None
        balance = judge.amount("balance", least=0) if judge.cell("balance") else None
        return PaymentRow(place, key, debt, paid_on, balance)

    return read_rows(path, layout, lambda file: _read(file, city, simulated, told, row), "収納の行がありません。")


def read_stops(
    path: Path, city: City, layout: Layout, *, simulated: bool, told: Told | None = None
) -> ReadList[StopRow]:
    def row(judge: Judge, place: int, key: str, debt: str | None) -> StopRow:
        stopped_on = judge.date("stopped_on") if judge.has("stopped_on") else None
        return StopRow(place, key, debt, stopped_on)

    return read_rows(path, layout, lambda file: _read(file, city, simulated, told, row), "停止の行がありません。")


def read_results(
    path: Path, city: City, layout: Layout, *, simulated: bool, told: Told | None = None
) -> ReadList[ResultRow]:
    choice = "、".join(RESULT_NAMES.values())

    def row(judge: Judge, place: int, key: str, debt: str | None) -> ResultRow | None:
        number = judge.number("number")
        result = judge.word("result", RESULTS, "架電結果", choice)
        called_on = judge.date("called_on")
        if called_on is None:
            judge.wrong("called_on", "空です。架電日を入れてください。")
        if number is None or called_on is None or not judge.is_good:
            return None
        return ResultRow(place, key, debt, number, Result(result), called_on)

    return read_rows(path, layout, lambda file: _read(file, city, simulated, told, row), "架電結果の行がありません。")


def _read(
    file: ListFile,
    city: City,
    simulated: bool,
    told: Told | None,
    make: Callable[[Judge, int, str, str | None], Row | None],
) -> ReadList[Row]:
    """A row without a debt kind is of all the person's cases."""
    judge = Judge(file.path.name, file.layout, simulated=simulated)
    debts = {word: debt.key for debt in city.debts for word in (debt.key, debt.name)}
    names = "、".join(debt.name for debt in city.debts)
    rows: list[Row] = []
    bad: set[int] = set()
    for record in counted(file, told):
        judge.begin(record)
        found = None
        if record.fault is None:
            debt = judge.word("debt", debts, "科目", names) if judge.cell("debt") else file.layout.debt
            found = make(judge, record.row, judge.key(), debt)
        if found is not None and judge.is_good:
            rows.append(found)
        else:
            bad.add(record.row)
    return ReadList(file.path, file.layout, tuple(rows), tuple(judge.problems), (), frozenset(bad), file=file)
