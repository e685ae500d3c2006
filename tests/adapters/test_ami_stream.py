"""What comes over the wire, in whatever pieces and however broken, becomes events in order."""

import asyncio
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from dialer.ami import AmiLink
from dialer.ami_events import Message, text
from dialer.ami_protocol import LONGEST_MESSAGE, Connection
from dialer.core.events import Answered, ChannelCreated, ChannelEvent, LinkLost, LinkUp
from tests.adapters.fake_ami import FAST, WallClock, fake_ami, linked


class Wire(asyncio.Transport):
    """To a peer that takes nothing any more: it closes only by force."""

    def __init__(self) -> None:
        super().__init__()
        self.aborted = False
        self.connection: Connection | None = None

    def is_closing(self) -> bool:
        return self.aborted

    def close(self) -> None:
        pass

    def abort(self) -> None:
        self.aborted = True
        if self.connection is not None:
            asyncio.get_running_loop().call_soon(self.connection.connection_lost, None)


async def heard(feed: Callable[[Connection], None]) -> tuple[list[Message], Wire]:
    messages: list[Message] = []
    connection, wire = Connection(messages.append, lambda why: None), Wire()
    connection.connection_made(wire)
    feed(connection)
    return messages, wire


NAMED = "Asterisk Call Manager/11.0.0\r\nEvent: Newchannel\r\nCallerIDName: 山田太郎😀\r\nUniqueid: a\r\n\r\n".encode()


@pytest.mark.parametrize("at", range(1, len(NAMED)))
async def test_a_message_cut_anywhere_is_heard_whole(at: int) -> None:
    """Hazard 6: panoramisk drops the letter that was cut."""

    def feed(connection: Connection) -> None:
        connection.data_received(NAMED[:at])
        connection.data_received(NAMED[at:])

    (message,), _ = await heard(feed)
    assert text(message, "CallerIDName") == "山田太郎😀"
    assert text(message, "Uniqueid") == "a"


async def test_bytes_that_are_no_text_cost_only_their_own_letters() -> None:
    broken = b"Event: Newchannel\r\nCallerIDName: A\xff\xfeB\r\nUniqueid: a\r\n\r\nEvent: Hangup\r\nUniqueid: b\r\n\r\n"
    messages, _ = await heard(lambda connection: connection.data_received(broken))
    assert [text(message, "Uniqueid") for message in messages] == ["a", "b"]


async def test_a_peer_that_speaks_something_else_is_left_before_it_fills_the_memory() -> None:
    def feed(connection: Connection) -> None:
        for _ in range(LONGEST_MESSAGE // 65536 + 1):
            connection.data_received(b"x" * 65536)

    messages, wire = await heard(feed)
    assert wire.aborted
    assert not messages


async def test_a_connection_whose_peer_takes_nothing_more_still_ends() -> None:
    lost: list[str] = []
    connection, wire = Connection(lambda message: None, lost.append), Wire()
    wire.connection = connection
    connection.connection_made(wire)
    async with asyncio.timeout(5):
        await connection.end(0.01)
    assert wire.aborted
    assert lost == ["closed by us"]


@pytest.mark.parametrize(
    "broken",
    [
        "Event: Hangup\r\nCause: 16\r\n\r\n",
        "Event: Hangup\r\nUniqueid: a\r\nCause: sixteen\r\n\r\n",
        "Event: BridgeEnter\r\nUniqueid: a\r\n\r\n",
        "Event: Newchannel\r\nUniqueid: \r\nChannel: \r\n\r\n",
        "Event: OriginateResponse\r\nResponse: Failure\r\n\r\n",
        "Response: Success\r\nActionID: nobody-asked\r\n\r\n",
        "Response: Follows\r\n\r\n",
        "\r\n\r\n\r\n",
        "nonsense\r\n\r\n",
        ": \r\n\r\n",
    ],
)
async def test_a_message_nobody_understands_loses_neither_its_neighbours_nor_the_link(broken: str) -> None:
    """Hazard 4: an exception in a handler closed the connection and lost the rest of the chunk."""
    before = "Event: Newchannel\r\nUniqueid: a\r\nChannel: PJSIP/carrier-1\r\n\r\n"
    after = "Event: Newstate\r\nUniqueid: a\r\nChannelStateDesc: Up\r\n\r\n"
    async with fake_ami() as server, linked(server) as one:
        server.session.send_bytes((before + broken + after).encode())
        created, answered = await one.heard(2)
        assert isinstance(created, ChannelCreated)
        assert isinstance(answered, Answered)
        assert await one.link.channels_up() == []
        assert len(server.sessions) == 1


async def test_what_was_not_understood_is_said_without_its_values() -> None:
    with capture_logs() as logs:
        async with fake_ami() as server, linked(server) as one:
            server.session.event("Hangup", Uniqueid="a", Cause="0258-00-1234", CallerIDNum="0258001234")
            assert await one.link.channels_up() == []
    (said,) = [line for line in logs if line["event"] == "AMI message not understood"]
    assert said["event_name"] == "Hangup"
    assert "1234" not in str(logs)


async def test_events_come_in_the_order_they_were_sent() -> None:
    """Hazard 5: one task for each event kept no order."""
    count = 2000
    async with fake_ami() as server, linked(server) as one:
        for number in range(count):
            server.session.event("Newchannel", Uniqueid=str(number), Channel=f"PJSIP/carrier-{number}")
        channels = [event.channel for event in await one.heard(count) if isinstance(event, ChannelEvent)]
        assert channels == [str(number) for number in range(count)]


class RefusesOne:
    """An inbox whose first channel event goes wrong."""

    def __init__(self) -> None:
        self.taken: asyncio.Queue[object] = asyncio.Queue()
        self.failed = False

    def put_nowait(self, item: ChannelEvent | LinkUp | LinkLost, /) -> None:
        if isinstance(item, ChannelEvent) and not self.failed:
            self.failed = True
            raise RuntimeError("inbox")
        self.taken.put_nowait(item)


async def test_an_inbox_that_fails_once_does_not_end_the_link() -> None:
    async with fake_ami() as server:
        inbox = RefusesOne()
        link = AmiLink("127.0.0.1", server.port, "yobikake", "geheim", inbox, WallClock(), times=FAST)
        running = asyncio.create_task(link.run())
        async with asyncio.timeout(5):
            assert isinstance(await inbox.taken.get(), LinkUp)
            server.session.event("Newchannel", Uniqueid="a", Channel="PJSIP/carrier-1")
            server.session.event("Newchannel", Uniqueid="b", Channel="PJSIP/carrier-2")
            second = await inbox.taken.get()
        assert isinstance(second, ChannelCreated)
        assert second.channel == "b"
        await link.close()
        await running
