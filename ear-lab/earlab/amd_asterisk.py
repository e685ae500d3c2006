"""The real AMD() of a private Asterisk on the same files: for each a Local channel, one side plays, the other judges.

Files are played in real time, many at once. Nothing leaves the machine: no SIP is loaded, AMI listens on 127.0.0.1.
"""

import asyncio
import secrets
import socket
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from dialer.ami_events import Message, text
from dialer.ami_protocol import Connection
from dialer.embedded.asterisk import Program, find_asterisk
from dialer.folders import own_folder, private_folder, run_place, write_secret
from earlab import LabError
from earlab.amd_model import AmdSettings
from earlab.answers import Answer
from earlab.labels import Label

AT_ONCE = 180
BEGIN_EVERY_SECONDS = 0.005
LONGEST_SECONDS = 40.0
READY_SECONDS = 30.0
VERDICTS = {"HUMAN": "person", "MACHINE": "voicemail"}

MODULES = (
    "pbx_config",
    "app_amd",
    "app_playback",
    "app_userevent",
    "app_exec",
    "func_logic",
    "res_timing_timerfd",
    "codec_ulaw",
    "format_wav",
    "format_sln",
    "bridge_simple",
)
NOTHING_SET = ("acl", "ccss", "features", "indications", "stasis", "udptl", "cel", "cdr", "amd", "cli_aliases")


@dataclass(frozen=True, slots=True)
class Heard:
    answers: Mapping[str, Answer]
    cpu_seconds: float
    causes: Mapping[str, str]


