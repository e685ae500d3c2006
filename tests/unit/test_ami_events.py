"""AMI messages as the real Asterisk 22 sends them, trimmed to what decides, and the events they are."""

from datetime import UTC, datetime, timedelta

import pytest
from panoramisk.message import Message as PanoramiskMessage

from dialer.ami_events import Garbled, channel_event, channel_up, happened_at, started_at, text
from dialer.core import ear_events as ear
from dialer.core import events as heard
from dialer.core.call import folded
from dialer.core.events import ChannelEvent, ChannelId
from dialer.core.outcomes import RingRules, judge
from dialer.core.values import Outcome
from dialer.ports import ChannelUp

CALL = ChannelId("5f0c6d0e-6f53-4f0e-9d53-0d6a6b1f0001")
LEG = ChannelId("5f0c6d0e-6f53-4f0e-9d53-0d6a6b1f0002")
HEARD_AT = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)
FIRST = 1795568900.0  # the moment of at_ms 0, in Asterisk's own stamps
RULES = RingRules(
    min_ring=timedelta(seconds=35), meet_within=timedelta(seconds=1.5), shortest_talk=timedelta(seconds=0.5)
)

NAMES = {CALL: "PJSIP/carrier-0000000e", LEG: "PJSIP/op01-0000000d"}
WHO = {"call": CALL, "leg": LEG}


def events(table: str) -> list[ChannelEvent]:
    """Rows `at_ms | who | event | headers`, as captured; who fills Uniqueid and Channel as Asterisk does."""
    rows = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    assert rows[0] == ["at_ms", "who", "event", "headers"]
    translated = [channel_event(_message(*row), HEARD_AT) for row in rows[1:]]
    return [event for event in translated if event is not None]


def _message(at_ms: str, who: str, event: str, headers: str) -> PanoramiskMessage:
    channel = WHO[who]
    message = {"Event": event, "Timestamp": f"{FIRST + int(at_ms) / 1000:.6f}"}
    match event:
        case "DialState":
            message["DestUniqueid"] = channel
        case "OriginateResponse":
            message |= {"ActionID": channel, "Uniqueid": channel}
        case _:
            message |= {"Uniqueid": channel, "Channel": NAMES[channel]}
    message |= dict(pair.split("=") for pair in headers.split())
    return PanoramiskMessage(message)


def at(at_ms: int) -> datetime:
    return datetime.fromtimestamp(FIRST + at_ms / 1000, UTC)


# captured with Asterisk 22.10.1, the far end a SIP peer on loopback

ANNOUNCED_NOT_IN_USE = """
at_ms | who  | event             | headers
1     | call | Newchannel        | ChannelStateDesc=Down
103   | call | DialState         | DialStatus=PROGRESS
604   | call | HangupRequest     | Cause=1 TechCause=404
604   | call | OriginateResponse | Response=Failure Reason=0
605   | call | Hangup            | Cause=1 TechCause=404
"""

BUSY = """
at_ms | who  | event             | headers
1     | call | Newchannel        | ChannelStateDesc=Down
104   | call | HangupRequest     | Cause=17 TechCause=486
104   | call | Hangup            | Cause=17 TechCause=486
104   | call | OriginateResponse | Response=Failure Reason=0
"""

DECLINED = """
at_ms | who  | event             | headers
1     | call | Newchannel        | ChannelStateDesc=Down
103   | call | DialState         | DialStatus=RINGING
103   | call | Newstate          | ChannelStateDesc=Ringing
304   | call | HangupRequest     | Cause=21 TechCause=603
304   | call | OriginateResponse | Response=Failure Reason=0
304   | call | Hangup            | Cause=21 TechCause=603
"""

CONGESTED = """
at_ms | who  | event             | headers
0     | call | Newchannel        | ChannelStateDesc=Down
104   | call | HangupRequest     | Cause=34 TechCause=503
104   | call | OriginateResponse | Response=Failure Reason=0
104   | call | Hangup            | Cause=34 TechCause=503
"""

