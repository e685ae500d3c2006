"""A call that came in as values: its one name, its events in any order, its one outcome, what its caller is told."""

from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.call import Call
from dialer.core.callers import LAST, Inbound, InboundOutcome, Route, folded_in, judge_inbound, rank_of
from dialer.core.channel_ids import came_in, channel_id
from dialer.core.city import CallerClass
from dialer.core.events import (
    Answered,
    BridgeEntered,
    CallerArrived,
    CallerTold,
    CallerWaits,
    CallerWished,
    ChannelCreated,
    ChannelEvent,
    FarEndHungUp,
    HungUp,
)
from dialer.core.queueing import expected_minutes
from dialer.core.values import EndedBy
from dialer.core.witness import events_of, parse, placed_by_us
from tests.event_table import START

CHANNEL = channel_id("a-1764460800.17")
NAME = "PJSIP/carrier-00000011"


def after(seconds: float) -> dict[str, object]:
    return {"channel": CHANNEL, "at": START + timedelta(seconds=seconds)}


def arrived(route: Route = Route.WAITING) -> CallerArrived:
    return CallerArrived(CHANNEL, START, NAME, "0258009001", "tax", 1, route.value)


def folded(*events: ChannelEvent) -> Inbound:
    return reduce(folded_in, events, Inbound())


CREATED = ChannelCreated(CHANNEL, START, NAME)
RINGS, WAITS = Answered(**after(1.0)), CallerWaits(**after(1.0))  # type: ignore[arg-type]
JOINED = BridgeEntered(CHANNEL, START + timedelta(seconds=9), "talk", 2)
WISHED = CallerWished(**after(20.0))  # type: ignore[arg-type]
TOLD = CallerTold(**after(8.0))  # type: ignore[arg-type]


def gone(seconds: float) -> tuple[FarEndHungUp, HungUp]:
    at = START + timedelta(seconds=seconds)
    return FarEndHungUp(CHANNEL, at), HungUp(CHANNEL, at, 0, None)


def test_a_call_that_came_in_has_one_name_for_everybody_and_is_none_of_ours() -> None:
    assert channel_id("a-1764460800.17") == CHANNEL != channel_id("b-1764460800.17")
    assert channel_id(CHANNEL) == CHANNEL
    assert came_in(CHANNEL)
    assert not placed_by_us(CHANNEL, NAME, "carrier")
    ours = "7d3f0f7e-5b36-4c0e-9a55-0d8f5e1c6d11"
    assert channel_id(ours) == ours
    assert not came_in(ours)
    assert placed_by_us(channel_id(ours), NAME, "carrier")
    assert not came_in(f"{ours}.t1")


@pytest.mark.parametrize(
    ("events", "outcome", "by"),
    [
        pytest.param((CREATED, arrived(), RINGS, WAITS, JOINED, *gone(60)), InboundOutcome.TALKED, EndedBy.FAR_END),
        pytest.param((CREATED, arrived(), RINGS, WAITS, *gone(4)), InboundOutcome.ABANDONED, EndedBy.FAR_END),
        pytest.param((CREATED, arrived(), *gone(0.4)), InboundOutcome.ABANDONED, EndedBy.FAR_END, id="rings"),
        pytest.param((CREATED, *gone(0.01)), InboundOutcome.ABANDONED, EndedBy.FAR_END, id="not yet routed"),
        pytest.param(
            (CREATED, arrived(), RINGS, WAITS, WISHED, HungUp(CHANNEL, START + timedelta(seconds=25), 16, None)),
            InboundOutcome.WISHED,
            EndedBy.US,
        ),
        pytest.param(
            (CREATED, arrived(), RINGS, WAITS, TOLD, HungUp(CHANNEL, START + timedelta(seconds=9), 16, None)),
            InboundOutcome.NOT_TAKEN,
            EndedBy.US,
        ),
        pytest.param((CREATED, arrived(Route.CLOSED), RINGS, *gone(3)), InboundOutcome.CLOSED, EndedBy.FAR_END),
        pytest.param((CREATED, arrived(Route.GUIDE), RINGS, *gone(30)), InboundOutcome.GUIDED, EndedBy.FAR_END),
        pytest.param((CREATED, arrived(Route.FULL), *gone(0.1)), InboundOutcome.FULL, EndedBy.FAR_END),
        pytest.param((CREATED, arrived(Route.NOT_OURS), *gone(0.1)), InboundOutcome.REFUSED, EndedBy.FAR_END),
        pytest.param((CREATED, arrived(), RINGS, WAITS), InboundOutcome.LOST, EndedBy.UNKNOWN),
    ],
)
def test_every_call_has_its_outcome(events: tuple[ChannelEvent, ...], outcome: InboundOutcome, by: EndedBy) -> None:
    judged = judge_inbound(folded(*events))
    assert (judged.outcome, judged.ended_by) == (outcome, by)
    assert judged.reason


