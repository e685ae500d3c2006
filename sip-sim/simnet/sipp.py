"""One SIPp process: started, told what to do by words in SIP form, listened to through its log, ended.

The log is a FIFO, so a notice is here as soon as SIPp has written it, and nothing grows on disk.
"""

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from simnet.notices import Notice, NoticeReader
from simnet.ports import quiet_port

SCENARIOS = Path(__file__).resolve().parent.parent / "scenarios"
READY_SECONDS = 5.0
HELLO_SECONDS = 0.1
GOODBYE_TIMES = 10
PORT_TRIES = 5
READ_BYTES = 1 << 16
LOOPBACK = "127.0.0.1"


class SippFailed(Exception):
    """SIPp is missing, cannot start, or has died."""


@dataclass(frozen=True, slots=True)
class Setup:
    scenario: str  # file name under scenarios/
    port: int | None  # None: any that is free
    keys: Mapping[str, str]
    options: Sequence[str] = ()


class Sipp:
    def __init__(self, name: str, folder: Path, setup: Setup, on_notice: Callable[[Notice], None]) -> None:
        self.name = name
        self._folder = folder
        self._setup = setup
        self._on_notice = on_notice
        self._reader = NoticeReader()
        self._fifo = folder / f"{name}.fifo"
        self._errors = folder / f"{name}-errors.log"
        self._port = 0
        self._process: asyncio.subprocess.Process | None = None
        self._log: int | None = None
        self._words = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._words.bind((LOOPBACK, 0))
        self._words.setblocking(False)
        self._count = 0
        self._hello = asyncio.Event()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        program = shutil.which("sipp")
        if program is None:
            raise SippFailed("sipp is not installed: apt-get install sip-tester")
        if self._setup.port is not None:
            _check_free(self._setup.port)
        self._fifo.unlink(missing_ok=True)
        os.mkfifo(self._fifo, 0o600)
        self._log = os.open(self._fifo, os.O_RDWR | os.O_NONBLOCK)  # both ends: it never says end-of-file
        asyncio.get_running_loop().add_reader(self._log, self._read)
        await self._start_with_free_ports(program)

    async def _start_with_free_ports(self, program: str) -> None:
        """SIPp insists on ports of its own for control and media; one that was free may be taken a moment later."""
        for left in reversed(range(PORT_TRIES)):
            self._port = self._setup.port or quiet_port()
            # should we be killed, SIPp must not stay behind
            self._process = await asyncio.create_subprocess_exec(
                "setpriv", "--pdeathsig", "KILL", "--", program, *self._arguments(),
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
                cwd=self._folder,
            )  # fmt: skip
            try:
                await self._until_it_answers()
                return
            except SippFailed as failed:
                if self.alive or not left or "in use" not in str(failed):
                    raise

    def _arguments(self) -> list[str]:
        keys = [part for key, value in self._setup.keys.items() for part in ("-key", key, value)]
        # fmt: off
        return [
            "-sf", str(SCENARIOS / self._setup.scenario), "-i", LOOPBACK, "-p", str(self._port),
            "-mi", LOOPBACK, "-mp", str(quiet_port()), "-ci", LOOPBACK, "-cp", str(quiet_port()), *keys,
            "-nostdin", "-f", "3600", "-default_behaviors", "none", "-deadcall_wait", "8000",
            "-trace_logs", "-log_file", str(self._fifo), "-trace_err", "-error_file", str(self._errors),
            *self._setup.options,
        ]
        # fmt: on

    async def _until_it_answers(self) -> None:
        """Says hello until it is heard."""
        assert self._process is not None
        for _ in range(round(READY_SECONDS / HELLO_SECONDS)):
            if await self._says_hello():
                return
            if self._process.returncode is not None:
                raise SippFailed(f"sipp ({self.name}) ended at start: {self._last_error()}")
        raise SippFailed(f"sipp ({self.name}) did not answer within {READY_SECONDS:.0f} s: {self._last_error()}")

    async def _says_hello(self) -> bool:
        """It takes words in their order: whatever was said to it before has been carried out then."""
        self._hello.clear()
        self.say("HELLO", f"{self._count}@hello")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HELLO_SECONDS):
                await self._hello.wait()
        return self._hello.is_set()

    def say(self, word: str, call_id: str, headers: Mapping[str, str] | None = None, body: str = "") -> None:
        """A word to one call. It is carried out when its notice comes; a word that comes too late has none."""
        content = body.encode("utf-8", "surrogateescape")
        self._count += 1
        host, port = self._words.getsockname()
        lines = [
            f"{word} sip:{self.name}@{LOOPBACK}:{self._port} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bKword{self._count}",
            f"From: <sip:simnet@{host}:{port}>;tag=simnet",
            f"To: <sip:{self.name}@{LOOPBACK}>",
            f"Call-ID: {call_id}",
            f"CSeq: {self._count} {word}",
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
            f"Content-Length: {len(content)}",
        ]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")
        with contextlib.suppress(BlockingIOError):  # whoever waits for the notice says it again
            self._words.sendto(head + content, (LOOPBACK, self._port))

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def ended(self) -> int:
        assert self._process is not None
        return await self._process.wait()

    async def stop(self) -> None:
        """It tells of a hang-up before it sends the BYE: killed at once, it would never send it."""
        for _ in range(GOODBYE_TIMES):
            if not self.alive or await self._says_hello():
                break
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        if self._log is not None:
            asyncio.get_running_loop().remove_reader(self._log)
            os.close(self._log)
            self._log = None
        self._words.close()
        self._fifo.unlink(missing_ok=True)

    def _read(self) -> None:
        assert self._log is not None
        try:
            piece = os.read(self._log, READ_BYTES)
        except BlockingIOError:
            return
        for notice in self._reader.feed(piece.decode("utf-8", "replace")):
            if notice.kind == "HELLO":
                self._hello.set()
            else:
                self._on_notice(notice)

    def _last_error(self) -> str:
        if not self._errors.exists():
            return "it says nothing"
        lines = [line for line in self._errors.read_text("utf-8", "replace").splitlines() if line.strip()]
        return lines[-1] if lines else "it says nothing"


def _check_free(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            raise SippFailed(f"udp {LOOPBACK}:{port} is in use; end what uses it or choose another port") from None
