"""What a person decides of a case where the tender says "may" (C-047). The engine never does it by itself."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.decide import Rulebook, decide
from dialer.core.rules.happenings import Judgement
from dialer.core.values import CaseId
from dialer.store.case_events import CaseEvent, record
from dialer.store.case_rows import HIGHEST_ID, happened_to
from dialer.store.decisions import lock
from dialer.store.known import load
from dialer.store.words import EventKind

HAPPENED = text(f"SELECT {happened_to('cases.id')} FROM cases WHERE id = :case AND city = :city")  # noqa: S608
LAST = text("""
SELECT kind, by, detail FROM case_event WHERE case_id = :case AND kind <> 'talk' ORDER BY id DESC LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class CaseDecision:
    case: CaseId
    judgement: Judgement
    by: str
    at: datetime
    happened: int | None  # so many things had happened to the case when it was looked at; None: it is not asked
    reason: str = field(default="", repr=False)

    @property
    def detail(self) -> dict[str, object]:
        said: dict[str, object] = {"complete": self.judgement.value}
        return said | ({"reason": self.reason} if self.reason else {})


class UnknownCase(Exception):
    """The city has no such case."""


class StaleCase(Exception):
    """Something has happened to the case since it was looked at; nothing was written."""


class NotOffered(Exception):
    """The rules do not leave this to anybody now; nothing was written."""


async def save_decision(connection: AsyncConnection, city: str, order: CaseDecision, book: Rulebook) -> None:
    """Whoever leads the city decides the case anew within a second.

    The same decision sent again, because its answer was not heard, is the one that is there.
    """
    if not 0 < order.case <= HIGHEST_ID:
        raise UnknownCase
    await lock(connection, [order.case])
    happened = (await connection.execute(HAPPENED, {"case": order.case, "city": city})).scalar_one_or_none()
    if happened is None:
        raise UnknownCase
    if order.happened is not None and happened != order.happened:
        if happened == order.happened + 1 and await _is_there(connection, order):
            return
        raise StaleCase
    (loaded,) = await load(connection, [order.case], book.city.rules)
    standing = decide(loaded.known, book, max(order.at, loaded.latest or order.at)).standing
    if order.judgement not in standing.awaits_decision:
        raise NotOffered
    event = CaseEvent(EventKind.DECISION, order.at, case=order.case, detail=order.detail, by=order.by)
    await record(connection, city, [event])


async def _is_there(connection: AsyncConnection, order: CaseDecision) -> bool:
    last = (await connection.execute(LAST, {"case": order.case})).one_or_none()
    said = (EventKind.DECISION, order.by, order.detail)
    return last is not None and (last.kind, last.by, last.detail) == said
