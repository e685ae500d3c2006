"""A repeatable mix of invented subscribers with the shares of a Japanese reminder campaign.

The shares and times are assumptions to be replaced by a city's own figures; what matters here is that every behaviour
occurs and that the same seed gives the same people. Numbers are of a block that nobody owns: 0258-00-1000 onwards.
"""

import random
from collections.abc import Mapping

from simnet import texts
from simnet.subscribers import Behaviour, Subscriber, subscriber

FIRST_NUMBER = 258001000
LAST_NUMBER = 258009999

SHARES: Mapping[Behaviour, float] = {
    Behaviour.PERSON: 33,
    Behaviour.NO_ANSWER: 16,
    Behaviour.ANSWERING_MACHINE: 14,
    Behaviour.MOBILE_VOICEMAIL: 12,
    Behaviour.NOT_IN_USE: 5,
    Behaviour.OUT_OF_AREA: 4,
    Behaviour.HANGS_UP_AT_ONCE: 3,
    Behaviour.BUSY: 3,
    Behaviour.UNPAID: 2,
    Behaviour.SCREENING: 2,
    Behaviour.NUMBER_CHANGED: 1,
    Behaviour.OUT_OF_AREA_ANSWERS: 1,
    Behaviour.REJECTED: 1,
    Behaviour.CONGESTION: 1,
    Behaviour.FAX: 1,
    Behaviour.FALSE_RINGBACK: 1,
    Behaviour.FALLS_DEAD: 1,
    Behaviour.MUSIC_PERSON: 1,
    Behaviour.MUSIC_NO_ANSWER: 1,
}


class TooMany(Exception):
    """More subscribers are wanted than there are numbers that nobody owns."""


def invent(seed: int, count: int, *, speed: float = 1.0) -> list[Subscriber]:
    """`count` subscribers; every wait and talk is divided by `speed`, speech itself is not."""
    if not 0 <= count <= LAST_NUMBER - FIRST_NUMBER + 1:
        raise TooMany(f"count {count}: at most {LAST_NUMBER - FIRST_NUMBER + 1} numbers belong to nobody")
    if speed <= 0:
        raise ValueError("speed must be above 0")
    chance = random.Random(seed)
    return [_one(f"0{FIRST_NUMBER + n}", behaviour, chance, speed) for n, behaviour in enumerate(_mix(chance, count))]


def _mix(chance: random.Random, count: int) -> list[Behaviour]:
    """Exact shares, then shuffled: a list of 150 has every behaviour, not only the frequent ones."""
    total = sum(SHARES.values())
    exact = {behaviour: share * count / total for behaviour, share in SHARES.items()}
    mix = [behaviour for behaviour, amount in exact.items() for _ in range(int(amount))]
    by_remainder = sorted(SHARES, key=lambda behaviour: int(exact[behaviour]) - exact[behaviour])
    mix += by_remainder[: count - len(mix)]
    chance.shuffle(mix)
    return mix


def _one(number: str, behaviour: Behaviour, chance: random.Random, speed: float) -> Subscriber:
    usual = subscriber(number, behaviour)
    wanted: dict[str, float | str] = {}
    if usual.setup_seconds:
        wanted["setup_seconds"] = _seconds(chance.uniform(0.3, 1.5), speed)
    match behaviour:
        case Behaviour.PERSON | Behaviour.MUSIC_PERSON:
            wanted |= _person(chance, speed)
        case Behaviour.FALLS_DEAD:
            wanted |= {"ring_seconds": _answer_delay(chance, speed), "talk_seconds": _seconds(10, speed)}
        case Behaviour.SCREENING | Behaviour.FALSE_RINGBACK:
            wanted |= {key: value for key, value in _person(chance, speed).items() if key == "talk_seconds"}
        case Behaviour.HANGS_UP_AT_ONCE:
            wanted |= {"ring_seconds": _answer_delay(chance, speed), "talk_seconds": round(chance.uniform(0.1, 0.6), 2)}
        case Behaviour.ANSWERING_MACHINE:
            rings = _seconds(3.0 * chance.choice([2, 4, 4, 4, 5, 7]), speed)  # whole cycles of the ringing tone
            wanted |= {"ring_seconds": rings, "greeting": chance.choice(texts.OWN_MACHINES), **_machine(chance, speed)}
        case Behaviour.MOBILE_VOICEMAIL:
            wanted |= {"ring_seconds": _seconds(chance.choice([0.1, 15, 15, 20, 24]), speed), **_machine(chance, speed)}
        case Behaviour.REJECTED | Behaviour.FAX:
            wanted["ring_seconds"] = _seconds(chance.uniform(1, 5), speed)
        case _:
            pass
    return subscriber(number, behaviour, **wanted)


def _person(chance: random.Random, speed: float) -> dict[str, float | str]:
    return {
        "ring_seconds": _answer_delay(chance, speed),
        "opening": chance.choice(texts.OPENINGS),
        "talk_seconds": _seconds(min(chance.lognormvariate(3.7, 0.5), 150), speed),  # median 40 s
    }


def _machine(chance: random.Random, speed: float) -> dict[str, float | str]:
    return {
        "tone_hz": float(chance.choice([440, 800, 1000, 1400])),
        "tone_seconds": round(chance.uniform(0.2, 0.9), 2),
        "pause_seconds": round(min(chance.lognormvariate(-0.69, 0.4), 1.2), 2),  # median 0.5 s
        "record_seconds": _seconds(chance.choice([0, 20, 30, 60]), speed),
    }


def _answer_delay(chance: random.Random, speed: float) -> float:
    return _seconds(min(max(chance.lognormvariate(2.1, 0.6), 1.0), 33.0), speed)  # median 8 s


def _seconds(seconds: float, speed: float) -> float:
    return round(seconds / speed, 3)
