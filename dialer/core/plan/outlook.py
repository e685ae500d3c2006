"""What the rest of a round offers: its calling days from now on, and which of their windows one number may get."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import NamedTuple

from dialer.core.calendar.values import Rung
from dialer.core.plan.days import Window
from dialer.core.plan.slots import SlotTable
from dialer.core.plan.values import NumberType, PlanRules, Slot, SlotDay

USED_BAND = 0.8
"""What a slot is still worth whose band the number has been called in before."""
USED_WEEKDAY = 0.9
"""The same for the day of the week, where the city asks for another one."""


class Relaxed(IntEnum):
    """What a retry has to do without because the rest of the round has no other day for it. Never the other date."""

    NOTHING = 0
    WEEKDAY = 1
    BAND = 2


class Seen(NamedTuple):
    """What the counted calls of a number come to."""

    last: Slot | None = None
    bands: frozenset[str] = frozenset()
    days: frozenset[SlotDay] = frozenset()
    rungs: frozenset[Rung] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    window: Window
    days_left: int  # calling days from this one to the end of the round
    weight: float  # the longer the wait and the more often used before, the less
    score: float  # weight times the chance of reaching somebody


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    relaxed: Relaxed
    best: tuple[Choice, ...]  # of each slot the earliest, the best first
    earliest: Choice
    by_slot: Mapping[Slot, Choice]


DayAhead = tuple[date, tuple[Window, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """The calling days from `start` on, as seen at one moment."""

    days: Sequence[DayAhead]
    start: date  # today, or the round's first day
    now: datetime

    def last_change(self, since: datetime) -> datetime:
        """The earliest moment from which on exactly the same windows can be had as from this one."""
        before = self.now
        for _, windows in self.days:
            for window in windows:
                if window.closes > since:
                    return before
                before = window.closes
        return before

    def days_left(self, day: date) -> int:
        """Calling days from that day on."""
        return sum(1 for one, _ in self.days if one >= day)

    def opening_on(self, day: date) -> datetime | None:
        return next((windows[0].opens for one, windows in self.days if one == day), None)

    def rungs_left(self, since: datetime) -> frozenset[Rung]:
        return frozenset(window.rung for _, windows in self.days for window in windows if window.closes > since)

    def today(self) -> tuple[Window, ...]:
        return next((windows for day, windows in self.days[:1] if day == self.now.date()), ())

    def ranking(
        self,
        number_type: NumberType,
        seen: Seen,
        rungs: frozenset[Rung],
        owed: int,
        since: datetime,
        rules: PlanRules,
        table: SlotTable,
    ) -> Ranking | None:
        """The windows that the rules allow, the best first; None when the rest of the round has none.

        `rungs` are open to the case; it still owes a number so many calls, each on another day; `since` is the
        earliest moment.
        """
        for relaxed in Relaxed if seen.last is not None else [Relaxed.NOTHING]:
            legal = self._legal(seen.last, rungs, owed, since, rules, relaxed)
            if not legal:
                continue
            choices = [self._choice(window, left, number_type, seen, rules, table) for window, left in legal]
            by_slot: dict[Slot, Choice] = {}
            for choice in choices:
                by_slot.setdefault(choice.window.slot, choice)
            best = sorted(by_slot.values(), key=lambda choice: -choice.score)
            return Ranking(relaxed, tuple(best), choices[0], by_slot)
        return None

    def _legal(
        self,
        last: Slot | None,
        rungs: frozenset[Rung],
        owed: int,
        since: datetime,
        rules: PlanRules,
        relaxed: Relaxed,
    ) -> list[tuple[Window, int]]:
        """In the order of time, with the calling days that are left then.

        Looks as far ahead as a better slot is worth waiting for, but never so far that the calls that are owed find no
        days any more; when nothing is legal there, the first legal day after it.
        """
        not_band = last.band if last and rules.other_band and relaxed < Relaxed.BAND else None
        not_day = last.day if last and rules.other_weekday and relaxed < Relaxed.WEEKDAY else None
        legal: list[tuple[Window, int]] = []
        for place, (day, windows) in enumerate(self.days):
            left = len(self.days) - place
            if legal and ((day - self.start).days > rules.horizon_days or left < owed):
                break
            legal += [
                (window, left)
                for window in windows
                if window.closes > since
                and window.rung in rungs
                and window.slot.band != not_band
                and window.slot.day is not not_day
            ]
        return legal

    def _choice(
        self, window: Window, left: int, number_type: NumberType, seen: Seen, rules: PlanRules, table: SlotTable
    ) -> Choice:
        """What was tried before is left for later, other things being equal (003 §10(4))."""
        weight = (1.0 - rules.delay_cost) ** (window.day - self.start).days
        if window.slot.band in seen.bands:
            weight *= USED_BAND
        if rules.other_weekday and window.slot.day in seen.days:
            weight *= USED_WEEKDAY
        return Choice(window, left, weight, weight * table.chance(number_type, window.slot))
