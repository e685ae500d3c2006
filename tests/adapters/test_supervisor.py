"""The supervisor with real processes."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.rotating import Bounds
from dialer.supervisor import ChildFailed, ChildState, Program, Supervisor
from tests.waiting import until

STAYS = (
    sys.executable,
    "-c",
    "import signal; signal.signal(signal.SIGTERM, lambda *_: exit(0)); print('up', flush=True); signal.pause()",
)
STUBBORN = (
    sys.executable,
    "-c",
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True)\nwhile True: signal.pause()",
)

TELLS = (
    sys.executable,
    "-c",
    "import pathlib, time, os; print('up', flush=True)\n"
    "while True: pathlib.Path(f'told-{os.getpid()}').write_text(str(time.time())); time.sleep(0.05)",
)


def program(name: str, argv: Sequence[str], folder: Path, stop_seconds: float = 20.0) -> Program:
    said = folder / f"{name}.log"

    async def has_printed(_pid: int) -> bool:
        return "up" in said.read_text()

    return Program(
        name, lambda: argv, has_printed, prepare=lambda: said.unlink(missing_ok=True), stop_seconds=stop_seconds
    )


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


SAYS_MUCH = (
    sys.executable,
    "-c",
    "import time\nwhile True: print('up' * 500, flush=True); time.sleep(0.001)",
)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.log*"))


async def test_what_a_program_says_is_kept_within_bounds_while_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialer.supervisor.ROTATE_SECONDS", 0.01)
    aside = tmp_path / "one.log.2"
    async with Supervisor([program("one", SAYS_MUCH, tmp_path)], tmp_path, bounds=Bounds(5000, 2)) as supervisor:
        await until(aside.exists)
        assert supervisor.children["one"].restarts == 0
    assert names_in(tmp_path) == ["one.log", "one.log.1", "one.log.2"]


async def test_programs_run_inside_and_nothing_is_left_afterwards(tmp_path: Path) -> None:
    async with Supervisor([program("one", STAYS, tmp_path), program("two", STAYS, tmp_path)], tmp_path) as supervisor:
        pids = [supervisor.pid("one"), supervisor.pid("two")]
        assert all(map(alive, pids))
    assert not any(map(alive, pids))


async def test_a_program_that_was_killed_is_started_again(tmp_path: Path) -> None:
    async with Supervisor([program("one", STAYS, tmp_path)], tmp_path) as supervisor:
        before = supervisor.pid("one")
        os.kill(before, signal.SIGKILL)
        await until(lambda: supervisor.children["one"].restarts == 1)
        await supervisor.until_ready("one")
        assert supervisor.pid("one") != before


async def test_a_program_that_is_frozen_is_killed_and_started_again_and_the_others_are_not(tmp_path: Path) -> None:
    def tells(name: str) -> Program:
        argv = ("env", "-C", str(tmp_path), *TELLS)
        return replace(program(name, argv, tmp_path), told=lambda pid: tmp_path / f"told-{pid}", silent_seconds=1.0)

    programs = [tells("frozen"), tells("well"), program("quiet", STAYS, tmp_path)]
    async with Supervisor(programs, tmp_path) as supervisor:
        before = {name: supervisor.pid(name) for name in supervisor.children}
        os.kill(before["frozen"], signal.SIGSTOP)
        await until(lambda: supervisor.children["frozen"].restarts == 1)
        await supervisor.until_ready("frozen")
        assert not alive(frozen := before.pop("frozen"))
        assert supervisor.pid("frozen") != frozen
        assert {name: supervisor.pid(name) for name in before} == before


async def test_a_program_that_freezes_while_it_starts_is_started_again(tmp_path: Path) -> None:
    started: list[int] = []

    async def ready(pid: int) -> bool:
        if pid not in started:
            started.append(pid)
            if len(started) == 2:
                os.kill(pid, signal.SIGSTOP)
        return len(started) != 2

    slow = Program("one", lambda: STAYS, ready, ready_seconds=0.3)
    async with Supervisor([slow], tmp_path) as supervisor:
        os.kill(supervisor.pid("one"), signal.SIGKILL)
        await until(lambda: len(started) == 3)
        await supervisor.until_ready("one")
        assert supervisor.pid("one") == started[2]


async def test_a_program_that_does_not_end_when_asked_is_killed(tmp_path: Path) -> None:
    async with Supervisor([program("one", STUBBORN, tmp_path, stop_seconds=0.2)], tmp_path) as supervisor:
        pid = supervisor.pid("one")
    assert not alive(pid)


async def test_a_program_that_cannot_start_is_named_with_its_last_words_and_the_others_are_ended(
    tmp_path: Path,
) -> None:
    broken = (sys.executable, "-c", "import sys; sys.exit('port 15060 is taken')")
    supervisor = Supervisor([program("one", STAYS, tmp_path), program("two", broken, tmp_path)], tmp_path)
    with pytest.raises(ChildFailed, match=r"two does not start: port 15060 is taken \(log: .*two\.log\)"):
        await supervisor.__aenter__()
    assert supervisor.children["one"].pid is None


async def test_a_task_has_to_end_well_before_the_next_program_starts(tmp_path: Path) -> None:
    task = Program("task", lambda: (sys.executable, "-c", "print('done')"))
    async with Supervisor([task, program("one", STAYS, tmp_path)], tmp_path) as supervisor:
        assert supervisor.children["task"].state is ChildState.DONE
    failing = Program("task", lambda: (sys.executable, "-c", "raise SystemExit(3)"))
    with pytest.raises(ChildFailed, match="task does not start"):
        await Supervisor([failing], tmp_path).__aenter__()


async def test_programs_die_with_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    code = f"""
import asyncio, pathlib
from tests.adapters.test_supervisor import STAYS, program
from dialer.supervisor import Supervisor
async def main():
    folder = pathlib.Path({str(tmp_path)!r})
    async with Supervisor([program("one", STAYS, folder)], folder) as supervisor:
        print(supervisor.pid("one"), flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": "."}
    )
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    assert alive(child)
    parent.kill()
    await parent.wait()
    await until(lambda: not alive(child))
