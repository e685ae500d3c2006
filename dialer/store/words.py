"""Words that only the tables need."""

from enum import StrEnum


class EventKind(StrEnum):
    """What can happen to a case besides calls. But for `talk` the words of `rules replay`."""

    TALK = "talk"  # what was said in an attempt that ended as talked
    CALLBACK = "callback"
    STOP = "stop"
    FLAG_LIFTED = "flag_lifted"
    PAID = "paid"
    DECISION = "decision"
    PREVIOUS_ROUND = "previous_round"