TALKED = """
at_ms | who  | event             | headers
1     | call | Newchannel        | ChannelStateDesc=Down
202   | call | DialState         | DialStatus=RINGING
202   | call | Newstate          | ChannelStateDesc=Ringing
504   | call | Newstate          | ChannelStateDesc=Up
504   | call | OriginateResponse | Response=Success Reason=4
506   | leg  | BridgeLeave       | BridgeUniqueid=idle BridgeType=base BridgeNumChannels=1
506   | leg  | BridgeEnter       | BridgeUniqueid=talk BridgeType=basic BridgeNumChannels=1
506   | call | BridgeEnter       | BridgeUniqueid=talk BridgeType=basic BridgeNumChannels=2
1505  | call | HangupRequest     | ChannelStateDesc=Up
1505  | call | BridgeLeave       | BridgeUniqueid=talk BridgeType=basic BridgeNumChannels=1
1505  | leg  | BridgeLeave       | BridgeUniqueid=talk BridgeType=basic BridgeNumChannels=0
1505  | leg  | UserEvent         | UserEvent=OperatorWaiting
1506  | leg  | BridgeEnter       | BridgeUniqueid=idle BridgeType=base BridgeNumChannels=2
1506  | call | Hangup            | Cause=16
"""

HELD_AND_HANDED_OVER_IN_VAIN = """
at_ms | who  | event             | headers
1     | call | Newchannel        | ChannelStateDesc=Down
304   | call | Newstate          | ChannelStateDesc=Up
306   | leg  | BridgeEnter       | BridgeUniqueid=talk BridgeType=basic BridgeNumChannels=1
306   | call | BridgeEnter       | BridgeUniqueid=talk BridgeType=basic BridgeNumChannels=2
4001  | call | BridgeLeave       | BridgeUniqueid=talk BridgeType=basic BridgeNumChannels=1
4002  | call | UserEvent         | UserEvent=Held
9001  | call | UserEvent         | UserEvent=TransferMissed Result=NONEXISTENT
9001  | call | UserEvent         | UserEvent=Held
9500  | leg  | BridgeEnter       | BridgeUniqueid=again BridgeType=basic BridgeNumChannels=1
9502  | call | BridgeEnter       | BridgeUniqueid=again BridgeType=basic BridgeNumChannels=2
20000 | call | Hangup            | Cause=16
"""

HUNG_UP_AT_ONCE = """
at_ms | who  | event             | headers
2     | call | Newchannel        | ChannelStateDesc=Down
3     | call | Newstate          | ChannelStateDesc=Up
3     | call | OriginateResponse | Response=Success Reason=4
204   | call | HangupRequest     | ChannelStateDesc=Up
204   | call | Hangup            | Cause=0
"""

MET_NOBODY = """
at_ms | who  | event             | headers
1     | call | Newchannel        | ChannelStateDesc=Down
202   | call | Newstate          | ChannelStateDesc=Ringing
504   | call | Newstate          | ChannelStateDesc=Up
504   | call | OriginateResponse | Response=Success Reason=4
2007  | call | UserEvent         | UserEvent=ApologyPlayed Complete=yes
2008  | call | Hangup            | Cause=16
"""


@pytest.mark.parametrize(
    ("table", "outcome"),
    [
        (ANNOUNCED_NOT_IN_USE, Outcome.NOT_IN_USE),
        (BUSY, Outcome.BUSY),
        (DECLINED, Outcome.REJECTED),
        (CONGESTED, Outcome.NETWORK_ERROR),
        (TALKED, Outcome.TALKED),
        (HELD_AND_HANDED_OVER_IN_VAIN, Outcome.TALKED),
        (HUNG_UP_AT_ONCE, Outcome.HUNG_UP_EARLY),
        (MET_NOBODY, Outcome.ABANDONED),
    ],
)
def test_a_call_as_asterisk_tells_it_comes_to_its_outcome(table: str, outcome: Outcome) -> None:
    call = folded(event for event in events(table) if event.channel == CALL)
    assert judge(call, RULES).outcome is outcome


