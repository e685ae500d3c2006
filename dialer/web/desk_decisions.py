"""What the tender leaves to a person: to end a case, or to go on calling (C-047). Who may is a setting of the city."""

from functools import partial
from typing import TypeGuard

from aiohttp import web

from dialer.core.rights import Right
from dialer.core.rules.happenings import Judgement
from dialer.core.talk_entry import CONTROL
from dialer.core.talk_results import TalkRules
from dialer.core.values import CaseId
from dialer.store.case_decisions import CaseDecision, NotOffered, StaleCase, UnknownCase, save_decision
from dialer.web.desk import NO_CASE, body_of, of_this_city, refused
from dialer.web.desk_parts import DeskParts, desk_of
from dialer.web.parts import parts_of
from dialer.web.security import Limited, Visitor, log_operation, requires

routes = web.RouteTableDef()

NOT_YOURS = "この市では、案件を完了とする判断は管理者が行います。管理者に依頼してください。"
CHOOSE = "判断を選んでください。"
READ_AGAIN = "画面を読み直してから、もう一度判断してください。"
STALE = "表示したあとに、この案件の記録が増えました。最新の内容を確かめてから、もう一度判断してください。"
NOT_OFFERED = "この案件は、いまは担当者の判断で完了とすることができません。"


@routes.post("/desk/decide")
@requires(Right.DESK, Right.CASE_VIEW, Right.RESULT_WRITE, limited=Limited.REFUSED)
async def decide(request: web.Request) -> web.StreamResponse:
    visitor, desk, body = of_this_city(request), desk_of(request), await body_of(request)
    book = desk.live.parts.book
    if not book.city.talk.lets_decide(visitor.rights):
        return refused(403, NOT_YOURS)
    order = _order(body, visitor, request, book.city.talk)
    if isinstance(order, str):
        return refused(422, order)
    try:
        await parts_of(request).database.ask(partial(save_decision, city=visitor.city, order=order, book=book))
    except UnknownCase:
        return refused(404, NO_CASE)
    except (StaleCase, NotOffered) as why:
        _show_anew(desk, visitor)
        return refused(409, STALE if isinstance(why, StaleCase) else NOT_OFFERED)
    await log_operation(request, "decide", "case", [order.case], 1)
    _show_anew(desk, visitor)
    return web.json_response({})


def _order(body: dict[str, object], visitor: Visitor, request: web.Request, talk: TalkRules) -> CaseDecision | str:
    case, choice, happened, reason = (body.get(name) for name in ("case", "choice", "happened", "reason"))
    if not (_is_whole(case) and _is_whole(happened)):
        return READ_AGAIN
    if choice not in list(Judgement):
        return CHOOSE
    written = reason.strip() if isinstance(reason, str) else ""
    if len(written) > talk.note_longest or CONTROL.search(written):
        return f"理由は、制御文字のない{talk.note_longest:,}文字までで書いてください。"
    now = parts_of(request).clock.now()
    return CaseDecision(CaseId(case), Judgement(str(choice)), visitor.account_login, now, happened, written)


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _show_anew(desk: DeskParts, visitor: Visitor) -> None:
    """The call that stands at the desk may be for the same case."""
    own = desk.live.desk_of(visitor.account_login)
    if own is not None and own.attempt is not None:
        desk.live.views.forget(own.attempt)
    desk.live.tell(visitor.account_login)