@pytest.mark.parametrize(("seconds", "soon"), [(4.9, True), (5.0, True), (5.1, False)])
def test_who_gives_up_within_five_seconds_is_told_apart_to_a_tenth(seconds: float, soon: bool) -> None:
    reason = judge_inbound(folded(CREATED, arrived(), RINGS, WAITS, *gone(seconds))).reason
    assert f"{seconds:.1f}秒" in reason
    assert ("5秒以内" in reason) is soon


WHOLE = (CREATED, arrived(), RINGS, WAITS, JOINED, *gone(60))


@given(st.permutations(WHOLE), st.lists(st.sampled_from(WHOLE), max_size=4))
def test_the_order_of_events_and_their_repetition_change_nothing(
    events: list[ChannelEvent], again: list[ChannelEvent]
) -> None:
    assert folded(*events, *again) == folded(*WHOLE)


def test_who_waits_is_no_longer_waiting_when_joined_gone_or_to_be_called_back() -> None:
    waiting = folded(CREATED, arrived(), RINGS, WAITS)
    assert waiting.waits
    assert not any(folded_in(waiting, event).waits for event in (JOINED, WISHED, gone(5)[1]))
    assert not folded(CREATED, arrived(Route.CLOSED)).waits


@pytest.mark.parametrize(
    ("place", "operators", "seconds", "minutes"),
    [
        (1, 1, 240.0, 4),
        (3, 2, 240.0, 6),
        (1, 34, 240.0, 1),
        (9, 1, 240.0, None),
        (1, 0, 240.0, None),
        (1, 2, None, None),
    ],
)
def test_the_expected_wait_is_said_in_whole_minutes_or_not_at_all(
    place: int, operators: int, seconds: float | None, minutes: int | None
) -> None:
    assert expected_minutes(place, operators, seconds) == minutes


def written(kind: str, extra: str) -> list[ChannelEvent]:
    line = parse([kind, str(START.timestamp()), "a-1764460800.17", NAME, "CELGenUserEvent", extra])
    assert line is not None
    return events_of(line)


def test_asterisks_own_record_tells_what_nobody_heard() -> None:
    assert written("CallerArrived", '{"extra":"waiting|tax|1|0258009001"}') == [arrived()]
    assert written("CallerWaits", "") == [CallerWaits(CHANNEL, START)]
    assert written("CallerTold", "{}") == [CallerTold(CHANNEL, START)]
    assert written("CallerArrived", '{"extra":"waiting"}') == []
    assert written("Anything", '{"extra":"x"}') == []
    assert folded(*written("CallerArrived", '{"extra":"waiting|tax|1|0258009001"}')).call == Call(
        name=NAME, placed_at=START
    )


LEFT, BACK, KNOWN = CallerClass.LEFT_ALONE, CallerClass.CALLED_BACK, CallerClass.KNOWN


@pytest.mark.parametrize(
    ("is_of", "first", "rank"),
    [
        ([LEFT], [LEFT], 0),
        ([KNOWN], [LEFT], LAST),
        ([LEFT, KNOWN], [BACK, KNOWN, LEFT], 1),
        ([], [BACK, KNOWN, LEFT], LAST),
        ([LEFT], [], LAST),
    ],
)
def test_a_caller_has_the_best_place_of_all_classes_they_are_of(
    is_of: list[CallerClass], first: list[CallerClass], rank: int
) -> None:
    assert rank_of(is_of, first) == rank
    assert len(CallerClass) <= LAST, "whoever is of none comes after them all"
