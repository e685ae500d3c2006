"""The link is kept up for ever, says when it is there and when not, and ends when it is told to."""

import asyncio
from itertools import islice

import pytest
from structlog.testing import capture_logs

from dialer.ami import AmiLink, LinkTimes, pauses
from dialer.core.events import ChannelCreated, ChannelId, LinkLost, LinkUp
from dialer.ports import Outgoing, Refused, SwitchNotReady
from tests.adapters.fake_ami import UPTIME, FakeSession, Headers, Linked, WallClock, fake_ami, linked, linking

LEG = Outgoing(
    ChannelId("0d9bd5a6-7a0f-4f0c-8a51-3b1a2a7a0001"),
    "PJSIP/op01",
    "operator",
    "wait",
    None,
    10.0,
)


async def link_up(one: Linked) -> LinkUp:
    (event,) = await one.heard()
    assert isinstance(event, LinkUp)
    return event


async def link_lost(one: Linked) -> LinkLost:
    (event,) = await one.heard()
    assert isinstance(event, LinkLost)
    return event


async def test_the_link_is_up_only_after_login_and_full_boot() -> None:
    async with fake_ami() as server:
        server.booted = False
        async with linking(server.port) as one:
            await server.until(lambda: server.count("Ping") >= 2)
            assert not one.link.ready
            assert one.inbox.empty()
            server.session.event("FullyBooted", Uptime="0")
            await link_up(one)
            assert one.link.ready


async def test_a_dropped_link_is_told_once_and_comes_back_by_itself() -> None:
    async with fake_ami() as server, linked(server) as one:
        for _ in range(3):
            server.session.drop()
            await link_lost(one)
            await link_up(one)
            assert one.link.ready


