"""Talks whose result is missing: whose they are, and that somebody else is to enter one of them."""

from datetime import datetime

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.groups import Group
from dialer.core.orders import OrderKind
from dialer.core.reach import covers
from dialer.core.rights import Right
from dialer.core.values import CallId
from dialer.store import duties
from dialer.store.duties import Missing
from dialer.store.talks import UNFINISHED_SINCE
from dialer.web.desk import body_of, carried_out, of_this_city, refused
from dialer.web.desk_parts import desk_of
from dialer.web.desk_rows import in_tokyo
from dialer.web.floor_acts import LONGEST_REASON, NO_REASON
from dialer.web.floor_reach import people_of
from dialer.web.parts import parts_of
from dialer.web.security import Limited, OutOfReach, demand, log_operation, reach_of, requires

routes = web.RouteTableDef()

ENTERED = "この通話の結果はもう登録されています。"
NOT_SEATED = "引き継ぐ人を、着席しているオペレーターから選んでください。"


@routes.get("/floor/results")
@requires(Right.SUPERVISE, activity=False, limited=Limited.WITHIN)
async def missing(request: web.Request) -> web.StreamResponse:
    now = parts_of(request).clock.now()
    reach, found = reach_of(request), await _missing(request, now)
    return web.json_response({"missing": [_told(one) for one in found if covers(reach, _group(request, one))]})


@routes.post("/floor/results")
@requires(Right.SUPERVISE, limited=Limited.WITHIN)
async def give(request: web.Request) -> web.StreamResponse:
    """`to` enters the result of the call instead of whoever talked, who may take the next one."""
    visitor, parts, desk, body = of_this_city(request), parts_of(request), desk_of(request), await body_of(request)
    call, to, reason = CallId(str(body.get("call"))), body.get("to"), str(body.get("reason") or "").strip()
    now = parts.clock.now()
    seated = {**people_of(desk, reach_of(request)), visitor.account_login: True}
    if not isinstance(to, str) or to not in seated:
        return refused(422, NOT_SEATED)
    if not seated[to]:
        raise OutOfReach
    if not 0 < len(reason) <= LONGEST_REASON:
        return refused(422, NO_REASON)
    found = next((one for one in await _missing(request, now) if one.call == call), None)
    if found is None:
        return refused(409, ENTERED)
    demand(request, _group(request, found))

    async def work(connection: AsyncConnection) -> None:
        await duties.give(connection, visitor.city, call, to, reason, by=visitor.account_login, now=now)

    await log_operation(request, "reassign", "call", [call], 1)
    await parts.database.ask(work)
    for login in (found.account, to):
        desk.live.tell(login)
    if found.phone is not None and found.account != to:
        await carried_out(request, found.phone, OrderKind.RELIEVE, {"attempt": call})
    return web.json_response({})


async def _missing(request: web.Request, now: datetime) -> list[Missing]:
    city = of_this_city(request).city
    found = await parts_of(request).database.ask(
        lambda connection: duties.missing(connection, city, now - UNFINISHED_SINCE)
    )
    return list(found)


def _group(request: web.Request, one: Missing) -> Group:
    """Of the case; of who has called us and is not known, of the number that was called."""
    return one.called if one.debt_key is None else parts_of(request).city.group_of(one.debt_key)


def _told(one: Missing) -> dict[str, object]:
    return {
        "call": one.call,
        "case": one.case,
        "debt": one.debt,
        "ended_at": in_tokyo(one.ended_at),
        "account": one.account,
        "name": one.name,
    }
