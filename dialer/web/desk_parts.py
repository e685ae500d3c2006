"""What the desk is made of, given to the application once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from aiohttp import web

from dialer.core.city import City
from dialer.core.values import PhoneNumber
from dialer.ports import StoreUnavailable
from dialer.profiles.scripts import shipped_manuals
from dialer.store.desk_orders import DeskOrders
from dialer.store.inbound import InboundStore
from dialer.store.inquiries import InquiryStore
from dialer.store.talks import TalkStore
from dialer.telephone import Dialable, judge_number
from dialer.web.live import Live
from dialer.web.live_scripts import LiveScripts
from dialer.web.live_snapshot import Rules
from dialer.web.parts import PARTS, WebParts


@dataclass(frozen=True, slots=True)
class DeskParts:
    live: Live
    talks: TalkStore
    orders: DeskOrders
    callers: InboundStore
    inquiries: InquiryStore
    leaving: dict[str, str] = field(default_factory=dict)  # who is signed out when their seat is free, and by whom
    logged: dict[tuple[int, object, object], asyncio.Task[None]] = field(
        default_factory=dict
    )  # what a session was shown


DESK: web.AppKey[DeskParts] = web.AppKey("desk", DeskParts)


def add_desk(app: web.Application, url: str, rules: Rules) -> None:
    """`url`: of the database, where one connection listens for desks and one for answers."""
    parts = app[PARTS]
    app[DESK] = desk_parts(parts, url, rules)
    app.cleanup_ctx.append(_running)
    app.on_shutdown.append(app[DESK].live.end)


def desk_parts(parts: WebParts, url: str, rules: Rules) -> DeskParts:
    simulated = parts.settings.trunk.is_simulated

    def followed(city: City) -> None:
        parts.city = city

    database, clock = parts.database, parts.clock
    shipped_manuals(parts.city, clock.now())  # whoever has written a wrong file is told at the start
    scripts = LiveScripts(database)
    live = Live(url, database, parts.city.key, rules, scripts, clock, drafts=simulated, followed=followed)

    def judged(written: str) -> PhoneNumber | str:
        found = judge_number(written, simulated=simulated)
        return found.number if isinstance(found, Dialable) else found.why

    return DeskParts(
        live=live,
        talks=TalkStore(parts.database, parts.city.key, judged),
        orders=DeskOrders(url, parts.database, parts.city.key, "yobikake web"),
        callers=InboundStore(parts.database, parts.city),
        inquiries=InquiryStore(parts.database, parts.city.key),
    )


async def _running(app: web.Application) -> AsyncIterator[None]:
    desk = app[DESK]
    desk.live.start()
    yield
    await desk.live.close()
    await desk.orders.close()


def desk_of(request: web.Request) -> DeskParts:
    found = request.app.get(DESK)
    if found is None:
        raise StoreUnavailable("this process serves no desks")
    return found
