"""What the doctor finds on this machine: real ports, certificates and sockets, a fake Asterisk, a real Postgres."""

import asyncio
import json
import os
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from dialer.config import AsteriskNode, Settings, Trunk, Web
from dialer.core.checkup import Finding, Grade, TrunkSeen
from dialer.doctor import exchange, machine, network, tables, tls
from dialer.doctor.kept import KeptCheckUp
from dialer.profiles import FOLDER
from dialer.store.migrating import head_revision
from dialer.web.tls import certificate_files
from tests.adapters.fake_ami import FakeAmi, FakeSession, Headers, fake_ami
from tests.typing_here import typed_here

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path)


def grades(found: list[Finding]) -> list[Grade]:
    return [one.grade for one in found]


# --- ports and the carrier


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_port_that_another_program_has_is_named_with_its_setting(settings: Settings, taken: int) -> None:
    busy = settings.model_copy(update={"web": Web(port=taken)})
    wrong = [one for one in network.own_ports(busy, running=False) if one.grade is Grade.BAD]
    assert [f"web.port（127.0.0.1:{taken}）" in one.text for one in wrong].count(True) == 1


def test_while_the_centre_runs_its_ports_must_answer(settings: Settings, taken: int) -> None:
    node = AsteriskNode(sip_port=taken, ami_port=taken, http_port=taken, host="127.0.0.1")
    there = settings.model_copy(update={"nodes": (node,), "web": Web(port=taken)})
    wrong = [one.text for one in network.own_ports(there, running=True) if one.grade is Grade.BAD]
    assert {text.partition("（")[0] for text in wrong} <= {"hearing.port", "callers.port"}


@pytest.fixture
def carrier() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        yield line


def answer_once(line: socket.socket, lost: int) -> None:
    """A carrier that refuses, after so many questions were lost."""
    for _ in range(lost):
        line.recvfrom(2048)
    question, who = line.recvfrom(2048)
    kept = [
        one for one in question.split(b"\r\n") if one.split(b":")[0] in (b"Via", b"From", b"To", b"Call-ID", b"CSeq")
    ]
    line.sendto(b"\r\n".join([b"SIP/2.0 403 Forbidden", *kept, b"Content-Length: 0", b"", b""]), who)


@pytest.mark.parametrize("lost", [0, 1])
def test_a_carrier_that_refuses_is_there_also_when_a_question_was_lost(carrier: socket.socket, lost: int) -> None:
    answering = threading.Thread(target=answer_once, args=(carrier, lost))
    answering.start()
    seen = network.options(Trunk(host="127.0.0.1", port=carrier.getsockname()[1]))
    answering.join()
    assert (seen.code, seen.why) == (403, "")


def test_a_carrier_that_says_nothing_and_one_that_is_not_there_are_told_apart(
    carrier: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "ASK_AGAIN_SECONDS", (0.05, 0.05))
    trunk = Trunk(host="127.0.0.1", port=carrier.getsockname()[1])
    assert network.options(trunk) == TrunkSeen()
    carrier.close()
    assert network.options(trunk).why == "Connection refused"
    assert network.options(Trunk(host="carrier.invalid")).why


# --- the certificate


def test_the_certificate_as_it_lies_there(settings: Settings) -> None:
    assert tls.pages_certificate(settings, NOW).grade is Grade.WELL  # made at the first start
    file, key = certificate_files(settings, NOW)
    assert tls.pages_certificate(settings, NOW).grade is Grade.WELL
    assert tls.pages_certificate(settings, NOW + timedelta(days=900)).grade is Grade.BAD
    renamed = settings.model_copy(update={"web": Web(names=("yobikake.example.lg.jp",))})
    assert "yobikake.example.lg.jp" in tls.pages_certificate(renamed, NOW).text
    named = settings.model_copy(update={"web": Web(certificate=file, key=key)})
    assert tls.pages_certificate(named, NOW).grade is Grade.WELL
    file.write_text("no certificate")
    assert tls.pages_certificate(named, NOW).grade is Grade.BAD
    file.unlink()
    assert "certificate.pem" in tls.pages_certificate(named, NOW).text


# --- this machine


def test_secrets_that_others_may_read_are_found(settings: Settings) -> None:
    secret = settings.state_dir / "settings.toml"
    secret.write_text("")
    secret.chmod(0o600)
    assert machine.open_to_others(settings).grade is Grade.WELL
    secret.chmod(0o640)
    assert str(secret) in machine.open_to_others(settings).text


def test_every_disk_that_is_written_to_is_looked_at_once(settings: Settings, tmp_path: Path) -> None:
    away = settings.model_copy(update={"backup": settings.backup.model_copy(update={"folder": tmp_path / "gone"})})
    first, second = machine.places(away)
    assert str(settings.state_dir) in first.text
    assert (second.grade, "gone" in second.text) == (Grade.BAD, True)


# --- Asterisk


def may(fake: FakeAmi, *orders: str) -> None:
    """Its list of orders, as the rights of the user allow them."""

    def answer(session: FakeSession, action: Headers) -> None:
        session.answer(action, **dict.fromkeys(orders, "what it does"))

    fake.answers["ListCommands"] = answer


async def asked(fake: FakeAmi, secret: str = "geheim") -> exchange.Asked:
    return await exchange.ask(AsteriskNode(ami_port=fake.port), "yobikake", secret, exchange.OF_ENGINE)


