"""The way in: files, and where somebody goes who has signed in."""

from collections.abc import Sequence

from aiohttp import web

from dialer.core.rights import Right
from dialer.web.headers import CACHE
from dialer.web.parts import parts_of
from dialer.web.security import Visitor, declared, public, signed_in, visitor_of
from dialer.web.views import STATIC, goes_to, page

routes = web.RouteTableDef()

WAYS: tuple[tuple[str, str, *tuple[Right, ...]], ...] = (  # and one of these rights, when there are any
    ("/desk", "オペレーターの画面", Right.DESK),
    ("/floor", "管理画面", Right.SUPERVISE, Right.WATCH),
    ("/floor/day", "本日の推移", Right.REPORTS),
    ("/people", "対象者の検索", Right.CASE_SEARCH),
    ("/imports", "名簿の取込", Right.IMPORT),
    ("/recordings", "録音", Right.HEAR_RECORDINGS),
    ("/calendar", "暦", Right.RULES, Right.SUPERVISE, Right.WATCH, Right.REPORTS),
    ("/campaigns", "催告業務の状況", Right.SUPERVISE, Right.WATCH, Right.REPORTS),
    ("/plan", "業務計画と実績", Right.SUPERVISE, Right.WATCH, Right.REPORTS),
    ("/texts", "文面", Right.MESSAGES),
    ("/scripts", "台本", Right.MESSAGES),
    ("/result-list", "応対結果の一覧", Right.MESSAGES),
    ("/log", "操作の記録", Right.LOGS),
    ("/accounts", "アカウント", Right.ACCOUNTS),
    ("/system", "システムの状態", Right.SYSTEM),
    ("/second-factor", "二段階認証"),
    ("/password", "パスワードの変更"),
)
OWN_TALKS = ("/recordings", "自分の通話の録音")
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
    visitor, known = visitor_of(request), _open(request)
    for right, where in ((Right.SUPERVISE, "/floor"), (Right.DESK, "/desk"), (Right.WATCH, "/floor")):
        if visitor.may_some(right) and where in known:
            return goes_to(where)
    return await pages(request)


@routes.get("/pages")
@signed_in()
async def pages(request: web.Request) -> web.StreamResponse:
    visitor, known = visitor_of(request), _open(request)
    ways = [(where, name) for where, name, *rights in WAYS if where in known and _may(visitor, rights)]
    own_talks = parts_of(request).city.recordings.own_talks and visitor.may_some(Right.DESK)
    if own_talks and OWN_TALKS[0] in known and not visitor.may_some(Right.HEAR_RECORDINGS):
        ways.insert(1, OWN_TALKS)
    return page(request, "home.html", ways=ways)


def _open(request: web.Request) -> set[str]:
    """Pages that this visitor is let into. A process may show some of them only."""
    visitor = visitor_of(request)
    return {
        route.resource.canonical
        for route in request.app.router.routes()
        if route.method == "GET" and route.resource is not None and _is_open(route.handler, visitor)
    }


def _is_open(handler: object, visitor: Visitor) -> bool:
    access = declared(handler)
    return access is not None and (access.public or access.is_open_to(visitor))


def _may(visitor: Visitor, rights: Sequence[Right]) -> bool:
    return not rights or any(visitor.may_some(right) for right in rights)
