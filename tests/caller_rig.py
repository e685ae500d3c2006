"""A real Asterisk with our dialplan, a simulated network, and the server for callers in threads of the test."""

import threading
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from agi.desk import Desk
from agi.office import Office, Rules
from agi.records import Records
from agi.server import Server
from agi.session import Session
from dialer.ami import AmiLink
from dialer.config import Settings
from dialer.core.calendar.rules import Change
from dialer.core.channel_ids import came_in
from dialer.core.city import InboundRules
from dialer.core.events import CallerArrived
from dialer.embedded.asterisk import AsteriskInstance
from simnet.call import Call
from simnet.network import Network, Plan
from simnet.phones import read_phones
from simnet.subscribers import Behaviour, subscriber
from tests.adapters.test_ami_asterisk import Exchange, Heard, linked_to
from tests.fake_callers import FakeCallerStore


@dataclass
class Played:
    """What the server had played, in order, by the names of the sounds."""

    sounds: list[str] = field(default_factory=list)

    def watch(self, session: Session) -> Session:
        play = session.play

        def watched(sound: str, keys: str = "", start: int = 0) -> tuple[str | None, int]:
            self.sounds.append(sound.rpartition("/prompts/")[2])
            return play(sound, keys, start)

        session.play = watched  # type: ignore[method-assign]
        return session


class Reception(Office):
    """With other rules than the city's profile has, if any are given."""

    def __init__(self, settings: Settings, inbound: InboundRules | None) -> None:
        super().__init__(settings)
        self._inbound = inbound

    @property
    def rules(self) -> Rules:
        known = super().rules
        if self._inbound is None:
            return known
        return Rules(replace(known.city, inbound=self._inbound), known.calendar)


@dataclass
class Hall:
    """`now` is the time that the server believes; Asterisk keeps its own."""

    settings: Settings
    store: FakeCallerStore = field(default_factory=FakeCallerStore)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    played: Played = field(default_factory=Played)
    inbound: InboundRules | None = None  # in place of the profile's
    agreed: tuple[Change, ...] = ()  # of the calendar

    @contextmanager
    def open(self, most: int = 50) -> Iterator[Server]:
        with Records() as records:
            office = Reception(self.settings, self.inbound)
            office.look(self.agreed)
            desk = Desk(
                office,
                self.store,
                records,
                lambda: self.now,
                self.settings.callers.recognise_seconds,
                frozenset(self.settings.callers.test_numbers),
            )
            with Server(
                self.settings.callers.port, lambda session: desk.serve(self.played.watch(session)), most
            ) as server:
                thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
                thread.start()
                try:
                    yield server
                finally:
                    server.shutdown()
                    thread.join()


@dataclass
class Street:
    """Asterisk, whoever calls it, and what it tells the engine."""

    instance: AsteriskInstance
    network: Network
    link: AmiLink
    heard: Heard

    async def arrived(self, place: int = 0) -> CallerArrived:
        await self.heard.first(CallerArrived)
        found = [one for one in self.heard.items if isinstance(one, CallerArrived)]
        assert came_in(found[place].channel)
        return found[place]

    async def set_variable(self, channel: str, name: str, value: str) -> None:
        assert await self.link.set_variables(channel, {name: value})

    async def press(self, call: Call, keys: str) -> None:
        await self.network.place.line(call).press(keys, 0.2, 0.1)


@asynccontextmanager
async def street(
    settings: Settings, folder: Path, speech: Path, phones: Collection[str] = (), phone_port: int | None = None
) -> AsyncIterator[Street]:
    """`phones`: of our own, those that are plugged in."""
    instance = AsteriskInstance(settings, settings.own_node)
    instance.configure()
    caller = subscriber("0258001000", Behaviour.PERSON)
    plan = Plan(
        folder=folder / "network",
        carrier_port=settings.trunk.port,
        exchange=f"127.0.0.1:{settings.own_node.sip_port}",
        subscribers={caller.number: caller},
        speech_folder=speech,
        phones={name: secret for name, secret in read_phones(instance.phones_file).items() if name in phones},
        phone_port=phone_port,
    )
    async with Exchange(instance).running(), linked_to(instance) as (link, heard), Network(plan) as network:
        yield Street(instance, network, link, heard)
        for up in await link.channels_up():
            await link.end(up.name)
