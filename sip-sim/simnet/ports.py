"""Ports for rehearsals that run beside each other."""

import contextlib
import random
import socket

PORTS = range(10000, 15000)  # below those that the system hands out by itself, above the well-known
_handed_out: set[int] = set()


def quiet_port() -> int:
    """A UDP and TCP port of 127.0.0.1 that is free, and that nobody else in this process gets."""
    while True:
        port = random.SystemRandom().choice(PORTS)
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            socket.socket() as tcp,
        ):
            udp.bind(("127.0.0.1", port))
            tcp.bind(("127.0.0.1", port))
            if port not in _handed_out:
                _handed_out.add(port)
                return port
