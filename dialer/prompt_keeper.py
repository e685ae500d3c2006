"""Beside a running engine: sounds follow what the city decides, and without approved texts nobody real is called."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from dialer.caller_files import are_old
from dialer.config import ROOT, Settings, as_environment
from dialer.core.calendar.days import CalendarView
from dialer.core.city import City
from dialer.core.messages import Message, MessagePurpose, next_change
from dialer.media.prompt_book import PromptBook
from dialer.ports import Clock, StoreFault, StoreUnavailable
from dialer.store.database import Database
from dialer.store.messages import MessageStore

log = structlog.get_logger()

LOOK_SECONDS = 5.0
AGAIN_AFTER = timedelta(minutes=1)
NEVER = datetime.min.replace(tzinfo=UTC)

Read = Callable[[], Awaitable[Sequence[Message]]]
Build = Callable[[], Awaitable[int]]
"""Its exit code."""


class PromptKeeper:
    """`on_hold` is told why no call may be placed for want of a text, or None. `hours`: the city's, as of now."""

    def __init__(
        self,
        settings: Settings,
        city: City,
        book: PromptBook,
        clock: Clock,
        on_hold: Callable[[str | None], None],
        *,
        read: Read,
        build: Build,
        hours: Callable[[], tuple[City, CalendarView]],
    ) -> None:
        self._settings, self._city, self._book, self._clock = settings, city, book, clock
        self._on_hold, self._read, self._build, self._hours = on_hold, read, build, hours
        self._built_at = self._not_before = NEVER
        self._numbers = self._numbers_now()
        self._held: str | None = None

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Something was decided, a validity began or ended, the hours or the day are others: sounds, and what callers
        are answered by, are made anew, in a process of their own.
        """
        now = self._clock.now()
        try:
            messages = await self._read()
        except (StoreUnavailable, StoreFault) as away:
            log.warning("cannot look for texts", why=str(away))
        else:
            if messages and now >= self._not_before and self._is_old(messages, now):
                await self._make(now)
        self.check()

    async def _make(self, now: datetime) -> None:
        numbers = self._numbers_now()
        log.info("making prompts", city=self._city.key)
        try:
            why = f"exit code {code}" if (code := await self._build()) else None
        except OSError as failed:
            why = f"{failed.strerror}"
        if why:
            log.error("prompts could not be made: try ./run dialer prompts build", why=why)
            self._not_before = now + AGAIN_AFTER
        else:
            self._built_at, self._numbers = now, numbers

    def check(self) -> None:
        """Told anew only when it has changed."""
        why = self._why_not()
        if why != self._held:
            if why:
                log.warning("no calls are placed", why=why)
            else:
                log.info("texts are complete: calls may be placed", city=self._city.key)
            self._held = why
        self._on_hold(why)

    def _is_old(self, messages: Sequence[Message], now: datetime) -> bool:
        changes = next_change(messages, self._built_at)
        if (changes is not None and changes <= now) or are_old(self._settings.caller_files, *self._hours(), now):
            return True
        if self._numbers_now() != self._numbers:
            return True
        return set(messages) != set(self._book.messages(self._city.key))

    def _numbers_now(self) -> dict[str, str]:
        """Which texts may tell people to call: a profile may be changed meanwhile (T-030)."""
        city, _ = self._hours()
        return {debt.key: debt.caller_id for debt in city.debts}

    def _why_not(self) -> str | None:
        if self._settings.trunk.is_simulated:
            return None  # a rehearsal: nobody real hears a draft
        self._book.refresh(self._city.key)
        lacking = self._book.lacking(self._city, needed(self._settings), self._clock.now())
        if not lacking:
            return None
        what = "、".join(line.removeprefix(f"{self._city.name}: ").partition("。")[0] for line in lacking)
        return f"承認された文面がそろうまで架電しません（{what}）。dialer prompts approve で承認してください"


def needed(settings: Settings) -> tuple[MessagePurpose, ...]:
    """What somebody may have to hear in a day of calls."""
    always = (MessagePurpose.APOLOGY, MessagePurpose.INBOUND, MessagePurpose.WAITING, MessagePurpose.CLOSED)
    if not settings.hearing.processes:
        return always
    opening = (MessagePurpose.OPENING,) if settings.hearing.opening else ()
    return (*always, MessagePurpose.VOICEMAIL, MessagePurpose.SCREENING, *opening)


def read_from(database: Database, city: City) -> Read:
    return MessageStore(database, city).messages


def build_apart(settings: Settings) -> Build:
    """Speaking takes the processor for seconds, and the engine's loop has to come to its work."""

    async def build() -> int:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "dialer", "prompts", "build", "--city", settings.city),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT), **as_environment(settings)},
        )
        try:
            return await process.wait()
        finally:
            if process.returncode is None:
                process.kill()

    return build
