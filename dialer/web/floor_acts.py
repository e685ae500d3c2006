"""How debt kinds are called, and at which pace, changed by a supervisor: one of them, or all stopped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.city import City
from dialer.core.modes import ModeChoice, Modes, TargetChoice
from dialer.core.rights import Right
from dialer.core.values import MODE_NAMES, Mode
from dialer.store import modes
from dialer.web.desk import body_of, of_this_city, refused
from dialer.web.desk_parts import desk_of
from dialer.web.parts import parts_of
from dialer.web.security import Limited, demand, log_operation, requires, visitor_of

routes = web.RouteTableDef()

LONGEST_REASON = 100
NO_DEBT = "科目を選んでください。"
NO_MODE = f"発信の方法を選んでください（{'、'.join(MODE_NAMES.values())}）。"
NO_REASON = f"理由を{LONGEST_REASON}文字以内で書いてください。"
CHANGED_MEANWHILE = (
    "この画面を開いた後に、ほかの方が発信の方法を変更しました。内容を確かめてください。変更は登録していません。"
)
NOTHING_SEEN: Mapping[str, datetime | None] = {}


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    why: str


@routes.post("/floor/modes")
@requires(Right.SUPERVISE, limited=Limited.WITHIN)
async def choose(request: web.Request) -> web.StreamResponse:
    """For one debt kind or several; a running engine goes by it within seconds. Calls that are up are not touched."""
    of_this_city(request)
    body = await body_of(request)
    no = await change_modes(request, body.get("debts"), body.get("mode"), str(body.get("reason") or ""))
    return web.json_response({}) if no is None else refused(no.status, no.why)


async def change_modes(
    request: web.Request,
    debts: object,
    mode: object,
    reason: str,
    seen: Mapping[str, datetime | None] = NOTHING_SEEN,
) -> Refusal | None:
    """None: done. `seen`: since when each was called as a page showed it; where that is not so any more, nothing is."""
    visitor, parts, reason = visitor_of(request), parts_of(request), reason.strip()
    city = desk_of(request).live.parts.book.city
    if not isinstance(debts, list) or not _known(city, debts):
        return Refusal(422, NO_DEBT)
    if not isinstance(mode, str) or mode not in set(Mode):
        return Refusal(422, NO_MODE)
    if not (0 < len(reason) <= LONGEST_REASON and reason.isprintable()):
        return Refusal(422, NO_REASON)
    demand(request, *(city.group_of(str(debt)) for debt in debts))
    now = parts.clock.now()
    choices = [ModeChoice(debt, Mode(mode), reason, visitor.account_login, now) for debt in dict.fromkeys(debts)]
    known = await parts.database.ask(lambda connection: modes.chosen(connection, visitor.city))
    before = Modes.of_choices(Mode(parts.settings.dialling.mode), known)
    for one in choices:
        detail = {"old": before.of(one.debt).value, "new": one.mode.value}
        await log_operation(request, f"mode_{mode}", "debt", [one.debt], 1, detail=detail)
    work = partial(modes.choose_all, city=visitor.city, choices=choices, seen=seen)
    return None if await parts.database.ask(work) else Refusal(409, CHANGED_MEANWHILE)


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
