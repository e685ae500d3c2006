"""The answer of `dialer amd FILE…`: who answers in a recording, as a call would have heard it; time 0 is the answer."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dialer.core.hearing.ear import Ear, Knowledge
from dialer.core.hearing.values import ANNOUNCEMENT_NAMES, WHAT_NAMES, HearingRules, Prior, Verdict, What
from dialer.core.hearing_trial import Trial, tried
from dialer.media.wav_stream import WavRefused, wav_blocks

UNDECIDED = "undecided"
NO_RECORDING = (What.FAX, What.ANNOUNCEMENT)  # whose tones are none to record after


@dataclass(frozen=True, slots=True)
class HeardFile:
    file: str
    verdict: Verdict | None  # None: undecided
    decided_at_ms: int
    beep_at_ms: int | None  # the end of the recording tone
    reason: str

    def as_dict(self) -> dict[str, Any]:
        one = self.verdict
        return {
            "file": self.file,
            "verdict": one.what.value if one else UNDECIDED,
            "decided_at_ms": self.decided_at_ms,
            "beep_at_ms": self.beep_at_ms,
            "announcement": one.announcement.value if one and one.announcement else None,
            "reason": self.reason,
        }

    def as_text(self) -> str:
        one = self.verdict
        name = WHAT_NAMES[one.what] if one else "未判定"
        kind = f"・{ANNOUNCEMENT_NAMES[one.announcement]}" if one and one.announcement else ""
        tone = "" if self.beep_at_ms is None else f"。発信音の終わり {self.beep_at_ms / 1000:.2f}秒"
        return f"{self.file}: {name}{kind} {self.decided_at_ms / 1000:.2f}秒（{self.reason}）{tone}"


@dataclass(frozen=True, slots=True)
class CannotHear:
    file: str
    why: str

    def __str__(self) -> str:
        return f"{self.file}: {self.why}。"


def hear_files(
    files: Iterable[Path], knowledge: Knowledge, ring_seconds: float | None = None
) -> Iterator[HeardFile | CannotHear]:
    """One after the other; a file that cannot be read does not keep the others from being heard."""
    prior = Prior(ring_seconds=ring_seconds, without_ringing=ring_seconds == 0)
    rules = HearingRules()
    for file in files:
        name = str(file).encode("utf-8", "replace").decode()  # a name that is no text can still be said
        try:
            yield _heard(name, tried(Ear(knowledge, rules, prior), wav_blocks(file), rules))
        except WavRefused as wrong:
            yield CannotHear(name, str(wrong))


def _heard(name: str, trial: Trial) -> HeardFile:
    """As a call ends it, but for one thing: who never speaks is told as silent, though a call is joined long before."""
    verdict, gave_up = trial.verdict, trial.gave_up
    silent = verdict is not None and verdict.what is What.SILENT
    if gave_up is not None and not silent:
        return HeardFile(name, None, gave_up.decided_ms, trial.tone_ended_ms, gave_up.reason)
    if verdict is None:
        short = f"{trial.heard_ms / 1000:.1f}秒では決められない"
        return HeardFile(name, None, trial.heard_ms, trial.tone_ended_ms, short)
    tone = None if verdict.what in NO_RECORDING else trial.tone_ended_ms
    return HeardFile(name, verdict, verdict.decided_at_ms, tone, verdict.reason)
