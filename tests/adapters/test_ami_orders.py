"""What is ordered is written once, checked first, and its answer is told for what it is."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from dialer.ami_orders import VARIABLES
from dialer.ami_protocol import UnsafeValue, ami_value
from dialer.core.auto_answer import AUTO_ANSWER
from dialer.core.events import ChannelId, DialEnded, LinkLost, LinkUp
from dialer.ports import Accepted, ChannelUp, Outgoing, Refused, SwitchNotReady, Unknown
from tests.adapters.fake_ami import FakeSession, Headers, fake_ami, linked

ATTEMPT = "5f0c6d0e-6f53-4f0e-9d53-0d6a6b1f0001"
CALL = Outgoing(
    channel=ChannelId(ATTEMPT),
    endpoint="PJSIP/0258001234@carrier",
    context="customer",
    exten="answered",
    caller_id="0258009001",
    timeout_seconds=60.0,
    variables={"ATTEMPT": ATTEMPT, "MEET_WITHIN": "1.5", "RECORD": "yes"},
)
CUSTOMER, OPERATOR = "PJSIP/carrier-0000000e", "PJSIP/op01-0000000d"


async def test_a_call_goes_out_with_our_id_our_number_and_async() -> None:
    """Hazard 9: without Async, panoramisk 1.4 dies of the answer."""
    async with fake_ami() as server, linked(server) as one:
        assert await one.link.start(CALL) == Accepted()
        sent = server.last("Originate")
        assert sent["actionid"] == sent["channelid"] == [ATTEMPT]
        assert sent["channel"] == ["PJSIP/0258001234@carrier"]
        assert (sent["context"], sent["exten"], sent["priority"]) == (["customer"], ["answered"], ["1"])
        assert sent["callerid"] == ["<0258009001>"]
        assert sent["timeout"] == ["60000"]
        assert sent["async"] == ["true"]
        assert sent["variable"] == [f"ATTEMPT={ATTEMPT}", "MEET_WITHIN=1.5", "RECORD=yes"]
        assert "earlymedia" not in sent
        assert one.link.ready


async def test_a_call_is_accepted_at_once_and_its_end_comes_as_an_event() -> None:
    """Hazard 8: the answer came only when somebody had answered, and the event was swallowed."""
    async with fake_ami() as server, linked(server) as one:
        assert await one.link.start(CALL) == Accepted()
        server.session.event("OriginateResponse", ActionID=ATTEMPT, Response="Failure", Reason="3", Uniqueid="<null>")
        (ended,) = await one.heard()
        assert isinstance(ended, DialEnded)
        assert (ended.channel, ended.answered, ended.reason) == (ATTEMPT, False, 3)


async def test_the_end_of_a_call_that_overtakes_the_acknowledgement_is_not_taken_for_it() -> None:
    def refuse_first(session: FakeSession, action: Headers) -> None:
        session.event("OriginateResponse", ActionID=ATTEMPT, Response="Failure", Reason="0")
        session.answer(action, Message="Originate successfully queued")

    async with fake_ami() as server, linked(server) as one:
        server.answers["Originate"] = refuse_first
        assert await one.link.start(CALL) == Accepted()
        assert isinstance(one.inbox.get_nowait(), DialEnded)


async def test_a_link_that_breaks_before_the_answer_leaves_the_call_unknown_and_never_sent_again() -> None:
    """Hazard 1: panoramisk 1.4 dials twice. Hazard 2: and who waits for the answer waits for ever."""
    async with fake_ami() as server, linked(server, answer_seconds=60.0) as one:
        server.answers["Originate"] = lambda session, action: session.drop()
        result = await one.link.start(CALL)
        assert isinstance(result, Unknown)
        lost, up = await one.heard(2)
        assert isinstance(lost, LinkLost)
        assert isinstance(up, LinkUp)
        assert await one.link.channels_up() == []  # the new connection has passed everything on
        assert server.count("Originate") == 1


async def test_a_call_without_an_answer_in_time_is_unknown_and_never_sent_again() -> None:
    async with fake_ami() as server, linked(server, answer_seconds=0.05) as one:
        server.answers["Originate"] = lambda session, action: None
        assert isinstance(await one.link.start(CALL), Unknown)
        server.session.drop()
        await one.heard(2)
        assert await one.link.channels_up() == []
        assert server.count("Originate") == 1


async def test_answers_that_come_too_late_leave_nothing_behind() -> None:
    """Hazard 3: every one of them stayed in panoramisk's table."""
    late: list[Headers] = []
    async with fake_ami() as server, linked(server, answer_seconds=0.05) as one:
        server.answers["Originate"] = lambda session, action: late.append(action)
        calls = [replace(CALL, channel=ChannelId(f"late-{number}")) for number in range(20)]
        results = await asyncio.gather(*(one.link.start(call) for call in calls))
        assert all(isinstance(result, Unknown) for result in results)
        for action in late:
            server.session.answer(action, Message="Originate successfully queued")
        assert await one.link.channels_up() == []
        assert one.link.unanswered == 0


