"""The rules and texts in force, read again every few seconds: what the scripts are told of the city."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from dialer.config import Settings
from dialer.core.calendar.days import CalendarView
from dialer.core.calendar.rules import Change
from dialer.core.city import City
from dialer.core.messages import MessagePurpose
from dialer.core.variants import PLAIN
from dialer.media.prompt_book import PromptBook, Sound
from dialer.profiles import ProfileError, ProfileWatch
from dialer.rulebooks import in_force

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Rules:
    city: City
    calendar: CalendarView


class Office:
    """Asked from many threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._watch = settings, ProfileWatch(settings.city)
        self._changes: tuple[Change, ...] = ()
        self._book, self._lock = PromptBook(settings.prompts, drafts=settings.trunk.is_simulated), threading.Lock()
        self._rules = self._built()

    @property
    def rules(self) -> Rules:
        return self._rules

    def look(self, changes: Sequence[Change] | None) -> bool:
        """Whether something has changed. None: the agreed days cannot be asked for, and stay as they were."""
        before = self._rules
        try:
            self._watch.changed()
        except ProfileError as wrong:
            log.error("profile is wrong; the rules stay as they were", why=str(wrong))
        if changes is not None:
            self._changes = tuple(changes)
        self._rules = self._built()
        with self._lock:
            self._book.refresh(self._rules.city.key)
        return self._rules != before

    def sound(self, group: str, purpose: MessagePurpose, at: datetime, variant: str = PLAIN) -> str | None:
        """Its name; None when nothing may be said."""
        city = self._rules.city
        debts = [debt.key for debt in city.debts_of(group)]
        with self._lock:
            found = self._book.sound_for_callers(city.key, purpose, debts, at, variant)
        return found.name if isinstance(found, Sound) else None

    def _built(self) -> Rules:
        return Rules(*in_force(self._settings, self._watch.city, self._changes))
