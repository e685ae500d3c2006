"""Accounts, for the administrator of a city: made, suspended, ended, with roles also for a time, and their history.

What is done goes through `dialer.staffing`, as on the command line. Whoever acts on a page that is out of date is told
what the other one did, and nothing is changed.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from aiohttp import web

from dialer.core.rights import Right
from dialer.core.values import TOKYO, to_the_minute
from dialer.staffing import LONGEST_NAME, LONGEST_REASON, Actor, CannotDo, NewAccount, Outdated, Staffing
from dialer.store.staff import Account
from dialer.store.staff_grants import GrantOrder
from dialer.store.staff_history import Happened, seen_of
from dialer.web.attendance import tell_page
from dialer.web.bodies import form_of
from dialer.web.desk import of_this_city
from dialer.web.parts import parts_of
from dialer.web.security import Limited, log_operation, requires, visitor_of
from dialer.web.sign_in import Fields, as_login, fields_of
from dialer.web.views import goes_to, page

routes = web.RouteTableDef()

NO_REASON = "理由を入れてください。履歴に残ります。"
NO_ACT = "操作を選んでください。"
HAPPENED = {
    "created": "作成",
    "suspended": "停止",
    "resumed": "停止の解除",
    "ended": "終了",
    "sessions_ended": "強制サインアウト",
    "code_on": "二段階認証の開始",
    "code_off": "二段階認証の終了",
    "granted": "権限の付与",
    "revoked": "権限の取消し",
    "password_set": "仮パスワードの設定",
}


@routes.get("/accounts")
@requires(Right.ACCOUNTS, limited=Limited.REFUSED)
async def accounts(request: web.Request) -> web.StreamResponse:
    return await _list(request)


@routes.post("/accounts")
@requires(Right.ACCOUNTS, limited=Limited.REFUSED)
async def make(request: web.Request) -> web.StreamResponse:
    """With a temporary password that is shown once."""
    of_this_city(request)
    fields, staffing = await fields_of(request), _staffing(request)
    login, roles = as_login(fields["login"]), tuple((await form_of(request)).getall("role", ()))
    new = NewAccount(login, fields["name"], tuple(str(one) for one in roles), "")
    try:
        password = staffing.temporary_password(login)
        await staffing.make(_actor(request, fields), replace(new, password=password))
    except CannotDo as refused:
        return await _list(request, wrong=str(refused), typed=new)
    return await _one(request, login, temporary=password)


@routes.post("/sessions/end")
@requires(Right.ACCOUNTS, limited=Limited.REFUSED)
async def end_session(request: web.Request) -> web.StreamResponse:
    """Whoever works there is out at once."""
    of_this_city(request)
    fields, parts, visitor = await fields_of(request), parts_of(request), visitor_of(request)
    number = fields["session"]
    if number.isascii() and number.isdecimal() and len(number) <= 18:
        await log_operation(request, "end_sessions", "session", [number], 1)
        by, now = visitor.account_login, parts.clock.now()
        login = await parts.sessions.end_one(int(number), visitor.city, by, fields["reason"].strip(), now)
        if login is not None:
            tell_page(request, login)
    return goes_to("/accounts")


@routes.get(r"/accounts/{login:[a-z][a-z0-9._-]{1,31}}")
@requires(Right.ACCOUNTS, limited=Limited.REFUSED)
async def account(request: web.Request) -> web.StreamResponse:
    return await _one(request, request.match_info["login"])


@routes.post(r"/accounts/{login:[a-z][a-z0-9._-]{1,31}}")
@requires(Right.ACCOUNTS, limited=Limited.REFUSED)
async def change(request: web.Request) -> web.StreamResponse:
    of_this_city(request)
    login, fields = request.match_info["login"], await fields_of(request)
    fields.values["groups"] = " ".join(str(one) for one in (await form_of(request)).getall("group", ()))
    if await _known(request, login) is None:
        raise web.HTTPNotFound
    act = ACTS.get(fields["act"])
    if act is None:
        return await _one(request, login, wrong=NO_ACT)
    try:
        actor = _actor(request, fields)
        if fields["act"] in WITH_REASON and not actor.reason:
            raise CannotDo(NO_REASON)
        temporary = await act(_staffing(request), actor, login, fields)
    except Outdated as outdated:
        return await _one(request, login, wrong=str(outdated), others=outdated.changes)
    except CannotDo as refused:
        return await _one(request, login, wrong=str(refused))
    tell_page(request, login)
    return goes_to(f"/accounts/{login}") if temporary is None else await _one(request, login, temporary=temporary)


# --- what can be done: each returns a temporary password, or nothing

Act = Callable[[Staffing, Actor, str, Fields], Awaitable[str | None]]


async def _suspend(staffing: Staffing, actor: Actor, login: str, _: Fields) -> None:
    await staffing.suspend(actor, login, suspended=True)


async def _resume(staffing: Staffing, actor: Actor, login: str, _: Fields) -> None:
    await staffing.suspend(actor, login, suspended=False)


async def _end(staffing: Staffing, actor: Actor, login: str, _: Fields) -> None:
    await staffing.end(actor, login)


async def _end_sessions(staffing: Staffing, actor: Actor, login: str, _: Fields) -> None:
    await staffing.end_sessions(actor, login)


async def _grant(staffing: Staffing, actor: Actor, login: str, fields: Fields) -> None:
    """From a day until the end of another; from now on without. For some groups only, where any are chosen."""
    starts = _day(fields["from"], "始まり") or actor.now
    last = _day(fields["until"], "終わり")
    ends = last + timedelta(days=1) if last is not None else None
    groups = tuple(dict.fromkeys(fields["groups"].split()))
    order = GrantOrder(staffing.city.key, fields["role"], actor.by, actor.reason, starts, ends, groups=groups)
    await staffing.grant(actor, login, order)


async def _revoke(staffing: Staffing, actor: Actor, login: str, fields: Fields) -> None:
    order = GrantOrder(staffing.city.key, fields["role"], actor.by, actor.reason, actor.now, granted=False)
    await staffing.grant(actor, login, order)


async def _password(staffing: Staffing, actor: Actor, login: str, _: Fields) -> str:
    drawn = staffing.temporary_password(login)
    await staffing.set_password(actor, login, drawn)
    return drawn


async def _code_off(staffing: Staffing, actor: Actor, login: str, _: Fields) -> None:
    if not await staffing.turn_code_off(actor, login):
        raise CannotDo("二段階認証は使われていません。")


ACTS: dict[str, Act] = {
    "suspend": _suspend,
    "resume": _resume,
    "end": _end,
    "end_sessions": _end_sessions,
    "grant": _grant,
    "revoke": _revoke,
    "password": _password,
    "code_off": _code_off,
}
WITH_REASON = ("suspend", "end", "grant", "revoke", "code_off")


def _day(typed: str, what: str) -> datetime | None:
    """Midnight of Japan."""
    if not typed.strip():
        return None
    try:
        return datetime.strptime(typed.strip(), "%Y-%m-%d").replace(tzinfo=TOKYO)
    except ValueError:
        raise CannotDo(f"{what}の日付を確かめてください。") from None


# --- the pages


def _staffing(request: web.Request) -> Staffing:
    parts = parts_of(request)
    return Staffing(parts.database, parts.city, parts.passwords)


def _actor(request: web.Request, fields: Fields) -> Actor:
    visitor = visitor_of(request)
    return Actor(
        by=visitor.account_login,
        now=parts_of(request).clock.now(),
        session=visitor.session_id,
        seen=fields["seen"],  # who sends none has seen nothing
        reason=fields["reason"].strip()[:LONGEST_REASON],
    )


async def _of_city(request: web.Request) -> list[Account]:
    """Whoever ever had a right here, and who never had one anywhere."""
    parts = parts_of(request)
    everybody = await parts.staff.accounts(parts.clock.now())
    return [one for one in everybody if not one.cities or parts.city.key in one.cities]


async def _known(request: web.Request, login: str) -> Account | None:
    return next((one for one in await _of_city(request) if one.login == login), None)


async def _list(
    request: web.Request, *, wrong: str | None = None, typed: NewAccount | None = None
) -> web.StreamResponse:
    visitor, parts = of_this_city(request), parts_of(request)
    found = await _of_city(request)
    now = parts.clock.now()
    running = await parts.sessions.running(visitor.city, now - timedelta(hours=parts.settings.web.session_hours))
    await log_operation(request, "view", "account", [one.login for one in found], len(found))
    return page(
        request,
        "accounts.html",
        status=422 if wrong else 200,
        city=parts.city,
        accounts=found,
        running=running,
        roles=await parts.staff.roles(),
        wrong=wrong,
        typed=typed,
        longest=LONGEST_NAME,
        tokyo=to_the_minute,
    )


async def _one(
    request: web.Request,
    login: str,
    *,
    wrong: str | None = None,
    others: tuple[Happened, ...] | None = None,
    temporary: str | None = None,
) -> web.StreamResponse:
    of_this_city(request)
    parts, known = parts_of(request), await _known(request, login)
    if known is None:
        raise web.HTTPNotFound
    happened = await parts.staff.history(login)
    await log_operation(request, "view", "account", [login], 1)
    return page(
        request,
        "account.html",
        status=409 if others is not None else 422 if wrong else 200,
        city=parts.city,
        account=known,
        history=happened,
        seen=seen_of(happened),
        roles=await parts.staff.roles(),
        names=HAPPENED,
        wrong=wrong,
        others=others,
        temporary=temporary,
        longest=LONGEST_REASON,
        tokyo=to_the_minute,
    )
