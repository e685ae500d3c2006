"""The answer of `dialer doctor`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dialer.config import SettingsError, load_settings
from dialer.core.checkup import Finding, Grade, bad, is_sound, well
from dialer.doctor.looking import look_at_all

MEND_SETTINGS = "settings.toml か環境変数を直してください。ほかの点検は、その後に行います。"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    findings: Sequence[Finding]

    @property
    def sound(self) -> bool:
        return is_sound(self.findings)

    def as_dict(self) -> dict[str, Any]:
        return {
            "sound": self.sound,
            "findings": [
                {"check": one.key, "grade": one.grade.value, "text": one.text, "mend": one.mend}
                for one in self.findings
            ],
        }

    def as_text(self) -> str:
        lines = [one.line for one in self.findings]
        bad_ones = sum(one.grade is Grade.BAD for one in self.findings)
        heeds = sum(one.grade is Grade.HEED for one in self.findings)
        return "\n".join([*lines, f"異常 {bad_ones}件、注意 {heeds}件"])


async def examine() -> Diagnosis:
    """Settings that cannot be used are a finding too, for each problem one."""
    try:
        settings = load_settings()
    except SettingsError as wrong:
        return Diagnosis([bad("settings", line, MEND_SETTINGS) for line in str(wrong).splitlines()])
    return Diagnosis([well("settings", "読めました。"), *(await look_at_all(settings)).findings])
