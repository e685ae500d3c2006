"""Looks every two seconds at how the centre does, raises warnings and ends them, and knows what health is.

It goes on without the engine and without the database; what was found meanwhile is written when the database is back.
Several processes may look at one city: they find the same, and the tables keep one warning of it.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

import structlog
from aiohttp import web

from dialer.core.day_figures import midnight_before
from dialer.core.health import Part, ProgramSeen, Pulse, parts_now
from dialer.core.rulebook import Rulebook
from dialer.core.values import Outcome
from dialer.core.warning_values import ClockSeen, DiskSeen, Figures, Key, Look, WarningNow
from dialer.core.warnings import known_kinds, warnings_now
from dialer.ports import StoreFault, StoreUnavailable
from dialer.store.warnings import Standing, WarningStore
from dialer.store.watched import outcomes_since
from dialer.web.desk_parts import DESK
from dialer.web.floor_live import FLOOR, FloorLive
from dialer.web.parts import PARTS, WebParts
from dialer.web.recording_room import room_now
from dialer.web.warden_figures import answers_now, lists_now, of_the_floor, quotas_now, trunk_now
from dialer.web.warden_shown import shown

log = structlog.get_logger()

Told = dict[str, Any]

LOOK_SECONDS = 2.0
COUNT_SECONDS = 15.0
LIST_SECONDS = 30.0
PLAN_SECONDS = 600.0


class Machine(Protocol):
    """What this machine tells; cheap to ask."""

    def programs(self) -> tuple[ProgramSeen, ...]: ...
    def disk(self) -> DiskSeen | None: ...
    def clock(self) -> ClockSeen: ...


class Warden:
    def __init__(self, parts: WebParts, floor: FloorLive, rules: Callable[[], Rulebook], machine: Machine) -> None:
        self._parts, self._floor, self._rules, self._machine = parts, floor, rules, machine
        self._store = WarningStore(parts.database, parts.city.key)
        self._counted = Figures()  # what is asked of the tables now and then
        self._next: dict[str, float] = {}  # monotonic
        self._standing: Sequence[Standing] = ()
        self._unsaved: dict[Key, tuple[WarningNow, datetime]] = {}
        self._answers: bool | None = None  # the database
        self._outcomes: Mapping[Outcome, int] | None = None
        self._asked, self._looking = asyncio.Event(), asyncio.Lock()
        self.figures = Figures()
        self.shown: Told = {}

    async def run(self) -> None:
        while True:
            self._asked.clear()
            try:
                await self.look()
            except Exception:  # of one look: the next may go well
                log.exception("fault while looking for what to warn of")
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._asked.wait()

    def look_soon(self) -> None:
        """Something has changed that it shows."""
        self._asked.set()

    @property
    def floor(self) -> Told | None:
        """What the engine told a moment ago."""
        told, seconds = self._floor.pulse
        return told if told and Pulse(seconds).is_fresh else None

    @property
    def ear_streams(self) -> int | None:
        """None: no ear can be seen from here."""
        ears = [one for one in self._machine.programs() if one.name.partition("-")[0] == "ear"]
        return sum(int(one.told.get("streams", 0)) for one in ears) if ears else None

    async def outcomes(self) -> Mapping[Outcome, int] | None:
        """Of the calls placed today; None while the database is away."""
        now = self._parts.clock.now()
        if self._is_time("outcomes", COUNT_SECONDS / 3):
            with suppress(StoreUnavailable, StoreFault):
                self._outcomes = None
                city, midnight = self._parts.city.key, midnight_before(now)
                self._outcomes = await self._parts.database.ask(
                    lambda connection: outcomes_since(connection, city, midnight)
                )
        return self._outcomes

    def parts(self) -> tuple[Part, ...]:
        """As files and the last look tell; without a word to the database."""
        told, seconds = self._floor.pulse
        pulse = Pulse(seconds, told.get("health", {}))
        return parts_now(self._machine.programs(), database=self._answers, pulse=pulse)

    async def look(self) -> None:
        async with self._looking:
            await self._look(self._parts.clock.now())

    async def _look(self, now: datetime) -> None:
        reached = await self._read(now)
        self.figures = self._now(now)
        rules = self._rulebook.city.warnings if self._rulebook else self._parts.city.warnings
        found = warnings_now(Look(self.figures, rules, frozenset(one.key for one in self._standing)))
        self._remember(found, now)
        if reached:
            with suppress(StoreUnavailable, StoreFault):  # the next look tries again
                await self._write(found, now)
        before, self.shown = self.shown, shown(found, self._standing, self._unsaved, self.figures, rules)
        if self.shown != before:
            self._floor.refresh()

    async def _read(self, now: datetime) -> bool:
        """Whether the database has answered; that it does not is said after the second time in vain."""
        try:
            self._standing = await self._store.standing()
            await self._count(now)
        except (StoreUnavailable, StoreFault) as away:
            if self._answers is not False:
                log.warning("cannot look into the tables", why=str(away))
            self._answers = None if self._answers else False
            return False
        self._answers = True
        return True

    @property
    def _rulebook(self) -> Rulebook | None:
        try:
            return self._rules()
        except StoreUnavailable:  # not read yet
            return None

    def _now(self, now: datetime) -> Figures:
        ceiling = self._parts.settings.pacing.ceiling
        told = self.floor
        of_floor = of_the_floor(told, ceiling, now) if told is not None else Figures()
        counted = self._counted
        return replace(
            of_floor,
            answers=counted.answers,
            trunk=counted.trunk,
            lists=counted.lists,
            recordings=counted.recordings,
            quotas=counted.quotas,
            disk=self._machine.disk(),
            clock=self._machine.clock(),
            parts=self.parts(),
        )

    async def _count(self, now: datetime) -> None:
        """What costs something, seldom; what nobody can know is None."""
        book, told, ask = self._rulebook, self.floor, self._parts.database.ask
        city = book.city if book else self._parts.city
        if self._is_time("counts", COUNT_SECONDS):
            answers = await ask(lambda connection: answers_now(connection, city, now))
            trunk = await ask(lambda connection: trunk_now(connection, city, now))
            self._counted = replace(self._counted, answers=answers, trunk=trunk)
        if self._is_time("recordings", LIST_SECONDS):
            self._counted = replace(self._counted, recordings=await room_now(self._parts, city))
        if told is None:
            self._counted = replace(self._counted, lists=None)
            self._next.pop("lists", None)
        elif self._is_time("lists", LIST_SECONDS):
            lists = await ask(lambda connection: lists_now(connection, city, told, now))
            self._counted = replace(self._counted, lists=lists)
        if book is not None and self._is_time("plan", PLAN_SECONDS):
            self._counted = replace(self._counted, quotas=quotas_now(book, now))

    def _is_time(self, what: str, seconds: float) -> bool:
        now = self._parts.clock.monotonic()
        if now < self._next.get(what, now):
            return False
        self._next[what] = now + seconds
        return True

    def _remember(self, found: Sequence[WarningNow], now: datetime) -> None:
        """Also what will be over before the database is back."""
        stand = {one.key for one in self._standing}
        for one in found:
            if one.key not in stand:
                self._unsaved.setdefault(one.key, (one, now))

    async def _write(self, found: Sequence[WarningNow], now: datetime) -> None:
        here, known = {one.key for one in found}, known_kinds(self.figures)
        ended = [one.id for one in self._standing if one.key not in here and one.key[0] in known]
        raised = dict(self._unsaved.values())
        if raised or ended:
            await self._store.change(raised, ended, now)
            for one in raised:
                log.info("warning raised", kind=one.kind, subject=one.subject, severity=one.level)
            self._unsaved.clear()
            self._standing = await self._store.standing()


WARDEN: web.AppKey[Warden] = web.AppKey("warden", Warden)


def add_warden(app: web.Application, machine: Machine) -> None:
    """After `add_desk` and `add_floor`."""
    desk, floor = app[DESK], app[FLOOR]
    app[WARDEN] = warden = Warden(app[PARTS], floor, lambda: desk.live.parts.book, machine)
    floor.beside = lambda: warden.shown
    app.cleanup_ctx.append(_running)


async def _running(app: web.Application) -> AsyncGenerator[None]:
    looking = asyncio.create_task(app[WARDEN].run())
    yield
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
