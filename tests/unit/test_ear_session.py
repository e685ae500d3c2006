"""The ear's parts without a network: frames, prompts, what is known of a call, and one session."""

import struct
import wave
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.ami_events import channel_event
from dialer.ami_orders import user_event
from dialer.ami_protocol import ami_value
from dialer.core.attending import Attendant
from dialer.core.briefing import Briefing, Order
from dialer.core.ear_events import EarBriefed, EarHeard
from dialer.core.events import Answered, ChannelEvent, ChannelId, HungUp, Progressed, RingingStarted
from dialer.core.hearing.values import Happening, Verdict, What
from dialer.ear.frames import SILENT_BLOCK, Frame, FrameReader, audio, name_of
from dialer.ear.news import MOST_BRIEFINGS, MOST_CALLS, News
from dialer.ear.session import Session
from dialer.ear.sounds import Sounds
from dialer.media.speech import write_wav
from tests.ear_doubles import BrokenListener, ScriptedListener, verdict

CALL = ChannelId("5f0c6d0e-6f53-4f0e-9d53-0d6a6b1f0001")
AT = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
BLOCK_MS = 20
LONGEST_AMI_LINE = 1024


# --- frames


@given(
    st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=700)), max_size=8),
    st.lists(st.integers(1, 400), min_size=1),
)
def test_frames_are_the_same_however_they_are_cut(frames: list[tuple[int, bytes]], cuts: list[int]) -> None:
    whole = b"".join(struct.pack(">BH", kind, len(payload)) + payload for kind, payload in frames)
    reader, found, at = FrameReader(), [], 0
    while at < len(whole):
        cut = cuts[at % len(cuts)]
        found += list(reader.take(whole[at : at + cut]))
        at += cut
    assert found == [Frame(kind, payload) for kind, payload in frames]


def test_only_a_uuid_names_a_stream() -> None:
    assert name_of(Frame(1, bytes(15) + b"\x01")) == "00000000-0000-0000-0000-000000000001"
    assert name_of(Frame(1, bytes(15))) is None
    assert name_of(Frame(0x10, bytes(16))) is None


# --- prompts


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    write_wav(np.arange(1, 401, dtype=np.int16), tmp_path / "nagaoka" / "message.wav")
    return tmp_path


def test_a_prompt_is_whole_blocks_with_silence_at_its_end(prompts: Path) -> None:
    blocks = Sounds(prompts).blocks("nagaoka/message")
    assert blocks is not None
    assert [len(block) for block in blocks] == [320] * 3
    samples = np.frombuffer(b"".join(blocks), "<i2")
    assert list(samples[:400]) == list(range(1, 401))
    assert not samples[400:].any()


