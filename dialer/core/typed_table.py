"""A table of cells as somebody hands it in: a CSV file, or what was copied out of a document. Without IO."""

import csv
import io
from collections.abc import Sequence

ENCODINGS = ("utf-8-sig", "cp932")
SHOWN_PROBLEMS = 20


class BadTable(Exception):
    """One line for each problem."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def decoded(data: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadTable(["文字コードはUTF-8かShift_JISにしてください"])


def cells_of(text: str) -> list[list[str]]:
    """Rows of cells; tabs part them where there are any: so does what is copied out of a document."""
    delimiter = "\t" if "\t" in text else ","
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as wrong:
        raise BadTable([f"CSVとして読めません（{wrong}）"]) from None


def shown_problems(problems: Sequence[str]) -> tuple[str, ...]:
    """As many as anybody reads."""
    more = len(problems) - SHOWN_PROBLEMS
    return (*problems[:SHOWN_PROBLEMS], *([f"ほか {more:,}件"] if more > 0 else []))
