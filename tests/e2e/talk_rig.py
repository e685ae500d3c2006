"""Talks over a real Asterisk and the simulated network; only the store is in memory, and everybody is a tone.

Persons sing 450 Hz, operators 700, departments 1000; what has none of these pitches is the hold music. So what each of
them hears says who is on the line with whom, at every 20 ms.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

import simnet.behaviours
import simnet.carrier
from dialer.ami import AmiLink
from dialer.calls import CallRules
from dialer.config import AsteriskNode, Hearing, Settings, Trunk, load_settings
from dialer.core.call import Call as PlacedCall
from dialer.core.city import Department
from dialer.core.decide import Rulebook
from dialer.core.events import ChannelId
from dialer.core.floor import Desk
from dialer.core.orders import OrderKind
from dialer.core.reconcile import AttemptSeen, NetworkCallSeen, TransferSeen, disagreements
from dialer.core.transfers import channel_of
from dialer.core.values import CaseId, Lead, OperatorState, PhoneNumber
from dialer.core.witness import calls_placed
from dialer.embedded.asterisk import AsteriskInstance
from dialer.engine import Engine
from dialer.live_call import Live
from dialer.main import SystemClock
from dialer.media.chime import place_chime
from dialer.media.hold_music import place_hold_music
from dialer.media.recording_keys import KeyFile
from dialer.media.recordings import Recordings
from dialer.placing import TrunkRules
from dialer.ports import Ended
from dialer.simulated_operators import man
from dialer.stack import asterisk
from dialer.supervisor import Supervisor
from dialer.witness_file import WitnessFile
from simnet.call import Call
from simnet.line import Line
from simnet.log import CallRecord, Direction
from simnet.network import Network, Plan
from simnet.phones import read_phones
from simnet.ports import quiet_port
from simnet.sound import FRAME, RATE, decoded, tone
from simnet.subscribers import Behaviour, Subscriber, subscriber
from tests.books import always
from tests.fake_store import FakeCase, MemoryStore
from tests.places import LIB
from tests.waiting import until

PERSON, OPERATOR, SUPERVISOR, DEPARTMENT = "person", "operator", "supervisor", "department"
MUSIC, SILENCE = "music", "-"
HERTZ = {PERSON: 450, OPERATOR: 700, DEPARTMENT: 1000, SUPERVISOR: 1250}  # whole periods in 20 ms
SEATS = {OPERATOR: "op01", SUPERVISOR: "op02"}
LOUD, SUNG = 300.0, 2500.0  # RMS; the music is never as loud as somebody who sings
SHORTEST_FRAMES = 4  # what is shorter is the edge of something else
WHOLE_DAY = 600.0
CALLED = "0258002000"
TALK_MS = 600

TAX, CLOSED, ENGAGED = "tax", "closed", "engaged"
DEPARTMENTS = (
    Department(TAX, "収納課", PhoneNumber("0258009101")),
    Department(CLOSED, "窓口", PhoneNumber("0258009102")),
    Department(ENGAGED, "相談室", PhoneNumber("0258009103")),
)
RULES = CallRules(
    min_ring_seconds=20.0,
    early_media_seconds=20.0,
    set_up_seconds=5.0,
    meet_within_seconds=1.5,
    shortest_talk_seconds=0.1,
    wrap_up_seconds=600.0,
)


async def _sings(line: Line, who: Subscriber) -> None:
    await line.ring()
    await line.wait(who.ring_seconds)
    await line.answer()
    assert line.call.party is not None
    is_department = line.call.number in {one.number for one in DEPARTMENTS}
    line.call.party.background = tone(HERTZ[DEPARTMENT if is_department else PERSON], 1.0)
    line.record()
    await line.wait(WHOLE_DAY)


async def _operates(line: Line, *_: object) -> None:
    await line.answer()
    assert line.call.party is not None
    line.call.party.background = tone(HERTZ[_at_phone(line.call)], 1.0)
    line.record()
    await line.wait(WHOLE_DAY)


def _at_phone(call: Call) -> str:
    return next(who for who, phone in SEATS.items() if phone == call.number)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What outlives a test: Asterisk, and the network around it."""

    settings: Settings
    instance: AsteriskInstance
    network: Network

    def placed(self) -> Mapping[ChannelId, PlacedCall]:
        """Calls to the carrier, in Asterisk's own words."""
        return calls_placed(WitnessFile(self.instance.witness_file).read(), "carrier")

    async def clear(self) -> None:
        """Nobody is on any line, and no engine to come finds something to do."""
        self.instance.say("channel request hangup all")
        await until(lambda: not self.network.open_calls and not self.instance.say("core show channels concise").strip())
        for tape in self.instance.recordings.glob("*.raw"):
            tape.unlink()


