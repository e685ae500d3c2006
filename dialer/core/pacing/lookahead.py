"""Start calls as long as the person who answers the next one is likely enough to meet an operator.

For each moment of the next 40 seconds it is known how many operators will probably be free by then and how many persons
will have answered before. What the next call risks is that, at the moment its person answers, nobody is left.
"""

from dataclasses import dataclass

import numpy as np

from dialer.core.pacing.chances import Balance, balance
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
    answers: Figures  # a row for each call in flight
    returns: Figures  # a row for each busy operator
    gone: Figures  # operators who will have left for a break by then
    one_more: Figures  # of a call placed now

    def balance(self) -> Balance:
        return balance(self.free, self.answers, self.returns)


def callers(per_second: float) -> Figures:
    """People who call by themselves, as rows: they come at any time, and take an operator first."""
    if per_second <= 0.0:
        return NOTHING
    expected = per_second * MOMENTS
    rows = max(CALLERS_AT_LEAST, int(np.ceil(expected[-1] * 2.0)))
    return np.repeat(expected[np.newaxis] / rows, rows, axis=0)


def worth_placing(outlook: Outlook, allowed_risk: float, limit: int) -> Decision:
    """How many calls, and what the last of them, or the first that is not placed, risks."""
    ahead, none_left = outlook.balance(), outlook.gone.astype(int)
    comes = np.diff(np.concatenate([[0.0], outlook.one_more]))
    weights = comes / max(float(comes.sum()), 1e-9)
    count, risk = 0, 0.0
    while count < min(limit, AT_ONCE):
        next_risk = float(weights @ ahead.at_most(none_left))
        if next_risk > allowed_risk:
            return Decision(count, risk if count else next_risk, PLACED if count else TOO_RISKY)
        ahead, count, risk = ahead.with_call(outlook.one_more), count + 1, next_risk
    return Decision(count, risk, PLACED if count else NO_LINE)
