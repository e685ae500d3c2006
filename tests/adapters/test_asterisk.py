"""The private Asterisk: its configuration, its secrets and what it says when something is in its way."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dialer.config import AsteriskNode, Settings, load_settings
from dialer.embedded.asterisk import AsteriskError, AsteriskInstance, AsteriskMissing, find_asterisk
from dialer.supervisor import Program, Supervisor
from simnet.ports import quiet_port
from tests.places import LIB

pytestmark = pytest.mark.asterisk


def settings_in(folder: Path, *names: str) -> Settings:
    nodes = tuple(
        AsteriskNode(
            name=name,
            sip_port=quiet_port(),
            ami_port=quiet_port(),
            http_port=quiet_port(),
            rtp_from=24000,
            rtp_to=24100,
        )
        for name in names or ("a",)
    )
    return load_settings(state_dir=folder, lib_dir=LIB, nodes=nodes, node=nodes[0].name, operator_phones=3)


def instance_in(folder: Path) -> AsteriskInstance:
    settings = settings_in(folder)
    return AsteriskInstance(settings, settings.own_node)


def program(instance: AsteriskInstance) -> Program:
    async def ready(_pid: int) -> bool:
        return await asyncio.to_thread(instance.is_ready)

    return Program(instance.node.name, instance.argv, ready)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[AsteriskInstance]:
    instance = instance_in(tmp_path)
    instance.configure()
    async with Supervisor([program(instance)], tmp_path):
        yield instance


def test_secrets_are_random_readable_by_us_alone_and_stay_what_they_are(tmp_path: Path) -> None:
    instance = instance_in(tmp_path)
    instance.configure()
    phones = json.loads(instance.phones_file.read_text())
    assert list(phones) == ["op01", "op02", "op03"]
    in_browsers = json.loads(instance.web_phones_file.read_text())
    assert list(in_browsers) == list(phones)
    assert len({*phones.values(), *in_browsers.values(), instance.ami_secret}) == 7
    readable = [path for path in instance.folder.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
    assert not readable
    instance.configure()
    assert json.loads(instance.phones_file.read_text()) == phones


async def test_it_starts_without_a_complaint_and_with_nothing_it_does_not_need(running: AsteriskInstance) -> None:
    log = running.log_file.read_text()
    complaints = [line for line in log.splitlines() if "WARNING" in line or "ERROR" in line]
    assert [line for line in complaints if "Missing default country" not in line] == []
    loaded = running.say("module show")
    for unwanted in ("app_system", "app_originate", "func_shell", "res_http_post", "chan_iax2", "app_dial"):
        assert unwanted not in loaded


async def test_its_web_server_has_the_phones_websocket_and_nothing_else(running: AsteriskInstance) -> None:
    said = running.say("http show status")
    assert f"Server Enabled and Bound to 127.0.0.1:{running.node.http_port}" in said
    served = said.partition("Enabled URI's:")[2].partition("Enabled Redirects:")[0]
    assert [line.split()[0] for line in served.splitlines() if line.strip()] == ["/ws"]


async def test_no_context_dials(running: AsteriskInstance) -> None:
    dialplan = running.say("dialplan show")
    for application in ("Dial(", "Originate(", "System(", "Transfer("):
        assert application not in dialplan
    asked = [line for line in dialplan.splitlines() if "AGI(" in line]
    assert asked
    assert all("AGI(${CALLERS_SERVER}/" in line for line in asked), "a program of this machine would be run"
    assert "There is no existence of 'closed'" in running.say("dialplan show closed") or "'closed'" in dialplan


async def test_two_instances_run_beside_each_other(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, "a", "b")
    instances = [AsteriskInstance(settings, node) for node in settings.nodes]
    for instance in instances:
        instance.configure()
    async with Supervisor([program(instance) for instance in instances], tmp_path):
        identities = {
            instance.say("core show settings").partition("Entity ID:")[2].split()[0] for instance in instances
        }
    assert len(identities) == 2


@pytest.mark.parametrize(
    ("setting", "kind"),
    [
        ("sip_port", socket.SOCK_DGRAM),
        ("sip_port", socket.SOCK_STREAM),
        ("ami_port", socket.SOCK_STREAM),
        ("http_port", socket.SOCK_STREAM),
    ],
)
def test_a_port_that_is_taken_is_named_with_its_setting(tmp_path: Path, setting: str, kind: int) -> None:
    instance = instance_in(tmp_path)
    instance.configure()
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", getattr(instance.node, setting)))
        if kind == socket.SOCK_STREAM:
            other.listen()
        with pytest.raises(
            AsteriskError, match=rf"nodes\.a\.{setting}: 127\.0\.0\.1:\d+ cannot be used .*another port"
        ):
            instance.check_room()


def test_a_full_disk_is_told_before_anything_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    instance = instance_in(tmp_path)
    instance.configure()
    monkeypatch.setattr("dialer.embedded.asterisk.FREE_BYTES", 1 << 62)
    with pytest.raises(AsteriskError, match="Make room first"):
        instance.check_room()


def test_without_any_asterisk_the_message_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialer.embedded.asterisk._system_asterisk", lambda: None)
    with pytest.raises(AsteriskMissing, match=r"Run \./run once with a network"):
        find_asterisk(tmp_path)


def test_a_very_long_state_folder_still_gets_its_socket(tmp_path: Path) -> None:
    instance = instance_in(tmp_path / ("long" * 30))
    instance.configure()
    run_folder = next(
        line.partition("=>")[2].strip()
        for line in (instance.folder / "etc/asterisk.conf").read_text().splitlines()
        if line.startswith("astrundir")
    )
    assert len(run_folder + "/asterisk.ctl") < 107
