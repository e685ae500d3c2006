"""One small supervisor: starts the programs of a stack in order, starts again what dies, ends all of them in reverse.

Every child also dies with the supervisor (the kernel sees to it), so that not even `kill -9` leaves a program behind.
"""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import structlog

from dialer.core.silences import Silences
from dialer.rotating import Bounds, rotate

log = structlog.get_logger()

READY_SECONDS = 60.0
LOOK_SECONDS = 0.05
RESTART_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
STEADY_SECONDS = 30.0  # after so long a run the next restart is quick again
STOP_SECONDS = 20.0
LISTEN_SECONDS = 1.0
SILENT_SECONDS = 10.0
"""A program that tells of itself every second has then missed ten times. The longest that one of ours works without a
pause is 2 s (the plan of 100,000 cases), and a busy disk may keep a file for some seconds.
"""
ROTATE_SECONDS = 10.0


class ChildFailed(Exception):
    """One line: which program could not be started, and where its log is."""


class ChildState(StrEnum):
    STARTING = "starting"
    READY = "ready"
    DOWN = "down"
    DONE = "done"  # a task that has to run once


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    argv: Callable[[], Sequence[str]]
    ready: Callable[[int], Awaitable[bool]] | None = None  # given the pid; None: a task that has to end with 0
    ready_seconds: float = READY_SECONDS
    prepare: Callable[[], None] = lambda: None  # before every start
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = STOP_SECONDS
    told: Callable[[int], Path] | None = None  # given the pid: the file in which it tells of itself (dialer.telling)
    silent_seconds: float = SILENT_SECONDS  # told nothing for so long: killed, and started again


@dataclass(slots=True)
class Child:
    program: Program
    state: ChildState = ChildState.DOWN
    process: asyncio.subprocess.Process | None = None
    since: float = 0.0
    restarts: int = 0
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process and self.process.returncode is None else None


