"""The slip with which a talk is handed over to the city. Every look at one is in the log (X-008).

Whoever may export prints it; on the other pages of operators nothing is printed either (X-015).
"""

from aiohttp import web

from dialer.core.rights import Right
from dialer.core.slip import slip_of
from dialer.web.desk_calls import cases_of, draft_of, own_call, view_of
from dialer.web.desk_parts import desk_of
from dialer.web.desk_rows import confirmed_for
from dialer.web.desk_seats import name_of
from dialer.web.parts import parts_of
from dialer.web.security import Limited, log_operation, requires, visitor_of
from dialer.web.views import page, problem

routes = web.RouteTableDef()

NO_RESULT = "引継連絡票は、通話の結果を登録すると印刷できます。"


@routes.get("/desk/talks/{attempt}/slip")
@requires(Right.DESK, Right.CASE_VIEW, limited=Limited.REFUSED)
async def slip(request: web.Request) -> web.StreamResponse:
    """Of one's own talks; of others' for whoever may correct their results."""
    attempt, visitor, parts = await own_call(request, request.match_info), visitor_of(request), parts_of(request)
    desk_of(request).live.views.forget(attempt)  # what has been entered since is to be on it
    view = await view_of(request, attempt)
    if not view.records:
        return problem(request, 409, "まだ印刷できません", NO_RESULT)
    amounts = confirmed_for(await draft_of(request, attempt), view.case)
    talked_by = await parts.database.ask(lambda connection: name_of(connection, view.records[-1].by))
    made = slip_of(view, now=parts.clock.now(), by=visitor.name, talked_by=talked_by, amounts=amounts)
    function = "print" if visitor.may(Right.EXPORT) else "view"
    await log_operation(request, function, "slip", cases_of(view), len(view.debts))
    return page(request, "slip.html", slip=made)
