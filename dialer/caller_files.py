"""By what the dialplan answers people who call while `dialer agi` is away, or the whole of our programs.

    <state>/callers/<number>/2026-12-01     a line for each part of that day:
    0830,waiting,saitama,tax,20,1,900,sound/…,sound/…,sound/…,.
    from, route, city, group, places, seconds of ringing, longest wait, notice, city's message, notice when full, end

A number without a folder is nobody's. Files are written for weeks ahead, and whole: by renaming.
"""

import hashlib
import shutil
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from dialer.core.calendar.days import CalendarView
from dialer.core.city import City
from dialer.core.messages import MessagePurpose, decision_changes
from dialer.core.reception import DayPart, parts_of
from dialer.core.values import TOKYO
from dialer.folders import private_folder
from dialer.media.prompt_book import PromptBook, Sound

AHEAD_DAYS = 28
MADE_OF = ".made-of"


def write_caller_files(folder: Path, city: City, calendar: CalendarView, book: PromptBook, now: datetime) -> int:
    """How many files are new or other than before. Those of other numbers and of past days go."""
    wanted = caller_files(city, calendar, book, now)
    private_folder(folder)
    written = 0
    for name, text in wanted.items():
        path = folder / name
        private_folder(path.parent)
        if not path.exists() or path.read_text("ascii") != text:
            part = path.with_name(f".{path.name}.part")
            part.write_text(text, "ascii")
            part.replace(path)
            written += 1
    _remove_others(folder, wanted)
    (folder / MADE_OF).write_text(made_of(city, calendar, now), "ascii")
    return written


def are_old(folder: Path, city: City, calendar: CalendarView, now: datetime) -> bool:
    """The day, the hours or the rules are others than those that the files were written by."""
    try:
        return (folder / MADE_OF).read_text("ascii") != made_of(city, calendar, now)
    except OSError:
        return True


def made_of(city: City, calendar: CalendarView, now: datetime) -> str:
    today = now.astimezone(TOKYO).date()
    what = today, city.key, city.debts, city.inbound, calendar.city, calendar.changes
    return hashlib.sha256(repr(what).encode()).hexdigest()


def caller_files(city: City, calendar: CalendarView, book: PromptBook, now: datetime) -> Mapping[str, str]:
    """By name, what is in them."""
    changes = decision_changes(book.messages(city.key))
    today = now.astimezone(TOKYO).date()

    def sound(group: str, purpose: MessagePurpose, at: datetime, variant: str) -> str | None:
        debts = [debt.key for debt in city.debts_of(group)]
        found = book.sound_for_callers(city.key, purpose, debts, at, variant)
        return found.name if isinstance(found, Sound) else None

    return {
        f"{number}/{day.isoformat()}": "".join(
            _line(city, part) for part in parts_of(city, calendar, sound, number, day, changes)
        )
        for number in city.numbers_called
        for day in (today + timedelta(days=ahead) for ahead in range(AHEAD_DAYS + 1))
    }


def _line(city: City, part: DayPart) -> str:
    rules = city.inbound
    fields = (
        *(f"{part.begins:%H%M}", part.route.value, city.key, part.group, str(rules.places)),
        *(f"{rules.ring_seconds:g}", f"{rules.longest_wait_minutes * 60:.0f}"),
        *(part.notice, part.special, part.full, "."),
    )
    return f"{','.join(fields)}\n"


def _remove_others(folder: Path, wanted: Collection[str]) -> None:
    numbers = {name.partition("/")[0] for name in wanted}
    for path in folder.iterdir():
        if path.is_dir() and path.name not in numbers:
            shutil.rmtree(path)
    for path in folder.glob("*/*"):
        if f"{path.parent.name}/{path.name}" not in wanted:
            path.unlink()
