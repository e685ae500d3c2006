"""A whole centre against the simulated telephone network, on this machine alone: for the demo, the tests and the bench.

Everything is real but the people: Postgres, Asterisk and the engine run as in production, each as a process of its own;
the carrier, its subscribers and the operators' phones are played by `sip-sim/`.
"""

import asyncio
import sys
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from dialer.config import ROOT, AsteriskNode, Callers, Dialling, Hearing, Identity, Settings, Trunk, Web, load_settings
from dialer.core.call import Call
from dialer.core.city import City
from dialer.core.events import ChannelId, TransferOrdered
from dialer.core.history import restored
from dialer.core.reconcile import Mismatch, NetworkCallSeen, TransferSeen, disagreements
from dialer.core.transfers import channel_of
from dialer.core.values import OperatorState, PhoneNumber
from dialer.core.witness import calls_placed
from dialer.embedded.asterisk import AsteriskInstance
from dialer.folders import private_folder, read_json
from dialer.lists.rows import CaseRow
from dialer.main import status_file
from dialer.media.prompts import make_prompts
from dialer.ports import Recorded
from dialer.profiles import load_city
from dialer.prompt_commands import place_for_callers
from dialer.rulebooks import Rulebooks, in_force
from dialer.simulated_desks import Manner, Room, Works
from dialer.simulated_greetings import MACHINES, Kinds, teach
from dialer.simulated_operators import enter_results, keep_manned
from dialer.simulated_page import Timings
from dialer.stack import asterisk, callers, ears, engine, migrate, owner_url, postgres, web
from dialer.store.fresh import fresh_database
from dialer.store.postgres import PostgresStore
from dialer.supervisor import Program, Supervisor
from dialer.witness_file import WitnessFile
from simnet import log as network_log
from simnet import subscribers as subscriber_file
from simnet.log import CallRecord, Direction
from simnet.ports import quiet_port
from simnet.subscribers import Subscriber

RTP_FROM, RTP_TO = 28000, 31999
ENGINE = "engine"
DATABASE = "yobikake_rehearsal"
SIGN_INS = 1000  # a minute: everybody comes from one address
QUIET_SECONDS = 15.0  # a call that lost its exchange is over in the network's log after so long
LOOK_SECONDS = 0.1
MANNED_SECONDS = 60.0
NO_EAR = Hearing(processes=0)


@dataclass(frozen=True, slots=True)
class Scene:
    """Who is there to call, who is there to talk, and the settings of the day."""

    city: str
    subscribers: Sequence[Subscriber]
    operators: int
    dialling: Dialling
    lines: int = 30
    calls_per_second: float = 10.0
    recordings: bool = True
    identity: Identity = "p_asserted"
    prefix_186: bool = False
    hearing: Hearing = NO_EAR  # its port is drawn
    known: Kinds = field(default_factory=lambda: MACHINES)  # whose greetings the ear has heard before
    manned: bool = True  # from the start of the engine; False: desks are taken by orders of the test
    phones_hum: bool = False  # to be heard at once; simulated people otherwise wait for their turn
    desks: Manner | None = None  # operators use the desk's pages; None: they only have telephones
    supervisors: Sequence[Works] = ()  # what each of them does, beside such desks
    readers: Sequence[Works] = ()  # and whoever may open every page
    callers: bool = False  # the server that speaks to people who call
    cases_at_once: bool = True  # a case for each subscriber from the start; False: they come by `add_cases`


