"""What a call with a machine, or with the network's voice, ends as."""

from datetime import timedelta

import pytest

from dialer.core.call import Call, GaveUp, folded
from dialer.core.history import kept, restored
from dialer.core.outcomes import RingRules, judge
from dialer.core.rules.endings import RESULTS
from dialer.core.rules.happenings import Result
from dialer.core.values import Outcome
from tests.event_table import CHANNEL, events

RULES = RingRules(
    min_ring=timedelta(seconds=35),
    meet_within=timedelta(seconds=1.5),
    shortest_talk=timedelta(seconds=2),
    decide_within=timedelta(seconds=2.5),
)
HEAD = """
at_ms | event    | detail
0     | created  |
55    | ringing  |
5000  | answered |
"""
MACHINE = "6480 | heard | what=voicemail\n"
US = " | hung up | cause=16\n"


def far_end(at_ms: int) -> str:
    return f"{at_ms} | far end |\n{at_ms + 1} | hung up | cause=0\n"


TABLE: dict[str, tuple[str, Outcome, bool | None]] = {
    "the whole message after the tone is a message left": (
        MACHINE + "12000 | tone |\n12010 | message | tone=yes\n20000 | message over | complete=yes\n20010" + US,
        Outcome.MACHINE, True),
    "a message that the machine cut is not left": (
        MACHINE + "12000 | tone |\n12010 | message | tone=yes\n" + far_end(18000), Outcome.MACHINE, False),
    "a message that its own tape's end cut is not left": (
        MACHINE + "12000 | tone |\n12010 | message | tone=yes\n17000 | message over | complete=no\n17010" + US,
        Outcome.MACHINE, False),
    "a whole message to a machine without a tone may not have been recorded": (
        MACHINE + "12010 | message | tone=no\n20000 | message over | complete=yes\n20010" + US, Outcome.MACHINE, False),
    "a message that began anew counts from its last tone": (
        MACHINE + "9000 | message | tone=no\n12000 | tone |\n12010 | message | tone=yes\n"
        "20000 | message over | complete=yes\n20010" + US, Outcome.MACHINE, True),
    "a machine that hangs up after its tone took no message": (
        MACHINE + "12000 | tone |\n12010 | message | tone=yes\n" + far_end(12500), Outcome.MACHINE, False),
    "a machine that hangs up before any tone took no message": (
        MACHINE + far_end(12500), Outcome.MACHINE, False),
    "a machine of a city without a message": (
        MACHINE + "6490" + US, Outcome.MACHINE, False),
    "a machine whose end nobody saw is lost": (
        MACHINE + "12000 | tone |\n", Outcome.LOST, False),
    "an operator who says that it is a machine is believed, and a whole message is left": (
        "6000 | heard | what=person\n6020 | joined | n=2\n9000 | corrected | what=voicemail\n9300 | message | tone=no\n"
        "17000 | message over | complete=yes\n17010" + US, Outcome.MACHINE, True),
    "an operator who says that a machine is a person has talked": (
        MACHINE + "9000 | corrected | what=person\n9020 | joined | n=2\n" + far_end(60000), Outcome.TALKED, None),
    "a fax is a fax": (
        "5600 | heard | what=fax\n5610" + US, Outcome.FAX, False),
    "an operator who hears a fax ends the number": (
        "6000 | heard | what=undecided\n6020 | joined | n=2\n9000 | corrected | what=fax\n9010" + US,
        Outcome.FAX, False),
    "a screening device that nobody came to": (
        "6480 | heard | what=screening\n50000" + US, Outcome.SCREENED, False),
    "a screening device from which a person came is a talk": (
        "6480 | heard | what=screening\n15000 | person came |\n15020 | joined | n=2\n" + far_end(60000),
        Outcome.TALKED, None),
    "a screening device that recorded has the message": (
        "6480 | heard | what=screening\n12000 | tone |\n12010 | message | tone=yes\n"
        "20000 | message over | complete=yes\n20010" + US, Outcome.MACHINE, True),
    "an announcement that answered names the number's state": (
        "8000 | heard | what=announcement which=off_or_out_of_area\n8010" + US, Outcome.OFF_OR_OUT_OF_AREA, False),
    "an announcement that answered ends no number for good": (
        "8000 | heard | what=announcement which=not_in_use\n8010" + US, Outcome.UNCLEAR_REFUSAL, False),
    "an announcement that cannot be told blames nobody": (
        "8000 | heard | what=announcement which=other\n8010" + US, Outcome.UNCLEAR_REFUSAL, False),
    "a person who hangs up while the ear still listens hung up early": (
        far_end(7400), Outcome.HUNG_UP_EARLY, None),
    "a person who hangs up soon after the verdict hung up early": (
        "7400 | heard | what=undecided\n" + far_end(8800), Outcome.HUNG_UP_EARLY, None),
    "a person whom nobody took within the time after the verdict was abandoned": (
        "6000 | heard | what=person\n" + far_end(7600), Outcome.ABANDONED, None),
    "a person joined late by the ear who leaves at once has not talked": (
        "7500 | heard | what=undecided\n7520 | joined | n=2\n" + far_end(9000), Outcome.HUNG_UP_EARLY, None),
    "a word of a later version is as no word": (
        "6000 | heard | what=parrot\n6020 | joined | n=2\n" + far_end(60000), Outcome.TALKED, None),
}  # fmt: skip


