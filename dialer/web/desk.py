"""The operator's desk: its page, its snapshots, its orders to the engine."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from aiohttp import web

from dialer.core.colleagues import Colleague
from dialer.core.orders import OF_A_SUPERVISOR, OK, OrderKind, problems
from dialer.core.rights import Right
from dialer.core.values import AttemptId, CallId, CaseId
from dialer.ports import StoreUnavailable
from dialer.web.bodies import json_of
from dialer.web.caller_rows import Line
from dialer.web.desk_parts import desk_of
from dialer.web.desk_rows import found_cases
from dialer.web.desk_seats import colleagues, why_not_to
from dialer.web.desk_transfers import why_not
from dialer.web.live_snapshot import Snapshot
from dialer.web.live_views import shown
from dialer.web.parts import parts_of
from dialer.web.security import Limited, OtherCity, Visitor, log_operation, requires, took_so_far, visitor_of
from dialer.web.streams import BEAT, event, pushed
from dialer.web.views import page

routes = web.RouteTableDef()

ANSWER_SECONDS = 3.0
SHORTEST_SEARCH = 2
MOST_LOGGED = 10_000  # remembered; then some are written twice
NO_SEAT = "席についていません。席を選んで着席してください。"
NO_ANSWER = "架電の制御から応答がありません。少し待ってから、もう一度操作してください。"
NOT_FROM_HERE = "この操作は、オペレーターの画面からはできません。"
NO_CASE = "案件が見つかりません。"
OTHER_CITY = "この市の画面は、ここにはありません。管理者にお尋ねください。"


@routes.get("/desk")
@requires(Right.DESK, limited=Limited.REFUSED)
async def desk_page(request: web.Request) -> web.StreamResponse:
    keys = await parts_of(request).staff.letter_keys(visitor_of(request).account_login)
    return page(request, "desk.html", letter_keys=keys)


@routes.put("/desk/keys")
@requires(Right.DESK, limited=Limited.REFUSED)
async def letter_keys(request: web.Request) -> web.StreamResponse:
    """Whether keys of one letter work, from now on at every sign-in (WCAG 2.1.4)."""
    wanted = (await body_of(request)).get("on")
    if not isinstance(wanted, bool):
        return refused(422, "true または false を送ってください。")
    await parts_of(request).staff.turn_letter_keys(visitor_of(request).account_login, on=wanted)
    return web.json_response({})


@routes.get("/desk/events")
@requires(Right.DESK, activity=False, limited=Limited.REFUSED)
async def events(request: web.Request) -> web.StreamResponse:
    """Snapshots for as long as the page is there. A lock or the end of the session ends them."""
    return await pushed(request, _events(request, of_this_city(request)))


async def _events(request: web.Request, visitor: Visitor) -> AsyncGenerator[bytes]:
    async with aclosing(desk_of(request).live.follow(visitor)) as snapshots:
        async for snapshot in snapshots:
            if snapshot is None or (isinstance(snapshot, Snapshot) and not await _logged(request, snapshot)):
                yield BEAT
            elif isinstance(snapshot, Line):
                yield event("line", json.dumps(snapshot.as_json()))
            else:
                yield event("desk", json.dumps(snapshot.content, ensure_ascii=False), snapshot.version)


@routes.get("/desk/snapshot")
@requires(Right.DESK, activity=False, limited=Limited.REFUSED)
async def snapshot(request: web.Request) -> web.StreamResponse:
    """The same once: for a page that cannot follow, and to learn whether the session is locked."""
    found = await desk_of(request).live.snapshot(of_this_city(request))
    if not await _logged(request, found):
        raise StoreUnavailable("the view could not be logged")
    return web.json_response(found.content)


@routes.get("/desk/seats")
@requires(Right.DESK, activity=False, limited=Limited.REFUSED)
async def seats(request: web.Request) -> web.StreamResponse:
    operators = desk_of(request).live.operators.values()
    told = [{"phone": one.phone, "account": one.account} for one in sorted(operators, key=lambda one: one.phone)]
    return web.json_response({"seats": told})


@routes.get("/desk/colleagues")
@requires(Right.DESK, activity=False, limited=Limited.REFUSED)
async def others(request: web.Request) -> web.StreamResponse:
    """To whom the talk can be passed on, and why not to the others."""
    return web.json_response({"colleagues": [one.as_json() for one in await _colleagues(request)]})


async def _colleagues(request: web.Request) -> list[Colleague]:
    visitor, parts, live = of_this_city(request), parts_of(request), desk_of(request).live
    own, now = live.desk_of(visitor.account_login), parts.clock.now()
    debt = await live.debt_of(own.attempt) if own is not None and own.attempt is not None else None
    about = live.parts.book.city.debt(debt or "")
    group = None if about is None else about.group
    return await parts.database.ask(
        lambda connection: colleagues(connection, visitor.city, live.operators, visitor.account_login, now, group)
    )


@routes.post("/desk/orders")
@requires(Right.DESK, limited=Limited.REFUSED)
async def orders(request: web.Request) -> web.StreamResponse:
    visitor, desk, body = of_this_city(request), desk_of(request), await body_of(request)
    kind, detail = str(body.get("kind")), body.get("detail") or {}
    if (wrong := problems(kind, detail)) or not isinstance(detail, dict):
        return refused(422, wrong[0])
    if kind in OF_A_SUPERVISOR:
        await log_operation(request, "refuse", "page", ["desk.orders"], 0)
        return refused(403, NOT_FROM_HERE)
    own = desk.live.desk_of(visitor.account_login)
    phone = own.phone if own else body.get("phone") if kind == OrderKind.TAKE_SEAT else None
    if not isinstance(phone, str) or phone not in desk.live.operators:
        return refused(409, NO_SEAT)
    offered = own is not None and own.preview is not None and detail.get("case") == own.preview
    if kind == OrderKind.DIAL and not offered and not visitor.may(Right.MANUAL_CALL):
        return refused(403, "手動で発信する権限がありません。管理者にお尋ねください。")
    transfers = own.attempt if own is not None and kind == OrderKind.TRANSFER else None
    if transfers is not None and (why := await _why_not_there(request, transfers, detail.get("to"))):
        return refused(409, why)
    await _log_order(request, OrderKind(kind), detail, own.attempt if own else None)
    return await ordered(request, phone, OrderKind(kind), detail)


async def _why_not_there(request: web.Request, call: CallId, to: object) -> str | None:
    """To another seat, or to a department."""
    live, now = desk_of(request).live, parts_of(request).clock.now()
    if to in live.operators:
        return why_not_to(await _colleagues(request), to)
    debt = await live.debt_of(call)
    return None if debt is None else why_not(live.parts.book, debt, to, now)


async def _log_order(
    request: web.Request, kind: OrderKind, detail: dict[str, object], attempt: AttemptId | None
) -> None:
    """What is done to a person's call or case; who sits where is told by the rows themselves."""
    if kind is OrderKind.DIAL:
        await log_operation(request, "call", "case", [str(detail["case"])], 1)
    elif kind is OrderKind.SKIP:
        await log_operation(request, "update", "case", [str(detail["case"])], 1)
    elif attempt is not None and kind in (OrderKind.CORRECT, OrderKind.TRANSFER, OrderKind.HANG_UP):
        await log_operation(request, kind.value, "call", [attempt], 1)


