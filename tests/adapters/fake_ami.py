"""An AMI server inside the test: speaks enough to be logged in to, and misbehaves on request."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from dialer.ami import AmiLink, LinkTimes
from dialer.core.events import LinkUp

Headers = dict[str, list[str]]
Answer = Callable[["FakeSession", Headers], None]

CHALLENGE = "846930886"
UPTIME = 60

FAST = LinkTimes(
    connect_seconds=2.0,
    answer_seconds=2.0,
    ping_every_seconds=0.05,
    ping_answer_seconds=0.2,
    shortest_pause_seconds=0.01,
    longest_pause_seconds=0.05,
)


class FakeAmi:
    """Every action that ever arrived, in whichever session, is in `received`. Its attributes make it misbehave."""

    def __init__(self) -> None:
        self.secret = "geheim"
        self.booted = True
        self.received: list[Headers] = []
        self.sessions: list[FakeSession] = []
        self.answers: dict[str, Answer] = {}
        self.silent = False  # it reads on, and says nothing any more
        self.started = ("2026-11-25", "10:00:00")
        self.bytes_seen = b""
        self._changed = asyncio.Event()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def open_sessions(self) -> list["FakeSession"]:
        return [session for session in self.sessions if not session.ended]

    @property
    def session(self) -> "FakeSession":
        """The newest one."""
        return self.sessions[-1]

    def count(self, action: str) -> int:
        return sum(one["action"] == [action] for one in self.received)

    def last(self, action: str) -> Headers:
        return [one for one in self.received if one["action"] == [action]][-1]

    async def until(self, true: Callable[[], bool], seconds: float = 5.0) -> None:
        """Returns as soon as `true` holds; looked at whenever something arrives, or a session begins or ends."""
        async with asyncio.timeout(seconds):
            while not true():
                self._changed.clear()
                await self._changed.wait()

    async def stop(self) -> None:
        """Gone, with every session: nobody listens on the port any more."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for session in self.open_sessions:
            session.drop()
        await self.until(lambda: not self.open_sessions)

    async def start(self, port: int = 0) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: FakeSession(self), "127.0.0.1", port)

    def changed(self) -> None:
        self._changed.set()


class FakeSession(asyncio.Protocol):
    def __init__(self, server: FakeAmi) -> None:
        self._server = server
        self._buffer = b""
        self.ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._server.sessions.append(self)
        self._server.changed()
        if not self._server.silent:
            transport.write(b"Asterisk Call Manager/11.0.0\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = True
        self._server.changed()

    def data_received(self, data: bytes) -> None:
        self._server.bytes_seen += data
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            block, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
            self._act(_parsed(block.decode("ascii")))

    def drop(self) -> None:
        """The link breaks, as when the other machine dies."""
        self.transport.abort()

    def send(self, **headers: str) -> None:
        self.send_bytes(("".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n").encode())

    def send_bytes(self, data: bytes) -> None:
        self.transport.write(data)

    def answer(self, action: Headers, response: str = "Success", **headers: str) -> None:
        self.send(Response=response, ActionID=action["actionid"][0], **headers)

    def event(self, name: str, **headers: str) -> None:
        self.send(Event=name, **headers)

    def _act(self, action: Headers) -> None:
        self._server.received.append(action)
        self._server.changed()
        name = action["action"][0]
        scripted = self._server.answers.get(name)
        if self._server.silent:
            return
        if scripted is not None:
            scripted(self, action)
        elif name == "Challenge":
            self.answer(action, Challenge=CHALLENGE)
        elif name == "Login":
            self._log_in(action)
        elif name == "CoreStatus":
            date, time = self._server.started
            self.answer(action, CoreStartupDate=date, CoreStartupTime=time)
        elif name == "CoreShowChannels":
            self.answer(action, EventList="start", Message="Channels will follow")
            self.event("CoreShowChannelsComplete", ActionID=action["actionid"][0], EventList="Complete", ListItems="0")
        elif name == "Ping":
            self.answer(action, Ping="Pong")
        elif name == "Originate":
            self.answer(action, Message="Originate successfully queued")
        else:
            self.answer(action)

    def _log_in(self, action: Headers) -> None:
        proof = hashlib.md5((CHALLENGE + self._server.secret).encode()).hexdigest()
        if action["key"] != [proof]:
            self.answer(action, "Error", Message="Authentication failed")
            self.transport.close()
            return
        self.answer(action, Message="Authentication accepted")
        if self._server.booted:
            self.event("FullyBooted", Privilege="system,all", Uptime=str(UPTIME), Status="Fully Booted")


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class Linked:
    """A link that is being kept, and what it has put into its inbox."""

    link: AmiLink
    inbox: "asyncio.Queue[object]"
    running: "asyncio.Task[None]"

    async def heard(self, count: int = 1, seconds: float = 5.0) -> list[object]:
        async with asyncio.timeout(seconds):
            return [await self.inbox.get() for _ in range(count)]


@asynccontextmanager
async def linking(port: int, secret: str = "geheim", **times: float) -> AsyncIterator[Linked]:
    """A link that is trying; it may not be up yet."""
    inbox: asyncio.Queue[object] = asyncio.Queue()
    link = AmiLink("127.0.0.1", port, "yobikake", secret, inbox, WallClock(), times=replace(FAST, **times))
    running = asyncio.create_task(link.run())
    try:
        yield Linked(link, inbox, running)
    finally:
        await link.close()
        await asyncio.wait({running})


@asynccontextmanager
async def linked(server: FakeAmi, **times: float) -> AsyncIterator[Linked]:
    """A link that is up."""
    async with linking(server.port, server.secret, **times) as one:
        (first,) = await one.heard()
        assert isinstance(first, LinkUp)
        yield one


@asynccontextmanager
async def fake_ami() -> AsyncIterator[FakeAmi]:
    server = FakeAmi()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def _parsed(block: str) -> Headers:
    headers: Headers = {}
    for line in block.split("\r\n"):
        name, _, value = line.partition(": ")
        headers.setdefault(name.lower(), []).append(value)
    return headers
