"""Operators' groups: who takes which debt kinds, by setting (T-031). A group's debt kinds have one number (T-004).

Whoever is in no group takes every debt kind. A group that the profile does not know any more is none.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dialer.core.values import TOKYO

Group = str | None
"""Of debt kinds, by its key; None: every debt kind, or nobody knows which."""

EVERY_NAME = "全科目"


@dataclass(frozen=True, slots=True)
class GroupChoice:
    """What somebody decided for an operator; the newest counts."""

    account: str  # by login
    group: Group
    reason: str
    by: str
    at: datetime

    @property
    def why(self) -> str:
        return f"{self.reason}。{self.by}、{self.at.astimezone(TOKYO):%Y-%m-%d %H:%M}から"


@dataclass(frozen=True, slots=True)
class Groups:
    of_debts: Mapping[str, str] = field(default_factory=dict)  # the group of each debt kind
    chosen: Mapping[str, GroupChoice] = field(default_factory=dict)  # by account

    @classmethod
    def of_choices(cls, of_debts: Mapping[str, str], choices: Iterable[GroupChoice]) -> "Groups":
        return cls(of_debts, {one.account: one for one in choices})

    def of(self, account: str | None) -> Group:
        """Which group an operator belongs to."""
        choice = self.chosen.get(account or "")
        return choice.group if choice is not None and choice.group in self.of_debts.values() else None

    def of_debt(self, debt: str | None) -> Group:
        return self.of_debts.get(debt or "")

    def debts(self, group: Group) -> frozenset[str]:
        return frozenset(debt for debt, of in self.of_debts.items() if group in (None, of))


def takes(own: Group, wanted: Group) -> bool:
    """Whether operators of the group `own` talk to people whose matter is of the group `wanted`."""
    return own is None or wanted is None or own == wanted


def lacking(free: Counter[Group], needed: Counter[Group]) -> int:
    """How many of those who need an operator get none, however the free ones are dealt out."""
    short = sum(max(0, count - free[group]) for group, count in needed.items() if group is not None)
    return max(0, short - free[None], needed.total() - free.total())


def dealt(wanted: Sequence[int], there: int) -> list[int]:
    """So many to each who wants some, one after the other as long as there are any; the first is served first."""
    given = [0] * len(wanted)
    while there > 0 and any(has < wants for has, wants in zip(given, wanted, strict=True)):
        for place, wants in enumerate(wanted):
            if given[place] < wants and there > 0:
                given[place], there = given[place] + 1, there - 1
    return given
