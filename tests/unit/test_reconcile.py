"""Attempts, Asterisk's record and the network's log, compared."""

from datetime import timedelta

import pytest

from dialer.core.call import Call
from dialer.core.events import ChannelId
from dialer.core.reconcile import AttemptSeen, NetworkCallSeen, disagreements
from dialer.core.values import AttemptId, Outcome, PhoneNumber
from tests.event_table import START

NUMBER = PhoneNumber("0258000001")


def attempt(name: str, outcome: Outcome, seconds: float = 0.0) -> AttemptSeen:
    at = START + timedelta(seconds=seconds)
    return AttemptSeen(AttemptId(name), NUMBER, at, outcome, answered=False, joined=False, sip_code=None)


def witness(*attempts: AttemptSeen) -> dict[ChannelId, Call]:
    return {ChannelId(one.attempt): Call(name="PJSIP/carrier-1", placed_at=START, ended_at=START) for one in attempts}


@pytest.mark.parametrize(
    ("outcome", "is_told"), [(Outcome.WITHDRAWN, False), (Outcome.LOST, False), (Outcome.NO_ANSWER, True)]
)
def test_only_a_call_that_was_given_up_may_have_died_before_its_invite_left(outcome: Outcome, is_told: bool) -> None:
    gone, again = attempt("gone", outcome), attempt("again", Outcome.NO_ANSWER, 600.0)
    seen = NetworkCallSeen(NUMBER, again.claimed_at, None, again.claimed_at + timedelta(seconds=20), None, 0)
    found = disagreements([gone, again], witness(gone, again), [seen])
    assert [one.what for one in found] == (["試行2件に対して網の呼は1件です"] if is_told else [])