async def test_an_error_means_surely_not_dialled() -> None:
    async with fake_ami() as server, linked(server) as one:
        server.answers["Originate"] = lambda session, action: session.answer(
            action, "Error", Message="Extension does not exist."
        )
        assert await one.link.start(CALL) == Refused("Extension does not exist.")


async def test_the_same_call_started_twice_at_once_is_written_once() -> None:
    async with fake_ami() as server, linked(server) as one:
        first, second = await asyncio.gather(one.link.start(CALL), one.link.start(CALL))
        assert first == Accepted()
        assert isinstance(second, Unknown)
        assert server.count("Originate") == 1


INJECTIONS = ["x\r\n\r\nAction: Originate", "x\nCause: 1", "x\r", "x\0", "x\x1b[2J", "山田", "x\u2028y", "x\x85y"]


@pytest.mark.parametrize("value", INJECTIONS)
def test_a_value_that_could_begin_a_header_of_its_own_is_refused(value: str) -> None:
    """Hazard 7: panoramisk writes it as it is, and Asterisk obeys the second action."""
    with pytest.raises(UnsafeValue) as refused:
        ami_value("Channel", value)
    assert value not in str(refused.value)


BAD_CALLS = {
    "a second action in the number": replace(CALL, endpoint="PJSIP/1@carrier\r\n\r\nAction: Hangup"),
    "a second phone": replace(CALL, endpoint="PJSIP/op01&PJSIP/op02"),
    "a pattern": replace(CALL, endpoint="/^PJSIP/"),
    "no endpoint": replace(CALL, endpoint=""),
    "an expression in the endpoint": replace(CALL, endpoint="PJSIP/${SHELL(id)}@carrier"),
    "a name as the number shown": replace(CALL, caller_id='"City" <0258009001>'),
    "a line break in the context": replace(CALL, context="customer\r\nApplication: System"),
    "a line break in the extension": replace(CALL, exten="answered\r\nX: y"),
    "a line break in the id": replace(CALL, channel=ChannelId("a\r\nb")),
    "an id too long for Asterisk": replace(CALL, channel=ChannelId("a" * 150)),
    "a variable nobody allowed": replace(CALL, variables={"SHELL(id)": "1"}),
    "a second variable in a value": replace(CALL, variables={"ATTEMPT": "a,OPERATOR=PJSIP/op01"}),
    "a path as the attempt": replace(CALL, variables={"ATTEMPT": "../../etc/passwd"}),
    "a line break in a variable": replace(CALL, variables={"RECORD": "yes\r\nX: y"}),
}


@pytest.mark.parametrize("call", BAD_CALLS.values(), ids=BAD_CALLS)
async def test_a_call_with_an_unsafe_part_is_refused_and_nothing_is_written(call: Outgoing) -> None:
    async with fake_ami() as server, linked(server) as one:
        assert isinstance(await one.link.start(call), Refused)
        assert await one.link.channels_up() == []
        assert server.count("Originate") == server.count("Hangup") == 0


