"""Somebody whom the exchange does not know, at an address of his own: scans for names, floods with calls.

No SIPp and no audio: datagrams go out as fast as told, and what comes back is counted by its status code.
"""

import asyncio
import re
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Self

STATUS = re.compile(rb"SIP/2\.0 (\d{3}) .*?\r\nVia:[^\r]*?branch=([^;\r\s]+)", re.DOTALL | re.IGNORECASE)
SDP = (
    "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
    "m=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
)


class Stranger(asyncio.DatagramProtocol):
    """`async with Stranger("127.0.0.9", ("127.0.0.1", 15060)) as stranger: await stranger.sends("REGISTER", …)`"""

    def __init__(self, host: str, exchange: tuple[str, int]) -> None:
        self.host = host
        self.exchange = exchange
        self.sent = 0
        self.final: dict[str, int] = {}  # code by transaction
        self._heard = asyncio.Event()
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(self.host, 0))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._transport is not None
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        found = STATUS.match(data)
        if found is not None and (code := int(found[1])) >= 200:
            self.final[found[2].decode("ascii", "replace")] = code
            self._heard.set()

    @property
    def answers(self) -> Mapping[int, int]:
        """How many of the requests met which final code; the exchange says each again until it is acknowledged."""
        return Counter(self.final.values())

    @property
    def unanswered(self) -> int:
        return self.sent - len(self.final)

    async def until_answered(self) -> None:
        """Until every request has its final answer; an exchange may leave some without one for ever."""
        while self.unanswered:
            self._heard.clear()
            await self._heard.wait()

    async def sends(self, method: str, users: Iterable[str], per_second: float = 100.0) -> None:
        """One request to each: INVITE calls it, REGISTER claims to be it, OPTIONS asks for it."""
        begun = asyncio.get_running_loop().time()
        for number, user in enumerate(users):
            await asyncio.sleep(begun + number / per_second - asyncio.get_running_loop().time())
            self.send(self._request(method, user))
            self.sent += 1

    def send(self, datagram: bytes) -> None:
        """Anything, SIP or not."""
        assert self._transport is not None
        self._transport.sendto(datagram, self.exchange)

    def _request(self, method: str, user: str) -> bytes:
        assert self._transport is not None
        here = "{}:{}".format(*self._transport.get_extra_info("sockname"))
        there = "{}:{}".format(*self.exchange)
        one, body = uuid.uuid4().hex, SDP.format(host=self.host) if method == "INVITE" else ""
        about = f"<sip:{user}@{there}>"
        lines = [
            f"{method} sip:{there if method == 'REGISTER' else f'{user}@{there}'} SIP/2.0",
            f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{one};rport",
            f"From: {about if method == 'REGISTER' else f'<sip:stranger@{here}>'};tag={one[:8]}",
            f"To: {about}",
            f"Call-ID: {one}@stranger",
            f"CSeq: 1 {method}",
            f"Contact: <sip:{user}@{here}>",
            "Max-Forwards: 70",
            *(["Expires: 60"] if method == "REGISTER" else []),
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
