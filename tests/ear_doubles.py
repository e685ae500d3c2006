"""A detector that hears what a test tells it to, at the block it is told to, and keeps what it was fed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dialer.core.hearing.fingerprints import Place
from dialer.core.hearing.values import Happening, Heard, Verdict, What

BLOCK_MS = 20


def verdict(what: What, at_ms: int) -> Verdict:
    return Verdict(what, at_ms, "試験用の判定です")


@dataclass
class ScriptedListener:
    """`hears`: milliseconds of audio until a verdict or a happening."""

    hears: Mapping[int, Verdict | Happening] = field(default_factory=dict)
    fed: list[bytes] = field(default_factory=list)
    likely: float = 0.0
    known: bool = False
    assumed: What | None = None
    landmarks: Sequence[Place] = ()
    _new: list[Heard] = field(default_factory=list)

    @property
    def machine_chance(self) -> float:
        return self.likely

    @property
    def machine_is_known(self) -> bool:
        return self.known

    @property
    def now_ms(self) -> int:
        return len(self.fed) * BLOCK_MS

    def assume(self, what: What) -> None:
        self.assumed = what

    def feed(self, block: object) -> Verdict | None:
        assert isinstance(block, bytes)
        self.fed.append(block)
        match self.hears.get(self.now_ms):
            case Verdict() as found:
                return found
            case Happening() as found:
                self._new.append(Heard(found, self.now_ms, self.now_ms))
        return None

    def heard(self) -> list[Heard]:
        new, self._new = self._new, []
        return new


class BrokenListener(ScriptedListener):
    """Whatever it is fed is too much for it."""

    def feed(self, block: object) -> Verdict | None:
        raise ZeroDivisionError("the detector is broken")