@dataclass
class Rig:
    exchange: Exchange
    store: MemoryStore
    rules: CallRules = RULES
    earlier: frozenset[ChannelId] = frozenset()  # calls of the tests before
    ended_earlier: int = 0
    engine: Engine = field(init=False)
    link: AmiLink = field(init=False)
    inbox: "asyncio.Queue[object]" = field(init=False)
    beside: "list[asyncio.Task[None]]" = field(init=False)

    @property
    def settings(self) -> Settings:
        return self.exchange.settings

    @property
    def instance(self) -> AsteriskInstance:
        return self.exchange.instance

    @property
    def network(self) -> Network:
        return self.exchange.network

    @property
    def network_ended(self) -> Sequence[CallRecord]:
        return self.network.ended[self.ended_earlier :]

    @property
    def desk(self) -> Desk:
        return self.engine.calls.desks.floor.desks["op01"]

    @property
    def live(self) -> Live:
        (live,) = self.engine.calls.live.values()
        return live

    @property
    def ended(self) -> Ended:
        (ended,) = self.store.ended.values()
        return ended

    def kinds(self) -> list[str]:
        return [one.kind for one in self.store.appended]

    def line(self, who: str) -> Call:
        """Of the network, while it is up."""
        numbers = {one.number for one in DEPARTMENTS}
        for call in self.network.open_calls:
            if call.direction is Direction.TO_PHONE:
                found = _at_phone(call)
            else:
                found = DEPARTMENT if call.number in numbers else PERSON
            if found == who:
                return call
        raise AssertionError(f"no {who} is on the line")

    async def hang_up(self, who: str) -> None:
        await Line(self.line(who), self.network.voices, random.Random(1)).hang_up()

    async def order(self, kind: OrderKind, **detail: object) -> str:
        """As the desk's page does: the answer."""
        return await self.order_at(OPERATOR, kind, **detail)

    async def order_at(self, who: str, kind: OrderKind, **detail: object) -> str:
        desk = self.engine.calls.desks.floor.desks[SEATS[who]]
        id_ = await self.store.order(desk.phone, kind, detail, by=desk.account or who)
        await until(lambda: id_ in self.store.answers)
        return self.store.answers[id_]

    async def supervisor_sits_down(self) -> Desk:
        """And stays paused."""
        assert await self.order_at(SUPERVISOR, OrderKind.TAKE_SEAT, seat="phone") == "ok"
        desk = self.engine.calls.desks.floor.desks[SEATS[SUPERVISOR]]
        await until(lambda: desk.state is OperatorState.PAUSED)
        return desk

    async def ordered(self, kind: OrderKind, **detail: object) -> None:
        answer = await self.order(kind, **detail)
        assert answer == "ok", answer

    def heard_by(self, who: str) -> list[str]:
        """Whom they heard, one after the other, until now."""
        party = self.line(who).party
        assert party is not None
        assert party.recorded is not None
        return [name for name, _ in heard(bytes(party.recorded))]

    async def until_heard(self, who: str, *wanted: str, within: float = 15.0) -> None:
        def so_far() -> list[str]:
            return [name for name in self.heard_by(who) if name != SILENCE]

        try:
            await until(lambda: so_far() == list(wanted), within)
        except TimeoutError:
            raise AssertionError(f"{who} heard {so_far()}, not {list(wanted)}") from None

    def seen(self, number: str) -> CallRecord:
        """A call that has ended, in the network's own words."""
        return next(one for one in self.network_ended if one.number == number)

    async def until_nobody_is_left(self) -> None:
        """No call of ours to anybody outside, and every attempt with its outcome."""
        await until(lambda: bool(self.store.ended) and not self.engine.calls.live)
        await until(lambda: not self.channels())

    def assert_three_sources_agree(self) -> None:
        """When nobody is on the line any more."""
        attempts = [
            AttemptSeen(
                one,
                claimed.number,
                claimed.claimed_at,
                self.store.ended[one].outcome,
                answered=self.store.ended[one].answered_at is not None,
                joined=self.store.ended[one].joined_at is not None,
                sip_code=None,
            )
            for one, claimed in self.store.claims.items()
        ]
        numbers = {one.key: one.number for one in DEPARTMENTS}
        transfers = [
            TransferSeen(channel_of(one.attempt, number), numbers[str(one.detail["department"])])
            for one in self.store.appended
            if one.kind == "transfer_ordered" and isinstance(number := one.detail["number"], int)
        ]
        placed = {one: call for one, call in self.exchange.placed().items() if one not in self.earlier}
        network = [_seen(call) for call in self.network_ended if call.direction is Direction.TO_SUBSCRIBER]
        assert len(transfers) == len(placed) - 1
        assert disagreements(attempts, placed, network, transfers) == []

    async def kill_leg(self) -> None:
        assert self.desk.channel is not None
        await self.link.end(self.desk.channel)

    async def restart_engine(self) -> None:
        """Killed; then another begins, which knows only what is in the store and what Asterisk says."""
        await self.stop()
        self.start()
        await until(lambda: bool(self.engine.calls.live))

    def start(self) -> None:
        inbox = self.inbox = asyncio.Queue[object]()
        node, clock = self.settings.own_node, SystemClock()
        self.link = AmiLink("127.0.0.1", node.ami_port, node.ami_user, self.instance.ami_secret, inbox, clock)
        self.engine = Engine(
            book=self.book(),
            trunk=TrunkRules("carrier", 30, 10, "", None),
            rules=self.rules,
            phones=self.settings.phones,
            switch=self.link,
            store=self.store,
            recorder=Recordings(self.instance.recordings, KeyFile(self.settings.recording_key_file)),
            witness=WitnessFile(self.instance.witness_file, keep=timedelta(hours=1)),
            clock=clock,
            inbox=inbox,
        )
        self.engine.lead(Lead.LEADS)
        self.beside = [asyncio.create_task(self.link.run()), asyncio.create_task(self.engine.run())]

    def book(self, overflow_to: str | None = None) -> Rulebook:
        book = always()
        inbound = replace(book.city.inbound, overflow_to=overflow_to)
        return replace(book, city=replace(book.city, departments=DEPARTMENTS, inbound=inbound))

    async def stop(self) -> None:
        for task in self.beside:
            task.cancel()
        await asyncio.gather(*self.beside, return_exceptions=True)

    def channels(self) -> list[str]:
        lines = self.instance.say("core show channels concise").splitlines()
        return [line for line in lines if line.startswith("PJSIP/carrier-")]


