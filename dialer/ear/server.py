"""Takes the streams of calls, briefs a session for each, and sends 20 ms to each of them every 20 ms.

One loop serves all streams of a process. What came is heard a few blocks at a time, so that sending, which people hear,
is never late by more than that. Several processes share one port (SO_REUSEPORT), and the kernel spreads the calls. A
stream of which nothing is known, or that speaks another protocol, is ended: its call goes on without the ear.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Protocol

import structlog

from dialer.core.attending import Attendant, Manners
from dialer.core.briefing import Briefing, Order
from dialer.core.briefing import read as read_briefing
from dialer.core.ear_events import EarBriefed
from dialer.core.events import ChannelId
from dialer.core.hearing.fingerprints import Place
from dialer.core.hearing.values import Prior
from dialer.ear.frames import BLOCK_BYTES, END, SILENCE, SILENT_BLOCK, FrameReader, Kind, audio, name_of
from dialer.ear.news import News
from dialer.ear.session import Listener, Session
from dialer.ear.sounds import Sounds
from dialer.ports import SwitchNotReady

log = structlog.get_logger()

TICK_SECONDS = 0.02
LATE_SECONDS = 0.5  # a loop that stood still for longer does not make up for it
BRIEFING_MS = 300  # after which a stream is heard without having been told of
NAME_MS = 2000
MOST_WAITING_BLOCKS = 100  # 2 s: who is heard so late is decided by the clock
BLOCKS_AT_ONCE = 4
MOST_UNSENT_BYTES = 64 << 10  # 4 s: Asterisk does not read any more
LEAVE_SECONDS = 0.5
LATENESS_KEPT = 15_000


class Asterisk(Protocol):
    """What the ear orders over AMI."""

    @property
    def ready(self) -> bool: ...
    async def tell(self, name: str, channel: str, details: Mapping[str, str]) -> bool: ...
    async def end_by_id(self, channel: str, cause: int = 16) -> bool: ...


class Ears:
    """Every stream of this process."""

    def __init__(
        self,
        listener: Callable[[Prior], Listener],
        sounds: Sounds,
        asterisk: Asterisk,
        news: News,
        manners: Manners | None = None,
        learn: Callable[[Sequence[Place]], None] = lambda heard: None,
    ) -> None:
        self.listener, self.sounds, self.asterisk, self.news = listener, sounds, asterisk, news
        self.manners, self.learn = manners or Manners(), learn
        self.streams: set[Stream] = set()
        self.lateness: deque[float] = deque(maxlen=LATENESS_KEPT)  # seconds by which a tick began late
        self.unheard = 0  # blocks that fell out of a full queue: this process has more calls than it can hear
        self._tasks: set[asyncio.Task[None]] = set()
        self._fresh: deque[Stream] = deque()  # once for each block that waits to be heard
        self._something = asyncio.Event()
        news.on_briefed, news.on_answered = self._briefed, self._answered

    async def serve(self, host: str, port: int) -> None:
        """Until cancelled; every call then goes on without the ear."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Stream(self), host, port, reuse_port=True)
        hearing = loop.create_task(self._hear_for_ever())
        try:
            await self._tick_for_ever()
        finally:
            hearing.cancel()
            server.close()
            for stream in list(self.streams):
                stream.close()

    def spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def came(self, stream: "Stream") -> None:
        self._fresh.append(stream)
        self._something.set()

    async def _hear_for_ever(self) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            while self._fresh:
                for _ in range(min(BLOCKS_AT_ONCE, len(self._fresh))):
                    self._fresh.popleft().hear()
                await asyncio.sleep(0)

    async def _tick_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due += TICK_SECONDS
            await asyncio.sleep(due - loop.time())
            late = loop.time() - due
            self.lateness.append(late)
            if late > LATE_SECONDS:
                due = loop.time()
            for stream in list(self.streams):
                stream.tick()

    def _briefed(self, briefed: EarBriefed) -> None:
        for stream in self.streams:
            if stream.name == briefed.stream and stream.session is None and (told := self.news.briefing(stream.name)):
                stream.begin(told)
                return

    def _answered(self, call: ChannelId) -> None:
        for stream in list(self.streams):
            if stream.session is not None and stream.session.call == call:
                stream.session.answered()


