"""Who has called us: whose case it is, or what was asked when it concerns none (I-012, I-015)."""

from typing import TypeGuard

from aiohttp import web

from dialer.core.channel_ids import came_in
from dialer.core.rights import Right
from dialer.core.talk_entry import CONTROL
from dialer.core.talk_form import FieldProblems
from dialer.core.talk_results import TalkRules
from dialer.core.values import CaseId
from dialer.store.case_rows import HIGHEST_ID
from dialer.store.inbound import NotAttached
from dialer.store.inquiries import Inquiry
from dialer.store.talks import NoTalk, StaleResult, UnknownAttempt
from dialer.web.desk import body_of, refused
from dialer.web.desk_calls import NO_TALK, READ_AGAIN, cases_of, finish, keep, own_call, problems_told
from dialer.web.desk_parts import desk_of
from dialer.web.desk_rows import CONFIRMED, CONFIRMED_CASE
from dialer.web.live_views import shown
from dialer.web.parts import parts_of
from dialer.web.security import Limited, log_operation, requires, visitor_of

routes = web.RouteTableDef()

CHOOSE = "案件を選んでください。"
STALE = "ほかの人が先に登録しました。表示を確かめてから、もう一度登録してください。"
TOO_SHORT = "つながってすぐに切れた通話のため、登録はいりません。"
OPENED_ANEW: dict[str, object] = {
    CONFIRMED: None,
    CONFIRMED_CASE: None,
    "identity_how": None,
    "steps": [],
    "result": None,
}


@routes.post("/desk/callers/case")
@requires(Right.DESK, Right.CASE_VIEW, Right.RESULT_WRITE, limited=Limited.REFUSED)
async def choose_case(request: web.Request) -> web.StreamResponse:
    """Whose case it is; none: nobody whom we know. May be changed until a result is in."""
    body, desk, login = await body_of(request), desk_of(request), visitor_of(request).account_login
    call, case = await own_call(request, body), body.get("case")
    if not came_in(call):
        return refused(404, NO_TALK)
    if not (case is None or (_is_whole(case) and 0 < case <= HIGHEST_ID)):
        return refused(422, CHOOSE)
    chosen, now = None if case is None else CaseId(case), parts_of(request).clock.now()
    try:
        await desk.callers.attach(call, chosen, by=login, now=now)
    except NotAttached as why:
        return refused(409, f"{why}。")
    await keep(request, call, {}, OPENED_ANEW)
    desk.live.views.forget(call)
    view = await desk.live.views.of(call)
    cases = [] if view is None else cases_of(view)
    await log_operation(request, "attach", "case", cases or [call], len(cases))
    desk.live.tell(login)
    seen = view and shown(view, amounts=False, operator_name=visitor_of(request).name)
    return web.json_response({"view": seen})


@routes.post("/desk/inquiries")
@requires(Right.DESK, Right.RESULT_WRITE, limited=Limited.REFUSED)
async def inquiries(request: web.Request) -> web.StreamResponse:
    """A talk that concerns no case."""
    body, desk, login = await body_of(request), desk_of(request), visitor_of(request).account_login
    call, expected = await own_call(request, body), body.get("expected_number")
    if not _is_whole(expected):
        return problems_told(FieldProblems({"inquiry": READ_AGAIN}))
    inquiry = _inquiry(body, desk.live.parts.book.city.talk, corrects=expected > 0)
    if not isinstance(inquiry, Inquiry):
        return problems_told(inquiry)
    now = parts_of(request).clock.now()
    try:
        number = await desk.inquiries.save(call, inquiry, expected_number=expected, by=login, now=now)
    except StaleResult:
        desk.live.tell(login)
        return refused(409, STALE)
    except NoTalk:
        await finish(request, call)
        return web.json_response({"number": expected, "told": TOO_SHORT})
    except UnknownAttempt:
        return refused(404, NO_TALK)
    await log_operation(request, "create" if number == 1 else "update", "inquiry", [call], 1)
    await finish(request, call)
    return web.json_response({"number": number})


def _inquiry(body: dict[str, object], talk: TalkRules, *, corrects: bool) -> Inquiry | FieldProblems:
    category, note, why = (body.get(name) for name in ("inquiry", "note", "why"))
    name = talk.inquiries.get(category) if isinstance(category, str) else None
    written, reason = (one.strip() if isinstance(one, str) else "" for one in (note, why))
    wrong: dict[str, str] = {}
    if name is None:
        wrong["inquiry"] = "分類を選んでください"
    for field, words in (("note", written), ("why", reason)):
        if len(words) > talk.note_longest or CONTROL.search(words):
            wrong[field] = f"制御文字のない{talk.note_longest:,}文字までで書いてください"
    if corrects and not reason:
        wrong["why"] = "訂正の理由を書いてください"
    if wrong or name is None:
        return FieldProblems(wrong)
    return Inquiry(str(category), name, written, reason if corrects else None)


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
