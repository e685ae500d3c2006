"""Every route as OpenAPI 3.1: for engineers, inspectors, and programs that try what must not work.

Nothing of it is written down: paths, rights and fields are those of the code, so none can be missing or out of date.
"""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from inspect import getdoc

from aiohttp import web

from dialer.core.rights import Right
from dialer.web.cookies import COOKIE
from dialer.web.csrf import HARMLESS
from dialer.web.security import TOKEN_HEADER, Access, declared, log_operation, requires
from dialer.web.what_is_read import Sent, what_is_read

routes = web.RouteTableDef()

PLACED = re.compile(r"\(\?P<(\w+)>((?:[^()]|\((?:[^()])*\))*)\)")
REFUSALS = {"401": "nobody is signed in, or the page is locked", "403": "without the right, or without the token"}
Json = dict[str, object]


@routes.get("/system/openapi.json")
@requires(Right.SYSTEM)
async def interface(request: web.Request) -> web.StreamResponse:
    """This description."""
    await log_operation(request, "view", "system", [], 1)
    return web.json_response(await asyncio.to_thread(description, request.app))


def description(app: web.Application) -> Json:
    paths: dict[str, Json] = {}
    for route in app.router.routes():
        access = declared(route.handler)
        if route.resource is not None and access is not None and route.method != "HEAD":
            one = _operation(route, access)
            paths.setdefault(route.resource.canonical, {})[route.method.lower()] = one
    return {
        "openapi": "3.1.0",
        "info": {"title": "Yobikake", "version": "1", "description": "Pages answer in Japanese, scripts in JSON."},
        "paths": paths,
        "components": {
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
                "token": {"type": "apiKey", "in": "header", "name": TOKEN_HEADER},
            }
        },
    }


def _operation(route: web.AbstractRoute, access: Access) -> Json:
    read = what_is_read(route.handler).fields
    parameters = [*_placed(route), *_beside("query", read.get(Sent.QUERY, ()))]
    parameters += _beside("header", (one for one in read.get(Sent.HEADER, ()) if one.startswith("X-")))
    answers: Json = {"default": {"description": "as it says itself"}}
    if not access.public:
        answers |= {status: {"description": why} for status, why in REFUSALS.items()}
    changes = route.method not in HARMLESS
    told: Json = {
        "operationId": f"{route.handler.__module__.rpartition('.')[2]}.{route.handler.__name__}",
        "summary": (getdoc(route.handler) or "").partition("\n")[0],
        "parameters": parameters,
        "security": _security(access, changes=changes),
        "responses": answers,
    }
    content = _body(read)
    return told | {"requestBody": {"content": content}} if changes and content else told


def _placed(route: web.AbstractRoute) -> list[Json]:
    """What stands in the path, and how it has to look."""
    info = route.resource.get_info() if route.resource is not None else {}
    pattern = info["pattern"].pattern if "pattern" in info else ""
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": f"^{looks}$"}}
        for name, looks in PLACED.findall(pattern)
    ]


def _beside(where: str, names: Iterable[str]) -> list[Json]:
    return [{"name": name, "in": where, "schema": {"type": "string"}} for name in sorted(names)]


def _body(read: Mapping[Sent, set[str]]) -> Json:
    """Of JSON any value can be sent: the handler says what is wrong with it."""
    content: Json = {}
    if Sent.STREAM in read:
        content["application/octet-stream"] = {"schema": {"type": "string", "format": "binary"}}
    if names := read.get(Sent.FORM):
        content["application/x-www-form-urlencoded"] = _object(names, {"type": "string"})
    if names := read.get(Sent.JSON):
        content["application/json"] = _object(names, {})
    return content


def _object(names: Iterable[str], each: Json) -> Json:
    return {"schema": {"type": "object", "properties": dict.fromkeys(sorted(names), each)}}


def _security(access: Access, *, changes: bool) -> list[dict[str, Sequence[str]]]:
    """All of one of these: OpenAPI allows for naming the roles behind a session."""
    if access.public:
        return []
    needed = sorted(right.value for right in access.rights)
    ways = [[*needed, right.value] for right in sorted(access.any_of)] or [needed]
    return [{"session": way, **({"token": []} if changes else {})} for way in ways]