class Supervisor:
    """`async with`: everything is up inside, and nothing is left afterwards."""

    def __init__(
        self,
        programs: Sequence[Program],
        log_folder: Path,
        on_change: Callable[[], None] = lambda: None,
        bounds: Bounds | None = None,
        other_logs: Sequence[Path] = (),
    ) -> None:
        """`other_logs`: what programs write beside what they say, kept within the same bounds."""
        self.children: dict[str, Child] = {}
        self._programs = programs
        self._log_folder = log_folder
        self._on_change = on_change
        self._bounds, self._other_logs = bounds or Bounds(), other_logs
        self._watchers: dict[str, asyncio.Task[None]] = {}
        self._beside: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Supervisor":
        self._log_folder.mkdir(parents=True, exist_ok=True)
        self._beside = [asyncio.create_task(self._listen()), asyncio.create_task(self._keep_logs_short())]
        try:
            for program in self._programs:
                await self.add(program)
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def pid(self, name: str) -> int:
        pid = self.children[name].pid
        assert pid is not None, f"{name} is not running"
        return pid

    def log_file(self, name: str) -> Path:
        return self._log_folder / f"{name}.log"

    async def stop(self) -> None:
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
        for name in reversed(self.children):
            await self.stop_one(name)

    async def stop_one(self, name: str) -> None:
        """End one program for good; the others go on."""
        watcher = self._watchers.pop(name, None)
        if watcher is not None:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)
        await self._end(self.children[name])

    async def until_ready(self, name: str) -> None:
        """After it was killed: up again."""
        async with asyncio.timeout(READY_SECONDS):
            await self.children[name].ready.wait()

    async def add(self, program: Program) -> None:
        """Returns when it is ready."""
        child = self.children[program.name] = Child(program)
        await self._start(child)
        if program.ready is not None:
            self._watchers[program.name] = asyncio.create_task(self._watch(child))

    async def _start(self, child: Child) -> None:
        """Returns when it is ready; raises ChildFailed when it ended before."""
        program = child.program
        await asyncio.to_thread(program.prepare)
        with self.log_file(program.name).open("ab") as output:
            child.process = await asyncio.create_subprocess_exec(
                *_dies_with_us(program),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **program.environment},
                start_new_session=True,  # Ctrl-C in a terminal is for the supervisor alone
            )
        child.since = time.time()
        self._set(child, ChildState.STARTING)
        if program.ready is None:
            if await child.process.wait():
                raise self._failed(child)
            self._set(child, ChildState.DONE)
            return
        deadline = time.monotonic() + program.ready_seconds
        while not await program.ready(child.process.pid):
            if child.process.returncode is not None:
                raise self._failed(child)
            if time.monotonic() > deadline:
                child.process.kill()  # else nobody would ever start it again
            await asyncio.sleep(LOOK_SECONDS)
        self._set(child, ChildState.READY)

    async def _watch(self, child: Child) -> None:
        """Start it again whenever it ends, a little later each time."""
        tries = 0
        while True:
            assert child.process is not None
            await child.process.wait()
            self._set(child, ChildState.DOWN)
            log.warning("program ended", program=child.program.name, code=child.process.returncode)
            tries = 0 if time.time() - child.since > STEADY_SECONDS else tries + 1
            await asyncio.sleep(RESTART_SECONDS[min(tries, len(RESTART_SECONDS) - 1)])
            child.restarts += 1
            try:
                await self._start(child)
            except Exception as failed:  # try again: the reason may pass
                log.error("program does not start", program=child.program.name, why=str(failed))

    async def _listen(self) -> None:
        """Whoever lives but has frozen keeps its calls and its port for ever: it is killed, and so started again."""
        silences = Silences()
        while True:
            await asyncio.sleep(LISTEN_SECONDS)
            watched = {name: self.children[name] for name in self._watchers}
            words = {name: word for name, child in watched.items() if (word := _last_word(child)) is not None}
            patience = {name: child.program.silent_seconds for name, child in watched.items()}
            for name in silences.look(time.monotonic(), words, patience):
                log.error("program lives but says nothing; it is killed", program=name)
                with suppress(ProcessLookupError):
                    os.kill(self.pid(name), signal.SIGKILL)

    async def _keep_logs_short(self) -> None:
        while True:
            logs = [*self._log_folder.glob("*.log"), *self._other_logs]
            for path in await asyncio.to_thread(rotate, logs, self._bounds):
                log.info("log put aside", file=path.name)
            await asyncio.sleep(ROTATE_SECONDS)

    async def _end(self, child: Child) -> None:
        process = child.process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(child.program.stop_signal)
        try:
            async with asyncio.timeout(child.program.stop_seconds):
                await process.wait()
        except TimeoutError:
            log.warning("program had to be killed", program=child.program.name)
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        self._set(child, ChildState.DOWN)

    def _failed(self, child: Child) -> ChildFailed:
        name = child.program.name
        lines = self.log_file(name).read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return ChildFailed(
            f"{name} does not start: {lines[-1] if lines else 'it said nothing'} (log: {self.log_file(name)})"
        )

    def _set(self, child: Child, state: ChildState) -> None:
        child.state = state
        if state is ChildState.READY:
            child.ready.set()
        else:
            child.ready.clear()
        self._on_change()


def _last_word(child: Child) -> object | None:
    """Another one each time that it tells of itself; None for whoever need not."""
    pid, told = child.pid, child.program.told
    if pid is None or told is None or child.state is not ChildState.READY:
        return None
    try:
        return pid, told(pid).stat().st_mtime_ns
    except OSError:
        return pid, None


def _dies_with_us(program: Program) -> list[str]:
    argv = list(program.argv())
    signal_name = program.stop_signal.name.removeprefix("SIG")
    if argv[0] == "setpriv":  # a change of user forgets the wish, so it is said in the same breath
        return ["setpriv", "--pdeathsig", signal_name, *argv[1:]]
    return ["setpriv", "--pdeathsig", signal_name, *argv]