class AmdBench:
    """One private Asterisk with a context for each of the settings."""

    def __init__(self, folder: Path, lib: Path, sounds: Path, settings: Sequence[AmdSettings], port: int = 0) -> None:
        self._folder, self._sounds, self._settings = private_folder(folder), sounds.resolve(), settings
        self._program: Program = find_asterisk(lib)
        if not (self._program.modules / "app_amd.so").exists():
            raise LabError(f"{self._program.modules}: app_amd.so is missing; install asterisk-modules with it")
        self._port = port or _free_port()
        self._secret = secrets.token_urlsafe(24)
        self._waiting: dict[str, asyncio.Future[tuple[str, str]]] = {}
        self._began: dict[str, float] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._connection: Connection | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator["AmdBench"]:
        self._configure()
        argv = [*self._program.argv, "-C", str(self._folder / "etc/asterisk.conf"), "-f"]
        self._process = await asyncio.create_subprocess_exec(
            *argv, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            self._connection = await self._connected()
            yield self
        finally:
            if self._connection is not None:
                await self._connection.end(2.0)
            if self._process.returncode is None:
                self._process.terminate()
            await self._process.wait()

    async def judge(self, number: int, labels: Sequence[Label]) -> Heard:
        """Every file through AMD with the settings of this number."""
        assert self._process is not None, "not running"
        from dialer.bench.cpu import cpu_seconds

        before = cpu_seconds(self._process.pid)
        gate = asyncio.Semaphore(AT_ONCE)
        said: dict[str, tuple[str, int, str]] = {}

        async def one(label: Label) -> None:
            async with gate:
                said[label.file] = await self._one(number, label)

        await asyncio.gather(*(one(label) for label in labels))
        answers = {
            name: Answer(name, VERDICTS.get(status, "undecided"), ms, reason=cause)
            for name, (status, ms, cause) in said.items()
        }
        return Heard(answers, cpu_seconds(self._process.pid) - before, {name: one[2] for name, one in said.items()})

    async def _one(self, number: int, label: Label) -> tuple[str, int, str]:
        assert self._connection is not None
        name = f"{number}-{Path(label.file).stem}"
        waiting = self._waiting[name] = asyncio.get_running_loop().create_future()
        await asyncio.sleep(BEGIN_EVERY_SECONDS)
        order = {
            "Action": "Originate",
            "Channel": "Local/s@player/n",
            "Context": f"judge-{number}",
            "Exten": "s",
            "Priority": "1",
            "Async": "true",
            "Timeout": "10000",
            "Variable": [f"__SOUND={Path(label.file).stem}", f"__NAME={name}"],
        }
        answer = (await self._connection.ask(order, 10.0))[0]
        if text(answer, "Response") != "Success":
            raise LabError(f"Asterisk did not take the file {label.file}: {text(answer, 'Message')}")
        try:
            at, told = await asyncio.wait_for(waiting, LONGEST_SECONDS)
        except TimeoutError:
            raise LabError(f"{label.file}: no word of AMD in {LONGEST_SECONDS:.0f} s ({self._folder}/log)") from None
        finally:
            self._waiting.pop(name, None)
        status, _, cause = told.partition(" ")
        began = self._began.pop(name, None)
        if began is None:
            raise LabError(f"{label.file}: AMD spoke before the file was played ({self._folder}/log)")
        return status, round(1000 * (float(at) - began)), cause

    def _on_event(self, event: Message) -> None:
        name = text(event, "Name")
        match text(event, "UserEvent"):
            case "Playing":
                self._began[name] = float(text(event, "Timestamp"))
            case "AmdSaid":
                waiting = self._waiting.get(name)
                if waiting is not None and not waiting.done():
                    waiting.set_result((text(event, "Timestamp"), f"{text(event, 'Status')} {text(event, 'Cause')}"))

    async def _connected(self) -> Connection:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            assert self._process is not None
            if self._process.returncode is not None or time.monotonic() > deadline:
                raise LabError(f"Asterisk for AMD did not start: see {self._folder / 'log/messages'}")
            try:
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: Connection(self._on_event, lambda _why: None), "127.0.0.1", self._port
                )
            except OSError:
                await asyncio.sleep(0.1)
                continue
            login = {"Action": "Login", "Username": "lab", "Secret": self._secret, "Events": "on"}
            answer = (await connection.ask(login, 5.0))[0]
            if text(answer, "Response") != "Success":
                raise LabError("Asterisk for AMD refused its own secret")
            await self._booted(connection, deadline)
            return connection

    async def _booted(self, connection: Connection, deadline: float) -> None:
        """Ready when the last module is: CoreStatus answers earlier, so the dialplan is asked for."""
        while time.monotonic() < deadline:
            asked = {"Action": "Command", "Command": "core waitfullybooted"}
            answer = await connection.ask(asked, 10.0)
            if "fully booted" in str(dict(answer[0])).lower() + str(getattr(answer[0], "content", "")).lower():
                return
            await asyncio.sleep(0.1)

    def _configure(self) -> None:
        for name in ("etc", "log", "spool", "cache", "data"):
            private_folder(self._folder / name)
        self._program.link_data(self._folder / "data")
        for name, content in self._files().items():
            write_secret(self._folder / "etc" / name, content)

    def _files(self) -> dict[str, str]:
        folder, data = self._folder, self._folder / "data"
        places = {
            "astcachedir": folder / "cache", "astetcdir": folder / "etc", "astmoddir": self._program.modules,
            "astvarlibdir": data, "astdbdir": data, "astkeydir": data, "astdatadir": data, "astagidir": data,
            "astspooldir": folder / "spool", "astrundir": own_folder(run_place(folder)), "astlogdir": folder / "log",
        }  # fmt: skip
        directories = "".join(f"{name} => {path}\n" for name, path in places.items())
        modules = "".join(f"load = {name}.so\n" for name in MODULES)
        judges = "".join(_judge(number, one) for number, one in enumerate(self._settings))
        return {
            "asterisk.conf": f"[directories]\n{directories}\n[options]\nsystemname = earlab\nmaxload = 0\n",
            "modules.conf": f"[modules]\nautoload = no\n{modules}",
            "logger.conf": "[general]\n[logfiles]\nmessages => warning,error\n",
            "manager.conf": (
                f"[general]\nenabled = yes\nbindaddr = 127.0.0.1\nport = {self._port}\ntimestampevents = yes\n\n"
                f"[lab]\nsecret = {self._secret}\ndeny = 0.0.0.0/0.0.0.0\npermit = 127.0.0.1/255.255.255.255\n"
                "read = user,system\nwrite = originate,command,system\nwritetimeout = 1000\n"
                "eventfilter(action(include),name(UserEvent)) =\n"
            ),
            "extensions.conf": (
                "[player]\nexten => s,1,Answer()\n same => n,UserEvent(Playing,Name: ${NAME})\n"
                f" same => n,Playback({self._sounds}/${{SOUND}})\n same => n,Hangup()\n\n{judges}"
            ),
        } | {f"{name}.conf": "; nothing is set here\n" for name in NOTHING_SET}


def _judge(number: int, settings: AmdSettings) -> str:
    said = "UserEvent(AmdSaid,Name: ${NAME},Status: ${AMDSTATUS},Cause: ${AMDCAUSE})"
    return (
        f"[judge-{number}]\nexten => s,1,AMD({settings.arguments})\n same => n,{said}\n same => n,Hangup()\n"
        f"; the file ended before AMD had decided\nexten => h,1,{said}\n\n"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
