"""What an outcome does to the number and the case: its state and when it may be called again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dialer.core.values import CaseState, NumberState, Outcome


@dataclass(frozen=True, slots=True)
class FollowUp:
    number: NumberState
    case: CaseState
    due_at: datetime | None  # None when the case is finished


DEAD = frozenset({Outcome.NOT_IN_USE, Outcome.NUMBER_CHANGED, Outcome.INVALID_NUMBER})

WAITS: dict[Outcome, timedelta] = {
    Outcome.BUSY: timedelta(minutes=5),
    Outcome.NETWORK_ERROR: timedelta(minutes=2),  # never the number's fault
    Outcome.ABANDONED: timedelta(minutes=30),
    Outcome.HUNG_UP_EARLY: timedelta(hours=3),
    Outcome.NO_ANSWER: timedelta(hours=3),
    Outcome.SHORT_RING: timedelta(hours=1),
    Outcome.REJECTED: timedelta(days=1),
    Outcome.BARRED: timedelta(days=1),
    Outcome.OFF_OR_OUT_OF_AREA: timedelta(hours=3),
    Outcome.UNREACHABLE: timedelta(hours=1),
    Outcome.UNCLEAR_REFUSAL: timedelta(hours=3),
    Outcome.NOT_IN_USE: timedelta(0),  # the next number of the case, if it has one
    Outcome.NUMBER_CHANGED: timedelta(0),
    Outcome.INVALID_NUMBER: timedelta(0),
}


def follow_up(outcome: Outcome, now: datetime, unknown_wait: timedelta) -> FollowUp:
    """An attempt whose end nobody saw waits, so that a person is not called twice because of our fault."""
    if outcome is Outcome.TALKED:
        return FollowUp(NumberState.OPEN, CaseState.COMPLETE, None)
    wait = unknown_wait if outcome in (Outcome.LOST, Outcome.NOT_PLACED) else WAITS[outcome]
    number = NumberState.DEAD if outcome in DEAD else NumberState.OPEN
    return FollowUp(number, CaseState.OPEN, now + wait)
