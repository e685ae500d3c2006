"""How the end of a call counts for the rules of completion: from the telephone's words to the tender's."""

from dialer.core.rules.happenings import Result
from dialer.core.values import Outcome

RESULTS: dict[Outcome, Result | None] = {
    Outcome.TALKED: Result.TALKED,
    Outcome.ABANDONED: Result.ABANDONED,
    Outcome.HUNG_UP_EARLY: Result.HUNG_UP_EARLY,
    Outcome.MACHINE: Result.MACHINE,
    Outcome.SCREENED: Result.MACHINE,
    Outcome.FAX: Result.FAX,
    Outcome.NO_ANSWER: Result.NO_ANSWER,
    Outcome.SHORT_RING: Result.SHORT_RING,
    Outcome.BUSY: Result.BUSY,
    Outcome.NOT_IN_USE: Result.NOT_IN_USE,
    Outcome.NUMBER_CHANGED: Result.NOT_IN_USE,
    Outcome.INVALID_NUMBER: Result.NOT_IN_USE,
    Outcome.UNPAID: Result.UNPAID,
    Outcome.REJECTED: Result.REJECTED,
    Outcome.BARRED: Result.NETWORK_ERROR,  # our own line's matter
    Outcome.OFF_OR_OUT_OF_AREA: Result.OFF_OR_OUT_OF_AREA,
    Outcome.UNREACHABLE: Result.OFF_OR_OUT_OF_AREA,  # 一時的に通話不能
    Outcome.UNCLEAR_REFUSAL: Result.UNCLEAR,
    Outcome.NETWORK_ERROR: Result.NETWORK_ERROR,
    Outcome.LOST: Result.LOST,
    Outcome.NOT_PLACED: None,  # nothing rang: no attempt at all
    Outcome.WITHDRAWN: None,  # the case is stopped or paid, that alone counts; or it is called later instead
}
"""None: the rules never hear of it."""