async def test_every_allowed_variable_goes_through_with_a_value_of_its_shape() -> None:
    values = {
        "ATTEMPT": ATTEMPT,
        "CITY": "nagaoka",
        "MEET_WITHIN": "1.5",
        "RECORD": "no",
        "EAR": "127.0.0.1:15092",
        "BRIEFING": "city:nagaoka|number:mobile|message:nagaoka/message-0a1b",
        "APOLOGY": "sound/61efc4a8e1797077f9882de6",
        "PLACE": "12",
        "EXPECTED_MINUTES": "",
        "ROOM": "1796030313 34",
        "DIGITS": "0123*#",
        "TO": CUSTOMER,
        "_ATTEMPT": ATTEMPT,
        "_STREAM": "5f0c6d0e-6f53-4f0e-9d53-0d6a6b1f0002",
        "_EAR": "127.0.0.1:15092",
        "_BRIEFING": "",
        "PJSIP_HEADER(add,P-Preferred-Identity)": "<sip:0258009001@127.0.0.1>",
        **AUTO_ANSWER,
    }
    assert values.keys() == VARIABLES.keys()
    async with fake_ami() as server, linked(server) as one:
        assert await one.link.start(replace(CALL, variables=values)) == Accepted()
        assert server.last("Originate")["variable"] == [f"{name}={value}" for name, value in values.items()]


async def test_a_join_names_the_operator_first_and_then_redirects_the_customer() -> None:
    async with fake_ami() as server, linked(server) as one:
        server.received.clear()
        assert await one.link.join(CUSTOMER, OPERATOR)
        named, moved = (one for one in server.received if one["action"] != ["Ping"])
        assert named["action"] == ["Setvar"]
        assert (named["channel"], named["variable"], named["value"]) == ([CUSTOMER], ["OPERATOR"], [OPERATOR])
        assert moved["action"] == ["Redirect"]
        assert (moved["channel"], moved["context"], moved["exten"]) == ([CUSTOMER], ["customer"], ["join"])


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("Setvar", "No such channel"),
        ("Redirect", f"Channel does not exist: {CUSTOMER}"),
        ("Redirect", "Redirect failed, channel not up."),
    ],
)
async def test_a_join_with_a_customer_who_has_gone_is_false_and_no_fault(action: str, message: str) -> None:
    with capture_logs() as logs:
        async with fake_ami() as server, linked(server) as one:
            server.answers[action] = lambda session, sent: session.answer(sent, "Error", Message=message)
            assert not await one.link.join(CUSTOMER, OPERATOR)
    assert not [line for line in logs if line["log_level"] == "error"]


DEPARTMENT = "PJSIP/carrier-0000000f"


async def test_what_is_done_to_a_talk_is_a_redirect_of_one_channel_to_its_place_in_the_dialplan() -> None:
    async with fake_ami() as server, linked(server) as one:
        steps = [
            (one.link.hold(CUSTOMER), CUSTOMER, None, ("customer", "hold")),
            (one.link.consult(DEPARTMENT, OPERATOR), DEPARTMENT, OPERATOR, ("department", "consult")),
            (one.link.part(DEPARTMENT), DEPARTMENT, None, ("department", "answered")),
            (one.link.hand_over(CUSTOMER, DEPARTMENT), CUSTOMER, DEPARTMENT, ("customer", "transfer")),
        ]
        for step, moved, met, place in steps:
            server.received.clear()
            assert await step
            sent = [one for one in server.received if one["action"] != ["Ping"]]
            assert [one["channel"] for one in sent] == [[moved]] * len(sent)
            assert [one["value"] for one in sent if one["action"] == ["Setvar"]] == ([[met]] if met else [])
            redirected = sent[-1]
            assert redirected["action"] == ["Redirect"]
            assert (redirected["context"], redirected["exten"]) == ([place[0]], [place[1]])


