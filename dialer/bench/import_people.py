"""Invented people for the bench of imports, and the files in which a city would send them.

The tender counts people (個人データ件数), so nearly every row is a case of its own; one person in ten has several rows.
Some owe several debts and stand in several files; whom a visitor is to see stands in another one anyhow. Their
telephone numbers can belong to nobody; the files of two systems do not always know the same.
"""

import csv
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from dialer.core.layout import Layout, LayoutColumn, LayoutKind
from dialer.lists.dates import write_date

ROWS_OF_ONE = (1,) * 18 + (2, 3)  # how many rows a person has in a file with items
KNOWN = 0.15  # of a file's people stand in an earlier file too
OTHER_NUMBER = 0.1  # of those have another number there
TERMS = date(2026, 9, 30)


@dataclass(slots=True)
class People:
    """The same for the same seed. Whoever has been in a file may come again in the next."""

    seed: int
    _known: list[int] = field(default_factory=list)

    def write(self, path: Path, layout: Layout, rows: int) -> None:
        with path.open("w", encoding=layout.encodings[0], newline="") as file:
            writer = csv.writer(file, lineterminator="\r\n")
            writer.writerow([column.header for column in layout.columns])
            writer.writerows(self._rows(layout, rows))
        path.chmod(0o600)

    def _rows(self, layout: Layout, rows: int) -> Iterator[list[str]]:
        chance = self._chance(layout.key)
        debts = list(column.words) if (column := layout.column("debt")) else [""]
        left = rows
        for person in self._drawn(layout, rows, chance):
            said, debt = self._of(person, layout.key), chance.choice(debts)
            for place in range(min(left, chance.choice(ROWS_OF_ONE) if layout.is_itemised else 1)):
                item = {
                    "debt": debt,
                    "item_name": f"{person:06d}{place}",
                    "item_year": "2026",
                    "item_term": str(place + 1),
                    "item_amount": str(chance.randrange(1000, 90_000)),
                }
                yield [_cell(column, {**said, **item}) for column in layout.columns]
                left -= 1
            if left == 0:
                return

    def _drawn(self, layout: Layout, most: int, chance: random.Random) -> Iterator[int]:
        """Nobody twice in one file."""
        share = 1.0 if layout.kind is LayoutKind.PEOPLE else KNOWN
        again = chance.sample(self._known, min(len(self._known), round(most * share)))
        fresh = range(len(self._known) + 1, len(self._known) + 1 + most - len(again))
        drawn = [*again, *fresh]
        chance.shuffle(drawn)
        self._known += fresh
        return iter(drawn)

    def _of(self, person: int, file: str) -> Mapping[str, str]:
        chance, of_file = self._chance(person), self._chance(f"{file} {person}")
        number1, number2 = _mobile(chance), _fixed(chance) if chance.random() < 0.3 else ""
        if of_file.random() < OTHER_NUMBER:
            number1 = _mobile(of_file)
        return {
            "address_key": f"{person:010d}",
            "name": f"見本　{person}",
            "kana": f"ﾐﾎﾝ {person}",
            "household": f"{person // 2:08d}" if person % 5 else f"9{person:07d}",
            "number1": number1,
            "number1_obtained_on": "20260401" if chance.random() < 0.5 else "",
            "number2": number2,
            "language": "11" if chance.random() < 0.01 else "01",
        }

    def _chance(self, of: object) -> random.Random:
        return random.Random(f"{self.seed} {of}")  # noqa: S311 (invented people)


def _mobile(chance: random.Random) -> str:
    return f"0{chance.choice('679')}00-{chance.randrange(1000):03d}-{chance.randrange(10_000):04d}"


def _fixed(chance: random.Random) -> str:
    return f"0258-00-{chance.randrange(10_000):04d}"


def _cell(column: LayoutColumn, values: Mapping[str, str]) -> str:
    if column.field == "item_due_on":
        return write_date(TERMS, column.pattern)
    return values.get(column.field, "")
