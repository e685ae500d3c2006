"""The server for callers: whoever comes, however many, and what becomes of their records while the store is away."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agi.records import Records
from agi.server import HOST, Server
from agi.session import CallEnded, Session
from dialer.config import Callers, load_settings
from dialer.core.callers import LAST, Route
from dialer.core.channel_ids import channel_id
from dialer.core.values import CallId, PhoneNumber
from dialer.ports import StoreFault, StoreUnavailable
from dialer.profiles import load_city
from dialer.store.recognising import Recognised
from dialer.store.words import NumberGiven
from simnet.ports import quiet_port
from tests.caller_rig import Hall
from tests.caller_sounds import place_sounds
from tests.fake_callers import FakeCallerStore
from tests.waiting import until

OPEN = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)
UNIQUE = "a-1796011079.7"
CALL = CallId(channel_id(UNIQUE))
GARBAGE = (b"", b"\n", b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100_000, b"agi_network: yes\n", b"\x00\n" * 999)


@dataclass
class Asterisk:
    """A fake one: asks for a script, obeys, and keeps the variables."""

    port: int
    variables: dict[str, str] = field(default_factory=dict)

    def asks(self, script: str, *arguments: str, caller: str = "0258001000", presentation: str = "0") -> None:
        with socket.create_connection((HOST, self.port), timeout=10) as connection:
            lines = {
                "agi_network": "yes",
                "agi_network_script": script,
                "agi_uniqueid": UNIQUE,
                "agi_callerid": caller,
                "agi_callingpres": presentation,
                **{f"agi_arg_{place}": value for place, value in enumerate(arguments, 1)},
            }
            connection.sendall("".join(f"{name}: {value}\n" for name, value in lines.items()).encode() + b"\n")
            with connection.makefile("r", encoding="utf-8") as commands:
                for command in commands:
                    assert command.startswith("SET VARIABLE ")
                    _, _, name, value = command.strip().split(" ", 3)
                    self.variables[name] = value.strip('"')
                    connection.sendall(b"200 result=1\n")


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    callers = Callers(port=quiet_port(), recognise_seconds=0.2, test_numbers=("0258001777",))
    settings = load_settings(state_dir=tmp_path, callers=callers)
    place_sounds(settings.prompts, load_city("nagaoka"))
    return Hall(settings, now=OPEN)


def asterisk(hall: Hall) -> Asterisk:
    return Asterisk(hall.settings.callers.port)


def test_an_arrival_is_decided_written_and_told_in_ids_and_words_only(hall: Hall) -> None:
    hall.store.known[PhoneNumber("0258001000")] = Recognised(rank=0, matches=2)
    with hall.open():
        caller = asterisk(hall)
        caller.asks("arrive", "0258009001", "1")
    assert caller.variables == {
        "ATTEMPT": CALL, "CITY": "nagaoka", "GROUP": "tax", "RANK": "0", "RING": "1", "LONGEST": "900", "NOTICE": "",
        "SPECIAL": "", "KNOWN": "no", "ROUTE": "waiting",
    }  # fmt: skip
    row = hall.store.arrivals[CALL]
    assert (row.number, row.given, row.route, row.who.matches) == ("0258001000", NumberGiven.GIVEN, Route.WAITING, 2)
    assert (row.at, row.is_test) == (OPEN, False)


@pytest.mark.parametrize(
    ("caller", "presentation", "given", "number"),
    [
        ("+819000001234", "0", NumberGiven.GIVEN, "09000001234"),
        ("", "0", NumberGiven.WITHHELD, None),
        ("anonymous", "0", NumberGiven.WITHHELD, None),
        ("0258001000", "32", NumberGiven.WITHHELD, None),
        ("123456789012345678901234567890", "0", NumberGiven.UNUSABLE, None),
        ('山田" <sip:x@y>', "0", NumberGiven.UNUSABLE, None),
        ("${SHELL(reboot)}", "zz", NumberGiven.WITHHELD, None),
    ],
)
def test_strange_callers_arrive_like_anybody(
    hall: Hall, caller: str, presentation: str, given: NumberGiven, number: str | None
) -> None:
    with hall.open() as server:
        asterisk(hall).asks("arrive", "0258009001", "1", caller=caller, presentation=presentation)
        assert server.failed == 0
    row = next(iter(hall.store.arrivals.values()))
    assert (row.given, row.number, row.route) == (given, number, Route.WAITING)


@pytest.mark.parametrize("arguments", [(), ("", ""), ("0258009001", "x"), ("٠٢٥٨", "-5"), ("0" * 5000, "9" * 5000)])
def test_strange_arguments_fail_nothing(hall: Hall, arguments: tuple[str, ...]) -> None:
    with hall.open() as server:
        caller = asterisk(hall)
        caller.asks("arrive", *arguments)
        assert server.failed == 0
        assert caller.variables["ROUTE"] in ("waiting", "not_ours")


def test_a_slow_store_delays_nobody_and_its_caller_is_unknown(hall: Hall) -> None:
    hall.store.delay_seconds = 30.0
    with hall.open():
        caller, began = asterisk(hall), time.monotonic()
        caller.asks("arrive", "0258009001", "1")
        assert time.monotonic() - began < 2.0
        assert (caller.variables["ROUTE"], caller.variables["RANK"]) == ("waiting", str(LAST))
        hall.store.delay_seconds = 0.0


async def test_what_could_not_be_written_is_written_when_the_store_is_back(hall: Hall) -> None:
    hall.store.away = True
    with hall.open():
        await asyncio.to_thread(asterisk(hall).asks, "arrive", "0258009001", "1")
        assert hall.store.arrivals == {}
        hall.store.away = False
        await until(lambda: CALL in hall.store.arrivals)


def test_whoever_asks_for_another_script_is_let_go(hall: Hall) -> None:
    with hall.open() as server:
        for script in ("", "nothing", "../../bin/sh", "x" * 5000):
            asterisk(hall).asks(script)
        assert server.failed == 0


async def test_probes_and_garbage_do_no_harm(hall: Hall) -> None:
    with hall.open() as server:
        for garbage in GARBAGE:
            connection = socket.create_connection((HOST, hall.settings.callers.port))
            with connection, contextlib.suppress(OSError):
                connection.sendall(garbage)
        await asyncio.to_thread(asterisk(hall).asks, "arrive", "0258009001", "1")
        await until(lambda: server.open_sessions == 0)
        assert server.failed == 0


# --- the server alone


@contextlib.contextmanager
def serving(most: int, *, until_set: threading.Event) -> Iterator[Server]:
    def wait(session: Session) -> None:
        until_set.wait()
        raise CallEnded

    with Server(quiet_port(), wait, most) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            until_set.set()
            server.shutdown()
            thread.join()


async def test_beyond_the_cap_a_call_is_let_go_at_once_and_later_ones_are_served() -> None:
    over = threading.Event()
    with serving(2, until_set=over) as server, contextlib.ExitStack() as calls:
        port = server.server_address[1]
        three = [calls.enter_context(socket.create_connection((HOST, port), timeout=5)) for _ in range(3)]
        await until(lambda: server.refused == 1)
        assert await asyncio.to_thread(three[2].recv, 1) == b""
        for one in three[:2]:
            one.sendall(b"agi_network: yes\n\n")
        over.set()
        await until(lambda: server.open_sessions == 0)
        assert server.served == 2


async def test_one_script_that_fails_is_one_call_that_goes_on_alone(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_session: Session) -> None:
        raise ZeroDivisionError

    with Server(quiet_port(), fail, 5) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", server.server_address[1]), timeout=5) as connection:
                connection.sendall(b"agi_network: yes\n\n")
                assert await asyncio.to_thread(connection.recv, 1) == b""
        server.shutdown()
        thread.join()
        assert server.failed == 2


# --- records


def test_records_are_written_in_order_and_a_refused_one_stops_nobody() -> None:
    written: list[int] = []

    async def write(number: int) -> None:
        if number == 2:
            raise StoreFault("no such call")
        written.append(number)

    with Records() as records:
        for number in range(5):
            records.write(lambda number=number: write(number))  # type: ignore[misc]
        assert records.flush(5.0)
    assert written == [0, 1, 3, 4]


def test_whoever_waits_for_a_record_waits_only_so_long() -> None:
    store = FakeCallerStore(away=True)

    async def write() -> None:
        await store._asked()

    with Records() as records:
        assert records.write(write, 0.1) is False
        store.away = False
        assert records.flush(5.0)
        assert records.write(write, 5.0) is True


def test_a_question_to_a_store_that_is_away_has_no_answer() -> None:
    async def away() -> int:
        raise StoreUnavailable("gone")

    async def slow() -> int:
        await asyncio.sleep(30)
        return 1

    async def well() -> int:
        return 2

    with Records() as records:
        assert [records.ask(away(), 1.0), records.ask(slow(), 0.05), records.ask(well(), 5.0)] == [None, None, 2]