@pytest.mark.parametrize(("on", "value"), [(True, "on"), (False, "off")])
async def test_muting_is_a_function_of_the_dialplan_that_needs_no_further_right(on: bool, value: str) -> None:
    async with fake_ami() as server, linked(server) as one:
        assert await one.link.mute(OPERATOR, on=on)
        sent = server.last("Setvar")
        assert (sent["channel"], sent["variable"], sent["value"]) == ([OPERATOR], ["MUTEAUDIO(in)"], [value])


async def test_keys_go_by_a_channel_of_their_own_so_that_no_other_order_waits_for_them() -> None:
    async with fake_ami() as server, linked(server) as one:
        assert await one.link.send_digits(CUSTOMER, "105#")
        sent = server.last("Originate")
        assert (sent["channel"], sent["context"], sent["exten"]) == (["Local/wait@digits/n"], ["digits"], ["send"])
        assert sent["variable"] == ["DIGITS=105#", f"TO={CUSTOMER}"]


async def test_the_tone_of_a_join_goes_to_one_channel_of_that_exact_name() -> None:
    async with fake_ami() as server, linked(server) as one:
        assert await one.link.chime(OPERATOR)
        sent = server.last("Originate")
        assert (sent["channel"], sent["context"], sent["exten"]) == (["Local/wait@chime/n"], ["chime"], ["send"])
        assert sent["variable"] == [f"TO={OPERATOR}"]


@pytest.mark.parametrize("digits", ["", "1,2", "1\r\nX: y", "${SHELL(id)}", "１", "1" * 33, "w1", "A"])
async def test_keys_that_no_telephone_has_are_not_written(digits: str) -> None:
    async with fake_ami() as server, linked(server) as one:
        assert not await one.link.send_digits(CUSTOMER, digits)
        assert await one.link.channels_up() == []
        assert server.count("Originate") == 0


@pytest.mark.parametrize("channel", ["/.*/", "", "PJSIP/carrier-1\r\n\r\nAction: Hangup", "PJSIP/${SHELL(id)}"])
async def test_nothing_is_done_to_a_channel_whose_name_is_none(channel: str) -> None:
    async with fake_ami() as server, linked(server) as one:
        link = one.link
        for step in (
            link.hold(channel),
            link.consult(channel, OPERATOR),
            link.consult(DEPARTMENT, channel),
            link.part(channel),
            link.hand_over(channel, DEPARTMENT),
            link.hand_over(CUSTOMER, channel),
            link.mute(channel, on=True),
            link.chime(channel),
            link.send_digits(channel, "1"),
        ):
            assert not await step
        assert await link.channels_up() == []
        assert [server.count(action) for action in ("Redirect", "Setvar", "Originate")] == [0, 0, 0]


async def test_what_is_done_to_a_channel_that_has_gone_is_false_and_no_fault() -> None:
    with capture_logs() as logs:
        async with fake_ami() as server, linked(server) as one:
            for action in ("Setvar", "Redirect"):
                server.answers[action] = lambda session, sent: session.answer(sent, "Error", Message="No such channel")
            for step in (
                one.link.hold(CUSTOMER),
                one.link.consult(DEPARTMENT, OPERATOR),
                one.link.part(DEPARTMENT),
                one.link.hand_over(CUSTOMER, DEPARTMENT),
                one.link.mute(OPERATOR, on=True),
            ):
                assert not await step
    assert not [line for line in logs if line["log_level"] == "error"]


async def test_a_right_that_is_missing_is_said_in_the_log() -> None:
    with capture_logs() as logs:
        async with fake_ami() as server, linked(server) as one:
            server.answers["Setvar"] = lambda session, sent: session.answer(sent, "Error", Message="Permission denied")
            assert not await one.link.join(CUSTOMER, OPERATOR)
    assert [line["why"] for line in logs if line["log_level"] == "error"] == ["Permission denied"]


