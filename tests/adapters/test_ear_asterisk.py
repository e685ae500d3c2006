"""The ear's streams against the real Asterisk, with our own dialplan. A Local channel plays the far end."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from dialer.ami import AmiLink
from dialer.ami_events import Message, text
from dialer.ami_protocol import Connection
from dialer.core.briefing import Briefing, written
from dialer.core.ear_events import EarEnded, EarHeard, MessageEnded, MessageStarted, ToneHeard
from dialer.core.events import (
    Answered,
    ApologyPlayed,
    BridgeEntered,
    ChannelCreated,
    ChannelId,
    HungUp,
    OperatorWaiting,
)
from dialer.core.hearing.values import Happening, Prior, What
from dialer.ear.news import News
from dialer.ear.server import Ears
from dialer.ear.session import Listener
from dialer.ear.sounds import Sounds
from dialer.embedded.asterisk import EARS_EVENTS
from dialer.media.speech import write_wav
from dialer.ports import Accepted, Outgoing
from simnet.ports import quiet_port
from tests.adapters.fake_ami import WallClock
from tests.adapters.test_ami_asterisk import Exchange, Heard, linked_to
from tests.adapters.test_asterisk import instance_in
from tests.ear_doubles import BrokenListener, ScriptedListener, verdict
from tests.waiting import until

pytestmark = pytest.mark.asterisk

SPEAKS = "Local/nobody@inbound/n"  # answers, speaks the notice for callers, hangs up
WAITS = "Local/wait@operator/n"  # answers, says nothing and stays


@dataclass
class Rig:
    exchange: Exchange
    link: AmiLink  # the engine's
    heard: Heard
    ears: Ears
    port: int
    listeners: list[ScriptedListener] = field(default_factory=list)
    priors: list[Prior] = field(default_factory=list)

    async def call(
        self, briefing: Briefing | None = None, *, far_end: str = SPEAKS, ear: str | None = None
    ) -> ChannelId:
        channel = ChannelId(str(uuid.uuid4()))
        variables = {
            "ATTEMPT": channel,
            "CITY": "nagaoka",
            "MEET_WITHIN": "0.5",
            "RECORD": "no",
            "EAR": ear or f"127.0.0.1:{self.port}",
            "BRIEFING": written(briefing or Briefing()),
        }
        assert (
            await self.link.start(Outgoing(channel, far_end, "customer", "answered", None, 10.0, variables))
            == Accepted()
        )
        await self.heard.first(Answered, channel)
        return channel


@asynccontextmanager
async def rigged(tmp_path: Path, make: Callable[[], ScriptedListener]) -> AsyncIterator[Rig]:
    instance = instance_in(tmp_path)
    instance.configure()
    exchange, port, prompts = Exchange(instance), quiet_port(), tmp_path / "prompts"
    write_wav(np.full(round(MESSAGE_SECONDS * 8000), 1000, dtype=np.int16), prompts / "nagaoka" / "message.wav")
    write_wav(np.full(round(NOTICE_SECONDS * 8000), 8000, dtype=np.int16), prompts / "nagaoka" / "inbound.wav")
    node, news = instance.node, News()
    listeners: list[ScriptedListener] = []
    priors: list[Prior] = []

    def listener(prior: Prior) -> Listener:
        priors.append(prior)
        listeners.append(make())
        return listeners[-1]

    async with exchange.running(), linked_to(instance) as (link, heard):
        ears_link = AmiLink(node.host, node.ami_port, node.ear_user, instance.ear_secret, news, WallClock())
        ears = Ears(listener, Sounds(prompts), ears_link, news)
        beside = [asyncio.create_task(ears_link.run()), asyncio.create_task(ears.serve("127.0.0.1", port))]
        await until(lambda: ears_link.ready)
        try:
            yield Rig(exchange, link, heard, ears, port, listeners, priors)
        finally:
            for up in await link.channels_up():
                await link.end(up.name)
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)


def hears(what: What, at_ms: int = 400, then: dict[int, Happening] | None = None) -> Callable[[], ScriptedListener]:
    return lambda: ScriptedListener({at_ms: verdict(what, at_ms), **(then or {})})


async def test_what_is_streamed_is_what_the_far_end_says(tmp_path: Path) -> None:
    async with rigged(tmp_path, ScriptedListener) as rig:
        channel = await rig.call()
        ended = await rig.heard.first(EarHeard, channel)
        assert (ended.what, ended.early) == ("undecided", False)
        assert 2400 <= ended.decided_ms <= 2700
        (listener,) = rig.listeners
        assert {len(block) for block in listener.fed} == {320}
        assert np.abs(np.frombuffer(b"".join(listener.fed), "<i2")).max() > 3000


async def test_after_a_person_the_dialplan_waits_for_an_operator_and_then_apologises(tmp_path: Path) -> None:
    async with rigged(tmp_path, hears(What.PERSON)) as rig:
        channel = await rig.call(far_end=WAITS)
        assert (await rig.heard.first(EarHeard, channel)).what == "person"
        assert (await rig.heard.first(EarEnded, channel)).result == "SUCCESS"
        await rig.heard.first(ApologyPlayed, channel)


MESSAGE = Briefing(message="nagaoka/message")
MESSAGE_SECONDS = 1.5
NOTICE_SECONDS = 8.0


async def test_a_machine_gets_the_whole_message_after_its_tone_and_is_hung_up_on(tmp_path: Path) -> None:
    make = hears(What.VOICEMAIL, 400, {800: Happening.TONE_BEGAN, 1200: Happening.TONE_ENDED})
    async with rigged(tmp_path, make) as rig:
        channel = await rig.call(MESSAGE, far_end=WAITS)
        tone = await rig.heard.first(ToneHeard, channel)
        started = await rig.heard.first(MessageStarted, channel)
        assert started.after_tone
        assert 0 <= (started.at - tone.at).total_seconds() < 0.1
        ended = await rig.heard.first(MessageEnded, channel)
        assert ended.complete
        assert (ended.at - started.at).total_seconds() == pytest.approx(MESSAGE_SECONDS + 0.3, abs=0.15)
        assert (await rig.heard.first(HungUp, channel)).cause == 16
        assert not any(isinstance(item, EarEnded | ApologyPlayed) for item in rig.heard.items)


async def test_a_message_that_is_cut_by_the_far_end_is_never_told_as_complete(tmp_path: Path) -> None:
    make = hears(What.VOICEMAIL, 400, {800: Happening.TONE_BEGAN, 1200: Happening.TONE_ENDED})
    async with rigged(tmp_path, make) as rig:
        channel = await rig.call(MESSAGE, far_end=WAITS)
        await rig.heard.first(MessageStarted, channel)
        far_end = next(up.name for up in await rig.link.channels_up() if up.application == "BridgeWait")
        await rig.link.end(far_end)
        await rig.heard.first(HungUp, channel)
        await until(lambda: not rig.ears.streams)
        assert not any(isinstance(item, MessageEnded) for item in rig.heard.items)


@pytest.mark.parametrize("what", [What.FAX, What.ANNOUNCEMENT])
async def test_fax_and_announcement_are_hung_up_on_at_once(tmp_path: Path, what: What) -> None:
    async with rigged(tmp_path, hears(what)) as rig:
        channel = await rig.call(MESSAGE, far_end=WAITS)
        told = await rig.heard.first(EarHeard, channel)
        ended = await rig.heard.first(HungUp, channel)
        assert (told.what, ended.cause) == (what.value, 16)
        assert (ended.at - told.at).total_seconds() < 0.1


async def test_a_detector_that_fails_gives_the_call_back_as_undecided(tmp_path: Path) -> None:
    async with rigged(tmp_path, BrokenListener) as rig:
        channel = await rig.call(far_end=SPEAKS)
        assert (await rig.heard.first(EarHeard, channel)).what == "undecided"
        assert (await rig.heard.first(EarEnded, channel)).result == "SUCCESS"


async def test_without_an_ear_the_dialplan_goes_on_at_once(tmp_path: Path) -> None:
    async with rigged(tmp_path, ScriptedListener) as rig:
        channel = await rig.call(far_end=WAITS, ear=f"127.0.0.1:{quiet_port()}")
        answered = await rig.heard.first(Answered, channel)
        gone = await rig.heard.first(EarEnded, channel)
        assert gone.result == "FAILED"
        assert (gone.at - answered.at).total_seconds() < 0.1


async def test_an_ear_that_stops_gives_its_calls_back(tmp_path: Path) -> None:
    async with rigged(tmp_path, ScriptedListener) as rig:
        channel = await rig.call(far_end=WAITS)
        await until(lambda: len(rig.ears.streams) == 1)
        applications = {up.channel: up.application for up in await rig.link.channels_up()}
        assert applications[channel] == "AudioSocket"  # by which an engine that comes back knows that the ear has it
        for stream in rig.ears.streams:
            stream.abort()
        await rig.heard.first(EarEnded, channel)
        assert [up.state for up in await rig.link.channels_up() if up.channel == channel] == ["Up"]


async def test_an_operator_who_hears_a_machine_leaves_it_to_the_ear_and_is_free(tmp_path: Path) -> None:
    async with rigged(tmp_path, hears(What.PERSON)) as rig:
        leg = ChannelId(str(uuid.uuid4()))
        assert await rig.link.start(Outgoing(leg, SPEAKS, "operator", "wait", None, 10.0)) == Accepted()
        await rig.heard.first(OperatorWaiting, leg)
        operator = (await rig.heard.first(ChannelCreated, leg)).name
        channel = await rig.call(MESSAGE, far_end=SPEAKS)
        name = (await rig.heard.first(ChannelCreated, channel)).name
        await rig.heard.first(EarHeard, channel)
        assert await rig.link.join(name, operator)
        await rig.heard.first(BridgeEntered, channel, with_channels=2)
        rig.heard.items.clear()
        assert await rig.link.leave_message(name)
        await rig.heard.first(OperatorWaiting, leg)
        started = await rig.heard.first(MessageStarted, channel)
        assert not started.after_tone
        assert (await rig.heard.first(MessageEnded, channel)).complete
        assert (await rig.heard.first(HungUp, channel)).cause == 16


async def test_whoever_is_not_asterisk_is_sent_away_and_disturbs_nobody(tmp_path: Path) -> None:
    async with rigged(tmp_path, ScriptedListener) as rig:
        channel = await rig.call(far_end=SPEAKS)
        for said in (b"GET / HTTP/1.0\r\n\r\n", b"\x10\x00\x02ab", b"\x01\x00\x10" + bytes(15), b""):
            reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
            writer.write(said)
            async with asyncio.timeout(4):
                await reader.read()
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
        assert (await rig.heard.first(EarHeard, channel)).what == "undecided"
        await until(lambda: not rig.ears.streams)


async def test_a_stream_may_bring_any_frame_of_any_length(tmp_path: Path) -> None:
    async with rigged(tmp_path, ScriptedListener) as rig:
        stream = uuid.uuid4()
        _, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        for piece in (
            b"\x01\x00\x10" + stream.bytes,
            b"\x10\x00\x01a",
            b"\x10\x00\x00",
            b"\x12\xff\xff" + bytes(65535),
        ):
            writer.write(piece)
        writer.write(b"\x77\x00\x03abc" + b"\x10\x01\x40" + bytes(320))
        await until(lambda: bool(rig.listeners) and len(rig.listeners[0].fed) == 3)
        assert [len(block) for block in rig.listeners[0].fed] == [1, 0, 320]
        writer.close()


EARS_FORBIDDEN = [
    {"Action": "Command", "Command": "core show uptime"},
    {"Action": "GetConfig", "Filename": "manager.conf"},
    {"Action": "ModuleLoad", "LoadType": "reload"},
    {"Action": "Originate", "Channel": WAITS, "Application": "Wait", "Data": "1", "Async": "true"},
]


async def test_the_ears_user_tells_and_hangs_up_and_does_nothing_else(tmp_path: Path) -> None:
    async with rigged(tmp_path, ScriptedListener) as rig:
        node = rig.exchange.instance.node
        messages: list[Message] = []
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: Connection(messages.append, lambda why: None), node.host, node.ami_port
        )
        secret = rig.exchange.instance.ear_secret
        login = {"Action": "Login", "Username": node.ear_user, "Secret": secret, "Events": "on"}
        (answer,) = await connection.ask(login, 5.0)
        assert text(answer, "Response") == "Success"
        for headers in EARS_FORBIDDEN:
            (answer,) = await connection.ask(headers, 5.0)
            assert text(answer, "Response") == "Error", headers
        channel = await rig.call()
        await rig.heard.first(EarHeard, channel)
        await connection.ask({"Action": "Ping"}, 5.0)
        names = {text(message, "Event") for message in messages}
        assert {"Newstate", "UserEvent"} <= names <= set(EARS_EVENTS)
        await connection.end(1.0)
