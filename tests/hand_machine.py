"""A machine whose programs, disk and clock are as a test says."""

from dataclasses import replace

from dialer.core.health import ProgramSeen
from dialer.core.warning_values import ClockSeen, DiskSeen

ENGINE: dict[str, object] = {"ready": True, "lead": "leads", "exchange": True, "held": None}


class HandMachine:
    """Implements the port of the warden."""

    def __init__(self) -> None:
        self.disk_seen: DiskSeen | None = DiskSeen(200 * 10**9, 180.0)
        self.clock_seen = ClockSeen(True)
        told: dict[str, dict[str, object]] = {"ear": {"streams": 7}, "agi": {}, "engine": ENGINE, "web": {}}
        self.seen = {name: ProgramSeen(name, True, 3600) for name in ("postgres", "asterisk-a")}
        self.seen |= {name: ProgramSeen(name, True, 3600, 0, 0.3, said) for name, said in told.items()}

    def change(self, program: str, **changes: object) -> None:
        self.seen[program] = replace(self.seen[program], **changes)  # type: ignore[arg-type]

    def programs(self) -> tuple[ProgramSeen, ...]:
        return tuple(self.seen.values())

    def disk(self) -> DiskSeen | None:
        return self.disk_seen

    def clock(self) -> ClockSeen:
        return self.clock_seen
