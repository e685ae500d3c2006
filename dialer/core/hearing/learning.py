"""Greetings become known in production: what two numbers played alike, each before a recording tone, is a carrier's.

Somebody's own words are on one number only and never become known, so nothing personal is kept. What is not known yet
is remembered as landmarks, in memory alone; only the latest are.
"""

from collections import Counter, deque
from collections.abc import Iterable, Sequence

from dialer.core.hearing.fingerprints import Greeting, Landmark, Library, Place, with_greeting
from dialer.core.hearing.values import What

MOST_CANDIDATES = 300
MOST_LEARNED = 300
ALIKE = 50  # landmarks at one distance in time: two greetings in one voice had at most 37, one greeting on two lines 97
LEAST = 150  # landmarks of a greeting that is long enough to be learned

Candidate = tuple[What, dict[Landmark, list[int]]]


class Learner:
    """`consider` what was heard of a machine at a number where no machine had answered before."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._candidates: deque[Candidate] = deque(maxlen=MOST_CANDIDATES)

    def consider(self, heard: Sequence[Place], what: What) -> Greeting | None:
        """The greeting, when it has just become known; `library` has it then."""
        if len(heard) < LEAST or len(self.library.greetings) >= MOST_LEARNED or self._is_known(heard):
            return None
        for candidate in self._candidates:
            if candidate[0] is what and _agreeing(candidate[1], heard) >= ALIKE:
                self._candidates.remove(candidate)
                greeting = Greeting(f"learned-{len(self.library.greetings) + 1}", what)
                self.library = with_greeting(self.library, greeting, heard)
                return greeting
        self._candidates.append((what, _by_landmark(heard)))
        return None

    def _is_known(self, heard: Sequence[Place]) -> bool:
        places = self.library.places
        return (
            _most_at_one_distance(
                (number, block - place) for landmark, block in heard for number, place in places.get(landmark, ())
            )
            >= ALIKE
        )


def _by_landmark(heard: Sequence[Place]) -> dict[Landmark, list[int]]:
    found: dict[Landmark, list[int]] = {}
    for landmark, block in heard:
        found.setdefault(landmark, []).append(block)
    return found


def _agreeing(known: dict[Landmark, list[int]], heard: Sequence[Place]) -> int:
    return _most_at_one_distance(
        (0, block - earlier) for landmark, block in heard for earlier in known.get(landmark, ())
    )


def _most_at_one_distance(votes: Iterable[tuple[int, int]]) -> int:
    """Of a pair (greeting, distance in blocks); the same sound half a block later falls into two of them."""
    counted = Counter(votes)
    return max((count + counted[number, apart + 1] for (number, apart), count in list(counted.items())), default=0)
