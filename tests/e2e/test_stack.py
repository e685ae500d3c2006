"""`up`, `status`, `import`, `down`, as a person types them."""

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from dialer.config import ROOT
from dialer.core.health import Part, ProgramSeen, parts_now
from dialer.health import programs_seen, stack_file
from simnet.ports import quiet_port
from tests.places import LIB
from tests.waiting import until

pytestmark = pytest.mark.asterisk

GOOD = "宛名番号,氏名,カナ,科目,金額,電話番号1\n1,見本太郎,ミホンタロウ,市税,12000,0258-00-1001\n"
BAD = "2,見本花子,ミホンハナコ,市税,8000,0120-000-000\n"


class Centre:
    def __init__(self, folder: Path) -> None:
        node = {
            "name": "a",
            "sip_port": quiet_port(),
            "ami_port": quiet_port(),
            "http_port": quiet_port(),
            "rtp_from": 24200,
            "rtp_to": 24400,
        }
        self.environment: Mapping[str, str] = {
            **{name: value for name, value in os.environ.items() if not name.startswith("YOBIKAKE_")},
            "PYTHONPATH": str(ROOT),
            "YOBIKAKE_STATE_DIR": str(folder),
            "YOBIKAKE_LIB_DIR": str(LIB),
            "YOBIKAKE_OPERATOR_PHONES": "2",
            "YOBIKAKE_NODES": json.dumps([node]),
            "YOBIKAKE_HEARING__PORT": str(quiet_port()),
            "YOBIKAKE_WEB__PORT": str(quiet_port()),
            "YOBIKAKE_CALLERS__PORT": str(quiet_port()),
        }

    def says(self, *words: str) -> tuple[int, str]:
        argv = [sys.executable, "-m", "dialer", *words]
        done = subprocess.run(argv, env=self.environment, capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, done.stdout + done.stderr

    def health(self) -> tuple[int, set[str]]:
        """What the pages tell a monitoring system, and which parts are not well."""
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        port = int(self.environment["YOBIKAKE_WEB__PORT"])
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=trusting)
        try:
            connection.request("GET", "/health")
            answer = connection.getresponse()
            return answer.status, {one["part"] for one in json.loads(answer.read())["ill"]}
        finally:
            connection.close()

    def status(self) -> dict[str, dict[str, dict[str, int]]]:
        _, said = self.says("status", "--json")
        read: dict[str, dict[str, dict[str, int]]] = json.loads(said)
        return read


@pytest.fixture
def centre(centre_folder: Path) -> Iterator[Centre]:
    made = Centre(centre_folder)
    yield made
    made.says("down", "--now")


def command_lines() -> list[str]:
    """Of every process of this machine."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has just ended
            found.append(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return found


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


NAMED = {
    "asterisk-a": ("exchange", 503),
    "postgres": ("database", 503),
    "engine": ("engine", 503),
    "ear": ("ear", 200),
    "agi": ("agi", 200),
}
"""What is named when a program is killed, and whether calls can be made then."""


WELL_WHEN_UP = frozenset(
    ("programs", "ports", "exchange", "ear", "database", "migration", "logs", "certificate", "secrets", "time_zone")
)
"""What a doctor finds then; the disk and the clock are the machine's matter."""


def kill(folder: Path, program: str) -> None:
    os.kill(json.loads(stack_file(folder).read_text())["children"][program]["pid"], signal.SIGKILL)


def named(health: tuple[int, set[str]], part: str, status: int) -> bool:
    return health[0] == status and part in health[1]


def ill(programs: Sequence[ProgramSeen]) -> list[Part]:
    return [one for one in parts_now(programs, database=None, pulse=None) if not one.is_well]