def test_a_talk_is_told_in_full() -> None:
    assert events(TALKED) == [
        heard.ChannelCreated(CALL, at(1), NAMES[CALL]),
        heard.RingingStarted(CALL, at(202)),
        heard.RingingStarted(CALL, at(202)),
        heard.Answered(CALL, at(504)),
        heard.DialEnded(CALL, at(504), True, 4),
        heard.BridgeLeft(LEG, at(506), "idle"),
        heard.BridgeEntered(LEG, at(506), "talk", 1),
        heard.BridgeEntered(CALL, at(506), "talk", 2),
        heard.FarEndHungUp(CALL, at(1505)),
        heard.BridgeLeft(CALL, at(1505), "talk"),
        heard.BridgeLeft(LEG, at(1505), "talk"),
        heard.OperatorWaiting(LEG, at(1505)),
        heard.BridgeEntered(LEG, at(1506), "idle", 2),
        heard.HungUp(CALL, at(1506), 16, None),
    ]


@pytest.mark.parametrize(
    ("event", "headers", "expected"),
    [
        ("Newstate", "ChannelStateDesc=Ring", None),
        ("Newstate", "ChannelStateDesc=Down", None),
        ("DialState", "DialStatus=PROCEEDING", None),
        ("DialState", "DialStatus=PROGRESS", heard.Progressed(CALL, at(0))),
        ("UserEvent", "UserEvent=JoinEnded Result=NONEXISTENT", heard.JoinEnded(CALL, at(0), "NONEXISTENT")),
        ("UserEvent", "UserEvent=ApologyPlayed Complete=no", heard.ApologyPlayed(CALL, at(0), False)),
        ("UserEvent", "UserEvent=SomethingElse", None),
        (
            "UserEvent",
            "UserEvent=EarHeard What=voicemail DecidedMs=1480 Announcement= Early=no Why=%E7%95%99%E5%AE%88 Figures={}",
            ear.EarHeard(CALL, at(0), "voicemail", 1480, reason="留守", figures="{}"),
        ),
        (
            "UserEvent",
            "UserEvent=EarHeard What=announcement DecidedMs=3000 Announcement=unpaid Early=yes",
            ear.EarHeard(CALL, at(0), "announcement", 3000, "unpaid", early=True),
        ),
        ("UserEvent", "UserEvent=DictationEmpty", heard.DictationEnded(CALL, at(0), "DictationEmpty")),
        ("UserEvent", "UserEvent=EarListensOn", ear.EarListensOn(CALL, at(0))),
        ("UserEvent", "UserEvent=ToneHeard", ear.ToneHeard(CALL, at(0))),
        ("UserEvent", "UserEvent=MessageStarted AfterTone=yes", ear.MessageStarted(CALL, at(0), True)),
        ("UserEvent", "UserEvent=MessageEnded Complete=no", ear.MessageEnded(CALL, at(0), False)),
        ("UserEvent", "UserEvent=PersonCame", ear.PersonCame(CALL, at(0))),
        ("UserEvent", "UserEvent=EarEnded Result=FAILED", ear.EarEnded(CALL, at(0), "FAILED")),
        (
            "UserEvent",
            f"UserEvent=EarBriefing Stream=s Attempt={CALL} Order=early Briefing=city:nagaoka",
            ear.EarBriefed(CALL, at(0), "s", "early", "city:nagaoka"),
        ),
        ("Newexten", "Application=Wait", None),
        ("OriginateResponse", "Response=Failure Reason=3", heard.DialEnded(CALL, at(0), False, 3)),
    ],
)
def test_each_message_is_one_event_or_none(event: str, headers: str, expected: ChannelEvent | None) -> None:
    assert channel_event(_message("0", "call", event, headers), HEARD_AT) == expected


def test_an_order_that_made_no_channel_is_known_by_its_action_id() -> None:
    message = {
        "Event": "OriginateResponse",
        "ActionID": CALL,
        "Uniqueid": "<null>",
        "Response": "Failure",
        "Reason": "0",
    }
    assert channel_event(message, HEARD_AT) == heard.DialEnded(CALL, HEARD_AT, False, 0)


