"""Small rules of the core: pacing, hours, what follows an outcome, what became of an unwatched attempt."""

from datetime import UTC, datetime, timedelta

import pytest

from dialer.core.call import Call
from dialer.core.events import ChannelEvent
from dialer.core.history import kept, restored
from dialer.core.pacing.rate import Rate
from dialer.core.rules.endings import RESULTS
from dialer.core.rules.happenings import Result
from dialer.core.settle import Verdict, settle
from dialer.core.values import Outcome
from dialer.core.witness import events_of, parse
from tests.event_table import CHANNEL, START, events


@pytest.mark.parametrize("per_second", [0.5, 3, 10, 100])
def test_no_second_gets_more_new_calls_than_the_trunk_allows_and_a_tenth(per_second: float) -> None:
    bucket, moments = Rate(per_second, tokens=1.0, at=0.0), []
    for step in range(10_000):  # ten seconds, always hungry
        count, bucket = bucket.take(1000, step / 1000)
        moments += [step] * count
    assert len(moments) >= per_second * 10 - 1
    for first in moments:
        in_one_second = sum(first <= moment < first + 1000 for moment in moments)
        assert in_one_second <= max(1, per_second) + max(1, per_second / 10)


def test_every_outcome_has_its_place_in_the_rules_of_completion() -> None:
    assert set(RESULTS) == set(Outcome)
    assert {outcome for outcome, result in RESULTS.items() if result is None} == {
        Outcome.NOT_PLACED,
        Outcome.WITHDRAWN,
    }


def test_every_result_of_the_rules_but_those_that_only_a_person_hears_comes_from_a_call() -> None:
    heard = {Result.OTHER_HOME, Result.REMOVED}
    assert set(Result) - {result for result in RESULTS.values() if result} == heard


ENDED = """
at_ms | event    | detail
0     | created  |
3000  | answered |
9000  | hung up  | cause=16
"""
UP = """
at_ms | event    | detail
0     | created  |
3000  | answered |
"""
NOTHING = """
at_ms | event    | detail
"""


@pytest.mark.parametrize(
    ("happened", "is_up", "seconds_later", "linked", "booted", "verdict"),
    [
        (ENDED, False, 10, -50, -60, Verdict.CLOSE),
        (ENDED, True, 10, -50, -60, Verdict.CLOSE),  # the list was older than the record
        (UP, True, 600, -50, -60, Verdict.ADOPT),
        (UP, False, 4, -50, -60, Verdict.WAIT),  # its last line may still come
        (UP, False, 60, -50, -60, Verdict.CLOSE),
        (UP, False, 4, 3.9, 3.5, Verdict.CLOSE),  # Asterisk has started anew since
        (NOTHING, False, 1, -50, -60, Verdict.WAIT),  # the order may still be on its way
        (NOTHING, False, 6, -50, -60, Verdict.CLOSE),
        (NOTHING, False, 30, 28, -60, Verdict.WAIT),  # Asterisk was frozen and may only now read the order
        (NOTHING, True, 1, -50, -60, Verdict.ADOPT),
    ],
)
def test_an_unwatched_attempt_is_closed_only_when_its_end_is_sure(
    happened: str, is_up: bool, seconds_later: float, linked: float, booted: float, verdict: Verdict
) -> None:
    settled = settle(
        Call(),
        events(happened),
        claimed_at=START,
        channel_is_up=is_up,
        linked_at=START + timedelta(seconds=linked),
        exchange_booted_at=START + timedelta(seconds=booted),
        now=START + timedelta(seconds=seconds_later),
    )
    assert settled.verdict is verdict


def test_history_gives_back_what_was_kept() -> None:
    happened = events(
        "at_ms|event|detail\n0|created|\n5|progress|\n9|ringing|\n20|answered|\n30|joined|n=2\n40|left|\n"
        "50|apology|complete=no\n60|far end|\n70|hung up|cause=1 sip=404\n80|dial failed|reason=0"
    )
    back: list[ChannelEvent | None] = []
    for event in happened:
        record = kept(event)
        assert record is not None
        back.append(restored(record[0], CHANNEL, event.at, record[1]))
    assert back == happened


def test_the_witness_tells_who_hung_up_and_skips_a_row_cut_short() -> None:
    name = "PJSIP/carrier-00000001"
    row = ["HANGUP", "1764000000.250000", CHANNEL, name, "", f'{{"hangupcause":16,"hangupsource":"{name}"}}']
    line = parse(row)
    assert line is not None
    assert [type(event).__name__ for event in events_of(line)] == ["FarEndHungUp", "HungUp"]
    assert line.at == datetime.fromtimestamp(1764000000.25, UTC)
    assert parse(row[:4]) is None
    assert parse([*row[:5], '{"hangupca']) is None
