"""Warnings at the floor: who has seen one says so."""

from aiohttp import web

from dialer.core.rights import Right
from dialer.store.warnings import WarningStore
from dialer.web.desk import of_this_city, refused
from dialer.web.parts import parts_of
from dialer.web.security import Limited, log_operation, requires
from dialer.web.warden import WARDEN

routes = web.RouteTableDef()

UNKNOWN = "この警告は見つかりません。画面を開き直してください。"


@routes.post(r"/floor/warnings/{id:\d{1,18}}/acknowledge")
@requires(Right.SUPERVISE, limited=Limited.WITHIN)
async def acknowledge(request: web.Request) -> web.StreamResponse:
    """`first` is false where somebody else has said so before."""
    visitor, parts, warning = of_this_city(request), parts_of(request), int(request.match_info["id"])
    await log_operation(request, "acknowledge", "warning", [warning], 1)
    store = WarningStore(parts.database, visitor.city)
    first = await store.acknowledge(warning, visitor.account_login, parts.clock.now())
    if first is None:
        return refused(404, UNKNOWN)
    if (warden := request.app.get(WARDEN)) is not None:
        warden.look_soon()
    return web.json_response({"first": first})
