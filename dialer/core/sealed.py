"""Whether a log is as it was written: each row has a place and a seal over itself and the seal before it.

A row is judged by the seal that stands before it, not by one that we computed, so that one row that was changed is
named alone. Whoever seals everything anew from there on is found by a head that was kept elsewhere.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    CHANGED = "changed"  # it, or the seal before it
    MISSING = "missing"
    TWICE = "twice"  # two rows of one place
    NO_PLACE = "no_place"
    PRUNED = "pruned"  # still there though its stretch was taken away
    CUT = "cut"  # a remembered head lies behind the end
    OTHER_HEAD = "other_head"  # a remembered head is not the seal that stands there


@dataclass(frozen=True, slots=True)
class Chain:
    log: str  # a table
    key: str  # of a city, or nothing

    @property
    def beginning(self) -> bytes:
        return hashlib.sha256(f"yobikake {self.log} {self.key}".encode()).digest()


@dataclass(frozen=True, slots=True)
class Head:
    """The newest row of a chain at some moment. Kept elsewhere, it proves what came before."""

    chain: Chain
    seq: int
    seal: bytes


@dataclass(frozen=True, slots=True)
class Row:
    id: int
    seq: int
    seal: bytes
    content: str  # the row without its seal, as text


@dataclass(frozen=True, slots=True)
class Finding:
    chain: Chain
    fault: Fault
    first: int  # places
    last: int
    row: Row | None = None  # none: nothing is there


def seal_of(before: bytes, content: str) -> bytes:
    return hashlib.sha256(before + content.encode()).digest()


@dataclass(slots=True)
class ChainCheck:
    """Reads a chain from its beginning, or from where what was pruned ends."""

    chain: Chain
    heads: tuple[Head, ...] = ()
    pruned_to: int = 0
    pruned_seal: bytes | None = None
    seq: int = 0  # the last place that was read
    rows: int = 0
    _before: bytes = b""
    _remembered: dict[int, list[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.seq = self.pruned_to
        self._before = self.chain.beginning if self.pruned_seal is None else self.pruned_seal
        for head in self.heads:
            self._remembered.setdefault(head.seq, []).append(head.seal)

    def read(self, rows: Iterable[Row]) -> Iterator[Finding]:
        """In the order of their places."""
        for row in rows:
            self.rows += 1
            if row.seq <= self.pruned_to:
                yield self._of(row, Fault.PRUNED)
            elif row.seq <= self.seq:
                yield self._of(row, Fault.TWICE)
            else:
                yield from self._next(row)

    def _next(self, row: Row) -> Iterator[Finding]:
        if row.seq > self.seq + 1:  # and the row itself cannot be judged: the seal before it is gone
            yield Finding(self.chain, Fault.MISSING, self.seq + 1, row.seq - 1)
        elif seal_of(self._before, row.content) != row.seal:
            yield self._of(row, Fault.CHANGED)
        if any(seal != row.seal for seal in self._remembered.pop(row.seq, ())):
            yield self._of(row, Fault.OTHER_HEAD)
        self.seq, self._before = row.seq, row.seal

    def end(self) -> Iterator[Finding]:
        """What is wrong when no row is left. Heads of stretches that were taken away prove nothing any more."""
        for seq, seals in self._remembered.items():
            if seq > self.seq:
                yield Finding(self.chain, Fault.CUT, self.seq + 1, seq)
            elif seq == self.pruned_to and any(seal != self.pruned_seal for seal in seals):
                yield Finding(self.chain, Fault.OTHER_HEAD, seq, seq)

    def _of(self, row: Row, fault: Fault) -> Finding:
        return Finding(self.chain, fault, row.seq, row.seq, row)