async def test_up_stays_until_down_and_leaves_nothing_behind(centre: Centre, centre_folder: Path) -> None:
    code, said = centre.says("up")
    assert (code, said.startswith("up: postgres, asterisk-a, ear, agi, engine, web")) == (0, True), said
    assert centre.says("up") == (0, "already up\n")
    assert centre.says("status")[0] == 0
    pids = [child["pid"] for child in centre.status()["programs"].values() if child["pid"]]
    assert len(pids) == 6
    assert f"https://127.0.0.1:{centre.environment['YOBIKAKE_WEB__PORT']}/" in centre.says("status")[1]

    await until(lambda: centre.health() == (200, set()))
    found = json.loads(centre.says("doctor", "--json")[1])["findings"]
    assert {one["check"] for one in found if one["grade"] == "well"} >= WELL_WHEN_UP, found
    for program, (part, status) in NAMED.items():
        kill(centre_folder, program)
        await until(lambda part=part, status=status: named(centre.health(), part, status))  # type: ignore[misc]
        await until(lambda: centre.health() == (200, set()), within=60)
    kill(centre_folder, "web")
    await until(lambda: [one.key for one in ill(programs_seen(centre_folder))] == ["web"])
    await until(lambda: centre.says("status")[0] == 0, within=60)

    pids = [child["pid"] for child in centre.status()["programs"].values() if child["pid"]]
    assert centre.says("down") == (0, "down\n")
    assert not any(map(alive, pids))
    assert centre.says("down") == (0, "not running\n")
    assert centre.says("status")[0] == 1


def test_a_list_with_a_bad_row_changes_nothing_until_bad_rows_may_be_skipped(centre: Centre, tmp_path: Path) -> None:
    assert centre.says("up")[0] == 0
    file = tmp_path / "list.csv"
    file.write_text(GOOD + BAD, encoding="utf-8")
    code, said = centre.says("import", str(file))
    assert code == 1
    assert said.splitlines()[0].startswith('list.csv 行 3 列「電話番号1」: "0120-000-000" は着信課金番号')
    assert said.splitlines()[-1] == "list.csv: 取込は行っていません。"
    assert json.loads(centre.says("outcomes", "--json")[1])["cases"]["open"] == 0
    assert centre.says("import", "--skip-bad", str(file))[0] == 0
    assert json.loads(centre.says("outcomes", "--json")[1])["cases"]["open"] == 1
    assert (tmp_path / "list-取込不可.csv").read_text(encoding="utf-8").splitlines()[1:] == [BAD.strip()]


async def test_one_of_two_ears_that_dies_comes_back_beside_the_other(centre: Centre) -> None:
    centre.environment = {**centre.environment, "YOBIKAKE_HEARING__PROCESSES": "2"}
    assert centre.says("up")[0] == 0
    ears = {name: centre.status()["programs"][name]["pid"] for name in ("ear-1", "ear-2")}
    os.kill(ears["ear-1"], signal.SIGKILL)
    await until(lambda: centre.status()["programs"]["ear-1"]["pid"] != ears["ear-1"] and centre.says("status")[0] == 0)
    assert centre.status()["programs"]["ear-2"]["pid"] == ears["ear-2"]


@pytest.mark.parametrize("setting", ["nodes.a.sip_port", "hearing.port", "callers.port", "web.port"])
def test_a_port_that_is_taken_is_told_in_one_line_and_nothing_is_left_running(
    centre: Centre, centre_folder: Path, setting: str
) -> None:
    """Also one that another centre's ear has, which would share it."""
    sip = setting == "nodes.a.sip_port"
    own = {"nodes.a.sip_port": json.loads(centre.environment["YOBIKAKE_NODES"])[0]["sip_port"]}
    port = int(own.get(setting) or centre.environment[f"YOBIKAKE_{setting.upper().replace('.', '__')}"])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if sip else socket.SOCK_STREAM) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 0 if sip else 1)
        other.bind(("127.0.0.1", port))
        if setting == "web.port":
            other.listen()
        code, said = centre.says("up")
    assert code == 1
    assert len(said.strip().splitlines()) == 1
    assert f"{setting}: 127.0.0.1:{port} cannot be used" in said
    assert [argv for argv in command_lines() if str(centre_folder) in argv] == []


def test_wrong_settings_are_all_named_and_nothing_starts(centre: Centre) -> None:
    wrong = {**centre.environment, "YOBIKAKE_TRUNK__LINES": "0", "YOBIKAKE_DIALLING__MIN_RING_SECONDS": "-1"}
    centre.environment = wrong
    code, said = centre.says("up")
    assert code == 2
    assert "trunk.lines" in said
    assert "dialling.min_ring_seconds" in said
    centre.environment = {k: v for k, v in wrong.items() if "TRUNK" not in k and "RING" not in k}


def test_without_postgres_the_command_line_says_how_to_start_it(centre: Centre) -> None:
    code, said = centre.says("outcomes")
    assert code == 1
    assert "./run up" in said