def test_what_is_no_prompt_is_none_and_no_exception(prompts: Path) -> None:
    (prompts / "text.wav").write_text("RIFF, or not")
    (prompts / "empty.wav").write_bytes(b"")
    with wave.open(str(prompts / "wide.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44100)
        file.writeframes(bytes(400))
    (prompts / "secret.wav").write_bytes((prompts / "nagaoka" / "message.wav").read_bytes())
    sounds = Sounds(prompts / "nagaoka")
    assert sounds.blocks("../secret") is None
    assert all(Sounds(prompts).blocks(name) is None for name in ("text", "empty", "wide", "none", "nagaoka", ""))


# --- what is known of a call


def test_ring_seconds_are_from_the_first_ringing_to_the_answer() -> None:
    news = News()
    for seconds in (0.0, 3.0):
        news.put_nowait(RingingStarted(CALL, AT + timedelta(seconds=seconds)))
    assert news.times(CALL).ring_seconds is None
    news.put_nowait(Answered(CALL, AT + timedelta(seconds=9)))
    assert news.times(CALL).ring_seconds == 9.0
    news.put_nowait(HungUp(CALL, AT, 16, None))
    assert news.times(CALL).answered_at is None


@pytest.mark.parametrize(
    ("before", "without"),
    [([], True), ([RingingStarted(CALL, AT)], False), ([Progressed(CALL, AT)], False)],
)
def test_who_answers_before_anything_was_heard_answers_without_ringing(
    before: list[ChannelEvent], without: bool
) -> None:
    news = News()
    for event in [*before, Answered(CALL, AT)]:
        news.put_nowait(event)
    assert news.times(CALL).without_ringing is without


def test_calls_whose_end_is_never_heard_are_forgotten_at_last() -> None:
    news = News()
    for number in range(MOST_CALLS + 10):
        news.put_nowait(RingingStarted(ChannelId(f"call-{number}"), AT))
        news.put_nowait(EarBriefed(CALL, AT, f"stream-{number}", "early", ""))
    assert news.times(ChannelId("call-0")).ringing_at is None
    assert news.times(ChannelId(f"call-{MOST_CALLS}")).ringing_at == AT
    assert news.briefings == MOST_BRIEFINGS


def test_a_briefing_is_for_one_stream() -> None:
    news = News()
    news.put_nowait(EarBriefed(CALL, AT, CALL, "listen", "city:nagaoka"))
    assert news.briefing(CALL) is not None
    assert news.briefing(CALL) is None


# --- one session


@dataclass
class Exchange:
    """What was ordered, in its order."""

    orders: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def tell(self, name: str, call: ChannelId, details: Mapping[str, str]) -> None:
        for header, value in user_event(name, call, details).items():
            assert isinstance(value, str)
            assert len(f"{header}: {ami_value(header, value)}\r\n") < LONGEST_AMI_LINE
        self.orders.append((name, details))

    def hang_up(self, call: ChannelId) -> None:
        self.orders.append(("hang up", {}))

    def leave(self) -> None:
        self.orders.append(("leave", {}))

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.orders]


class Playing:
    """A session whose clock is its ticks."""

    def __init__(
        self, prompts: Path, listener: ScriptedListener, briefing: Briefing, order: Order = Order.LISTEN
    ) -> None:
        self.now_ms = 0
        self.exchange = Exchange()
        self.session = Session(
            CALL, Attendant(order, briefing), listener, Sounds(prompts), self.exchange, lambda: self.now_ms
        )

    def play(self, milliseconds: int) -> list[bytes]:
        sent = []
        for _ in range(milliseconds // BLOCK_MS):
            self.now_ms += BLOCK_MS
            self.session.hear(bytes(320))
            sent.append(self.session.next_block())
        return sent


MESSAGE = Briefing(message="nagaoka/message")


def test_the_message_goes_out_block_by_block_and_is_complete_only_after_its_last(prompts: Path) -> None:
    listener = ScriptedListener({200: verdict(What.VOICEMAIL, 200), 1000: Happening.TONE_ENDED})
    playing = Playing(prompts, listener, MESSAGE)
    sent = playing.play(1060)
    assert b"".join(sent).strip(b"\0") == b"".join(Sounds(prompts).blocks("nagaoka/message") or ()).strip(b"\0")
    assert {bytes(block) for block in sent[:49]} == {SILENT_BLOCK}, "nothing is said before the tone has ended"
    assert playing.exchange.names == ["EarHeard", "ToneHeard", "MessageStarted"]
    playing.play(400)
    assert playing.exchange.names[3:] == ["MessageEnded", "hang up"]


def test_a_message_without_its_prompt_is_never_complete(prompts: Path) -> None:
    listener = ScriptedListener({200: verdict(What.VOICEMAIL, 200), 1000: Happening.TONE_ENDED})
    playing = Playing(prompts, listener, Briefing(message="nagaoka/gone"))
    playing.play(2000)
    assert playing.exchange.orders[-2:] == [("MessageEnded", {"Complete": "no"}), ("hang up", {})]


def test_a_tone_in_the_first_seconds_of_the_message_hushes_it_at_once(prompts: Path) -> None:
    write_wav(np.full(16000, 500, dtype=np.int16), prompts / "long.wav")
    hears: dict[int, Verdict | Happening] = {
        200: verdict(What.VOICEMAIL, 200),
        1000: Happening.TONE_ENDED,
        1200: Happening.TONE_BEGAN,
    }
    playing = Playing(prompts, ScriptedListener(hears), Briefing(message="long"))
    sent = playing.play(2000)
    loud = [place for place, block in enumerate(sent) if any(block)]
    assert loud == list(range(49, 59))


def test_only_where_an_operator_has_said_so_is_a_machine_taken_for_granted(prompts: Path) -> None:
    assumed = {}
    for order in Order:
        listener = ScriptedListener()
        Playing(prompts, listener, MESSAGE, order)
        assumed[order] = listener.assumed
    assert assumed == {Order.LISTEN: None, Order.EARLY: None, Order.MESSAGE: What.VOICEMAIL}


def test_a_detector_that_fails_is_undecided_and_the_call_goes_on(prompts: Path) -> None:
    playing = Playing(prompts, BrokenListener(), MESSAGE)
    playing.play(200)
    assert playing.exchange.names == ["EarHeard", "leave"]
    assert playing.exchange.orders[0][1]["What"] == "undecided"


def test_a_detector_that_fails_while_a_machine_is_waited_for_tells_no_second_verdict(prompts: Path) -> None:
    listener = ScriptedListener({200: verdict(What.VOICEMAIL, 200)})
    playing = Playing(prompts, listener, MESSAGE)
    playing.play(400)
    listener.heard = None  # type: ignore[assignment, method-assign]  # broken from now on
    playing.play(400)
    assert playing.exchange.names == ["EarHeard", "leave"]


def test_the_stream_before_the_answer_ends_with_the_answer(prompts: Path) -> None:
    playing = Playing(prompts, ScriptedListener(), MESSAGE, Order.EARLY)
    playing.play(1000)
    playing.session.answered()
    assert playing.exchange.names == ["leave"]
    answered = Playing(prompts, ScriptedListener(), MESSAGE)
    answered.session.answered()
    assert answered.exchange.names == []


def test_reason_and_figures_arrive_as_they_were_told(prompts: Path) -> None:
    told = Verdict(What.VOICEMAIL, 1480, "0.9秒の発話が録音された応答らしい", figures={"pause_ms": 260, "share": 0.5})
    playing = Playing(prompts, ScriptedListener({200: told}), MESSAGE)
    playing.play(200)
    ((name, details),) = playing.exchange.orders
    event = channel_event({"Event": "UserEvent", **user_event(name, CALL, details)}, AT)
    assert event == EarHeard(
        CALL, AT, "voicemail", 1480, reason=told.reason, figures='{"pause_ms":260,"share":0.5}', early=False
    )


def test_a_reason_of_any_length_still_fits_a_line(prompts: Path) -> None:
    figures: dict[str, float | int | str | bool | None] = {f"figure_{n}": "あ" * 40 for n in range(50)}
    told = Verdict(What.FAX, 100, "長い理由" * 400, figures=figures)
    playing = Playing(prompts, ScriptedListener({200: told}), MESSAGE)
    playing.play(200)
    assert playing.exchange.names == ["EarHeard", "hang up"]


def test_audio_frames_carry_their_length() -> None:
    assert list(FrameReader().take(audio(bytes(320)))) == [Frame(0x10, bytes(320))]


# --- what can be learned of a call


@pytest.mark.parametrize(
    ("what", "machines_before", "learned"),
    [
        (What.VOICEMAIL, 0, 1),
        (What.VOICEMAIL, 1, 0),  # the same number again: it may be the owner's own voice
        (What.SCREENING, 0, 0),
    ],
)
def test_a_voicemail_teaches_its_greeting_once_its_tone_was_heard(
    what: What, machines_before: int, learned: int
) -> None:
    taught: list[object] = []
    listener = ScriptedListener({1000: verdict(what, 1000), 2000: Happening.SPEECH_ENDED, 3000: Happening.TONE_ENDED})
    briefing = Briefing(message="nagaoka/message", screening="", machines=machines_before)
    session = Session(
        CALL,
        Attendant(Order.LISTEN, briefing),
        listener,
        Sounds(Path()),
        Exchange(),
        lambda: listener.now_ms,
        taught.append,
    )
    for _ in range(200):
        session.hear(bytes(320))
        session.next_block()
    assert taught == [()] * learned
