"""The link against the real Asterisk, with our own configuration. Local channels play both ends of a call."""

import asyncio
import os
import signal
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import pytest

from dialer.ami import AmiLink, LinkTimes
from dialer.ami_events import Message, text
from dialer.ami_protocol import Connection
from dialer.core.events import (
    Answered,
    BridgeEntered,
    ChannelCreated,
    ChannelEvent,
    ChannelId,
    DialEnded,
    HungUp,
    JoinEnded,
    LinkLost,
    LinkUp,
    OperatorWaiting,
)
from dialer.embedded.asterisk import EVENTS_HEARD, AsteriskInstance
from dialer.ports import Accepted, Outgoing, Unknown
from dialer.supervisor import Program, Supervisor
from tests.adapters.fake_ami import WallClock
from tests.adapters.test_asterisk import instance_in
from tests.waiting import until

pytestmark = pytest.mark.asterisk

T = TypeVar("T")

WAITS = "Local/wait@operator/n"  # answers at once and stays


@dataclass
class Exchange:
    instance: AsteriskInstance
    pids: list[int] = field(default_factory=list)

    async def ready(self, pid: int) -> bool:
        self.pids.append(pid)
        return await asyncio.to_thread(self.instance.is_ready)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        program = Program(self.instance.node.name, self.instance.argv, self.ready)
        async with Supervisor([program], self.instance.folder.parent):
            yield


class Heard:
    """An inbox that can be searched."""

    def __init__(self) -> None:
        self.items: list[object] = []
        self._more = asyncio.Event()

    def put_nowait(self, item: object, /) -> None:
        self.items.append(item)
        self._more.set()

    async def first(self, kind: type[T], channel: str | None = None, **wanted: object) -> T:
        async with asyncio.timeout(20):
            while True:
                for item in self.items:
                    fits = isinstance(item, kind) and all(getattr(item, key) == value for key, value in wanted.items())
                    if fits and (channel is None or getattr(item, "channel", None) == channel):
                        assert isinstance(item, kind)
                        return item
                self._more.clear()
                await self._more.wait()


@dataclass
class Rig:
    exchange: Exchange
    link: AmiLink
    heard: Heard

    async def call(self, context: str, exten: str, **variables: str) -> tuple[ChannelId, str]:
        """Answered; its id and its channel's name."""
        channel = ChannelId(str(uuid.uuid4()))
        assert await self.link.start(outgoing(channel, context, exten, **variables)) == Accepted()
        created = await self.heard.first(ChannelCreated, channel)
        await self.heard.first(Answered, channel)
        return channel, created.name


def outgoing(channel: ChannelId, context: str, exten: str, **variables: str) -> Outgoing:
    return Outgoing(channel, WAITS, context, exten, "0258009001", 10.0, variables)


@asynccontextmanager
async def linked_to(instance: AsteriskInstance, times: LinkTimes | None = None) -> AsyncIterator[tuple[AmiLink, Heard]]:
    node, heard = instance.node, Heard()
    link = AmiLink(node.host, node.ami_port, node.ami_user, instance.ami_secret, heard, WallClock(), times=times)
    running = asyncio.create_task(link.run())
    try:
        await heard.first(LinkUp)
        yield link, heard
    finally:
        await link.close()
        await running


@pytest.fixture
def exchange(tmp_path: Path) -> Exchange:
    instance = instance_in(tmp_path)
    instance.configure()
    return Exchange(instance)


@pytest.fixture
async def rig(exchange: Exchange) -> AsyncIterator[Rig]:
    async with exchange.running(), linked_to(exchange.instance) as (link, heard):
        yield Rig(exchange, link, heard)
        for up in await link.channels_up():  # a call that is up makes the exchange slow to stop
            await link.end(up.name)


