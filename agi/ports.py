"""What the scripts need of a store. The real one is `dialer.store.inbound`; tests have a whole fake."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dialer.core.callers import Route
from dialer.core.values import CallId, PhoneNumber


@dataclass(frozen=True, slots=True)
class Recognised:
    """Whoever calls from a number that we know."""

    known: bool
    rank: int  # 0: before the others, because we owe a call


NOBODY = Recognised(known=False, rank=1)


@dataclass(frozen=True, slots=True)
class Arrival:
    """The row of a call that came in. The only place where the caller's number goes."""

    call: CallId
    city: str
    at: datetime
    dialled: str
    group: str
    number: PhoneNumber | None
    route: Route
    rank: int
    is_test: bool


class CallerStore(Protocol):
    """Raises StoreUnavailable or StoreFault."""

    async def recognise(self, city: str, group: str, number: PhoneNumber) -> Recognised: ...
    async def arrive(self, arrival: Arrival) -> None:
        """Twice changes nothing."""
        ...

    async def append(self, call: CallId, at: datetime, kind: str, detail: Mapping[str, str]) -> None: ...
    async def wish(self, city: str, call: CallId, number: PhoneNumber, at: datetime) -> None:
        """To be called back on that number, with the place in line kept."""
        ...
