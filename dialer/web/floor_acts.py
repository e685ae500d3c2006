"""What a supervisor does at the floor: change how debt kinds are called, stop them all, listen, whisper and join."""

from collections.abc import Sequence

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.city import City
from dialer.core.modes import ModeChoice
from dialer.core.orders import OrderKind, problems
from dialer.core.rights import Right
from dialer.core.values import MODE_NAMES, Mode
from dialer.store import modes
from dialer.web.desk import body_of, of_this_city, ordered, refused
from dialer.web.desk_parts import desk_of
from dialer.web.parts import parts_of
from dialer.web.security import log_operation, requires

routes = web.RouteTableDef()

LONGEST_REASON = 100
NO_DEBT = "科目を選んでください。"
NO_MODE = f"発信の方法を選んでください（{'、'.join(MODE_NAMES.values())}）。"
NO_SEAT = "聴取には席が必要です。オペレーター画面で着席し、休止のままにしてください。"
NO_REASON = f"理由を{LONGEST_REASON}文字以内で書いてください。"


@routes.post("/floor/modes")
@requires(Right.SUPERVISE)
async def choose(request: web.Request) -> web.StreamResponse:
    """For one debt kind or several; a running engine goes by it within seconds. Calls that are up are not touched."""
    visitor, parts, body = of_this_city(request), parts_of(request), await body_of(request)
    debts, mode, reason = body.get("debts"), body.get("mode"), str(body.get("reason") or "").strip()
    if not isinstance(debts, list) or not _known(parts.city, debts):
        return refused(422, NO_DEBT)
    if not isinstance(mode, str) or mode not in set(Mode):
        return refused(422, NO_MODE)
    if not 0 < len(reason) <= LONGEST_REASON:
        return refused(422, NO_REASON)
    now = parts.clock.now()
    choices = [ModeChoice(debt, Mode(mode), reason, visitor.account_login, now) for debt in dict.fromkeys(debts)]

    async def work(connection: AsyncConnection) -> None:
        for choice in choices:
            await modes.choose(connection, visitor.city, choice)

    await log_operation(request, f"mode_{mode}", "debt", [choice.debt for choice in choices], len(choices))
    await parts.database.ask(work)
    return web.json_response({})


@routes.post("/floor/listen")
@requires(Right.SUPERVISE)
async def listen(request: web.Request) -> web.StreamResponse:
    """`to` a seat and `how`: hear, speak to the operator, speak to both, by the leg of the own seat; else: no more."""
    visitor, live, body = of_this_city(request), desk_of(request).live, await body_of(request)
    own = live.desk_of(visitor.account_login)
    if own is None:
        return refused(409, NO_SEAT)
    if body.get("to") is None:
        return await ordered(request, own.phone, OrderKind.STOP_LISTENING, {})
    detail = {"to": body.get("to"), "how": body.get("how")}
    if wrong := problems(OrderKind.LISTEN, detail):
        return refused(422, wrong[0])
    other = live.operators.get(str(detail["to"]))
    call = [other.attempt] if other is not None and other.attempt is not None else []
    await log_operation(request, str(detail["how"]), "call", call, len(call))
    return await ordered(request, own.phone, OrderKind.LISTEN, detail)


def _known(city: City, debts: Sequence[object]) -> bool:
    return bool(debts) and all(isinstance(debt, str) and city.debt(debt) is not None for debt in debts)
