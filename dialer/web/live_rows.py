"""What the tables have of one operator's desk beside the case: one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.city import City
from dialer.core.talk_results import Json
from dialer.core.values import CallId
from dialer.ports import Operator
from dialer.store import notices, talks
from dialer.store.case_view import ViewParts
from dialer.store.notices import Notice
from dialer.store.talks import Unfinished
from dialer.web.caller_rows import CallerShown, caller_shown
from dialer.web.desk_rows import OwnTalks, in_tokyo, own_talks
from dialer.web.desk_seats import consulted, passed_by
from dialer.web.desk_transfers import last_failure, passed_to, tried

UNREAD_SINCE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class OfADesk:
    call: CallId | None
    own: OwnTalks
    unfinished: Sequence[Unfinished]
    notices: Sequence[Notice]
    draft: Json | None = None
    failure: Json | None = None
    caller: CallerShown | None = None
    passed: Json | None = None  # of who had the talk before
    consulted: str | None = None  # who sits where the talk is to go

    def as_json(self, parts: ViewParts, operator_name: str) -> Json:
        return {
            "caller": self.caller and self.caller.as_json(parts, operator_name),
            "draft": self.draft,
            "unfinished": [one.as_json() for one in self.unfinished if one.attempt != self.call],
            "recent": list(self.own.recent),
            "today": {"calls": self.own.calls, "talks": self.own.talks},
            "transfer_failed": self.failure,
            "passed": self.passed,
            "consulted": self.consulted,
            "notices": [{"id": one.id, "text": one.text, "by": one.by, "at": in_tokyo(one.at)} for one in self.notices],
        }


async def of_a_desk(
    connection: AsyncConnection,
    city: City,
    login: str,
    operators: Mapping[str, Operator],
    now: datetime,
    unread: Sequence[Notice] | None,
) -> OfADesk:
    """`unread`: what is known of notices; none: they are looked up."""
    desk = next((one for one in operators.values() if one.account == login), None)
    call = desk.attempt if desk is not None else None
    own = await own_talks(connection, city.key, login, now)
    unfinished = await talks.unfinished(connection, city.key, login, now - talks.UNFINISHED_SINCE)
    if unread is None:
        unread = await notices.unread(connection, city.key, login, now - UNREAD_SINCE)
    if call is None:
        return OfADesk(None, own, unfinished, unread)
    so_far = await tried(connection, call)
    passed = passed_to(login, so_far)
    return OfADesk(
        call,
        own,
        unfinished,
        unread,
        await talks.draft(connection, city.key, call, login),
        last_failure(call, so_far),
        await caller_shown(connection, city, call),
        await passed_by(connection, passed, call) if passed is not None else None,
        await consulted(connection, operators, desk.consulting if desk is not None else None),
    )
