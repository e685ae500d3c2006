"""Invented debtors of a month: when they are at home, what their telephones do, what they say."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TypeVar

from dialer.core.rules.happenings import Judgement, Promise, Result, Script, Talk, Talker
from dialer.core.values import TOKYO, PhoneNumber

T = TypeVar("T")
Habit = Mapping[str, float]  # chance of being there: weekday or rest, and the band of the day

HABITS: tuple[tuple[float, Habit], ...] = (
    (0.5, {"weekday.morning": 0.08, "weekday.afternoon": 0.08, "weekday.evening": 0.45, "rest": 0.35}),  # at work
    (0.3, {"weekday.morning": 0.5, "weekday.afternoon": 0.45, "weekday.evening": 0.4, "rest": 0.45}),  # at home
    (0.2, {"weekday.morning": 0.02, "weekday.afternoon": 0.02, "weekday.evening": 0.05, "rest": 0.05}),  # hardly ever
)
TELEPHONES = (
    (0.78, None),  # rings
    (0.08, Result.NOT_IN_USE),
    (0.05, Result.OTHER_HOME),
    (0.02, Result.FAX),
    (0.02, Result.REMOVED),
    (0.05, Result.UNPAID),
)
ON_THE_WAY = ((0.04, Result.BUSY), (0.01, Result.NETWORK_ERROR), (0.03, Result.SHORT_RING))


@dataclass(frozen=True, slots=True)
class Telephone:
    number: PhoneNumber
    always: Result | None  # how every call to it ends
    has_machine: bool

    @property
    def is_mobile(self) -> bool:
        return self.number.startswith("090")


@dataclass(frozen=True, slots=True)
class Debtor:
    telephones: tuple[Telephone, ...]
    habit: Habit

    def is_there(self, now: datetime, rest_day: bool, chance: random.Random) -> bool:
        local = now.astimezone(TOKYO).time()
        band = "morning" if local < time(12) else "afternoon" if local < time(17) else "evening"
        return chance.random() < self.habit["rest" if rest_day else f"weekday.{band}"]


@dataclass(frozen=True, slots=True)
class Answer:
    result: Result
    talk: Talk | None = None
    decision: Judgement | None = None  # what the operator decides after the talk


def invent(place: int, chance: random.Random) -> Debtor:
    """Numbers of a block that nobody owns."""
    fixed, mobile = PhoneNumber(f"025800{place % 10_000:04d}"), PhoneNumber(f"0900{place:07d}")
    numbers = (fixed, mobile) if chance.random() < 0.35 else ((fixed,) if chance.random() < 0.5 else (mobile,))
    telephones = (Telephone(number, _one_of(TELEPHONES, chance), chance.random() < 0.4) for number in numbers)
    return Debtor(tuple(telephones), _one_of(HABITS, chance))


def answer(debtor: Debtor, number: int, now: datetime, rest_day: bool, chance: random.Random) -> Answer:
    """How one call ends."""
    telephone = debtor.telephones[number]
    if telephone.always is not None:
        return Answer(telephone.always)
    draw = chance.random()
    for share, result in ON_THE_WAY:
        draw -= share
        if draw < 0:
            return Answer(result)
    if debtor.is_there(now, rest_day, chance):
        return _answered(telephone, now, chance)
    if telephone.has_machine:
        return Answer(Result.MACHINE)
    return Answer(Result.OFF_OR_OUT_OF_AREA if telephone.is_mobile and chance.random() < 0.3 else Result.NO_ANSWER)


def called_back(now: datetime, chance: random.Random) -> Talk:
    promise = _promise(now, chance) if chance.random() < 0.5 else None
    return Talk(Talker.SELF, Script.COMPLETED, identity_confirmed=True, promise=promise)


def _answered(telephone: Telephone, now: datetime, chance: random.Random) -> Answer:
    draw = chance.random()
    if draw < 0.03:
        return Answer(Result.HUNG_UP_EARLY)
    if draw < 0.04:
        return Answer(Result.ABANDONED)
    if telephone.is_mobile or draw < 0.65:
        return _the_person(now, chance)
    return _the_family(now, chance) if draw < 0.92 else _somebody_else(chance)


def _the_person(now: datetime, chance: random.Random) -> Answer:
    draw = chance.random()
    if draw < 0.78:
        promise = _promise(now, chance) if chance.random() < 0.5 else None
        return Answer(Result.TALKED, Talk(Talker.SELF, Script.COMPLETED, identity_confirmed=True, promise=promise))
    if draw < 0.88:
        return Answer(Result.TALKED, Talk(Talker.SELF, Script.PARTIAL, identity_confirmed=True))
    refused = Talk(Talker.SELF, Script.NONE, declined=True)
    return Answer(Result.TALKED, refused, Judgement.DECLINED if chance.random() < 0.6 else None)


def _the_family(now: datetime, chance: random.Random) -> Answer:
    draw = chance.random()
    if draw < 0.45:
        talk = Talk(Talker.SAME_HOUSEHOLD, Script.COMPLETED, identity_confirmed=True, offered_to_hear=True)
        return Answer(Result.TALKED, talk)
    if draw < 0.75:
        tomorrow = (now.astimezone(TOKYO) + timedelta(days=chance.randint(1, 4))).date()
        home_at = datetime.combine(tomorrow, time(chance.choice((10, 14, 18)), chance.choice((0, 30))), TOKYO)
        talk = Talk(Talker.SAME_HOUSEHOLD, identity_confirmed=True, absent=True, home_at=home_at)
        return Answer(Result.TALKED, talk)
    if draw < 0.8:
        talk = Talk(Talker.SAME_HOUSEHOLD, identity_confirmed=True, absent=True, absent_all_period=True)
        return Answer(Result.TALKED, talk, Judgement.AWAY)
    return Answer(Result.TALKED, Talk(Talker.SAME_HOUSEHOLD, identity_confirmed=True, absent=True))


def _somebody_else(chance: random.Random) -> Answer:
    moved = Talk(Talker.OTHER, not_living_there=True)
    return Answer(Result.TALKED, moved, Judgement.MOVED if chance.random() < 0.5 else None)


def _promise(now: datetime, chance: random.Random) -> Promise:
    day = now.astimezone(TOKYO).date() + timedelta(days=chance.randint(3, 20))
    return Promise(day, 1000 * chance.randint(3, 80))


def _one_of(shares: tuple[tuple[float, T], ...], chance: random.Random) -> T:
    return chance.choices([one for _, one in shares], [share for share, _ in shares])[0]
