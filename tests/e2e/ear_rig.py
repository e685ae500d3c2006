"""The engine and the ear over a real Asterisk and the simulated network; only the store is in memory.

The engine runs inside the test, so that a test can say to it what an operator's key would. The ear is a process of its
own, as in production. It has learned the greetings of these tests beforehand: what is tried here is what becomes of a
verdict, not how good the verdicts are (that is measured by the bench).
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from dialer.ami import AmiLink
from dialer.calls import CallRules
from dialer.config import AsteriskNode, Hearing, Settings, Trunk, load_settings
from dialer.core.briefing import Briefing
from dialer.core.values import AttemptId, CaseId, Lead, PhoneNumber
from dialer.embedded.asterisk import AsteriskInstance
from dialer.engine import Engine
from dialer.listening import EarRules
from dialer.main import SystemClock
from dialer.media.prompts import make_prompts
from dialer.media.speech import Samples, Speech, read_wav
from dialer.placing import TrunkRules
from dialer.ports import Claimed, Ended
from dialer.profiles import load_city
from dialer.simulated_greetings import MACHINES, PERSONS, teach
from dialer.simulated_operators import keep_manned
from dialer.stack import asterisk, ears
from dialer.supervisor import Supervisor
from dialer.witness_file import WitnessFile
from simnet.log import CallRecord, Direction
from simnet.network import Network, Plan
from simnet.phones import read_phones
from simnet.ports import quiet_port
from simnet.subscribers import Subscriber
from tests.books import always
from tests.fake_store import FakeCase, MemoryStore
from tests.places import LIB
from tests.waiting import until

MESSAGE = "こちらは長岡市です。ご連絡したいことがございます。お手数ですが、市役所までお電話をお願いいたします。"
OPENING = "こちらは長岡市です。"
SCREENING = "こちらは長岡市役所です。市からのご連絡でお電話しました。"
SAID = {"message": MESSAGE, "opening": OPENING, "screening": SCREENING}
BRIEFING = Briefing(city="nagaoka", message="ear/message", screening="ear/screening")
CALL_RULES = CallRules(
    min_ring_seconds=20.0,
    early_media_seconds=20.0,
    set_up_seconds=5.0,
    meet_within_seconds=1.5,
    shortest_talk_seconds=0.5,
    wrap_up_seconds=0.2,
    wrap_up_ends_by_time=True,
)


@dataclass
class Rig:
    settings: Settings
    instance: AsteriskInstance
    supervisor: Supervisor
    network: Network
    engine: Engine
    link: AmiLink
    store: MemoryStore
    numbers: Mapping[str, str]  # number to the name a test gave it

    @property
    def attempts(self) -> dict[str, AttemptId]:
        """By the names of a test, as far as they are placed."""
        return {self.numbers[one.number]: attempt for attempt, one in self.store.claims.items()}

    @property
    def ended(self) -> dict[str, Ended]:
        return {name: self.store.ended[one] for name, one in self.attempts.items() if one in self.store.ended}

    def seen(self, name: str) -> CallRecord:
        """In the network's own words."""
        return next(
            one
            for one in self.network.ended
            if one.direction is Direction.TO_SUBSCRIBER and self.numbers.get(one.number) == name
        )

    def tape(self, name: str) -> Samples:
        recording = self.seen(name).recording
        assert recording is not None, f"{name} recorded nothing"
        return read_wav(self.network.plan.folder / recording)

    def kinds(self, name: str) -> list[str]:
        return [one.kind for one in self.store.appended if one.attempt == self.attempts.get(name)]

    async def until_all_ended(self, within: float = 60.0) -> None:
        await until(lambda: len(self.ended) == len(self.numbers), within)
        names = set(self.numbers.values())
        await until(
            lambda: names <= {self.numbers.get(one.number) for one in self.network.ended if one.number in self.numbers},
            within=10,
        )


