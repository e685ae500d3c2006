"""Builds the real engine: the one place that knows every adapter, reads the clock and the settings."""

import asyncio
import os
import signal
import time
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from dialer.ami import AmiLink
from dialer.briefings import Briefings
from dialer.calls import CallRules
from dialer.config import Settings, SettingsError
from dialer.core.city import City
from dialer.core.messages import MessagePurpose
from dialer.core.values import Lead
from dialer.embedded.asterisk import AsteriskInstance
from dialer.engine import Engine
from dialer.listening import EarRules
from dialer.media.prompt_book import PromptBook
from dialer.media.recording_keys import KeyFile
from dialer.media.recordings import Recordings
from dialer.pace_record import PaceRecord
from dialer.placing import TrunkRules
from dialer.ports import Clock, StoreFault, StoreUnavailable
from dialer.prompt_keeper import PromptKeeper, build_apart, read_from
from dialer.recording_keeper import RecordingKeeper
from dialer.rulebooks import Rulebooks
from dialer.store.database import Database
from dialer.store.floor import FloorTeller
from dialer.store.postgres import PostgresStore
from dialer.store.recordings import RecordingStore
from dialer.telling import tell_on, told_file
from dialer.witness_file import WitnessFile

log = structlog.get_logger()

STAND_BY_SECONDS = 1.0
WITNESS_KEPT = timedelta(hours=2)  # longer than any call
SHOW_SECONDS = 0.2  # at least between two looks at the floor
PULSE_SECONDS = 2.0  # between two while no page is open
RULES_SECONDS = 5.0
LOOP_PROBE_SECONDS = 0.02
LOOP_PROBES = 3000  # the last minute


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


def trunk_rules(settings: Settings) -> TrunkRules:
    trunk = settings.trunk
    return TrunkRules(
        name=trunk.name,
        lines=trunk.lines,
        lines_for_callers=trunk.lines_for_callers,
        calls_per_second=trunk.calls_per_second,
        number_prefix="186" if trunk.prefix_186 else "",
        preferred_identity=trunk.host if trunk.identity == "p_preferred" else None,
    )


def call_rules(settings: Settings, city: City) -> CallRules:
    dialling = settings.dialling
    return CallRules(
        min_ring_seconds=city.rules.min_ring_seconds,
        early_media_seconds=dialling.early_media_seconds,
        set_up_seconds=dialling.set_up_seconds,
        meet_within_seconds=dialling.meet_within_seconds,
        shortest_talk_seconds=dialling.shortest_talk_seconds,
        wrap_up_seconds=dialling.wrap_up_seconds,
        wrap_up_ends_by_time=dialling.wrap_up_ends == "time",
        chimes=dialling.chime,
    )


def ear_rules(settings: Settings, prompts: PromptBook, clock: Clock) -> EarRules | None:
    hearing = settings.hearing
    if not hearing.processes:
        return None
    return EarRules(
        place=f"127.0.0.1:{hearing.port}",
        undecided_seconds=hearing.undecided_after_seconds,
        early_media=hearing.early_media,
        brief=Briefings(settings.city, hearing, prompts, clock),
    )


class LoopWatch:
    """How late the engine's loop comes to its work."""

    def __init__(self) -> None:
        self.told_ms = 0.0  # as of the last time that it was asked for
        self._late: deque[float] = deque(maxlen=LOOP_PROBES)

    async def run(self) -> None:
        while True:
            asked = time.perf_counter()
            await asyncio.sleep(LOOP_PROBE_SECONDS)
            self._late.append(max(0.0, time.perf_counter() - asked - LOOP_PROBE_SECONDS))

    def p99_ms(self) -> float:
        late = sorted(self._late)
        self.told_ms = round(late[int(len(late) * 0.99)] * 1000, 2) if late else 0.0
        return self.told_ms


def status_file(settings: Settings, pid: int) -> Path:
    return told_file(settings.state_dir, "engine", pid)


