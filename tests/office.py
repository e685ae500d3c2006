"""An engine at work in virtual time: a tiny exchange, a store in memory, and everything within reach."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar

from dialer.calls import CallRules
from dialer.core.pacing.values import PaceRules
from dialer.core.values import CaseId, Lead, Outcome, PhoneNumber
from dialer.engine import Engine
from dialer.listening import EarRules
from dialer.placing import TrunkRules
from dialer.recorder import Recorder
from dialer.simulated_operators import keep_manned, man
from tests.books import weekdays
from tests.event_table import START
from tests.fake_store import FakeCase, MemoryStore
from tests.fake_switch import FakeSwitch, Subscriber
from tests.virtual_time import VirtualClock, run_virtual

CITY = "nagaoka"
BOOK = weekdays()  # START is 10:00 on a Wednesday
RULES = CallRules(
    min_ring_seconds=35.0,
    early_media_seconds=35.0,
    set_up_seconds=20.0,
    meet_within_seconds=1.5,
    shortest_talk_seconds=2.0,
    wrap_up_seconds=10.0,
    wrap_up_ends_by_time=True,
)
TRUNK = TrunkRules(name="carrier", lines=4, calls_per_second=10, number_prefix="", preferred_identity=None)


AnOffice = TypeVar("AnOffice", bound="Office")


class Office:
    """An engine at work, with everything around it within reach."""

    ear: EarRules | None = None
    book = BOOK
    pace = PaceRules()
    recorder: Recorder | None = None

    def __init__(self, subscribers: Sequence[Subscriber], operators: int = 1, trunk: TrunkRules = TRUNK) -> None:
        self.trunk = trunk
        numbers = [PhoneNumber(f"025800{i:04d}") for i in range(1000, 1000 + len(subscribers))]
        self.clock = VirtualClock()
        self.inbox: asyncio.Queue[object] = asyncio.Queue()
        self.switch = FakeSwitch(self.inbox, self.clock, dict(zip(numbers, subscribers, strict=True)))
        cases = [FakeCase(CaseId(i), number, START) for i, number in enumerate(numbers)]
        self.store = MemoryStore(cases, [f"op{i:02d}" for i in range(1, operators + 1)])
        self.rules = RULES
        self.noted: list[str] = []  # the record of pacing
        self.manned = True  # somebody sits at every desk and only wants to work

    def start_engine(self) -> None:
        self.engine, self.running = self.new_engine(self.inbox)
        self.engine.lead(Lead.LEADS)
        self.switch.restore_link(START - timedelta(hours=1))

    def apology(self, debt: str) -> str:
        return ""

    def new_engine(self, inbox: "asyncio.Queue[object]") -> tuple[Engine, "asyncio.Task[None]"]:
        engine = Engine(
            book=self.book,
            trunk=self.trunk,
            rules=self.rules,
            phones=list(self.store.desks),
            switch=self.switch,
            store=self.store,
            recorder=self.recorder,
            witness=self.switch,
            clock=self.clock,
            inbox=inbox,
            ear=self.ear,
            apology=self.apology,
            pace=self.pace,
            note=lambda day, line: self.noted.append(json.dumps(line)),
        )
        return engine, asyncio.create_task(engine.run())

    def outcomes(self) -> list[Outcome]:
        return [self.store.ended[attempt].outcome for attempt in self.store.claims if attempt in self.store.ended]

    async def until(self, happened: Callable[[], bool], within: float = 3600) -> None:
        deadline = self.clock.monotonic() + within
        while not happened():
            assert self.clock.monotonic() < deadline, f"did not happen; so far {self.outcomes()}"
            await asyncio.sleep(0.01)

    async def people(self) -> None:
        if self.manned:
            phones = list(self.store.desks)
            await man(self.store, CITY, phones, look_seconds=0.01)
            await keep_manned(self.store, CITY, phones, look_seconds=1.0)

    async def kill_engine(self) -> None:
        """As kill -9: nothing more is written, nothing is said to the exchange."""
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)
        self.inbox = asyncio.Queue()  # the dead one's timers still run, into nowhere
        self.switch.inboxes = [self.inbox]


def at_work(office: AnOffice, scene: Callable[[AnOffice], Awaitable[None]]) -> None:
    async def play() -> None:
        office.start_engine()
        office.store.clock = office.clock
        people = asyncio.create_task(office.people())
        await scene(office)
        people.cancel()
        assert not office.running.done(), "the engine ended by itself"
        office.engine.stop()
        await asyncio.wait_for(office.running, 600)
        assert set(office.store.claims) == set(office.store.ended), "an attempt without an outcome"
        assert not office.switch.customers(), "a call is left over"

    run_virtual(play())
