"""The floor on its way from the engine to the pages that watch it: told over NOTIFY, kept nowhere.

A page that watches says so every few seconds; as long as one does, the engine tells whatever happens at once.
"""

import asyncio
import base64
import json
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.database import Database
from dialer.store.json_text import json_text
from dialer.store.wakes import Wakes

TOLD, WANTED = "floor", "floor_wanted"  # channels
WANTED_SECONDS = 15.0
ASK_SECONDS = 5.0
PART_BYTES = 7_800  # NOTIFY carries fewer than 8,000
NOTIFY = text("SELECT pg_notify(:channel, :payload)")
LAZILY = text("SET LOCAL synchronous_commit = off")  # nothing is written that could be lost


def parts_of(city: str, number: int, content: Mapping[str, Any]) -> Iterator[str]:
    packed = base64.b64encode(zlib.compress(json_text(dict(content)).encode())).decode()
    pieces = [packed[at : at + PART_BYTES] for at in range(0, len(packed), PART_BYTES)]
    for place, piece in enumerate(pieces, 1):
        yield f"{city} {number} {place}/{len(pieces)} {piece}"


class Gathering:
    """Puts the parts together again. A content of which a part is missing is passed over; the next one is near."""

    def __init__(self, city: str) -> None:
        self._city = city
        self._number = ""
        self._pieces: list[str] = []

    def take(self, payload: str) -> dict[str, Any] | None:
        city, number, place, piece = payload.split(" ", 3)
        if city != self._city:
            return None
        at, _, of = place.partition("/")
        if at == "1":
            self._number, self._pieces = number, []
        elif number != self._number or int(at) != len(self._pieces) + 1:
            return None
        self._pieces.append(piece)
        if len(self._pieces) < int(of):
            return None
        found = json.loads(zlib.decompress(base64.b64decode("".join(self._pieces))))
        return found if isinstance(found, dict) else None


class FloorTeller:
    """The engine's side."""

    def __init__(self, url: str, database: Database, city: str) -> None:
        self._database, self._city = database, city
        self._wanted_until = 0.0
        self._asked = asyncio.Event()
        self._wakes = Wakes(url, {WANTED: self._want}, name="yobikake floor wanted")

    async def close(self) -> None:
        await self._wakes.close()

    async def until_wanted(self, at_most: float | None = None) -> None:
        """`at_most`: seconds; then it is told without."""
        self._wakes.start()
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most):
                while time.monotonic() > self._wanted_until:
                    self._asked.clear()
                    await self._asked.wait()

    async def tell(self, content: Mapping[str, Any]) -> None:
        """StoreUnavailable when the database is away."""
        payloads = list(parts_of(self._city, time.monotonic_ns(), content))

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(LAZILY)
            for payload in payloads:
                await connection.execute(NOTIFY, {"channel": TOLD, "payload": payload})

        await self._database.ask(work)

    def _want(self, city: str | None) -> None:
        if city in (None, self._city):
            self._wanted_until = time.monotonic() + WANTED_SECONDS
            self._asked.set()


class FloorListener:
    """The pages' side. `on_told` gets each floor, newest last; `ask` says that somebody watches."""

    def __init__(self, url: str, database: Database, city: str, on_told: Callable[[dict[str, Any]], None]) -> None:
        self._database, self._city, self._on_told = database, city, on_told
        self._gathering = Gathering(city)
        self._wakes = Wakes(url, {TOLD: self._told}, name="yobikake floor")

    async def close(self) -> None:
        await self._wakes.close()

    def listen(self) -> None:
        """To what is told for others, and now and then for nobody."""
        self._wakes.start()

    async def ask(self) -> None:
        """StoreUnavailable when the database is away."""
        self.listen()
        await self._database.ask(
            lambda connection: connection.execute(NOTIFY, {"channel": WANTED, "payload": self._city})
        )

    def _told(self, payload: str | None) -> None:
        if payload is None:
            return
        with suppress(ValueError, zlib.error):  # of another version
            if (found := self._gathering.take(payload)) is not None:
                self._on_told(found)
