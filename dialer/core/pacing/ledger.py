"""How many persons were left alone today, and how careful to be because of it.

What a call may risk is a limit: most calls risk far less, and those whose risk rises are put off before they ring. So
the limit is some times the target, and the ledger puts right what that is not quite: who has left more alone than the
target allows is more careful until that is paid back, and who comes near the ceiling places one call for each free
operator.
"""

from dataclasses import dataclass, replace

from dialer.core.pacing.values import PaceRules

STEP = 0.5  # how much one person more or less than the target allows changes the risk taken
USUAL_CARE, LEAST_CARE, MOST_CARE = 2.5, 0.2, 8.0
"""Times the target. By trials of 5 and 10 seats; a steeper step swings, and costs more than it puts right."""
CEILING_FROM = 0.8  # of the ceiling: from here on one call for each operator
FIRST_PERSON = 1.0  # what a day may owe before anybody has answered


@dataclass(frozen=True, slots=True)
class Ledger:
    persons: int = 0  # who answered
    left_alone: int = 0

    def met(self) -> "Ledger":
        return replace(self, persons=self.persons + 1)

    def abandoned(self) -> "Ledger":
        return replace(self, persons=self.persons + 1, left_alone=self.left_alone + 1)

    @property
    def share(self) -> float:
        return self.left_alone / self.persons if self.persons else 0.0

    def credit(self, rules: PaceRules) -> float:
        """Persons that might have been left alone and were not."""
        return rules.target * self.persons - self.left_alone

    def is_spent(self, rules: PaceRules) -> bool:
        """Another one left alone would come too near the ceiling."""
        return self.left_alone >= CEILING_FROM * rules.ceiling * self.persons + FIRST_PERSON

    def risk(self, rules: PaceRules) -> float:
        """What a call may risk now."""
        care = min(MOST_CARE, max(LEAST_CARE, USUAL_CARE + STEP * self.credit(rules)))
        return rules.target * care * (0.5 if self.persons < rules.half_until else 1.0)
