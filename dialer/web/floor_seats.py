"""Seats, as a supervisor sees them: what is done to others', and the own one from which talks are heard."""

from aiohttp import web

from dialer.core.orders import OF_OTHERS_SEATS, OK, OrderKind, problems
from dialer.core.reach import narrower
from dialer.core.rights import Right
from dialer.core.values import Ear
from dialer.web.desk import body_of, carried_out, of_this_city, ordered, refused, told
from dialer.web.desk_parts import desk_of
from dialer.web.floor_reach import check_heard, check_seat
from dialer.web.notices import sent_to
from dialer.web.security import Limited, log_operation, reach_of, requires

routes = web.RouteTableDef()

NO_SEAT = "聴取には席が必要です。「聴取用の席」から着席してください。"
NO_SUCH_SEAT = "席を選んでください。"
NO_ACT = "操作を選んでください。"
ONLY_LISTENS = "話しかける権限がありません。聴取だけができます。"
NO_DESK = "引き取った通話の案件と結果はオペレーター画面で扱います。その権限がないため、引き取れません。"
COMES = "応じます。少しお待ちください。"


@routes.post("/floor/seats")
@requires(Right.SUPERVISE, limited=Limited.WITHIN)
async def act(request: web.Request) -> web.StreamResponse:
    """`kind` of OF_OTHERS_SEATS with its `detail`, for the seat `phone`."""
    visitor, desk, body = of_this_city(request), desk_of(request), await body_of(request)
    kind, phone, detail = str(body.get("kind")), body.get("phone"), body.get("detail")
    if kind not in OF_OTHERS_SEATS:
        return refused(422, NO_ACT)
    if (wrong := problems(kind, detail)) or not isinstance(detail, dict):
        return refused(422, wrong[0])
    seat = desk.live.operators.get(phone) if isinstance(phone, str) else None
    if seat is None:
        return refused(422, NO_SUCH_SEAT)
    await check_seat(request, kind, seat, detail)
    if kind == OrderKind.TAKE_OVER and not visitor.may(Right.DESK):
        return refused(403, NO_DESK)
    what, about = ("call", detail["attempt"]) if "attempt" in detail else ("account", detail["account"])
    await log_operation(request, kind, what, [str(about)], 1)
    answer = await carried_out(request, seat.phone, OrderKind(kind), detail)
    if answer == OK and kind == OrderKind.ANSWER_HELP:
        await sent_to(request, COMES, [str(about)])
    if answer == OK and kind == OrderKind.FREE_SEAT:
        desk.leaving[str(about)] = visitor.account_login
    return told(answer)


@routes.post("/floor/own")
@requires(Right.LISTEN, limited=Limited.ALIKE)
async def take(request: web.Request) -> web.StreamResponse:
    """A seat to listen from: `phone` and `seat`; none: no more. Calls do not come to it unless the desk is opened."""
    visitor, live, body = of_this_city(request), desk_of(request).live, await body_of(request)
    own = live.desk_of(visitor.account_login)
    phone = body.get("phone")
    if phone is None:
        return refused(409, NO_SEAT) if own is None else await ordered(request, own.phone, OrderKind.LEAVE_SEAT, {})
    detail = {"seat": body.get("seat")}
    if wrong := problems(OrderKind.TAKE_SEAT, detail):
        return refused(422, wrong[0])
    if not isinstance(phone, str) or phone not in live.operators:
        return refused(422, NO_SUCH_SEAT)
    return await ordered(request, phone, OrderKind.TAKE_SEAT, detail)


@routes.post("/floor/listen")
@requires(Right.LISTEN, limited=Limited.WITHIN)
async def listen(request: web.Request) -> web.StreamResponse:
    """`to` a seat and `how`: hear, speak to the operator, speak to both, by the leg of the own seat; else: no more."""
    visitor, live, body = of_this_city(request), desk_of(request).live, await body_of(request)
    own = live.desk_of(visitor.account_login)
    if own is None:
        return refused(409, NO_SEAT)
    if body.get("to") is None:
        return await ordered(request, own.phone, OrderKind.STOP_LISTENING, {})
    detail = {"to": body.get("to"), "how": body.get("how")}
    if wrong := problems(OrderKind.LISTEN, detail):
        return refused(422, wrong[0])
    speaks = detail["how"] != Ear.LISTEN
    if speaks and not visitor.may_some(Right.SUPERVISE):
        return refused(403, ONLY_LISTENS)
    other = live.operators.get(str(detail["to"]))
    reach = reach_of(request)
    await check_heard(request, narrower(reach, visitor.reach(Right.SUPERVISE)) if speaks else reach, other)
    call = [other.attempt] if other is not None and other.attempt is not None else []
    await log_operation(request, str(detail["how"]), "call", call, len(call))
    return await ordered(request, own.phone, OrderKind.LISTEN, detail)


@routes.get("/floor/own")
@requires(Right.LISTEN, activity=False, limited=Limited.ALIKE)
async def seats(request: web.Request) -> web.StreamResponse:
    """Seats that nobody has."""
    of_this_city(request)
    free = sorted(one.phone for one in desk_of(request).live.operators.values() if one.account is None)
    return web.json_response({"free": free})