def _seen(call: CallRecord) -> NetworkCallSeen:
    at = [
        datetime.fromtimestamp(one, UTC) if one else None for one in (call.invited_at, call.answered_at, call.ended_at)
    ]
    assert at[0] is not None
    assert at[2] is not None
    return NetworkCallSeen(PhoneNumber(call.number), at[0], at[1], at[2], call.final_code, call.heard_ms)


def heard(tape: bytes) -> list[tuple[str, int]]:
    """Who, and for how many milliseconds."""
    frames = [tape[at : at + FRAME] for at in range(0, len(tape) - FRAME + 1, FRAME)]
    runs = [(name, len(list(of))) for name, of in groupby(_who(frame) for frame in frames)]
    steady = [(name, frames) for name, frames in runs if frames >= SHORTEST_FRAMES]
    merged = [(name, sum(count for _, count in of)) for name, of in groupby(steady, key=lambda run: run[0])]
    quiet = [one for one in merged if one[0] != SILENCE]
    together = [(name, sum(count for _, count in of)) for name, of in groupby(quiet, key=lambda run: run[0])]
    return [(name, frames * 20) for name, frames in together]


def _who(frame: bytes) -> str:
    sound = decoded(frame).astype(float)
    loudness = float(np.sqrt(np.mean(sound**2)))
    if loudness < SUNG:
        return SILENCE if loudness < LOUD else MUSIC
    spectrum = np.abs(np.fft.rfft(sound)) ** 2
    for name, hertz in HERTZ.items():
        place = hertz * FRAME // RATE
        if float(spectrum[place - 1 : place + 2].sum()) > 0.9 * float(spectrum.sum()):
            return name
    return MUSIC


