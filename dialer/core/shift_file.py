"""The plan of shifts as a file has it: 日付, ログインID, 区分, 開始, 終了. Every problem is told with its row."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, time
from itertools import groupby, pairwise

from dialer.core.shift_plan import TIME_NAMES, PlannedTime, TimeKind
from dialer.core.typed_table import BadTable

HEADER = ("日付", "ログインID", "区分", "開始", "終了")
DAY = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})", re.ASCII)
CLOCK = re.compile(r"(\d{1,2}):(\d\d)", re.ASCII)
KINDS = {name: kind for kind, name in TIME_NAMES.items()}


def read_plan(rows: Sequence[Sequence[str]]) -> list[PlannedTime]:
    """Rows as they stand in the file, the header first; BadTable with everything that is wrong."""
    header = [cell.strip() for cell in rows[0]] if rows else []
    if sorted(header) != sorted(HEADER):
        raise BadTable([f"見出しは「{','.join(HEADER)}」の5列にしてください"])
    places = [header.index(name) for name in HEADER]
    found: list[PlannedTime] = []
    problems: list[str] = []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(HEADER):
            problems.append(f"行 {number:,}: 列が{len(row)}あります。{len(HEADER)}列にしてください")
            continue
        read = _read([row[place].strip() for place in places])
        if isinstance(read, PlannedTime):
            found.append(read)
        else:
            problems.append(f"行 {number:,} {read}")
    problems += _contradictions(found)
    if not found and not problems:
        problems.append("計画の行がありません")
    if problems:
        raise BadTable(problems)
    return sorted(found)


def _read(cells: Sequence[str]) -> PlannedTime | str:
    """Or which column is wrong, and how to mend it."""
    day, login, kind = _day(cells[0]), cells[1], KINDS.get(cells[2])
    begins, ends = _clock(cells[3]), _clock(cells[4])
    if day is None:
        return "列「日付」: 2026-12-01 のように書いてください"
    if not login:
        return "列「ログインID」: 空です"
    if kind is None:
        return f"列「区分」: {'、'.join(KINDS)}のいずれかを書いてください"
    if begins is None or ends is None:
        return f"列「{'開始' if begins is None else '終了'}」: 09:00 のように書いてください"
    if begins >= ends:
        return "列「終了」: 開始より後の時刻を書いてください"
    return PlannedTime(day, login, kind, begins, ends)


def _contradictions(found: Sequence[PlannedTime]) -> Iterator[str]:
    for _, alike in groupby(sorted(found), key=lambda one: (one.day, one.login, one.kind)):
        for first, second in pairwise(alike):
            if second.begins < first.ends:
                yield f"{first.text} と {second.begins:%H:%M}～{second.ends:%H:%M} が重なっています"
    for _, of_day in groupby(sorted(found), key=lambda one: (one.day, one.login)):
        times = list(of_day)
        work = [one for one in times if one.kind is TimeKind.WORK]
        for one in times:
            is_inside = any(shift.begins <= one.begins and one.ends <= shift.ends for shift in work)
            if one.kind is TimeKind.BREAK and work and not is_inside:
                yield f"{one.text}: 勤務の時間の外です"


def _day(text: str) -> date | None:
    found = DAY.fullmatch(text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def _clock(text: str) -> time | None:
    found = CLOCK.fullmatch(text)
    try:
        return time(int(found[1]), int(found[2])) if found else None
    except ValueError:
        return None
