"""How each debt kind is being called (催告業務の状況), and from here: by which method, paused, resumed.

For who may see the floor or figures; changed by who leads it, through the same code as the floor's page.
"""

from collections.abc import Mapping
from datetime import datetime

from aiohttp import web

from dialer.core.reach import Reach
from dialer.core.rights import Right
from dialer.core.values import MODE_NAMES, TOKYO, Mode
from dialer.web.campaign_rows import campaigns
from dialer.web.desk import of_this_city
from dialer.web.floor_acts import LONGEST_REASON, Refusal, change_modes
from dialer.web.security import Limited, log_operation, reach_of, requires, requires_one_of
from dialer.web.sign_in import fields_of
from dialer.web.views import goes_to, page

routes = web.RouteTableDef()

NEVER = datetime.min.replace(tzinfo=TOKYO)
"""No choice is of this moment: of a form that says something else than a moment."""


@routes.get("/campaigns")
@requires_one_of(Right.SUPERVISE, Right.WATCH, Right.REPORTS, limited=Limited.WITHIN)
async def shown(request: web.Request) -> web.StreamResponse:
    """`debt` and `mode`: what the form shall be filled with."""
    return await _page(request, reach_of(request), request.query)


@routes.post("/campaigns")
@requires(Right.SUPERVISE, limited=Limited.WITHIN)
async def change(request: web.Request) -> web.StreamResponse:
    """One debt kind, as it was looked at: when somebody has changed it since, nothing is."""
    fields = await fields_of(request)
    debt, seen = fields["debt"], {fields["debt"]: _moment(fields["seen"])}
    no = await change_modes(request, [debt], fields["mode"], fields["reason"], seen)
    return goes_to("/campaigns") if no is None else await _page(request, reach_of(request), fields.values, no)


def _moment(text: str) -> datetime | None:
    """None: nobody had chosen anything."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return NEVER


async def _page(
    request: web.Request, reach: Reach, typed: Mapping[str, str], no: Refusal | None = None
) -> web.StreamResponse:
    of_this_city(request)
    values = await campaigns(request, reach)
    debts = values["debts"]
    await log_operation(request, "view", "debt", [one["key"] for one in debts], len(debts))
    wanted = typed.get("debt", "")
    mode = typed.get("mode", "")
    return page(
        request,
        "campaigns.html",
        status=200 if no is None else no.status,
        wrong=[] if no is None else [no.why],
        about=next((one for one in debts if one["key"] == wanted), None),
        mode=mode if mode in set(Mode) else "",
        reason=typed.get("reason", "") if no is not None else "",
        modes=MODE_NAMES,
        longest=LONGEST_REASON,
        tokyo=TOKYO,
        **values,
    )
