"""What the tables have of one operator's desk beside the case: one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.city import City
from dialer.core.talk_results import Json
from dialer.core.values import CallId
from dialer.store import talks
from dialer.store.talks import Unfinished
from dialer.web.caller_rows import CallerShown, caller_shown
from dialer.web.desk_rows import OwnTalks, own_talks
from dialer.web.desk_transfers import last_failure


@dataclass(frozen=True, slots=True)
class OfADesk:
    own: OwnTalks
    unfinished: Sequence[Unfinished]
    draft: Json | None = None
    failure: Json | None = None
    caller: CallerShown | None = None


async def of_a_desk(connection: AsyncConnection, city: City, login: str, call: CallId | None, now: datetime) -> OfADesk:
    own = await own_talks(connection, city.key, login, now)
    unfinished = await talks.unfinished(connection, city.key, login, now - talks.UNFINISHED_SINCE)
    if call is None:
        return OfADesk(own, unfinished)
    return OfADesk(
        own,
        unfinished,
        await talks.draft(connection, city.key, call, login),
        await last_failure(connection, call),
        await caller_shown(connection, city, call),
    )
