"""What is entered for a talk: who was on the line, what was typed so far, the result."""

from dataclasses import replace

from aiohttp import web

from dialer.core.case_view import CaseView
from dialer.core.channel_ids import came_in
from dialer.core.rights import Right
from dialer.core.rules.talks import decidable
from dialer.core.talk_entry import Resolved, resolved
from dialer.core.talk_form import Entered, FieldProblems, entered_from
from dialer.core.talk_results import Json
from dialer.core.values import CallId
from dialer.store.case_events import NotRecorded
from dialer.store.talks import NoCase, NoTalk, StaleResult, UnknownAttempt
from dialer.web.desk import body_of, of_this_city, refused
from dialer.web.desk_calls import (
    NO_TALK,
    OTHER_CASE,
    READ_AGAIN,
    TOO_LONG,
    cases_of,
    draft_of,
    finish,
    keep,
    own_call,
    problems_told,
    shows,
    view_of,
)
from dialer.web.desk_days import days_offered
from dialer.web.desk_parts import desk_of
from dialer.web.desk_rows import CONFIRMED, CONFIRMED_CASE, confirmed_for, drop_draft
from dialer.web.live_views import shown
from dialer.web.parts import parts_of
from dialer.web.security import Limited, log_operation, requires, visitor_of

routes = web.RouteTableDef()

NO_HOW = "確認の方法を選んでください。"
TOO_SHORT = "つながってすぐに切れた通話のため、結果の登録はいりません。"
STALE = "ほかの人が先に結果を登録しました。"
NO_CASE = "どなたの案件か、まだ選ばれていません。案件を選ぶか、問い合わせの分類を登録してください。"
DECIDE = "完了とするかどうかは担当者の判断です。「最近の通話」か「検索」から開いて判断できます。"
SUPERVISOR_DECIDES = "完了とするかどうかは管理者の判断です。"


@routes.post("/desk/identity")
@requires(Right.DESK, Right.CASE_VIEW, limited=Limited.REFUSED)
async def identity(request: web.Request) -> web.StreamResponse:
    """The gate before amounts. What was confirmed stays with the draft, so that every page of this operator knows."""
    body = await body_of(request)
    attempt = await own_call(request, body)
    confirmed, how = body.get("confirmed") is True, body.get("how")
    live = desk_of(request).live
    if confirmed and not (isinstance(how, str) and how in live.parts.book.city.talk.identity):
        return refused(422, NO_HOW, problems={"identity_how": NO_HOW})
    view = await view_of(request, attempt)
    if not shows(view, body):
        return refused(409, OTHER_CASE)
    what = {CONFIRMED: confirmed, CONFIRMED_CASE: view.case, "identity_how": how if confirmed else None}
    await keep(request, attempt, {}, what)
    await log_operation(request, "identify" if confirmed else "not_identified", "case", cases_of(view), len(view.debts))
    live.tell(visitor_of(request).account_login)
    return web.json_response({"view": _shown(request, view, amounts=confirmed)})


@routes.put("/desk/draft")
@requires(Right.DESK, Right.RESULT_WRITE, limited=Limited.REFUSED)
async def draft(request: web.Request) -> web.StreamResponse:
    body = await body_of(request)
    attempt, content = await own_call(request, body), body.get("content")
    if not isinstance(content, dict):
        return refused(422, TOO_LONG)
    await keep(request, attempt, content, {})
    return web.json_response({})


@routes.get("/desk/talks/{attempt}")
@requires(Right.DESK, Right.CASE_VIEW, limited=Limited.REFUSED)
async def talk(request: web.Request) -> web.StreamResponse:
    """An earlier talk: to enter its result, or to correct it."""
    attempt, live = await own_call(request, request.match_info), desk_of(request).live
    live.views.forget(attempt)  # what has happened since is to be seen
    view, caller, known = await live.views.of(attempt), await live.caller(attempt), await draft_of(request, attempt)
    if view is None and caller is None:
        raise web.HTTPNotFound
    cases = [*(cases_of(view) if view else ()), *map(str, caller.cases if caller else ())]
    await log_operation(request, "view", "case", cases, len(cases))
    told = caller and caller.as_json(live.parts, visitor_of(request).name)
    seen = view and _shown(request, view, amounts=confirmed_for(known, view.case))
    return web.json_response({"view": seen, "caller": told, "draft": known})


