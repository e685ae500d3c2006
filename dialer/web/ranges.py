"""Which part of a thing is asked for (RFC 9110, 14.2): one range of bytes."""

import re
from dataclasses import dataclass

ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class Unsatisfiable(Exception):
    """It lies behind the end."""


@dataclass(frozen=True, slots=True)
class Part:
    first: int
    last: int  # included; before `first` when there is nothing at all

    @property
    def length(self) -> int:
        return self.last - self.first + 1


def part_of(header: str | None, size: int) -> Part | None:
    """None: the whole, as when several ranges are asked for, or something that is none. Unsatisfiable."""
    found = ONE_RANGE.fullmatch(header.strip().replace(" ", "")) if header else None
    if found is None or found.group(1) == found.group(2) == "":
        return None
    first, last = found.groups()
    if first == "":  # so many from the end
        if int(last) == 0 or size == 0:
            raise Unsatisfiable
        return Part(max(0, size - int(last)), size - 1)
    if last != "" and int(last) < int(first):
        return None
    if int(first) >= size:
        raise Unsatisfiable
    return Part(int(first), min(int(last), size - 1) if last else size - 1)
