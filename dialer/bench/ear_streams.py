"""How many calls one ear can listen to: real streams into a real server, with a detector that never comes to an end.

The server runs in a process of its own, as in production; this one plays Asterisk and looks at how evenly it is sent
to. Speech is replaced by noise in the rhythm of speech: the detector does the same work whatever it hears.
"""

import asyncio
import contextlib
import multiprocessing
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from dialer.core.briefing import Briefing, written
from dialer.core.ear_events import EarBriefed
from dialer.core.events import ChannelId
from dialer.core.hearing.ear import Ear
from dialer.core.hearing.fingerprints import Place
from dialer.core.hearing.values import Heard, Prior, Verdict, What
from dialer.ear.frames import BLOCK_BYTES, HEADER, Kind, audio
from dialer.ear.news import News
from dialer.ear.server import Ears
from dialer.ear.sounds import Sounds
from dialer.main import SystemClock
from dialer.media.hearing import knowledge
from simnet.ports import quiet_port

HOST = "127.0.0.1"
BLOCK_SECONDS = 0.02
WARM_UP_SECONDS = 3.0
NEVER_MS = 9_000_000
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class StreamFigures:
    streams: int
    seconds: float
    cpu_share: float  # of one core, for all streams
    cpu_share_each: float
    tick_late_p99_ms: float  # of the server's sending
    gap_p50_ms: float  # between two frames that a stream was sent; 20 is even
    gap_p99_ms: float
    gap_longest_ms: float
    unheard_blocks: int  # came faster than they could be heard: the ear is full

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def lines(self) -> list[str]:
        return [
            f"{self.streams} streams heard at once: {self.cpu_share:.0%} of a core, {self.cpu_share_each:.2%} each",
            f"  sent to every 20 ms: p50 {self.gap_p50_ms:g}, p99 {self.gap_p99_ms:g}, "
            f"longest {self.gap_longest_ms:g} ms; late p99 {self.tick_late_p99_ms:g} ms; "
            f"{self.unheard_blocks} blocks not heard",
        ]


class Listens:
    """The real detector; what it finds is done again for the next block."""

    def __init__(self, prior: Prior) -> None:
        self._prior = prior
        self._ear = Ear(knowledge(), prior=prior)

    @property
    def machine_chance(self) -> float:
        return 0.0

    @property
    def machine_is_known(self) -> bool:
        return False

    @property
    def landmarks(self) -> Sequence[Place]:
        return ()

    def assume(self, what: What) -> None:
        self._ear.assume(what)

    def feed(self, block: object) -> Verdict | None:
        if self._ear.feed(block) is not None:
            self._ear = Ear(knowledge(), prior=self._prior)
        return None

    def heard(self) -> list[Heard]:
        return self._ear.heard()


class Nobody:
    """In place of Asterisk's AMI."""

    ready = True

    async def tell(self, name: str, channel: str, details: Mapping[str, str]) -> bool:
        return True

    async def end_by_id(self, channel: str, cause: int = 16) -> bool:
        return True


@dataclass(slots=True)
class _Caller:
    gaps: list[float] = field(default_factory=list)
    measuring: bool = False

    async def call(self, port: int, stream: str, pcm: bytes, seconds: float) -> None:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(HEADER.pack(Kind.NAME, 16) + uuid.UUID(stream).bytes)
        listening = asyncio.create_task(self._listen(reader))
        loop = asyncio.get_running_loop()
        due, ends = loop.time(), loop.time() + seconds
        at = 0
        while due < ends and not writer.is_closing():
            writer.write(audio(pcm[at : at + BLOCK_BYTES]))
            at = (at + BLOCK_BYTES) % (len(pcm) - BLOCK_BYTES)
            due += BLOCK_SECONDS
            await asyncio.sleep(due - loop.time())
        listening.cancel()
        writer.close()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        before: float | None = None
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                _, length = HEADER.unpack(await reader.readexactly(HEADER.size))
                await reader.readexactly(length)
                now = time.perf_counter()
                if before is not None and self.measuring:
                    self.gaps.append(now - before)
                before = now


def measure(streams: int, seconds: float = 10.0) -> StreamFigures:
    """Needs a core for the ear and some of another for what plays Asterisk."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    names = [str(uuid.uuid4()) for _ in range(streams)]
    port = quiet_port()
    process = context.Process(target=_serve, args=(theirs, port, names))
    process.start()
    try:
        assert ours.poll(PATIENCE_SECONDS), "the ear does not start"
        ours.recv()
        gaps = asyncio.run(_call(port, names, seconds, ours))
        assert ours.poll(PATIENCE_SECONDS), "the ear has ended"
        cpu, ticks, unheard = ours.recv()
    finally:
        process.terminate()
        process.join()
    gaps.sort()
    return StreamFigures(
        streams=streams,
        seconds=seconds,
        cpu_share=round(cpu / seconds, 3),
        cpu_share_each=round(cpu / seconds / streams, 5),
        tick_late_p99_ms=_milliseconds(ticks[int(len(ticks) * 0.99)]),
        gap_p50_ms=_milliseconds(gaps[len(gaps) // 2]),
        gap_p99_ms=_milliseconds(gaps[int(len(gaps) * 0.99)]),
        gap_longest_ms=_milliseconds(gaps[-1]),
        unheard_blocks=unheard,
    )


async def _call(port: int, names: list[str], seconds: float, ear: Connection) -> list[float]:
    caller, pcm = _Caller(), _noise()
    shift = len(pcm) // len(names) // 2 * 2
    calls = [
        asyncio.create_task(
            caller.call(port, name, pcm[place * shift :] + pcm[: place * shift], WARM_UP_SECONDS + seconds)
        )
        for place, name in enumerate(names)
    ]
    await asyncio.sleep(WARM_UP_SECONDS)
    ear.send("from now on")
    caller.measuring = True
    await asyncio.gather(*calls)
    ear.send("until now")
    return caller.gaps


def _serve(told: Connection, port: int, names: list[str]) -> None:
    asyncio.run(_serve_on(told, port, names))


async def _serve_on(told: Connection, port: int, names: list[str]) -> None:
    news = News()
    ears = Ears(Listens, Sounds(Path()), Nobody(), news)
    Listens(Prior()).feed(bytes(BLOCK_BYTES))
    briefing = written(Briefing(undecided_ms=NEVER_MS))
    for name in names:
        news.put_nowait(EarBriefed(ChannelId(name), SystemClock().now(), name, "listen", briefing))
    serving = asyncio.create_task(ears.serve(HOST, port))
    await asyncio.sleep(BLOCK_SECONDS)
    told.send("ready")
    await asyncio.to_thread(told.recv)
    assert len(ears.streams) == len(names)
    ears.lateness.clear()
    unheard = ears.unheard
    began = time.process_time()
    await asyncio.to_thread(told.recv)
    told.send((time.process_time() - began, sorted(ears.lateness), ears.unheard - unheard))
    serving.cancel()


def _noise() -> bytes:
    """Bursts as long as syllables."""
    chance = np.random.default_rng(1)
    bursts = [chance.normal(0, chance.choice([0, 30, 3000]), 1600) for _ in range(100)]
    return np.concatenate(bursts).astype("<i2").tobytes()


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)
