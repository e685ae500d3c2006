"""Start calls as long as the person who answers the next one is likely enough to meet an operator.

For each moment of the next 40 seconds it is known how many operators will probably be free by then and how many persons
will have answered before. What the next call risks is that, at the moment its person answers, nobody is left.

A telephone rings some seconds after the call is placed. When the risk has risen by then, the call is put off: nobody
has heard of it, and its case is called later. Once it has rung it is never given up for that.
"""

from dataclasses import dataclass

import numpy as np

from dialer.core.pacing.chances import Balance, Counts, balance
from dialer.core.pacing.tables import MOMENTS, NOTHING
from dialer.core.pacing.values import Decision, Figures

AT_ONCE = 50  # calls in one decision at most
CALLERS_AT_LEAST = 4
PLACED = "応答の見込みに合わせて発信します"
TOO_RISKY = "発信中の応答と担当者の空きが釣り合っています"
NO_LINE = "回線がすべて使用中です"


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """Chances by moment of what has begun, and of one more call."""

    free: int
    answers: Figures  # a row for each call that rings or is answered
    silent: Figures  # a row for each call that nobody has heard ring yet, those first that will ring first
    returns: Figures  # a row for each busy operator
    gone: Figures  # operators who will have left for a break by then
    one_more: Figures  # of a call placed now

    def balance(self) -> Balance:
        return balance(self.free, np.concatenate([self.answers, self.silent]), self.returns)

    @property
    def none_left(self) -> Counts:
        return self.gone.astype(int)


def callers(per_second: float) -> Figures:
    """People who call by themselves, as rows: they come at any time, and take an operator first."""
    if per_second <= 0.0:
        return NOTHING
    expected = per_second * MOMENTS
    rows = max(CALLERS_AT_LEAST, int(np.ceil(expected[-1] * 2.0)))
    return np.repeat(expected[np.newaxis] / rows, rows, axis=0)


def worth_placing(outlook: Outlook, allowed_risk: float, limit: int) -> Decision:
    """How many calls, and what the last of them, or the first that is not placed, risks."""
    ahead, none_left, weights = outlook.balance(), outlook.none_left, _when(outlook.one_more)
    count, risk = 0, 0.0
    while count < min(limit, AT_ONCE):
        next_risk = float(weights @ ahead.at_most(none_left))
        if next_risk > allowed_risk:
            return Decision(count, risk if count else next_risk, PLACED if count else TOO_RISKY)
        ahead, count, risk = ahead.with_call(outlook.one_more), count + 1, next_risk
    return Decision(count, risk, PLACED if count else NO_LINE)


def too_risky_to_ring(outlook: Outlook, allowed_risk: float) -> list[int]:
    """Which of the silent calls risk more than this, with those that stay before them."""
    ahead, none_left = balance(outlook.free, outlook.answers, outlook.returns), outlook.none_left
    risky = []
    for place, answers in enumerate(outlook.silent):
        if float(_when(answers) @ ahead.at_most(none_left)) > allowed_risk:
            risky.append(place)
        else:
            ahead = ahead.with_call(answers)
    return risky


def _when(answers: Figures) -> Figures:
    """At which of the moments, if a person answers at all."""
    comes = np.diff(np.concatenate([[0.0], answers]))
    return np.asarray(comes / max(float(comes.sum()), 1e-9))
