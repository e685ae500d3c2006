"""A work plan as a table has it: a row for each debt and channel, a column for each month of a fiscal year.

The tables of a tender can be handed in as they are printed: the debt stands in the corner of a table and counts for
the rows below it, numbers have commas, a dash is no plan, and a sum is only compared with its months (E-05).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from dialer.core.typed_table import BadTable, cells_of
from dialer.core.work_plan import (
    CHANNEL_NAMES,
    MOST,
    Channel,
    PlanKey,
    Subject,
    months_of,
    plain,
    subject_named,
    year_of,
)

YEAR, DEBT, CHANNEL, SUM = "年度", "科目", "種別", "計"
MONTH = re.compile(r"(1[0-2]|[1-9])月", re.ASCII)
WESTERN = re.compile(r"(20\d\d)(年度)?", re.ASCII)
REIWA = re.compile(r"(令和|R)(\d{1,2})(年度)?", re.ASCII | re.IGNORECASE)
COUNT = re.compile(r"\d{1,9}|\d{1,3}(,\d{3}){1,2}", re.ASCII)
DASHES = frozenset("-‐‑‒–—―ー－")
UNIT = re.compile(r"単位\(.*\)")
WORDS: dict[Channel, tuple[str, ...]] = {
    Channel.CALLS: ("架電件数", "電話催告", "電話催告件数"),
    Channel.EVENING_CALLS: ("夜間", "夜間架電件数"),
    Channel.HOLIDAY_CALLS: ("休日", "休日架電件数"),
    Channel.SMS: ("SMS件数", "SMS送信件数"),
    Channel.INBOUND: ("受電件数",),
    Channel.LETTERS: ("文書催告", "文書催告件数", "催告書出力件数"),
    Channel.SLIPS: ("納付書出力件数", "納付書再発行件数"),
    Channel.VISITS: ("訪問催告", "訪問件数"),
}
CHANNELS = {word: channel for channel in Channel for word in (channel.value, CHANNEL_NAMES[channel], *WORDS[channel])}
HEADER = f"見出しは「{DEBT},{CHANNEL},4月,…,3月」にしてください。「{YEAR}」と「{SUM}」の列も置けます"
NO_YEAR = f"年度が分かりません。年度を指定するか、「{YEAR}」の列を置いてください"


@dataclass(frozen=True, slots=True)
class PlanTable:
    counts: dict[PlanKey, int | None] = field(default_factory=dict)  # None: a dash
    warnings: tuple[str, ...] = ()
    rows: int = 0

    @property
    def years(self) -> tuple[int, ...]:
        return tuple(sorted({year_of(month) for _, _, month in self.counts}))


@dataclass(frozen=True, slots=True)
class _Columns:
    """Of a header; a table that is printed under another has one of its own."""

    year: int | None
    debt: int
    channel: int
    months: tuple[tuple[int, int], ...]  # place and month
    sum: int | None
    above: str  # the debt in the corner of a printed table


def read_plan(text: str, subjects: Sequence[Subject], year: int | None = None) -> PlanTable:
    """BadTable with everything that is wrong. `year`: of rows that do not say which."""
    reading = _Reading(subjects, year)
    for number, row in enumerate(cells_of(text), start=1):
        cells = [plain(cell) for cell in row]
        if any(cells) and not (UNIT.fullmatch("".join(cells))):
            reading.read(number, cells)
    return reading.result()


class _Reading:
    def __init__(self, subjects: Sequence[Subject], year: int | None) -> None:
        self._subjects, self._year = subjects, year
        self._columns: _Columns | None = None
        self._debt = ""
        self._counts: dict[PlanKey, int | None] = {}
        self._warnings: list[str] = []
        self._problems: list[str] = []
        self._rows = 0

    def read(self, number: int, cells: Sequence[str]) -> None:
        header = _header(cells)
        if header is not None:
            self._columns, self._debt = header, header.above
            if header.year is None and self._year is None and NO_YEAR not in self._problems:
                self._problems.append(NO_YEAR)
        elif self._columns is not None:
            self._rows += 1
            self._problems += [f"行 {number:,} {one}" for one in self._row(self._columns, cells)]
        elif not self._problems:
            self._problems.append(HEADER)

    def result(self) -> PlanTable:
        if self._columns is None and not self._problems:
            self._problems.append(HEADER)
        if not self._rows and not self._problems:
            self._problems.append("計画の行がありません")
        if self._problems:
            raise BadTable(self._problems)
        return PlanTable(self._counts, tuple(self._warnings), self._rows)

    def _row(self, columns: _Columns, cells: Sequence[str]) -> list[str]:
        """What is wrong with it."""
        self._debt = _cell(cells, columns.debt) or self._debt
        subject = subject_named(self._debt, self._subjects)
        channel = CHANNELS.get(_cell(cells, columns.channel))
        year = self._year if columns.year is None else year_named(_cell(cells, columns.year))
        problems = []
        if subject is None:
            known = "、".join(one.name for one in self._subjects)
            problems.append(f"列「{DEBT}」: 「{self._debt}」はありません。あるのは {known} です")
        if channel is None:
            known = "、".join(CHANNEL_NAMES.values())
            problems.append(f"列「{CHANNEL}」: 「{_cell(cells, columns.channel)}」はありません。あるのは {known} です")
        if year is None and columns.year is not None:
            problems.append(f"列「{YEAR}」: 2026 のように書いてください")
        counts: dict[int, int | None] = {}
        for place, month in columns.months:
            cell = _cell(cells, place)
            if is_count(cell):
                counts[month] = count_of(cell)
            else:
                problems.append(f"列「{month}月」: 「{cell}」は件数として読めません。0から{MOST:,}までの整数です")
        if subject is None or channel is None or year is None or problems:
            return problems
        return self._enter(subject, channel, year, counts, _cell(cells, columns.sum))

    def _enter(
        self, subject: Subject, channel: Channel, year: int, counts: dict[int, int | None], printed: str
    ) -> list[str]:
        name = f"{subject.name} {CHANNEL_NAMES[channel]}"
        for month in (one for one in months_of(year) if one.month in counts):
            if (subject.key, channel, month) in self._counts:
                return [f"{name} {month.year}年{month.month}月が2回あります"]
            self._counts[subject.key, channel, month] = counts[month.month]
        total = sum(count or 0 for count in counts.values())
        if printed and (not is_count(printed) or count_of(printed) not in (None, total)):
            self._warnings.append(
                f"{year}年度 {name}: 「{SUM}」は {printed}、各月の合計は {total:,} です。各月の件数を計画とします"
            )
        return []


def _header(cells: Sequence[str]) -> _Columns | None:
    """None for a row that is none."""
    months = tuple((place, int(found[1])) for place, cell in enumerate(cells) if (found := MONTH.fullmatch(cell)))
    if not months or len({month for _, month in months}) < len(months):
        return None
    names = {cell: place for place, cell in enumerate(cells)}
    debt = names.get(DEBT, 0 if YEAR not in names else 1)
    first = min(place for place, _ in months)
    channel = names.get(CHANNEL, debt + 1)
    if not max(debt, channel) < first:
        return None
    above = "" if DEBT in names else cells[debt]
    return _Columns(names.get(YEAR), debt, channel, months, names.get(SUM), above)


def year_named(word: str) -> int | None:
    """2026, 2026年度, 令和8年度."""
    text = plain(word)
    if found := WESTERN.fullmatch(text):
        return int(found[1])
    found = REIWA.fullmatch(text)
    return 2018 + int(found[2]) if found and int(found[2]) < 82 else None


def is_count(word: str) -> bool:
    text = plain(word)
    return _is_nothing(text) or (COUNT.fullmatch(text) is not None and int(text.replace(",", "")) <= MOST)


def count_of(word: str) -> int | None:
    """Of what is one; None: nothing is planned."""
    text = plain(word)
    return None if _is_nothing(text) else int(text.replace(",", ""))


def _is_nothing(text: str) -> bool:
    return set(text) <= DASHES


def _cell(cells: Sequence[str], place: int | None) -> str:
    """Empty beyond the end of a row: nobody writes what is left out."""
    return cells[place] if place is not None and place < len(cells) else ""
