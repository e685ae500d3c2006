"""What the pages are made of, given to them once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from aiohttp import web

from dialer.config import Settings
from dialer.core.city import City
from dialer.store.database import Database
from dialer.store.second_factors import SecondFactors
from dialer.store.staff import Staff
from dialer.store.staff_logs import StaffLogs
from dialer.store.staff_sessions import StaffSessions
from dialer.web.limiter import Limiter
from dialer.web.passwords import Passwords


class Clock(Protocol):
    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...


@dataclass(slots=True)
class WebParts:
    settings: Settings
    database: Database
    city: City  # whose engine runs here, as its profile says now: who keeps it keeps it as it was
    clock: Clock
    passwords: Passwords
    staff: Staff
    sessions: StaffSessions
    factors: SecondFactors
    logs: StaffLogs
    limiter: Limiter


PARTS: web.AppKey[WebParts] = web.AppKey("parts", WebParts)


def web_parts(
    settings: Settings, database: Database, city: City, clock: Clock, passwords: Passwords | None = None
) -> WebParts:
    """All of it over one database."""
    return WebParts(
        settings=settings,
        database=database,
        city=city,
        clock=clock,
        passwords=passwords or Passwords(),
        staff=Staff(database),
        sessions=StaffSessions(database),
        factors=SecondFactors(database),
        logs=StaffLogs(database),
        limiter=Limiter(settings.web.sign_ins_per_minute, seconds=60.0),
    )


def parts_of(request: web.Request) -> WebParts:
    return request.app[PARTS]
