"""What is entered for a talk: who was on the line, what was typed so far, the result."""

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.case_view import CaseView
from dialer.core.orders import OrderKind
from dialer.core.rights import Right
from dialer.core.rules.talks import decidable
from dialer.core.talk_entry import Resolved, resolved
from dialer.core.talk_form import Entered, FieldProblems, entered_from
from dialer.core.talk_results import Json
from dialer.core.values import AttemptId
from dialer.store import talks
from dialer.store.case_events import NotRecorded
from dialer.store.talks import NoTalk, StaleResult, UnknownAttempt
from dialer.web.desk import body_of, of_this_city, refused
from dialer.web.desk_days import days_offered
from dialer.web.desk_parts import desk_of
from dialer.web.desk_rows import as_draft, drop_draft, is_own, last_record, one_at_a_time
from dialer.web.live_views import shown
from dialer.web.parts import parts_of
from dialer.web.security import log_operation, requires, visitor_of

routes = web.RouteTableDef()

NO_TALK = "この通話は見つからないか、ほかの担当者の通話です。"
NO_HOW = "確認の方法を選んでください。"
TOO_LONG = "入力が長すぎるか、保存できない文字が含まれています。"
TOO_SHORT = "つながってすぐに切れた通話のため、結果の登録はいりません。"
STALE = "ほかの人が先に結果を登録しました。"
DECIDE = "完了とするかどうかは担当者の判断です。「最近の通話」か「検索」から開いて判断できます。"
SUPERVISOR_DECIDES = "完了とするかどうかは管理者の判断です。"
CONFIRMED = "identity_confirmed"


@routes.post("/desk/identity")
@requires(Right.DESK, Right.CASE_VIEW)
async def identity(request: web.Request) -> web.StreamResponse:
    """The gate before amounts. What was confirmed stays with the draft, so that every page of this operator knows."""
    body = await body_of(request)
    attempt = await _attempt(request, body)
    confirmed, how = body.get("confirmed") is True, body.get("how")
    live = desk_of(request).live
    if confirmed and how not in live.parts.book.city.talk.identity:
        return refused(422, NO_HOW, problems={"identity_how": NO_HOW})
    await _keep(request, attempt, {}, {CONFIRMED: confirmed, "identity_how": how if confirmed else None})
    view = await _view(request, attempt)
    await log_operation(request, "identify" if confirmed else "not_identified", "case", _cases(view), len(view.debts))
    live.tell(visitor_of(request).account_login)
    return web.json_response({"view": _shown(request, view, amounts=confirmed)})


@routes.put("/desk/draft")
@requires(Right.DESK, Right.RESULT_WRITE)
async def draft(request: web.Request) -> web.StreamResponse:
    body = await body_of(request)
    attempt, content = await _attempt(request, body), body.get("content")
    if not isinstance(content, dict):
        return refused(422, TOO_LONG)
    typed = {name: value for name, value in content.items() if name != CONFIRMED}
    await _keep(request, attempt, typed, {})
    return web.json_response({})


@routes.get("/desk/talks/{attempt}")
@requires(Right.DESK, Right.CASE_VIEW)
async def talk(request: web.Request) -> web.StreamResponse:
    """An earlier talk: to enter its result, or to correct it."""
    attempt = await _attempt(request, request.match_info)
    desk_of(request).live.views.forget(attempt)  # what has happened since is to be seen
    view, known = await _view(request, attempt), await _draft(request, attempt)
    await log_operation(request, "view", "case", _cases(view), len(view.debts))
    amounts = known.get(CONFIRMED) is True
    return web.json_response({"view": _shown(request, view, amounts=amounts), "draft": known})


@routes.get("/desk/appointments")
@requires(Right.DESK, Right.RESULT_WRITE, activity=False)
async def appointments(request: web.Request) -> web.StreamResponse:
    attempt = await _attempt(request, request.query)
    desk, now = desk_of(request), parts_of(request).clock.now()
    circumstances = await desk.talks.circumstances(attempt, desk.live.parts.book, now)
    if circumstances is None:
        return refused(404, NO_TALK)
    return web.json_response(days_offered(circumstances, now))


@routes.post("/desk/results")
@requires(Right.DESK, Right.RESULT_WRITE)
async def results(request: web.Request) -> web.StreamResponse:
    visitor, desk, now = of_this_city(request), desk_of(request), parts_of(request).clock.now()
    body = await body_of(request)
    attempt, expected = await _attempt(request, body), body.get("expected_number")
    if not isinstance(expected, int) or isinstance(expected, bool):
        return _problems(FieldProblems({"result": "画面を読み直してから、もう一度登録してください"}))
    form = {name: value for name, value in body.items() if name not in ("attempt", "expected_number")}
    entered = entered_from(form)
    if isinstance(entered, Entered):
        entered = await _identified(request, attempt, entered)
    circumstances = await desk.talks.circumstances(attempt, desk.live.parts.book, now)
    if circumstances is None:
        return refused(404, NO_TALK)
    circumstances = replace(circumstances, corrects=expected > 0)  # nobody means to correct what he has not seen
    result = resolved(entered, circumstances) if isinstance(entered, Entered) else entered
    if not isinstance(result, Resolved):
        return _problems(result)
    try:
        number = await desk.talks.save(attempt, result, expected_number=expected, by=visitor.account_login, now=now)
    except StaleResult:
        return await _stale(request, attempt)
    except NotRecorded as wrong:
        return _problems(FieldProblems({"result": wrong.lines[0]}))
    except NoTalk:
        await _finish(request, attempt)
        return web.json_response({"number": expected, "told": TOO_SHORT})
    except UnknownAttempt:
        return refused(404, NO_TALK)
    await log_operation(request, "create" if number == 1 else "update", "talk", [attempt], 1)
    await _finish(request, attempt)
    decides = desk.live.parts.book.city.talk.lets_decide(visitor.rights)
    told = (DECIDE if decides else SUPERVISOR_DECIDES) if decidable(result.talk) else None
    return web.json_response({"number": number} | ({"told": told} if told else {}))


