"""How the cases of each debt kind are called: by the engine, by operators who look at them first, or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dialer.core.values import MODE_NAMES, TOKYO, Mode


@dataclass(frozen=True, slots=True)
class ModeChoice:
    """What somebody decided for a debt kind; the newest counts."""

    debt: str
    mode: Mode
    reason: str
    by: str
    at: datetime

    @property
    def text(self) -> str:
        return f"{MODE_NAMES[self.mode]}（{self.reason}。{self.by}、{self.at.astimezone(TOKYO):%Y-%m-%d %H:%M}から）"


@dataclass(frozen=True, slots=True)
class TargetChoice:
    """Which share of persons the predictive mode may leave alone, as somebody decided; the newest counts."""

    target: float | None  # none: what the settings say
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Modes:
    default: Mode = Mode.PROGRESSIVE
    chosen: Mapping[str, ModeChoice] = field(default_factory=dict)  # by debt kind
    target: float | None = None  # of the predictive mode; none: what the settings say

    @classmethod
    def of_choices(cls, default: Mode, choices: Sequence[ModeChoice], target: TargetChoice | None = None) -> "Modes":
        chosen = {choice.debt: choice for choice in choices}
        return cls(default, chosen, None if target is None else target.target)

    def of(self, debt: str | None) -> Mode:
        choice = self.chosen.get(debt or "")
        return self.default if choice is None else choice.mode

    def why_paused(self, debt: str | None) -> str | None:
        """As operators and the city's clerks read it; None when it is called."""
        choice = self.chosen.get(debt or "")
        if choice is None or choice.mode is not Mode.PAUSED:
            return None
        return f"この科目の架電は休止中です（{choice.reason}）"
