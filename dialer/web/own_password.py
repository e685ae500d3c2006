"""Changing one's own password: good enough by the rules, and never one that was used before (X-003)."""

from aiohttp import web

from dialer.core.passwords import PasswordRules
from dialer.core.rights import RefusedBecause, SignInKind
from dialer.store.staff import NewPassword
from dialer.web.parts import parts_of
from dialer.web.passwords import wrong_with
from dialer.web.security import signed_in, visitor_of, wants_page
from dialer.web.sign_in import Fields, fields_of, note, right_password, too_often
from dialer.web.views import goes_to, page

routes = web.RouteTableDef()

USED_BEFORE = "以前に使ったパスワードは使えません。"
NOT_ALIKE = "新しいパスワードの2回の入力が違います。"
WRONG = "現在のパスワードが違います。"
CHANGED_MEANWHILE = "パスワードが別の画面で変更されました。もう一度お試しください。"


def rules_in_words(rules: PasswordRules) -> str:
    wanted = {"英小文字": rules.lower, "英大文字": rules.upper, "数字": rules.digit, "記号": rules.symbol}
    classes = "・".join(name for name, wished in wanted.items() if wished)
    return f"{rules.at_least}文字以上{f'、{classes}を含む' if classes else ''}"


@routes.get("/password")
@signed_in(with_old_password=True)
async def password_page(request: web.Request) -> web.StreamResponse:
    return _page(request, ())


@routes.post("/password")
@signed_in(with_old_password=True)
async def change_password(request: web.Request) -> web.StreamResponse:
    if (refused := await too_often(request)) is not None:
        return refused
    parts, visitor, fields = parts_of(request), visitor_of(request), await fields_of(request)
    login = visitor.account_login
    why = await right_password(request, login, fields["current"])
    if why is not None:
        return await _refused(request, (WRONG,), why)
    known = await parts.staff.earlier_hashes(login)
    if wrong := await _wrong(request, fields, known):
        return await _refused(request, wrong)
    new = NewPassword(await parts.passwords.hash(fields["new"]), by=login, must_change=False)
    newest = known[0] if known else None
    now, own = parts.clock.now(), visitor.session_id
    if not await parts.staff.set_password(login, new, now, newest=newest, but_session=own):
        return await _refused(request, (CHANGED_MEANWHILE,))
    await note(request, SignInKind.PASSWORD_CHANGED, login=login, session=own)
    return goes_to("/") if wants_page(request) else web.json_response({})


async def _wrong(request: web.Request, fields: Fields, known: list[str]) -> tuple[str, ...]:
    parts, visitor = parts_of(request), visitor_of(request)
    found = wrong_with(fields["new"], visitor.account_login, parts.city)
    if fields["new"] != fields["again"]:
        found = (*found, NOT_ALIKE)
    if not found and await parts.passwords.among(known, fields["new"]):
        found = (USED_BEFORE,)
    return found


async def _refused(
    request: web.Request, wrong: tuple[str, ...], why: RefusedBecause | None = None
) -> web.StreamResponse:
    visitor = visitor_of(request)
    await note(
        request, SignInKind.PASSWORD_REFUSED, login=visitor.account_login, session=visitor.session_id, reason=why
    )
    return _page(request, wrong, status=422)


def _page(request: web.Request, wrong: tuple[str, ...], *, status: int = 200) -> web.StreamResponse:
    if not wants_page(request):
        return web.json_response({"problems": list(wrong)}, status=status)
    rules = rules_in_words(parts_of(request).city.passwords)
    return page(request, "password.html", status=status, wrong=wrong, rules=rules)
