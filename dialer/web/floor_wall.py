"""Links to screens on walls: made, listed and taken back by supervisors."""

import secrets

from aiohttp import web

from dialer.core.rights import Right
from dialer.store.wall_links import WallLinks
from dialer.web.desk import body_of, of_this_city, refused
from dialer.web.desk_rows import in_tokyo
from dialer.web.headers import WALL
from dialer.web.parts import parts_of
from dialer.web.security import Limited, log_operation, requires

routes = web.RouteTableDef()

SECRET_BYTES = 24
LONGEST_NAME = 40
NO_NAME = f"設置場所を{LONGEST_NAME}文字以内で書いてください。"
GONE = "このリンクは、すでに無効です。"


@routes.get("/floor/wall-links")
@requires(Right.SUPERVISE, limited=Limited.REFUSED)
async def listed(request: web.Request) -> web.StreamResponse:
    """Those in force; what opens them nobody can be told again."""
    found = await _links_of(request).in_force()
    rows = [{"id": one.id, "name": one.name, "made_by": one.made_by, "made_at": in_tokyo(one.made_at)} for one in found]
    return web.json_response({"links": rows})


@routes.post("/floor/wall-links")
@requires(Right.SUPERVISE, limited=Limited.REFUSED)
async def make(request: web.Request) -> web.StreamResponse:
    visitor, parts, body = of_this_city(request), parts_of(request), await body_of(request)
    name = str(body.get("name") or "").strip()
    if not 0 < len(name) <= LONGEST_NAME:
        return refused(422, NO_NAME)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    link = await _links_of(request).make(name, secret, visitor.account_login, parts.clock.now())
    await log_operation(request, "create", "wall_link", [link], 1)
    return web.json_response({"id": link, "path": f"{WALL}{secret}"})


@routes.post(r"/floor/wall-links/{id:\d{1,18}}/revoke")
@requires(Right.SUPERVISE, limited=Limited.REFUSED)
async def revoke(request: web.Request) -> web.StreamResponse:
    """Its screen goes dark within seconds."""
    visitor, parts, link = of_this_city(request), parts_of(request), int(request.match_info["id"])
    await log_operation(request, "revoke", "wall_link", [link], 1)
    if not await _links_of(request).revoke(link, visitor.account_login, parts.clock.now()):
        return refused(404, GONE)
    return web.json_response({})


def _links_of(request: web.Request) -> WallLinks:
    return WallLinks(parts_of(request).database, of_this_city(request).city)