@pytest.mark.parametrize("claim", TABLE)
def test_with_an_ear(claim: str) -> None:
    happened, outcome, left = TABLE[claim]
    judged = judge(folded(events(HEAD + happened)), RULES)
    assert judged.outcome is outcome
    assert judged.reason
    assert judged.evidence.get("message_left") is left


@pytest.mark.parametrize("claim", TABLE)
def test_what_was_heard_is_judged_alike_after_a_restart(claim: str) -> None:
    """From the attempt's history, in any order of neighbours, and told twice."""
    happened = events(HEAD + TABLE[claim][0])
    records = [(event.at, kept(event)) for event in happened]
    again = [restored(record[0], CHANNEL, at, record[1]) for at, record in records if record is not None]
    assert again == happened
    assert folded([*reversed(happened), *happened]) == folded(happened)


EARLY = """
at_ms | event    | detail
0     | created  |
90    | progress |
"""


@pytest.mark.parametrize(
    ("which", "outcome"),
    [
        ("not_in_use", Outcome.UNCLEAR_REFUSAL),
        ("changed", Outcome.NUMBER_CHANGED),
        ("unpaid", Outcome.UNPAID),
        ("refused", Outcome.REJECTED),
        ("off_or_out_of_area", Outcome.OFF_OR_OUT_OF_AREA),
    ],
)
def test_an_announcement_before_the_answer_is_the_true_outcome(which: str, outcome: Outcome) -> None:
    heard = EARLY + f"4000 | heard | what=announcement which={which} early=yes\n"
    freed = folded(events(heard + "4010 | hung up | cause=16\n"), Call(gave_up=GaveUp.ANNOUNCED))
    refused = folded(events(heard + "8000 | far end |\n8000 | hung up | cause=19 sip=480\n"))
    for call in (freed, refused):
        judged = judge(call, RULES)
        assert judged.outcome is outcome
        assert judged.evidence["heard_early"] is True


@pytest.mark.parametrize(("which", "code", "cause", "outcome"), [
    ("not_in_use", 404, 1, Outcome.NOT_IN_USE),
    ("not_in_use", 410, 22, Outcome.NUMBER_CHANGED),
    ("not_in_use", 480, 19, Outcome.UNCLEAR_REFUSAL),
    ("changed", 410, 22, Outcome.NUMBER_CHANGED),
    ("changed", 480, 19, Outcome.NUMBER_CHANGED),
    ("other", 480, 19, Outcome.UNCLEAR_REFUSAL),
])  # fmt: skip
def test_what_was_heard_before_an_answer_counts_where_the_networks_code_says_nothing_clearer(
    which: str, code: int, cause: int, outcome: Outcome
) -> None:
    heard = EARLY + f"4000 | heard | what=announcement which={which} early=yes\n"
    refused = folded(events(heard + f"8000 | far end |\n8000 | hung up | cause={cause} sip={code}\n"))
    assert judge(refused, RULES).outcome is outcome


def test_a_clear_code_of_the_network_counts_more_than_what_was_heard() -> None:
    heard = EARLY + "4000 | heard | what=announcement which=off_or_out_of_area early=yes\n"
    assert judge(folded(events(heard + "4500 | far end |\n4500 | hung up | cause=1 sip=404\n")), RULES).outcome is (
        Outcome.NOT_IN_USE
    )


def test_who_answers_after_an_announcement_has_answered() -> None:
    heard = EARLY + "4000 | heard | what=announcement which=unpaid early=yes\n"
    talk = heard + "5000 | answered |\n6000 | heard | what=person\n6020 | joined | n=2\n" + far_end(60000)
    assert judge(folded(events(talk)), RULES).outcome is Outcome.TALKED


def test_every_end_with_a_machine_counts_as_a_result_of_the_rules() -> None:
    assert RESULTS[Outcome.MACHINE] is RESULTS[Outcome.SCREENED] is Result.MACHINE
    assert RESULTS[Outcome.FAX] is Result.FAX
    assert RESULTS[Outcome.UNPAID] is Result.UNPAID