def test_a_profile_that_has_become_wrong_is_told_line_by_line(settings: Settings, tmp_path: Path) -> None:
    city = tmp_path / f"{settings.city}.toml"
    city.write_text((FOLDER / city.name).read_text(encoding="utf-8"), encoding="utf-8")
    assert grades(machine.profile(settings, tmp_path)) == [Grade.WELL]
    city.write_text("colour = 1\n" + city.read_text(encoding="utf-8"), encoding="utf-8")
    (wrong,) = machine.profile(settings, tmp_path)
    assert wrong.grade is Grade.BAD
    assert city.name in wrong.text
    assert "colour" in wrong.text


async def test_the_orders_that_a_user_may_not_give_are_named() -> None:
    async with fake_ami() as fake:
        may(fake, *exchange.OF_ENGINE)
        assert await asked(fake) == exchange.Asked()
        may(fake, *exchange.OF_ENGINE[1:])
        assert await asked(fake) == exchange.Asked(lacking=("Originate",))


async def test_a_user_who_hears_nothing_of_the_system_lacks_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "BOOTED_SECONDS", 0.05)
    async with fake_ami() as fake:
        may(fake, *exchange.OF_ENGINE)
        fake.booted = False
        assert await asked(fake) == exchange.Asked(lacking=(exchange.NO_SYSTEM,))


async def test_a_wrong_secret_and_an_exchange_that_is_away_are_told_apart() -> None:
    async with fake_ami() as fake:
        assert await asked(fake, "another") == exchange.Asked(refused="Authentication failed")
        port = fake.port
    away = await exchange.ask(AsteriskNode(ami_port=port), "yobikake", "geheim", exchange.OF_ENGINE)
    assert away.away


async def test_a_secret_that_cannot_be_read_is_told_with_its_file(settings: Settings) -> None:
    found = await exchange.users(settings, running=True)
    assert grades(found) == [Grade.BAD, Grade.BAD]
    assert "ami.secret" in found[0].text
    assert grades(await exchange.users(settings, running=False)) == [Grade.HEED, Grade.HEED]


# --- the database


def test_the_database_tells_its_version_its_migration_and_its_last_backup(
    settings: Settings, database_url: str
) -> None:
    here = settings.model_copy(update={"database_url": SecretStr(database_url)})
    head = head_revision()
    looked = tables.look(here)
    assert grades(tables.tables(looked, head, running=True)) == [Grade.WELL, Grade.WELL, Grade.HEED]
    assert grades(tables.tables(looked, "9999", running=True)) == [Grade.WELL, Grade.HEED, Grade.HEED]
    assert grades(tables.tables(looked, "0001", running=True)) == [Grade.WELL, Grade.BAD, Grade.HEED]
    assert tables.logs(False).grade is Grade.WELL
    assert grades(tables.last_backup(here, looked, NOW)) == [Grade.HEED]
    ahead = tables.database_ahead(looked, datetime.now(UTC))
    assert ahead is not None
    assert abs(ahead) < 5
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO city VALUES ('nagaoka', '長岡市')")
        connection.execute(
            "INSERT INTO operation (at, city, by, function, what, ids, count, took_ms, detail)"
            " VALUES (%s, 'nagaoka', 'root', 'backup', 'backup', '{}', 1, 0, %s)",
            (NOW, json.dumps({"file": "yobikake-nagaoka-20261125T010000.backup", "bytes": 7, "verified": 1})),
        )
    assert grades(tables.last_backup(here, tables.look(here), NOW + timedelta(hours=1))) == [Grade.WELL]


def test_a_database_that_cannot_be_reached_is_no_fault_before_the_first_start(settings: Settings) -> None:
    never = tables.look(settings)
    assert grades(tables.tables(never, "0021", running=False)) == [Grade.HEED]
    away = settings.model_copy(update={"database_url": SecretStr("postgresql://nobody@127.0.0.1:1/none")})
    assert grades(tables.tables(tables.look(away), "0021", running=True)) == [Grade.BAD]


async def test_who_asks_within_a_minute_is_told_the_same_check_up(settings: Settings) -> None:
    kept = KeptCheckUp(settings)
    first, again = await asyncio.gather(kept.latest(), kept.latest())
    assert first is again
    assert first.versions["呼びかけ"].startswith("0.")
    assert first.tables is None


# --- the command


def test_the_command_works_when_nothing_runs_and_its_code_tells(tmp_path: Path, carrier: socket.socket) -> None:
    answering = threading.Thread(target=answer_once, args=(carrier, 0))
    answering.start()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("YOBIKAKE_")}
    trunk = {"YOBIKAKE_TRUNK__PORT": str(carrier.getsockname()[1])}
    environment = {**kept, **trunk, "YOBIKAKE_STATE_DIR": str(tmp_path)}
    code, said, wrong = typed_here(environment, "doctor", "--json")
    answering.join()
    told = json.loads(said)
    bad = [one for one in told["findings"] if one["grade"] == "bad"]
    assert (code, wrong) == (int(bool(bad)), "")
    assert {one["check"] for one in told["findings"]} >= {"clock", "disk", "ports", "exchange", "trunk", "database"}
    (tmp_path / "settings.toml").write_text("city = 3\n[trunk]\nlines = 0\n")
    code, said, _ = typed_here(environment, "doctor")
    assert code == 1
    assert [line.partition(":")[0] for line in said.splitlines()[:-1]] == ["異常  設定", "異常  設定"]
