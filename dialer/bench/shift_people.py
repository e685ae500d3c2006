"""Whom a shift calls, and what the pace knows of such people."""

import random

from dialer.simulated_desks import Manner
from dialer.trials.scenario import Lasting, Numbers, Scenario
from simnet.subscribers import Behaviour, Subscriber, subscriber

OPENINGS = ("もしもし。", "どなたですか。", "お電話ありがとうございます、山田商店です。")
TALK_SECONDS = (12.0, 35.0)
SETUP_SECONDS = 0.1
ANSWER_SECONDS = (1.0, 6.0)
RINGS_SECONDS = 25.0  # where nobody answers
CYCLE_SECONDS = 34.0  # of an operator, from one talk to the next
MORE = 1.15  # than just fill the lines


def whom(seed: int, people: int, talk_seconds: tuple[float, float], silent: int = 0) -> list[Subscriber]:
    """`silent`: so many more who do not answer, among the others."""
    chance = random.Random(seed)  # noqa: S311 (invented people)
    found = [
        subscriber(
            f"025800{place:04d}",
            Behaviour.PERSON,
            setup_seconds=SETUP_SECONDS,
            ring_seconds=round(chance.uniform(*ANSWER_SECONDS), 2),
            opening=chance.choice(OPENINGS),
            talk_seconds=round(chance.uniform(*talk_seconds), 1),
        )
        for place in range(people)
    ]
    if silent:
        numbers = range(people, people + silent)
        found += [
            subscriber(f"025800{place:04d}", Behaviour.NO_ANSWER, setup_seconds=SETUP_SECONDS) for place in numbers
        ]
        chance.shuffle(found)
    return found


def silent_for_each(operators: int, lines: int) -> float:
    """How many must not answer for each who does, so that calls for them fill the lines that talks leave."""
    return MORE * max(0, lines - operators) * CYCLE_SECONDS / (RINGS_SECONDS * operators)


def day_like_it(operators: int, lines: int, talk_seconds: tuple[float, float], manner: Manner) -> Scenario:
    """What the pace of a shift that dials ahead has learned from."""
    person = 1.0 / (1.0 + silent_for_each(operators, lines))
    rings, wraps = sum(ANSWER_SECONDS) / 2, manner.identify_seconds + sum(manner.wrap_up_seconds) / 2
    return Scenario(
        seats=operators,
        hours=1.0,
        talk=Lasting(median_s=sum(talk_seconds) / 2, sigma=0.3),
        wrap=Lasting(median_s=wraps, sigma=0.5),
        numbers=(
            Numbers(
                human=person,
                machine=0.0,
                busy=0.0,
                dead=0.0,
                answer_median_s=rings,
                answer_sigma=0.5,
                set_up_s=SETUP_SECONDS,
            ),
        ),
        ring_limit_s=RINGS_SECONDS,
        lines=lines,
    )
