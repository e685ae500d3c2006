"""When it is clear enough who answered: how sure one must be, and how that changes with the time that has passed."""

import pytest

from dialer.core.hearing.utterances import Utterances
from dialer.core.hearing.values import HearingRules, What
from dialer.core.hearing.weighing import Chances, Sureness

RULES = HearingRules(decide_by_ms=2500, listens_on_ms=4000)


def sure(now_ms: int, person: float) -> tuple[bool, bool]:
    """Of a person, of a machine, when the chances have been so for long."""
    said = Utterances(now_ms=now_ms, began_ms=500, speech_ms=1500, last_ms=now_ms, count=1)
    rest = dict.fromkeys(What, 0.0) | {What.PERSON: person, What.VOICEMAIL: 1 - person}
    made = Sureness()
    for _ in range(20):
        made.take(Chances(rest, {}), said, RULES)
    return made.of_person >= RULES.person_sure_for_ms, made.of_machine >= RULES.machine_sure_for_ms


@pytest.mark.parametrize(
    ("now_ms", "person", "told"),
    [
        (2000, 0.95, (True, False)),
        (2000, 0.88, (False, False)),
        (4500, 0.80, (True, False)),
        (4500, 0.60, (False, False)),
        (2000, 0.005, (False, True)),
        (2000, 0.015, (False, False)),  # losing a person costs far more than waiting
        (4500, 0.015, (False, True)),
        (6400, 0.15, (False, False)),  # however late: what may well be a person is none of the machine's
    ],
)
def test_the_later_it_is_the_less_sure_one_must_be(now_ms: int, person: float, told: tuple[bool, bool]) -> None:
    assert sure(now_ms, person) == told
