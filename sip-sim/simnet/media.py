"""The audio of all calls: a UDP port for each, one paced loop for all.

Each 20 ms the loop reads all that has come, judges it in one go, and sends one packet for each call. So 120 calls cost
a fraction of a core, and no call can be late without all being late; when that was for so long that a telephone would
have lost frames, `frames_given_up` says so.
"""

import asyncio
import contextlib
import select
import socket
import time

from simnet.hearing import judge
from simnet.party import Address, Party
from simnet.sound import FRAME_SECONDS, RATE

BIND_TRIES = 100
LONGEST_TAPE = 180 * RATE  # bytes
RESYNC_SECONDS = 0.5  # later than this and the lost frames are not made up for


class NoPort(Exception):
    """No pair of UDP ports is free."""


class Media:
    """Sends and hears for all parties until it is closed."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._parties: dict[int, Party] = {}  # by file number
        self._ready = select.epoll()
        self._task: asyncio.Task[None] | None = None
        self.frames_given_up = 0  # of each call, because the whole machine stood still

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
            if now - due > RESYNC_SECONDS:
                self.frames_given_up += round((now - due) / FRAME_SECONDS)
                due = now
            for party in self._parties.values():
                party.send()
            self._hear(now)

    def _hear(self, now: float) -> None:
        heard = self._received(now)
        if heard:
            judged = judge([payload for _, _, payload in heard])
            each = zip(heard, judged.loud, judged.spectra, judged.tones, strict=True)
            for (party, at, payload), loud, spectrum, tone in each:
                party.heard.take(at, bool(loud), spectrum, int(tone))
                if party.recorded is not None and len(party.recorded) < LONGEST_TAPE:
                    party.recorded += payload
                if party.tape is not None:
                    party.tape.take(at, payload)
        for party in self._parties.values():
            party.notice(now)

    def _received(self, now: float) -> list[tuple[Party, float, bytes]]:
        """With the moment at which each came, by the loop's clock: what waited to be read came no later for that."""
        heard: list[tuple[Party, float, bytes]] = []
        ahead = time.time() - now
        while ready := self._ready.poll(0):
            for number, _ in ready:
                party = self._parties[number]
                if (received := party.receive()) is not None:
                    arrived, payload = received
                    at = now if arrived is None else min(now, arrived - ahead)
                    heard.append((party, at, payload))
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
