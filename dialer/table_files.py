"""Tables that the command line takes from files: read, and their problems told with the file's name."""

from collections.abc import Sequence
from pathlib import Path

from dialer.core.typed_table import BadTable, decoded, shown_problems

NOTHING_DONE = "取込は行っていません。"


def text_of(file: Path, largest_bytes: int) -> str:
    try:
        if file.stat().st_size > largest_bytes:
            raise BadTable([f"大きすぎます。{_size(largest_bytes)}までにしてください"])
        data = file.read_bytes()
    except OSError as wrong:
        raise BadTable([wrong.strerror or "読めません"]) from None
    return decoded(data)


def _size(count: int) -> str:
    return f"{count // 1_000_000} MB" if count >= 1_000_000 else f"{count // 1_000} KB"


def told(file: Path, problems: Sequence[str]) -> str:
    lines = [f"{file.name} {problem}" for problem in problems]
    return "\n".join([*shown_problems(lines), NOTHING_DONE])
