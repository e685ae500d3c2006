"""Is what a far end recorded what was said?"""

import numpy as np

from dialer.bench.likeness import find
from dialer.media.speech import RATE, Samples

HALF = RATE // 2


def noise(seed: int, seconds: float, level: float) -> Samples:
    return np.random.default_rng(seed).normal(0, level, int(seconds * RATE)).astype(np.int16)


SAID = noise(1, 3.0, 4000)


def taped(*pieces: Samples) -> Samples:
    return np.concatenate([*pieces]) + noise(2, sum(piece.size for piece in pieces) / RATE, 50)


def test_a_whole_message_is_found_where_it_lies() -> None:
    found = find(SAID, taped(noise(3, 0.25, 20), SAID, noise(4, 1.0, 20)))
    assert found is not None
    assert found.at_ms == 250.0
    assert min(found.alike) > 0.99


def test_a_message_with_a_hole_is_unlike_there_and_nowhere_else() -> None:
    holed = SAID.copy()
    holed[2 * HALF : 3 * HALF] = 0
    found = find(SAID, taped(holed, noise(4, 1.0, 20)))
    assert found is not None
    assert [alike > 0.9 for alike in found.alike] == [True, True, False, True, True]


def test_a_tape_that_is_too_short_holds_no_message() -> None:
    assert find(SAID, taped(SAID[: 5 * HALF])) is None
