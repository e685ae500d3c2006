"""The guarded AGI session, against a peer over a socket that says whatever Asterisk, or somebody else, may say.

Each hazard of the library that the guard is for has its claim here.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from agi.session import LONGEST_LINE, CallEnded, NotASession, Session

T = TypeVar("T")
GREETING = "agi_network: yes\nagi_network_script: waiting\nagi_uniqueid: a-1796011079.0\nagi_callerid: 0258001000\n\n"


class Peer:
    """Asterisk's side of one connection: its answers are prepared, what it was sent can be read."""

    def __init__(self, answers: str, greeting: str | bytes) -> None:
        self.ours, self.theirs = socket.socketpair()
        told = greeting if isinstance(greeting, bytes) else greeting.encode()
        self.theirs.sendall(told + answers.encode())
        self._session: Session | None = None

    def session(self) -> Session:
        self._session = self._session or Session(self.ours)
        return self._session

    def says_no_more(self) -> None:
        self.theirs.shutdown(socket.SHUT_WR)

    def leaves(self) -> None:
        self.theirs.close()

    def was_sent(self) -> str:
        self.close_ours()
        sent = b""
        while part := self.theirs.recv(65536):
            sent += part
        return sent.decode()

    def close_ours(self) -> None:
        if self._session is not None:
            self._session.close()
        self.ours.close()


Meet = Callable[..., Peer]


@pytest.fixture
def meet() -> Iterator[Meet]:
    met: list[Peer] = []

    def meet(answers: str = "", greeting: str | bytes = GREETING) -> Peer:
        met.append(Peer(answers, greeting))
        return met[-1]

    yield meet
    for peer in met:
        peer.close_ours()
        peer.leaves()


@pytest.fixture
def quiet(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    yield
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


def asked(peer: Peer, question: Callable[[Session], T]) -> tuple[T, str]:
    """The answer as the script sees it, and what went over the wire."""
    return question(peer.session()), peer.was_sent()


def test_it_works_in_any_thread_and_says_nothing_on_stderr(meet: Meet, quiet: None) -> None:
    found: list[str] = []

    def work() -> None:
        found.append(asked(meet("200 result=1 (山田 (太郎))\n"), lambda session: session.variable("PLACE"))[0])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == ["山田 (太郎)"]


@pytest.mark.parametrize(
    ("answer", "key", "end"),
    [
        ("200 result=0 endpos=8000", None, 8000),
        ("200 result=49 endpos=160", "1", 160),
        ("200 result=42 endpos=160", "*", 160),
        ("200 result=35 endpos=160", "#", 160),
        ("200 result=65 endpos=160", None, 160),  # A: no telephone has it
        ("200 result=999999 endpos=160", None, 160),
        ("200 result=0 endpos=0", None, 0),  # no such sound
        ("100 Trying...\n200 result=0 endpos=8000", None, 8000),
    ],
)
def test_a_sound_tells_the_key_and_its_end(meet: Meet, answer: str, key: str | None, end: int) -> None:
    found, sent = asked(meet(f"{answer}\n"), lambda session: session.play("/p/hold", "1*#", 20))
    assert found == (key, end)
    assert sent == 'STREAM FILE "/p/hold" "1*#" 20\n'


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        ("200 result=35 (dtmf) endpos=12000", 1.5),
        ("200 result=0 (timeout) endpos=316000", 38.5),
        ("200 result=34481 (timeout) endpos=8160", 0.02),  # nothing but the silence that ended it
        ("200 result=0 (timeout) endpos=0", 0.0),
        ("200 result=0 (randomerror) endpos=800", 0.0),
    ],
)
def test_a_recording_tells_how_long_it_is(meet: Meet, answer: str, seconds: float) -> None:
    found, sent = asked(meet(f"{answer}\n"), lambda session: session.record("/d/phone", "#", 39.5, 5.0))
    assert found == pytest.approx(seconds)
    assert sent == 'RECORD FILE "/d/phone" wav "#" 39500 s=5\n'


def test_who_hangs_up_while_recording_has_hung_up(meet: Meet) -> None:
    session = meet("200 result=-1 (hangup) endpos=4000\n").session()
    with pytest.raises(CallEnded):
        session.record("/d/phone", "#", 39.5, 5.0)


