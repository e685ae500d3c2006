"""What is counted of calls, and the rates made of it: the same words in tables, on pages and in lists of calls.

Every figure is of the moment at which its call began, so that shares of a quarter of an hour are shares of its calls.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from dialer.core.values import TOKYO


class Figure(StrEnum):
    PLACED = "placed"
    OPEN = "open"
    ANSWERED = "answered"
    PERSONS = "persons"
    LEFT_ALONE = "left_alone"
    TALKS = "talks"
    TRIED = "tried"
    CONTACTS = "contacts"
    CALLERS = "callers"
    CALLERS_ANSWERED = "callers_answered"
    CALLERS_GAVE_UP = "callers_gave_up"
    CALLERS_GAVE_UP_AT_ONCE = "callers_gave_up_at_once"
    ALL_TALKS = "all_talks"
    ALL_NOTED = "all_noted"
    ALL_CONTACTS = "all_contacts"
    NOT_NOTED = "not_noted"
    ALL_PROMISES = "all_promises"


FIGURE_NAMES: dict[Figure, str] = {
    Figure.PLACED: "発信",
    Figure.OPEN: "架電中",
    Figure.ANSWERED: "応答（機械を含む）",
    Figure.PERSONS: "応答者",
    Figure.LEFT_ALONE: "放棄",
    Figure.TALKS: "通話（架電）",
    Figure.TRIED: "接触率の対象となる架電",
    Figure.CONTACTS: "接触（架電）",
    Figure.CALLERS: "着信",
    Figure.CALLERS_ANSWERED: "着信の応答",
    Figure.CALLERS_GAVE_UP: "着信の放棄",
    Figure.CALLERS_GAVE_UP_AT_ONCE: "5秒以内の放棄（着信に数えない）",
    Figure.ALL_TALKS: "通話",
    Figure.ALL_NOTED: "結果入力済みの通話",
    Figure.ALL_CONTACTS: "接触",
    Figure.NOT_NOTED: "結果未入力",
    Figure.ALL_PROMISES: "納付約束",
}
"""As screens name them."""

Counts = Mapping[Figure, int]

QUARTER = timedelta(minutes=15)


def share(part: int, of: int) -> float | None:
    """None while there is nothing of which it could be a share."""
    return part / of if of else None


def contact_rate(counts: Counts) -> float | None:
    """Of the calls that tell something of their hour (K-6): what planning learns from, too."""
    return share(counts[Figure.CONTACTS], counts[Figure.TRIED])


def left_alone_rate(counts: Counts) -> float | None:
    return share(counts[Figure.LEFT_ALONE], counts[Figure.PERSONS])


def answer_rate(counts: Counts) -> float | None:
    """応答率, K-1."""
    return share(counts[Figure.CALLERS_ANSWERED], counts[Figure.CALLERS])


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, TOKYO)


def midnight_before(now: datetime) -> datetime:
    """When today began, where the cities are."""
    return midnight(now.astimezone(TOKYO).date())


def day_span(day: date) -> tuple[datetime, datetime]:
    """From its first moment to before the first of the next."""
    return midnight(day), midnight(day + timedelta(days=1))


def quarters(first: datetime, last: datetime) -> tuple[datetime, ...]:
    """The quarters of an hour from the one that holds the first moment to the one that holds the last."""
    begins = first.replace(minute=first.minute - first.minute % 15, second=0, microsecond=0)
    count = max(0, (last - begins) // QUARTER) + 1
    return tuple(begins + place * QUARTER for place in range(count))
