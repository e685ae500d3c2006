"""Operators' orders on their way to the engine, and its answers on their way back."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.orders import Order, OrderKind
from dialer.store.database import Database
from dialer.store.json_text import json_text
from dialer.store.wakes import Wakes

TAKE_EVERY_SECONDS = 1.0  # also without being told
ASK_EVERY_SECONDS = 0.5

ORDER = text("""
INSERT INTO desk_order (city, phone, kind, detail, by)
VALUES (:city, :phone, :kind, CAST(:detail AS jsonb), :by) RETURNING id
""")
TAKE = text("""
WITH taken AS (
    UPDATE desk_order SET taken_at = :now WHERE city = :city AND answer IS NULL
    RETURNING id, phone, kind, detail, by, at
)
SELECT taken.*, EXTRACT(EPOCH FROM clock_timestamp() - at) AS waited FROM taken ORDER BY id
""")
"""How long it waited is the database's own difference: its clock need not be the engine's."""
ANSWER = text("UPDATE desk_order SET answer = :answer WHERE id = :id AND answer IS NULL")
ANSWERED = text("SELECT answer FROM desk_order WHERE id = :id")


async def take(connection: AsyncConnection, city: str, now: datetime) -> list[Order]:
    rows = await connection.execute(TAKE, {"city": city, "now": now})
    return [Order(row.id, row.phone, row.kind, row.detail, row.by, row.at, float(row.waited)) for row in rows]


async def answer(connection: AsyncConnection, order: int, said: str) -> None:
    await connection.execute(ANSWER, {"id": order, "answer": said})


class DeskOrders:
    """For both sides. It listens from the first time that somebody waits."""

    def __init__(self, url: str, database: Database, city: str, name: str) -> None:
        self._database, self._city = database, city
        self._ordered = asyncio.Event()
        self._answers: dict[int, asyncio.Event] = {}  # of who waits
        self._wakes = Wakes(
            url, {"desk_order": self._told_of_order, "desk_answer": self._told_of_answer}, name=f"{name} orders"
        )

    async def close(self) -> None:
        await self._wakes.close()

    async def order(self, phone: str, kind: OrderKind, detail: Mapping[str, object], *, by: str) -> int:
        """Hand over an order, which the engine answers. Look at core.orders.problems before."""
        values = {"city": self._city, "phone": phone, "kind": kind.value, "detail": json_text(dict(detail)), "by": by}

        async def work(connection: AsyncConnection) -> int:
            made: int = (await connection.execute(ORDER, values)).scalar_one()
            return made

        return await self._database.ask(work)

    async def answered(self, order: int, *, within_seconds: float = 3.0) -> str | None:
        """`ok`, or why not; None when the engine says nothing for so long. It may still do it."""
        self._wakes.start()
        woken = self._answers.setdefault(order, asyncio.Event())
        deadline = asyncio.get_running_loop().time() + within_seconds
        try:
            while (found := await self._database.ask(lambda connection: _answer_of(connection, order))) is None:
                left = deadline - asyncio.get_running_loop().time()
                if left <= 0:
                    return None
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(left, ASK_EVERY_SECONDS)):
                        await woken.wait()
                woken.clear()
        finally:
            self._answers.pop(order, None)
        return found

    async def until_ordered(self) -> None:
        """Returns when there may be an order, and now and then without."""
        self._wakes.start()
        with suppress(TimeoutError):
            async with asyncio.timeout(TAKE_EVERY_SECONDS):  # not wait_for: on 3.11 it can swallow a cancellation
                await self._ordered.wait()
        self._ordered.clear()

    def _told_of_order(self, city: str | None) -> None:
        if city in (None, self._city):
            self._ordered.set()

    def _told_of_answer(self, order: str | None) -> None:
        if order is None:
            for woken in self._answers.values():
                woken.set()
        elif order.isdigit() and (waiting := self._answers.get(int(order))) is not None:
            waiting.set()


async def _answer_of(connection: AsyncConnection, order: int) -> str | None:
    said: str | None = (await connection.execute(ANSWERED, {"id": order})).scalar_one_or_none()
    return said
