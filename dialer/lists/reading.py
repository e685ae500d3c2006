"""Bytes to records, by a layout. What a cell means is judged elsewhere.

The encoding is one that the layout names: UTF-8 when the bytes are valid UTF-8 (CP932 text hardly ever is by chance),
else CP932. A file in another one is refused, not guessed: half of all CP932 bytes mean something in any encoding.
"""

import csv
import hashlib
import io
import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dialer.core.layout import FileFormat, Layout, LayoutColumn
from dialer.lists.rows import Problem, Unreadable
from dialer.lists.whole import EMPTY, fault_of

END_OF_FILE = b"\x1a"  # what old systems put behind the last line
WHOLE_LINE = "行"


@dataclass(frozen=True, slots=True)
class Record:
    row: int  # as Excel counts it
    cells: Mapping[str, str]  # by field of the layout, without the spaces around
    raw: str  # the whole row as it was, a JSON object
    column: str | None = None  # where it could not be read, when that is one column
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class ListFile:
    """A file that can be read. Its records are made as they are asked for: only the bytes stay in memory."""

    path: Path
    layout: Layout
    encoding: str
    header: tuple[str, ...]
    sha256: str  # of what was read, whatever becomes of the file meanwhile
    _data: bytes = field(repr=False)

    @property
    def lines(self) -> int:
        """About so many rows; a quoted cell may hold several lines."""
        return self._data.count(b"\n")

    def records(self) -> Iterator[Record]:
        """Without empty rows. Unreadable when the rest cannot be read at all."""
        return self._fixed() if self.layout.format is FileFormat.FIXED else self._delimited()

    def write_rows(self, rows: Iterable[int]) -> Path:
        """These rows as they were, in the same encoding, beside the file; an earlier such file is kept."""
        wanted = frozenset(rows)
        target = _free_name(self.path.with_name(f"{self.path.stem}-取込不可{self.path.suffix}"))
        with target.open("xb") as file:
            target.chmod(0o600)
            if self.layout.format is FileFormat.FIXED:
                file.writelines(line + b"\r\n" for row, line in self._lines() if row in wanted)
                return target
            with io.TextIOWrapper(file, encoding=self.encoding, newline="") as text:
                writer = csv.writer(text, delimiter=self.layout.delimiter, lineterminator="\r\n")
                if self.layout.heading:
                    writer.writerow(self.header)
                writer.writerows(cells for row, cells in self._rows() if row in wanted)
        return target

    # --- delimited

    def _delimited(self) -> Iterator[Record]:
        layout, header, count = self.layout, self.header, len(self.header)
        places = self._places()
        least = max(places.values(), default=0) + 1
        for row, cells in self._rows():
            if not any(cell.strip() for cell in cells):
                continue
            raw = json.dumps(
                dict(zip(header or map(str, range(1, 1 + len(cells))), cells, strict=False)), ensure_ascii=False
            )
            if layout.heading and len(cells) != count:
                what = f"列の数が違います（{len(cells)}列、見出しは{count}列）。行を直してください。"
                yield Record(row, {}, raw, None, what)
            elif len(cells) < least:
                what = f"列の数が違います（{len(cells)}列、取込形式では{least}列以上）。行を直してください。"
                yield Record(row, {}, raw, None, what)
            else:
                yield Record(row, {name: cells[place].strip() for name, place in places.items()}, raw)

    def _places(self) -> dict[str, int]:
        """Field to index of its cell; an optional column that the file does not have is left out."""
        if not self.layout.heading:
            return {one.field: one.position - 1 for one in self.layout.columns if one.position is not None}
        plain = [_plain(name) for name in self.header]
        wanted = ((one.field, _plain(one.header or "")) for one in self.layout.columns)
        return {name: plain.index(heading) for name, heading in wanted if heading in plain}

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Row number and cells, the heading left out."""
        for row, cells in enumerate(_csv(self.path, self._text(), self.layout.delimiter), start=1):
            if row > 1 or not self.layout.heading:
                yield row, cells

    def _text(self) -> str:
        return self._data.decode(self.encoding)

    # --- fixed width: places are bytes, not characters

    def _fixed(self) -> Iterator[Record]:
        columns = [(one, (one.first or 1) - 1, (one.first or 1) - 1 + (one.length or 0)) for one in self.layout.columns]
        least = max(end for _, _, end in columns)
        for row, line in self._lines():
            if not line.strip():
                continue
            raw = json.dumps({WHOLE_LINE: line.decode(self.encoding, errors="replace")}, ensure_ascii=False)
            if len(line) < least:
                short = f"行の長さが違います（{len(line)}バイト、取込形式では{least}バイト以上）"
                yield Record(row, {}, raw, None, f"{short}。末尾の空白が削られていないか確かめてください。")
                continue
            try:
                yield Record(
                    row, {one.field: _cut(line, one, start, end, self.encoding) for one, start, end in columns}, raw
                )
            except _MiddleOfCharacter as where:
                what = "全角文字の途中で区切られます。取込形式の桁位置と文字コードを確かめてください。"
                yield Record(row, {}, raw, str(where), what)

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """LF is never part of a CP932 character, so lines can be told apart before decoding."""
        for row, line in enumerate(self._data.split(b"\n"), start=1):
            if row > 1 or not self.layout.heading:
                yield row, line.removesuffix(b"\r")


class _MiddleOfCharacter(Exception):
    """The name of the column whose edge cuts a character."""


def open_list(path: Path, layout: Layout) -> ListFile:
    """Raises Unreadable."""
    try:
        whole = path.read_bytes()
    except OSError as error:
        raise _wrong(path, f"ファイルを読めません（{error.strerror}）。場所と権限を確かめてください。") from None
    if (fault := fault_of(whole)) not in (None, EMPTY):
        raise _wrong(path, str(fault))
    data, sha256 = whole.removesuffix(END_OF_FILE), hashlib.sha256(whole).hexdigest()
    encoding = _encoding(path, data, layout)
    if layout.format is FileFormat.FIXED or not layout.heading:
        if not data.strip():
            raise _wrong(path, EMPTY)
        return ListFile(path, layout, encoding, (), sha256, data)
    header = next(_csv(path, data.decode(encoding), layout.delimiter), [])
    plain = [_plain(name) for name in header]
    if not any(plain):
        needed = "、".join(one.label for one in layout.columns if not one.optional)
        raise _wrong(path, f"空のファイルです。見出し（{needed}）と案件を入れてください。")
    if problems := tuple(_header_problems(path.name, plain, layout)):
        raise Unreadable(*problems)
    return ListFile(path, layout, encoding, tuple(header), sha256, data)


def _wrong(path: Path, what: str) -> Unreadable:
    return Unreadable(Problem(path.name, None, None, what))


def _csv(path: Path, content: str, delimiter: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise _wrong(path, f"CSV として読めません（{error}）。引用符の対応を確かめてください。") from None


def _plain(heading: str) -> str:
    return unicodedata.normalize("NFKC", heading).strip()


def _header_problems(file: str, header: Sequence[str], layout: Layout) -> Iterator[Problem]:
    columns = {_plain(one.header or ""): one for one in layout.columns}
    for name, column in columns.items():
        if name not in header and not column.optional:
            yield Problem(file, None, name, "列がありません。見出しを確かめてください。")
    for name in dict.fromkeys(header):
        if name not in columns and layout.only_these_columns:
            yield Problem(file, None, name, f"知らない列です。使える列は {'、'.join(columns)} です。")
        elif name in columns and header.count(name) > 1:
            yield Problem(file, None, name, "同じ列が2つあります。")


def _cut(line: bytes, column: LayoutColumn, start: int, end: int, encoding: str) -> str:
    try:
        return line[start:end].decode(encoding).strip()
    except UnicodeDecodeError:
        raise _MiddleOfCharacter(column.label) from None


def _free_name(wanted: Path) -> Path:
    tries = (wanted.with_stem(f"{wanted.stem}-{count}") for count in range(2, 10_000))
    return wanted if not wanted.exists() else next(path for path in tries if not path.exists())


# --- encodings


def _encoding(path: Path, data: bytes, layout: Layout) -> str:
    marked = data.startswith(b"\xef\xbb\xbf")
    is_utf8, is_cp932 = _decodes(data, "utf-8"), not marked and _decodes(data, "cp932")
    takes_utf8, takes_cp932 = any(one.startswith("utf-8") for one in layout.encodings), "cp932" in layout.encodings
    if is_utf8 and (takes_utf8 or data.isascii()):
        return "utf-8-sig" if marked else "utf-8"
    if is_cp932 and takes_cp932 and not is_utf8:
        return "cp932"
    raise _wrong(path, _why_not_decoded(data, layout, is_utf8, is_cp932))


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _why_not_decoded(data: bytes, layout: Layout, is_utf8: bool, is_cp932: bool) -> str:
    if is_utf8:
        return f"文字コードが UTF-8 ですが、取込形式「{layout.key}」は CP932 です。正しいファイルか確かめてください。"
    if is_cp932:
        return f"文字コードが CP932 ですが、取込形式「{layout.key}」は UTF-8 です。正しいファイルか確かめてください。"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        place = f"（{line:,} 行目付近）"
        return f"文字コードが UTF-8 でも CP932 でもありません{place}。「CSV UTF-8」で保存し直してください。"
    raise AssertionError("it can be decoded")
