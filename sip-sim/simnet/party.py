"""The network's end of one call's audio: what it sends in each 20 ms, and what it hears."""

import asyncio
import contextlib
import os
import socket
import struct
from collections import deque
from dataclasses import dataclass, field

from simnet.hearing import Condition, Heard
from simnet.keys import EVENT, KEYS, Held, KeysHeard, held_frames
from simnet.sound import FRAME, SILENT_FRAME, Sound
from simnet.tape import Tape

Address = tuple[str, int]

HEADER = struct.Struct("!BBHII")
PAYLOAD_TYPE = 0  # PCMU
KEY_PAYLOAD_TYPE = 101  # telephone-event, as the scenarios offer it
MARKER = 0x80
ARRIVAL = 35  # SO_TIMESTAMPNS of Linux: the kernel says when a packet came, however late it is read
ARRIVED = struct.Struct("@qq")
PACKET_BYTES = 2048


@dataclass(slots=True)
class Party:
    port: int
    exchange: Address | None  # where its audio is sent to, and the only place from which it is heard
    _sockets: tuple[socket.socket, socket.socket]  # RTP; RTCP, which is received and left unread
    background: Sound = SILENT_FRAME
    heard: Heard = field(default_factory=Heard)
    sends: bool = False
    pressed: str = ""  # keys that have been sent
    keys_heard: KeysHeard = field(default_factory=KeysHeard)
    tape: Tape | None = None  # of all that is heard, when somebody wants it
    recorded: bytearray | None = None  # what a machine's tape holds
    recorded_from: float | None = None  # of the loop's clock
    heard_before_ms: int = 0  # of sound, when the tape began
    _playing: Sound = b""
    _at: int = 0
    _queue: deque[tuple[Sound, asyncio.Future[None]]] = field(default_factory=deque)
    _done: asyncio.Future[None] | None = None
    _keypad: deque[tuple[Held | None, asyncio.Future[None] | None]] = field(default_factory=deque)
    _waits: list[tuple[Condition, asyncio.Future[None]]] = field(default_factory=list)
    _background_at: int = 0
    _sequence: int = 0
    _clock: int = 0  # of its audio, in samples
    _ssrc: int = field(default_factory=lambda: int.from_bytes(os.urandom(4)))

    def __post_init__(self) -> None:
        self._sockets[0].setsockopt(socket.SOL_SOCKET, ARRIVAL, 1)

    @property
    def keys(self) -> str:
        """Pressed at the exchange's side (RFC 4733)."""
        return self.keys_heard.pressed

    def fileno(self) -> int:
        return self._sockets[0].fileno()

    def close(self) -> None:
        self.stop_playing()
        for _, done in self._keypad:
            _settle(done)
        for one in self._sockets:
            one.close()

    def send(self) -> None:
        if self.sends and self.exchange is not None:
            for packet in self.packets():
                # a full buffer: the network loses a packet, as networks do
                with contextlib.suppress(OSError):
                    self._sockets[0].sendto(packet, self.exchange)

    def receive(self) -> tuple[float | None, bytes] | None:
        """When it came (epoch seconds) and one payload; None when the packet is no audio of the exchange."""
        try:
            data, notes, _, sender = self._sockets[0].recvmsg(PACKET_BYTES, socket.CMSG_SPACE(ARRIVED.size))
        except OSError:
            return None
        if sender != self.exchange or len(data) < HEADER.size:
            return None
        kind, payload = data[1] & 0x7F, data[HEADER.size :]
        if kind == KEY_PAYLOAD_TYPE and len(payload) >= EVENT.size:
            self.keys_heard.take(data[4:8], payload)
        if kind != PAYLOAD_TYPE or len(payload) != FRAME:
            return None
        return _arrival(notes), payload

    # --- what it sends

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

    def press(self, keys: str, every_seconds: float, down_seconds: float) -> "asyncio.Future[None]":
        """Queues the keys; the future is done when the last one has been let go."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        frames = held_frames(keys, every_seconds, down_seconds)
        if not frames:
            done.set_result(None)
        for number, frame in enumerate(frames, start=1):
            self._keypad.append((frame, done if number == len(frames) else None))
        return done

    def packets(self) -> list[bytes]:
        """The next 20 ms: voice, or a key in its place. What is said goes on below the key, unheard."""
        frame = self._frame()
        key, done = self._keypad.popleft() if self._keypad else (None, None)
        self._clock += FRAME
        if key is None:
            sent = [self._packet(PAYLOAD_TYPE, self._clock, frame, first=self._sequence == 0)]
        else:
            began = self._clock - (key.frames - 1) * FRAME
            sent = [
                self._packet(KEY_PAYLOAD_TYPE, began, key.payload, first=key.frames == 1) for _ in range(key.copies)
            ]
            self.pressed += KEYS[key.code] if key.ends else ""
        _settle(done)
        return sent

    def _packet(self, kind: int, clock: int, payload: bytes, *, first: bool) -> bytes:
        self._sequence += 1
        marked = kind | (MARKER if first else 0)
        return HEADER.pack(0x80, marked, self._sequence & 0xFFFF, clock & 0xFFFFFFFF, self._ssrc) + payload

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

    # --- what it hears

    def record(self) -> None:
        """From the next packet on, onto an empty tape."""
        self.recorded, self.recorded_from = bytearray(), asyncio.get_running_loop().time()
        self.heard_before_ms = self.heard.sound_ms

    def when(self, condition: Condition) -> "asyncio.Future[None]":
        """Done at the first frame at which the condition holds."""
        met: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waits.append((condition, met))
        return met

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


def _arrival(notes: list[tuple[int, int, bytes]]) -> float | None:
    for level, kind, data in notes:
        if level == socket.SOL_SOCKET and kind == ARRIVAL:
            seconds, nanoseconds = ARRIVED.unpack_from(data)
            return float(seconds + nanoseconds / 1e9)
    return None
