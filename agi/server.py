"""The FastAGI server: a thread for each question, a cap on their number, time limits, this machine only."""

import contextlib
import socket
import socketserver
import threading
from collections.abc import Callable

import structlog

from agi.session import CallEnded, NotASession, Session

log = structlog.get_logger()

HOST = "127.0.0.1"  # what callers press and who they are crosses no network
WAITING_CONNECTIONS = 256

Serve = Callable[[Session], None]


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = WAITING_CONNECTIONS

    def __init__(self, port: int, serve: Serve, most: int) -> None:
        super().__init__((HOST, port), _Handler)
        self.serve = serve
        self.served = self.refused = self.failed = 0
        self._free = threading.BoundedSemaphore(most)
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()

    @property
    def open_sessions(self) -> int:
        return len(self._connections)

    def break_off(self) -> None:
        """Let go of all calls: each goes on alone, or with the next server."""
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def verify_request(self, request: object, client_address: object) -> bool:
        """Beyond the cap the connection is closed at once, and the dialplan goes on alone."""
        if self._free.acquire(blocking=False):
            return True
        self.refused += 1
        log.warning("too many sessions at once; a call goes on alone")
        return False

    def answer(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.add(connection)
        try:
            self._answered(connection)
        finally:
            with self._lock:
                self._connections.discard(connection)
            self._free.release()

    def _answered(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            session = Session(connection)
        except (NotASession, OSError):
            return  # a probe of the port
        try:
            self.serve(session)
            self.served += 1
        except CallEnded:
            self.served += 1
        except Exception:  # of one call: the others go on, and its caller goes on without us
            self.failed += 1
            log.exception("a script failed")
        finally:
            session.close()


class _Handler(socketserver.BaseRequestHandler):
    server: Server

    def handle(self) -> None:
        self.server.answer(self.request)