class Stream(asyncio.Protocol):
    """One connection of Asterisk. Implements Exchange for its session."""

    def __init__(self, ears: Ears) -> None:
        self._ears = ears
        self._loop = asyncio.get_running_loop()
        self._reader = FrameReader()
        self._blocks: deque[bytes] = deque(maxlen=MOST_WAITING_BLOCKS)
        self._told: list[asyncio.Task[None]] = []
        self._transport: asyncio.Transport | None = None
        self._began = self._loop.time()
        self.name: str | None = None
        self.session: Session | None = None

    def now_ms(self) -> int:
        return round((self._loop.time() - self._began) * 1000)

    # --- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ears.streams.add(self)
        if not self._ears.asterisk.ready:
            self.close()  # what is heard could not be told: better an operator at once

    def data_received(self, data: bytes) -> None:
        for frame in self._reader.take(data):
            if self.name is None:
                self.name = name_of(frame)
                if self.name is None:
                    log.warning("a stream without a name ended", kind=frame.kind)
                    self.close()
                    return
                if told := self._ears.news.briefing(self.name):
                    self.begin(told)
            elif frame.kind == Kind.AUDIO:
                self._keep(frame.payload[: 4 * BLOCK_BYTES])
            elif frame.kind in (Kind.END, Kind.ERROR):
                self.close()
                return

    def eof_received(self) -> None:
        """Redirected, or hung up: nothing is left to be done here."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._ears.streams.discard(self)
        self._transport = None
        if self.session is not None:
            self.session.over = True

    # --- the session

    def begin(self, told: EarBriefed) -> None:
        try:
            order = Order(told.order)
        except ValueError:
            order = Order.LISTEN
        times, briefing = self._ears.news.times(told.channel), read_briefing(told.briefing)
        prior = briefing.prior(
            answered=order is not Order.EARLY,
            ring_seconds=times.ring_seconds,
            without_ringing=times.without_ringing,
        )
        self._start(told.channel, order, briefing, prior)

    def _start(self, call: ChannelId, order: Order, briefing: Briefing, prior: Prior) -> None:
        try:
            listener = self._ears.listener(prior)
        except Exception:
            log.exception("the ear cannot listen", attempt_id=call)
            self.close()
            return
        attendant = Attendant(order, briefing, self._ears.manners)
        self.session = Session(call, attendant, listener, self._ears.sounds, self, self.now_ms, self._ears.learn)
        for _ in self._blocks:
            self._ears.came(self)

    def _keep(self, block: bytes) -> None:
        """The oldest falls out of a full queue, and the new one is heard in its turn."""
        was_full = len(self._blocks) == MOST_WAITING_BLOCKS
        self._blocks.append(block)
        if was_full:
            self._ears.unheard += 1
        elif self.session is not None:
            self._ears.came(self)

    def hear(self) -> None:
        if self.session is not None and self._blocks:
            self.session.hear(self._blocks.popleft())

    def tick(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if transport.get_write_buffer_size() > MOST_UNSENT_BYTES:
            self.abort()
        elif self.session is not None:
            block = self.session.next_block()
            transport.write(SILENCE if block is SILENT_BLOCK else audio(block))
        elif self.name is None:
            if self.now_ms() > NAME_MS:
                self.close()
        else:
            transport.write(SILENCE)
            if self.now_ms() > BRIEFING_MS:
                log.warning("a stream that nobody spoke of", attempt_id=self.name)
                self._start(ChannelId(self.name), Order.LISTEN, Briefing(), Prior())

    def close(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(END)
            self._transport.close()

    def abort(self) -> None:
        """As if the process had died."""
        if self._transport is not None:
            self._transport.abort()

    # --- Exchange

    def tell(self, name: str, call: ChannelId, details: Mapping[str, str]) -> None:
        self._told = [task for task in self._told if not task.done()]
        self._told.append(self._ears.spawn(self._tell(name, call, details)))

    def hang_up(self, call: ChannelId) -> None:
        self._ears.spawn(self._hang_up(call))

    def leave(self) -> None:
        self._ears.spawn(self._leave())

    async def _tell(self, name: str, call: ChannelId, details: Mapping[str, str]) -> None:
        try:
            await self._ears.asterisk.tell(name, call, details)
        except SwitchNotReady as away:
            log.warning("cannot tell", attempt_id=call, event_name=name, why=str(away))

    async def _hang_up(self, call: ChannelId) -> None:
        try:
            await self._ears.asterisk.end_by_id(call)
        except SwitchNotReady as away:
            log.warning("cannot hang up", attempt_id=call, why=str(away))
        await self._leave()

    async def _leave(self) -> None:
        if self._told:
            await asyncio.wait(self._told, timeout=LEAVE_SECONDS)
        self.close()
