"""What is known of a call that was held or handed over: from its events, from the witness, and from three sources."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from dialer.core.call import Call, folded
from dialer.core.events import BridgeEntered, ChannelCreated, ChannelEvent, ChannelId, HungUp, TransferOrdered
from dialer.core.history import kept, restored
from dialer.core.outcomes import RingRules, judge
from dialer.core.reconcile import AttemptSeen, NetworkCallSeen, TransferSeen, disagreements
from dialer.core.transfers import belongs_to, channel_of, transferred
from dialer.core.values import AttemptId, Outcome, PhoneNumber
from dialer.core.witness import calls_placed
from tests.event_table import CHANNEL, START, events

RULES = RingRules(timedelta(seconds=35), timedelta(seconds=2), timedelta(seconds=2))
ATTEMPT = AttemptId(CHANNEL)
NEAR = timedelta(milliseconds=10)
TALK = """
at_ms  | event       | detail
0      | created     |
5000   | answered    |
5010   | joined      |
"""
HELD = TALK + "20000|held|\n50000|joined|\n"
HELD_TWICE = HELD + "60000|held|\n75000|joined|\n90000|hung up|cause=16\n"
GONE_WHILE_HELD = TALK + "20000|held|\n24000|far end|\n24010|hung up|cause=0\n"
HANDED_OVER = TALK + (
    "20000|held|\n20010|transfer|n=1 to=tax\n30000|transferred|n=1\n30001|joined|\n90000|hung up|cause=16\n"
)
SECOND_TRY = TALK + (
    "20000|held|\n20010|transfer|n=1 to=busy\n21000|transfer failed|n=1\n21100|joined|\n"
    "30000|held|\n30010|transfer|n=2 to=tax how=attended\n40000|joined|\n40001|transferred|n=2\n90000|hung up|cause=0\n"
)


@pytest.mark.parametrize(
    ("happened", "held_seconds", "tried", "to"),
    [
        (TALK + "90000|hung up|cause=16\n", None, None, None),
        (HELD_TWICE, 45.0, None, None),
        (GONE_WHILE_HELD, 4.0, None, None),
        (HANDED_OVER, 10.0, 1, "tax"),
        (SECOND_TRY, 11.1, 2, "tax"),
    ],
)
def test_a_talk_stays_a_talk_and_tells_how_long_it_was_held_and_where_it_went(
    happened: str, held_seconds: float | None, tried: int | None, to: str | None
) -> None:
    judged = judge(folded(events(happened)), RULES)
    assert judged.outcome is Outcome.TALKED
    evidence = judged.evidence
    assert (evidence.get("held_seconds"), evidence.get("transfers_tried")) == (held_seconds, tried)
    assert evidence.get("transferred_to") == to


@pytest.mark.parametrize("happened", [HELD_TWICE, GONE_WHILE_HELD, HANDED_OVER, SECOND_TRY])
def test_what_is_read_again_changes_nothing(happened: str) -> None:
    told = events(happened)
    once = folded(told)
    assert folded(told, once) == once
    assert folded(neighbours_swapped(told)).holding.waited == pytest.approx(once.holding.waited, abs=2 * NEAR)
    again = random.Random(5).sample(told, len(told))
    assert folded(again, once).transferred_to == once.transferred_to


def neighbours_swapped(told: list[ChannelEvent]) -> list[ChannelEvent]:
    """Those that lie milliseconds apart."""
    swapped = list(told)
    for place, (before, after) in enumerate(pairwise(told)):
        if after.at - before.at <= NEAR:
            swapped[place : place + 2] = [after, before]
    return swapped


def test_history_gives_back_holds_and_transfers() -> None:
    for event in events(SECOND_TRY):
        record = kept(event)
        assert record is not None
        assert restored(record[0], CHANNEL, event.at, record[1]) == event


@pytest.mark.parametrize(
    ("channel", "whose"),
    [
        (f"{ATTEMPT}.t1", (ATTEMPT, 1)),
        (f"{ATTEMPT}.t12", (ATTEMPT, 12)),
        (f"{ATTEMPT}", None),
        (f"{ATTEMPT}.t0", None),
        (f"{ATTEMPT}.t", None),
        ("1764000000.t1", None),
        (f"x{ATTEMPT}.t1", None),
    ],
)
def test_a_departments_channel_says_whose_it_is(channel: str, whose: tuple[AttemptId, int] | None) -> None:
    assert belongs_to(ChannelId(channel)) == whose


def entered(channel: ChannelId, bridge: str, seconds: float) -> BridgeEntered:
    return BridgeEntered(channel, START + timedelta(seconds=seconds), bridge, 2)


def test_the_witness_tells_that_a_person_was_handed_over_when_nobody_watched() -> None:
    department = channel_of(ATTEMPT, 1)
    ordered = TransferOrdered(CHANNEL, START, 1, "tax", attended=True)
    person = [entered(CHANNEL, "talk", 5), entered(CHANNEL, "away", 40)]
    with_operator_only = {department: [entered(department, "consult", 30)]}
    assert transferred(ATTEMPT, [ordered], person, with_operator_only) == []
    witness = {department: [entered(department, "consult", 30), entered(department, "away", 39)]}
    (found,) = transferred(ATTEMPT, [ordered], person, witness)
    call = folded([*events(TALK), ordered, *person, found])
    assert call.transferred_to == "tax"
    assert found.at == START + timedelta(seconds=40)


# --- three sources

NUMBER, DEPARTMENT = PhoneNumber("0258001234"), PhoneNumber("0258009101")
SEEN = AttemptSeen(ATTEMPT, NUMBER, START, Outcome.TALKED, answered=True, joined=True, sip_code=None)
WENT = Call(name="PJSIP/carrier-1", placed_at=START, answered_at=START, joined_at=START, ended_at=START)
TRANSFER = TransferSeen(channel_of(ATTEMPT, 1), DEPARTMENT)


def network(number: PhoneNumber, at: datetime = START) -> NetworkCallSeen:
    return NetworkCallSeen(number, at, at, at + timedelta(seconds=30), 200, 1000)


def test_a_call_to_a_department_is_one_of_ours_when_its_attempt_tells_of_it() -> None:
    witness = {ChannelId(ATTEMPT): WENT, TRANSFER.channel: WENT}
    calls = [network(NUMBER), network(DEPARTMENT)]
    assert disagreements([SEEN], witness, calls, [TRANSFER]) == []
    assert len(disagreements([SEEN], witness, calls)) == 2, "nobody ordered the call to the department"


def test_departments_may_have_two_calls_at_a_time_but_none_that_is_not_ours() -> None:
    second = TransferSeen(channel_of(ATTEMPT, 2), DEPARTMENT)
    witness = {ChannelId(ATTEMPT): WENT, TRANSFER.channel: WENT, second.channel: WENT}
    both = [network(NUMBER), network(DEPARTMENT), network(DEPARTMENT)]
    assert disagreements([SEEN], witness, both, [TRANSFER, second]) == []
    (one,) = disagreements([SEEN], witness, [*both, network(DEPARTMENT)], [TRANSFER, second])
    assert "2件に対して網の呼は3件" in one.what
    assert DEPARTMENT not in one.what
    (one,) = disagreements([SEEN], witness, both[:2], [TRANSFER, second])
    assert "2件に対して網の呼は1件" in one.what
    died = replace(WENT, ended_at=None)  # with the exchange, before its INVITE
    assert disagreements([SEEN], {**witness, second.channel: died}, both[:2], [TRANSFER, second]) == []


def test_the_witness_counts_departments_among_our_calls_and_strangers_not() -> None:
    at = START
    written = {
        channel: [ChannelCreated(channel, at, f"PJSIP/carrier-{place}"), HungUp(channel, at, 16, None)]
        for place, channel in enumerate((ChannelId(ATTEMPT), TRANSFER.channel, ChannelId("1764000000.17")))
    }
    assert set(calls_placed(written, "carrier")) == {ATTEMPT, TRANSFER.channel}