@asynccontextmanager
async def rigged(
    folder: Path,
    people: Mapping[str, Subscriber],
    operators: int,
    briefing: Briefing = BRIEFING,
    hearing: Hearing | None = None,
    *,
    taught: bool = True,
    rules: CallRules = CALL_RULES,
) -> AsyncIterator[Rig]:
    lib = _lib(folder)
    sip, ami, http, carrier, phones, port = (quiet_port() for _ in range(6))
    settings = load_settings(
        state_dir=folder,
        lib_dir=lib,
        city="nagaoka",
        nodes=(AsteriskNode(sip_port=sip, ami_port=ami, http_port=http, rtp_from=26000, rtp_to=27999),),
        trunk=Trunk(port=carrier, lines=30),
        operator_phones=operators,
        hearing=(hearing or Hearing(learn_greetings=False)).model_copy(update={"port": port}),
    )
    instance = AsteriskInstance(settings, settings.own_node)
    if taught:
        await teach(settings, people.values(), {**MACHINES, **PERSONS})
    clock, inbox = SystemClock(), asyncio.Queue[object]()
    async with Supervisor([asterisk(settings, settings.own_node)], folder / "log") as supervisor:
        for program in ears(settings):
            await supervisor.add(program)
        plan = Plan(
            folder=folder / "network",
            carrier_port=carrier,
            exchange=f"127.0.0.1:{sip}",
            subscribers={one.number: one for one in people.values()},
            phones=read_phones(instance.phones_file),
            phone_port=phones,
            speech_folder=lib / "speech",
        )
        async with Network(plan) as network:
            await network.registrations.until_all()
            link = AmiLink("127.0.0.1", ami, settings.own_node.ami_user, instance.ami_secret, inbox, clock)
            store = MemoryStore(_cases(list(people.values()), clock.now()), settings.phones)
            engine = Engine(
                book=always(),
                trunk=TrunkRules("carrier", 30, 10, "", None),
                rules=rules,
                phones=settings.phones,
                switch=link,
                store=store,
                recorder=None,
                witness=WitnessFile(instance.witness_file, keep=timedelta(hours=1)),
                clock=clock,
                inbox=inbox,
                ear=_rules(settings, briefing),
            )
            store.clock = clock
            beside = [asyncio.create_task(link.run()), asyncio.create_task(engine.run())]
            beside.append(asyncio.create_task(keep_manned(store, "nagaoka", settings.phones)))
            engine.lead(Lead.LEADS)
            numbers = {one.number: name for name, one in people.items()}
            try:
                yield Rig(settings, instance, supervisor, network, engine, link, store, numbers)
            finally:
                for up in await link.channels_up() if link.ready else ():
                    await link.end(up.name)
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)


def _rules(settings: Settings, briefing: Briefing) -> EarRules | None:
    hearing = settings.hearing

    def brief(claimed: Claimed) -> Briefing:
        return briefing

    if not hearing.processes:
        return None
    place = f"127.0.0.1:{hearing.port}"
    return EarRules(place, hearing.undecided_after_seconds, hearing.early_media, brief)


def _cases(people: Sequence[Subscriber], now: datetime) -> list[FakeCase]:
    return [FakeCase(CaseId(place), PhoneNumber(one.number), now) for place, one in enumerate(people)]


def _lib(folder: Path) -> Path:
    """What set-up made, with prompts of the test's own beside it."""
    lib, prompts = folder / "lib", folder / "prompts"
    lib.mkdir()
    for name in ("asterisk", "speech"):
        (LIB / name).mkdir(parents=True, exist_ok=True)  # in a new tree nobody may have spoken yet
        (lib / name).symlink_to(LIB / name)
    make_prompts(prompts, [load_city("nagaoka")], drafts=True, spoken=LIB / "prompts" / "sound")
    speech = Speech(LIB / "speech")
    for name, text in SAID.items():
        speech.write(text, prompts / "ear" / f"{name}.wav")
    return lib


def prompt(name: str) -> Samples:
    return Speech(LIB / "speech").samples(SAID[name])


def waited(rig: Rig, name: str) -> float:
    """Seconds from the answer to the operator."""
    ended = rig.ended[name]
    assert ended.answered_at is not None
    assert ended.joined_at is not None
    return (ended.joined_at - ended.answered_at).total_seconds()
