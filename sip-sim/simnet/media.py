"""The audio of all calls: a UDP port for each, one paced loop for all.

Each 20 ms the loop reads all that has come, judges it in one go, and sends one packet for each call. So 120 calls cost
a fraction of a core, and no call can be late without all being late, which `lateness` shows.
"""

import asyncio
import contextlib
import os
import select
import socket
import struct
from collections import deque
from dataclasses import dataclass, field

from simnet.hearing import Condition, Heard, judge
from simnet.sound import FRAME, FRAME_SECONDS, RATE, SILENT_FRAME, Sound

Address = tuple[str, int]

HEADER = struct.Struct("!BBHII")
PAYLOAD_TYPE = 0  # PCMU
KEY_PAYLOAD_TYPE = 101  # telephone-event, as the scenarios offer it
KEYS = "0123456789*#ABCD"
KEY_ENDS = 0x80
BIND_TRIES = 100
LONGEST_TAPE = 180 * RATE  # bytes
RESYNC_SECONDS = 0.5  # later than this and the lost frames are not made up for


class NoPort(Exception):
    """No pair of UDP ports is free."""


@dataclass(slots=True)
class Party:
    """The network's end of one call's audio."""

    port: int
    exchange: Address | None  # where its audio is sent to, and the only place from which it is heard
    _sockets: tuple[socket.socket, socket.socket]  # RTP; RTCP, which is received and left unread
    background: Sound = SILENT_FRAME
    heard: Heard = field(default_factory=Heard)
    sends: bool = False
    keys: str = ""  # pressed at the exchange's side (RFC 4733)
    recorded: bytearray | None = None  # what a machine's tape holds
    recorded_from: float | None = None  # of the loop's clock
    heard_before_ms: int = 0  # of sound, when the tape began
    _playing: Sound = b""
    _at: int = 0
    _queue: deque[tuple[Sound, asyncio.Future[None]]] = field(default_factory=deque)
    _done: asyncio.Future[None] | None = None
    _waits: list[tuple[Condition, asyncio.Future[None]]] = field(default_factory=list)
    _background_at: int = 0
    _sequence: int = 0
    _key_began: bytes = b""  # its end is said three times, with the moment of its beginning
    _ssrc: int = field(default_factory=lambda: int.from_bytes(os.urandom(4)))

    def fileno(self) -> int:
        return self._sockets[0].fileno()

    def close(self) -> None:
        self.stop_playing()
        for one in self._sockets:
            one.close()

    def send(self) -> None:
        if self.sends and self.exchange is not None:
            # a full buffer: the network loses a packet, as networks do
            with contextlib.suppress(OSError):
                self._sockets[0].sendto(self.packet(), self.exchange)

    def receive(self) -> bytes | None:
        """One payload; None when the packet is no audio of the exchange."""
        try:
            data, sender = self._sockets[0].recvfrom(2048)
        except OSError:
            return None
        if sender == self.exchange and len(data) >= HEADER.size + 4 and data[1] & 0x7F == KEY_PAYLOAD_TYPE:
            self._key(data)
        ours = sender == self.exchange and len(data) == HEADER.size + FRAME and data[1] & 0x7F == PAYLOAD_TYPE
        return data[HEADER.size :] if ours else None

    def _key(self, data: bytes) -> None:
        key, flags, began = data[HEADER.size], data[HEADER.size + 1], data[4:8]
        if flags & KEY_ENDS and began != self._key_began and key < len(KEYS):
            self._key_began = began
            self.keys += KEYS[key]

    def play(self, sound: Sound) -> "asyncio.Future[None]":
        """Queues the sound; the future is done when its last frame has been sent."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((sound, done))
        return done

    def stop_playing(self) -> None:
        self._playing, self._at = b"", 0
        for done in [self._done, *(done for _, done in self._queue)]:
            _settle(done)
        self._queue.clear()
        self._done = None

    def when(self, condition: Condition) -> "asyncio.Future[None]":
        """Done at the first frame at which the condition holds."""
        met: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waits.append((condition, met))
        return met

    def packet(self) -> bytes:
        """The next 20 ms."""
        self._sequence += 1
        marker = 0x80 if self._sequence == 1 else 0
        header = HEADER.pack(
            0x80, PAYLOAD_TYPE | marker, self._sequence & 0xFFFF, self._sequence * FRAME & 0xFFFFFFFF, self._ssrc
        )
        return header + self._frame()

    def _frame(self) -> bytes:
        while self._at >= len(self._playing):
            _settle(self._done)
            self._done = None
            if not self._queue:
                self._playing, self._at = b"", 0
                return self._background_frame()
            (self._playing, self._done), self._at = self._queue.popleft(), 0
        frame = self._playing[self._at : self._at + FRAME]
        self._at += FRAME
        return frame

    def _background_frame(self) -> bytes:
        at = self._background_at
        self._background_at = (at + FRAME) % len(self.background)
        return self.background[at : at + FRAME]

    def record(self) -> None:
        """From the next packet on, onto an empty tape."""
        self.recorded, self.recorded_from = bytearray(), asyncio.get_running_loop().time()
        self.heard_before_ms = self.heard.sound_ms

    def notice(self, now: float) -> None:
        if not self._waits:
            return
        left = []
        for condition, met in self._waits:
            if met.done():
                continue
            if condition(self.heard, now):
                met.set_result(None)
            else:
                left.append((condition, met))
        self._waits = left


def _settle(done: "asyncio.Future[None] | None") -> None:
    if done is not None and not done.done():
        done.set_result(None)


class Media:
    """Sends and hears for all parties until it is closed."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._parties: dict[int, Party] = {}  # by file number
        self._ready = select.epoll()
        self._task: asyncio.Task[None] | None = None
        self.lateness: deque[float] = deque(maxlen=20_000)  # seconds by which a tick began late

    def open(self, exchange: Address | None) -> Party:
        rtp, rtcp = _bind(self._host)
        party = Party(rtp.getsockname()[1], exchange, (rtp, rtcp))
        self._parties[party.fileno()] = party
        self._ready.register(party.fileno(), select.EPOLLIN)
        return party

    def close_party(self, party: Party) -> None:
        if self._parties.pop(party.fileno(), None) is not None:
            self._ready.unregister(party.fileno())
            party.close()

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="simnet media")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for party in list(self._parties.values()):
            self.close_party(party)
        self._ready.close()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due += FRAME_SECONDS
            await asyncio.sleep(due - loop.time())
            now = loop.time()
            self.lateness.append(now - due)
            if now - due > RESYNC_SECONDS:
                due = now
            for party in self._parties.values():
                party.send()
            self._hear(now)

    def _hear(self, now: float) -> None:
        heard = self._received()
        if heard:
            judged = judge([payload for _, payload in heard])
            for (party, _), loud, spectrum in zip(heard, judged.loud, judged.spectra, strict=True):
                party.heard.take(now, bool(loud), spectrum)
            for party, payload in heard:
                if party.recorded is not None and len(party.recorded) < LONGEST_TAPE:
                    party.recorded += payload
        for party in self._parties.values():
            party.notice(now)

    def _received(self) -> list[tuple[Party, bytes]]:
        heard: list[tuple[Party, bytes]] = []
        while ready := self._ready.poll(0):
            for number, _ in ready:
                party = self._parties[number]
                payload = party.receive()
                if payload is not None:
                    heard.append((party, payload))
        return heard


def _bind(host: str) -> tuple[socket.socket, socket.socket]:
    """An even port for RTP and the next one for RTCP."""
    for _ in range(BIND_TRIES):
        rtp, rtcp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) for _ in range(2))
        with contextlib.suppress(OSError):
            rtp.bind((host, 0))
            port: int = rtp.getsockname()[1]
            if port % 2 == 0:
                rtcp.bind((host, port + 1))
                return rtp, rtcp
        rtp.close()
        rtcp.close()
    raise NoPort(f"no two neighbouring udp ports of {host} are free; are there thousands of calls?")
