"""The answer of `dialer amd FILE…`: each file is heard as a call brings it, 20 ms at a time; time 0 is the answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dialer.core.hearing.ear import Ear, Knowledge
from dialer.core.hearing.values import ANNOUNCEMENT_NAMES, WHAT_NAMES, HearingRules, NumberType, Prior, Verdict, What
from dialer.media.hearing import HearingFailed, blocks_of

UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class HeardFile:
    file: str
    verdict: Verdict | None
    beep_at_ms: int | None  # the end of the recording tone
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        one = self.verdict
        return {
            "file": self.file,
            "verdict": one.what.value if one else UNDECIDED,
            "decided_at_ms": one.decided_at_ms if one else round(self.seconds * 1000),
            "beep_at_ms": self.beep_at_ms,
            "announcement": one.announcement.value if one and one.announcement else None,
            "reason": one.reason if one else self._undecided,
        }

    def as_text(self) -> str:
        if self.verdict is None:
            return f"{self.file}: 未判定（{self._undecided}）"
        one = self.verdict
        name = WHAT_NAMES[one.what]
        kind = f"・{ANNOUNCEMENT_NAMES[one.announcement]}" if one.announcement else ""
        tone = f" 発信音の終わり {self.beep_at_ms / 1000:.2f}秒" if self.beep_at_ms is not None else ""
        return f"{self.file}: {name}{kind} {one.decided_at_ms / 1000:.2f}秒 {one.reason}{tone}"

    @property
    def _undecided(self) -> str:
        return f"{self.seconds:.1f}秒では決められない"


@dataclass(frozen=True, slots=True)
class Answers:
    """What was heard, and one line for each file that could not be."""

    files: tuple[HeardFile, ...]
    failures: tuple[str, ...]

    def as_list(self) -> list[dict[str, Any]]:
        return [one.as_dict() for one in self.files]

    def as_text(self) -> str:
        return "\n".join(one.as_text() for one in self.files)


def hear_files(
    files: Iterable[Path],
    knowledge: Knowledge,
    ring_seconds: float | None = None,
    number_type: NumberType | None = None,
    rules: HearingRules | None = None,
) -> Answers:
    """A file that cannot be read does not keep the others from being heard."""
    prior = Prior(ring_seconds=ring_seconds, number_type=number_type)
    heard, failures = [], []
    for file in files:
        try:
            heard.append(_hear(file, Ear(knowledge, rules, prior)))
        except HearingFailed as wrong:
            failures.append(str(wrong))
    return Answers(tuple(heard), tuple(failures))


def _hear(file: Path, ear: Ear) -> HeardFile:
    samples = 0
    for block in blocks_of(file):
        samples += block.size
        ear.feed(block)
    verdict = ear.verdict or ear.finish()
    may_have_tone = verdict is None or verdict.what in (What.VOICEMAIL, What.SCREENING)
    return HeardFile(str(file), verdict, ear.tone_ended_ms if may_have_tone else None, samples / 8000)
