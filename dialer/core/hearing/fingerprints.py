"""Greetings heard before, recognised by their landmarks: a carrier's recording is the same sound every time.

A landmark is a pair of spectral peaks (two frequencies and the time between them). A greeting is recognised when many
of its landmarks come at the same distances in time as they were learned. A library is a value; learning returns a new
one.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dialer.core.hearing.spectrum import BLOCK, BLOCK_MS, FIRST_BIN, LAST_BIN, Pcm, Spectrum
from dialer.core.hearing.values import Announcement, What

Floats = npt.NDArray[np.float32]

PEAKS = 3  # kept of each block
NEIGHBOURS = 4  # bins around a peak that it must exceed, in its own block
BESIDE = 2  # blocks before and after that it must exceed
QUIET = 3e-6  # power below which nothing is a peak
FAN = 5  # landmarks that end at one peak
NEAREST, FARTHEST = 1, 24  # blocks between the two peaks
COARSE = 2  # bins that count as one frequency
LEARNED_BLOCKS = 6000 // BLOCK_MS
MOST_PLACES = 24  # of one landmark in a library; commoner ones say nothing
LISTENED_SECONDS = 12.0

Landmark = int
Place = tuple[Landmark, int]  # a landmark and the block in which it begins


@dataclass(frozen=True, slots=True)
class Greeting:
    key: str
    what: What
    announcement: Announcement | None = None


@dataclass(frozen=True, slots=True)
class Library:
    """Known greetings; `places` leads from a landmark to where it is: (number of the greeting, block)."""

    greetings: tuple[Greeting, ...] = ()
    places: Mapping[Landmark, tuple[tuple[int, int], ...]] = field(default_factory=dict)


class Landmarks:
    """Streaming: each frame's power gives the landmarks that end 40 ms before it, each with its starting block."""

    def __init__(self) -> None:
        nothing: Floats = np.zeros(LAST_BIN - FIRST_BIN, dtype=np.float32)
        self._recent = deque([nothing] * (2 * BESIDE + 1), maxlen=2 * BESIDE + 1)
        self._peaks: deque[tuple[int, int]] = deque(maxlen=PEAKS * FARTHEST)
        self._block = -BESIDE

    def take(self, power: Floats) -> list[Place]:
        self._recent.append(power)
        found: list[Place] = []
        for peak in _peaks(self._recent):
            mates = 0
            for earlier, block in reversed(self._peaks):
                apart = self._block - block
                if apart > FARTHEST or mates == FAN:
                    break
                if apart >= NEAREST:
                    found.append((_landmark(earlier, peak, apart), block))
                    mates += 1
            self._peaks.append((peak, self._block))
        self._block += 1
        return found


def _peaks(recent: Sequence[Floats]) -> list[int]:
    """Bins of the middle block that stand out among their neighbours and before and after."""
    middle = recent[BESIDE]
    left = middle.copy()
    peaks: list[int] = []
    for _ in range(PEAKS):
        at = int(np.argmax(left))
        if left[at] < QUIET:
            break
        low, high = max(0, at - 1), at + 2
        if all(float(other[low:high].max()) <= middle[at] for other in recent):
            peaks.append(at)
        left[max(0, at - NEIGHBOURS) : at + NEIGHBOURS + 1] = 0
    return peaks


def _landmark(first: int, second: int, apart: int) -> Landmark:
    return (first // COARSE << 16) | (second // COARSE << 8) | apart


def learn(library: Library, greeting: Greeting, samples: Pcm) -> Library:
    """The library with one greeting more (or the same one again, in another recording)."""
    spectrum, landmarks = Spectrum(), Landmarks()
    count = min(samples.size // BLOCK, LEARNED_BLOCKS)
    frames = (spectrum.frame(samples[index * BLOCK : (index + 1) * BLOCK]) for index in range(count))
    return with_greeting(library, greeting, [place for frame in frames for place in landmarks.take(frame.power)])


def with_greeting(library: Library, greeting: Greeting, heard: Iterable[Place]) -> Library:
    number, places = len(library.greetings), dict(library.places)
    for landmark, block in heard:
        known = places.get(landmark, ())
        if len(known) < MOST_PLACES:
            places[landmark] = (*known, (number, block))
    return Library((*library.greetings, greeting), places)


@dataclass(frozen=True, slots=True)
class Match:
    greeting: Greeting
    agreeing: int


class Recogniser:
    """Compares one call with a library; forgets what is older than the longest learned greeting needs."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._landmarks = Landmarks()
        self._votes: dict[tuple[int, int], set[int]] = {}
        self._blocks = 0
        self.heard: list[Place] = []  # of the first seconds: what could be learned of this call

    def take(self, power: Floats) -> Match | None:
        """The best greeting so far; its landmarks are counted once a block."""
        found = self.note(power)
        if not self._library.greetings or self._blocks * BLOCK_MS > LISTENED_SECONDS * 1000:
            return None
        best: Match | None = None
        for landmark, block in found:
            for number, place in self._library.places.get(landmark, ()):
                votes = self._votes.setdefault((number, block - place), set())
                votes.add(place)
                agreeing = len(votes) + self._beside(number, block - place)
                if best is None or agreeing > best.agreeing:
                    best = Match(self._library.greetings[number], agreeing)
        if len(self._votes) > 20_000:
            self._votes = {key: votes for key, votes in self._votes.items() if len(votes) > 1}
        return best

    def note(self, power: Floats) -> list[Place]:
        """Heard, and not compared with anything: the verdict is there already."""
        self._blocks += 1
        found = self._landmarks.take(power)
        if self._blocks <= LEARNED_BLOCKS:
            self.heard += found
        return found

    @property
    def has_enough(self) -> bool:
        return self._blocks >= LEARNED_BLOCKS

    def _beside(self, number: int, offset: int) -> int:
        return max(len(self._votes.get((number, offset + step), ())) for step in (-1, 1))


def merged(libraries: Iterable[Library]) -> Library:
    greetings: list[Greeting] = []
    places: dict[Landmark, tuple[tuple[int, int], ...]] = {}
    for library in libraries:
        base = len(greetings)
        greetings += library.greetings
        for landmark, known in library.places.items():
            moved = tuple((base + number, block) for number, block in known)
            places[landmark] = (*places.get(landmark, ()), *moved)[:MOST_PLACES]
    return Library(tuple(greetings), places)


def only(library: Library, greeting: Greeting) -> Library:
    """The same library with this greeting alone."""
    number = library.greetings.index(greeting)
    places = {
        landmark: own
        for landmark, known in library.places.items()
        if (own := tuple((0, block) for place, block in known if place == number))
    }
    return Library((greeting,), places)
