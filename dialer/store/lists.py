"""A city's lists, in and out: each in one transaction, with a row in the log of hand-overs (D-014)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.calendar.values import Period
from dialer.core.city import City
from dialer.core.decide import Rulebook
from dialer.core.layout import Layout, LayoutKind
from dialer.lists.rows import PaymentRow, PersonRow, ResultRow, StopRow, Told
from dialer.lists.writing import OutRow
from dialer.store import exports, orders
from dialer.store.database import Database
from dialer.store.imports import CaseList, CasesTaken, take_cases
from dialer.store.json_text import json_text
from dialer.store.listed_flags import HELD, stop_flagged
from dialer.store.listed_people import LIST_SECONDS, TOUCHED, PeopleTaken, begin, lock, mark_touched, take_people
from dialer.store.orders import OrderList, OrdersTaken
from dialer.store.words import EventKind

T = TypeVar("T", CasesTaken, PeopleTaken, OrdersTaken)
A = TypeVar("A")
Agree = Callable[[T], A]
Counts = Mapping[str, int]

LOG = text("""
INSERT INTO import_run (city, layout, file_sha256, at, by, counts, file_name)
VALUES (:city, :layout, :file_sha256, :at, :by, CAST(:counts AS jsonb), :file_name)
""")


@dataclass(frozen=True, slots=True)
class Handover:
    """Who gives or takes which file, and when."""

    layout: str
    file_sha256: str
    by: str
    at: datetime
    file_name: str | None = field(default=None, repr=False)  # as it was given; it may be a person's


class ListStore:
    """What `dialer import` and `dialer export` ask of Postgres. Raises StoreUnavailable and StoreFault."""

    def __init__(self, database: Database, city: str, book: Callable[[], Rulebook | None]) -> None:
        self._database, self._city, self._book = database, city, book

    async def take_cases(
        self, wanted: CaseList, handover: Handover | None = None, told: Told | None = None
    ) -> CasesTaken:
        return await self.take_listed(wanted, handover, _as_it_is, told)

    async def take_listed(
        self, wanted: CaseList, handover: Handover | None, agree: Agree[CasesTaken, A], told: Told | None = None
    ) -> A:
        """`agree` makes the answer of what was taken, before it is committed; what it raises takes all of it back."""
        return await self._take(
            lambda connection: take_cases(connection, self._city, wanted, self._book(), told),
            handover,
            agree,
        )

    async def take_people(
        self, rows: Sequence[PersonRow], handover: Handover, agree: Agree[PeopleTaken, A], *, rehearses: bool = False
    ) -> A:
        async def work(connection: AsyncConnection) -> PeopleTaken:
            await begin(connection, self._city)
            taken = await take_people(connection, self._city, rows)
            if not rehearses:
                await lock(connection, TOUCHED, HELD)
                await mark_touched(connection)
                await stop_flagged(connection, self._city, handover.by, handover.at)
            return taken

        return await self._take(
            work,
            handover,
            agree,
        )

    async def take_payments(
        self, rows: Sequence[PaymentRow], handover: Handover, agree: Agree[OrdersTaken, A], *, rehearses: bool = False
    ) -> A:
        taken = OrderList(EventKind.PAID, orders.of_payments(rows, handover.at), handover.by, handover.at, rehearses)
        return await self._take_orders(taken, handover, agree)

    async def take_stops(
        self, rows: Sequence[StopRow], handover: Handover, agree: Agree[OrdersTaken, A], *, rehearses: bool = False
    ) -> A:
        taken = OrderList(EventKind.STOP, orders.of_stops(rows, handover.at), handover.by, handover.at, rehearses)
        return await self._take_orders(taken, handover, agree)

    async def take_results(
        self, rows: Sequence[ResultRow], handover: Handover, agree: Agree[OrdersTaken, A], *, rehearses: bool = False
    ) -> A:
        kind = EventKind.PREVIOUS_ROUND
        taken = OrderList(kind, orders.of_results(rows, handover.at), handover.by, handover.at, rehearses)
        return await self._take_orders(taken, handover, agree)

    async def _take_orders(self, wanted: OrderList, handover: Handover, agree: Agree[OrdersTaken, A]) -> A:
        def work(connection: AsyncConnection) -> Awaitable[OrdersTaken]:
            return orders.take_orders(connection, self._city, wanted)

        return await self._take(work, handover, agree)

    # --- out

    async def rows_for(self, city: City, layout: Layout, today: date, period: Period | None) -> Sequence[OutRow]:
        wanted = exports.Wanted(layout, today, period)

        async def work(connection: AsyncConnection) -> Sequence[OutRow]:
            await begin_reading(connection)
            if layout.kind is LayoutKind.NUMBERS:
                return await exports.numbers(connection, city)
            return await exports.results(connection, city, wanted)

        return await self._database.ask(work, patience_seconds=LIST_SECONDS)

    async def note(self, handover: Handover, counts: Counts) -> None:
        await self._database.ask(lambda connection: self._log(connection, handover, counts))

    # ---

    async def _take(
        self,
        work: Callable[[AsyncConnection], Awaitable[T]],
        handover: Handover | None,
        agree: Agree[T, A],
    ) -> A:
        async def logged(connection: AsyncConnection) -> A:
            taken = await work(connection)
            answer = agree(taken)
            if handover is not None:
                await self._log(connection, handover, taken.counts)
            return answer

        return await self._database.ask(logged, patience_seconds=LIST_SECONDS)

    async def _log(self, connection: AsyncConnection, handover: Handover, counts: Counts) -> None:
        await connection.execute(
            LOG,
            {
                "city": self._city,
                "layout": handover.layout,
                "file_sha256": handover.file_sha256,
                "at": handover.at,
                "by": handover.by,
                "counts": json_text(dict(counts)),
                "file_name": handover.file_name,
            },
        )


async def begin_reading(connection: AsyncConnection) -> None:
    await connection.execute(text(f"SET LOCAL statement_timeout = '{LIST_SECONDS:.0f}s'"))


def _as_it_is(taken: T) -> T:
    return taken
