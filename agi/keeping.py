"""The store of the scripts, in Postgres."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from agi.ports import Arrival, Recognised
from dialer.core.calendar.rules import Change
from dialer.core.city import City
from dialer.core.values import CallId, PhoneNumber
from dialer.ports import Recorded
from dialer.store import agreed_days
from dialer.store.database import Database
from dialer.store.inbound import InboundStore


class Keeping:
    """`city`: its profile as it is now."""

    def __init__(self, database: Database, city: Callable[[], City]) -> None:
        self._database, self._city = database, city

    async def recognise(self, group: str, number: PhoneNumber, now: datetime) -> Recognised:
        return await self._store.recognise(number, group, now)

    async def arrive(self, arrival: Arrival) -> None:
        await self._store.arrive(arrival)

    async def append(self, call: CallId, at: datetime, kind: str, detail: Mapping[str, str]) -> None:
        await self._store.append([Recorded(call, at, kind, dict(detail))])

    async def wish(self, call: CallId, number: PhoneNumber, at: datetime) -> bool:
        return await self._store.wish(call, number, at)

    async def calendar_changes(self) -> Sequence[Change]:
        return await self._database.ask(partial(agreed_days.changes, city=self._city().key))

    @property
    def _store(self) -> InboundStore:
        return InboundStore(self._database, self._city())
