"""`dialer pace replay`: a day's decisions again, from the record that the engine kept."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from dialer.calendar_commands import CannotAnswer
from dialer.config import Settings
from dialer.core.pacing.record import NotARecord, Replayed, replay
from dialer.pace_record import lines_of

MOST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Answer:
    city: str
    day: date
    found: Replayed

    def as_dict(self) -> dict[str, Any]:
        found = self.found
        return {
            "city": self.city,
            "day": self.day.isoformat(),
            "decisions": found.decisions,
            "calls": found.calls,
            "put_off": found.put_off,
            "persons": found.persons,
            "left_alone": found.left_alone,
            "different": len(found.different),
            "calls_then_and_now": [[line["count"], decided.count] for line, decided in found.different],
        }

    def as_text(self) -> str:
        found = self.found
        lines = [
            f"{self.city} {self.day}: {found.decisions:,} decisions, {found.calls:,} calls",
            f"{found.put_off:,} calls were put off before they rang",
            f"{found.persons:,} persons answered, {found.left_alone:,} were left alone",
        ]
        if not found.different:
            return "\n".join([*lines, "decided again: all the same"])
        reasons = Counter((line["why"], decided.why) for line, decided in found.different)
        changes = [f"  {count:,} x {then} → {now}" for (then, now), count in reasons.most_common(MOST_SHOWN)]
        more = sum(decided.count - line["count"] for line, decided in found.different)
        told = f"decided again: {len(found.different):,} otherwise, {more:+,} calls"
        return "\n".join([*lines, told, *changes])


def replayed(settings: Settings, city: str, day: date, target: float | None) -> Answer:
    """By the rules of that day, or by another target."""
    folder = settings.pace_records
    try:
        rules = None if target is None else settings.pace_rules(target)
        found = replay(lines_of(folder, city, day), rules)
    except ValueError as wrong:
        raise CannotAnswer(str(wrong)) from None
    except NotARecord as wrong:
        raise CannotAnswer(f"{folder}: the record of {day} cannot be read: {wrong}") from None
    if found.decisions == 0:
        raise CannotAnswer(f"there is no record of {day} for {city} in {folder}: no debt kind was predicted that day")
    return Answer(city, day, found)
