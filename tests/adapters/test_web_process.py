"""`dialer web`: starts, says that it is well, goes when it is told to."""

import json
import os
import signal
import socket
from pathlib import Path

import pytest

from dialer.config import Settings, load_settings
from dialer.stack import web
from dialer.supervisor import ChildFailed, Supervisor
from dialer.web_process import web_address, web_answers, web_status_file
from simnet.ports import quiet_port
from tests.waiting import until


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return load_settings(state_dir=tmp_path, database_url=database_url, web={"port": quiet_port()})


async def test_it_is_ready_when_it_answers_and_leaves_nothing_behind(settings: Settings, tmp_path: Path) -> None:
    assert not web_answers(settings)
    async with Supervisor([web(settings)], tmp_path / "log") as supervisor:
        status = web_status_file(settings, supervisor.pid("web"))
        assert json.loads(status.read_text())["address"] == f"https://127.0.0.1:{settings.web.port}/"
        assert web_answers(settings)
    assert not web_answers(settings)
    assert not status.exists()
    assert "web ended" in supervisor.log_file("web").read_text()


async def test_a_killed_one_comes_back(settings: Settings, tmp_path: Path) -> None:
    async with Supervisor([web(settings)], tmp_path / "log") as supervisor:
        first = supervisor.pid("web")
        os.kill(first, signal.SIGKILL)
        await until(lambda: supervisor.children["web"].pid not in (None, first))
        await supervisor.until_ready("web")
        assert web_answers(settings)


async def test_a_port_that_is_taken_is_told_in_one_line(settings: Settings, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.web.port))
        other.listen()
        with pytest.raises(ChildFailed, match=rf"web\.port: 127\.0\.0\.1:{settings.web.port} cannot be used") as told:
            async with Supervisor([web(settings)], tmp_path / "log"):
                pass
    assert len(str(told.value).splitlines()) == 1


async def test_it_starts_without_postgres_and_waits_for_it(tmp_path: Path) -> None:
    away = load_settings(
        state_dir=tmp_path, database_url=f"postgresql://x@127.0.0.1:{quiet_port()}/x", web={"port": quiet_port()}
    )
    async with Supervisor([web(away)], tmp_path / "log"):
        assert web_answers(away)


@pytest.mark.parametrize(
    ("web_settings", "address"),
    [
        ({}, "https://127.0.0.1:15443/"),
        ({"names": ["desk.example"], "host": "0.0.0.0", "port": 15444}, "https://desk.example:15444/"),
    ],
)
def test_the_address_is_what_terminals_type(tmp_path: Path, web_settings: dict[str, object], address: str) -> None:
    assert web_address(load_settings(state_dir=tmp_path, web=web_settings)) == address
