"""The supervisor's page: the floor as it is now."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from aiohttp import web

from dialer.core.rights import Right
from dialer.core.values import MODE_NAMES
from dialer.ports import StoreUnavailable
from dialer.web.desk import of_this_city
from dialer.web.floor_acts import LONGEST_REASON
from dialer.web.floor_live import FLOOR, FloorLive
from dialer.web.parts import parts_of
from dialer.web.security import requires
from dialer.web.streams import BEAT, event, pushed
from dialer.web.views import page

routes = web.RouteTableDef()


@routes.get("/floor")
@requires(Right.SUPERVISE)
async def floor_page(request: web.Request) -> web.StreamResponse:
    of_this_city(request)
    return page(request, "floor.html", city=parts_of(request).city.name, modes=MODE_NAMES, longest=LONGEST_REASON)


@routes.get("/floor/state")
@requires(Right.SUPERVISE, activity=False)
async def state(request: web.Request) -> web.StreamResponse:
    """Whether the session is still there: a page whose stream ended asks, and is asked for the password."""
    of_this_city(request)
    return web.json_response({})


@routes.get("/floor/events")
@requires(Right.SUPERVISE, activity=False)
async def events(request: web.Request) -> web.StreamResponse:
    """The floor for as long as the page is there. A lock or the end of the session ends it."""
    of_this_city(request)
    return await pushed(request, _events(_floor_of(request)))


async def _events(floor: FloorLive) -> AsyncGenerator[bytes]:
    async with aclosing(floor.follow()) as contents:
        async for content in contents:
            yield BEAT if content is None else event("floor", content)


def _floor_of(request: web.Request) -> FloorLive:
    found = request.app.get(FLOOR)
    if found is None:
        raise StoreUnavailable("this process shows no floor")
    return found
