"""People who call: our dialplan on the real Asterisk, with the server for callers and without it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agi.ports import Recognised
from agi.scripts.guide import AGAIN, BACK, MOST_STEPS
from dialer.config import AsteriskNode, Callers, Settings, Trunk, load_settings
from dialer.core.callers import LAST, Route
from dialer.core.city import InboundRules, Overflow
from dialer.core.events import (
    Answered,
    BridgeEntered,
    CallerArrived,
    CallerOverflows,
    CallerTold,
    CallerWaits,
    CallerWished,
    ChannelCreated,
    ChannelId,
    HungUp,
    OperatorWaiting,
)
from dialer.core.messages import MessagePurpose
from dialer.core.values import CallId, CaseId, PhoneNumber
from dialer.ports import Accepted, Outgoing
from dialer.profiles import load_city
from simnet.call import Call
from simnet.callers import Caller
from simnet.ports import quiet_port
from simnet.strange import LEGAL
from tests.caller_days import put_days
from tests.caller_rig import Hall, Street, street
from tests.caller_sounds import place_sounds, sound_of
from tests.places import LIB
from tests.sim.facing import SPEECH
from tests.waiting import until

pytestmark = pytest.mark.asterisk

OPEN = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)  # a Wednesday at noon, in every city's hours
NIGHT = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
CALLER, TESTER = "0258001000", "0258001777"
NUMBERS = {"nagaoka": "0258009001", "saitama": "0258009029"}
LEG = ChannelId("leg-of-op01")
GREETING = sound_of(MessagePurpose.WAITING)


@asynccontextmanager
async def called(folder: Path, city: str) -> AsyncIterator[tuple[Hall, Street]]:
    node = AsteriskNode(
        sip_port=quiet_port(), ami_port=quiet_port(), http_port=quiet_port(), rtp_from=24000, rtp_to=24200
    )
    settings = load_settings(
        state_dir=folder,
        lib_dir=LIB,
        city=city,
        nodes=(node,),
        operator_phones=1,
        trunk=Trunk(port=quiet_port()),
        callers=Callers(port=quiet_port(), test_numbers=(TESTER,)),
    )
    place_sounds(settings.prompts, load_city(city))
    async with street(settings, folder, SPEECH) as outside:
        yield Hall(settings, now=OPEN), outside


@pytest.fixture
async def nagaoka(tmp_path: Path) -> AsyncIterator[tuple[Hall, Street]]:
    async with called(tmp_path, "nagaoka") as both:
        yield both


@pytest.fixture
async def saitama(tmp_path: Path) -> AsyncIterator[tuple[Hall, Street]]:
    async with called(tmp_path, "saitama") as both:
        yield both


def today(settings: Settings, lines: str, number: str = NUMBERS["nagaoka"]) -> None:
    put_days(settings.caller_files, number, lines)


async def test_a_caller_in_the_hours_is_written_down_greeted_and_waits_with_music(
    nagaoka: tuple[Hall, Street],
) -> None:
    hall, outside = nagaoka
    with hall.open():
        outside.network.call(CALLER, NUMBERS["nagaoka"], speaks=False, seconds=60)
        arrived = await outside.arrived()
        assert (arrived.dialled, arrived.group, arrived.rank, arrived.route) == ("0258009001", "tax", LAST, "waiting")
        row = hall.store.arrivals[CallId(arrived.channel)]
        assert (row.number, row.route, row.is_test) == (CALLER, Route.WAITING, False)
        await outside.heard.first(CallerWaits, arrived.channel)
        await until(lambda: hall.played.sounds == [GREETING, "hold"])
        await outside.set_variable(arrived.name, "PLACE", "3")
        await outside.set_variable(arrived.name, "EXPECTED_MINUTES", "12")
        await until(lambda: hall.played.sounds[-1] == sound_of(MessagePurpose.EXPECTED, "15"))
        assert hall.played.sounds[-2] == sound_of(MessagePurpose.PLACE, "3")


async def test_outside_the_hours_the_notice_is_heard_to_its_end(nagaoka: tuple[Hall, Street]) -> None:
    hall, outside = nagaoka
    hall.now = NIGHT
    with hall.open():
        outside.network.call(TESTER, NUMBERS["nagaoka"], speaks=False, seconds=60)
        arrived = await outside.arrived()
        assert arrived.route == "closed"
        assert (await outside.heard.first(HungUp, arrived.channel)).cause == 16
        await outside.heard.first(CallerTold, arrived.channel)
        assert hall.store.arrivals[CallId(arrived.channel)].is_test


async def test_a_number_that_nobody_has_set_up_is_refused_and_counted(nagaoka: tuple[Hall, Street]) -> None:
    hall, outside = nagaoka
    with hall.open():
        call = outside.network.call(CALLER, "0258009999", speaks=False, seconds=60)
        arrived = await outside.arrived()
        assert arrived.route == "not_ours"
        await outside.heard.first(HungUp, arrived.channel)
        await until(lambda: call.ended_at is not None)
        assert call.final_code == 404
        assert not [one for one in outside.heard.items if isinstance(one, Answered)]


async def test_the_menu_is_played_keys_are_followed_and_counted(saitama: tuple[Hall, Street]) -> None:
    hall, outside = saitama
    hall.now = NIGHT
    with hall.open():
        call = outside.network.call(CALLER, NUMBERS["saitama"], speaks=False, seconds=60)
        arrived = await outside.arrived()
        assert (arrived.group, arrived.route) == ("tax", "guide")
        await until(lambda: sound_of(MessagePurpose.MENU_1) in hall.played.sounds)
        await outside.press(call, "3")
        await until(lambda: sound_of(MessagePurpose.ITEM_3) in hall.played.sounds)
        await outside.heard.first(HungUp, arrived.channel)
        assert hall.played.sounds[-1] == sound_of(MessagePurpose.GUIDE_END)
        await until(lambda: len(hall.store.notes) >= 3)
        assert hall.store.notes[0] == (CallId(arrived.channel), "menu_chose", {"item": "3"})


async def test_two_hundred_keys_at_once_in_the_menu_are_followed_in_their_order_and_end_the_call_in_peace(
    saitama: tuple[Hall, Street],
) -> None:
    hall, outside = saitama
    hall.now = NIGHT
    pressed = ("1#2*39456#" * 20)[:200]
    with hall.open() as server:
        call = outside.network.call(CALLER, NUMBERS["saitama"], speaks=False, seconds=60)
        arrived = await outside.arrived()
        await until(lambda: bool(hall.played.sounds))
        async with storm(outside, call, pressed):
            await until(lambda: call.ended_at is not None, 30)
        await outside.heard.first(HungUp, arrived.channel)
        await until(lambda: not server.open_sessions)
        assert (server.failed, server.refused) == (0, 0)
        assert hall.played.sounds[-1] == sound_of(MessagePurpose.GUIDE_END)
        assert list(hall.store.arrivals) == [CallId(arrived.channel)]
        assert {call for call, _, _ in hall.store.notes} == {CallId(arrived.channel)}
        followed = [_key_of(kind, detail) for _, kind, detail in hall.store.notes]
        assert 20 < len(followed) <= MOST_STEPS
        rest = iter(pressed)
        assert all(key in rest for key in followed if key), "a key that nobody pressed, or in another order"
        assert await outside.link.channels_up() == []


def _key_of(kind: str, detail: Mapping[str, str]) -> str | None:
    """Which key has led to this; None: it was that none was pressed."""
    return detail.get("item") or detail.get("key") or {"menu_again": AGAIN, "menu_back": BACK}.get(kind)


async def test_two_hundred_keys_at_once_in_the_line_change_nothing(nagaoka: tuple[Hall, Street]) -> None:
    hall, outside = nagaoka
    hall.inbound = InboundRules(overflow_after_seconds=0.0)
    hall.store.known[PhoneNumber(CALLER)] = Recognised(case=CaseId(7), person=3, matches=1)
    with hall.open() as server:
        call = outside.network.call(CALLER, NUMBERS["nagaoka"], speaks=False, seconds=60)
        arrived = await outside.arrived()
        await until(lambda: sound_of(MessagePurpose.OFFER) in hall.played.sounds)
        async with storm(outside, call, "4567890*#2" * 20) as pressing:
            await pressing
        await until(lambda: hall.played.sounds[-1] == "hold")
        assert arrived.channel in {up.channel for up in await outside.link.channels_up()}
        assert (server.failed, hall.store.wishes, len(hall.store.arrivals)) == (0, {}, 1)
        assert [one for one in outside.heard.items if isinstance(one, CallerWished | HungUp)] == []


@asynccontextmanager
async def storm(outside: Street, call: Call, keys: str) -> AsyncIterator["asyncio.Task[None]"]:
    """As fast as a telephone can: each key for one packet of the voice."""
    pressing = asyncio.create_task(outside.network.place.line(call).press(keys, 0.04, 0.02))
    try:
        yield pressing
    finally:
        pressing.cancel()
        await asyncio.gather(pressing, return_exceptions=True)


async def test_without_the_server_the_dialplan_greets_waits_and_ends_alone(nagaoka: tuple[Hall, Street]) -> None:
    hall, outside = nagaoka
    today(hall.settings, "0000,waiting,nagaoka,tax,5,0,3,,,,.\n")
    outside.network.call(CALLER, NUMBERS["nagaoka"], speaks=False, seconds=60)
    arrived = await outside.arrived()
    assert (arrived.dialled, arrived.group, arrived.rank, arrived.route) == ("0258009001", "tax", LAST, "waiting")
    await outside.heard.first(CallerWaits, arrived.channel)
    await outside.heard.first(CallerTold, arrived.channel)
    assert (await outside.heard.first(HungUp, arrived.channel)).cause == 16


@pytest.mark.parametrize(
    ("lines", "number", "route", "code"),
    [
        ("0000,closed,nagaoka,tax,5,1,900,sound/closed-none,,,.\n", "0258009001", "closed", 200),
        ("0000,waiting,nagaoka,tax,0,1,900,,,sound/full,.\n", "0258009001", "full", 200),
        ("0000,waiting,nagaoka,tax,0,1,900,,,,.\n", "0258009001", "full", 486),
        (None, "0258009001", "not_ours", 404),
        ("", "0258009001", "closed", 200),
    ],
)
async def test_alone_the_dialplan_goes_by_its_files(
    nagaoka: tuple[Hall, Street], lines: str | None, number: str, route: str, code: int
) -> None:
    hall, outside = nagaoka
    if lines is not None:
        today(hall.settings, lines)
    call = outside.network.call(CALLER, number, speaks=False, seconds=60)
    arrived = await outside.arrived()
    assert (arrived.dialled, arrived.route) == ("0258009001", route)
    await outside.heard.first(HungUp, arrived.channel)
    await until(lambda: call.ended_at is not None)
    assert call.final_code == code
    told = [one for one in outside.heard.items if isinstance(one, CallerTold)]
    assert len(told) == (code == 200)


async def test_a_server_that_dies_leaves_the_caller_waiting_and_the_next_one_goes_on(
    nagaoka: tuple[Hall, Street],
) -> None:
    hall, outside = nagaoka
    with hall.open() as server:
        outside.network.call(CALLER, NUMBERS["nagaoka"], speaks=False, seconds=60)
        arrived = await outside.arrived()
        await until(lambda: "hold" in hall.played.sounds)
        server.break_off()
    await until(lambda: not server.open_sessions)
    hall.played.sounds.clear()
    with hall.open():
        await until(lambda: "hold" in hall.played.sounds)
        assert GREETING not in hall.played.sounds
        assert len([one for one in outside.heard.items if isinstance(one, CallerArrived)]) == 1
        assert arrived.channel in {up.channel for up in await outside.link.channels_up()}


async def test_a_call_back_is_asked_for_confirmed_and_written_with_keys(nagaoka: tuple[Hall, Street]) -> None:
    hall, outside = nagaoka
    hall.inbound = InboundRules(overflow_after_seconds=0.0)
    hall.store.known[PhoneNumber(CALLER)] = Recognised(case=CaseId(7), person=3, matches=1)
    with hall.open():
        call = outside.network.call(CALLER, NUMBERS["nagaoka"], speaks=False, seconds=60)
        arrived = await outside.arrived()
        await until(lambda: "hold" in hall.played.sounds)
        assert sound_of(MessagePurpose.OFFER) in hall.played.sounds
        await outside.press(call, "1")
        await until(lambda: sound_of(MessagePurpose.WISH_NUMBER, "after") in hall.played.sounds)
        await outside.press(call, "1")
        await outside.heard.first(CallerWished, arrived.channel)
        assert (await outside.heard.first(HungUp, arrived.channel)).cause == 16
    assert hall.store.wishes == {CallId(arrived.channel): PhoneNumber(CALLER)}
    digits = [sound_of(MessagePurpose.WISH_NUMBER, digit) for digit in CALLER]
    began = hall.played.sounds.index(sound_of(MessagePurpose.WISH_NUMBER, "before")) + 1
    assert hall.played.sounds[began : began + len(digits)] == digits
    assert hall.played.sounds[-1] == sound_of(MessagePurpose.WISHED)


async def test_who_overflows_is_told_so_and_the_engine_too_and_the_music_goes_on(nagaoka: tuple[Hall, Street]) -> None:
    hall, outside = nagaoka
    department = load_city("nagaoka").departments[0].key
    hall.inbound = InboundRules(overflow=Overflow.TRANSFER, overflow_to=department, overflow_after_seconds=0.0)
    with hall.open():
        outside.network.call(CALLER, NUMBERS["nagaoka"], speaks=False, seconds=60)
        arrived = await outside.arrived()
        await outside.heard.first(CallerOverflows, arrived.channel)
        await until(lambda: hall.played.sounds[-2:] == [sound_of(MessagePurpose.TRANSFER), "hold"])


async def test_a_burst_gets_as_many_places_as_there_are_and_a_place_is_free_again_when_somebody_leaves_the_line(
    nagaoka: tuple[Hall, Street],
) -> None:
    hall, outside = nagaoka
    hall.inbound = InboundRules(places=4, ring_seconds=0.0, full_is_told=False)
    with hall.open():
        calls = [
            outside.network.call(f"02580010{place:02d}", NUMBERS["nagaoka"], speaks=False, seconds=60)
            for place in range(16)
        ]
        await until(lambda: sum(call.ended_at is not None for call in calls) == 12)
        assert {call.final_code for call in calls if call.ended_at is not None} == {486}
        assert len(hall.store.arrivals) == 16
        routes = [row.route for row in hall.store.arrivals.values()]
        assert (routes.count(Route.WAITING), routes.count(Route.FULL)) == (4, 12)
        # an operator takes one of them: whoever is talking does not wait
        waiting = [one for one in outside.heard.items if isinstance(one, CallerArrived) and one.route == "waiting"]
        assert await outside.link.start(Outgoing(LEG, "Local/wait@digits/n", "operator", "wait", None, 10.0)) == (
            Accepted()
        )
        await outside.heard.first(OperatorWaiting, LEG)
        operator = (await outside.heard.first(ChannelCreated, LEG)).name
        await outside.heard.first(CallerWaits, waiting[0].channel)
        assert await outside.link.join(waiting[0].name, operator)
        await outside.heard.first(BridgeEntered, waiting[0].channel)
        one_more = outside.network.call("0258001099", NUMBERS["nagaoka"], speaks=False, seconds=60)
        await until(lambda: one_more.answered_at is not None)
        assert [row.route for row in hall.store.arrivals.values()][-1] is Route.WAITING


@pytest.mark.parametrize(
    ("seconds", "waiting"),
    [(60, 5), pytest.param(-1, 2, id="it is long ago that it said anything")],
)
async def test_whom_an_operator_can_take_needs_no_place_as_long_as_the_engine_says_so(
    nagaoka: tuple[Hall, Street], seconds: int, waiting: int
) -> None:
    hall, outside = nagaoka
    hall.inbound = InboundRules(places=2, ring_seconds=0.0, full_is_told=False)
    assert await outside.link.tell_room(3, datetime.now(UTC) + timedelta(seconds=seconds))
    with hall.open():
        calls = [
            outside.network.call(f"02580010{place:02d}", NUMBERS["nagaoka"], speaks=False, seconds=60)
            for place in range(8)
        ]
        await until(lambda: sum(call.ended_at is not None for call in calls) == 8 - waiting)
        routes = [row.route for row in hall.store.arrivals.values()]
        assert (routes.count(Route.WAITING), routes.count(Route.FULL)) == (waiting, 8 - waiting)


async def test_strange_callers_are_taken_like_anybody_and_their_names_go_nowhere(nagaoka: tuple[Hall, Street]) -> None:
    hall, outside = nagaoka
    hall.now = NIGHT
    with hall.open() as server:
        crowd = [Caller(NUMBERS["nagaoka"], shows) for shows in LEGAL.values()]
        records = [await outside.network.until_ended(call) for call in [outside.network.start(one) for one in crowd]]
        assert {record.final_code for record in records} == {200}
        assert len(hall.store.arrivals) == len(crowd)
        assert server.failed == 0
        written = outside.instance.log_file.read_text("utf-8", "replace")
        assert "0258001903" not in written
    given = [row.number for row in hall.store.arrivals.values() if row.number is not None]
    assert set(given) >= {"0258001903", "0258001904", "0258001905"}
    assert all(number.isdigit() and len(number) in (10, 11) for number in given)
    assert "0258001901" not in given  # did not want to be known to us
