"""Which operator needs a supervisor first."""

from datetime import timedelta

import pytest

from dialer.core.attention import NEED_NAMES, Need, Seen, need_of
from dialer.core.values import LegState, OperatorState
from tests.event_table import START

FREE, TALKING, WRAP_UP = OperatorState.FREE, OperatorState.TALKING, OperatorState.WRAP_UP


@pytest.mark.parametrize(
    ("seen", "need"),
    [
        (Seen(FREE, START - timedelta(hours=2), LegState.UP), Need.NOTHING),
        (Seen(TALKING, START - timedelta(seconds=600), LegState.UP), Need.NOTHING),
        (Seen(TALKING, START - timedelta(seconds=601), LegState.UP), Need.TALKS_LONG),
        (Seen(WRAP_UP, START - timedelta(seconds=60), LegState.UP), Need.NOTHING),
        (Seen(WRAP_UP, START - timedelta(seconds=61), LegState.UP), Need.WRITES_LONG),
        (Seen(TALKING, START, LegState.UP, held_since=START - timedelta(seconds=61)), Need.HOLDS_LONG),
        (Seen(TALKING, START - timedelta(hours=1), LegState.LOST), Need.FAULT),
        (Seen(OperatorState.OFFLINE, None, LegState.LOST), Need.NOTHING),
        (Seen(TALKING, START, LegState.LOST, help=True), Need.HELP),
    ],
)
def test_the_gravest_need_is_told(seen: Seen, need: Need) -> None:
    assert need_of(seen, START) is need


def test_every_need_has_words_for_people() -> None:
    assert set(NEED_NAMES) == set(Need) - {Need.NOTHING}
