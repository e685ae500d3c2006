"""What the scripts need of a store. The real one is `agi.keeping`; tests have a whole fake."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from dialer.core.values import CallId, PhoneNumber
from dialer.store.inbound import Arrival
from dialer.store.recognising import NOBODY, Recognised
from dialer.store.words import NumberGiven


class CallerStore(Protocol):
    """Raises StoreUnavailable or StoreFault."""

    async def recognise(self, group: str, number: PhoneNumber, now: datetime) -> Recognised: ...
    async def arrive(self, arrival: Arrival) -> None:
        """The row of the call: the only place where the caller's number goes. Twice changes nothing."""
        ...

    async def append(self, call: CallId, at: datetime, kind: str, detail: Mapping[str, str]) -> None: ...
    async def wish(self, call: CallId, number: PhoneNumber, at: datetime) -> bool:
        """To be called back on that number, with the place in line kept. False: there is no such call."""
        ...


__all__ = ["NOBODY", "Arrival", "CallerStore", "NumberGiven", "Recognised"]
