"""The city's message, spoken into a telephone of ours and heard by whoever calls: real Asterisk, Postgres and SIPp."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

import agi.scripts.record
import dialer.prompt_recording
import simnet.carrier
from dialer.calendar_commands import CannotAnswer
from dialer.config import AsteriskNode, Callers, Settings, Trunk, load_settings
from dialer.core.events import ChannelId, OperatorWaiting
from dialer.core.messages import Message, MessagePurpose, NoMessage
from dialer.core.versions import VersionState
from dialer.folders import only_one
from dialer.media.finishing import speak
from dialer.media.guidance import BEEP_HERTZ, place_guidance
from dialer.media.hold_music import place_hold_music
from dialer.media.prompt_book import PromptBook
from dialer.media.speech import read_wav
from dialer.ports import Accepted, Outgoing
from dialer.prompt_approvals import Entered, Ruling, Wording
from dialer.prompt_commands import build_prompts, list_prompts
from dialer.prompt_recording import record_message
from simnet.callers import Caller, showing
from simnet.line import Line
from simnet.ports import quiet_port
from simnet.sound import RATE, decoded, encoded
from simnet.tape import heard_at
from tests.caller_rig import Hall, Street, street
from tests.city_profiles import CITY
from tests.places import LIB, short_folder
from tests.sim.facing import SPEECH
from tests.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

AFTERNOON = datetime(2026, 11, 18, 6, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
NUMBER = "0258009001"
NAGAOKA = CITY["nagaoka"]
TEXT = "明日は、お休みです。"
WORDS = speak(TEXT)
LATE = round(0.5 * RATE)  # of what is played at once at the answer: a tape may begin a moment later
WORDING = Wording("special", TEXT, "user-7")
RULING = Ruling("special", 0, "user-7", "市の指示", valid_from="2026-11-18", valid_until="2026-11-19")

Story = Callable[[Line], Awaitable[None]]


class Clock:
    """Asterisk keeps its own."""

    def now(self) -> datetime:
        return AFTERNOON

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


@dataclass
class Telephone:
    """op01; what whoever takes it does."""

    story: Story
    lines: list[Line] = field(default_factory=list)

    async def is_called(self, line: Line, *_: object) -> None:
        self.lines.append(line)
        await self.story(line)


@dataclass
class Centre:
    settings: Settings
    street: Street
    telephone: Telephone
    told: list[str] = field(default_factory=list)

    async def record(self, phone: str = "op01", wording: Wording = WORDING, ruling: Ruling | None = RULING) -> Entered:
        return await record_message(self.settings, NAGAOKA, wording, ruling, phone, Clock(), self.told.append)

    def left(self) -> list[Path]:
        return [path for path in self.settings.dictations.glob("*/") if path.is_dir()]

    @contextmanager
    def serving(self) -> Iterator[Hall]:
        hall = Hall(self.settings, now=NIGHT)
        with hall.open():
            yield hall


async def rings_on(line: Line) -> None:
    await line.ring()
    await line.wait(600)


async def is_engaged(line: Line) -> None:
    await line.refuse(486)


async def takes_it(line: Line) -> None:
    """And goes on at once to the beep."""
    await line.answer()
    line.record()
    await line.until_something_sounds()
    await line.press("#", 0.2, 0.1)
    await line.until_tone(BEEP_HERTZ, 0.2)


async def speaks(line: Line) -> None:
    await takes_it(line)
    await line.play(encoded(WORDS))
    await line.press("#", 0.2, 0.1)
    await until(lambda: hears_words(line))


def hears_words(line: Line) -> bool:
    assert line.call.party is not None
    assert line.call.party.recorded is not None
    return heard_at(decoded(bytes(line.call.party.recorded)), WORDS) is not None


def ends_with(key: str) -> Story:
    async def story(line: Line) -> None:
        await speaks(line)
        await line.press(key, 0.2, 0.1)
        await line.wait(600)

    return story


async def hangs_up_after_speaking(line: Line) -> None:
    await takes_it(line)
    await line.play(encoded(WORDS))
    await line.press("#", 0.2, 0.1)
    await line.hang_up()


async def says_nothing(line: Line) -> None:
    """In a room with its noise."""
    await takes_it(line)
    await line.wait(600)


async def hangs_up_while_speaking(line: Line) -> None:
    await takes_it(line)
    await line.hang_up()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def exchange() -> AsyncIterator[tuple[Settings, Street, Telephone]]:
    """Two seats; the telephone of the second one is not plugged in."""
    telephone = Telephone(rings_on)
    ports = [quiet_port() for _ in range(6)]
    node = AsteriskNode(sip_port=ports[0], ami_port=ports[1], http_port=ports[2], rtp_from=24000, rtp_to=24200)
    with short_folder() as folder, pytest.MonkeyPatch.context() as patch:
        settings = load_settings(
            state_dir=folder,
            lib_dir=LIB,
            city="nagaoka",
            nodes=(node,),
            operator_phones=2,
            trunk=Trunk(port=ports[3]),
            callers=Callers(port=ports[4]),
        )
        place_guidance(settings.prompts, settings.spoken)
        place_hold_music(settings.prompts)
        patch.setattr(simnet.carrier, "operator", telephone.is_called)
        async with street(settings, folder, SPEECH, phones=("op01",), phone_port=ports[5]) as outside:
            await outside.network.registrations.until_all()
            yield settings, outside, telephone


@pytest_asyncio.fixture(loop_scope="module")
async def centre(exchange: tuple[Settings, Street, Telephone], database_url: str) -> AsyncIterator[Centre]:
    settings, outside, telephone = exchange
    own = load_settings(**{**dict(settings), "database_url": database_url})
    yield Centre(own, outside, telephone)
    for up in await outside.link.channels_up():
        await outside.link.end(up.name)
    await until(lambda: not outside.network.open_calls)


def special(settings: Settings, now: datetime) -> int | str:
    """The version that is said, or why nothing is."""
    found = PromptBook(settings.prompts).sound("nagaoka", MessagePurpose.SPECIAL, None, now)
    return found.reason if isinstance(found, NoMessage) else found.message.version


async def entered(centre: Centre) -> list[Message]:
    known = (await list_prompts(centre.settings, NAGAOKA, AFTERNOON)).messages
    return [one for one in known if one.purpose is MessagePurpose.SPECIAL]


async def test_who_speaks_it_hears_it_and_registers_it_and_then_callers_hear_it(centre: Centre) -> None:
    await build_prompts(centre.settings, [NAGAOKA], AFTERNOON)
    modes: list[int] = []

    async def looks_and_accepts(line: Line) -> None:
        await speaks(line)
        (folder,) = centre.left()
        modes.extend(path.stat().st_mode & 0o777 for path in (folder, folder / "phone.wav"))
        await line.press("1", 0.2, 0.1)
        await line.wait(600)

    centre.telephone.story = looks_and_accepts
    with centre.serving() as hall:
        message = (await centre.record()).message
        assert (message.version, message.state, message.text) == (1, VersionState.APPROVED, TEXT)
        assert message.recording is not None
        assert (modes, centre.left()) == ([0o700, 0o600], [])
        assert centre.told == ["op01 を呼び出しています。電話を取り、案内に従って録音してください。"]
        await until(lambda: hall.played.sounds[-1] == "dictation-accepted")
        kept = read_wav(centre.settings.prompts / f"sound/{message.recording[:24]}.wav")
        assert len(kept) == pytest.approx(len(WORDS), abs=0.3 * RATE)
    with centre.serving():  # which looks at the texts anew, as a server does every few seconds
        call = centre.street.network.start(Caller(NUMBER, showing("0258001000"), keeps_tape=True))
        tape = (await centre.street.network.until_ended(call)).recording
        assert tape is not None
        heard = read_wav(centre.street.network.plan.folder / tape)
        assert heard_at(heard, WORDS[LATE:]) is not None
    assert special(centre.settings, NIGHT) == 1
    assert special(centre.settings, datetime(2026, 11, 20, tzinfo=UTC)) == (
        "委託者からのお知らせ: 版1の有効期間は終わりました"
    )
    written = centre.street.instance.log_file.read_text("utf-8", "replace").splitlines()
    complaints = [line for line in written if "WARNING" in line or "ERROR" in line]
    assert [line for line in complaints if "Missing default country" not in line] == []


@pytest.mark.parametrize(
    ("story", "phone", "why"),
    [
        (ends_with("3"), "op01", "取りやめになりました"),
        (hangs_up_after_speaking, "op01", "操作の前に電話が切れました"),
        (hangs_up_while_speaking, "op01", "操作の前に電話が切れました"),
        (is_engaged, "op01", "op01 は使用中です"),
        (rings_on, "op01", "応答しませんでした"),
        (rings_on, "op02", "op02 は交換機に登録されていません"),
        (rings_on, "op03", "電話機「op03」はありません。あるのは op01～op02 です"),
    ],
)
async def test_without_the_key_for_it_nothing_is_registered_and_nothing_is_left(
    centre: Centre, monkeypatch: pytest.MonkeyPatch, story: Story, phone: str, why: str
) -> None:
    if story is rings_on:
        monkeypatch.setattr(dialer.prompt_recording, "RING_SECONDS", 1.0)
    centre.telephone.story = story
    with centre.serving(), pytest.raises(CannotAnswer, match=why) as told:
        await centre.record(phone)
    assert str(told.value).endswith("登録は行っていません。")
    assert (centre.left(), await entered(centre)) == ([], [])


async def test_silence_is_no_message(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agi.scripts.record, "SILENCE_SECONDS", 1.0)
    monkeypatch.setattr(agi.scripts.record, "PATIENCE", 1)
    centre.telephone.story = says_nothing
    with centre.serving(), pytest.raises(CannotAnswer, match="声が録音されませんでした（無音か1秒未満です）"):
        await centre.record()
    assert (centre.left(), await entered(centre)) == ([], [])


async def test_a_telephone_on_which_an_operator_sits_is_not_rung(centre: Centre) -> None:
    centre.telephone.story = takes_it
    leg, link = ChannelId(str(uuid.uuid4())), centre.street.link
    assert await link.start(Outgoing(leg, "PJSIP/op01", "operator", "wait", None, 10.0)) == Accepted()
    await centre.street.heard.first(OperatorWaiting, leg)
    with centre.serving(), pytest.raises(CannotAnswer, match="op01 は使用中です"):
        await centre.record()
    assert (centre.told, len(centre.street.network.open_calls)) == ([], 1)


async def test_nobody_is_rung_while_nothing_could_guide_him(centre: Centre) -> None:
    with pytest.raises(CannotAnswer, match="dialer agi）が応答しません"):
        await centre.record()
    assert (centre.told, centre.left(), await entered(centre)) == ([], [], [])


async def test_a_second_one_waits_for_its_turn_and_what_a_killed_one_left_is_removed(centre: Centre) -> None:
    left = centre.settings.dictations / str(uuid.uuid4())
    left.mkdir(parents=True)
    (left / "phone.wav").write_bytes(b"spoken")
    with only_one(centre.settings.dictations) as is_alone:
        assert (is_alone, centre.left()) == (True, [])
        with centre.serving(), pytest.raises(CannotAnswer, match="ほかの録音が行われています"):
            await centre.record()
    assert centre.told == []
