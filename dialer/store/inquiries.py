"""What people ask who call, when it concerns no case: entered, corrected; append-only as results are (I-015)."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.values import CallId
from dialer.store import queries
from dialer.store.database import Database
from dialer.store.decisions import mark
from dialer.store.talks import DROP_DRAFT, StaleResult, UnknownAttempt, held_call
from dialer.store.words import EventKind

LAST = text("""
SELECT number, by, category, name, note, why FROM inquiry
WHERE call_id = CAST(:attempt AS uuid) ORDER BY number DESC LIMIT 1
""")
ADD = text("""
INSERT INTO inquiry (city, call_id, number, by, at, phone, category, name, note, why)
VALUES (:city, CAST(:attempt AS uuid), :number, :by, :at, :phone, :category, :name, :note, :why)
""")
CASES_OF = text("SELECT case_id FROM call_case WHERE call_id = CAST(:attempt AS uuid)")


@dataclass(frozen=True, slots=True)
class Inquiry:
    category: str  # 対応分類: key in the city's list
    name: str  # as the list names it
    note: str = field(default="", repr=False)
    why: str | None = field(default=None, repr=False)  # of a correction


async def save_inquiry(
    connection: AsyncConnection,
    city: str,
    call: CallId,
    inquiry: Inquiry,
    *,
    expected_number: int,
    by: str,
    now: datetime,
) -> int:
    """The number that it got. StaleResult, UnknownAttempt, NoTalk: then nothing was written.

    The same sent again, because its answer was not heard, is what is there. A case that the call was taken for awaits
    no result any more.
    """
    called, kind = await held_call(connection, city, call)
    if kind is not EventKind.CALLBACK:
        raise UnknownAttempt(f"{city} has no call from outside {call}")
    of, row = {"city": city, "attempt": call}, asdict(inquiry)
    last = (await connection.execute(LAST, of)).one_or_none()
    found = 0 if last is None else int(last.number)
    is_the_same = last is not None and all(getattr(last, name) == value for name, value in (row | {"by": by}).items())
    if is_the_same and found == expected_number + 1:
        return found
    if found != expected_number:
        raise StaleResult(expected_number, found)
    await connection.execute(ADD, {**of, **row, "number": found + 1, "by": by, "at": now, "phone": called.operator})
    await connection.execute(queries.NOTED, {"calls": [call]})
    await connection.execute(DROP_DRAFT, {**of, "by": by})
    await mark(connection, (await connection.execute(CASES_OF, of)).scalars().all())
    return found + 1


class InquiryStore:
    """The same for a process that is not the engine: one transaction each."""

    def __init__(self, database: Database, city: str) -> None:
        self._database, self._city = database, city

    async def save(self, call: CallId, inquiry: Inquiry, *, expected_number: int, by: str, now: datetime) -> int:
        work = partial(
            save_inquiry, city=self._city, call=call, inquiry=inquiry, expected_number=expected_number, by=by, now=now
        )
        return await self._database.ask(work)
