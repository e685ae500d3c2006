"""Where the page's telephone asks, and who may: whoever has taken a seat in the browser."""

import json

from aiohttp import web

from dialer.core.rights import Right
from dialer.core.values import Seat
from dialer.embedded.asterisk import AsteriskInstance
from dialer.web.desk_parts import desk_of
from dialer.web.guard import visit_state
from dialer.web.parts import PARTS, parts_of
from dialer.web.security import Limited, VisitState, requires_one_of, visitor_of
from dialer.web.softphone import Softphones

routes = web.RouteTableDef()

SOFTPHONES: web.AppKey[Softphones] = web.AppKey("softphones", Softphones)


def add_softphones(app: web.Application) -> None:
    settings = app[PARTS].settings
    node = settings.own_node
    file = AsteriskInstance(settings, node).web_phones_file

    def secrets() -> dict[str, str]:
        """Read anew each time: Asterisk may have got a phone more meanwhile."""
        kept: dict[str, str] = json.loads(file.read_text("utf-8")) if file.exists() else {}
        return kept

    app[SOFTPHONES] = Softphones(f"{node.host}:{node.http_port}", secrets, seat_of)
    app.on_shutdown.append(app[SOFTPHONES].close)


@routes.get("/softphone/login")
@requires_one_of(Right.DESK, Right.LISTEN, activity=False, while_locked=True, limited=Limited.ALIKE)
async def login(request: web.Request) -> web.StreamResponse:
    """While locked too: the telephone of a covered page stays what it was."""
    return await request.app[SOFTPHONES].login(request)


@routes.get("/softphone")
@requires_one_of(Right.DESK, Right.LISTEN, activity=False, while_locked=True, limited=Limited.ALIKE)
async def connect(request: web.Request) -> web.StreamResponse:
    return await request.app[SOFTPHONES].connect(request)


async def seat_of(request: web.Request) -> str | None:
    """None also when the visitor's session has ended since."""
    visitor = visitor_of(request)
    if visitor.city != parts_of(request).city.key or await visit_state(request) is VisitState.ENDED:
        return None
    own = desk_of(request).live.desk_of(visitor.account_login)
    return own.phone if own is not None and own.seat is Seat.BROWSER else None
