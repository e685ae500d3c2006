"""The ports that the settings name, and whether the carrier answers."""

import errno
import os
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from dialer.config import Settings, Trunk
from dialer.core.checkup import Finding, PortSeen, PortState, TrunkSeen, ports, trunk
from dialer.web.tls import EVERYWHERE

CONNECT_SECONDS = 1.0
ASK_AGAIN_SECONDS = (0.5, 1.0)  # as SIP does over UDP: a lost packet is no answer yet
LENT = Path("/proc/sys/net/ipv4/ip_local_port_range")
DATAGRAMS, STREAMS = socket.SOCK_DGRAM, socket.SOCK_STREAM


def own_ports(settings: Settings, *, running: bool) -> list[Finding]:
    """Free while nothing runs; answered while it does. Whether datagrams are answered is not asked."""
    return ports(list(_seen(settings, running=running)), _handed_out())


def _seen(settings: Settings, *, running: bool) -> Iterator[PortSeen]:
    for node in settings.nodes:
        if node.embedded:
            for what in ("sip_port", "ami_port", "http_port"):
                yield _port(f"nodes.{node.name}.{what}", node.host, getattr(node, what), running=running)
            if not running:
                yield _port(f"nodes.{node.name}.sip_port", node.host, node.sip_port, running=False, kind=DATAGRAMS)
    if settings.hearing.processes:
        yield _port("hearing.port", "127.0.0.1", settings.hearing.port, running=running)
    yield _port("callers.port", "127.0.0.1", settings.callers.port, running=running)
    if settings.web.serve:
        yield _port("web.port", settings.web.host, settings.web.port, running=running)


def _port(setting: str, host: str, number: int, *, running: bool, kind: socket.SocketKind = STREAMS) -> PortSeen:
    state = _answers(host, number) if running else _can_be_used(host, number, kind)
    return PortSeen(setting, f"{host}:{number}", state, number)


def _answers(host: str, number: int) -> PortState:
    try:
        with socket.create_connection(("127.0.0.1" if host in EVERYWHERE else host, number), CONNECT_SECONDS):
            return PortState.ANSWERS
    except OSError:
        return PortState.SILENT


def _can_be_used(host: str, number: int, kind: socket.SocketKind) -> PortState:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, kind == STREAMS)
        try:
            probe.bind((host, number))
            return PortState.FREE
        except OSError as refused:
            return PortState.TAKEN if refused.errno == errno.EADDRINUSE else PortState.REFUSED


def _handed_out() -> range | None:
    try:
        first, last = LENT.read_text(encoding="ascii").split()
        return range(int(first), int(last) + 1)
    except (OSError, ValueError):
        return None


def carrier(settings: Settings) -> Finding:
    where = settings.trunk
    return trunk(f"{where.host}:{where.port}", options(where), simulated=where.is_simulated)


def options(where: Trunk) -> TrunkSeen:
    """Any answer at all shows that it is there, a refusal too. No number is in what is asked."""
    try:
        family, *_, address = socket.getaddrinfo(where.host, where.port, type=DATAGRAMS)[0]
    except OSError as unknown:
        return TrunkSeen(why=str(unknown.strerror))
    with socket.socket(family, DATAGRAMS) as line:
        try:
            line.connect(address)
            question = _options(where, line.getsockname())
            for seconds in ASK_AGAIN_SECONDS:
                line.send(question)
                code = _code(line, time.monotonic() + seconds)
                if code is not None:
                    return TrunkSeen(code)
        except OSError as refused:
            return TrunkSeen(why=os.strerror(refused.errno or 0))
    return TrunkSeen()


def _code(line: socket.socket, until: float) -> int | None:
    while (left := until - time.monotonic()) > 0:
        line.settimeout(left)
        try:
            head = line.recv(2048).split(b"\r\n", 1)[0].split()
        except TimeoutError:
            return None
        if len(head) > 1 and head[0] == b"SIP/2.0" and head[1].isdigit():
            return int(head[1])
    return None


def _options(where: Trunk, own: tuple[object, ...]) -> bytes:
    here, tag = f"{own[0]}:{own[1]}", uuid.uuid4().hex[:12]
    lines = (
        f"OPTIONS sip:{where.host}:{where.port} SIP/2.0",
        f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{tag};rport",
        "Max-Forwards: 1",
        f"From: <sip:yobikake@{here}>;tag={tag}",
        f"To: <sip:{where.host}:{where.port}>",
        f"Call-ID: {uuid.uuid4()}",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:yobikake@{here}>",
        "Accept: application/sdp",
        "Content-Length: 0",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
