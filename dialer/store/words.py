"""Words that only the tables need."""

from enum import StrEnum


class CallKind(StrEnum):
    ATTEMPT = "attempt"  # we placed it
    INBOUND = "inbound"


class NumberGiven(StrEnum):
    """What a caller's telephone has told of its number."""

    GIVEN = "given"
    WITHHELD = "withheld"
    UNUSABLE = "unusable"  # no number that could be dialled: from abroad, from within an exchange, rubbish


class EventKind(StrEnum):
    """What can happen to a case besides calls. But for `talk` the words of `rules replay`."""

    TALK = "talk"  # what was said in an attempt that ended as talked
    CALLBACK = "callback"  # what was said in a call that came in, or came in somewhere before the list was made
    STOP = "stop"
    FLAG_LIFTED = "flag_lifted"
    PAID = "paid"
    DECISION = "decision"
    PREVIOUS_ROUND = "previous_round"
