"""What is pushed to a page: server-sent events, for as long as page and session are there."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from aiohttp import web

from dialer.ports import StoreUnavailable
from dialer.web.guard import visit_state
from dialer.web.security import VisitState

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
        async with aclosing(events):
            async for one in events:
                if (state := await _visit(request)) is not VisitState.OPEN:
                    await answer.write(event("locked", state))
                    break
                await answer.write(one)
    except ConnectionError:
        pass  # the page has gone
    return answer


async def _visit(request: web.Request) -> VisitState:
    try:
        return await visit_state(request)
    except StoreUnavailable:
        return VisitState.OPEN  # nothing new is shown meanwhile
