"""Views of cases made ahead: while a number rings its case is read, so that the join's page needs no more question."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.case_view import CaseView, as_json
from dialer.core.script import TalkScript
from dialer.core.talk_results import Json
from dialer.core.values import AttemptId, CaseId
from dialer.ports import StoreUnavailable
from dialer.store.case_view import ViewParts, case_view
from dialer.store.database import Database

log = structlog.get_logger()

AT_ONCE = 2  # views made ahead at a time; the rest of the connections is for who waits
FRESH_FOR = timedelta(seconds=30)  # a caller may have waited much longer before the view is looked at
NAME_HERE = "\ue000"  # in a script, until it is known who will say it

ENDED = text("""
SELECT id FROM attempt WHERE id = ANY(CAST(:attempts AS uuid[])) AND outcome IS NOT NULL
UNION ALL
SELECT id FROM inbound_call WHERE id = ANY(CAST(:attempts AS uuid[])) AND outcome IS NOT NULL
""")


@dataclass(frozen=True, slots=True)
class _Made:
    view: CaseView
    parts: ViewParts  # what it was made with

    def is_by(self, parts: ViewParts) -> bool:
        return self.parts.book is parts.book and self.parts.scripts is parts.scripts


class Views:
    def __init__(
        self, database: Database, city: str, parts: Callable[[], ViewParts], now: Callable[[], datetime]
    ) -> None:
        self._database, self._city, self._parts, self._now = database, city, parts, now
        self._making: dict[AttemptId, asyncio.Task[_Made | None]] = {}
        self._begun: dict[AttemptId, tuple[TalkScript, ...]] = {}
        self._few = asyncio.Semaphore(AT_ONCE)

    @property
    def ready(self) -> frozenset[AttemptId]:
        return frozenset(attempt for attempt, task in self._making.items() if task.done())

    def prepare(self, attempt: AttemptId) -> None:
        """It rings."""
        if attempt not in self._making:
            self._making[attempt] = asyncio.create_task(self._made_ahead(attempt))

    def parts_of(self, attempt: AttemptId | None) -> ViewParts:
        """A talk goes on with the scripts that it has begun with."""
        parts = self._parts()
        scripts = parts.scripts if attempt is None else self._begun.get(attempt, parts.scripts)
        return parts if scripts is parts.scripts else replace(parts, scripts=scripts)

    async def of(self, attempt: AttemptId) -> CaseView | None:
        """Of a talk that has begun. None when the city has no such call."""
        task = self._making.get(attempt)
        made = None if task is None else await asyncio.shield(task)
        if made is None or not made.is_by(self.parts_of(attempt)):
            made = await self._make(attempt)
            if made is not None:
                self._making[attempt] = asyncio.create_task(_is(made))
        if made is None:
            return None
        self._begun.setdefault(attempt, made.parts.scripts)
        return made.view

    async def of_case(self, case: CaseId) -> CaseView | None:
        return await self._ask(self._parts(), case=case)

    def forget(self, attempt: AttemptId) -> None:
        """Something has been written about it. Who waits for the view that is being made gets that one."""
        self._making.pop(attempt, None)

    def freshen(self, attempt: AttemptId) -> None:
        """An operator gets this call now: what was made long ago is made again."""
        task = self._making.get(attempt)
        made = task.result() if task is not None and task.done() and not task.cancelled() else None
        if made is not None and self._now() - made.view.made_at > FRESH_FOR:
            self.forget(attempt)

    async def tidy(self, at_desks: Collection[AttemptId]) -> None:
        """Who has hung up, and is on nobody's page, need not be kept."""
        kept = [attempt for attempt in self._making.keys() | self._begun.keys() if attempt not in at_desks]
        if not kept:
            return

        async def work(connection: AsyncConnection) -> list[AttemptId]:
            rows = await connection.execute(ENDED, {"attempts": kept})
            return [AttemptId(str(row.id)) for row in rows]

        for attempt in await self._database.ask(work):
            self.forget(attempt)
            self._begun.pop(attempt, None)

    async def close(self) -> None:
        tasks, self._making = list(self._making.values()), {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _made_ahead(self, attempt: AttemptId) -> _Made | None:
        try:
            async with self._few:
                return await self._make(attempt)
        except StoreUnavailable:
            return None  # asked for again when somebody needs it
        except Exception as fault:  # its text may quote data
            log.error("view could not be made ahead", attempt=attempt, kind=type(fault).__name__)
            return None

    async def _make(self, attempt: AttemptId) -> _Made | None:
        parts = self.parts_of(attempt)
        view = await self._ask(parts, attempt=attempt)
        return None if view is None else _Made(view, parts)

    async def _ask(
        self, parts: ViewParts, *, case: CaseId | None = None, attempt: AttemptId | None = None
    ) -> CaseView | None:
        return await self._database.ask(
            lambda connection: case_view(
                connection, self._city, parts, self._now(), case=case, attempt=attempt, operator_name=NAME_HERE
            )
        )


async def _is(made: _Made) -> _Made:
    return made


def shown(view: CaseView, *, amounts: bool, operator_name: str) -> Json:
    """As it leaves for one operator's page."""
    told = as_json(view, amounts=amounts)
    script = told["script"]
    assert isinstance(script, dict)
    steps = [
        {**step, "text": step["text"] and step["text"].replace(NAME_HERE, operator_name)} for step in script["steps"]
    ]
    return {**told, "script": {**script, "steps": steps}}
