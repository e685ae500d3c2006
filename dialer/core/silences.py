"""Which of several programs has frozen: it has said nothing for long, while whoever listens and the others went on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

LATE_SECONDS = 3.0  # between two looks: the listener itself did not run


@dataclass
class Silences:
    """Asked every second. A machine that slept, or a full disk, silences all at once, and they come back one after the
    other: so only time in which the listener ran and one of the others spoke counts against who is silent. Nobody is
    judged alone.
    """

    _words: dict[str, object] = field(default_factory=dict)
    _silent: dict[str, float] = field(default_factory=dict)  # seconds that count
    _looked: float | None = None

    def look(self, now: float, words: Mapping[str, object], patience: Mapping[str, float]) -> list[str]:
        """`words`: what each has said last, another one every time; `patience`: seconds. Returns who has frozen."""
        spoke = {name for name, word in words.items() if name not in self._words or self._words[name] != word}
        passed = 0.0 if self._looked is None else now - self._looked
        counts = passed <= LATE_SECONDS and bool(spoke)
        self._silent = {
            name: 0.0 if name in spoke else self._silent[name] + (passed if counts else 0.0) for name in words
        }
        self._words, self._looked = dict(words), now
        return [name for name in words if self._silent[name] >= patience[name]]
