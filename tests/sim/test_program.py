"""`python -m simnet` as another program sees it: its ready line, its errors, its end."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from dialer.config import ROOT
from simnet import arrivals, sipp
from simnet.arrivals import burst
from simnet.callers import Caller, showing
from simnet.log import read
from simnet.ports import quiet_port
from tests.sim.facing import SPEECH

KEYS = {"exchange_host": "127.0.0.1", "exchange_port": "9"}
PEOPLE = "number,behaviour\n0258001000,busy\n"


async def started(tmp_path: Path, people: str = PEOPLE, **options: str) -> asyncio.subprocess.Process:
    file = tmp_path / "people.csv"
    file.write_text(people, "utf-8")
    given = {"carrier-port": str(quiet_port()), "speech": str(SPEECH), **options}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simnet", "--folder", tmp_path / "run", "--subscribers", file,
        "--exchange", "127.0.0.1:9", *(part for name, value in given.items() for part in (f"--{name}", value)),
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'sip-sim'}:{ROOT}"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def until_gone(pids: list[int]) -> None:
    """A pidfd becomes readable when its process has ended."""
    loop = asyncio.get_running_loop()
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        gone = asyncio.Event()
        loop.add_reader(handle, gone.set)
        try:
            await asyncio.wait_for(gone.wait(), 5)
        finally:
            loop.remove_reader(handle)
            os.close(handle)


BUSY = "-errors.log"  # where SIPp complains of a machine that stood still


@pytest.mark.parametrize("order", [signal.SIGTERM, signal.SIGINT])
async def test_it_says_ready_and_ends_with_all_its_children_when_told(order: signal.Signals, tmp_path: Path) -> None:
    program = await started(tmp_path)
    assert program.stdout is not None
    assert await asyncio.wait_for(program.stdout.readline(), 60) == b"ready\n"
    sipps = children(program.pid)
    assert len(sipps) == 2
    program.send_signal(order)
    assert await asyncio.wait_for(program.wait(), 5) == 0
    await until_gone(sipps)
    left = {path.name for path in (tmp_path / "run").iterdir()}
    assert {name for name in left if not name.endswith(BUSY)} == {"calls.jsonl"}


async def test_its_sipps_die_with_it_even_when_it_is_killed(tmp_path: Path) -> None:
    program = await started(tmp_path)
    assert program.stdout is not None
    assert await asyncio.wait_for(program.stdout.readline(), 60) == b"ready\n"
    sipps = children(program.pid)
    program.kill()
    await program.wait()
    await until_gone(sipps)


async def test_it_ends_with_a_word_when_a_sipp_dies(tmp_path: Path) -> None:
    program = await started(tmp_path)
    assert program.stdout is not None
    assert await asyncio.wait_for(program.stdout.readline(), 60) == b"ready\n"
    os.kill(children(program.pid)[0], signal.SIGKILL)
    _, said = await asyncio.wait_for(program.communicate(), 10)
    assert program.returncode == 1
    assert b"has died" in said


async def test_it_lets_a_crowd_of_callers_call_and_ends_after_the_last(tmp_path: Path) -> None:
    crowd = [Caller("0258000001", showing(f"025800100{n}"), patience_seconds=0.2) for n in range(3)]
    arrivals.write(tmp_path / "callers.jsonl", burst(crowd, 0.1))
    program = await started(tmp_path, callers=str(tmp_path / "callers.jsonl"))
    assert await asyncio.wait_for(program.wait(), 30) == 0
    records = read(tmp_path / "run" / "calls.jsonl")
    assert [(one.from_number, one.final_code) for one in records] == [(one.shows.user, 487) for one in crowd]


async def test_a_wrong_file_of_callers_is_wrong_use_and_says_where(tmp_path: Path) -> None:
    (tmp_path / "callers.jsonl").write_text("{}\n", "utf-8")
    program = await started(tmp_path, callers=str(tmp_path / "callers.jsonl"))
    _, said = await asyncio.wait_for(program.communicate(), 30)
    assert program.returncode == 2
    assert said.decode().startswith("callers.jsonl line 1:")


async def test_a_wrong_subscriber_file_is_wrong_use_and_says_where(tmp_path: Path) -> None:
    program = await started(tmp_path, "number,behaviour\n0258001000,persona\n")
    out, said = await asyncio.wait_for(program.communicate(), 30)
    assert (program.returncode, out) == (2, b"")
    assert said.decode().startswith("people.csv row 2, column behaviour:")


async def test_a_taken_port_is_named(tmp_path: Path) -> None:
    first = await started(tmp_path, **{"carrier-port": str(port := quiet_port())})
    assert first.stdout is not None
    assert await asyncio.wait_for(first.stdout.readline(), 60) == b"ready\n"
    (tmp_path / "second").mkdir()
    second = await started(tmp_path / "second", **{"carrier-port": str(port)})
    _, said = await asyncio.wait_for(second.communicate(), 30)
    first.terminate()
    await first.wait()
    assert second.returncode == 1
    assert f"127.0.0.1:{port} is in use".encode() in said


async def test_sipp_starts_although_a_port_of_its_own_was_taken_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taker:
        taker.bind(("127.0.0.1", 0))
        ports = iter([taker.getsockname()[1]])
        monkeypatch.setattr(sipp, "quiet_port", lambda: next(ports, None) or quiet_port())
        one = sipp.Sipp("callers", tmp_path, sipp.Setup("caller.xml", None, KEYS), lambda _: None)
        try:
            await one.start()
            assert next(ports, None) is None  # it was given the taken one first
            assert one.alive
        finally:
            await one.stop()
