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
    about_to_ring: Figures  # a row for each call that nobody has heard ring yet, but soon will; the oldest first
    silent: Figures  # a row for each of the other calls that nobody has heard ring yet
    returns: Figures  # a row for each busy operator
    gone: Figures  # operators who will have left for a break by then
    one_more: Figures  # of a call placed now

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
    """How many calls, and what the last of them, or the first that is not placed, risks. None while one is put off:
    `put_off` are places among those that are about to ring."""
    ahead, too_risky = _after_ringing(outlook, allowed_risk)
    for answers in outlook.silent:
        ahead = ahead.with_call(answers)
    none_left, weights, put_off = outlook.none_left, _when(outlook.one_more), tuple(too_risky)
    count, risk = 0, 0.0
    while count < min(limit, AT_ONCE):
        next_risk = float(weights @ ahead.at_most(none_left))
        if put_off or next_risk > allowed_risk:
            return Decision(count, risk if count else next_risk, PLACED if count else TOO_RISKY, put_off)
        ahead, count, risk = ahead.with_call(outlook.one_more), count + 1, next_risk
    return Decision(count, risk, PLACED if count else NO_LINE, put_off)


def _after_ringing(outlook: Outlook, allowed_risk: float) -> tuple[Balance, list[int]]:
    """With the calls that may begin to ring; and which may not, risking more than this with those before them."""
    ahead, none_left = balance(outlook.free, outlook.answers, outlook.returns), outlook.none_left
    too_risky = []
    for place, answers in enumerate(outlook.about_to_ring):
        if float(_when(answers) @ ahead.at_most(none_left)) > allowed_risk:
            too_risky.append(place)
        else:
            ahead = ahead.with_call(answers)
    return ahead, too_risky


def _when(answers: Figures) -> Figures:
    """At which of the moments, if a person answers at all."""
    comes = answers.copy()
    comes[1:] -= answers[:-1]
    return np.asarray(comes / max(float(answers[-1]), 1e-9))
