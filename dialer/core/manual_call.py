"""Whether an operator may call a number of a case now.

When the engine would call next does not bind an operator; what the city's rules and the person's word forbid does.
"""

from datetime import datetime

from dialer.core.decide import Decision, Rulebook
from dialer.core.plan.days import Window
from dialer.core.plan.values import HeldBecause
from dialer.core.rules.happenings import CaseHistory
from dialer.core.values import CASE_STATE_NAMES, CaseState, NumberState

NOT_OF_THE_CASE = "この案件の電話番号ではありません"
NUMBER_REASONS = {
    NumberState.DEAD: "この番号は使用できません（欠番・間違い電話など）",
    NumberState.EXHAUSTED: "この番号への架電は規定の回数を終えています",
    NumberState.COMPLETE: "この番号への架電は完了しています",
}
CLOSED = "いまは架電できる時間ではありません"

NO_OBSTACLE = (HeldBecause.NO_SLOT,)
"""That the engine finds no other day and band does not keep an operator from calling in this one."""


def window_for(
    decision: Decision, history: CaseHistory, place: int | None, book: Rulebook, now: datetime
) -> Window | str:
    """The calling hours it falls into, or why not, as the operator reads it. `place` is the number's in the case."""
    standing, held = decision.standing, decision.held
    if (paused := book.modes.why_paused(history.debt)) is not None:
        return paused
    if standing.state is not CaseState.OPEN:
        return f"この案件は{CASE_STATE_NAMES[standing.state]}です。{standing.reason}"
    if held is not None and held.why not in NO_OBSTACLE:
        return held.reason
    if place is None:
        return NOT_OF_THE_CASE
    number = standing.numbers[place]
    if number.state is not NumberState.OPEN:
        return NUMBER_REASONS[number.state]
    window = book.days.window_at(history.debt, now)
    if window is None or not book.days.may_call_at(history.debt, history.round, now):
        return CLOSED
    return window
