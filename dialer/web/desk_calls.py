"""What the routes of a talk share: whose call it is, its view, its draft, and its end."""

from collections.abc import Mapping

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.case_view import CaseView
from dialer.core.orders import OrderKind
from dialer.core.rights import Right
from dialer.core.talk_form import FieldProblems
from dialer.core.values import CallId
from dialer.store import talks
from dialer.web.desk import of_this_city
from dialer.web.desk_parts import desk_of
from dialer.web.desk_rows import OF_THE_GATE, as_draft, is_own, last_inquiry, last_record, one_at_a_time
from dialer.web.parts import parts_of
from dialer.web.security import visitor_of

NO_TALK = "この通話は見つからないか、ほかの担当者の通話です。"
TOO_LONG = "入力が長すぎるか、保存できない文字が含まれています。"
READ_AGAIN = "画面を読み直してから、もう一度登録してください"
OTHER_CASE = "表示したあとに、この通話の案件が変わりました。いまの案件を確かめてください。"


async def own_call(request: web.Request, given: Mapping[str, object]) -> CallId:
    """One's own, or one that may be corrected. 404 for whatever else, so that nobody learns what there is."""
    visitor, parts = of_this_city(request), parts_of(request)
    call = CallId(str(given.get("attempt")))
    desk = desk_of(request).live.desk_of(visitor.account_login)
    if desk is not None and desk.attempt == call:
        return call
    own = await parts.database.ask(lambda connection: is_own(connection, visitor.city, call, visitor.account_login))
    if own is None or not (own or visitor.may(Right.RESULT_CORRECT_OTHERS)):
        raise web.HTTPNotFound
    return call


async def view_of(request: web.Request, call: CallId) -> CaseView:
    view = await desk_of(request).live.views.of(call)
    if view is None:
        raise web.HTTPNotFound
    return view


def cases_of(view: CaseView) -> list[str]:
    return [str(debt.case) for debt in view.debts]


async def draft_of(request: web.Request, call: CallId) -> dict[str, object]:
    """What was typed; of a talk that has a result already, that result."""
    parts, login = parts_of(request), visitor_of(request).account_login
    return await parts.database.ask(lambda connection: _known(connection, parts.city.key, call, login))


async def keep(
    request: web.Request, call: CallId, typed: Mapping[str, object], confirmed: Mapping[str, object]
) -> None:
    """What is typed never changes what was confirmed, whichever of the two comes first."""
    parts, login = parts_of(request), visitor_of(request).account_login
    city, now = parts.city.key, parts.clock.now()

    async def work(connection: AsyncConnection) -> bool:
        await one_at_a_time(connection, call, login)
        before = await _known(connection, city, call, login)
        kept = {name: before[name] for name in OF_THE_GATE if name in before}
        rest = {name: value for name, value in typed.items() if name not in OF_THE_GATE}
        content = {**before, **rest, **kept, **confirmed}
        return await talks.keep_draft(connection, city, call, content, by=login, now=now)

    if not await parts.database.ask(work):
        raise web.HTTPUnprocessableEntity(text=TOO_LONG)


async def _known(connection: AsyncConnection, city: str, call: CallId, login: str) -> dict[str, object]:
    typed = await talks.draft(connection, city, call, login)
    if typed is not None:
        return typed
    record = await last_record(connection, city, call)
    if record is not None:
        return as_draft(record)
    inquiry = await last_inquiry(connection, city, call)
    return {} if inquiry is None else {"inquiry": inquiry.category, "note": inquiry.note}


def shows(view: CaseView | None, given: Mapping[str, object]) -> bool:
    """Whether it is the case that the page had before it: a caller may have been taken for somebody else meanwhile."""
    return "case" not in given or given["case"] == (view.case if view is not None else None)


async def finish(request: web.Request, call: CallId) -> None:
    """The page of this call is done: the engine may give the next one."""
    desk, login = desk_of(request), visitor_of(request).account_login
    desk.live.views.forget(call)
    own = desk.live.desk_of(login)
    if own is not None and own.attempt == call:
        await desk.orders.order(own.phone, OrderKind.FINISH, {"attempt": call}, by=login)
    desk.live.tell(login)


def problems_told(found: FieldProblems) -> web.Response:
    return web.json_response({"message": "入力を確かめてください。", **found.as_json()}, status=422)
