"""What is agreed with the city about single days: read from what was typed, and what it would change (C-027).

To the days themselves, to what the plan still lacks, and to what people hear who call meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby

from dialer.core.calendar.checks import CalendarWarning, warnings
from dialer.core.calendar.days import CalendarView, CityDay
from dialer.core.calendar.openings import next_opening, opening_in_words
from dialer.core.calendar.rules import Change, ChangeKind
from dialer.core.calendar.values import CalendarError, Hours, day_from_text, month_of
from dialer.core.city import City
from dialer.core.values import TOKYO

STEP = timedelta(minutes=30)  # hours begin and end at a half at the finest
NO_OPENING = "次の受付の日は決まっていません。"


@dataclass(frozen=True, slots=True)
class Wish:
    """What was typed."""

    day: str
    kind: ChangeKind
    reason: str
    by: str
    pattern: str | None = None
    calls: str | None = None  # 12:00-20:00
    debts: tuple[str, ...] = ()
    exchanged_for: str | None = None  # of a closed weekday: the rest day that is worked instead
    closes: str | None = None  # of an opened rest day: the weekday that is closed for it


def changes_from(city: City, wish: Wish, now: datetime) -> tuple[Change, ...]:
    """Every word checked against the profile: CalendarError says what is wrong, in a sentence."""
    patterns = {pattern.key: pattern.name for pattern in city.calendar.patterns}
    if wish.pattern is not None and wish.pattern not in patterns:
        known = "、".join(f"{key}（{name}）" for key, name in patterns.items())
        raise CalendarError(f"{city.name}にパターン「{wish.pattern}」はありません。あるのは {known} です。")
    for debt in wish.debts:
        if city.debt(debt) is None:
            known = "、".join(one.key for one in city.debts)
            raise CalendarError(f"{city.name}に科目「{debt}」はありません。あるのは {known} です。")
    change = Change(
        day_from_text(wish.day),
        wish.kind,
        wish.reason,
        wish.by,
        now,
        wish.pattern,
        Hours.from_text(wish.calls) if wish.calls else None,
        None,
        wish.debts,
        day_from_text(wish.exchanged_for) if wish.exchanged_for else None,
    )
    if not wish.closes:
        return (change,)
    if wish.pattern not in city.calendar.exchanged:
        raise CalendarError(f"{city.name}では、このパターンの日に平日を振り替えて休みにすることはありません。")
    closed = replace(
        change,
        day=day_from_text(wish.closes),
        kind=ChangeKind.CLOSE,
        pattern=None,
        calls=None,
        exchanged_for=change.day,
    )
    return change, closed


def logged(day: CityDay) -> str:
    """For the log of operations: hours of calls, or that there are none."""
    return f"{day.calls.opens:%H:%M}-{day.calls.closes:%H:%M}" if day.calls else "closed"


@dataclass(frozen=True, slots=True)
class Heard:
    """By people who call on this day between these two moments."""

    day: date
    first: time
    until: time | None  # None: to the end of the day
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Proposal:
    days: tuple[tuple[CityDay, CityDay], ...]  # as they are, and as they would be
    found: tuple[CalendarWarning, ...]  # that the plan would have then
    mended: tuple[CalendarWarning, ...]  # that it has now, and would not have any more
    heard: tuple[Heard, ...]


def proposed(view: CalendarView, changes: Sequence[Change]) -> Proposal:
    then = replace(view, changes=(*view.changes, *changes))
    days = sorted({change.day: change.debts for change in changes}.items())
    months = {month_of(day).first: month_of(day) for day, _ in days}.values()
    now_told = {one.text: one for month in months for one in warnings(view, month)}
    then_told = {one.text: one for month in months for one in warnings(then, month)}
    return Proposal(
        days=tuple((view.day(day, debt), then.day(day, debt)) for day, debts in days for debt in debts or (None,)),
        found=tuple(one for text, one in then_told.items() if text not in now_told),
        mended=tuple(one for text, one in now_told.items() if text not in then_told),
        heard=tuple(one for day, _ in days for one in _heard(view, then, day)),
    )


def _heard(before: CalendarView, after: CalendarView, day: date) -> list[Heard]:
    """Stretches of the day in which callers would hear something else than now."""
    midnight = datetime.combine(day, time(), TOKYO)
    moments = [midnight + step * STEP for step in range(int(timedelta(days=1) / STEP))]
    told = [(moment, _answer(before, moment), _answer(after, moment)) for moment in moments]
    found = []
    for (then, now), stretch in groupby(told, key=lambda one: one[1:]):
        times = [moment for moment, *_ in stretch]
        until = times[-1] + STEP
        if then != now:
            found.append(Heard(day, times[0].time(), until.time() if until.date() == day else None, then, now))
    return found


def _answer(view: CalendarView, moment: datetime) -> str:
    if view.inbound_at(moment).is_open:
        return "受付中"
    opening = next_opening(view, moment)
    return opening_in_words(opening) if opening else NO_OPENING
