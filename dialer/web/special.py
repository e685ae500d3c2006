"""The city's message to people who call: which is played, a new one, none any more (I-004)."""

from typing import Any, Protocol

from aiohttp import web

from dialer.core.rights import Right
from dialer.core.values import TOKYO
from dialer.ports import StoreUnavailable
from dialer.web.desk import body_of, of_this_city, refused
from dialer.web.floor_acts import LONGEST_REASON, NO_REASON
from dialer.web.parts import parts_of
from dialer.web.security import Limited, log_operation, requires

routes = web.RouteTableDef()

LONGEST_TEXT = 300
NO_TEXT = f"お知らせの文を{LONGEST_TEXT}文字以内で書いてください。"
NO_LAST = "再生する期間の終わりを選んでください。"
NO_VERSION = "取り下げるお知らせを選んでください。"


class SpecialMessages(Protocol):
    """What the pages ask of whoever makes sounds."""

    async def known(self) -> list[dict[str, Any]]: ...
    async def say(self, text: str) -> bytes | str:
        """A WAV file, or why it cannot be said."""
        ...

    async def set(self, text: str, *, first: str | None, last: str | None, reason: str, by: str) -> str | None:
        """None, or why not."""
        ...

    async def withdraw(self, version: int, *, reason: str, by: str) -> str | None: ...


SPECIAL: web.AppKey[SpecialMessages] = web.AppKey("special", SpecialMessages)


@routes.get("/floor/special")
@requires(Right.MESSAGES, activity=False, limited=Limited.REFUSED)
async def known(request: web.Request) -> web.StreamResponse:
    of_this_city(request)
    return web.json_response({"messages": await _special_of(request).known()})


@routes.post("/floor/special/say")
@requires(Right.MESSAGES, limited=Limited.REFUSED)
async def say(request: web.Request) -> web.StreamResponse:
    of_this_city(request)
    text = _text((await body_of(request)).get("text"))
    if text is None:
        return refused(422, NO_TEXT)
    said = await _special_of(request).say(text)
    return refused(422, said) if isinstance(said, str) else web.Response(body=said, content_type="audio/wav")


@routes.post("/floor/special")
@requires(Right.MESSAGES, limited=Limited.REFUSED)
async def change(request: web.Request) -> web.StreamResponse:
    """A new `text` from `first` to `last` (days), or `version` not any more; each with its reason."""
    visitor, body, special = of_this_city(request), await body_of(request), _special_of(request)
    reason, by = str(body.get("reason") or "").strip(), visitor.account_login
    if not 0 < len(reason) <= LONGEST_REASON:
        return refused(422, NO_REASON)
    if "text" not in body:
        version = body.get("version")
        if not isinstance(version, int) or isinstance(version, bool):
            return refused(422, NO_VERSION)
        await log_operation(request, "withdraw_message", "message", [version], 1)
        wrong = await special.withdraw(version, reason=reason, by=by)
    else:
        text, last = _text(body["text"]), str(body.get("last") or "")
        if text is None:
            return refused(422, NO_TEXT)
        if not last:
            return refused(422, NO_LAST)
        first = str(body.get("first") or "") or f"{parts_of(request).clock.now().astimezone(TOKYO):%Y-%m-%dT%H:%M}"
        await log_operation(request, "set_message", "message", ["special"], 1)
        wrong = await special.set(text, first=first, last=last, reason=reason, by=by)
    return web.json_response({}) if wrong is None else refused(422, wrong)


def _text(given: object) -> str | None:
    text = given.strip() if isinstance(given, str) else ""
    return text if 0 < len(text) <= LONGEST_TEXT else None


def _special_of(request: web.Request) -> SpecialMessages:
    found = request.app.get(SPECIAL)
    if found is None:
        raise StoreUnavailable("this process makes no sounds")
    return found
