"""The sequential decision: is it clear enough, at these costs, to say who answered?

Saying "person" wrongly costs an operator some seconds (`machine_passed`); saying "machine" wrongly loses a person
(`person_lost`); every second of listening costs `delay_per_second`. Waiting longer than a second is rarely worth it, so
"person" is said as soon as the chance of a machine costs less than that wait, and "machine" only when the chance of a
person, at its far higher cost, does. Past the deadline waiting grows dearer, so that less is asked of either.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dialer.core.hearing.utterances import BLOCK_MS, Utterances
from dialer.core.hearing.values import Announcement, HearingRules, What

Floats = npt.NDArray[np.float32]

KINDS = tuple(Announcement)
HEADS: tuple[tuple[What, Announcement | None], ...] = (
    (What.PERSON, None),
    (What.VOICEMAIL, None),
    (What.SCREENING, None),
    (What.FAX, None),
    (What.SILENT, None),
    *((What.ANNOUNCEMENT, one) for one in KINDS),
)
"""What the meaning network's outputs mean, in their order."""

WORTH_WAITING_SECONDS = 0.5
LEAST_SPEECH_MS = 160  # of a person: shorter is a click
HALF_SURE = 0.5
SURE_WHEN_DUE = 0.85  # of a person who has spoken; who is less like one is joined too, but as undecided


@dataclass(frozen=True, slots=True)
class Chances:
    """What is thought at this moment; they sum to 1."""

    of: dict[What, float]
    announcements: dict[Announcement, float]

    @property
    def person(self) -> float:
        return self.of[What.PERSON]

    @property
    def machine(self) -> float:
        return self.of[What.VOICEMAIL] + self.of[What.SCREENING] + self.of[What.FAX] + self.of[What.ANNOUNCEMENT]


def chances(shares: Floats) -> Chances:
    numbers: list[float] = shares.tolist()
    of = dict.fromkeys(What, 0.0)
    for (what, _), share in zip(HEADS, numbers, strict=True):
        of[what] += share
    return Chances(of, dict(zip(KINDS, numbers[-len(KINDS) :], strict=True)))


@dataclass(frozen=True, slots=True)
class Choice:
    what: What
    reason: str
    announcement: Announcement | None = None


@dataclass(slots=True)
class Sureness:
    """For how long, without a break, it has been sure enough: one block's doubt or certainty decides nothing."""

    of_person: int = 0
    of_machine: int = 0

    def take(self, now: Chances, said: Utterances, rules: HearingRules) -> None:
        self.of_person = self.of_person + BLOCK_MS if _is_person(now, said, rules) else 0
        self.of_machine = self.of_machine + BLOCK_MS if _is_machine(now, said, rules) else 0


def person_chosen(
    now: Chances, said: Utterances, sure_ms: Sureness, rules: HearingRules, *, machine_is_known: bool
) -> Choice | None:
    """It is a person by the voice, or there is no more time; None: listen on."""
    if said.began_ms is None:
        return None
    if sure_ms.of_person >= rules.person_sure_for_ms:
        return Choice(What.PERSON, f"{seconds(said.speech_ms)}の発話が人の応答らしい")
    due = said.now_ms >= rules.decide_by_ms and not machine_is_known
    if due and now.person > SURE_WHEN_DUE and said.speech_ms >= LEAST_SPEECH_MS:
        return Choice(What.PERSON, f"{seconds(rules.decide_by_ms)}までに機械の証拠が足りない")
    return None


def _is_person(now: Chances, said: Utterances, rules: HearingRules) -> bool:
    wait = _delay(said.now_ms, rules) * WORTH_WAITING_SECONDS
    enough = said.began_ms is not None and said.speech_ms >= LEAST_SPEECH_MS
    return enough and now.person > HALF_SURE and now.machine * rules.machine_passed < wait


def _is_machine(now: Chances, said: Utterances, rules: HearingRules) -> bool:
    """So surely that nobody would be lost."""
    lost = (now.person + now.of[What.SILENT]) * rules.person_lost
    return said.speech_ms >= rules.least_machine_speech_ms and lost < _delay(said.now_ms, rules)


def _delay(now_ms: int, rules: HearingRules) -> float:
    """What one more second costs."""
    late_seconds = max(0, now_ms - rules.decide_by_ms) / 1000
    return rules.delay_per_second * (1 + rules.delay_grows * late_seconds)


def seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.1f}秒"