async def run_engine(settings: Settings, database_url: str) -> None:
    """Until SIGTERM (calls in flight come to their end first) or SIGINT (at once; whoever starts next settles them)."""
    clock = SystemClock()
    instance = AsteriskInstance(settings, settings.own_node)
    inbox: asyncio.Queue[object] = asyncio.Queue()
    store = PostgresStore(database_url, settings.city, name="yobikake engine")
    rulebooks = Rulebooks(settings, store)
    _check_lines(settings, rulebooks.city)
    await store.ensure_city(rulebooks.city, settings.phones)
    book = await rulebooks.book(clock.now())
    prompts = PromptBook(settings.prompts, drafts=settings.trunk.is_simulated)
    link = AmiLink(
        settings.own_node.host,
        settings.own_node.ami_port,
        settings.own_node.ami_user,
        instance.ami_secret,
        inbox=inbox,
        clock=clock,
    )
    keys = KeyFile(settings.recording_key_file)
    if settings.records(rulebooks.city):
        keys.newest()  # a file that cannot be used is told of now, not after the first talk
    record = PaceRecord(settings.pace_records, settings.city, keep_days=settings.pacing.record_days)
    engine = Engine(
        book=book,
        trunk=trunk_rules(settings),
        rules=call_rules(settings, book.city),
        phones=settings.phones,
        switch=link,
        store=store,
        recorder=Recordings(instance.recordings, keys, settings.records),
        witness=WitnessFile(instance.witness_file, keep=WITNESS_KEPT),
        clock=clock,
        inbox=inbox,
        ear=ear_rules(settings, prompts, clock),
        apology=lambda debt: prompts.name(settings.city, MessagePurpose.APOLOGY, debt, clock.now()),
        pace=settings.pace_rules(),
        note=record.note,
    )
    texts = Database(database_url, name="yobikake prompts")
    read, build = read_from(texts, rulebooks.city), build_apart(settings)
    keeper = PromptKeeper(
        settings,
        rulebooks.city,
        prompts,
        clock,
        engine.hold,
        read=read,
        build=build,
        hours=lambda: rulebooks.in_force,
    )
    keeper.check()  # before anything can be dialled
    tapes = RecordingKeeper(
        settings.recordings_folder,
        keys,
        RecordingStore(texts, settings.city),
        clock,
        city=lambda: rulebooks.city,
        leads=lambda: engine.leads,
        finish=engine.finish_recordings,
    )
    watch, teller = LoopWatch(), FloorTeller(database_url, texts, settings.city)

    def how() -> dict[str, object]:
        return {"loop_delay_p99_ms": watch.p99_ms(), **engine.status()}

    beside = [
        asyncio.create_task(link.run()),
        asyncio.create_task(_lead(engine, store)),
        asyncio.create_task(_keep_rules(engine, rulebooks, settings.phones, clock)),
        asyncio.create_task(keeper.run()),
        asyncio.create_task(tapes.run()),
        asyncio.create_task(watch.run()),
        asyncio.create_task(tell_on(status_file(settings, os.getpid()), how)),
        asyncio.create_task(_show(engine, teller, watch)),
    ]
    _end_on_signals(engine, settings.dialling.drain_seconds)
    log.info("engine started", city=settings.city, node=settings.node)
    try:
        await engine.run()
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await teller.close()
        await texts.close()
        await store.close()
        record.close()
        log.info("engine ended", city=settings.city)


def _check_lines(settings: Settings, city: City) -> None:
    if settings.trunk.lines < city.lines.at_least:
        raise SettingsError(
            f"trunk.lines: {city.name} asks for at least {city.lines.at_least} ({city.lines.clause}), "
            f"there are {settings.trunk.lines}"
        )


def _end_on_signals(engine: Engine, drain_seconds: float) -> None:
    loop = asyncio.get_running_loop()

    def gently() -> None:
        log.info("stopping", calls=len(engine.calls.live))
        engine.stop()
        loop.call_later(drain_seconds, engine.stop)

    def at_once() -> None:
        engine.stop()
        engine.stop()

    loop.add_signal_handler(signal.SIGTERM, gently)
    loop.add_signal_handler(signal.SIGINT, at_once)


async def _lead(engine: Engine, store: PostgresStore) -> None:
    """One engine leads a city; the others stand by and take over when it goes."""
    while True:
        try:
            engine.lead(Lead.LEADS if await store.lead() else Lead.STANDS_BY)
        except (StoreUnavailable, StoreFault) as away:
            log.warning("cannot ask who leads", why=str(away))
            engine.lead_unknown()
        await asyncio.sleep(STAND_BY_SECONDS)


async def _keep_rules(engine: Engine, rulebooks: Rulebooks, phones: Sequence[str], clock: SystemClock) -> None:
    """What is changed while it runs holds from the next decision on."""
    while True:
        await asyncio.sleep(RULES_SECONDS)
        try:
            book = await rulebooks.followed(clock.now(), phones)
        except (StoreUnavailable, StoreFault) as away:
            log.warning("cannot look for changed rules", why=str(away))
            continue
        if book is not None:
            log.info("rules changed", city=book.city.key)
            engine.use(book)


async def _show(engine: Engine, teller: FloorTeller, watch: LoopWatch) -> None:
    """Whoever watches sees what happens soon after it has; the engine's tick is something too. The warnings watch
    always, and are content with less.
    """
    while True:
        await teller.until_wanted(at_most=PULSE_SECONDS)
        engine.happened.clear()
        if engine.leads:
            try:
                health = {**engine.health(), "loop_delay_p99_ms": watch.told_ms}
                await teller.tell({**engine.showing.now(), "health": health})
            except (StoreUnavailable, StoreFault) as away:
                log.warning("cannot show the floor", why=str(away))
        await asyncio.sleep(SHOW_SECONDS)
        await engine.happened.wait()
