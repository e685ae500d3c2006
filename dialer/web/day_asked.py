"""Which calls a list is asked for, by words and ids in its address; and the same in the words of the page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar

from multidict import MultiMapping

from dialer.core.calendar.values import CalendarError, Period, Rung
from dialer.core.callers import InboundOutcome
from dialer.core.city import City
from dialer.core.day_figures import FIGURE_NAMES, QUARTER, Figure, day_span
from dialer.core.plan.values import SlotDay
from dialer.core.values import TOKYO, Outcome
from dialer.store.calls_behind import CALLS_PER_PAGE, CallsWanted
from dialer.store.words import CallKind
from dialer.web.day_period import LONGEST_SPAN, SLOT_DAY_NAMES
from dialer.web.day_rows import outcome_name

OPEN = "open"
TOO_LONG = f"期間は{LONGEST_SPAN.days + 1}日までにしてください。"
RUNG_NAMES = {Rung.DAY: "日中", Rung.EVENING: "夜間", Rung.HOLIDAY: "休日"}
MOST_PAGES = 10_000
FIRST_YEAR, LAST_YEAR = 2000, 2100

Word = TypeVar("Word", bound=StrEnum)


class WronglyAsked(ValueError):
    """An address that nothing of ours leads to."""


@dataclass(frozen=True, slots=True)
class Asked:
    wanted: CallsWanted
    span: Period
    page: int
    words: tuple[str, ...]  # what is listed, for the heading


def span_of(query: Mapping[str, str], usual: Period) -> Period:
    """`first` and `last`, or one `day`."""
    try:
        if "day" in query:
            day = _date(query["day"])
            return Period(day, day)
        first = _date(query["first"]) if "first" in query else usual.first
        last = _date(query["last"]) if "last" in query else usual.last
        return Period(first, last)
    except CalendarError:
        raise WronglyAsked("初日は末日より前の日にしてください。") from None
    except ValueError:
        raise WronglyAsked("日付を確かめてください。") from None


def _date(word: str) -> date:
    found = date.fromisoformat(word)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise WronglyAsked("日付を確かめてください。")
    return found


def calls_asked(query: MultiMapping[str], city: City, today: date) -> Asked:
    """WronglyAsked for what is no word of ours."""
    span = span_of(query, Period(today, today))
    if span.last - span.first > LONGEST_SPAN:
        raise WronglyAsked(TOO_LONG)
    since, until = day_span(span.first)[0], day_span(span.last)[1]
    kind = _word(CallKind, query, "direction")
    outcome = query.get("outcome")
    outcomes = {*Outcome} if kind is CallKind.ATTEMPT else {*InboundOutcome}
    if outcome not in (None, OPEN, *outcomes):
        raise WronglyAsked("架電結果を確かめてください。")
    quarter = _quarter(query.get("quarter"), span)
    if quarter is not None:
        since, until = quarter, quarter + QUARTER
    figure, slot_day = _word(Figure, query, "figure"), _word(SlotDay, query, "weekday")
    rung, hour, page = _word(Rung, query, "rung"), _whole(query, "hour", 23), _whole(query, "page", MOST_PAGES) or 1
    debts = tuple(query.getall("debt", []))
    if any(city.debt(debt) is None for debt in debts):
        raise WronglyAsked("科目を確かめてください。")
    wanted = CallsWanted(
        since,
        until,
        figure=figure,
        direction=kind,
        outcome=None if outcome == OPEN else outcome,
        is_open=outcome == OPEN,
        account=query.get("operator"),
        debts=debts,
        slot_day=slot_day,
        hour=hour,
        rung=rung,
        skip=(page - 1) * CALLS_PER_PAGE,
    )
    words = (
        _time_in_words(span, quarter),
        *(
            []
            if slot_day is None
            else [f"{SLOT_DAY_NAMES[slot_day]}曜日" if slot_day is not SlotDay.HOLIDAY else "祝日"]
        ),
        *([] if hour is None else [f"{hour}時台"]),
        *([] if rung is None else [RUNG_NAMES[rung]]),
        *([] if figure is None else [FIGURE_NAMES[figure]]),
        *([] if outcome is None or kind is None else [outcome_name(kind, wanted.outcome)]),
        *([] if not debts or len(debts) > 1 else [debt.name for debt in city.debts if debt.key == debts[0]]),
    )
    return Asked(wanted, span, page, words)


def _time_in_words(span: Period, quarter: datetime | None) -> str:
    if quarter is not None:
        return f"{_day(span.first)} {quarter:%H:%M}～{quarter + QUARTER:%H:%M}"
    return _day(span.first) if span.first == span.last else f"{_day(span.first)}から{_day(span.last)}まで"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _quarter(word: str | None, span: Period) -> datetime | None:
    if word is None:
        return None
    try:
        clock = time.fromisoformat(word)
    except ValueError:
        raise WronglyAsked("時刻を確かめてください。") from None
    at = datetime.combine(span.first, clock.replace(tzinfo=None), TOKYO)
    if (at - day_span(span.first)[0]) % QUARTER != timedelta() or span.first != span.last:
        raise WronglyAsked("時刻を確かめてください。")
    return at


def _word(words: type[Word], query: Mapping[str, str], name: str) -> Word | None:
    found = query.get(name)
    if found is None:
        return None
    try:
        return words(found)
    except ValueError:
        raise WronglyAsked("指定された条件はありません。") from None


def _whole(query: Mapping[str, str], name: str, most: int) -> int | None:
    found = query.get(name)
    if found is None:
        return None
    if not (found.isascii() and found.isdecimal() and len(found) < 7 and int(found) <= most):
        raise WronglyAsked("指定された条件はありません。")
    return int(found)
