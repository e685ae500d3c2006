"""Which debt kinds operators take, changed by a supervisor: for one of them or several (T-031)."""

from collections.abc import Sequence

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.groups import GroupChoice, Groups
from dialer.core.rights import Right
from dialer.store import groups
from dialer.web.desk import body_of, of_this_city, refused
from dialer.web.floor_acts import LONGEST_REASON, NO_REASON
from dialer.web.notices import sent_to
from dialer.web.parts import parts_of
from dialer.web.security import Limited, demand, log_operation, requires

routes = web.RouteTableDef()

EVERY = "all"  # in the log
NO_OPERATOR = "担当グループを変更する方を選んでください。"
NO_GROUP = "担当グループを選んでください。"
SAME = "選んだ方は、すでにこのグループの担当です。変更は行っていません。"


@routes.post("/floor/groups")
@requires(Right.SUPERVISE, limited=Limited.WITHIN)
async def move(request: web.Request) -> web.StreamResponse:
    """`accounts` take the debt kinds of `group` from now on; none: all. A running engine goes by it within seconds."""
    visitor, parts, body = of_this_city(request), parts_of(request), await body_of(request)
    accounts, group, reason = body.get("accounts"), body.get("group"), str(body.get("reason") or "").strip()
    if "group" not in body or not (group is None or group in parts.city.groups):
        return refused(422, NO_GROUP)
    if not 0 < len(reason) <= LONGEST_REASON:
        return refused(422, NO_REASON)
    now = parts.clock.now()
    city = visitor.city
    known = await parts.database.ask(lambda connection: groups.operators(connection, city, now))
    if (
        not isinstance(accounts, list)
        or not accounts
        or not all(isinstance(one, str) and one in known for one in accounts)
    ):
        return refused(422, NO_OPERATOR)
    before = parts.city.grouped(await parts.database.ask(lambda connection: groups.chosen(connection, city)))
    demand(request, group if group is None else str(group), *(before.of(one) for one in accounts))
    moved = [one for one in dict.fromkeys(accounts) if before.of(one) != group]
    if not moved:
        return refused(409, SAME)
    new = None if group is None else str(group)
    choices = [GroupChoice(one, new, reason, visitor.account_login, now) for one in moved]

    async def work(connection: AsyncConnection) -> None:
        for choice in choices:
            await groups.choose(connection, city, choice)

    await _log(request, before, choices)
    await parts.database.ask(work)
    await sent_to(request, f"担当が「{parts.city.group_name(new)}」に替わりました。", moved)
    return web.json_response({"moved": moved})


async def _log(request: web.Request, before: Groups, choices: Sequence[GroupChoice]) -> None:
    for choice in choices:
        detail = {"old": before.of(choice.account) or EVERY, "new": choice.group or EVERY}
        await log_operation(request, "group", "account", [choice.account], 1, detail=detail)
