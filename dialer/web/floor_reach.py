"""What somebody whose right is limited to groups may do on the floor, and to whom: asked before anything is done.

A person is of the group whose debt kinds they take; who takes every debt kind is of none, and only their talk about
a debt kind of the groups may be acted on. A call is of the group of its debt kind, or of the number that was called.
"""

from collections.abc import Mapping

from aiohttp import web

from dialer.core.groups import Group
from dialer.core.orders import OrderKind
from dialer.core.reach import Reach, covers
from dialer.core.values import CallId
from dialer.ports import Operator
from dialer.web.desk_parts import DeskParts, desk_of
from dialer.web.parts import parts_of
from dialer.web.security import OutOfReach, reach_of


async def group_of_call(request: web.Request, call: str) -> Group:
    return parts_of(request).city.group_of(await desk_of(request).live.debt_of(CallId(call)))


def may_hear(reach: Reach, operator: Operator, about: Group) -> bool:
    """`about`: of the talk, if there is one. Between talks only who takes these debt kinds and nothing else."""
    if reach is None:
        return True
    if operator.group is not None and operator.group not in reach:
        return False
    return covers(reach, operator.group if operator.attempt is None else about)


async def check_heard(request: web.Request, reach: Reach, operator: Operator | None) -> None:
    """OutOfReach when the talk of this seat may not be listened to. `operator`: None for a seat that is not known."""
    if reach is None:
        return
    if operator is None:
        raise OutOfReach
    about = await group_of_call(request, operator.attempt) if operator.attempt is not None else None
    if not may_hear(reach, operator, about):
        raise OutOfReach


async def check_seat(request: web.Request, kind: str, seat: Operator, detail: Mapping[str, object]) -> None:
    """OutOfReach when this may not be ordered for this seat."""
    reach = reach_of(request)
    if reach is None:
        return
    call = detail.get("attempt", seat.attempt if kind == OrderKind.ANSWER_HELP else None)
    theirs = covers(reach, seat.group)
    about = covers(reach, await group_of_call(request, str(call))) if call is not None else False
    if "attempt" in detail:
        allowed = about and (theirs or seat.group is None)
    else:
        allowed = theirs or (about and seat.group is None)
    if not allowed:
        raise OutOfReach


def people_of(desk: DeskParts, reach: Reach) -> Mapping[str, bool]:
    """By login: everybody who has a seat, and whether they are of these groups."""
    seated = (one for one in desk.live.operators.values() if one.account is not None)
    return {str(one.account): covers(reach, one.group) for one in seated}
