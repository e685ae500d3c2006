"""Callers over real SIP and real audio: what they do step by step, what they heard, and what the other end says of it.

All call at once; each test then looks at its own call.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from dialer.media.speech import RATE, Samples, Speech, read_wav
from simnet.arrivals import Arrival, burst
from simnet.callers import (
    Caller,
    HearBegin,
    HearEnd,
    HearTone,
    Press,
    Say,
    Shows,
    Stay,
    Step,
    Talk,
    Wait,
    showing,
)
from simnet.log import CallRecord, EndedBy, StepEnd, read
from simnet.network import Network, Plan
from simnet.notices import SipMessage, parsed
from simnet.ports import quiet_port
from simnet.strange import BROKEN, LEGAL
from simnet.subscribers import Behaviour, subscriber
from simnet.tape import all_heard, heard_at
from simnet.texts import MACHINE, STILL_THERE, sentences
from tests.sim.facing import SPEECH, BothEnds, facing

B = Behaviour
FAR, EXCHANGE = EndedBy.FAR_END, EndedBy.EXCHANGE
BUSY, FULL, RINGS, HUMS, NOBODY = "0258000010", "0258000011", "0258000012", "0258000013", "0258000019"
FIRST, SECOND, PAUSE = sentences(MACHINE)[0], "はい。", 0.8
FIRST_PROMPT = 20  # numbers from here on play these two
PROMPTS = 8
ROOM = 2.0  # seconds of silence at the end


def prompt(n: int) -> str:
    """A number that answers with two sentences and a tone, and then says nothing."""
    return f"02580000{FIRST_PROMPT + n}"


AT_THE_EXCHANGE = [
    subscriber(BUSY, B.BUSY, setup_seconds=0.1),
    subscriber(FULL, B.CONGESTION, setup_seconds=0.1),
    subscriber(RINGS, B.NO_ANSWER, setup_seconds=0.1),
    subscriber(HUMS, B.FAX, setup_seconds=0.1, ring_seconds=0.2, talk_seconds=20),
    *(
        subscriber(
            prompt(n), B.ANSWERING_MACHINE, setup_seconds=0.1, ring_seconds=0.2, greeting=FIRST + SECOND,
            pause_seconds=PAUSE, tone_seconds=0.2, record_seconds=ROOM,
        )
        for n in range(PROMPTS)
    ),
]  # fmt: skip


def calls(dials: str, *steps: Step, **more: object) -> Caller:
    return Caller(dials, showing("0258001800"), steps, **more)  # type: ignore[arg-type]


NAMED = ("0258001801", "見本　花子", "127.0.0.1", "0258001802")

STORIES: dict[str, Caller] = {
    "gives up ringing": calls(RINGS, Stay(), patience_seconds=1.0),
    "busy": calls(BUSY),
    "full": calls(FULL),
    "not set up": calls(NOBODY),
    "presses after the sentence": calls(prompt(0), HearEnd(), Press("1"), HearEnd(), Press("23", 0.3), Wait(0.5)),
    "storm": calls(prompt(1), HearBegin(), Press("0123456789*#" * 3, 0.05), Wait(0.3)),
    "leaves in the sentence": calls(prompt(2), HearBegin(), Wait(0.5)),
    "cut in the middle": calls(prompt(3), Wait(0.2), Say(STILL_THERE), hangs_up_after_seconds=1.0),
    "loses patience": calls(prompt(4), HearTone(400, patience_seconds=1.5), Talk()),
    "hears a tone": calls(HUMS, HearTone(2100), Press("5"), Wait(0.2)),
    "stays to the end": calls(prompt(5), Stay(), keeps_tape=True),
    "hums": calls(prompt(6), Wait(1.0), hums_hertz=450.0),
    "shows a name": Caller(prompt(7), Shows(*NAMED, privacy="id"), (Wait(0.3),)),
}  # fmt: skip


@dataclass(frozen=True)
class Scene:
    calls: dict[str, BothEnds]
    tape: Samples
    logged: list[CallRecord]


async def played(folder: Path) -> Scene:
    async with facing(folder, [], AT_THE_EXCHANGE) as both:
        async with asyncio.timeout(30):
            records = await both.network.callers(Arrival(0.0, caller) for caller in STORIES.values())
            ends = {one.call_id: one for one in records}
            while not set(ends) <= {one.call_id for one in both.exchange.ended}:
                await both.any_end()
        taken = {one.call_id: one for one in both.exchange.ended}
        found = [BothEnds(one, taken[one.call_id]) for one in records]
        tape = next(one.recording for one in records if one.recording)
        heard = read_wav(both.network.plan.folder / tape)
        return Scene(dict(zip(STORIES, found, strict=True)), heard, read(both.network.log_file))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return asyncio.run(played(tmp_path_factory.mktemp("callers")))


def steps_of(record: CallRecord) -> list[tuple[str, StepEnd]]:
    return [(one.step, one.end) for one in record.steps]


@pytest.mark.parametrize(
    ("story", "code", "by", "rings"),
    [
        ("gives up ringing", 487, FAR, True),
        ("busy", 486, EXCHANGE, False),
        ("full", 503, EXCHANGE, False),
        ("not set up", 404, EXCHANGE, False),
        ("stays to the end", 200, EXCHANGE, True),
        ("leaves in the sentence", 200, FAR, True),
    ],
)
def test_a_caller_knows_how_the_call_was_taken(story: str, code: int, by: EndedBy, rings: bool, scene: Scene) -> None:
    record = scene.calls[story].network
    assert (record.final_code, record.ended_by, record.ringing_at is not None) == (code, by, rings)
    assert (record.answered_at is not None) == (code == 200)


@pytest.mark.parametrize(
    ("story", "keys"),
    [
        ("presses after the sentence", "123"),
        ("storm", "0123456789*#" * 3),
        ("hears a tone", "5"),
        ("stays to the end", ""),
    ],
)
def test_every_key_that_is_pressed_is_heard_once(story: str, keys: str, scene: Scene) -> None:
    both = scene.calls[story]
    assert (both.network.pressed, both.exchange.keys) == (keys, keys)


def test_keys_come_when_the_sentence_is_over(scene: Scene) -> None:
    record = scene.calls["presses after the sentence"].network
    assert [one.step for one in record.steps] == ["HearEnd", "Press", "HearEnd", "Press", "Wait"]
    first = Speech(SPEECH).samples(FIRST).size / RATE
    assert record.first_heard_at is not None
    assert record.steps[1].began_at - record.first_heard_at == pytest.approx(first + 0.6, abs=0.3)


def test_a_storm_is_twenty_keys_a_second(scene: Scene) -> None:
    storm = scene.calls["storm"].network.steps[1]
    assert storm.ended_at - storm.began_at == pytest.approx(36 * 0.05, abs=0.2)


@pytest.mark.parametrize(
    ("story", "steps"),
    [
        ("leaves in the sentence", [("HearBegin", StepEnd.DONE), ("Wait", StepEnd.DONE)]),
        ("cut in the middle", [("Wait", StepEnd.DONE), ("Say", StepEnd.CUT)]),
        ("loses patience", [("HearTone", StepEnd.GAVE_UP)]),
        ("stays to the end", [("Stay", StepEnd.CUT)]),
        ("gives up ringing", []),
    ],
)
def test_a_call_ends_at_the_step_and_moment_of_the_story(
    story: str, steps: list[tuple[str, StepEnd]], scene: Scene
) -> None:
    assert steps_of(scene.calls[story].network) == steps


@pytest.mark.parametrize(("story", "seconds"), [("cut in the middle", 1.0), ("loses patience", 1.5), ("hums", 1.0)])
def test_a_call_lasts_as_long_as_the_caller_has_time(story: str, seconds: float, scene: Scene) -> None:
    record = scene.calls[story].network
    assert record.answered_at is not None
    assert record.ended_at - record.answered_at == pytest.approx(seconds, abs=0.2)


def test_the_tape_holds_what_was_heard_from_the_answer_on(scene: Scene) -> None:
    record = scene.calls["stays to the end"].network
    assert record.answered_at is not None
    assert record.recorded_from == record.answered_at
    assert scene.tape.size / RATE == pytest.approx(record.ended_at - record.answered_at, abs=0.1)
    first = Speech(SPEECH).samples(FIRST)
    assert record.first_heard_at is not None
    assert heard_at(scene.tape, first) == pytest.approx(record.first_heard_at - record.answered_at, abs=0.05)
    (second,) = [at for at, name in all_heard(scene.tape, {"second": Speech(SPEECH).samples(SECOND)}) if name]
    assert second == pytest.approx(record.first_heard_at - record.answered_at + first.size / RATE + PAUSE, abs=0.05)


def test_silences_are_in_the_log_with_their_moments(scene: Scene) -> None:
    record = scene.calls["stays to the end"].network
    assert record.last_heard_at is not None
    assert record.silent_at_end_ms == pytest.approx(1000 * ROOM, abs=150)
    assert record.longest_silence_ms == pytest.approx(record.silent_at_end_ms, abs=2)
    (long,) = record.silences
    assert long.at == pytest.approx(record.last_heard_at, abs=0.01)
    assert long.ms == record.longest_silence_ms


def test_who_leaves_in_a_sentence_leaves_while_it_sounds(scene: Scene) -> None:
    assert scene.calls["leaves in the sentence"].network.silent_at_end_ms < 200
    assert scene.calls["leaves in the sentence"].network.silences == ()


def test_a_caller_may_hum_so_that_the_other_side_knows_him(scene: Scene) -> None:
    assert scene.calls["hums"].exchange.tone_hz == pytest.approx(450, abs=10)


def test_the_other_end_sees_what_the_caller_shows(scene: Scene) -> None:
    seen = scene.calls["shows a name"].exchange
    assert (seen.from_number, seen.p_asserted, seen.privacy) == ("0258001801", "0258001802", "id")


def test_the_log_brings_back_what_was_written(scene: Scene) -> None:
    written = {one.call_id: one for one in scene.logged}
    assert written == {both.network.call_id: both.network for both in scene.calls.values()}


async def test_sixty_strange_callers_in_a_second_are_each_taken_and_reported(tmp_path: Path) -> None:
    strange = [*LEGAL.values(), *BROKEN.values()]
    crowd = [Caller(NOBODY, strange[n % len(strange)]) for n in range(60)]
    async with facing(tmp_path, [], AT_THE_EXCHANGE) as both:
        async with asyncio.timeout(15):
            records = await both.network.callers(burst(crowd))
            while len(both.exchange.ended) < len(crowd):
                await both.any_end()
    assert [one.final_code for one in records] == [404] * 60
    assert max(one.invited_at for one in records) - min(one.invited_at for one in records) < 1.2
    seen = {one.call_id: one.from_number for one in both.exchange.ended}
    for caller, record in zip(crowd, records, strict=True):
        if caller.shows in LEGAL.values():
            assert seen[record.call_id] == (caller.shows.user or None)


class SlowExchange(asyncio.DatagramProtocol):
    """Gives a sign when it has heard the INVITE so often; its answer is on its way when the caller's CANCEL comes."""

    def __init__(self, sign: str, to_invite: int) -> None:
        self.sign = sign
        self.to_invite = to_invite
        self.methods: list[str] = []
        self.over = asyncio.Event()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport
        self.port: int = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        request = parsed(data.decode().replace("\r\n", "\n"))
        method = request.first_line.split()[0]
        self.methods.append(method)
        if method == "INVITE":
            self.invite = request
            if self.methods.count("INVITE") == self.to_invite:
                self._answer(request, self.sign, addr)
        elif method == "CANCEL":
            self._answer(self.invite, "200 OK", addr)
            self._answer(request, "200 OK", addr)
        elif method == "BYE":
            self._answer(request, "200 OK", addr)
            self.over.set()

    def _answer(self, request: SipMessage, status: str, addr: tuple[str, int]) -> None:
        own = {"To": f"{request.header('To')};tag=late", "Contact": f"<sip:127.0.0.1:{self.port}>"}
        copied = {name: request.header(name) for name in ("Via", "From", "Call-ID", "CSeq")}
        head = "".join(f"{name}: {value}\r\n" for name, value in (copied | own).items())
        self.transport.sendto(f"SIP/2.0 {status}\r\n{head}Content-Length: 0\r\n\r\n".encode(), addr)


