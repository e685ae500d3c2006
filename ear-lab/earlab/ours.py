"""The project's own ear as a detector of this laboratory, asked as a call asks it.

`to_the_end` waits for its verdict whenever it comes, also where a call had long been joined to an operator.
"""

from dialer.core.hearing.ear import Ear
from dialer.core.hearing.values import HearingRules, NumberType, Prior
from dialer.core.hearing_trial import tried
from dialer.media.hearing import HearingFailed, knowledge
from dialer.media.speech import Samples
from earlab import LabError
from earlab.answers import BLOCK, Answer, Detector
from earlab.labels import Label

UNDECIDED = "undecided"


def our_detector(*, to_the_end: bool = False) -> Detector:
    try:
        known = knowledge()
    except HearingFailed as wrong:
        raise LabError(str(wrong)) from None
    rules = HearingRules()

    def hear(label: Label, samples: Samples) -> Answer:
        return _heard(Ear(known, rules, _prior(label)), rules, label, samples, to_the_end)

    return hear


def _prior(label: Label) -> Prior:
    """Only what the engine knows of a call."""
    return Prior(
        answered=label.answered,
        ring_seconds=label.ring_seconds,
        without_ringing=label.ring_seconds == 0.0,
        number_type=NumberType(label.number_type),
    )


def _heard(ear: Ear, rules: HearingRules, label: Label, samples: Samples, to_the_end: bool) -> Answer:
    blocks = (samples[start : start + BLOCK] for start in range(0, samples.size, BLOCK))
    trial = tried(ear, blocks, rules, answered=label.answered)
    verdict, gave_up = trial.verdict, None if to_the_end else trial.gave_up
    if verdict is None or gave_up is not None:
        at = gave_up.decided_ms if gave_up else trial.heard_ms
        return Answer(label.file, UNDECIDED, at, trial.tone_ended_ms, None, "time was over", trial.heard_ms)
    kind = verdict.announcement.value if verdict.announcement else None
    at, reason = verdict.decided_at_ms, verdict.reason
    return Answer(label.file, verdict.what.value, at, trial.tone_ended_ms, kind, reason, trial.heard_ms)