@routes.post("/desk/leave-result")
@requires(Right.DESK, Right.RESULT_WRITE)
async def leave_result(request: web.Request) -> web.StreamResponse:
    """What somebody else entered stays; what was typed here is given up."""
    attempt = await _attempt(request, await body_of(request))
    parts, visitor = parts_of(request), visitor_of(request)
    await parts.database.ask(lambda connection: drop_draft(connection, parts.city.key, attempt, visitor.account_login))
    await log_operation(request, "delete", "draft", [attempt], 1)
    await _finish(request, attempt)
    return web.json_response({})


# --- inside


async def _attempt(request: web.Request, given: Mapping[str, object]) -> AttemptId:
    """One's own, or one that may be corrected. 404 for whatever else, so that nobody learns what there is."""
    visitor, parts = of_this_city(request), parts_of(request)
    attempt = AttemptId(str(given.get("attempt")))
    desk = desk_of(request).live.desk_of(visitor.account_login)
    if desk is not None and desk.attempt == attempt:
        return attempt
    own = await parts.database.ask(lambda connection: is_own(connection, visitor.city, attempt, visitor.account_login))
    if own is None or not (own or visitor.may(Right.RESULT_CORRECT_OTHERS)):
        raise web.HTTPNotFound
    return attempt


async def _view(request: web.Request, attempt: AttemptId) -> CaseView:
    view = await desk_of(request).live.views.of(attempt)
    if view is None:
        raise web.HTTPNotFound
    return view


def _cases(view: CaseView) -> list[str]:
    return [str(debt.case) for debt in view.debts]


def _shown(request: web.Request, view: CaseView, *, amounts: bool) -> Json:
    return shown(view, amounts=amounts, operator_name=visitor_of(request).name)


async def _draft(request: web.Request, attempt: AttemptId) -> dict[str, object]:
    """What was typed; of a talk that has a result already, that result."""
    parts, login = parts_of(request), visitor_of(request).account_login

    async def work(connection: AsyncConnection) -> dict[str, object]:
        known = await talks.draft(connection, parts.city.key, attempt, login)
        if known is not None:
            return known
        record = await last_record(connection, parts.city.key, attempt)
        return {} if record is None else as_draft(record)

    return await parts.database.ask(work)


async def _keep(
    request: web.Request, attempt: AttemptId, typed: Mapping[str, object], confirmed: Mapping[str, object]
) -> None:
    """What is typed never changes what was confirmed, whichever of the two comes first."""
    parts, login = parts_of(request), visitor_of(request).account_login
    city, now = parts.city.key, parts.clock.now()

    async def work(connection: AsyncConnection) -> bool:
        await one_at_a_time(connection, attempt, login)
        before = await talks.draft(connection, city, attempt, login)
        if before is None:
            record = await last_record(connection, city, attempt)
            before = {} if record is None else as_draft(record)
        kept = {CONFIRMED: before.get(CONFIRMED)}
        content = {**before, **typed, **kept, **confirmed}
        return await talks.keep_draft(connection, city, attempt, content, by=login, now=now)

    if not await parts.database.ask(work):
        raise web.HTTPUnprocessableEntity(text=TOO_LONG)


async def _identified(request: web.Request, attempt: AttemptId, entered: Entered) -> Entered:
    """Whether somebody was confirmed is what the server was told at the gate, not what a form says."""
    known = await _draft(request, attempt)
    confirmed, how = known.get(CONFIRMED), known.get("identity_how")
    return replace(
        entered,
        identity_confirmed=confirmed if isinstance(confirmed, bool) else None,
        identity_how=how if isinstance(how, str) else None,
    )


async def _finish(request: web.Request, attempt: AttemptId) -> None:
    """The page of this call is done: the engine may give the next one."""
    desk, login = desk_of(request), visitor_of(request).account_login
    desk.live.views.forget(attempt)
    own = desk.live.desk_of(login)
    if own is not None and own.attempt == attempt:
        await desk.orders.order(own.phone, OrderKind.FINISH, {"attempt": attempt}, by=login)
    desk.live.tell(login)


async def _stale(request: web.Request, attempt: AttemptId) -> web.Response:
    desk_of(request).live.views.forget(attempt)
    view, known = await _view(request, attempt), await _draft(request, attempt)
    theirs = view.records[-1]
    amounts = known.get(CONFIRMED) is True
    told = {"name": theirs.name, "by": theirs.by, "note": theirs.note if amounts else ""}
    return refused(409, STALE, theirs=told, view=_shown(request, view, amounts=amounts))


def _problems(found: FieldProblems) -> web.Response:
    return web.json_response({"message": "入力を確かめてください。", **found.as_json()}, status=422)
