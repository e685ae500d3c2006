"""How likely a call is to reach somebody, by kind of number and slot, as the log of attempts teaches it (C-035, C-036).

Few calls prove little: every figure is drawn towards what is more generally known, as if that had been seen in
`prior_attempts` calls more. A slot is drawn towards its kind of number, that towards the rate of all calls, and one
person's own slot towards the slot.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from dialer.core.plan.values import NumberType, PlanRules, Slot, SlotCount, SlotDay

Figures = npt.NDArray[np.float64]

TYPES = {number_type: place for place, number_type in enumerate(NumberType)}
DAYS = {day: place for place, day in enumerate(SlotDay)}

UNKNOWN = 0.5
"""Where nobody has been called yet: any figure will do, as long as it is the same for every slot."""


@dataclass(frozen=True, slots=True, eq=False)
class SlotTable:
    bands: Mapping[str, int]  # place of each band's key in `chances`
    chances: Figures  # by type, day and band
    by_type: Figures
    tried: Figures  # calls behind each figure of `chances`
    calls: int  # behind all of them
    person_prior: float

    @classmethod
    def empty(cls, rules: PlanRules) -> Self:
        return cls.learned({}, rules)

    @classmethod
    def learned(cls, counts: Mapping[tuple[NumberType, Slot], tuple[int, int]], rules: PlanRules) -> Self:
        """From how often each slot was tried, and how often somebody was reached.

        Calls in a band that the profile no longer has still tell about their kind of number.
        """
        bands = {band.key: place for place, band in enumerate(rules.bands)}
        of_slots = np.zeros((2, len(TYPES), len(DAYS), len(bands)))
        of_types = np.zeros((2, len(TYPES)))
        for (number_type, slot), tried_reached in counts.items():
            of_types[:, TYPES[number_type]] += tried_reached
            if slot.band in bands:
                of_slots[:, TYPES[number_type], DAYS[slot.day], bands[slot.band]] += tried_reached
        tried, reached = of_types.sum(axis=1)
        overall = reached / tried if tried else UNKNOWN
        by_type = _drawn(of_types, np.full(len(TYPES), overall), rules.prior_attempts)
        chances = _drawn(of_slots, by_type[:, np.newaxis, np.newaxis], rules.prior_attempts)
        return cls(bands, chances, by_type, of_slots[0], int(tried), rules.person_prior_attempts)

    @property
    def has_learned(self) -> bool:
        return self.calls > 0

    def chance(self, number_type: NumberType, slot: Slot) -> float:
        """Of reaching somebody there, whoever it is. A band that is not in the table tells no more than its type."""
        band = self.bands.get(slot.band)
        if band is None:
            return float(self.by_type[TYPES[number_type]])
        return float(self.chances[TYPES[number_type], DAYS[slot.day], band])

    def chance_of_person(self, number_type: NumberType, own: SlotCount) -> float:
        """The same for somebody who has been called in that slot before."""
        return drawn_to(own.tried, own.reached, self.chance(number_type, own.slot), self.person_prior)


def drawn_to(tried: float, reached: float, general: float, prior: float) -> float:
    """A rate from few calls, drawn towards what is generally known."""
    weight = tried + prior
    return (reached + prior * general) / weight if weight else general


def _drawn(counts: Figures, general: Figures, prior: float) -> Figures:
    """`drawn_to` for whole tables: counts holds tried and reached."""
    tried, reached = counts
    general = np.broadcast_to(general, tried.shape)
    weight = tried + prior
    return np.where(weight > 0, (reached + prior * general) / np.where(weight > 0, weight, 1.0), general)
