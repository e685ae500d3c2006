"""The work plan (業務計画): how much is to be done of which debts, by which channel, in which month (C-008, C-009)."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from dialer.core.calendar.values import Period, fiscal_year_of, months_later
from dialer.core.city import City

MOST = 9_999_999
MONTHS = 12
NOTHING = "－"
EVERY = "all"
"""The subject that is the whole city; no group and no debt kind has this key."""


class Channel(StrEnum):
    CALLS = "calls"  # 架電の延べ件数
    EVENING_CALLS = "evening_calls"
    HOLIDAY_CALLS = "holiday_calls"
    SMS = "sms"
    INBOUND = "inbound"
    LETTERS = "letters"
    SLIPS = "slips"
    VISITS = "visits"


CHANNEL_NAMES: dict[Channel, str] = {
    Channel.CALLS: "架電",
    Channel.EVENING_CALLS: "うち夜間",
    Channel.HOLIDAY_CALLS: "うち休日",
    Channel.SMS: "SMS",
    Channel.INBOUND: "受電",
    Channel.LETTERS: "文書",
    Channel.SLIPS: "納付書",
    Channel.VISITS: "訪問",
}
OF_CALLS = (Channel.EVENING_CALLS, Channel.HOLIDAY_CALLS)

PlanKey = tuple[str, Channel, date]
"""A subject, a channel and the first day of a month."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is planned for: a debt kind, a group of them that has one number, or all of the city."""

    key: str
    name: str
    debts: tuple[str, ...]
    groups: tuple[str, ...] | None  # whose numbers people call for it; None: numbers are of more debts than these


@dataclass(frozen=True, slots=True)
class Planned:
    """What somebody entered for one month; of a month the newest counts."""

    subject: str
    channel: Channel
    month: date
    count: int | None  # None: nothing is planned any more
    reason: str
    by: str
    at: datetime

    @property
    def key(self) -> PlanKey:
        return self.subject, self.channel, self.month


@dataclass(frozen=True, slots=True)
class PlanChange:
    """Of one month: what is planned, and what would be."""

    key: PlanKey
    before: int | None
    after: int | None


def subjects_of(city: City) -> tuple[Subject, ...]:
    """As plans are printed: each group, and its debt kinds where it has several; the whole city last."""
    found: list[Subject] = []
    for group in city.groups:
        debts = city.debts_of(group)
        key = debts[0].key if len(debts) == 1 else group
        found.append(Subject(key, city.group_name(group), tuple(debt.key for debt in debts), (group,)))
        if len(debts) > 1:
            found += [Subject(debt.key, debt.name, (debt.key,), None) for debt in debts]
    if len(city.groups) > 1:
        found.append(Subject(EVERY, city.group_name(None), tuple(debt.key for debt in city.debts), city.groups))
    return tuple(found)


def months_of(year: int) -> tuple[date, ...]:
    """Of a fiscal year."""
    return tuple(months_later(date(year, 4, 1), place) for place in range(MONTHS))


def year_of(day: date) -> int:
    return fiscal_year_of(day).first.year


def year_period(year: int) -> Period:
    return fiscal_year_of(date(year, 4, 1))


def in_force(entries: Iterable[Planned]) -> dict[PlanKey, int]:
    """Of entries in the order in which they were made."""
    newest = {entry.key: entry.count for entry in entries}
    return {key: count for key, count in newest.items() if count is not None}


def changes(planned: Mapping[PlanKey, int], wanted: Mapping[PlanKey, int | None]) -> tuple[PlanChange, ...]:
    """What another plan differs in, for the months that it names."""
    found = (PlanChange(key, planned.get(key), count) for key, count in wanted.items())
    return tuple(one for one in found if one.before != one.after)


def unlikely(planned: Mapping[PlanKey, int], subjects: Sequence[Subject]) -> tuple[str, ...]:
    """What a plan may hold and can hardly mean: told, not refused."""
    return tuple(
        f"{key_in_words((subject, channel, month), subjects)}（{count:,}件）が、"
        f"架電（{planned[subject, Channel.CALLS, month]:,}件）より多くなっています"
        for (subject, channel, month), count in planned.items()
        if channel in OF_CALLS and count > planned.get((subject, Channel.CALLS, month), MOST)
    )


def key_in_words(key: PlanKey, subjects: Sequence[Subject]) -> str:
    """市税 架電 2026年4月"""
    subject, channel, month = key
    name = next((one.name for one in subjects if one.key == subject), subject)
    return f"{name} {CHANNEL_NAMES[channel]} {month.year}年{month.month}月"


def count_in_words(count: int | None) -> str:
    return NOTHING if count is None else f"{count:,}"


def plain(text: str) -> str:
    """As words are compared: full width and blanks do not matter."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def subject_named(word: str, subjects: Sequence[Subject]) -> Subject | None:
    """By its key or its name."""
    return next((one for one in subjects if plain(word) in (one.key, plain(one.name))), None)