async def test_an_end_carries_its_cause_and_is_false_when_the_channel_has_gone() -> None:
    async with fake_ami() as server, linked(server) as one:
        assert await one.link.end(CUSTOMER, 19)
        assert server.last("Hangup")["cause"] == ["19"]
        server.answers["Hangup"] = lambda session, sent: session.answer(sent, "Error", Message="No such channel")
        assert not await one.link.end(CUSTOMER)


@pytest.mark.parametrize("channel", ["/.*/", "", "PJSIP/carrier-1\r\n\r\nAction: Hangup"])
async def test_a_hang_up_reaches_one_channel_or_none(channel: str) -> None:
    """Asterisk reads /.../ as a pattern and ends every call that fits."""
    async with fake_ami() as server, linked(server) as one:
        assert not await one.link.end(channel)
        assert await one.link.channels_up() == []
        assert server.count("Hangup") == 0


async def test_orders_over_a_broken_link_say_that_it_is_broken() -> None:
    async with fake_ami() as server, linked(server, answer_seconds=60.0) as one:
        for action in ("Setvar", "Hangup", "CoreShowChannels"):
            server.answers[action] = lambda session, sent: session.drop()
        for ask in (
            lambda: one.link.join(CUSTOMER, OPERATOR),
            lambda: one.link.hand_over(CUSTOMER, DEPARTMENT),
            lambda: one.link.mute(OPERATOR, on=True),
            lambda: one.link.end(CUSTOMER),
            lambda: one.link.channels_up(),
        ):
            with pytest.raises(SwitchNotReady):
                await ask()
            await one.heard(2)  # lost, and up again


LINE = {
    "Channel": CUSTOMER,
    "ChannelStateDesc": "Up",
    "Application": "Bridge",
    "BridgeId": "bdd28736",
    "Uniqueid": ATTEMPT,
}


def listing(
    *lines: dict[str, str], said: int | None = None, ended: str = "Complete"
) -> Callable[[FakeSession, Headers], None]:
    def answer(session: FakeSession, action: Headers) -> None:
        (action_id,) = action["actionid"]
        session.answer(action, EventList="start", Message="Channels will follow")
        for line in lines:
            session.event("CoreShowChannel", ActionID=action_id, **line)
        count = str(len(lines) if said is None else said)
        session.event("CoreShowChannelsComplete", ActionID=action_id, EventList=ended, ListItems=count)

    return answer


async def test_the_list_of_channels_is_told_line_by_line() -> None:
    async with fake_ami() as server, linked(server) as one:
        waiting = {**LINE, "Uniqueid": "leg", "BridgeId": "", "Application": "Wait"}
        server.answers["CoreShowChannels"] = listing(LINE, waiting)
        assert await one.link.channels_up() == [
            ChannelUp(ChannelId(ATTEMPT), CUSTOMER, "Up", "Bridge", "bdd28736"),
            ChannelUp(ChannelId("leg"), CUSTOMER, "Up", "Wait", None),
        ]


@pytest.mark.parametrize(
    "answer",
    [
        listing(LINE, said=2),
        listing(LINE, ended="cancelled"),
        listing({**LINE, "Uniqueid": ""}),
        lambda session, action: session.answer(action, "Error", Message="Permission denied"),
    ],
    ids=["a line is missing", "cancelled", "a line without its id", "not allowed"],
)
async def test_a_list_that_is_not_whole_is_no_list(answer: Callable[[FakeSession, Headers], None]) -> None:
    """Whoever believed it would call a living call dead. It is told at once, not when the time is over."""
    async with fake_ami() as server, linked(server, answer_seconds=60.0) as one:
        server.answers["CoreShowChannels"] = answer
        async with asyncio.timeout(5):
            with pytest.raises(SwitchNotReady):
                await one.link.channels_up()
        assert one.link.ready
