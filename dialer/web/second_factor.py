"""Turning codes of a second device on and off for oneself: both need the password and a code."""

import re

from aiohttp import web
from markupsafe import Markup

from dialer.core.rights import RefusedBecause
from dialer.web.codes import new_secret, picture, step_of
from dialer.web.parts import parts_of
from dialer.web.security import log_operation, signed_in, visitor_of
from dialer.web.sign_in import Fields, fields_of, right_password, too_often
from dialer.web.views import goes_to, page

routes = web.RouteTableDef()

SECRET = re.compile(r"[A-Z2-7]{32}")
WRONG = "パスワードか確認コードが違います。コードは30秒ごとに変わり、1度だけ使えます。端末の時刻も確かめてください。"


@routes.get("/second-factor")
@signed_in()
async def second_factor(request: web.Request) -> web.StreamResponse:
    return await _page(request, new_secret())


@routes.post("/second-factor")
@signed_in()
async def turn_on(request: web.Request) -> web.StreamResponse:
    if (refused := await too_often(request)) is not None:
        return refused
    parts, login, fields = parts_of(request), visitor_of(request).account_login, await fields_of(request)
    if not SECRET.fullmatch(fields["secret"]):
        raise web.HTTPBadRequest
    step = step_of(fields["secret"], fields["code"], parts.clock.now())
    if await _is_not(request, fields) or step is None:
        return await _page(request, fields["secret"], wrong=WRONG)
    await log_operation(request, "code_on", "account", [login], 1)
    await parts.factors.turn_on(login, fields["secret"], step, parts.clock.now())
    return goes_to("/second-factor")


@routes.post("/second-factor/off")
@signed_in()
async def turn_off(request: web.Request) -> web.StreamResponse:
    if (refused := await too_often(request)) is not None:
        return refused
    parts, login, fields = parts_of(request), visitor_of(request).account_login, await fields_of(request)
    if await _is_not(request, fields, fields["code"]):
        return await _page(request, new_secret(), wrong=WRONG)
    await log_operation(request, "code_off", "account", [login], 1)
    await parts.factors.turn_off(login, login, "", parts.clock.now())
    return goes_to("/second-factor")


async def _is_not(request: web.Request, fields: Fields, code: str | None = None) -> RefusedBecause | None:
    return await right_password(request, visitor_of(request).account_login, fields["password"], code)


async def _page(request: web.Request, secret: str, *, wrong: str | None = None) -> web.StreamResponse:
    parts, login = parts_of(request), visitor_of(request).account_login
    is_on = await parts.factors.secret(login) is not None
    return page(
        request,
        "second_factor.html",
        status=422 if wrong else 200,
        is_on=is_on,
        secret=secret,
        groups=[secret[at : at + 4] for at in range(0, len(secret), 4)],
        picture=Markup(picture(secret, login, f"呼びかけ {parts.city.name}")),  # noqa: S704 - drawn by us
        wrong=[wrong] if wrong else [],
    )
