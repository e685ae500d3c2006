"""What the tables have of one operator's desk beside the case: one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.city import City
from dialer.core.talk_results import Json
from dialer.core.values import CallId
from dialer.store import notices, talks
from dialer.store.case_view import ViewParts
from dialer.store.notices import Notice
from dialer.store.talks import Unfinished
from dialer.web.caller_rows import CallerShown, caller_shown
from dialer.web.desk_rows import OwnTalks, in_tokyo, own_talks
from dialer.web.desk_transfers import last_failure

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

    def as_json(self, parts: ViewParts, operator_name: str) -> Json:
        return {
            "caller": self.caller and self.caller.as_json(parts, operator_name),
            "draft": self.draft,
            "unfinished": [one.as_json() for one in self.unfinished if one.attempt != self.call],
            "recent": list(self.own.recent),
            "today": {"calls": self.own.calls, "talks": self.own.talks},
            "transfer_failed": self.failure,
            "notices": [{"id": one.id, "text": one.text, "by": one.by, "at": in_tokyo(one.at)} for one in self.notices],
        }


async def of_a_desk(connection: AsyncConnection, city: City, login: str, call: CallId | None, now: datetime) -> OfADesk:
    own = await own_talks(connection, city.key, login, now)
    unfinished = await talks.unfinished(connection, city.key, login, now - talks.UNFINISHED_SINCE)
    unread = await notices.unread(connection, city.key, login, now - UNREAD_SINCE)
    if call is None:
        return OfADesk(None, own, unfinished, unread)
    return OfADesk(
        call,
        own,
        unfinished,
        unread,
        await talks.draft(connection, city.key, call, login),
        await last_failure(connection, call),
        await caller_shown(connection, city, call),
    )
