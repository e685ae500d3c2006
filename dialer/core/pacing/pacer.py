"""What the live engine and the trials ask: how many calls now? And what they tell: how each ended."""

from collections import Counter
from dataclasses import replace
from math import inf

import numpy as np

from dialer.core.pacing.learned import Learned
from dialer.core.pacing.ledger import Ledger
from dialer.core.pacing.lookahead import Outlook, callers, worth_placing
from dialer.core.pacing.progressive import RINGS_SECONDS, one_for_each
from dialer.core.pacing.tables import MOMENTS, CallsAhead, OperatorsAhead, Waits
from dialer.core.pacing.values import Decision, Figures, Kind, PaceRules, Snapshot, Way, Work

SOON = 0.1  # so likely to ring before anybody looks again that it is decided now
KINDS_KEPT = 200  # calls that tell what the next one will be like
SPENT = "放棄率が上限に近いため、担当者一人に一件ずつ発信します"


class Pacer:
    def __init__(self, rules: PaceRules, learned: Learned | None = None, ledger: Ledger | None = None) -> None:
        self.rules, self.ledger = rules, ledger or Ledger()
        self.learned = learned or Learned()
        self._calls = CallsAhead(self.learned.set_ups, self.learned.rings)
        self._heard = Waits(self.learned.heard)
        self._operators = OperatorsAhead(self.learned.talks, self.learned.wraps, rules.tolerance_seconds)
        self._placed: Counter[Kind] = Counter()
        self._began: float | None = None  # when it was first asked today

    # --- what happened

    def placed(self, kind: Kind) -> None:
        self._placed[kind] += 1
        if self._placed.total() > KINDS_KEPT:
            self._placed = Counter({kind: count // 2 for kind, count in self._placed.items() if count > 1})

    def call_ended(self, kind: Kind, rang: float, way: Way, at: float, rings: float | None = None) -> None:
        self.learned.call_ended(kind, rang, way, at, rings)

    def was_heard(self, kind: Kind, seconds: float, way: Way) -> None:
        self.learned.was_heard(kind, seconds, way)

    def work_ended(self, work: Work, operator: str, seconds: float, at: float) -> None:
        self.learned.work_ended(work, operator, seconds, at)

    def person_met(self) -> None:
        self.ledger = self.ledger.met()

    def person_left_alone(self) -> None:
        self.ledger = self.ledger.abandoned()

    def keep(self, ledger: Ledger) -> None:
        """How careful to be goes by this from now on."""
        self.ledger = ledger

    def aim(self, target: float) -> None:
        """Another share of persons may be left alone from now on; ValueError beyond the ceiling."""
        self.rules = replace(self.rules, target=target)

    # --- what to do

    def decide(self, now: Snapshot, at: float) -> Decision:
        """`at`: seconds on any clock that never goes back, the same as in what is told."""
        self._began = at if self._began is None else self._began
        plain = one_for_each(now)
        if now.closes_in is not None and now.closes_in < RINGS_SECONDS:
            return plain
        if why := self.why_progressive(self.to_come(now.closes_in, at)):
            return Decision(plain.count, plain.risk, why if plain.count else plain.why)
        self._freshen(at)
        silent = self._silent(now)
        soon = self._about_to_ring(now, silent, at)
        outlook = self._outlook(now, soon, [place for place in silent if place not in soon], at)
        decided = worth_placing(outlook, self.ledger.risk(self.rules), now.lines_free)
        return replace(decided, put_off=tuple(sorted(soon[place] for place in decided.put_off)))

    def _silent(self, now: Snapshot) -> list[int]:
        """Calls that nobody has heard ring yet, the oldest first."""
        places = [place for place, call in enumerate(now.calls) if call.heard is None and call.rings is None]
        return sorted(places, key=lambda place: (-now.calls[place].seconds, now.calls[place].kind))

    def _about_to_ring(self, now: Snapshot, silent: list[int], at: float) -> list[int]:
        """Those that must be decided upon now: before anybody looks again they may ring."""
        if not silent:
            return []
        rows = [self._calls.row(now.calls[place].kind, at) for place in silent]
        soon = self._calls.rings_within(rows, [now.calls[place].seconds for place in silent])
        return [place for place, chance in zip(silent, soon.tolist(), strict=True) if chance >= SOON]

    def to_come(self, closes_in: float | None, at: float) -> float:
        """How much of the day is still to come, as times what has passed."""
        if closes_in is None or self._began is None or at <= self._began:
            return inf
        return closes_in / (at - self._began)

    def why_progressive(self, to_come: float = inf) -> str | None:
        """What keeps it from looking ahead."""
        if self.rules.target <= 0.0:
            return "放棄を認めない設定のため、担当者一人に一件ずつ発信します"
        if self.learned.persons < self.rules.answers_first:
            return "応答の実績が少ないため、担当者一人に一件ずつ発信します"
        if self.ledger.is_spent(self.rules, to_come):
            return SPENT
        return None

    def _freshen(self, at: float) -> None:
        self._calls.freshen(at)
        self._heard.freshen(at)
        self._operators.freshen(at)

    def _outlook(self, now: Snapshot, soon: list[int], silent: list[int], at: float) -> Outlook:
        ringing = [call for call in now.calls if call.heard is None and call.rings is not None]
        heard = [call for call in now.calls if call.heard is not None]
        later = self.learned.hearing_seconds
        of_late = self.learned.persons_of_late.factor
        rows = [self._calls.row(call.kind, at) for call in ringing]
        answers = self._calls.by_moment(rows, [call.rings or 0.0 for call in ringing], later) * of_late
        unrung = [now.calls[place] for place in (*soon, *silent)]
        rows = [self._calls.row(call.kind, at) for call in unrung]
        silents = self._calls.before_ringing(rows, [call.seconds for call in unrung], later) * of_late
        told_rows = [self._heard.row(call.kind[:1], at) for call in heard]
        told = self._heard.by_moment(told_rows, [call.heard or 0.0 for call in heard])
        return Outlook(
            free=now.free - now.waiting,
            answers=_share(np.concatenate([answers, told, callers(now.callers_per_second)])),
            about_to_ring=_share(silents[: len(soon)]),
            silent=_share(silents[len(soon) :]),
            returns=self._returns(now, at),
            gone=np.searchsorted(np.sort(np.array(now.leaving)), MOMENTS, side="right").astype(float),
            one_more=_share(self._one_more(at, later) * of_late),
        )

    def _returns(self, now: Snapshot, at: float) -> Figures:
        returns = self._operators.by_moment(now.busy, at, self.learned.returns_of_late.factor)
        if all(one.leaves_in is None for one in now.busy):
            return returns
        goes = np.array([np.inf if one.leaves_in is None else one.leaves_in for one in now.busy])
        return np.asarray(np.where(goes[:, np.newaxis] <= MOMENTS, 0.0, returns))

    def _one_more(self, at: float, later: float) -> Figures:
        """A call placed now: of the kinds that were placed lately."""
        kinds = self._placed or Counter({(): 1})
        rows = [self._calls.row(kind, at) for kind in kinds]
        counts = np.array(list(kinds.values()), dtype=float)
        return np.asarray(counts @ self._calls.before_ringing(rows, [0.0] * len(rows), later) / counts.sum())


def _share(chances: Figures) -> Figures:
    return np.minimum(np.maximum(chances, 0.0), 1.0)
