"""`up`, `down` and `status`: a supervisor in the background, found again by its state file.

Whether one runs is told by a lock that the kernel takes back when it dies, never by a pid alone.
"""

import asyncio
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dialer.config import ROOT, Settings
from dialer.core.health import Part, PartState, is_well
from dialer.folders import private_folder, read_json, write_json
from dialer.health import parts_of_machine, stack_file
from dialer.main import status_file
from dialer.rotating import Bounds
from dialer.stack import programs
from dialer.supervisor import ChildFailed, ChildState, Supervisor
from dialer.web_process import web_address

UP_SECONDS = 120.0
DOWN_SECONDS = 120.0
LOOK_SECONDS = 0.1
LOCK = "stack.lock"
STALE_SECONDS = 5.0  # an engine that has not told of itself for so long is not well


def start(settings: Settings) -> str:
    """Returns when all of it is ready."""
    if is_running(settings):
        return "already up"
    stack_file(settings.state_dir).unlink(missing_ok=True)
    log_file = private_folder(settings.state_dir / "log") / "supervisor.log"
    with log_file.open("ab") as output:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "dialer", "supervise"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, "PYTHONPATH": str(ROOT), "YOBIKAKE_STATE_DIR": str(settings.state_dir)},
            start_new_session=True,
        )
    deadline = time.monotonic() + UP_SECONDS
    while time.monotonic() < deadline:
        state = read_json(stack_file(settings.state_dir))
        if state.get("ready"):
            running = ", ".join(name for name, child in _children(state).items() if child["pid"])
            return f"up: {running} (settings, logs and data in {settings.state_dir})"
        if supervisor.poll() is not None:
            raise ChildFailed(str(state.get("failed") or f"the supervisor ended at once (log: {log_file})"))
        time.sleep(LOOK_SECONDS)
    raise ChildFailed(f"not ready after {UP_SECONDS:.0f} s (log: {log_file})")


def stop(settings: Settings, *, now: bool) -> str:
    state = read_json(stack_file(settings.state_dir))
    pid = state.get("pid")
    if not is_running(settings) or not isinstance(pid, int):
        return "not running"
    os.kill(pid, signal.SIGINT if now else signal.SIGTERM)
    deadline = time.monotonic() + settings.dialling.drain_seconds + DOWN_SECONDS
    while is_running(settings):
        if time.monotonic() > deadline:
            raise ChildFailed(f"the supervisor (pid {pid}) does not end; look into {settings.state_dir / 'log'}")
        time.sleep(LOOK_SECONDS)
    return "down"


async def supervise(settings: Settings) -> None:
    """Runs in the background until it is told to stop."""
    state: dict[str, Any] = {"pid": os.getpid(), "ready": False}
    path = stack_file(settings.state_dir)
    ended = asyncio.Event()
    told: list[signal.Signals] = []

    def tell(number: signal.Signals) -> None:
        told.append(number)
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, tell, number)

    def note() -> None:
        state["children"] = {
            name: {"pid": child.pid, "state": child.state.value, "since": child.since, "restarts": child.restarts}
            for name, child in supervisor.children.items()
        }
        write_json(path, state)

    with _only_one(settings):
        try:
            supervisor = Supervisor(programs(settings), settings.state_dir / "log", note, *_logs(settings))
            async with supervisor:
                state["ready"] = True
                note()
                await ended.wait()
                if told[0] is signal.SIGINT:
                    os.kill(supervisor.pid("engine"), signal.SIGINT)
        except Exception as failed:
            write_json(path, {**state, "ready": False, "failed": str(failed)})
            raise
        path.unlink(missing_ok=True)


def _logs(settings: Settings) -> tuple[Bounds, list[Path]]:
    bounds = Bounds(settings.logs.megabytes << 20, settings.logs.files)
    return bounds, [settings.state_dir / f"asterisk-{node.name}" / "log" / "messages" for node in settings.nodes]


@dataclass(frozen=True, slots=True)
class Report:
    running: bool
    children: dict[str, dict[str, Any]]
    engine: dict[str, Any]
    address: str | None = None  # of the pages
    parts: tuple[Part, ...] = ()

    @property
    def healthy(self) -> bool:
        return (
            self.running
            and all(child["state"] in (ChildState.READY, ChildState.DONE) for child in self.children.values())
            and bool(self.engine.get("ready"))
            and is_well(self.parts)
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "running": self.running,
            "healthy": self.healthy,
            "programs": self.children,
            "engine": self.engine,
            "address": self.address,
            "parts": {part.key: part.state.value for part in self.parts},
        }

    def as_text(self) -> str:
        if not self.running:
            return "not running (start it with ./run up)"
        lines = [
            f"{name:12} {child['state']:9} pid {child['pid']}" for name, child in self.children.items() if child["pid"]
        ]
        lines += [f"{'not well':12} {part.text}" for part in self.parts if part.state is not PartState.WELL]
        lines.append(f"{'engine says':12} {self.engine.get('why', 'nothing for some seconds')}")
        lines += [f"{'mode':12} {mode['text']}" for mode in self.engine.get("modes", ())]
        lines += self._left_alone()
        if self.address is not None:
            lines.append(f"{'pages':12} {self.address}")
        return "\n".join(lines)

    def _left_alone(self) -> Iterator[str]:
        """Of each debt kind of which anybody answered today."""
        by_debt = (self.engine.get("pace") or {}).get("by_debt", {})
        for debt, one in by_debt.items():
            if one["persons"]:
                share = one["left_alone"] / one["persons"]
                spent = ", one call for each operator until that is made up for" if one["spent"] else ""
                yield f"{'left alone':12} {debt}: {one['left_alone']} of {one['persons']} ({share:.1%}){spent}"


def report(settings: Settings) -> Report:
    running = is_running(settings)
    state = read_json(stack_file(settings.state_dir)) if running else {}
    pid = _children(state).get("engine", {}).get("pid")
    engine = read_json(status_file(settings, pid)) if pid else {}
    told_at = engine.get("at")
    if not isinstance(told_at, float) or time.time() - told_at > STALE_SECONDS:
        engine = {}
    address = web_address(settings) if "web" in _children(state) else None
    return Report(running, _children(state), engine, address, parts_of_machine(settings) if running else ())


def _children(state: dict[str, Any]) -> dict[str, dict[str, Any]]:
    children = state.get("children")
    return children if isinstance(children, dict) else {}


def _lock_file(settings: Settings) -> Path:
    return private_folder(settings.state_dir / "run") / LOCK


@contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    with _lock_file(settings).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ChildFailed("another supervisor has this state folder") from None
        yield


def is_running(settings: Settings) -> bool:
    """Whether a supervisor has this state folder. Nothing is made by the question."""
    try:
        lock = (settings.state_dir / "run" / LOCK).open("r+")
    except FileNotFoundError:
        return False
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False
