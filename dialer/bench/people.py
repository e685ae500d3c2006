"""Whom the bench calls: numbers that nobody owns, the same people for the same seed in every leg."""

import random
from collections.abc import Sequence

from simnet.subscribers import Behaviour, Subscriber, subscriber

SETUP_SECONDS = 0.05
REFUSED_AFTER = (0.25, 0.45)  # of ringing: drawn, so that the calls of a leg do not march in step
ANSWERS_AFTER = (0.2, 1.0)
TALK_SECONDS = (2.5, 3.5)


def refusing(seed: int, block: int, count: int) -> list[Subscriber]:
    """Rings for a moment and is rejected: a call from its claim to its outcome, and nobody talks.

    Not busy: that is due again after five minutes, in the middle of the bench.
    """
    chance = random.Random(seed)  # noqa: S311 (invented people)
    return [
        subscriber(
            number(block, place),
            Behaviour.REJECTED,
            setup_seconds=SETUP_SECONDS,
            ring_seconds=round(chance.uniform(*REFUSED_AFTER), 3),
        )
        for place in range(count)
    ]


def ringing_on(block: int, count: int) -> list[Subscriber]:
    """Rings until the exchange has had enough."""
    return [
        subscriber(number(block, place), Behaviour.NO_ANSWER, setup_seconds=SETUP_SECONDS) for place in range(count)
    ]


def answering(seed: int, block: int, count: int) -> list[Subscriber]:
    chance = random.Random(seed)  # noqa: S311 (invented people)
    return [
        subscriber(
            number(block, place),
            Behaviour.PERSON,
            setup_seconds=SETUP_SECONDS,
            ring_seconds=round(chance.uniform(*ANSWERS_AFTER), 3),
            talk_seconds=round(chance.uniform(*TALK_SECONDS), 3),
        )
        for place in range(count)
    ]


def number(block: int, place: int) -> str:
    """A mobile number with 0 after its prefix: it can belong to nobody."""
    return f"0900{block:02d}{place:05d}"


def numbers(people: Sequence[Subscriber]) -> frozenset[str]:
    return frozenset(one.number for one in people)
