"""Files for the city: built in memory by a layout, then written whole or not at all.

What the encoding does not have is reported with its row and column, never replaced. A text that a spreadsheet would
take for a formula gets an apostrophe in front.
"""

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from dialer.core.layout import FileFormat, Layout, LayoutColumn
from dialer.core.values import TOKYO
from dialer.lists.dates import write_date

Value = str | int | bool | date | datetime | None

FORMULA = ("=", "+", "-", "@", "\t", "\r")
YES, NO = "yes", "no"  # ours, in the words of a column


@dataclass(frozen=True, slots=True)
class OutRow:
    """One row by fields of the layout. `case` names it in a problem: its own words are personal."""

    case: int
    values: Mapping[str, Value]
    raw: Mapping[str, str] = field(default_factory=dict)  # of the list the case came with, by heading


@dataclass(frozen=True, slots=True)
class Rendered:
    rows: int
    data: bytes = field(repr=False)
    problems: tuple[str, ...]


class NotWritten(Exception):
    """One line: which file, why, and what to do."""


def render(layout: Layout, rows: Iterable[OutRow]) -> Rendered:
    """In the first encoding of the layout. With problems there is nothing to write."""
    encoding = layout.encodings[0]
    problems: list[str] = []
    lines: list[bytes] = []
    if layout.heading:
        lines.append(_line(layout, [column.label for column in layout.columns], 0, problems, encoding))
    back = {column.field: {ours: word for word, ours in column.words.items()} for column in layout.columns}
    count = 0
    for row in rows:
        count += 1
        cells = [_cell(column, row, back[column.field], layout, problems) for column in layout.columns]
        lines.append(_line(layout, cells, row.case, problems, encoding))
    mark = b"\xef\xbb\xbf" if encoding == "utf-8-sig" else b""
    return Rendered(count, mark + b"".join(lines), tuple(dict.fromkeys(problems)))


def write_whole(path: Path, data: bytes) -> None:
    """Readable by its owner alone. Raises NotWritten; an earlier file is never replaced."""
    if path.exists():
        raise NotWritten(
            f"{path.name}: すでにあります。別の名前にするか、先に移してください。書き出しは行っていません。"
        )
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.rename(path)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise
    except OSError as error:
        what = f"書き出せません（{error.strerror}）。場所と空き容量を確かめてください。書き出しは行っていません。"
        raise NotWritten(f"{path.name}: {what}") from None


# --- a cell


def _cell(column: LayoutColumn, row: OutRow, back: Mapping[str, str], layout: Layout, problems: list[str]) -> str:
    value = row.raw.get(column.header or "") if column.field == "raw" else row.values.get(column.field)
    if value is None:
        return ""
    if back:
        ours = (YES if value else NO) if isinstance(value, bool) else str(value)
        if ours not in back:
            what = f"「{ours}」に当たる語が取込形式「{layout.key}」にありません。words に足してください"
            problems.append(f"案件 {row.case} 列「{column.label}」: {what}。")
        return back.get(ours, "")
    if isinstance(value, str):
        guarded = layout.format is FileFormat.DELIMITED and value.startswith(FORMULA)
        return f"'{value}" if guarded else value
    return _plain(value, column)


def _plain(value: int | bool | date | datetime, column: LayoutColumn) -> str:
    match value:
        case bool():
            return "1" if value else "0"
        case int():
            return str(value)
        case datetime():
            local = value.astimezone(TOKYO)
            return write_date(local.date(), column.pattern) if column.pattern else f"{local:%Y-%m-%d %H:%M}"
        case _:
            return write_date(value, column.pattern)


# --- a line


def _line(layout: Layout, cells: Sequence[str], case: int, problems: list[str], encoding: str) -> bytes:
    encoded = [
        _encoded(text, column, case, problems, encoding) for text, column in zip(cells, layout.columns, strict=True)
    ]
    if layout.format is FileFormat.FIXED:
        return _fixed(layout, cells, encoded, case, problems)
    if None in encoded:
        return b""
    text = io.StringIO()
    csv.writer(text, delimiter=layout.delimiter, lineterminator="\r\n").writerow(cells)
    return encode(text.getvalue(), encoding)


def _encoded(text: str, column: LayoutColumn, case: int, problems: list[str], encoding: str) -> bytes | None:
    try:
        return encode(text, encoding)
    except UnicodeEncodeError as error:
        letter = text[error.start]
        what = f"文字「{letter}」（U+{ord(letter):04X}）は {encoding.upper()} で書けません"
        mend = "代わりの文字を委託者と決めて直してください"
        problems.append(f"案件 {case} 列「{column.label}」: {what}。{mend}。")
        return None


def _fixed(
    layout: Layout, cells: Sequence[str], encoded: Sequence[bytes | None], case: int, problems: list[str]
) -> bytes:
    """Digits to the right behind zeros, all else to the left before spaces, as core systems expect it."""
    line = bytearray(b" " * max((one.first or 1) - 1 + (one.length or 0) for one in layout.columns))
    for column, text, data in zip(layout.columns, cells, encoded, strict=True):
        start, length = (column.first or 1) - 1, column.length or 0
        if data is None:
            continue
        if len(data) > length:
            what = f"長すぎます（{len(data)}バイト、取込形式では{length}バイト）。桁数を委託者と確かめてください"
            problems.append(f"案件 {case} 列「{column.label}」: {what}。")
            continue
        amount = column.field in AMOUNTS and text.isdigit()
        line[start : start + length] = data.rjust(length, b"0") if amount else data.ljust(length)
    return bytes(line) + b"\r\n"


AMOUNTS = frozenset({"amount", "attempts", "promise_yen"})


# --- CP932 as Windows writes it


def encode(text: str, encoding: str) -> bytes:
    """Python chooses NEC's place for kanji that stand twice in CP932; Windows and core systems choose IBM's."""
    if encoding != "cp932":
        return text.encode("utf-8")
    data = text.encode("cp932")
    if data.isascii() or not any(letter in IBM_PLACES for letter in text):
        return data
    return b"".join(IBM_PLACES.get(letter) or letter.encode("cp932") for letter in text)


def _ibm_places() -> dict[str, bytes]:
    trails = [*range(0x40, 0x7F), *range(0x80, 0xFD)]
    found: dict[str, bytes] = {}
    for pair in (bytes((lead, trail)) for lead in (0xFA, 0xFB, 0xFC) for trail in trails):
        with suppress(UnicodeDecodeError):
            letter = pair.decode("cp932")
            if letter.encode("cp932")[0] in (0xED, 0xEE):
                found[letter] = pair
    return found


IBM_PLACES: Mapping[str, bytes] = _ibm_places()
