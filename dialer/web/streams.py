"""What is pushed to a page: server-sent events, for as long as page and session are there."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from aiohttp import web

from dialer.ports import StoreUnavailable
from dialer.web.ended_sessions import ENDED
from dialer.web.guard import visit_state
from dialer.web.security import VisitState, visitor_of

BEAT = b"event: beat\ndata: 1\n\n"
"""A sign of life."""


def event(name: str, data: str, number: int | None = None) -> bytes:
    """`data`: JSON on one line."""
    head = "" if number is None else f"id: {number}\n"
    return f"{head}event: {name}\ndata: {data}\n\n".encode()


async def pushed(request: web.Request, events: AsyncGenerator[bytes]) -> web.StreamResponse:
    """A lock or the end of the session ends it."""
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    await answer.prepare(request)
    try:
        await answer.write(BEAT)
        async with aclosing(events), aclosing(_with_ends(request, events)) as told:
            async for one in told:
                if (state := await _visit(request)) is not VisitState.OPEN:
                    await answer.write(event("locked", state))
                    break
                if one is not None:
                    await answer.write(one)
    except ConnectionError:
        pass  # the page has gone
    return answer


async def _with_ends(request: web.Request, events: AsyncGenerator[bytes]) -> AsyncGenerator[bytes | None]:
    """The events; and None, between them, as soon as the session may have ended."""
    ended = request.app.get(ENDED)
    if ended is None:
        async for one in events:
            yield one
        return
    with ended.watching(visitor_of(request).session_id) as woken:
        following, waking = asyncio.create_task(_next(events)), asyncio.create_task(woken.wait())
        try:
            while True:
                await asyncio.wait({following, waking}, return_when=asyncio.FIRST_COMPLETED)
                if waking.done():
                    woken.clear()
                    waking = asyncio.create_task(woken.wait())
                    yield None
                if following.done():
                    if (found := following.result()) is None:
                        return
                    following = asyncio.create_task(_next(events))
                    yield found
        finally:
            for task in (following, waking):
                task.cancel()
            await asyncio.gather(following, waking, return_exceptions=True)


async def _next(events: AsyncGenerator[bytes]) -> bytes | None:
    """None: there are no more."""
    return await anext(events, None)


async def _visit(request: web.Request) -> VisitState:
    try:
        return await visit_state(request)
    except StoreUnavailable:
        return VisitState.OPEN  # nothing new is shown meanwhile
