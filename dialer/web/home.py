"""The way in: files, and where somebody goes who has signed in."""

from aiohttp import web

from dialer.core.rights import Right
from dialer.web.headers import CACHE
from dialer.web.parts import parts_of
from dialer.web.security import public, signed_in, visitor_of
from dialer.web.views import STATIC, goes_to, page

routes = web.RouteTableDef()

TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain"}


@routes.get("/static/{path:.+}")
@public
async def static_file(request: web.Request) -> web.StreamResponse:
    file = (STATIC / request.match_info["path"]).resolve()
    if file.suffix not in TYPES or not file.is_relative_to(STATIC) or not file.is_file():
        raise web.HTTPNotFound
    kept = {CACHE: "no-cache", "Content-Type": f"{TYPES[file.suffix]}; charset=utf-8"}
    return web.FileResponse(file, headers=kept)


@routes.get("/visit")
@signed_in(activity=False, with_old_password=True)
async def visit(request: web.Request) -> web.StreamResponse:
    """How long until the password is asked for: a page that nobody touches covers itself then."""
    parts, visitor = parts_of(request), visitor_of(request)
    left = parts.settings.web.idle_seconds - (parts.clock.now() - visitor.seen_at).total_seconds()
    return web.json_response({"login": visitor.account_login, "city": visitor.city, "idle_seconds_left": left})


@routes.get("/")
@signed_in()
async def home(request: web.Request) -> web.StreamResponse:
    """The floor for who answers for it, the desk for whoever sits at one; for the others what there is for them."""
    visitor = visitor_of(request)
    known = {resource.canonical for resource in request.app.router.resources()}
    for right, where in ((Right.SUPERVISE, "/floor"), (Right.DESK, "/desk"), (Right.WATCH, "/floor")):
        if visitor.may(right) and where in known:
            return goes_to(where)
    return page(request, "home.html")
