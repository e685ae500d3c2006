"""From a call's events to exactly one outcome."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dialer.core.call import Call, GaveUp, folded
from dialer.core.outcomes import RingRules, judge
from dialer.core.values import EndedBy, Outcome
from tests.event_table import START, events

RULES = RingRules(
    min_ring=timedelta(seconds=35), meet_within=timedelta(seconds=1.5), shortest_talk=timedelta(seconds=2)
)

TALK = """
at_ms | event    | detail
0     | created  |
55    | ringing  |
5356  | answered |
5357  | joined   | n=2
95357 | left     |
95358 | far end  |
95359 | hung up  | cause=0
"""
NOT_IN_USE = """
at_ms | event    | detail
0     | created  |
212   | progress |
9850  | far end  |
9850  | hung up  | cause=1 sip=404
"""
RANG_40_S_THEN_480 = """
at_ms | event    | detail
0     | created  |
1000  | ringing  |
41000 | far end  |
41000 | hung up  | cause=19 sip=480
"""
RANG_20_S_THEN_480 = """
at_ms | event    | detail
0     | created  |
1000  | ringing  |
21000 | far end  |
21000 | hung up  | cause=19 sip=480
"""
ANNOUNCEMENT_THEN_480 = """
at_ms | event    | detail
0     | created  |
90    | progress |
8090  | far end  |
8090  | hung up  | cause=19 sip=480
"""
APOLOGY = """
at_ms | event    | detail
0     | created  |
55    | ringing  |
3000  | answered |
12000 | apology  | complete=yes
12010 | hung up  | cause=16
"""
HUNG_UP_AFTER_700_MS = """
at_ms | event    | detail
0     | created  |
55    | ringing  |
3000  | answered |
3700  | far end  |
3701  | hung up  | cause=0
"""
JOINED_AND_HUNG_UP_AFTER_700_MS = """
at_ms | event    | detail
0     | created  |
55    | ringing  |
3000  | answered |
3012  | joined   | n=2
3700  | far end  |
3701  | hung up  | cause=0
"""
LEFT_DURING_THE_APOLOGY = """
at_ms | event    | detail
0     | created  |
55    | ringing  |
3000  | answered |
6500  | far end  |
6501  | hung up  | cause=0
"""
DIED_WHILE_RINGING = """
at_ms | event    | detail
0     | created  |
55    | ringing  |
"""
DIED_IN_A_TALK = """
at_ms | event    | detail
0     | created  |
3000  | answered |
3010  | joined   | n=2
"""
ASTERISK_TIMED_OUT = """
at_ms | event       | detail
0     | created     |
900   | ringing     |
60900 | dial failed | reason=3
60901 | hung up     | cause=19 sip=480
"""


@pytest.mark.parametrize(
    ("happened", "outcome", "ended_by"),
    [
        (TALK, Outcome.TALKED, EndedBy.FAR_END),
        (NOT_IN_USE, Outcome.NOT_IN_USE, EndedBy.FAR_END),
        (RANG_40_S_THEN_480, Outcome.NO_ANSWER, EndedBy.FAR_END),
        (RANG_20_S_THEN_480, Outcome.SHORT_RING, EndedBy.FAR_END),
        (ANNOUNCEMENT_THEN_480, Outcome.UNCLEAR_REFUSAL, EndedBy.FAR_END),
        (APOLOGY, Outcome.ABANDONED, EndedBy.US),
        (HUNG_UP_AFTER_700_MS, Outcome.HUNG_UP_EARLY, EndedBy.FAR_END),
        (JOINED_AND_HUNG_UP_AFTER_700_MS, Outcome.HUNG_UP_EARLY, EndedBy.FAR_END),
        (LEFT_DURING_THE_APOLOGY, Outcome.ABANDONED, EndedBy.FAR_END),
        (DIED_WHILE_RINGING, Outcome.LOST, EndedBy.UNKNOWN),
        (DIED_IN_A_TALK, Outcome.TALKED, EndedBy.UNKNOWN),
        (ASTERISK_TIMED_OUT, Outcome.NO_ANSWER, EndedBy.US),
    ],
)
def test_a_call_ends_in_the_outcome_its_events_tell(happened: str, outcome: Outcome, ended_by: EndedBy) -> None:
    judged = judge(folded(events(happened)), RULES)
    assert (judged.outcome, judged.ended_by) == (outcome, ended_by)
    assert judged.reason


@pytest.mark.parametrize(
    ("sip_code", "cause", "outcome"),
    [
        (403, 21, Outcome.BARRED),
        (404, 1, Outcome.NOT_IN_USE),
        (408, 18, Outcome.UNREACHABLE),
        (410, 22, Outcome.NUMBER_CHANGED),
        (484, 28, Outcome.INVALID_NUMBER),
        (486, 17, Outcome.BUSY),
        (488, 58, Outcome.NETWORK_ERROR),
        (500, 38, Outcome.NETWORK_ERROR),
        (502, 27, Outcome.UNREACHABLE),
        (503, 34, Outcome.NETWORK_ERROR),
        (504, 102, Outcome.NETWORK_ERROR),
        (600, 17, Outcome.BUSY),
        (603, 21, Outcome.REJECTED),
        (None, 1, Outcome.NOT_IN_USE),  # read from the witness, which knows no SIP code
        (None, 17, Outcome.BUSY),
        (None, 20, Outcome.OFF_OR_OUT_OF_AREA),
        (None, 22, Outcome.NUMBER_CHANGED),
        (None, 34, Outcome.NETWORK_ERROR),
        (None, 57, Outcome.BARRED),
    ],
)
def test_a_refusal_is_named_by_its_code_or_else_its_cause(sip_code: int | None, cause: int, outcome: Outcome) -> None:
    refused = Call(placed_at=START, far_end_at=START, ended_at=START, cause=cause, sip_code=sip_code)
    assert judge(refused, RULES).outcome is outcome


def test_no_answer_needs_the_whole_ringing_to_the_second() -> None:
    rang = Call(placed_at=START, ringing_at=START, cause=19, gave_up=GaveUp.RANG_ENOUGH)
    enough = replace(rang, ended_at=START + timedelta(seconds=35))
    too_short = replace(rang, ended_at=START + timedelta(seconds=34.999))
    assert judge(enough, RULES).outcome is Outcome.NO_ANSWER
    assert judge(too_short, RULES).outcome is Outcome.SHORT_RING


def test_a_480_that_our_own_cancel_made_is_not_held_as_the_networks_word() -> None:
    gave_up = Call(placed_at=START, ended_at=START, cause=19, sip_code=480, gave_up=GaveUp.NEVER_RANG)
    judged = judge(gave_up, RULES)
    assert judged.outcome is Outcome.UNREACHABLE
    assert judged.evidence["sip_code"] is None


def test_nor_is_it_when_the_engine_that_cancelled_has_gone_and_another_heard_the_end() -> None:
    """Killed between its order and the end: nobody knows any more why we gave up, but that the far end did not."""
    rang = Call(placed_at=START, ringing_at=START, ended_at=START + timedelta(seconds=36), cause=19, sip_code=480)
    ours, theirs = judge(rang, RULES), judge(replace(rang, far_end_at=rang.ended_at), RULES)
    assert (ours.outcome, ours.ended_by, ours.evidence["sip_code"]) == (Outcome.NO_ANSWER, EndedBy.US, None)
    assert (theirs.outcome, theirs.ended_by, theirs.evidence["sip_code"]) == (Outcome.NO_ANSWER, EndedBy.FAR_END, 480)


def test_an_attempt_that_no_exchange_ever_saw_was_not_placed() -> None:
    assert judge(Call(), RULES).outcome is Outcome.NOT_PLACED


def test_neighbouring_events_may_swap_and_repeat() -> None:
    happened = events(TALK)
    swapped = [happened[1], happened[0], *happened[2:], *happened]
    assert folded(swapped) == folded(happened)


OPERATOR_ENDS = """
at_ms | event         | detail
0     | created       |
55    | ringing       |
5356  | answered      |
5357  | joined        | n=2
{ours} | operator ends |
{far} | far end       |
95400 | hung up       | cause=16
"""


@pytest.mark.parametrize(
    ("ours", "far", "ended_by"), [(95000, 95100, EndedBy.OPERATOR), (95000, 94990, EndedBy.FAR_END)]
)
def test_of_an_operator_and_a_person_who_both_hang_up_the_first_one_ended_it(
    ours: int, far: int, ended_by: EndedBy
) -> None:
    judged = judge(folded(events(OPERATOR_ENDS.format(ours=ours, far=far))), RULES)
    assert (judged.outcome, judged.ended_by) == (Outcome.TALKED, ended_by)


def test_an_operator_who_hangs_up_at_once_has_talked_all_the_same() -> None:
    table = OPERATOR_ENDS.replace("{far} | far end       |\n", "").format(ours=5500)
    judged = judge(folded(events(table)), RULES)
    assert (judged.outcome, judged.ended_by) == (Outcome.TALKED, EndedBy.OPERATOR)


@pytest.mark.parametrize("rang", [True, False])
def test_ringing_that_an_operator_stopped_is_too_short_and_says_who(rang: bool) -> None:
    table = """
at_ms | event         | detail
0     | created       |
55    | ringing       |
9000  | operator ends |
9010  | hung up       | cause=19
"""
    call = folded(events(table if rang else table.replace("55    | ringing       |\n", "")))
    judged = judge(replace(call, gave_up=GaveUp.OPERATOR), RULES)
    assert (judged.outcome, judged.ended_by) == (Outcome.SHORT_RING, EndedBy.OPERATOR)
    assert judged.reason == "担当者が呼び出しを取りやめました"
