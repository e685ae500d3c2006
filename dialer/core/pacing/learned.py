"""All that pacing has learned of calls and operators, and what the last minutes were like beside it."""

from dataclasses import dataclass, field

import numpy as np

from dialer.core.pacing.hazards import Hazards, edges_of, lognormal_rates
from dialer.core.pacing.values import Figures, Kind, Way, Work

SET_UP_EDGES = edges_of((12.0, 0.5), (20.0, 1.0))
RING_EDGES = edges_of((0.9, 0.9), (59.9, 1.0))
"""A telephone that rings for so many whole seconds, and no longer, ends where a step begins: within a step it would be
taken for one that may ring on."""
HEARD_EDGES = edges_of((8.0, 0.5), (20.0, 1.0))
WORK_EDGES = edges_of((20.0, 2.0), (60.0, 4.0), (120.0, 10.0), (300.0, 20.0), (900.0, 60.0))
PRIOR_CALLS, PRIOR_WORKS = 30.0, 15.0
RINGS, ENDED = 0, 1  # ways in which the wait for the first ring ends
WAYS = {Way.PERSON: 0, Way.OTHER: 1, Way.CUT: None}


def _set_ups() -> Hazards:
    """Before anything is known: most numbers ring within six seconds."""
    silent = lognormal_rates(SET_UP_EDGES, 4.0, 0.4)
    return Hazards(SET_UP_EDGES, 2, np.concatenate([silent * 0.92, silent * 0.08]), PRIOR_CALLS)


def _rings() -> Hazards:
    """Before anything is known: a third are answered by a person, most of those within fifteen seconds."""
    rings = lognormal_rates(RING_EDGES, 10.0, 0.6)
    return Hazards(RING_EDGES, 2, np.concatenate([rings * 0.38, rings * 0.62]), PRIOR_CALLS)


def _heard() -> Hazards:
    told = lognormal_rates(HEARD_EDGES, 1.6, 0.5)
    return Hazards(HEARD_EDGES, 2, np.concatenate([told * 0.6, told * 0.4]), PRIOR_CALLS)


def _works(median: float, sigma: float) -> Hazards:
    return Hazards(WORK_EDGES, 1, lognormal_rates(WORK_EDGES, median, sigma), PRIOR_WORKS)


SLOW = 1e-3  # as good as evenly over the step
RECENT_SECONDS = 180.0  # then it counts half
CALM = 12.0  # as many events as it takes to believe that the last minutes are unlike the tables


@dataclass(slots=True)
class Recent:
    """What happened of late beside what the tables had expected: a noon, a news item, a bad line group."""

    expected: float = 0.0
    happened: float = 0.0
    at: float = 0.0

    def saw(self, expected: float, happened: float, at: float) -> None:
        fade = 0.5 ** (max(0.0, at - self.at) / RECENT_SECONDS)
        self.expected = self.expected * fade + expected
        self.happened = self.happened * fade + happened
        self.at = max(self.at, at)

    @property
    def factor(self) -> float:
        return (self.happened + CALM) / (self.expected + CALM)


@dataclass(slots=True, eq=False)
class Learned:
    set_ups: Hazards = field(default_factory=_set_ups)  # until it rings
    rings: Hazards = field(default_factory=_rings)  # since the first ring
    heard: Hazards = field(default_factory=_heard)  # since the answer, while the ear listens
    talks: Hazards = field(default_factory=lambda: _works(90.0, 0.9))
    wraps: Hazards = field(default_factory=lambda: _works(30.0, 0.6))
    persons_of_late: Recent = field(default_factory=Recent)
    returns_of_late: Recent = field(default_factory=Recent)
    _hearing: tuple[Figures | None, float] = (None, 0.0)  # the rates it was made from, and the mean

    @property
    def persons(self) -> float:
        """Behind the tables."""
        seen = self.rings.seen.get(())
        return float(seen.ended[0].sum()) if seen else 0.0

    @property
    def hearing_seconds(self) -> float:
        """From the answer to being known as a person, on the whole."""
        rates = self.heard.rates(())
        if rates is not self._hearing[0]:
            self._hearing = rates, mean_seconds(rates, self.heard.widths, self.heard.edges)
        return self._hearing[1]

    def call_ended(self, kind: Kind, rang: float, way: Way, at: float, rings: float | None = None) -> None:
        """Answered by a person, or not; `rang`: seconds from placing it to the answer, or to the end without; `rings`:
        those since the first ring, None: it never rang."""
        if rings is None:
            self.set_ups.saw(kind, rang, None if way is Way.CUT else ENDED)
            return
        self.persons_of_late.saw(self._expected(self.rings, kind, rings), float(way is Way.PERSON), at)
        self.set_ups.saw(kind, max(0.0, rang - rings), RINGS)
        self.rings.saw(kind, rings, WAYS[way])

    def was_heard(self, kind: Kind, seconds: float, way: Way) -> None:
        self.heard.saw(kind[:1], seconds, WAYS[way])

    def work_ended(self, work: Work, operator: str, seconds: float, at: float) -> None:
        hazards = self.talks if work is Work.TALK else self.wraps
        expected = self._expected(hazards, (), seconds) * hazards.factor((operator,))
        self.returns_of_late.saw(expected, 1.0, at)
        hazards.saw((operator,), seconds, 0)

    def fade(self, share: float) -> None:
        for one in (self.set_ups, self.rings, self.heard, self.talks, self.wraps):
            one.fade(share)

    def _expected(self, hazards: Hazards, kind: Kind, seconds: float) -> float:
        """How many ends by the first way the tables expect in so many seconds of one that is still open."""
        known = np.clip(seconds - hazards.edges[:-1], 0.0, hazards.widths)
        return float(hazards.rates(kind)[0] @ known)


def mean_seconds(rates: Figures, widths: Figures, edges: Figures) -> float:
    """Until the first way, of those that end so."""
    rate = np.maximum(rates.sum(axis=0), 1e-9)
    total = rate * widths
    open_then = np.exp(-(np.cumsum(total) - total))
    ended = open_then * -np.expm1(-total) * rates[0] / rate
    into_step = np.where(total < SLOW, widths / 2.0, 1.0 / rate - widths / np.maximum(np.expm1(total), SLOW))
    return float(ended @ (edges[:-1] + into_step) / max(ended.sum(), 1e-9))
