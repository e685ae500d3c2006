"""A caller hangs up at any command of the server, or storms it with keys: what is promised and what is written."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path

import pytest

from agi.ports import Recognised
from agi.server import HOST
from dialer.config import Callers, load_settings
from dialer.core.callers import Route
from dialer.core.channel_ids import channel_id
from dialer.core.city import InboundRules
from dialer.core.messages import MessagePurpose
from dialer.core.values import CallId, CaseId, PhoneNumber
from dialer.profiles import load_city
from simnet.ports import quiet_port
from tests.caller_rig import Hall
from tests.caller_sounds import place_sounds, sound_of
from tests.waiting import until

OPEN = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)
UNIQUE = "a-1796011079.7"
CALL = CallId(channel_id(UNIQUE))
CALLER, DIALLED = "0258001000", {"nagaoka": "0258009001", "saitama": "0258009029"}
STORM = "".join(islice(cycle("0123456789*#"), 200))
HANG_UPS = (b"", b"HANGUP\n", b"200 result=-1\n", b"511 Command Not Permitted on a dead channel\n")

Keys = Callable[[str, str], str]
"""The sound, and which keys break it off: the one that is pressed, or nothing."""


def no_keys(_sound: str, _keys: str) -> str:
    return ""


@dataclass
class Telephone:
    """Asterisk's side of one question. `leaves`: at that command the caller is gone, and how Asterisk says it."""

    port: int
    press: Keys = no_keys
    leaves: int | None = None
    says: bytes = b""
    commands: list[str] = field(default_factory=list)

    def asks(self, script: str, *arguments: str) -> "Telephone":
        with socket.create_connection((HOST, self.port), timeout=10) as connection:
            lines = {"network_script": script, "uniqueid": UNIQUE, "callerid": CALLER, "callingpres": "0"}
            lines |= {f"arg_{place}": value for place, value in enumerate(arguments, 1)}
            connection.sendall("".join(f"agi_{name}: {value}\n" for name, value in lines.items()).encode() + b"\n")
            with connection.makefile("r", encoding="utf-8") as commands:
                for command in commands:
                    if len(self.commands) == self.leaves:
                        connection.sendall(self.says)
                        return self
                    self.commands.append(command.strip())
                    connection.sendall(f"200 result={self._answer(command)}\n".encode())
        return self

    def _answer(self, command: str) -> str:
        match command.split():
            case ["GET", "VARIABLE", name]:
                values = {"KNOWN": "yes", "UNTIL": f"{OPEN.timestamp() + 600:.0f}", "PLACE": "2"}
                return f"1 ({values.get(name, '')})"
            case ["STREAM", "FILE", sound, keys, _]:
                key = self.press(sound.strip('"').removeprefix("/prompts/"), keys.strip('"'))
                return f"{ord(key) if key else 0} endpos=8000"
            case _:
                return "0"


def hall_of(city: str, folder: Path) -> Hall:
    settings = load_settings(state_dir=folder, city=city, callers=Callers(port=quiet_port()))
    place_sounds(settings.prompts, load_city(city))
    hall = Hall(settings, now=OPEN, inbound=InboundRules(overflow_after_seconds=0.0))
    hall.store.known[PhoneNumber(CALLER)] = Recognised(case=CaseId(7), person=3, matches=1)
    return hall


def wishes_at_once(sound: str, keys: str) -> str:
    asked = (sound_of(MessagePurpose.OFFER), sound_of(MessagePurpose.WISH_NUMBER, "after"))
    return "1" if keys and sound in asked else ""


def stormy() -> Keys:
    """Each key is pressed once; one that nobody asks for at that moment is lost."""
    left: Iterator[str] = iter(STORM)

    def press(_sound: str, keys: str) -> str:
        return key if (key := next(left, "")) and key in keys else ""

    return press


ARRIVES = ("arrive", DIALLED["nagaoka"], "1")
WAITS = ("waiting", "/prompts", DIALLED["nagaoka"])
LOOKS = ("guide", "/prompts", DIALLED["saitama"])


