"""The gate that every question goes through: where it comes from, who asks, whether they may. Default: no."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from urllib.parse import unquote

import structlog
from aiohttp import web

from dialer.core.rights import SessionEnd, SignInKind
from dialer.ports import StoreFault, StoreUnavailable
from dialer.store.staff_logs import SignInEntry
from dialer.store.staff_sessions import Found
from dialer.web.bodies import NO_TEXT
from dialer.web.cookies import secret_of
from dialer.web.csrf import changes_something, from_our_page, has_token, opens_socket, token_for
from dialer.web.headers import ANSWER, WALL
from dialer.web.parts import WebParts, parts_of
from dialer.web.security import (
    BEGAN,
    VISITOR,
    Access,
    OtherCity,
    OutOfReach,
    Visitor,
    VisitState,
    declared,
    log_operation,
    took_so_far,
    visitor_of,
    wants_page,
)
from dialer.web.views import goes_to, problem, with_next

log = structlog.get_logger()

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]

NOT_OF_AN_ID = re.compile(r"[^A-Za-z0-9_-]+")
SEEN_SECONDS = 15.0  # a session's last sign of life is written no more often
OUT_OF_REACH = "この権限は担当グループ（{names}）に限られています。ほかのグループや市全体に関わる操作はできません。"
REFUSED = "この操作は受け付けられませんでした。画面を開き直してから、もう一度お試しください。"


def told_path(request: web.Request) -> str:
    """As a log may have it: what opens a screen on a wall is a secret."""
    return f"{WALL}…" if request.path.startswith(WALL) else request.path


def address_of(request: web.Request) -> str:
    return request.remote or "unknown"


@web.middleware
async def answer_always(request: web.Request, handler: Next) -> web.StreamResponse:
    """Outermost: whatever happens inside, a person reads a sentence and the process stays up."""
    request[BEGAN] = parts_of(request).clock.monotonic()
    try:
        answer = await handler(request)
    except web.HTTPException as known:
        answer = _plainly(request, known)
    except StoreUnavailable as away:
        log.warning("store away", path=told_path(request), why=str(away))
        told = AWAY + PERHAPS_DONE if changes_something(request) else AWAY
        answer = _instead(request, 503, "ただいまデータベースに接続できません", told, retry=True)
    except StoreFault as fault:
        log.error("store fault", path=told_path(request), why=str(fault))
        answer = _instead(request, 500, "処理できませんでした", FAULT)
    except Exception as fault:  # its text may quote data: the kind and the place have to do
        log.error("fault in a page", path=told_path(request), kind=type(fault).__name__, where=_place(fault))
        answer = _instead(request, 500, "処理できませんでした", FAULT)
    if not request.path.startswith("/static/"):
        _note(request, answer)
    return answer


def _note(request: web.Request, answer: web.StreamResponse) -> None:
    """Every use of the system leaves a line (X-006)."""
    visitor: Visitor | None = request.get(VISITOR)
    log.info(
        "request",
        method=request.method,
        path=told_path(request),
        status=answer.status,
        took_ms=took_so_far(request),
        session=visitor.session_id if visitor else None,
    )


AWAY = "接続できるようになると、この画面は自動で元に戻ります。"
PERHAPS_DONE = "直前の操作が行われたかどうかは、戻ってからお確かめください。"
FAULT = "システムの不具合の可能性があります。繰り返す場合は、管理者にお知らせください。"
SENTENCES = {
    404: ("ページが見つかりません", "アドレスをお確かめください。"),
    405: ("この操作はできません", REFUSED),
    422: ("受け付けられませんでした", "入力が長すぎるか、保存できない文字が含まれています。"),
    408: ("送信が途中で止まりました", "もう一度お試しください。"),
    413: ("送信されたデータが大きすぎます", "内容を減らして、もう一度お試しください。"),
}


def _plainly(request: web.Request, known: web.HTTPException) -> web.StreamResponse:
    if known.status < 400:
        return known
    heading, message = SENTENCES.get(known.status, ("処理できませんでした", REFUSED))
    answer = _instead(request, known.status, heading, message)
    if "Allow" in known.headers and "Allow" not in answer.headers and not answer.prepared:
        answer.headers["Allow"] = known.headers["Allow"]
    return answer


def _instead(
    request: web.Request, status: int, heading: str, message: str, *, retry: bool = False
) -> web.StreamResponse:
    """Of an answer that has begun already only the end is left to be sent."""
    begun: web.StreamResponse | None = request.get(ANSWER)
    if begun is not None:
        return begun
    return problem(request, status, heading, message, retry=retry)


def _place(fault: BaseException) -> str:
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown"


@web.middleware
async def let_in(request: web.Request, handler: Next) -> web.StreamResponse:
    """Handlers learn who is asking by `visitor_of`."""
    if NO_TEXT.search(unquote(request.path_qs)):
        raise web.HTTPNotFound
    if request.match_info.http_exception is not None:  # no such route: nothing to protect
        return await handler(request)
    access = declared(request.match_info.handler)
    if access is None:
        raise web.HTTPForbidden
    if changes_something(request) and not from_our_page(request):
        log.warning("refused: from another site", path=told_path(request), address=address_of(request))
        return problem(request, 403, "受け付けられませんでした", REFUSED)
    if access.public:
        return await handler(request)
    visitor, ended = await _visitor(request, access)
    if visitor is None:
        return _not_signed_in(request, ended)
    request[VISITOR] = visitor
    refused = await _refusal(request, visitor, access)
    if refused is not None:
        return refused
    try:
        return await handler(request)
    except OtherCity:
        await _note_refusal(request, "city")
        raise
    except OutOfReach:
        return await _out_of_reach(request, visitor)


async def _refusal(request: web.Request, visitor: Visitor, access: Access) -> web.StreamResponse | None:
    if visitor.locked and not access.while_locked:
        if wants_page(request):
            return goes_to(with_next("/unlock", request))
        return web.json_response({"locked": True, "message": "画面がロックされています。"}, status=401)
    if changes_something(request) and not opens_socket(request) and not await has_token(request, visitor.token):
        log.warning("refused: no token", path=told_path(request), address=address_of(request))
        return problem(request, 403, "受け付けられませんでした", REFUSED)
    if visitor.must_change and not access.with_old_password:
        if wants_page(request):
            return goes_to("/password")
        return web.json_response({"message": "先にパスワードを変更してください。"}, status=403)
    if not access.lets_in(visitor.held):
        await _note_refusal(request, "page")
        return problem(request, 403, "権限がありません", "この機能を使う権限がありません。管理者にお尋ねください。")
    if not access.is_open_to(visitor):
        return await _out_of_reach(request, visitor)
    return None


async def _out_of_reach(request: web.Request, visitor: Visitor) -> web.StreamResponse:
    city = parts_of(request).city
    access = declared(request.match_info.handler)
    reach = (access.reach(visitor) if access is not None else None) or frozenset()
    names = "、".join(city.group_name(group) for group in sorted(reach))
    await _note_refusal(request, "group")
    return problem(request, 403, "担当グループの外です", OUT_OF_REACH.format(names=names))


async def _note_refusal(request: web.Request, what: str) -> None:
    """Which page it was, as the program names it: an address may hold anything."""
    resource = request.match_info.route.resource
    name = NOT_OF_AN_ID.sub(".", resource.canonical if resource else "").strip(".")
    await log_operation(request, "refuse", what, [name[:64] or "home"], 0)


def _not_signed_in(request: web.Request, ended: SessionEnd | None) -> web.StreamResponse:
    if wants_page(request):
        return goes_to(with_next("/sign-in", request))
    told = {"locked": False, "reason": ended.value if ended else None, "message": "サインインしてください。"}
    return web.json_response(told, status=401)


async def _visitor(request: web.Request, access: Access) -> tuple[Visitor | None, SessionEnd | None]:
    """And why the session has ended, when it has."""
    secret, parts = secret_of(request), parts_of(request)
    if secret is None:
        return None, None
    now = parts.clock.now()
    found = await parts.sessions.find(secret, now)
    if found is None or found.ended is not None:
        return None, found.ended if found else None
    if found.opened_at + timedelta(hours=parts.settings.web.session_hours) <= now:
        await parts.sessions.end(found.id, SessionEnd.EXPIRED, now)
        return None, SessionEnd.EXPIRED
    locked = await _is_locked(request, parts, found)
    if access.activity and not locked and found.seen_at + timedelta(seconds=SEEN_SECONDS) <= now:
        await parts.sessions.seen(found.id, now)
    return _as_visitor(found, token_for(secret), locked=locked), None


async def _is_locked(request: web.Request, parts: WebParts, found: Found) -> bool:
    now = parts.clock.now()
    if found.locked_at is not None:
        return True
    idle = timedelta(seconds=parts.settings.web.idle_seconds)
    if -idle < now - found.seen_at < idle:  # before: the clock was set back, nobody knows for how long
        return False
    if await parts.sessions.lock(found.id, now):
        entry = SignInEntry(now, SignInKind.LOCKED, address_of(request), 0.0, found.login, found.id, "idle")
        await parts.logs.sign_in(entry)
    return True


def _as_visitor(found: Found, token: str, *, locked: bool) -> Visitor:
    return Visitor(
        account_login=found.login,
        name=found.name,
        session_id=found.id,
        city=found.city,
        rights=found.rights - found.limits.keys(),
        token=token,
        seen_at=found.seen_at,
        locked=locked,
        must_change=found.must_change,
        limits=found.limits,
    )


async def visit_state(request: web.Request) -> VisitState:
    """For a stream that goes on: whether its visitor is still there, with the same rights. Counts as no activity."""
    was = visitor_of(request)
    visitor, _ = await _visitor(request, Access(activity=False))
    if visitor is None or visitor.session_id != was.session_id or not was.held <= visitor.held:
        return VisitState.ENDED
    if visitor.limits != was.limits:
        return VisitState.ENDED
    return VisitState.LOCKED if visitor.locked else VisitState.OPEN