class SimulatedCentre:
    """`async with`: Postgres, Asterisk and the network are up inside and the cases are in; then `start_engine`."""

    def __init__(self, folder: Path, lib: Path, scene: Scene) -> None:
        self.folder, self.scene = folder, scene
        self.city: City = load_city(scene.city)
        sip, ami, http, carrier, phones, ear, pages, agi = (quiet_port() for _ in range(8))
        self._phone_port = phones
        self.settings: Settings = load_settings(
            state_dir=folder,
            lib_dir=lib,
            city=scene.city,
            node="a",
            nodes=(AsteriskNode(sip_port=sip, ami_port=ami, http_port=http, rtp_from=RTP_FROM, rtp_to=RTP_TO),),
            trunk=Trunk(
                port=carrier,
                lines=scene.lines,
                calls_per_second=scene.calls_per_second,
                identity=scene.identity,
                prefix_186=scene.prefix_186,
            ),
            operator_phones=scene.operators,
            recordings=scene.recordings,
            dialling=scene.dialling.model_copy(update={"any_hour": True}),
            hearing=scene.hearing.model_copy(update={"port": ear}),
            callers=Callers(port=agi),
            web=Web(serve=scene.desks is not None, port=pages, sign_ins_per_minute=SIGN_INS),
        )
        self.instance = AsteriskInstance(self.settings, self.settings.own_node)
        self.supervisor = Supervisor([], folder / "log")
        self.began = datetime.now(UTC)
        self._rows = 0
        self._results: asyncio.Task[None] | None = None
        self._manning: asyncio.Task[None] | None = None
        self._room: Room | None = None

    async def __aenter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        await self.supervisor.__aenter__()
        try:
            await self._open()
        except BaseException:
            await self.supervisor.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for people in (self._results, self._manning):
            if people is not None:
                people.cancel()
                await asyncio.gather(people, return_exceptions=True)
        await self.desks_over()
        await self.store.close()
        await self.supervisor.stop()

    async def desks_over(self) -> list[Timings]:
        """The operators leave their pages; what these have felt."""
        room, self._room = self._room, None
        return await room.close() if room is not None else []

    async def _open(self) -> None:
        for old in (self.instance.witness_file, self.network_log):
            old.unlink(missing_ok=True)
        spoken = self.settings.spoken
        make_prompts(self.settings.prompts, [self.city], drafts=True, spoken=spoken)
        place_for_callers(self.settings, in_force(self.settings, self.city, ()), self.began)
        if self.settings.database_url is None:
            await self.supervisor.add(postgres(self.settings))
        url = await asyncio.to_thread(fresh_database, owner_url(self.settings), DATABASE)
        self.settings = load_settings(**{**dict(self.settings), "database_url": url})
        self.store = PostgresStore(url, self.city.key, name="yobikake rehearsal")
        await self.supervisor.add(migrate(self.settings))
        await self.supervisor.add(asterisk(self.settings, self.settings.own_node))
        if self.settings.hearing.processes:
            await teach(self.settings, self.scene.subscribers, self.scene.known)
        for program in ears(self.settings):
            await self.supervisor.add(program)
        if self.scene.callers:
            await self.supervisor.add(callers(self.settings))
        await self.supervisor.add(self._network())
        await self.store.ensure_city(self.city, self.settings.phones)
        self.store.use(await Rulebooks(self.settings, self.store).book(datetime.now(UTC)))
        if self.scene.desks is None:
            self._results = asyncio.create_task(enter_results(self.store, self.city.key))
        else:
            await self.supervisor.add(web(self.settings))
            self._room = Room(self.settings, self.city, self.scene.desks, self.scene.supervisors, self.scene.readers)
        if self.scene.cases_at_once:
            await self.add_cases(self.scene.subscribers, datetime.now(UTC))

    # --- the day

    async def add_cases(self, people: Sequence[Subscriber], due_at: datetime) -> None:
        await self.store.import_cases(self._cases(people), due_at)

    async def start_engine(self, settings: Settings | None = None, name: str = ENGINE) -> None:
        """With the scene's settings, or with others for a while; a second one, of another name, stands by."""
        settings = settings or self.settings
        await self.supervisor.add(engine(settings, name))
        if self._room is not None:
            await self._room.open()
        elif self.scene.manned:
            if self._manning is not None:
                self._manning.cancel()
            self._manning = asyncio.create_task(keep_manned(self.store, self.city.key, settings.phones))

    async def until_manned(self) -> None:
        """Every operator is ready for a call, or has one."""
        idle = (OperatorState.OFFLINE, OperatorState.CONNECTING, OperatorState.PAUSED)
        async with asyncio.timeout(MANNED_SECONDS):
            while True:
                states = await self.store.operator_states(self.city.key)
                if not any(states[state] for state in idle):
                    return
                await asyncio.sleep(LOOK_SECONDS)

    async def stop_engine(self) -> None:
        """Calls in flight come to their end first."""
        for name in [name for name in self.supervisor.children if name.startswith(ENGINE)]:
            await self.supervisor.stop_one(name)

    def engine_status(self) -> dict[str, object]:
        pid = self.supervisor.children[ENGINE].pid
        return read_json(status_file(self.settings, pid)) if pid else {}

    @property
    def network_log(self) -> Path:
        return self.folder / "network" / "calls.jsonl"

    # --- what the three sources say

    def network_calls(self) -> list[CallRecord]:
        """Calls of the engine to subscribers, in the network's own words."""
        return [call for call in network_log.read(self.network_log) if call.direction is Direction.TO_SUBSCRIBER]

    def asterisk_calls(self) -> dict[ChannelId, Call]:
        return calls_placed(WitnessFile(self.instance.witness_file).read(), self.settings.trunk.name)

    async def mismatches(self, besides: Collection[str] = ()) -> list[Mismatch]:
        """Call by call; asked when the engine has stopped. Waits for the network to notice the end of every call.

        `besides` are numbers that somebody other than the engine called.
        """
        attempts = await self.store.attempts_seen(self.city.key, self.began)
        placed = self.asterisk_calls()
        deadline = time.monotonic() + QUIET_SECONDS
        while len(ours := self._calls_besides(besides)) < len(placed) and time.monotonic() < deadline:
            await asyncio.sleep(LOOK_SECONDS)
        transfers = transfers_seen(self.city, await self.store.transfers_ordered(self.city.key, self.began))
        return disagreements(attempts, placed, [_seen(call) for call in ours], transfers)

    def _calls_besides(self, numbers: Collection[str]) -> list[CallRecord]:
        return [call for call in self.network_calls() if call.number not in numbers]

    # --- the parts

    def _network(self) -> Program:
        folder = private_folder(self.network_log.parent)
        people = folder / "subscribers.csv"
        subscriber_file.write(people, self.scene.subscribers)
        node, trunk = self.settings.own_node, self.settings.trunk
        argv = [sys.executable, "-m", "simnet", "--folder", str(folder), "--subscribers", str(people)]
        argv += ["--carrier-port", str(trunk.port), "--exchange", f"{node.host}:{node.sip_port}"]
        argv += ["--phones", str(self.instance.phones_file), "--phone-port", str(self._phone_port)]
        argv += ["--speech", str(self.settings.lib / "speech")]
        argv += ["--phones-hum"] if self.scene.phones_hum else []
        said = self.supervisor.log_file("network")

        async def ready(_pid: int) -> bool:
            return "ready" in said.read_text(encoding="utf-8").split()

        return Program(
            "network",
            lambda: argv,
            ready,
            prepare=lambda: said.unlink(missing_ok=True),
            environment={"PYTHONPATH": f"{ROOT}:{ROOT / 'sip-sim'}"},
        )

    def _cases(self, people: Sequence[Subscriber]) -> list[CaseRow]:
        """Invented people: one case for each subscriber, over all debt kinds of the city."""
        debts, first = self.city.debts, self._rows + 1
        self._rows += len(people)
        return [
            CaseRow(
                row=place,
                address_key=f"{place:08d}",
                name=f"見本 {place}番",
                kana=f"ミホン {place}",
                debt=debts[place % len(debts)].key,
                amount_yen=1000 + 100 * place,
                numbers=(PhoneNumber(one.number),),
            )
            for place, one in enumerate(people, start=first)
        ]


def transfers_seen(city: City, ordered: Sequence[Recorded]) -> list[TransferSeen]:
    """What calls in both directions tell of calls to departments."""
    found = []
    for record in ordered:
        event = restored(record.kind, ChannelId(record.attempt), record.at, record.detail)
        department = city.department(event.department) if isinstance(event, TransferOrdered) else None
        if isinstance(event, TransferOrdered) and department is not None:
            found.append(TransferSeen(channel_of(record.attempt, event.number), department.number))
    return found


def _seen(call: CallRecord) -> NetworkCallSeen:
    def moment(at: float) -> datetime:
        return datetime.fromtimestamp(at, UTC)

    return NetworkCallSeen(
        number=PhoneNumber(call.number),
        invited_at=moment(call.invited_at),
        answered_at=None if call.answered_at is None else moment(call.answered_at),
        ended_at=moment(call.ended_at),
        final_code=call.final_code,
        heard_ms=call.heard_ms,
    )
