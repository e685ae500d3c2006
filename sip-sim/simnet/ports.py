"""Ports for rehearsals that run beside each other."""

import contextlib
import random
import socket

PORTS = range(10000, 15000)  # below those that the system hands out by itself, above the well-known


def quiet_port() -> int:
    """A UDP and TCP port of 127.0.0.1 that is free, and that nobody else who asks gets while this process lives."""
    while True:
        port = random.SystemRandom().choice(PORTS)
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            socket.socket() as tcp,
        ):
            udp.bind(("127.0.0.1", port))
            tcp.bind(("127.0.0.1", port))
            _claim(port)
            return port


def _claim(port: int) -> None:
    """OSError when it is somebody's already. The name is nowhere on a disk, and ends with the process."""
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0yobikake-port-{port}")
    except OSError:
        claim.close()
        raise
    claim.detach()  # it stays open as long as the process lives
