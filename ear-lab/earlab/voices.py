"""The invented speakers: each is a synthesiser's voice with a throat of its own. Split into training and held out.

A speaker of one half never speaks in the other; nor does a Kokoro voice. Mei and the NIT voice are in both halves, with
throats that do not overlap; Tohoku's and six of Kokoro's speakers of other languages only train, five more of these and
espeak are only held out.
"""

from dataclasses import dataclass
from typing import Literal

from earlab.shaping import Throat
from earlab.speech import ABROAD, APART

Split = Literal["train", "held_out"]


@dataclass(frozen=True, slots=True)
class Voice:
    name: str
    source: str
    split: Split
    throat: Throat
    half_tone: float = 0.0  # asked of the synthesiser itself
    speed: float = 1.0  # a low throat also speaks slower: speed times pitch is how fast it sounds

    @property
    def is_a_childs(self) -> bool:
        return self.throat.tract >= 1.22


def _mei(name: str, split: Split, half_tone: float, speed: float, throat: Throat) -> Voice:
    return Voice(f"mei-{name}", "mei", split, throat, half_tone, speed)


def _nitech(name: str, split: Split, half_tone: float, speed: float, throat: Throat) -> Voice:
    return Voice(f"nitech-{name}", "nitech", split, throat, half_tone, speed)


def _kokoro(source: str, name: str, split: Split, throat: Throat) -> Voice:
    return Voice(f"{source}-{name}", source, split, throat)


def _tohoku(name: str, half_tone: float, speed: float, throat: Throat) -> Voice:
    return Voice(f"tohoku-{name}", "tohoku_neutral", "train", throat, half_tone, speed)


VOICES = (
    _mei("plain", "train", 0, 1.0, Throat()),
    _mei("man", "train", -8, 1.2, Throat(0.80, 0.84, 0.95, -1.5, 0.0, 1.0)),
    _mei("old-man", "train", -8, 1.15, Throat(0.76, 0.86, 1.0, -2.5, 0.35, 1.8)),
    _mei("bright", "train", 3, 1.15, Throat(1.05, 1.08, 1.0, 1.5, 0.0, 0.8)),
    _mei("child", "train", 3, 1.0, Throat(1.22, 1.26, 1.05, 1.0, 0.1, 1.5)),
    _mei("breathy", "train", 0, 1.0, Throat(0.95, 1.0, 1.0, -1.0, 0.55, 0.6)),
    _mei("quick-man", "train", -8, 1.3, Throat(0.86, 0.88, 0.92, 0.0, 0.1, 1.2)),
    _nitech("plain", "train", 0, 1.0, Throat()),
    _nitech("low", "train", 0, 1.05, Throat(0.88, 0.95, 1.0, -1.0, 0.2, 0.8)),
    _nitech("woman", "train", 7, 1.0, Throat(1.08, 1.17, 1.05, 0.5, 0.15, 1.0)),
    _tohoku("plain", 0, 1.0, Throat()),
    _tohoku("man", -7, 1.15, Throat(0.80, 0.85, 0.97, -1.0, 0.05, 1.0)),
    _tohoku("old", -3, 0.9, Throat(0.95, 0.97, 1.02, -2.0, 0.4, 1.6)),
    _kokoro("alpha", "plain", "train", Throat()),
    _kokoro("alpha", "deeper", "train", Throat(0.90, 0.92, 1.0, -1.0, 0.1)),
    _kokoro("kumo", "plain", "train", Throat()),
    _kokoro("kumo", "lighter", "train", Throat(1.12, 1.05, 1.0, 1.0, 0.05, 1.0)),
    _kokoro("tebukuro", "plain", "train", Throat()),
    _kokoro("tebukuro", "child", "train", Throat(1.15, 1.24, 1.0, 0.5, 0.05, 1.2)),
    *(_kokoro(source, "plain", "train", Throat()) for source in ABROAD),
    _mei("lady", "held_out", -3, 1.0, Throat(0.97, 0.97, 1.03, -0.5, 0.2, 1.0)),
    _mei("bass", "held_out", -8, 1.35, Throat(0.70, 0.80, 0.97, -0.5, 0.05, 0.8)),
    _mei("grandmother", "held_out", -3, 0.8, Throat(1.03, 1.03, 1.0, -2.0, 0.45, 2.2)),
    _mei("girl", "held_out", 3, 1.2, Throat(1.15, 1.23, 1.0, 0.5, 0.15, 1.4)),
    _mei("hoarse-man", "held_out", -8, 1.2, Throat(0.82, 0.90, 1.06, 1.0, 0.4, 0.9)),
    _nitech("clear", "held_out", 3, 1.1, Throat(1.0, 1.03, 0.97, 1.5, 0.0, 0.7)),
    _nitech("old", "held_out", -2, 0.95, Throat(0.92, 0.97, 1.04, -2.0, 0.4, 1.8)),
    _kokoro("gongitsune", "plain", "held_out", Throat()),
    _kokoro("gongitsune", "man", "held_out", Throat(0.84, 0.87, 1.0, -0.5, 0.1, 0.8)),
    _kokoro("nezumi", "plain", "held_out", Throat()),
    _kokoro("nezumi", "child", "held_out", Throat(1.2, 1.25, 1.0, 0.5, 0.1, 1.0)),
    *(_kokoro(source, "plain", "held_out", Throat()) for source in APART),
    Voice("espeak-plain", "espeak", "held_out", Throat()),
    Voice("espeak-high", "espeak", "held_out", Throat(1.1, 1.12, 1.0, 0.0, 0.15, 1.5), 6, 1.1),
)


def speakers(split: Split, sources: tuple[str, ...]) -> tuple[Voice, ...]:
    return tuple(voice for voice in VOICES if voice.split == split and voice.source in sources)