@routes.get("/desk/appointments")
@requires(Right.DESK, Right.RESULT_WRITE, activity=False, limited=Limited.REFUSED)
async def appointments(request: web.Request) -> web.StreamResponse:
    attempt = await own_call(request, request.query)
    desk, now = desk_of(request), parts_of(request).clock.now()
    circumstances = await desk.talks.circumstances(attempt, desk.live.parts.book, now)
    if circumstances is None:
        return refused(404, NO_TALK)
    return web.json_response(days_offered(circumstances, now))


@routes.post("/desk/results")
@requires(Right.DESK, Right.RESULT_WRITE, limited=Limited.REFUSED)
async def results(request: web.Request) -> web.StreamResponse:
    visitor, desk, now = of_this_city(request), desk_of(request), parts_of(request).clock.now()
    body = await body_of(request)
    attempt, expected = await own_call(request, body), body.get("expected_number")
    if not isinstance(expected, int) or isinstance(expected, bool):
        return problems_told(FieldProblems({"result": READ_AGAIN}))
    form = {name: value for name, value in body.items() if name not in ("attempt", "expected_number", "case")}
    if "case" in body and not shows(await desk.live.views.of(attempt), body):
        return refused(409, OTHER_CASE)
    entered = entered_from(form)
    if isinstance(entered, Entered):
        entered = await _identified(request, attempt, entered)
    circumstances = await desk.talks.circumstances(attempt, desk.live.parts.book, now)
    if circumstances is None:
        return refused(409, NO_CASE) if came_in(attempt) else refused(404, NO_TALK)
    circumstances = replace(circumstances, corrects=expected > 0)  # nobody means to correct what he has not seen
    result = resolved(entered, circumstances) if isinstance(entered, Entered) else entered
    if not isinstance(result, Resolved):
        return problems_told(result)
    try:
        number = await desk.talks.save(attempt, result, expected_number=expected, by=visitor.account_login, now=now)
    except StaleResult:
        return await _stale(request, attempt)
    except NotRecorded as wrong:
        return problems_told(FieldProblems({"result": wrong.lines[0]}))
    except NoCase:
        return refused(409, NO_CASE)
    except NoTalk:
        await finish(request, attempt)
        return web.json_response({"number": expected, "told": TOO_SHORT})
    except UnknownAttempt:
        return refused(404, NO_TALK)
    await log_operation(request, "create" if number == 1 else "update", "talk", [attempt], 1)
    await finish(request, attempt)
    decides = desk.live.parts.book.city.talk.lets_decide(visitor.rights)
    told = (DECIDE if decides else SUPERVISOR_DECIDES) if decidable(result.talk) else None
    return web.json_response({"number": number} | ({"told": told} if told else {}))


@routes.post("/desk/leave-result")
@requires(Right.DESK, Right.RESULT_WRITE, limited=Limited.REFUSED)
async def leave_result(request: web.Request) -> web.StreamResponse:
    """What somebody else entered stays; what was typed here is given up."""
    attempt = await own_call(request, await body_of(request))
    parts, visitor = parts_of(request), visitor_of(request)
    await parts.database.ask(lambda connection: drop_draft(connection, parts.city.key, attempt, visitor.account_login))
    await log_operation(request, "delete", "draft", [attempt], 1)
    await finish(request, attempt)
    return web.json_response({})


# --- inside


def _shown(request: web.Request, view: CaseView, *, amounts: bool) -> Json:
    return shown(view, amounts=amounts, operator_name=visitor_of(request).name)


async def _identified(request: web.Request, attempt: CallId, entered: Entered) -> Entered:
    """Whether somebody was confirmed is what the server was told at the gate, not what a form says."""
    known = await draft_of(request, attempt)
    confirmed, how = known.get(CONFIRMED), known.get("identity_how")
    return replace(
        entered,
        identity_confirmed=confirmed if isinstance(confirmed, bool) else None,
        identity_how=how if isinstance(how, str) else None,
    )


async def _stale(request: web.Request, attempt: CallId) -> web.Response:
    desk_of(request).live.views.forget(attempt)
    view, known = await view_of(request, attempt), await draft_of(request, attempt)
    theirs = view.records[-1]
    amounts = confirmed_for(known, view.case)
    told = {"name": theirs.name, "by": theirs.by, "note": theirs.note if amounts else ""}
    return refused(409, STALE, theirs=told, view=_shown(request, view, amounts=amounts))
