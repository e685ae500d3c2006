"""How many persons were left alone today, and how careful to be because of it.

What a call may risk is a limit: most calls risk far less, and those whose risk rises are put off before they ring. So
the limit is some times the target, and the ledger puts right what that is not quite: who has left more alone than the
target allows is more careful until that is paid back, and who comes near the ceiling places one call for each free
operator. So does who would end the day above it with one more: where few answer, three are enough. Persons whom the ear
took for machines met nobody either: nobody can count them, so an estimate of them is added.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf

from dialer.core.pacing.values import PaceRules

STEP = 0.5  # how much one person more or less than the target allows changes the risk taken
USUAL_CARE, LEAST_CARE, MOST_CARE = 2.0, 0.2, 8.0
"""Times the target. By trials of 5 and 10 seats; a steeper step swings, and costs more than it puts right."""
CEILING_FROM = 0.8  # of the ceiling: from here on one call for each operator
FIRST_PERSON = 1.0  # what a day may owe before anybody has answered
ALWAYS_ALLOWED = 2  # persons left alone, however few will answer today


@dataclass(frozen=True, slots=True)
class Ledger:
    persons: int = 0  # who answered, and were known as persons
    left_alone: int = 0

    def met(self) -> "Ledger":
        return replace(self, persons=self.persons + 1)

    def abandoned(self) -> "Ledger":
        return replace(self, persons=self.persons + 1, left_alone=self.left_alone + 1)

    def __add__(self, other: "Ledger") -> "Ledger":
        return Ledger(self.persons + other.persons, self.left_alone + other.left_alone)

    @property
    def share(self) -> float:
        return self.left_alone / self.persons if self.persons else 0.0

    def lost(self, rules: PaceRules) -> float:
        """Persons whom the ear took for machines, as far as is known of it."""
        return lost_by_ear(self.persons, rules.lost_by_ear)

    def credit(self, rules: PaceRules) -> float:
        """Persons that might have been left alone and were not."""
        lost = self.lost(rules)
        return rules.target * (self.persons + lost) - (self.left_alone + lost)

    def is_spent(self, rules: PaceRules, to_come: float = inf) -> bool:
        """Another one left alone would come too near the ceiling now, or over it by the end of the day. `to_come`:
        persons who will still answer today, as times those who have.
        """
        lost = self.lost(rules)
        persons, alone = self.persons + lost, self.left_alone + lost
        ends_over = self.left_alone >= ALWAYS_ALLOWED and alone + 1.0 > rules.ceiling * persons * (1.0 + to_come)
        return ends_over or alone >= CEILING_FROM * rules.ceiling * persons + FIRST_PERSON

    def risk(self, rules: PaceRules) -> float:
        """What a call may risk now."""
        care = min(MOST_CARE, max(LEAST_CARE, USUAL_CARE + STEP * self.credit(rules)))
        return rules.target * care * (0.5 if self.persons < rules.half_until else 1.0)


NOBODY = Ledger()


class Ledgers:
    """A day's, by debt kind: the target and the ceiling hold for each of them."""

    def __init__(self, by_debt: Mapping[str, Ledger] | None = None) -> None:
        self._by_debt = dict(by_debt or {})

    def __getitem__(self, debt: str) -> Ledger:
        return self._by_debt.get(debt, NOBODY)

    def met(self, debt: str) -> None:
        self._by_debt[debt] = self[debt].met()

    def abandoned(self, debt: str) -> None:
        self._by_debt[debt] = self[debt].abandoned()

    @property
    def total(self) -> Ledger:
        return sum(self._by_debt.values(), NOBODY)

    def spent(self, rules: PaceRules, to_come: float = inf) -> frozenset[str]:
        """Debt kinds that get one operator for each call until that is paid back; the others go on."""
        return frozenset(debt for debt, ledger in self._by_debt.items() if ledger.is_spent(rules, to_come))

    def of_others(self, rules: PaceRules, to_come: float = inf) -> Ledger:
        """Of all debt kinds that are not spent, together: they are dialled by one pace."""
        return sum((ledger for ledger in self._by_debt.values() if not ledger.is_spent(rules, to_come)), NOBODY)


def lost_by_ear(persons: int, share: float) -> float:
    """`share`: of all persons who answer; `persons`: those who were known as such."""
    return persons * share / (1.0 - share)
