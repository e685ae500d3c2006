"""What came of a telephone that was called for a dictation, by its events."""

from datetime import UTC, datetime

import pytest

from dialer.core.dictation import Ending, Missed, came_of
from dialer.core.events import (
    Answered,
    ChannelCreated,
    ChannelEvent,
    ChannelId,
    DialEnded,
    DictationEnded,
    HungUp,
    RingingStarted,
)

AT = datetime(2026, 12, 1, tzinfo=UTC)
ITS = ChannelId("one"), AT
CREATED, RINGS, ANSWERED = ChannelCreated(*ITS, "PJSIP/op01-00000001"), RingingStarted(*ITS), Answered(*ITS)
TAKEN = DialEnded(*ITS, answered=True, reason=4)
FAILED, LATE = DialEnded(*ITS, answered=False, reason=0), DialEnded(*ITS, answered=False, reason=3)


@pytest.mark.parametrize(
    ("events", "came"),
    [
        ([], None),
        ([CREATED, RINGS], None),
        ([CREATED, RINGS, ANSWERED, TAKEN], None),
        ([FAILED], Missed.NOT_REGISTERED),
        ([CREATED, RINGS, LATE], Missed.NO_ANSWER),
        ([CREATED, FAILED], None),
        ([CREATED, FAILED, HungUp(*ITS, 17, 486)], Missed.BUSY),
        ([CREATED, HungUp(*ITS, 17, 600), FAILED], Missed.BUSY),
        ([CREATED, FAILED, HungUp(*ITS, 21, 603)], Missed.REFUSED),
        ([CREATED, ANSWERED, TAKEN, HungUp(*ITS, 16, None)], Missed.HUNG_UP),
        *(
            ([CREATED, ANSWERED, TAKEN, DictationEnded(*ITS, ending), HungUp(*ITS, 16, None)], ending)
            for ending in Ending
        ),
    ],
)
def test_events_tell_what_came_of_it(events: list[ChannelEvent], came: Ending | Missed | None) -> None:
    assert came_of(events) == came
