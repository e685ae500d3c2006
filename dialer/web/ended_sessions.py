"""Whose session has ended: the database tells it, so that a page that is open is covered at once, whoever ended it."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from aiohttp import web

from dialer.store.wakes import Wakes

CHANNEL = "session_ended"


class EndedSessions:
    def __init__(self, url: str) -> None:
        self._wakes = Wakes(url, {CHANNEL: self._told}, name="yobikake sessions")
        self._watched: defaultdict[int, set[asyncio.Event]] = defaultdict(set)

    async def running(self, _app: web.Application) -> AsyncIterator[None]:
        self._wakes.start()
        yield
        await self._wakes.close()

    @contextmanager
    def watching(self, session: int) -> Iterator[asyncio.Event]:
        """Set when this session may have ended."""
        event = asyncio.Event()
        self._watched[session].add(event)
        try:
            yield event
        finally:
            self._watched[session].discard(event)
            if not self._watched[session]:
                del self._watched[session]

    def _told(self, session: str | None) -> None:
        """None: the connection has just come up, and nobody knows what was told before."""
        meant = list(self._watched) if session is None else [int(session)]
        for one in meant:
            for event in self._watched.get(one, ()):
                event.set()


ENDED: web.AppKey[EndedSessions] = web.AppKey("ended_sessions", EndedSessions)


def add_ended_sessions(app: web.Application, url: str) -> None:
    app[ENDED] = EndedSessions(url)
    app.cleanup_ctx.append(app[ENDED].running)
