"""Warnings at the floor: who has seen one says so."""

from aiohttp import web

from dialer.core.groups import Group
from dialer.core.rights import Right
from dialer.core.warning_values import Key, WarningKind
from dialer.store.warnings import WarningStore
from dialer.web.desk import of_this_city, refused
from dialer.web.desk_parts import desk_of
from dialer.web.floor_within import OF_A_SEAT
from dialer.web.parts import parts_of
from dialer.web.security import Limited, demand, log_operation, reach_of, requires
from dialer.web.warden import WARDEN

routes = web.RouteTableDef()

UNKNOWN = "この警告は見つかりません。画面を開き直してください。"


@routes.post(r"/floor/warnings/{id:\d{1,18}}/acknowledge")
@requires(Right.SUPERVISE, limited=Limited.WITHIN)
async def acknowledge(request: web.Request) -> web.StreamResponse:
    """`first` is false where somebody else has said so before."""
    visitor, parts, warning = of_this_city(request), parts_of(request), int(request.match_info["id"])
    store = WarningStore(parts.database, visitor.city)
    if reach_of(request) is not None:
        standing = {one.id: one.key for one in await store.standing()}
        demand(request, _group(request, standing[warning]) if warning in standing else None)
    await log_operation(request, "acknowledge", "warning", [warning], 1)
    first = await store.acknowledge(warning, visitor.account_login, parts.clock.now())
    if first is None:
        return refused(404, UNKNOWN)
    if (warden := request.app.get(WARDEN)) is not None:
        warden.look_soon()
    return web.json_response({"first": first})


def _group(request: web.Request, key: Key) -> Group:
    """Whose it is; None: of every group."""
    kind, subject, _ = key
    if kind is WarningKind.LIST_RUNS_DRY:
        return parts_of(request).city.group_of(subject)
    seat = desk_of(request).live.operators.get(subject) if kind in OF_A_SEAT else None
    return None if seat is None else seat.group
