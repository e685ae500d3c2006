"""`dialer agree`: a day as agreed with the city: opened, closed, or back to what the profile says (C-027)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dialer.calendar_commands import CannotAnswer, day_from
from dialer.command_log import Use, note
from dialer.commands import opened_store
from dialer.config import Settings
from dialer.core.calendar.checks import warnings
from dialer.core.calendar.days import CalendarView, CityDay
from dialer.core.calendar.rules import Change, ChangeKind
from dialer.core.calendar.values import CalendarError, Hours, Period, in_words
from dialer.core.city import City
from dialer.holidays import national_holidays


@dataclass(frozen=True, slots=True)
class Agreed:
    city: City
    change: Change
    becomes: str
    warnings: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        change = self.change
        return {
            "city": self.city.key,
            "date": change.day.isoformat(),
            "kind": change.kind.value,
            "pattern": change.pattern,
            "reason": change.reason,
            "becomes": self.becomes,
            "warnings": list(self.warnings),
        }

    def as_text(self) -> str:
        lines = [f"{self.city.name} {in_words(self.change.day)}: {self.becomes}"]
        return "\n".join([*lines, *(f"注意: {warning}" for warning in self.warnings)])


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
    exchanged_for: str | None = None


def change_from(city: City, wish: Wish, now: datetime) -> Change:
    """Every word checked against the profile before anything is stored."""
    patterns = {pattern.key: pattern.name for pattern in city.calendar.patterns}
    if wish.pattern is not None and wish.pattern not in patterns:
        known = "、".join(f"{key}（{name}）" for key, name in patterns.items())
        raise CannotAnswer(f"{city.name}にパターン「{wish.pattern}」はありません。あるのは {known} です。")
    for debt in wish.debts:
        if city.debt(debt) is None:
            known = "、".join(one.key for one in city.debts)
            raise CannotAnswer(f"{city.name}に科目「{debt}」はありません。あるのは {known} です。")
    exchanged: date | None = day_from(wish.exchanged_for) if wish.exchanged_for else None
    try:
        calls = Hours.from_text(wish.calls) if wish.calls else None
        return Change(
            day_from(wish.day),
            wish.kind,
            wish.reason,
            wish.by,
            now,
            wish.pattern,
            calls,
            None,
            wish.debts,
            exchanged,
        )
    except CalendarError as wrong:
        raise CannotAnswer(str(wrong)) from None


async def agree(settings: Settings, city: City, wish: Wish, now: datetime) -> Agreed:
    """Entered at once; a running engine goes by it from its next decision on."""
    change = change_from(city, wish, now)
    async with opened_store(settings, city.key) as store:
        await store.ensure_city(city, settings.phones)
        before = tuple(await store.calendar_changes(city.key))
        await store.add_calendar_change(city.key, change)
        changes = tuple(await store.calendar_changes(city.key))
    debt = wish.debts[0] if wish.debts else None
    view = CalendarView(city.calendar, national_holidays(), changes)
    day = view.day(change.day, debt)
    detail = {"old": _told(CalendarView(city.calendar, national_holidays(), before).day(change.day, debt))}
    use = Use(change.by, now, "agree", "day", [change.day.isoformat()], 1, {**detail, "new": _told(day)})
    await note(settings, city, use)
    hours = f"架電 {day.calls}" if day.calls else "架電なし"
    told = warnings(view, Period(change.day, change.day))
    concerning = tuple(f"{one.text}（{one.clause}）" for one in told if one.day in (change.day, change.exchanged_for))
    return Agreed(city, change, f"{day.reason}。{hours}", concerning)


def _told(day: CityDay) -> str:
    """For the log: hours of calls, or that there are none."""
    return f"{day.calls.opens:%H:%M}-{day.calls.closes:%H:%M}" if day.calls else "closed"