@pytest.mark.parametrize(
    "answer",
    [
        "",  # the connection has ended
        "HANGUP\n",
        "HANGUP\n200 result=0 endpos=0\n",
        "200 result=-1 endpos=160\n",
        "511 Command Not Permitted on a dead channel or intercept routine\n",
        "510 Invalid or unknown command\n",
        "520-Invalid command syntax.  Proper usage follows:\nUsage: …\n520 End of proper usage.\n",
        "200\n",
        "200 result=\n",
        "rubbish\n",
        "\n",
        "\xff\xfe\n",
        "200 result=0 endpos=1",  # cut off
        "x" * (LONGEST_LINE + 1) + "\n",
        "100 Trying...\n" * 300,
    ],
)
def test_everything_that_is_no_answer_is_a_hang_up(meet: Meet, answer: str) -> None:
    peer = meet(answer)
    peer.says_no_more()
    session = peer.session()
    with pytest.raises(CallEnded):
        session.play("hold")


def test_a_peer_that_has_gone_is_a_hang_up_when_it_is_spoken_to(meet: Meet) -> None:
    peer = meet()
    session = peer.session()
    peer.leaves()
    with pytest.raises(CallEnded):
        session.set("GREETED", "yes")


def test_values_are_escaped_and_a_control_character_is_refused(meet: Meet) -> None:
    _, sent = asked(meet("200 result=1\n"), lambda session: session.set("NOTICE", 'a"b\\c'))
    assert sent == 'SET VARIABLE NOTICE "a\\"b\\\\c"\n'
    session = meet().session()
    for wrong in ("a\nHANGUP", "a\rb", "a\x00", "\x7f"):
        with pytest.raises(ValueError, match="control character"):
            session.set("NOTICE", wrong)


@pytest.mark.parametrize("sound", ["", "a b", 'a"', "../../etc/passwd", "/prompts/../x", "a\nb", "a&b", "あ"])
def test_only_names_of_sounds_are_played_and_recorded(meet: Meet, sound: str) -> None:
    session = meet().session()
    with pytest.raises(ValueError, match="no name of a sound"):
        session.play(sound)
    with pytest.raises(ValueError, match="no name of a sound"):
        session.record(sound, "#", 1.0, 1.0)


@pytest.mark.parametrize("name", ["", "a", "A B", "A\n", "CHANNEL(uniqueid)", "${X}"])
def test_only_plain_variables_are_read_and_set(meet: Meet, name: str) -> None:
    session = meet().session()
    with pytest.raises(ValueError, match="no name of a variable"):
        session.variable(name)
    with pytest.raises(ValueError, match="no name of a variable"):
        session.set(name, "x")


def test_a_variable_that_is_not_set_is_empty_and_one_named_hangup_is_a_value(meet: Meet) -> None:
    assert asked(meet("200 result=0\n"), lambda session: session.variable("PLACE"))[0] == ""
    assert asked(meet("200 result=1 (hangup)\n"), lambda session: session.variable("PLACE"))[0] == "hangup"


def test_no_key_within_the_time_is_none(meet: Meet) -> None:
    assert asked(meet("200 result=0\n"), lambda session: session.wait_for_key(1.5)) == (None, "WAIT FOR DIGIT 1500\n")


@pytest.mark.parametrize(
    "greeting",
    ["GET / HTTP/1.1\nHost: x\n\n", "\x16\x03\x01\n\n", "", "agi_network: yes\n", "agi_x: 1\n" * 500, "x" * 100_000],
)
def test_whoever_is_no_asterisk_is_no_session(meet: Meet, greeting: str) -> None:
    peer = meet(greeting=greeting[:60_000])
    peer.says_no_more()
    with pytest.raises(NotASession):
        peer.session()


def test_strange_names_of_callers_are_only_values(meet: Meet) -> None:
    strange = 'agi_callerid: 0258001000\nagi_calleridname: 山田\x00: "x\\ \nHANGUP\n: y\nagi_extension: 0258009001\n\n'
    session = meet(greeting=strange).session()
    assert session.env["agi_callerid"] == "0258001000"
    assert session.env["agi_extension"] == "0258009001"


def test_bytes_that_are_no_utf_8_are_read_all_the_same(meet: Meet) -> None:
    session = meet(greeting=b"agi_network: yes\nagi_calleridname: \xff\xfe\x82\xa0\n\n").session()
    assert "\ufffd" in session.env["agi_calleridname"]
