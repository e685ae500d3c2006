"""How debt kinds are called, and at which pace, changed by a supervisor: one of them, or all stopped."""

from collections.abc import Sequence

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.city import City
from dialer.core.modes import ModeChoice, TargetChoice
from dialer.core.rights import Right
from dialer.core.values import MODE_NAMES, Mode
from dialer.store import modes
from dialer.web.desk import body_of, of_this_city, refused
from dialer.web.parts import parts_of
from dialer.web.security import Limited, demand, log_operation, requires

routes = web.RouteTableDef()

LONGEST_REASON = 100
NO_DEBT = "科目を選んでください。"
NO_MODE = f"発信の方法を選んでください（{'、'.join(MODE_NAMES.values())}）。"
NO_REASON = f"理由を{LONGEST_REASON}文字以内で書いてください。"


@routes.post("/floor/modes")
@requires(Right.SUPERVISE, limited=Limited.WITHIN)
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
    demand(request, *(parts.city.group_of(str(debt)) for debt in debts))
    now = parts.clock.now()
    choices = [ModeChoice(debt, Mode(mode), reason, visitor.account_login, now) for debt in dict.fromkeys(debts)]

    async def work(connection: AsyncConnection) -> None:
        for choice in choices:
            await modes.choose(connection, visitor.city, choice)

    await log_operation(request, f"mode_{mode}", "debt", [choice.debt for choice in choices], len(choices))
    await parts.database.ask(work)
    return web.json_response({})


@routes.post("/floor/target")
@requires(Right.SUPERVISE, limited=Limited.REFUSED)
async def aim(request: web.Request) -> web.StreamResponse:
    """Which share of persons the predictive mode may leave alone, up to the ceiling that is set; none: as set."""
    visitor, parts, body = of_this_city(request), parts_of(request), await body_of(request)
    target, reason = body.get("target"), str(body.get("reason") or "").strip()
    ceiling = parts.settings.pacing.ceiling
    is_share = isinstance(target, int | float) and not isinstance(target, bool) and 0.0 <= target <= ceiling
    if target is not None and not is_share:
        return refused(422, f"放棄率の目標は0%から{100 * ceiling:.1f}%までで選んでください。")
    if not 0 < len(reason) <= LONGEST_REASON:
        return refused(422, NO_REASON)
    share = float(target) if isinstance(target, int | float) else None
    choice = TargetChoice(share, reason, visitor.account_login, parts.clock.now())

    async def work(connection: AsyncConnection) -> None:
        await modes.aim(connection, visitor.city, choice)

    await log_operation(request, "target", "pace", [] if share is None else [str(share)], 1)
    await parts.database.ask(work)
    return web.json_response({})


def _known(city: City, debts: Sequence[object]) -> bool:
    return bool(debts) and all(isinstance(debt, str) and city.debt(debt) is not None for debt in debts)
