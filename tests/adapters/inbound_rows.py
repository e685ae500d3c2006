"""People who call, for tests of the store."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from dialer.core.callers import InboundEnded, InboundOutcome, Route
from dialer.core.channel_ids import channel_id
from dialer.core.values import CallId, CaseId, EndedBy, PhoneNumber
from dialer.store.database import Database
from dialer.store.inbound import Arrival, InboundStore
from dialer.store.inquiries import InquiryStore
from dialer.store.postgres import PostgresStore
from dialer.store.recognising import NOBODY
from dialer.store.talks import TalkStore
from dialer.store.words import NumberGiven
from tests.adapters.store_rows import CITY, NOW, planned
from tests.books import weekdays
from tests.talk_forms import judged

BOOK = weekdays()
GROUP = "tax"
DIALLED = "0258009001"
TALKED_FOR = timedelta(minutes=2)

_calls = itertools.count(1)


def arrival(number: str | None, at: datetime = NOW, **changes: object) -> Arrival:
    given = NumberGiven.WITHHELD if number is None else NumberGiven.GIVEN
    known = None if number is None else PhoneNumber(number)
    plain = Arrival(CallId(channel_id(f"a-1764464400.{next(_calls)}")), at, DIALLED, GROUP, Route.WAITING, given, known)
    return replace(plain, **changes)  # type: ignore[arg-type]


def over(
    call: CallId, at: datetime, outcome: InboundOutcome = InboundOutcome.TALKED, *, account: str = "sato"
) -> InboundEnded:
    """At that moment."""
    talked = outcome is InboundOutcome.TALKED
    joined = at - TALKED_FOR if talked else None
    with_whom = ("op01", account) if talked else (None, None)
    return InboundEnded(call, outcome, "見本", {}, at, EndedBy.FAR_END, joined, joined, joined, *with_whom)


@dataclass(frozen=True, slots=True)
class Line:
    """A database with its ways in, as the AGI server, the engine and the pages have them."""

    url: str
    store: PostgresStore
    database: Database
    inbound: InboundStore = field(init=False)
    talks: TalkStore = field(init=False)
    inquiries: InquiryStore = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "inbound", InboundStore(self.database, BOOK.city))
        object.__setattr__(self, "talks", TalkStore(self.database, CITY, judged))
        object.__setattr__(self, "inquiries", InquiryStore(self.database, CITY))

    async def rings(self, number: str | None, at: datetime = NOW, **changes: object) -> CallId:
        """Somebody calls."""
        known = None if number is None else PhoneNumber(number)
        who = NOBODY if number is None else await self.inbound.recognise(known, GROUP, at)
        came = arrival(number, at, **{"who": who, **changes})
        await self.inbound.arrive(came)
        return came.call

    async def talked(self, number: str | None, at: datetime = NOW, *, account: str = "sato") -> CallId:
        """Somebody calls, is talked to, and hangs up after four minutes."""
        call = await self.rings(number, at)
        await self.store.finish_inbound([over(call, at + timedelta(minutes=4), account=account)])
        return call

    async def claimable(self, at: datetime, debts: Sequence[str] = ("city_tax",)) -> list[CaseId]:
        await planned(self.store, at)
        return [one.case for one in await self.store.claim(CITY, 20, at, debts)]
