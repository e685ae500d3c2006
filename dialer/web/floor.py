"""The floor as it is now, for who leads it and for who may see how it is led."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from aiohttp import web

from dialer.core.reach import Reach, covers
from dialer.core.rights import Right
from dialer.core.values import MODE_NAMES, PAUSE_NAMES
from dialer.ports import StoreUnavailable
from dialer.web.desk import of_this_city
from dialer.web.floor_acts import LONGEST_REASON
from dialer.web.floor_live import FLOOR, FloorLive
from dialer.web.floor_wall import LONGEST_NAME
from dialer.web.notices import LONGEST
from dialer.web.parts import parts_of
from dialer.web.security import Limited, Visitor, reach_of, requires, visitor_of
from dialer.web.special import LONGEST_TEXT
from dialer.web.streams import BEAT, event, pushed
from dialer.web.views import page

routes = web.RouteTableDef()

TARGETS = (0.0, 0.005, 0.01, 0.02, 0.03)  # to choose from, up to the ceiling


@routes.get("/floor")
@requires(Right.WATCH, limited=Limited.WITHIN)
async def floor_page(request: web.Request) -> web.StreamResponse:
    of_this_city(request)
    parts, reach = parts_of(request), reach_of(request)
    pacing = parts.settings.pacing
    return page(
        request,
        "floor.html",
        city=parts.city.name,
        target=pacing.target,
        ceiling=pacing.ceiling,
        targets=sorted({one for one in TARGETS if one < pacing.ceiling} | {pacing.ceiling}),
        modes=MODE_NAMES,
        limited=None if reach is None else sorted(reach),
        groups={group: parts.city.group_name(group) for group in parts.city.groups if covers(reach, group)},
        has_groups=len(parts.city.groups) > 1,
        acts=_acts(visitor_of(request)),
        every_group=parts.city.group_name(None),
        pauses=PAUSE_NAMES,
        longest=LONGEST_REASON,
        longest_notice=LONGEST,
        longest_special=LONGEST_TEXT,
        longest_wall_name=LONGEST_NAME,
    )


def _acts(visitor: Visitor) -> list[str] | None:
    """The groups to which somebody may do something; None: to everybody."""
    reach = visitor.reach(Right.SUPERVISE)
    return None if reach is None else sorted(reach)


@routes.get("/floor/state")
@requires(Right.WATCH, activity=False, limited=Limited.ALIKE)
async def state(request: web.Request) -> web.StreamResponse:
    """Whether the session is still there: a page whose stream ended asks, and is asked for the password."""
    of_this_city(request)
    return web.json_response({})


@routes.get("/floor/events")
@requires(Right.WATCH, activity=False, limited=Limited.WITHIN)
async def events(request: web.Request) -> web.StreamResponse:
    """The floor for as long as the page is there. A lock or the end of the session ends it."""
    of_this_city(request)
    return await pushed(request, _events(_floor_of(request), reach_of(request)))


async def _events(floor: FloorLive, reach: Reach) -> AsyncGenerator[bytes]:
    async with aclosing(floor.follow(reach)) as contents:
        async for content in contents:
            yield BEAT if content is None else event(*content)


def _floor_of(request: web.Request) -> FloorLive:
    found = request.app.get(FLOOR)
    if found is None:
        raise StoreUnavailable("this process shows no floor")
    return found