async def test_whoever_hangs_up_while_it_rings_is_written_down_once(
    tmp_path: Path,
) -> None:
    whole = _whole(hall_of("nagaoka", tmp_path), no_keys, *ARRIVES)
    assert whole[-1] == 'SET VARIABLE ROUTE "waiting"'
    for leaves, says in zip(range(len(whole)), cycle(HANG_UPS), strict=False):
        hall = hall_of("nagaoka", tmp_path)
        with hall.open() as server:
            commands = Telephone(hall.settings.callers.port, leaves=leaves, says=says).asks(*ARRIVES).commands
            await until(lambda: server.open_sessions == 0)
            assert (server.served, server.failed) == (1, 0)
        assert commands == whole[:leaves]
        assert [row.route for row in hall.store.arrivals.values()] == [Route.WAITING]


async def test_a_call_back_is_promised_only_to_whom_it_is_written_down_wherever_somebody_hangs_up(
    tmp_path: Path,
) -> None:
    hall = hall_of("nagaoka", tmp_path)
    whole = _whole(hall, wishes_at_once, *ARRIVES) and _whole(hall, wishes_at_once, *WAITS)
    wished = whole.index('EXEC UserEvent "CallerWished"')
    assert whole[-1] == 'SET VARIABLE FINISHED "yes"'
    for leaves, says in zip(range(len(whole)), cycle(HANG_UPS), strict=False):
        hall.store.wishes.clear()
        with hall.open() as server:
            caller = Telephone(hall.settings.callers.port, wishes_at_once, leaves, says).asks(*WAITS)
            await until(lambda: server.open_sessions == 0)
            assert (server.served, server.failed) == (1, 0)
        assert caller.commands == whole[:leaves]
        # the wish is written before the engine hears of it, and both before anybody says so
        assert bool(hall.store.wishes) == (leaves >= wished)
    assert len(hall.store.arrivals) == 1


async def test_what_was_chosen_in_the_menu_is_counted_up_to_where_somebody_hangs_up(
    tmp_path: Path,
) -> None:
    def chooses(sound: str, _keys: str) -> str:
        keys = {MessagePurpose.MENU_1: "3", MessagePurpose.ITEM_3: "7", MessagePurpose.GUIDE_WRONG: "2"}
        return {sound_of(purpose): key for purpose, key in keys.items()}.get(sound, "")

    hall = hall_of("saitama", tmp_path)
    whole = _whole(hall, chooses, *LOOKS)
    noted = list(hall.store.notes)
    assert [kind for _, kind, _ in noted][:3] == ["menu_chose", "menu_wrong", "menu_chose"]
    counts = []
    for leaves, says in zip(range(len(whole)), cycle(HANG_UPS), strict=False):
        hall.store.notes.clear()
        with hall.open() as server:
            Telephone(hall.settings.callers.port, chooses, leaves, says).asks(*LOOKS)
            await until(lambda: server.open_sessions == 0)
            assert (server.served, server.failed) == (1, 0)
        assert hall.store.notes == noted[: len(hall.store.notes)]
        counts.append(len(hall.store.notes))
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (0, len(noted))


@pytest.mark.parametrize(("city", "question"), [("nagaoka", WAITS), ("saitama", LOOKS)])
async def test_two_hundred_keys_are_at_most_one_promise_and_only_of_this_call(
    tmp_path: Path, city: str, question: tuple[str, ...]
) -> None:
    hall = hall_of(city, tmp_path)
    _whole(hall, no_keys, "arrive", DIALLED[city], "1")
    with hall.open() as server:
        caller = Telephone(hall.settings.callers.port, stormy(), leaves=2 * len(STORM)).asks(*question)
        await until(lambda: server.open_sessions == 0)
        assert server.failed == 0
    assert caller.commands.count('EXEC UserEvent "CallerWished"') == len(hall.store.wishes) <= 1
    assert {call for call, _, _ in hall.store.notes} <= {CALL}


def _whole(hall: Hall, press: Keys, *question: str) -> list[str]:
    """All commands when nobody hangs up."""
    with hall.open() as server:
        commands = Telephone(hall.settings.callers.port, press).asks(*question).commands
        assert server.failed == 0
    return commands