@pytest.mark.parametrize(
    ("sign", "to_invite", "then"),
    [
        ("180 Ringing", 1, ["INVITE", "CANCEL", "ACK", "BYE"]),
        ("180 Ringing", 2, ["INVITE", "INVITE", "CANCEL", "ACK", "BYE"]),
        ("183 Session Progress", 2, ["INVITE", "INVITE", "CANCEL", "ACK", "BYE"]),
        ("200 OK", 2, ["INVITE", "INVITE", "ACK", "BYE"]),
    ],
    ids=["it rang before", "it rings afterwards", "it speaks afterwards", "the answer is the first sign"],
)
async def test_who_hangs_up_early_leaves_no_call_behind(
    sign: str, to_invite: int, then: list[str], tmp_path: Path
) -> None:
    transport, exchange = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: SlowExchange(sign, to_invite), local_addr=("127.0.0.1", quiet_port())
    )
    plan = Plan(tmp_path, quiet_port(), f"127.0.0.1:{exchange.port}", {}, speech_folder=SPEECH)
    with contextlib.closing(transport):
        async with Network(plan) as network, asyncio.timeout(5):
            record = await network.until_ended(network.start(calls(RINGS, patience_seconds=0.2)))
            await exchange.over.wait()
    assert exchange.methods == then
    assert (record.final_code, record.ended_by) == (487, FAR)
