"""The floor on a wall: the same figures, large, without anything personal, for whoever has the link."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from aiohttp import web

from dialer.core.stages import STAGE_NAMES, Stage
from dialer.core.values import MODE_NAMES, Mode, OperatorState
from dialer.ports import StoreUnavailable
from dialer.store.wall_links import WallLinks
from dialer.web.floor_live import FLOOR, FloorLive
from dialer.web.parts import parts_of
from dialer.web.security import public
from dialer.web.streams import BEAT, event
from dialer.web.views import page

routes = web.RouteTableDef()

Told = dict[str, Any]

CALM_SECONDS = 0.5  # between two contents
CHECK_SECONDS = 2.0  # between two looks whether the link is still in force
OF_AN_OPERATOR = ("phone", "state", "since", "pause", "on_hold", "consulting", "help", "urgent")
OF_A_WARNING = ("level", "level_name", "text", "at")
DARK = event("dark", "{}")


@routes.get("/wall/{secret}")
@public
async def wall_page(request: web.Request) -> web.StreamResponse:
    name = await _named(request)
    if name is None:
        raise web.HTTPNotFound
    return page(request, "wall.html", city=parts_of(request).city.name, name=name)


@routes.get("/wall/{secret}/state")
@public
async def state(request: web.Request) -> web.StreamResponse:
    """Whether the link is still in force: a screen whose stream ended asks."""
    if await _named(request) is None:
        raise web.HTTPNotFound
    return web.json_response({})


@routes.get("/wall/{secret}/events")
@public
async def events(request: web.Request) -> web.StreamResponse:
    """For as long as the screen is there and the link in force; then it is told to go dark."""
    floor = request.app.get(FLOOR)
    if floor is None:
        raise StoreUnavailable("this process shows no floor")
    if await _named(request) is None:
        raise web.HTTPNotFound
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    await answer.prepare(request)
    try:
        await answer.write(BEAT)
        async with aclosing(_contents(request, floor)) as contents:
            async for content in contents:
                await answer.write(content)
    except ConnectionError:
        pass  # the screen has gone
    return answer


async def _contents(request: web.Request, floor: FloorLive) -> AsyncGenerator[bytes]:
    clock = asyncio.get_running_loop().time
    check_at = clock() + CHECK_SECONDS
    async with aclosing(floor.follow()) as contents:
        async for content in contents:
            if clock() >= check_at:
                if not await _still_in_force(request):
                    yield DARK
                    return
                check_at = clock() + CHECK_SECONDS
            if content is None:
                yield BEAT
                continue
            yield event("wall", json.dumps(wall_of(floor.content), ensure_ascii=False))
            await asyncio.sleep(CALM_SECONDS)


def wall_of(floor: Mapping[str, Any]) -> Told:
    """No person, no number, no case, and no name of an operator."""
    warnings = [{key: one[key] for key in OF_A_WARNING} for one in floor.get("warnings", ())]
    ill = [one["text"] for one in floor.get("parts", ()) if not one["well"]]
    told: Told = {"now": floor["now"], "away": floor["away"], "warnings": warnings, "ill": ill}
    if floor["away"]:
        return told
    stages = Counter(Stage(one["stage"]) for one in floor["calls"])
    waiting = [one["since"] for one in floor["callers"] if one["place"] is not None]
    states = Counter(one["state"] for one in floor["operators"])
    pace = floor["pace"]
    return told | {
        "operators": sorted(
            ({key: one[key] for key in OF_AN_OPERATOR} for one in floor["operators"]), key=lambda one: str(one["phone"])
        ),
        "states": {state.value: states.get(state.value, 0) for state in OperatorState},
        "stages": [{"name": STAGE_NAMES[stage], "calls": stages[stage]} for stage in Stage if stages[stage]],
        "calls": len(floor["calls"]),
        "waiting": len(waiting),
        "waiting_since": min(waiting, default=None),
        "wishes": floor["wishes"],
        "lines": floor["lines"],
        "answered": {name: value for name, value in floor["answered"].items() if name != "by_group"},
        "pace": {"persons": pace["persons"], "left_alone": pace["left_alone"]},
        "debts": [
            {"name": one["name"], "mode": MODE_NAMES[Mode(one["mode"])] if one["mode"] else "", "open": one["open"]}
            for one in floor["debts"]
        ],
    }


async def _still_in_force(request: web.Request) -> bool:
    try:
        return await _named(request) is not None
    except StoreUnavailable:
        return True  # nothing new is shown meanwhile


async def _named(request: web.Request) -> str | None:
    parts = parts_of(request)
    return await WallLinks(parts.database, parts.city.key).named(request.match_info["secret"])
