"""What this machine tells of a running centre: its programs, its disk, its clock."""

import ctypes
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dialer.config import Settings
from dialer.core.health import Part, ProgramSeen, parts_now
from dialer.core.recording_rules import SECOND_BYTES
from dialer.core.warning_values import ClockSeen, DiskSeen
from dialer.folders import read_json
from dialer.telling import told_file

TELLS = ("engine", "ear", "agi", "web")  # of themselves, every second
UP = ("ready", "done")
STEP_SECONDS = 2.0
STEP_KEPT_SECONDS = 900.0  # so long a clock that was set is told of
TIMEX_BYTES, TIMEX_STATUS, UNSYNCHRONISED = 256, 40, 0x40


def stack_file(state_dir: Path) -> Path:
    """What the supervisor tells of its programs."""
    return state_dir / "run" / "stack.json"


def programs_seen(state_dir: Path) -> tuple[ProgramSeen, ...]:
    """Of the supervisor on this machine; none where it has no supervisor."""
    children = read_json(stack_file(state_dir)).get("children")
    return tuple(_seen(state_dir, children)) if isinstance(children, dict) else ()


def parts_of_machine(settings: Settings) -> tuple[Part, ...]:
    """As far as files tell."""
    return parts_now(programs_seen(settings.state_dir), database=None, pulse=None)


def _seen(state_dir: Path, children: Mapping[str, Any]) -> Iterator[ProgramSeen]:
    now = time.time()
    for name, child in children.items():
        kind, pid, state = name.partition("-")[0], child["pid"], child["state"]
        up_for = max(0.0, now - float(child["since"]))
        restarts = int(child["restarts"])
        if state not in UP or not isinstance(pid, int) or kind not in TELLS:
            yield ProgramSeen(name, state in UP, up_for, restarts)
            continue
        path = told_file(state_dir, kind, pid)
        try:
            silent = max(0.0, now - path.stat().st_mtime)
        except OSError:
            silent = up_for
        yield ProgramSeen(name, _is_there(pid), up_for, restarts, silent, read_json(path))


def _is_there(pid: int) -> bool:
    """Its supervisor looks no oftener than twenty times a second."""
    return Path(f"/proc/{pid}").exists()


class Machine:
    """Looked at every few seconds."""

    def __init__(self, settings: Settings, *, records: bool) -> None:
        self._state_dir, self._seats = settings.state_dir, settings.operator_phones
        self._records = records
        self._ahead: float | None = None  # of the clock that nobody can set
        self._stepped, self._stepped_at = 0.0, 0.0

    def programs(self) -> tuple[ProgramSeen, ...]:
        return programs_seen(self._state_dir)

    def disk(self) -> DiskSeen | None:
        try:
            free = shutil.disk_usage(self._state_dir).free
        except OSError:
            return None
        return DiskSeen(free, free / (SECOND_BYTES * self._seats * 3600) if self._records else None)

    def clock(self) -> ClockSeen:
        steady = time.clock_gettime(time.CLOCK_BOOTTIME)
        ahead = time.time() - steady
        if self._ahead is not None and abs(ahead - self._ahead) > STEP_SECONDS:
            self._stepped, self._stepped_at = ahead - self._ahead, steady
        self._ahead = ahead
        lately = self._stepped and steady - self._stepped_at < STEP_KEPT_SECONDS
        return ClockSeen(_is_synchronised(), self._stepped if lately else 0.0)


def _is_synchronised() -> bool | None:
    """As the kernel has been told by whatever sets the clock."""
    if os.uname().sysname != "Linux":
        return None
    told = ctypes.create_string_buffer(TIMEX_BYTES)
    try:
        if ctypes.CDLL(None, use_errno=True).adjtimex(told) < 0:
            return None
    except AttributeError:
        return None
    return not int.from_bytes(told.raw[TIMEX_STATUS : TIMEX_STATUS + 4], "little") & UNSYNCHRONISED