async def test_a_link_that_breaks_in_the_moment_it_comes_up_is_never_left_half_told() -> None:
    async with fake_ami() as server:

        def answer_and_hang_up(session: FakeSession, action: Headers) -> None:
            session.answer(action, CoreStartupDate="2026-11-25", CoreStartupTime="10:00:00")
            session.transport.close()
            if len(server.sessions) == 10:
                del server.answers["CoreStatus"]

        server.answers["CoreStatus"] = answer_and_hang_up
        async with linking(server.port) as one:
            await server.until(lambda: len(server.sessions) > 10)
            told = [type(event) for event in await one.heard(one.inbox.qsize() or 1)]
            while told[-1] is LinkLost or not one.link.ready:
                told += [type(event) for event in await one.heard()]
            assert told == [LinkUp, LinkLost] * (len(told) // 2) + [LinkUp]


async def test_what_was_heard_before_the_link_broke_comes_before_the_news_of_it() -> None:
    async with fake_ami() as server, linked(server) as one:
        server.session.event("Newchannel", Uniqueid="a", Channel="PJSIP/carrier-1")
        server.session.transport.close()
        created, lost = await one.heard(2)
        assert isinstance(created, ChannelCreated)
        assert isinstance(lost, LinkLost)


async def test_tries_that_fail_are_no_news() -> None:
    async with fake_ami() as server, linked(server) as one:
        server.secret = "anders"
        server.session.drop()
        await server.until(lambda: server.count("Login") >= 4)
        server.secret = "geheim"
        await link_lost(one)
        await link_up(one)
        assert one.inbox.empty()


class LeapingClock(WallClock):
    """Every look at it is ten seconds later than the last."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def monotonic(self) -> float:
        self._seconds += 10.0
        return self._seconds


async def test_a_link_that_lasted_is_tried_again_at_once() -> None:
    times = LinkTimes(shortest_pause_seconds=0.01, longest_pause_seconds=9.0)
    inbox: asyncio.Queue[object] = asyncio.Queue()
    async with fake_ami() as server:
        link = AmiLink("127.0.0.1", server.port, "yobikake", "geheim", inbox, LeapingClock(), times=times)
        running = asyncio.create_task(link.run())
        async with asyncio.timeout(5):  # ten growing pauses would need 18 s and more
            for _ in range(10):
                assert isinstance(await inbox.get(), LinkUp)
                server.session.drop()
                assert isinstance(await inbox.get(), LinkLost)
        await link.close()
        await running


async def test_an_asterisk_that_is_not_there_yet_is_found_when_it_comes() -> None:
    async with fake_ami() as server:
        port = server.port
        await server.stop()
        async with linking(port) as one:
            with pytest.raises(SwitchNotReady):
                await one.link.channels_up()
            await server.start(port)
            await link_up(one)


async def test_two_logins_of_one_asterisk_say_the_same_start_and_a_restart_another() -> None:
    async with fake_ami() as server, linking(server.port) as one:
        first = await link_up(one)
        server.session.drop()
        await link_lost(one)
        again = await link_up(one)
        assert first.booted_at is not None
        assert again.booted_at == first.booted_at
        server.session.drop()
        server.started = ("2026-11-25", "10:00:07")
        await link_lost(one)
        restarted = await link_up(one)
        assert restarted.booted_at is not None
        assert abs((restarted.booted_at - first.booted_at).total_seconds()) >= 7


async def test_a_user_who_may_not_ask_when_asterisk_started_still_gets_a_link() -> None:
    async with fake_ami() as server:
        server.answers["CoreStatus"] = lambda session, action: session.answer(
            action, "Error", Message="Permission denied"
        )
        async with linking(server.port) as one:
            up = await link_up(one)
            assert up.booted_at is not None
            assert abs((up.at - up.booted_at).total_seconds() - UPTIME) < 1


async def test_a_silent_asterisk_is_noticed_and_called_lost() -> None:
    """Hazard 10: panoramisk's own ping never looks at the answer."""
    async with fake_ami() as server, linked(server) as one:
        server.silent = True
        lost = await link_lost(one)
        assert "silent" in lost.why
        assert not one.link.ready
        server.silent = False
        await link_up(one)


async def test_an_asterisk_silent_from_the_first_byte_does_not_hold_the_link_for_ever() -> None:
    """Hazard 18: no connect time-out."""
    async with fake_ami() as server:
        server.silent = True
        async with linking(server.port, answer_seconds=0.1) as one:
            await server.until(lambda: len(server.sessions) >= 2)
            server.silent = False
            await link_up(one)


async def test_a_wrong_secret_is_said_once_and_the_link_keeps_trying() -> None:
    """Hazard 11: a failed login raises nothing."""
    with capture_logs() as logs:
        async with fake_ami() as server, linking(server.port, "falsch") as one:
            await server.until(lambda: server.count("Login") >= 3)
            assert not one.link.ready
            assert await one.link.start(LEG) == Refused("the AMI link is down")
            server.secret = "falsch"  # mended
            await link_up(one)
    said = [line for line in logs if "refused" in str(line.get("why"))]
    assert len(said) == 1
    assert "manager.conf" in said[0]["why"]
    assert "falsch" not in str(logs)


async def test_the_secret_is_never_on_the_wire() -> None:
    """Hazard 14: panoramisk sends it in clear."""
    async with fake_ami() as server, linked(server):
        assert b"Username: yobikake" in server.bytes_seen
        assert b"geheim" not in server.bytes_seen


@pytest.mark.parametrize("host", ["100.64.0.1", "ami.example.jp"])
def test_an_asterisk_beyond_the_private_network_needs_tls(host: str) -> None:
    with pytest.raises(ValueError, match="TLS"):
        AmiLink(host, 5038, "yobikake", "geheim", asyncio.Queue(), WallClock())


async def test_before_the_first_connection_orders_are_refused_not_crashed() -> None:
    """Hazard 12: AttributeError on None."""
    link = AmiLink("127.0.0.1", 9, "yobikake", "geheim", asyncio.Queue(), WallClock())
    assert not link.ready
    assert await link.start(LEG) == Refused("the AMI link is down")
    with pytest.raises(SwitchNotReady):
        await link.end("PJSIP/op01-00000001")
    with pytest.raises(SwitchNotReady):
        await link.join("PJSIP/carrier-00000001", "PJSIP/op01-00000001")


async def test_close_ends_a_link_that_waits_to_try_again() -> None:
    """Hazard 13: it reconnected after close()."""
    async with fake_ami() as server:
        before = asyncio.all_tasks()
        async with linked(server, shortest_pause_seconds=30.0, longest_pause_seconds=60.0) as one:
            server.session.drop()
            await link_lost(one)
            await one.link.close()
            await one.running
            assert asyncio.all_tasks() == before
            assert len(server.sessions) == 1


@pytest.mark.parametrize("stage", ["Challenge", "Login", "CoreStatus"])
async def test_close_ends_a_link_in_the_middle_of_its_login(stage: str) -> None:
    async with fake_ami() as server:
        server.answers[stage] = lambda session, action: None
        async with linking(server.port, answer_seconds=60.0) as one:
            await server.until(lambda: server.count(stage) == 1)
            await one.link.close()
            await one.running
            await server.until(lambda: not server.open_sessions)


async def test_a_link_closed_before_it_ran_never_connects() -> None:
    async with fake_ami() as server:
        link = AmiLink("127.0.0.1", server.port, "yobikake", "geheim", asyncio.Queue(), WallClock())
        await link.close()
        await link.run()
        assert not server.sessions


async def test_a_cancelled_link_leaves_no_task_and_no_connection_behind() -> None:
    async with fake_ami() as server:
        before = asyncio.all_tasks()
        async with linked(server) as one:
            one.running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await one.running
            await server.until(lambda: not server.open_sessions)
            assert asyncio.all_tasks() == before
            assert not one.link.ready


def test_the_pause_before_the_next_try_grows_and_stays_within_its_bounds() -> None:
    """Hazard 18: a fixed delay, so that all links knock at once."""
    times = LinkTimes()
    least = list(islice(pauses(times, lambda: 0.0), 20))
    most = list(islice(pauses(times, lambda: 1.0), 20))
    assert least[:4] == pytest.approx([0.1, 0.2, 0.4, 0.8])
    assert most[:4] == pytest.approx([0.2, 0.4, 0.8, 1.6])
    assert most[-1] == times.longest_pause_seconds
    assert min(least) == times.shortest_pause_seconds
