"""`dialer agree`: a day as agreed with the city: opened, closed, or back to what the profile says (C-027)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dialer.calendar_commands import CannotAnswer
from dialer.command_log import Use, note
from dialer.commands import opened_store
from dialer.config import Settings
from dialer.core.agreed import Wish, changes_from, logged
from dialer.core.calendar.checks import warnings
from dialer.core.calendar.days import CalendarView
from dialer.core.calendar.rules import Change
from dialer.core.calendar.values import CalendarError, Period, in_words
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


async def agree(settings: Settings, city: City, wish: Wish, now: datetime) -> Agreed:
    """Entered at once; a running engine goes by it from its next decision on."""
    try:
        (change,) = changes_from(city, wish, now)
    except CalendarError as wrong:
        raise CannotAnswer(str(wrong)) from None
    async with opened_store(settings, city.key) as store:
        await store.ensure_city(city, settings.phones)
        before = tuple(await store.calendar_changes(city.key))
        await store.add_calendar_change(city.key, change)
        changes = tuple(await store.calendar_changes(city.key))
    debt = wish.debts[0] if wish.debts else None
    view = CalendarView(city.calendar, national_holidays(), changes)
    day = view.day(change.day, debt)
    detail = {"old": logged(CalendarView(city.calendar, national_holidays(), before).day(change.day, debt))}
    use = Use(change.by, now, "agree", "day", [change.day.isoformat()], 1, {**detail, "new": logged(day)})
    await note(settings, city, use)
    hours = f"架電 {day.calls}" if day.calls else "架電なし"
    told = warnings(view, Period(change.day, change.day))
    concerning = tuple(f"{one.text}（{one.clause}）" for one in told if one.day in (change.day, change.exchanged_for))
    return Agreed(city, change, f"{day.reason}。{hours}", concerning)