@asynccontextmanager
async def exchange_up(folder: Path, operators: int = 2) -> AsyncIterator[Exchange]:
    """Everybody who is called sings."""
    sip, ami, http, carrier, phones = (quiet_port() for _ in range(5))
    settings = load_settings(
        state_dir=folder,
        lib_dir=LIB,
        city="nagaoka",
        nodes=(AsteriskNode(sip_port=sip, ami_port=ami, http_port=http, rtp_from=29000, rtp_to=29999),),
        trunk=Trunk(port=carrier, lines=30),
        operator_phones=operators,
        hearing=Hearing(processes=0),
    )
    place_hold_music(settings.prompts)
    place_chime(settings.prompts)
    instance = AsteriskInstance(settings, settings.own_node)
    people = [
        subscriber(CALLED, Behaviour.PERSON, ring_seconds=0.1),
        subscriber(DEPARTMENTS[0].number, Behaviour.PERSON, ring_seconds=0.3),
        subscriber(DEPARTMENTS[1].number, Behaviour.NO_ANSWER, setup_seconds=0.1, ring_seconds=2.0),
        subscriber(DEPARTMENTS[2].number, Behaviour.BUSY),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(simnet.behaviours.STORIES, Behaviour.PERSON, _sings)
        patch.setattr(simnet.carrier, "operator", _operates)
        async with Supervisor([asterisk(settings, settings.own_node)], folder / "log"):
            plan = Plan(
                folder=folder / "network",
                carrier_port=carrier,
                exchange=f"127.0.0.1:{sip}",
                subscribers={one.number: one for one in people},
                phones=read_phones(instance.phones_file),
                phone_port=phones,
                speech_folder=LIB / "speech",
            )
            async with Network(plan) as network:
                await network.registrations.until_all()
                yield Exchange(settings, instance, network)


@asynccontextmanager
async def talking(exchange: Exchange) -> AsyncIterator[Rig]:
    """One person, who has been joined to op01."""
    async with rigged(exchange) as rig:
        await until(lambda: rig.desk.state is OperatorState.TALKING)
        await rig.until_heard(PERSON, OPERATOR)
        await rig.until_heard(OPERATOR, PERSON)
        party = rig.line(OPERATOR).party
        assert party is not None
        await until(lambda: party.heard.sound_ms > TALK_MS)
        yield rig


@asynccontextmanager
async def rigged(
    exchange: Exchange,
    rules: CallRules = RULES,
    to_call: Sequence[str] = (CALLED,),
    at_work: Collection[str] = (SEATS[OPERATOR],),
) -> AsyncIterator[Rig]:
    phones, clock = exchange.settings.phones, SystemClock()
    cases = [FakeCase(CaseId(place), PhoneNumber(one), clock.now()) for place, one in enumerate(to_call)]
    store = MemoryStore(cases, phones)
    store.clock = clock
    rig = Rig(exchange, store, rules, frozenset(exchange.placed()), len(exchange.network.ended))
    rig.start()
    try:
        async with asyncio.timeout(30):
            await man(store, "nagaoka", at_work)
        yield rig
    finally:
        await rig.stop()
        await exchange.clear()
