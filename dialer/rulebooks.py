"""The rulebook in force: the city's profile, what was agreed and chosen, and what the log of attempts has taught."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path

import structlog

from dialer.config import Settings
from dialer.core.calendar.days import CalendarView
from dialer.core.calendar.rules import Change
from dialer.core.city import City
from dialer.core.decide import Rulebook
from dialer.core.groups import GroupChoice
from dialer.core.manuals import Manual
from dialer.core.modes import Modes
from dialer.core.plan.slots import SlotTable
from dialer.core.plan.values import NumberType, Slot
from dialer.core.rehearsal import always_open
from dialer.core.values import TOKYO, Mode
from dialer.holidays import national_holidays
from dialer.profiles import FOLDER, ProfileError, ProfileWatch
from dialer.profiles.result_versions import ResultsInForce, results_in_force, with_results
from dialer.store.manuals import ManualWatch
from dialer.store.postgres import PostgresStore

log = structlog.get_logger()

LEARNED_FROM = timedelta(days=400)  # a year and a month: older habits are no guide


def in_force(settings: Settings, city: City, changes: Sequence[Change]) -> tuple[City, CalendarView]:
    """The city with its calendar, as agreed; in a rehearsal always open."""
    if settings.dialling.any_hour:
        city, changes = always_open(city), ()
    return city, CalendarView(city.calendar, national_holidays(), tuple(changes))


class Rulebooks:
    """Builds it, and builds it anew when the profile's file, the agreed days, the modes, the list of talk results or
    the date have changed.
    """

    def __init__(
        self, settings: Settings, store: PostgresStore, city: str | None = None, *, folder: Path = FOLDER
    ) -> None:
        self._store, self._settings = store, settings
        self._watch = ProfileWatch(city or settings.city, folder)
        self._read_at: datetime | None = None
        self._known = self._watch.city.debts  # as the tables have them
        self._waiting: Rulebook | None = None
        self._changes: Sequence[Change] = ()
        self._modes = Modes(Mode(settings.dialling.mode))
        self._choices: Sequence[GroupChoice] = ()
        key = self._watch.city.key
        self._manuals = ManualWatch(partial(store.manuals_stamp, key), partial(store.manuals, key))
        self._manuals_at: datetime | None = None
        self._choice: Manual | None = None  # none: the profile's own list
        self._last: Rulebook | None = None
        self._is_old = False
        self._counted_on: date | None = None
        self._counts: Mapping[tuple[NumberType, Slot], tuple[int, int]] = {}

    @property
    def city(self) -> City:
        return self._watch.city

    @property
    def in_force(self) -> tuple[City, CalendarView]:
        """As of the last look."""
        return in_force(self._settings, self._city_in_force(), self._changes)

    async def book(self, now: datetime) -> Rulebook:
        await self._look(now)
        await self._groups_changed()
        return self._built()

    async def changed(self, now: datetime) -> Rulebook | None:
        """None while everything is as it was. A profile that has become wrong leaves the old one in force."""
        rules, groups = await self._look(now), await self._groups_changed()
        if rules or (groups and self._last is None):
            return self._built()
        return self._regrouped(self._last) if groups and self._last is not None else None

    async def followed(self, now: datetime, phones: Sequence[str]) -> Rulebook | None:
        """For the engine: the tables know the debt kinds and their numbers before anything is called by them (T-030).

        Whatever raises keeps the change: it is there at the next look.
        """
        self._waiting = await self.changed(now) or self._waiting
        if self._waiting is not None and self._waiting.city.debts != self._known:
            await self._store.ensure_city(self._waiting.city, phones)
            self._known = self._waiting.city.debts
        found, self._waiting = self._waiting, None
        return found

    async def _look(self, now: datetime) -> bool:
        """What was seen to have changed before something raised is told at the next look."""
        self._read_at = self._read_at or now
        self._is_old |= self._profile_changed(now)
        self._is_old |= await self._agreed_days_changed()
        self._is_old |= await self._modes_changed()
        self._is_old |= await self._results_changed(now)
        self._is_old |= await self._learned(now)
        is_old, self._is_old = self._is_old, False
        return is_old

    def _profile_changed(self, now: datetime) -> bool:
        try:
            is_new = self._watch.changed() is not None
            self._read_at = now if is_new else self._read_at
            return is_new
        except ProfileError as wrong:
            log.error("profile is wrong; the rules stay as they were", why=str(wrong))
            return False

    async def _agreed_days_changed(self) -> bool:
        before, self._changes = self._changes, await self._store.calendar_changes(self.city.key)
        return tuple(self._changes) != tuple(before)

    async def _modes_changed(self) -> bool:
        before, city = self._modes, self.city.key
        choices, target = await self._store.chosen_modes(city), await self._store.chosen_target(city)
        self._modes = Modes.of_choices(before.default, choices, target)
        return self._modes != before

    async def _results_changed(self, now: datetime) -> bool:
        """Another list of talk results is in force."""
        if not await self._manuals.changed(now):
            return False
        self._manuals_at = now
        before, self._choice = self._choice, self._results.manual
        for one in self._results.passed_over:
            what, why = one.manual.version, "; ".join(one.faults)
            log.error("version of the talk results cannot be used; the one before is", version=what, why=why)
        return self._choice != before

    @property
    def _results(self) -> ResultsInForce:
        """As of the last change."""
        if self._manuals_at is None:
            return ResultsInForce(self.city.talk.results)
        return results_in_force(self.city, self._manuals.manuals, self._manuals_at)

    async def _groups_changed(self) -> bool:
        before, self._choices = self._choices, await self._store.chosen_groups(self.city.key)
        return tuple(self._choices) != tuple(before)

    async def _learned(self, now: datetime) -> bool:
        """Once a day, and of the days before: whoever is started again in the middle of one plans on as before."""
        today = now.astimezone(TOKYO).date()
        if today == self._counted_on:
            return False
        midnight = datetime.combine(today, time.min, TOKYO)
        self._counts = await self._store.slot_counts(self.city, midnight - LEARNED_FROM, midnight)
        self._counted_on = today
        return True

    def _built(self) -> Rulebook:
        city, view = self.in_force
        slots = SlotTable.learned(self._counts, city.plan)
        return self._regrouped(Rulebook(city, view, slots, self._modes, read_at=self._read_at))

    def _regrouped(self, book: Rulebook) -> Rulebook:
        """Nothing else of it changes."""
        self._last = replace(book, groups=book.city.grouped(self._choices))
        return self._last

    def _city_in_force(self) -> City:
        city, ring = with_results(self.city, self._results.results), self._settings.dialling.min_ring_seconds
        return city if ring is None else replace(city, rules=replace(city.rules, min_ring_seconds=ring))
