"""What a program has used of the processors, as the kernel counts it."""

import os
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Usage:
    parent: int
    own_seconds: float
    reaped_seconds: float  # of children that have ended and were waited for


def usage(pid: int) -> Usage:
    """All threads of the process. Raises FileNotFoundError or ProcessLookupError when it has gone."""
    text = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    values = text[text.rindex(")") + 2 :].split()  # the name before it may hold blanks and brackets
    user, system, reaped_user, reaped_system = (int(value) / TICKS for value in values[11:15])
    return Usage(int(values[1]), user + system, reaped_user + reaped_system)


def cpu_seconds(pid: int) -> float:
    return usage(pid).own_seconds


def tree_cpu_seconds(pid: int) -> float:
    """With its children, living and ended: a server that forks for each connection."""
    living = {int(entry.name): found for entry in PROC.iterdir() if entry.name.isdigit() and (found := _seen(entry))}
    family, grown = {pid}, True
    while grown:
        more = {one for one, found in living.items() if found.parent in family} - family
        family |= more
        grown = bool(more)
    return sum(living[one].own_seconds + living[one].reaped_seconds for one in family if one in living)


def _seen(entry: Path) -> Usage | None:
    try:
        return usage(int(entry.name))
    except (FileNotFoundError, ProcessLookupError):
        return None
