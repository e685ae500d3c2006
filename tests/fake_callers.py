"""A whole CallerStore in memory, which may be away, slow or full of opinions."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agi.ports import NOBODY, Arrival, Recognised
from dialer.core.values import CallId, PhoneNumber
from dialer.ports import StoreUnavailable


@dataclass
class FakeCallerStore:
    known: dict[PhoneNumber, Recognised] = field(default_factory=dict)
    arrivals: dict[CallId, Arrival] = field(default_factory=dict)
    notes: list[tuple[CallId, str, Mapping[str, str]]] = field(default_factory=list)
    wishes: dict[CallId, PhoneNumber] = field(default_factory=dict)
    away: bool = False
    delay_seconds: float = 0.0

    async def recognise(self, group: str, number: PhoneNumber, now: datetime) -> Recognised:
        await self._asked()
        return self.known.get(number, NOBODY)

    async def arrive(self, arrival: Arrival) -> None:
        await self._asked()
        self.arrivals.setdefault(arrival.call, arrival)

    async def append(self, call: CallId, at: datetime, kind: str, detail: Mapping[str, str]) -> None:
        await self._asked()
        self.notes.append((call, kind, dict(detail)))

    async def wish(self, call: CallId, number: PhoneNumber, at: datetime) -> bool:
        await self._asked()
        if call in self.arrivals:
            self.wishes.setdefault(call, number)
        return call in self.arrivals

    async def _asked(self) -> None:
        await asyncio.sleep(self.delay_seconds)
        if self.away:
            raise StoreUnavailable("it is away")
