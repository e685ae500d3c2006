"""Which of a few phrases were said: how well each fits what the second network hears, compared with chance.

A phrase is a row of sounds of Japanese. At every block the best way to lay it over what was heard so far, ending here,
is known from the block before; a sound that was not heard at all costs FLOOR and no more. What a phrase reaches in
announcements without it is learned beforehand (ear-lab/earlab/phrases.py) and taken off: short phrases fit anything.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dialer.core.hearing.values import Announcement, What

PHONES = (
    "a", "i", "u", "e", "o", "N", "cl", "k", "ky", "g", "gy", "s", "sh", "z", "j", "t", "ts", "ch", "ty", "d", "dy",
    "n", "ny", "h", "hy", "f", "b", "by", "p", "py", "m", "my", "r", "ry", "w", "y", "v", "kw", "gw",
)  # fmt: skip
"""The second network's heads in their order, behind the first, which says that nothing new is pronounced."""

TOPICS: tuple[tuple[What, Announcement | None], ...] = (
    *((What.ANNOUNCEMENT, one) for one in Announcement),
    (What.VOICEMAIL, None),
    (What.SCREENING, None),
    (What.ANNOUNCEMENT, None),  # one of any kind
)
FLOOR = -7.0
AT_ONCE = 60  # blocks of the past that are heard again beside each new one
NEVER = np.float32(-1e9)

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Phrase:
    written: str
    phones: tuple[str, ...]
    topic: int  # of TOPICS
    by_chance: float  # what it reaches where others speak
    in_music: float  # and where nobody does


@dataclass(frozen=True, slots=True)
class Phrases:
    """All that is listened for, laid out as one row of steps: a sound, the change to the next one, the next one."""

    rows: tuple[Phrase, ...]
    _heads: npt.NDArray[np.intp] = field(init=False, repr=False)  # of each step
    _from_before: Floats = field(init=False, repr=False)  # 0 where the step before, or the one before it, may lead here
    _from_two_before: Floats = field(init=False, repr=False)
    _begins: Floats = field(init=False, repr=False)
    _ends: npt.NDArray[np.intp] = field(init=False, repr=False)  # the last step of each phrase
    _lengths: Floats = field(init=False, repr=False)
    _by_chance: Floats = field(init=False, repr=False)
    _in_music: Floats = field(init=False, repr=False)
    _of_topic: tuple[npt.NDArray[np.intp], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        heads: list[int] = []
        skips: list[bool] = []
        begins: list[bool] = []
        ends: list[int] = []
        for phrase in self.rows:
            own = [PHONES.index(phone) + 1 for phone in phrase.phones]
            for place, head in enumerate(own):
                if place:
                    heads.append(0)
                heads.append(head)
                begins += [False, False] if place else [True]
                skips += [False, own[place - 1] != head] if place else [False]
            ends.append(len(heads) - 1)
        begin, topics = np.array(begins, dtype=bool), np.array([phrase.topic for phrase in self.rows])
        made = {
            "_heads": np.array(heads, dtype=np.intp),
            "_from_before": np.where(begin, NEVER, np.float32(0)),
            "_from_two_before": np.where(np.array(skips, dtype=bool), np.float32(0), NEVER),
            "_begins": np.where(begin, np.float32(0), NEVER),
            "_ends": np.array(ends, dtype=np.intp),
            "_lengths": np.array([len(phrase.phones) for phrase in self.rows], dtype=np.float32),
            "_by_chance": np.array([phrase.by_chance for phrase in self.rows], dtype=np.float32),
            "_in_music": np.array([phrase.in_music for phrase in self.rows], dtype=np.float32),
            "_of_topic": tuple(np.flatnonzero(topics == topic) for topic in range(len(TOPICS))),
        }
        for name, numbers in made.items():
            object.__setattr__(self, name, numbers)

    def rest(self) -> Floats:
        """With two steps in front, which lead nowhere."""
        return np.full(self._heads.size + 2, NEVER, dtype=np.float32)

    def moved(self, laid: Floats, scores: Floats) -> Floats:
        """One block on: what it costs to have said each phrase as far as each of its steps."""
        costs = np.maximum(scores - scores.max(), np.float32(FLOOR))
        best = np.maximum(laid[2:], laid[1:-1] + self._from_before)
        np.maximum(best, laid[:-2] + self._from_two_before, out=best)
        np.maximum(best, self._begins, out=best)
        moved = np.empty_like(laid)
        moved[:2] = NEVER
        np.add(best, costs[self._heads], out=moved[2:])
        return moved

    def fit(self, laid: Floats) -> Floats:
        """Of each phrase that ends now, for each of its sounds: 0 is the best there is."""
        return np.asarray(laid[2:][self._ends] / self._lengths, dtype=np.float32)

    def words(self, best: Floats) -> "Words":
        above, spoken = best - self._by_chance, best - np.maximum(self._by_chance, self._in_music)
        found = [int(own[np.argmax(above[own])]) for own in self._of_topic]
        return Words(
            tuple(float(above[place]) for place in found),
            tuple(self.rows[place].written for place in found),
            tuple(float(spoken[own].max()) for own in self._of_topic),
        )


@dataclass(frozen=True, slots=True)
class Words:
    """By TOPICS: how much better than by chance the best phrase of each fits, and which that is."""

    evidence: tuple[float, ...]
    phrases: tuple[str, ...]
    spoken: tuple[float, ...]  # and how much better than in music too


class Wording:
    """Of one call, once it is worth following: `past` is what the second network said until then, block by block."""

    def __init__(self, phrases: Phrases, past: Sequence[Floats] = ()) -> None:
        self._phrases = phrases
        self._waiting = deque(past)
        self._laid = phrases.rest()
        self._best = np.full(len(phrases.rows), NEVER, dtype=np.float32)

    def take(self, scores: Floats) -> None:
        """What the heads of the second network say in this block."""
        self._waiting.append(scores)
        self._lay(min(len(self._waiting), 1 + AT_ONCE))

    def catch_up(self) -> None:
        self._lay(len(self._waiting))

    def _lay(self, blocks: int) -> None:
        for _ in range(blocks):
            self._laid = self._phrases.moved(self._laid, self._waiting.popleft())
            np.maximum(self._best, self._phrases.fit(self._laid), out=self._best)

    @property
    def is_up_to_date(self) -> bool:
        return not self._waiting

    def words(self) -> Words:
        """Of all that was said so far."""
        return self._phrases.words(self._best)
