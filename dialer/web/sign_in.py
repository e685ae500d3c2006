"""Signing in and out, locking and unlocking (X-001, X-002, X-007).

Whoever is refused learns nothing: the same words, the same work, whether the login exists, is locked out or suspended.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from dialer.core.rights import LockOut, RefusedBecause, SessionEnd, SignInKind
from dialer.store.staff_logs import SignInEntry
from dialer.web.attendance import leave_seat, step_away, tell_page
from dialer.web.bodies import form_of, json_of
from dialer.web.codes import step_of
from dialer.web.cookies import give, new_secret, secret_of, take_back
from dialer.web.csrf import token_for
from dialer.web.guard import address_of
from dialer.web.limiter import Allowed
from dialer.web.parts import parts_of
from dialer.web.security import public, signed_in, took_so_far, visitor_of, wants_page
from dialer.web.views import goes_to, page, problem, safe_next

routes = web.RouteTableDef()

LONGEST_LOGIN = 64
NOT_SIGNED_IN = (
    "サインインできませんでした。ログインIDとパスワード（二段階認証をお使いの方は確認コードも）をお確かめください。"
    "続けて違うと、しばらくサインインできなくなります。お困りのときは、管理者にお尋ねください。"
)
NOT_UNLOCKED = "パスワードが違います。続けて違うと、しばらく解除できなくなります。"
TOO_OFTEN = "短い時間に何度も試されたため、受け付けられません。1分ほどしてから、もう一度お試しください。"


@dataclass(frozen=True, slots=True)
class Fields:
    """What was sent, by a form or as JSON."""

    values: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")


async def fields_of(request: web.Request) -> Fields:
    """Empty when it is neither."""
    sent = await (json_of(request) if request.content_type == "application/json" else form_of(request))
    items = dict(sent) if isinstance(sent, Mapping) else {}
    return Fields({name: value for name, value in items.items() if isinstance(value, str)})


def as_login(typed: str) -> str:
    """As people type it: full width, capitals and blanks do not matter."""
    return unicodedata.normalize("NFKC", typed).strip().casefold()[:LONGEST_LOGIN]


def lock_out(request: web.Request) -> LockOut:
    web_settings = parts_of(request).settings.web
    return LockOut(after=web_settings.lock_out_after, first_seconds=web_settings.lock_out_seconds)


async def note(
    request: web.Request,
    kind: SignInKind,
    *,
    login: str | None,
    session: int | None = None,
    reason: RefusedBecause | SessionEnd | None = None,
) -> None:
    entry = SignInEntry(
        at=parts_of(request).clock.now(),
        kind=kind,
        address=address_of(request),
        took_ms=took_so_far(request),
        login=login,
        session=session,
        reason=reason.value if reason else None,
    )
    await parts_of(request).logs.sign_in(entry)


async def too_often(request: web.Request) -> web.StreamResponse | None:
    """The answer to an address that tries and tries; None when it may go on."""
    parts = parts_of(request)
    allowed = parts.limiter.ask(address_of(request), parts.clock.monotonic())
    if allowed is Allowed.YES:
        return None
    if allowed is Allowed.NO_FOR_THE_FIRST_TIME:
        await note(request, SignInKind.REFUSED, login=None, reason=RefusedBecause.TOO_OFTEN)
    answer = problem(request, 429, "しばらくお待ちください", TOO_OFTEN)
    answer.headers["Retry-After"] = "60"
    return answer


async def right_password(
    request: web.Request, login: str, password: str, code: str | None = None
) -> RefusedBecause | None:
    """None when it is right, and so is the code, where one is asked for. Every path does the same work."""
    parts = parts_of(request)
    may_try = await parts.sessions.begin_try(login, lock_out(request), parts.clock.now())
    known = await parts.staff.credentials(login)
    right = await parts.passwords.verify(known.hash if known else None, password)
    if not may_try:
        return RefusedBecause.WAIT
    if known is None:
        return RefusedBecause.UNKNOWN
    if not right:
        return RefusedBecause.WRONG
    if known.suspended:
        return RefusedBecause.SUSPENDED
    if code is not None and not await _is_right_code(request, login, code):
        return RefusedBecause.WRONG_CODE
    await parts.sessions.forgive(login)
    return None


async def _is_right_code(request: web.Request, login: str, code: str) -> bool:
    """Also when this person uses none."""
    parts = parts_of(request)
    secret = await parts.factors.secret(login)
    step = step_of(secret, code, parts.clock.now()) if secret is not None else None
    return secret is None or (step is not None and await parts.factors.use(login, step))


# --- signing in


@routes.get("/sign-in")
@public
async def sign_in_page(request: web.Request) -> web.StreamResponse:
    return page(request, "sign_in.html", next=safe_next(request.query.get("next")), login="", wrong=None)


@routes.post("/sign-in")
@public
async def sign_in(request: web.Request) -> web.StreamResponse:
    if (refused := await too_often(request)) is not None:
        return refused
    fields, parts = await fields_of(request), parts_of(request)
    login, now = as_login(fields["login"]), parts.clock.now()
    why = await right_password(request, login, fields["password"], fields["code"])
    cities = await parts.staff.cities(login, now)
    if why is None and not cities:
        why = RefusedBecause.NO_GRANT
    if why is not None:
        return await _refused(request, fields, login, why)
    secret = new_secret()  # never the one that came: nobody can lay a session ready for somebody else
    await _end_old(request)
    city = parts.city.key if parts.city.key in cities else cities[0]
    session = await parts.sessions.open(secret, login, city, address_of(request), now)
    if session is None:
        return await _refused(request, fields, login, RefusedBecause.SUSPENDED)
    tell_page(request, login)
    await note(request, SignInKind.SIGNED_IN, login=login, session=session)
    if wants_page(request):
        answer = goes_to(safe_next(fields["next"]))
    else:
        answer = web.json_response({"login": login, "token": token_for(secret)})
    give(answer, secret)
    return answer


async def _refused(request: web.Request, fields: Fields, login: str, why: RefusedBecause) -> web.StreamResponse:
    known = await parts_of(request).staff.credentials(login)
    await note(request, SignInKind.REFUSED, login=login if known else None, reason=why)
    if not wants_page(request):
        return web.json_response({"message": NOT_SIGNED_IN}, status=401)
    kept = {"next": safe_next(fields["next"]), "login": fields["login"][:LONGEST_LOGIN]}
    return page(request, "sign_in.html", status=401, wrong=NOT_SIGNED_IN, **kept)


async def _end_old(request: web.Request) -> None:
    """Whoever sat at this browser before is out."""
    parts, secret = parts_of(request), secret_of(request)
    now = parts.clock.now()
    old = await parts.sessions.find(secret, now) if secret else None
    if old is not None:
        await parts.sessions.end(old.id, SessionEnd.SIGNED_OUT, now)


@routes.post("/sign-out")
@signed_in(while_locked=True, with_old_password=True)
async def sign_out(request: web.Request) -> web.StreamResponse:
    parts, visitor = parts_of(request), visitor_of(request)
    await leave_seat(request, visitor.account_login)
    if await parts.sessions.end(visitor.session_id, SessionEnd.SIGNED_OUT, parts.clock.now()):
        await note(request, SignInKind.SIGNED_OUT, login=visitor.account_login, session=visitor.session_id)
    answer = goes_to("/sign-in") if wants_page(request) else web.json_response({})
    take_back(answer)
    return answer


# --- locking


@routes.post("/active")
@signed_in()
async def active(_request: web.Request) -> web.StreamResponse:
    """Somebody types, or talks: a page says so now and then, and is not locked."""
    return web.Response(status=204)


@routes.post("/lock")
@signed_in(with_old_password=True)
async def lock(request: web.Request) -> web.StreamResponse:
    parts, visitor = parts_of(request), visitor_of(request)
    await step_away(request, visitor.account_login)
    if await parts.sessions.lock(visitor.session_id, parts.clock.now()):
        await note(request, SignInKind.LOCKED, login=visitor.account_login, session=visitor.session_id)
    return goes_to("/unlock") if wants_page(request) else web.json_response({})


@routes.get("/unlock")
@signed_in(while_locked=True, with_old_password=True, activity=False)
async def unlock_page(request: web.Request) -> web.StreamResponse:
    back = safe_next(request.query.get("next"))
    if not visitor_of(request).locked:
        return goes_to(back)
    return page(request, "unlock.html", next=back, wrong=None)


@routes.post("/unlock")
@signed_in(while_locked=True, with_old_password=True, activity=False)
async def unlock(request: web.Request) -> web.StreamResponse:
    """By a form, or as JSON by a page that keeps what was typed into it."""
    if (refused := await too_often(request)) is not None:
        return refused
    parts, visitor, fields = parts_of(request), visitor_of(request), await fields_of(request)
    login = visitor.account_login
    why = await right_password(request, login, fields["password"])
    if why is not None or not await parts.sessions.unlock(visitor.session_id, parts.clock.now()):
        await note(request, SignInKind.UNLOCK_REFUSED, login=login, session=visitor.session_id, reason=why)
        if not wants_page(request):
            return web.json_response({"locked": True, "message": NOT_UNLOCKED}, status=401)
        return page(request, "unlock.html", status=401, next=safe_next(fields["next"]), wrong=NOT_UNLOCKED)
    await note(request, SignInKind.UNLOCKED, login=login, session=visitor.session_id)
    if wants_page(request):
        return goes_to(safe_next(fields["next"]))
    return web.json_response({"login": login, "token": visitor.token})