async def test_two_logins_say_the_same_start_and_a_restart_says_another(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Kathmandu")  # Asterisk says when it started in its own zone, here +05:45
    started = []
    for _ in range(2):
        async with exchange.running():
            for _ in range(2):
                async with linked_to(exchange.instance) as (_, heard):
                    started.append(await heard.first(LinkUp))
    one, same, other, same_as_other = (up.booted_at for up in started)
    assert one == same
    assert other == same_as_other
    assert one is not None
    assert other is not None
    assert one < other
    assert 0 <= (started[0].at - one).total_seconds() < 10


async def test_a_person_is_joined_to_an_operator_and_each_side_may_end_it(rig: Rig) -> None:
    leg, operator = await rig.call("operator", "wait")
    await rig.heard.first(OperatorWaiting, leg)

    customer, name = await rig.call("customer", "answered", MEET_WITHIN="30", RECORD="no")
    assert await rig.link.join(name, operator)
    joined = await rig.heard.first(BridgeEntered, customer, with_channels=2)
    up = {one.channel: one for one in await rig.link.channels_up()}
    assert (up[customer].name, up[customer].state, up[customer].application) == (name, "Up", "Bridge")
    assert up[customer].bridge == up[leg].bridge == joined.bridge

    assert await rig.link.end(name)
    ended = await rig.heard.first(HungUp, customer)
    assert (ended.cause, ended.sip_code) == (16, None)
    assert not await rig.link.end(name)
    assert not await rig.link.join(name, operator)

    second, name = await rig.call("customer", "answered", MEET_WITHIN="30", RECORD="no")
    assert await rig.link.join(name, operator)
    await rig.heard.first(BridgeEntered, second, with_channels=2)
    assert await rig.link.end(operator)
    await rig.heard.first(JoinEnded, second, result="SUCCESS")


async def test_an_operator_who_has_gone_is_told_by_the_dialplan(rig: Rig) -> None:
    customer, name = await rig.call("customer", "answered", MEET_WITHIN="30", RECORD="no")
    assert await rig.link.join(name, "PJSIP/op01-00000099")
    await rig.heard.first(JoinEnded, customer, result="NONEXISTENT")


@asynccontextmanager
async def nobody() -> AsyncIterator[str]:
    """A far end that takes the INVITE and never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        yield f"PJSIP/carrier/sip:0258001234@127.0.0.1:{silent.getsockname()[1]}"


async def test_an_id_in_use_is_dialled_no_second_time(exchange: Exchange) -> None:
    """Accepted, then failed with reason 0, while the first call goes on."""
    async with exchange.running(), linked_to(exchange.instance) as (link, heard), nobody() as endpoint:
        channel = ChannelId(str(uuid.uuid4()))
        call = replace(outgoing(channel, "customer", "answered"), endpoint=endpoint, timeout_seconds=60.0)
        assert await link.start(call) == Accepted()
        created = await heard.first(ChannelCreated, channel)
        assert await link.start(call) == Accepted()
        refused = await heard.first(DialEnded, channel, answered=False)
        assert refused.reason == 0
        assert [one.name for one in await link.channels_up()] == [created.name]
        assert sum(isinstance(item, ChannelCreated) for item in heard.items) == 1
        os.kill(exchange.pids[-1], signal.SIGKILL)  # asked to stop, it would wait 15 s for the channel it refused


async def test_events_bear_asterisks_own_time(rig: Rig) -> None:
    channel, name = await rig.call("customer", "answered", MEET_WITHIN="30", RECORD="no")
    await rig.link.end(name)
    await rig.heard.first(HungUp, channel)
    ours = [item.at for item in rig.heard.items if isinstance(item, ChannelEvent) and item.channel == channel]
    witness = rig.exchange.instance.witness_file

    def written() -> set[float]:
        rows = witness.read_text().splitlines() if witness.exists() else []
        return {float(row.split('","')[1]) for row in rows if channel in row}

    await until(lambda: bool(written()))  # it is a file of its own, and may come later than the event
    created = ours[0].timestamp()
    assert min(abs(created - moment) for moment in written()) < 0.001  # the witness wrote the same instant


async def test_a_frozen_asterisk_is_noticed_and_found_again_as_the_same(exchange: Exchange) -> None:
    times = LinkTimes(ping_every_seconds=0.1, ping_answer_seconds=0.3)
    async with exchange.running(), linked_to(exchange.instance, times) as (link, heard):
        up = await heard.first(LinkUp)
        pid = exchange.pids[-1]
        os.kill(pid, signal.SIGSTOP)
        try:
            result = await link.start(outgoing(ChannelId(str(uuid.uuid4())), "operator", "wait"))
            assert isinstance(result, Unknown)
            lost = await heard.first(LinkLost)
            assert "silent" in lost.why
            heard.items.clear()
        finally:
            os.kill(pid, signal.SIGCONT)
        again = await heard.first(LinkUp)
        assert again.booted_at == up.booted_at


async def _raw(instance: AsteriskInstance, messages: list[Message]) -> Connection:
    """Logged in as the engine is, and free to ask anything."""
    node = instance.node
    _, connection = await asyncio.get_running_loop().create_connection(
        lambda: Connection(messages.append, lambda why: None), node.host, node.ami_port
    )
    login = {"Action": "Login", "Username": node.ami_user, "Secret": instance.ami_secret, "Events": "on"}
    (answer,) = await connection.ask(login, 5.0)
    assert text(answer, "Response") == "Success"
    return connection


FORBIDDEN = [
    {"Action": "Command", "Command": "core show uptime"},
    {"Action": "GetConfig", "Filename": "manager.conf"},
    {"Action": "UpdateConfig", "SrcFilename": "manager.conf", "DstFilename": "manager.conf"},
    {"Action": "ModuleLoad", "LoadType": "reload"},
    {"Action": "Originate", "Channel": WAITS, "Application": "System", "Data": "true", "Async": "true"},
    {"Action": "UserEvent", "UserEvent": "OperatorWaiting"},
]


async def test_the_engines_user_may_do_its_work_and_nothing_else(rig: Rig) -> None:
    connection = await _raw(rig.exchange.instance, [])
    for headers in FORBIDDEN:
        (answer,) = await connection.ask(headers, 5.0)
        assert text(answer, "Response") == "Error", headers
    await connection.end(1.0)


async def test_only_the_events_we_understand_are_sent(rig: Rig) -> None:
    messages: list[Message] = []
    connection = await _raw(rig.exchange.instance, messages)
    leg, operator = await rig.call("operator", "wait")
    await rig.heard.first(OperatorWaiting, leg)
    customer, name = await rig.call("customer", "answered", MEET_WITHIN="30", RECORD="no")
    assert await rig.link.join(name, operator)
    await rig.heard.first(BridgeEntered, customer, with_channels=2)
    assert await rig.link.end(name)
    await rig.heard.first(HungUp, customer)
    await connection.ask({"Action": "Ping"}, 5.0)
    names = {text(message, "Event") for message in messages}
    needed = {"Newchannel", "Newstate", "Hangup", "OriginateResponse", "BridgeEnter", "BridgeLeave", "UserEvent"}
    assert needed <= names <= set(EVENTS_HEARD)
    await connection.end(1.0)
