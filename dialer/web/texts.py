"""What is said to machines and people, in versions: heard before anybody approves it, approved by another person than
who entered it, for a time if need be, and taken back (T-018)."""

import re
from collections.abc import Callable
from typing import Protocol

from aiohttp import web

from dialer.core.messages import JAPANESE, PURPOSE_NAMES, Message, MessagePurpose, NoMessage, choose, faults
from dialer.core.rights import Right
from dialer.core.values import to_the_minute
from dialer.core.versions import STATE_NAMES
from dialer.ports import StoreUnavailable
from dialer.web.desk import of_this_city
from dialer.web.parts import parts_of
from dialer.web.security import Limited, log_operation, requires
from dialer.web.sign_in import Fields, fields_of
from dialer.web.views import goes_to, page, problem

routes = web.RouteTableDef()

PURPOSE = "{purpose:[a-z_0-9]{1,30}}"
LONGEST_TEXT, LONGEST_REASON = 500, 200
NO_TEXT = f"文面を{LONGEST_TEXT}文字以内で書いてください。"
NO_VERSION = "版を選んでください。"
NO_ACT = "操作を選んでください。"
NO_REASON = f"根拠（協議書の番号など）を{LONGEST_REASON}文字以内で書いてください。"


class Texts(Protocol):
    """What the page asks of whoever keeps texts and makes sounds. A `str` says why something was not done."""

    @property
    def drafts_are_played(self) -> bool: ...
    async def known(self) -> tuple[Message, ...]: ...
    async def sound(self, purpose: str, debt: str | None, language: str, version: int) -> bytes | str: ...
    async def add(self, purpose: str, text: str, *, debt: str | None, by: str) -> str | None: ...
    async def approve(
        self, message: Message, *, by: str, reason: str, first: str | None, last: str | None, names_matter: bool
    ) -> str | None: ...
    async def withdraw(self, message: Message, *, by: str, reason: str) -> str | None: ...


TEXTS: web.AppKey[Texts] = web.AppKey("texts", Texts)


@routes.get("/texts")
@requires(Right.MESSAGES, limited=Limited.REFUSED)
async def every_purpose(request: web.Request) -> web.StreamResponse:
    of_this_city(request)
    known = await _texts(request).known()
    await log_operation(request, "view", "text", [], len(known))
    purposes = [one for one in MessagePurpose if any(text.purpose is one for text in known) or not one.is_optional]
    return page(
        request,
        "texts.html",
        city=parts_of(request).city,
        rows=[(one, PURPOSE_NAMES[one], _said(request, known, one)) for one in purposes],
    )


@routes.get(f"/texts/{PURPOSE}")
@requires(Right.MESSAGES, limited=Limited.REFUSED)
async def one_purpose(request: web.Request) -> web.StreamResponse:
    return await _page(request, _purpose(request))


@routes.get(f"/texts/{PURPOSE}/sound")
@requires(Right.MESSAGES, limited=Limited.REFUSED)
async def sound(request: web.Request) -> web.StreamResponse:
    """As people will hear it."""
    of_this_city(request)
    message = await _meant(request, _purpose(request), request.query.get)
    if message is None:
        raise web.HTTPNotFound
    await log_operation(request, "view", "text", [_id(message)], 1)
    made = await _texts(request).sound(message.purpose, message.debt, message.language, message.version)
    if isinstance(made, str):
        return problem(request, 422, "再生できません", made)
    return web.Response(body=made, content_type="audio/wav")


@routes.post(f"/texts/{PURPOSE}")
@requires(Right.MESSAGES, limited=Limited.REFUSED)
async def change(request: web.Request) -> web.StreamResponse:
    """`act`: add, approve or withdraw."""
    by = of_this_city(request).account_login
    purpose, fields = _purpose(request), await fields_of(request)
    if fields["act"] == "add":
        wrong = await _add(request, purpose, fields, by)
    else:
        wrong = await _decide(request, purpose, fields, by)
    return goes_to(f"/texts/{purpose}") if wrong is None else await _page(request, purpose, wrong=wrong, typed=fields)


async def _add(request: web.Request, purpose: MessagePurpose, fields: Fields, by: str) -> str | None:
    text, debt = fields["text"].strip(), fields["debt"] or None
    if not 0 < len(text) <= LONGEST_TEXT:
        return NO_TEXT
    return await _texts(request).add(purpose, text, debt=debt, by=by)


async def _decide(request: web.Request, purpose: MessagePurpose, fields: Fields, by: str) -> str | None:
    message, reason = await _meant(request, purpose, lambda name: fields[name]), fields["reason"].strip()
    if message is None:
        return NO_VERSION
    if not 0 < len(reason) <= LONGEST_REASON:
        return NO_REASON
    if fields["act"] not in ("approve", "withdraw"):
        return NO_ACT
    if fields["act"] == "withdraw":
        return await _texts(request).withdraw(message, by=by, reason=reason)
    first, last = fields["first"] or None, fields["last"] or None
    return await _texts(request).approve(
        message, by=by, reason=reason, first=first, last=last, names_matter=fields["names_matter"] == "yes"
    )


# --- the pages


def _texts(request: web.Request) -> Texts:
    found = request.app.get(TEXTS)
    if found is None:
        raise StoreUnavailable("this process makes no sounds")
    return found


def _purpose(request: web.Request) -> MessagePurpose:
    asked = request.match_info["purpose"]
    if asked not in list(MessagePurpose):
        raise web.HTTPNotFound
    return MessagePurpose(asked)


async def _meant(request: web.Request, purpose: MessagePurpose, given: Callable[[str], str | None]) -> Message | None:
    version = given("version") or ""
    if not re.fullmatch(r"\d{1,6}", version, re.ASCII):
        return None
    wanted = (purpose, given("debt") or None, given("language") or JAPANESE, int(version))
    known = await _texts(request).known()
    return next((one for one in known if (one.purpose, one.debt, one.language, one.version) == wanted), None)


def _id(message: Message) -> str:
    return ":".join(filter(None, (message.purpose.value, message.debt, message.language, str(message.version))))


def _said(
    request: web.Request, known: tuple[Message, ...], purpose: MessagePurpose
) -> list[tuple[str | None, Message | NoMessage]]:
    """What is said now, for each debt kind where that matters."""
    parts = parts_of(request)
    debts = [(one.key, one.name) for one in parts.city.debts] if purpose.may_be_overheard else [(None, None)]
    now, drafts = parts.clock.now(), _texts(request).drafts_are_played
    return [(name, choose(known, purpose, key, now, drafts=drafts)) for key, name in debts]


async def _page(
    request: web.Request, purpose: MessagePurpose, *, wrong: str | None = None, typed: Fields | None = None
) -> web.StreamResponse:
    of_this_city(request)
    city, known = parts_of(request).city, await _texts(request).known()
    versions = sorted((one for one in known if one.purpose is purpose), key=lambda one: -one.version)
    await log_operation(request, "view", "text", [_id(one) for one in versions], len(versions))
    return page(
        request,
        "text.html",
        status=422 if wrong else 200,
        city=city,
        purpose=purpose,
        name=PURPOSE_NAMES[purpose],
        said=_said(request, known, purpose),
        versions=versions,
        debts={one.key: one.name for one in city.debts},
        states=STATE_NAMES,
        faults={_id(one): [fault.what for fault in faults(purpose, one.text)] for one in versions},
        id=_id,
        wrong=wrong,
        typed=typed["text"] if typed else "",
        longest=LONGEST_TEXT,
        longest_reason=LONGEST_REASON,
        tokyo=to_the_minute,
    )
