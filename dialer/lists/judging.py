"""One cell after the other: is it what it should be? What is wrong is told with its row, column, and how to mend it.

Nothing is repaired silently: a number that lost its zero to a spreadsheet is told with what it probably was.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from functools import lru_cache, partial

from dialer.core.layout import Layout
from dialer.core.values import PhoneNumber
from dialer.lists.dates import is_no_date, read_date
from dialer.lists.reading import Record
from dialer.lists.rows import Problem
from dialer.telephone import Dialable, judge_number

LONGEST_TEXT = 200
HIGHEST_AMOUNT = 99_999_999_999

FORMULA = tuple("=+-@")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
GAIJI = re.compile("[\ue000-\uf8ff\ufffd\U000f0000-\U0010fffd]")
UNFIT = re.compile(f"{CONTROL.pattern}|{GAIJI.pattern}")
KANA_ONLY = re.compile(r"[ァ-ヶー・ A-Za-z0-9.,'()&/-]+")  # after NFKC
KEY = re.compile(r"[0-9A-Za-z-]{1,20}", re.ASCII)
EXPONENT = re.compile(r"\d(\.\d+)?e\+?\d+", re.IGNORECASE)
AMOUNT = re.compile(r"\d{1,3}(,\d{3})+|\d+", re.ASCII)
YES, NO = YES_NO = ("yes", "no")
FLAG_WORDS = {"1": YES, "0": NO, "": NO}
REPAIR = "行を直すか --skip-bad を付けてください。"


class Judge:
    """Of one file; told each row before its cells are asked for."""

    def __init__(self, file: str, layout: Layout, *, simulated: bool) -> None:
        self.problems: list[Problem] = []
        self._file = file
        self._columns = {column.field: column for column in layout.columns}
        # several rows of one person follow each other; each of their numbers is judged once
        self._judged = lru_cache(maxsize=1024)(partial(judge_number, simulated=simulated))
        self._row = 0
        self._cells: Mapping[str, str] = {}
        self._told: set[str | None] = set()

    def begin(self, record: Record) -> None:
        self._row, self._cells = record.row, record.cells
        self._told.clear()
        if record.fault is not None:
            self._note(record.column, record.fault)
        elif UNFIT.search("".join(record.cells.values())):
            for field, cell in record.cells.items():
                self._check_characters(field, cell)
        elif "\\u0000" in record.raw:  # in a column that is not read; no database keeps it
            self._note(None, "制御文字（NUL）があります。取り除いてください。")

    @property
    def is_good(self) -> bool:
        """So far, the row in hand."""
        return not self._told

    def is_wrong(self, field: str) -> bool:
        return self._columns[field].label in self._told

    def wrong(self, field: str | None, what: str) -> None:
        self._note(self._columns[field].label if field is not None else None, what)

    def _note(self, column: str | None, what: str) -> None:
        """One problem for each cell: the first says enough."""
        if column not in self._told:
            self._told.add(column)
            self.problems.append(Problem(self._file, self._row, column, what))

    def _check_characters(self, field: str, cell: str) -> None:
        if CONTROL.search(cell):
            self.wrong(field, "改行や制御文字があります。取り除いてください。")
        if GAIJI.search(cell):
            shown = GAIJI.sub("〓", cell)
            self.wrong(field, f"外字があります（{shown}）。標準の文字に置き換えてください。")

    # --- cells; a field that the layout or the file does not have is empty

    def has(self, field: str) -> bool:
        return field in self._cells

    def cell(self, field: str) -> str:
        return self._cells.get(field, "")

    def filled(self, field: str) -> str:
        cell = self.cell(field)
        if not cell:
            self.wrong(field, "空です。値を入れてください。")
        return self._short(field, cell)

    def _short(self, field: str, cell: str) -> str:
        if len(cell) > LONGEST_TEXT:
            self.wrong(field, f"{LONGEST_TEXT}文字より長い値です。列がずれていないか確かめてください。")
        column = self._columns.get(field)
        if cell and column is not None and column.length and column.first is None and len(cell) != column.length:
            lost = "先頭の0が失われていないか確かめてください"
            self.wrong(field, f"桁数が違います（{len(cell)}桁、取込形式では{column.length}桁）。{lost}。")
        return cell

    def text(self, field: str) -> str | None:
        return self._short(field, self.cell(field)) or None

    def name(self, field: str) -> str:
        cell = self.filled(field)
        if cell.startswith(FORMULA):
            self.wrong(field, f"「{cell[0]}」で始まっています（数式とみなされます）。先頭の記号を取り除いてください。")
        return cell

    def kana(self) -> str:
        kana = unicodedata.normalize("NFKC", self.name("kana"))
        if kana and not KANA_ONLY.fullmatch(kana):
            self.wrong("kana", "カタカナ以外の文字があります。カタカナで入れてください。")
        return kana

    def key(self, field: str = "address_key") -> str:
        key = unicodedata.normalize("NFKC", self.filled(field))
        if EXPONENT.fullmatch(key) and not key.isdigit():
            self.wrong(field, "指数表記になっていて元の番号が分かりません。文字列の列として保存し直してください。")
        elif key and not KEY.fullmatch(key):
            self.wrong(field, "英数字20桁までで入れてください。")
        return key

    def household(self) -> str | None:
        return self.key("household") if self.cell("household") else None

    def word(self, field: str, known: Mapping[str, str], what: str, choice: str) -> str:
        """Ours for the file's: by the words of the layout where it has some, else by ours."""
        cell, own = self.filled(field), self._columns[field].words
        words = own or known
        found = words.get(cell) or words.get(unicodedata.normalize("NFKC", cell))
        if found is None and cell:
            choice = "、".join(own) or choice
            self.wrong(field, f"「{cell[:40]}」という{what}はありません。{choice} のいずれかにしてください。")
        return found or ""

    def language(self) -> str | None:
        """None for Japanese."""
        cell = self.cell("language")
        if not cell:
            return None
        words = self._columns["language"].words
        found = words.get(cell) if words else cell.lower()
        if found is None or not re.fullmatch("[a-z]{2}", found):
            choice = "、".join(words) or "ja、ne、vi など2文字の言語コード"
            self.wrong("language", f"「{cell[:40]}」という言語はありません。{choice} のいずれかにしてください。")
        return None if found == "ja" else found

    def flag(self, field: str) -> bool:
        """By the words of the layout, which name what stands for yes and for no; without words 1 is yes."""
        cell, words = self.cell(field), self._columns[field].words or FLAG_WORDS
        found = words.get(cell)
        if found not in YES_NO:
            choice = "、".join(word or "（空）" for word in words)
            self.wrong(field, f"「{cell[:40]}」は読めません。{choice} のいずれかにしてください。")
        return found == YES

    def amount(self, field: str, *, least: int = 1) -> int:
        plain = unicodedata.normalize("NFKC", self.filled(field)).strip()
        number = plain.removeprefix("¥").removeprefix("\\").removesuffix("円")
        if plain and not AMOUNT.fullmatch(number):
            self.wrong(field, "金額として読めません。円単位の整数で入れてください。")
            return 0
        amount = int(number.replace(",", "") or 0)
        if plain and not least <= amount <= HIGHEST_AMOUNT:
            self.wrong(field, f"{least:,}円以上{HIGHEST_AMOUNT:,}円以下で入れてください。")
        return amount

    def date(self, field: str) -> date | None:
        cell = self.cell(field)
        if is_no_date(cell):
            return None
        pattern = self._columns[field].pattern
        found = read_date(cell, pattern)
        if found is None:
            wanted = f"（取込形式では {pattern}）" if pattern else "（2026-11-25、20261125、R8.11.25 など）"
            self.wrong(field, f"「{cell[:40]}」は日付として読めません{wanted}。")
        return found

    def number(self, field: str) -> PhoneNumber | None:
        cell = self.cell(field)
        judged = self._judged(cell)
        if isinstance(judged, Dialable):
            return judged.number
        self.wrong(field, f'"{cell[:40]}" は{judged.why}。{REPAIR}')
        return None
