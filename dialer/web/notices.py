"""What a supervisor lets operators know, and that they have read it."""

from collections.abc import Sequence

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.day_figures import midnight_before
from dialer.core.rights import Right
from dialer.core.talk_entry import CONTROL
from dialer.store import notices
from dialer.web.desk import body_of, of_this_city, refused
from dialer.web.desk_parts import desk_of
from dialer.web.desk_rows import in_tokyo
from dialer.web.floor_reach import people_of
from dialer.web.parts import parts_of
from dialer.web.security import Limited, OutOfReach, log_operation, reach_of, requires

routes = web.RouteTableDef()

LONGEST = 200
NO_TEXT = f"連絡の内容を{LONGEST}文字以内で書いてください。"
NOBODY = "連絡する相手が着席していません。"


@routes.post("/floor/notices")
@requires(Right.SUPERVISE, limited=Limited.WITHIN)
async def send(request: web.Request) -> web.StreamResponse:
    """`to`: a login; none: everybody who has a seat now, and is of the groups to which the right is limited."""
    visitor, body = of_this_city(request), await body_of(request)
    words, to = str(body.get("text") or "").strip(), body.get("to")
    if not 0 < len(words) <= LONGEST or CONTROL.search(words):
        return refused(422, NO_TEXT)
    people = people_of(desk_of(request), reach_of(request))
    if isinstance(to, str) and people.get(to) is False:
        raise OutOfReach
    seated = {login for login, theirs in people.items() if theirs}
    receivers = seated - {visitor.account_login} if to is None else {one for one in seated if one == to}
    if not receivers:
        return refused(409, NOBODY)
    await log_operation(request, "notice", "account", sorted(receivers), len(receivers))
    await sent_to(request, words, sorted(receivers))
    return web.json_response({"receivers": len(receivers)})


async def sent_to(request: web.Request, words: str, receivers: Sequence[str]) -> None:
    """In the name of whoever asks."""
    visitor, now = of_this_city(request), parts_of(request).clock.now()

    async def work(connection: AsyncConnection) -> None:
        await notices.send(connection, visitor.city, words, receivers, by=visitor.account_login, now=now)

    await parts_of(request).database.ask(work)


@routes.get("/floor/notices")
@requires(Right.SUPERVISE, activity=False, limited=Limited.WITHIN)
async def sent_today(request: web.Request) -> web.StreamResponse:
    visitor, since = of_this_city(request), midnight_before(parts_of(request).clock.now())
    by = None if reach_of(request) is None else visitor.account_login
    found = await parts_of(request).database.ask(lambda connection: notices.sent(connection, visitor.city, since, by))
    told = [
        {
            "id": one.notice.id,
            "text": one.notice.text,
            "by": one.notice.by,
            "at": in_tokyo(one.notice.at),
            "receivers": one.receivers,
            "readers": one.readers,
            "waits_for": list(one.waits_for),
        }
        for one in found
    ]
    return web.json_response({"notices": told})


@routes.post(r"/desk/notices/{notice:\d{1,18}}/read")
@requires(Right.DESK, limited=Limited.ALIKE)
async def read(request: web.Request) -> web.StreamResponse:
    """Twice is no error."""
    visitor, notice, now = of_this_city(request), int(request.match_info["notice"]), parts_of(request).clock.now()

    async def work(connection: AsyncConnection) -> bool:
        return await notices.read(connection, visitor.city, notice, visitor.account_login, now)

    await parts_of(request).database.ask(work)
    return web.json_response({})