@pytest.mark.parametrize(
    ("tech_cause", "code"),
    [("404", 404), ("SIP 404", 404), ("SIP 486 Busy Here", 486), ("", None), ("0", None), ("Q.850 16", None)],
)
def test_the_sip_code_is_read_in_every_way_it_is_written(tech_cause: str, code: int | None) -> None:
    message = {"Event": "Hangup", "Uniqueid": CALL, "Cause": "1", "TechCause": tech_cause}
    assert channel_event(message, HEARD_AT) == heard.HungUp(CALL, HEARD_AT, 1, code)


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("1795568900.312698", datetime.fromtimestamp(1795568900.312698, UTC)),
        ("", HEARD_AT),
        ("nan", HEARD_AT),
        ("inf", HEARD_AT),
        ("1e300", HEARD_AT),
        ("yesterday", HEARD_AT),
    ],
)
def test_the_moment_is_asterisks_own_or_when_it_was_heard(stamp: str, expected: datetime) -> None:
    assert happened_at({"Timestamp": stamp}, HEARD_AT) == expected


@pytest.mark.parametrize("event", ["Newchannel", "Newstate", "DialState", "HangupRequest", "Hangup", "BridgeEnter"])
def test_a_message_without_its_channel_is_an_error_not_an_empty_channel(event: str) -> None:
    """Hazard 16: panoramisk answers '' for a header that is not there."""
    message = PanoramiskMessage({"Event": event, "ChannelStateDesc": "Up", "DialStatus": "RINGING", "Cause": "16"})
    with pytest.raises(Garbled, match=event):
        channel_event(message, HEARD_AT)


def test_headers_named_like_methods_and_headers_sent_twice_are_read_as_values() -> None:
    message = PanoramiskMessage.from_line("Event: X\r\nItems: 3\r\nKeys: k\r\nGet: g\r\nTwice: one\r\nTwice: two")
    assert [text(message, header) for header in ("Items", "keys", "GET", "Twice", "Absent")] == [
        "3",
        "k",
        "g",
        "one",
        "",
    ]


def test_a_channel_in_the_list_is_told_with_its_bridge() -> None:
    line = {
        "Event": "CoreShowChannel",
        "Channel": NAMES[LEG],
        "ChannelStateDesc": "Up",
        "Uniqueid": LEG,
        "Application": "BridgeWait",
        "BridgeId": "",
    }
    assert channel_up(line) == ChannelUp(LEG, NAMES[LEG], "Up", "BridgeWait", None)


STATUS = {"CoreStartupDate": "2026-11-25", "CoreStartupTime": "10:07:23"}


@pytest.mark.parametrize(
    ("hours_ahead", "started"),
    [(9, "01:07:23"), (0, "10:07:23"), (-5, "15:07:23"), (5.75, "04:22:23")],
)
def test_the_start_is_the_same_instant_whatever_zone_asterisk_lives_in(hours_ahead: float, started: str) -> None:
    truth = datetime(2026, 11, 25, 10, 7, 23, tzinfo=UTC) - timedelta(hours=hours_ahead)
    assert truth.strftime("%H:%M:%S") == started
    for age, uptime in ((0.2, 0), (0.999, 0), (59.9, 59), (86400.4, 86400)):
        assert started_at(STATUS, uptime, truth + timedelta(seconds=age)) == truth


def test_without_rights_to_ask_the_start_is_told_by_the_up_time() -> None:
    assert started_at({"Message": "Permission denied"}, 60, HEARD_AT) == HEARD_AT - timedelta(seconds=60)
    assert started_at({}, None, HEARD_AT) is None
    assert started_at(STATUS, None, HEARD_AT) is None


def test_a_person_waits_from_the_first_music_until_the_next_bridge() -> None:
    told = events(HELD_AND_HANDED_OVER_IN_VAIN)
    assert heard.TransferMissed(CALL, at(9001), "NONEXISTENT") in told
    assert folded(one for one in told if one.channel == CALL).holding.waited == timedelta(seconds=5.5)