@routes.post("/desk/search")
@requires(Right.DESK, Right.CASE_SEARCH, limited=Limited.REFUSED)
async def search(request: web.Request) -> web.StreamResponse:
    visitor, words = of_this_city(request), str((await body_of(request)).get("words") or "").strip()
    if len(words) < SHORTEST_SEARCH:
        return refused(422, f"{SHORTEST_SEARCH}文字以上で検索してください。")
    digits = "".join(one for one in words if one.isdigit())
    found, more = await parts_of(request).database.ask(
        lambda connection: found_cases(connection, visitor.city, words, digits)
    )
    await log_operation(request, "search", "case", [str(one["case"]) for one in found], len(found))
    return web.json_response({"found": list(found), "more": more})


@routes.get(r"/desk/cases/{case:\d{1,18}}")
@requires(Right.DESK, Right.CASE_VIEW, limited=Limited.REFUSED)
async def case(request: web.Request) -> web.StreamResponse:
    visitor, number = of_this_city(request), int(request.match_info["case"])
    view = await desk_of(request).live.views.of_case(CaseId(number))
    if view is None:
        await log_operation(request, "refuse", "case", [number], 0)
        return refused(404, NO_CASE)
    await log_operation(request, "view", "case", [str(debt.case) for debt in view.debts], len(view.debts))
    return web.json_response({"view": shown(view, amounts=False, operator_name=visitor.name), "draft": None})


# --- for the other tables of routes


def of_this_city(request: web.Request) -> Visitor:
    """Desks and floor are of the city whose engine runs here."""
    visitor = visitor_of(request)
    if visitor.city != parts_of(request).city.key:
        raise OtherCity(text=OTHER_CITY)
    return visitor


async def ordered(
    request: web.Request, phone: str, kind: OrderKind, detail: Mapping[str, object]
) -> web.StreamResponse:
    """What the engine answers, or that it does not."""
    return told(await carried_out(request, phone, kind, detail))


async def carried_out(request: web.Request, phone: str, kind: OrderKind, detail: Mapping[str, object]) -> str | None:
    """The engine's own answer; None when it says nothing for too long."""
    desk = desk_of(request)
    order = await desk.orders.order(phone, kind, detail, by=visitor_of(request).account_login)
    return await desk.orders.answered(order, within_seconds=ANSWER_SECONDS)


def told(answer: str | None) -> web.Response:
    return web.json_response({"ok": answer == OK, "answer": NO_ANSWER if answer is None else answer})


async def body_of(request: web.Request) -> dict[str, object]:
    """Empty when it is no JSON object."""
    body = await json_of(request)
    return body if isinstance(body, dict) else {}


def refused(status: int, message: str, **more: object) -> web.Response:
    return web.json_response({"message": message, **more}, status=status)


async def _logged(request: web.Request, shown_now: Snapshot) -> bool:
    """Once for each call, its cases and session, before it leaves (X-008). False: it must not leave."""
    if not shown_now.cases:
        return True
    logged = desk_of(request).logged
    what = (visitor_of(request).session_id, shown_now.attempt, shown_now.cases)
    if what not in logged:
        if len(logged) >= MOST_LOGGED:
            logged.clear()
        took = min(took_so_far(request), 1000.0 * ANSWER_SECONDS)
        ids = [str(one) for one in shown_now.cases]
        logged[what] = asyncio.create_task(log_operation(request, "view", "case", ids, len(ids), took))
    try:
        await asyncio.shield(logged[what])
    except StoreUnavailable:
        logged.pop(what, None)
        return False
    return True
