"""What is done on the command line is in the log of operations as well: without a session, by whom it was ordered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.commands import opened_database
from dialer.config import Settings
from dialer.core.city import City
from dialer.store.queries import SAVE_CITY
from dialer.store.staff_logs import LogEntry, StaffLogs

PERSON = text("SELECT id FROM person WHERE city = :city AND address_key = :key")


@dataclass(frozen=True, slots=True)
class Use:
    """Of a function, on the command line."""

    by: str
    at: datetime
    function: str
    what: str
    ids: Sequence[str | int] = ()
    count: int = 1
    detail: Mapping[str, str | int | None] | None = None


async def note(settings: Settings, city: City, use: Use) -> None:
    """Rights and texts may be entered before the engine has ever run: the city is made known with it."""
    entry = LogEntry(
        at=use.at,
        city=city.key,
        by=use.by,
        session=None,
        function=use.function,
        what=use.what,
        ids=[str(one) for one in use.ids],
        count=use.count,
        took_ms=0.0,
        detail=use.detail,
    )
    async with opened_database(settings) as database:
        await database.ask(lambda connection: connection.execute(SAVE_CITY, {"key": city.key, "name": city.name}))
        await StaffLogs(database).operation(entry)


async def person_id(connection: AsyncConnection, city: str, address_key: str) -> int | None:
    """What the log may hold of a person: our number, not the city's."""
    return (await connection.execute(PERSON, {"city": city, "key": address_key})).scalar()
