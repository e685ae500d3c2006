"""AMI messages as events of our own: a pure translation, one function for each kind of message.

Garbled    a message lacks what its kind always carries, or carries what it never should
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from dialer.core.channel_ids import channel_id
from dialer.core.dictation import Ending
from dialer.core.ear_events import (
    EarBriefed,
    EarEnded,
    EarHeard,
    EarListensOn,
    MessageEnded,
    MessageStarted,
    PersonCame,
    ToneHeard,
)
from dialer.core.events import (
    Answered,
    ApologyPlayed,
    BridgeEntered,
    BridgeLeft,
    CallerArrived,
    CallerOverflows,
    CallerTold,
    CallerWaits,
    CallerWished,
    ChannelCreated,
    ChannelEvent,
    ChannelId,
    DialEnded,
    DictationEnded,
    FarEndHungUp,
    Held,
    HungUp,
    JoinEnded,
    OperatorWaiting,
    Progressed,
    RingingStarted,
    TransferMissed,
)
from dialer.ports import ChannelUp

Message = Mapping[str, object]
"""Header to value; a header that was sent several times has a list."""

QUARTER_HOUR = timedelta(minutes=15)


class Garbled(ValueError):
    """Names the header, never its value: values may be telephone numbers."""


def channel_event(message: Message, heard_at: datetime) -> ChannelEvent | None:
    """None for a message that says nothing about a call. `heard_at` serves where Asterisk gave no time."""
    translate = TRANSLATIONS.get(text(message, "Event"))
    return translate(message, happened_at(message, heard_at)) if translate else None


def happened_at(message: Message, heard_at: datetime) -> datetime:
    """Asterisk's own time of the event (`timestampevents=yes`), else the time it was heard."""
    try:
        return datetime.fromtimestamp(float(text(message, "Timestamp")), UTC)
    except (ValueError, OverflowError):
        return heard_at


def channel_up(message: Message) -> ChannelUp:
    """One CoreShowChannel line."""
    return ChannelUp(
        channel=_channel(message),
        name=_needed(message, "Channel"),
        state=text(message, "ChannelStateDesc"),
        application=text(message, "Application"),
        bridge=text(message, "BridgeId") or None,
        context=text(message, "Context"),
    )


def started_at(status: Message, uptime_seconds: int | None, now: datetime) -> datetime | None:
    """When Asterisk started: the same instant at every login, another one after a restart.

    CoreStatus says it to the second, but in the local time of Asterisk's machine, whatever zone that is. The up-time
    says it in no zone, but floats by a second. So the up-time finds the zone, and CoreStatus the second.
    """
    roughly = None if uptime_seconds is None else now - timedelta(seconds=uptime_seconds)
    try:
        local = datetime.fromisoformat(f"{text(status, 'CoreStartupDate')}T{text(status, 'CoreStartupTime')}+00:00")
    except ValueError:
        return roughly
    if roughly is None:
        return None
    return local - round((local - roughly) / QUARTER_HOUR) * QUARTER_HOUR


def text(message: Message, header: str) -> str:
    """The header's (first) value; empty when it was not sent."""
    value = message.get(header, "")
    if isinstance(value, list):
        value = value[0] if value else ""
    return value if isinstance(value, str) else ""


# --- one message each


def _new_channel(message: Message, at: datetime) -> ChannelEvent:
    return ChannelCreated(_channel(message), at, _needed(message, "Channel"))


def _new_state(message: Message, at: datetime) -> ChannelEvent | None:
    match text(message, "ChannelStateDesc"):
        case "Ringing":
            return RingingStarted(_channel(message), at)
        case "Up":
            return Answered(_channel(message), at)
        case _:
            return None


def _dial_state(message: Message, at: datetime) -> ChannelEvent | None:
    """Of the channel that is dialled. A 180 with SDP says PROGRESS here and Ringing in Newstate."""
    match text(message, "DialStatus"):
        case "RINGING":
            return RingingStarted(_channel(message, "DestUniqueid"), at)
        case "PROGRESS":
            return Progressed(_channel(message, "DestUniqueid"), at)
        case _:
            return None


def _hangup_request(message: Message, at: datetime) -> ChannelEvent:
    return FarEndHungUp(_channel(message), at)


def _hangup(message: Message, at: datetime) -> ChannelEvent:
    return HungUp(_channel(message), at, _number(message, "Cause"), _sip_code(text(message, "TechCause")))


def _originate_response(message: Message, at: datetime) -> ChannelEvent:
    """By ActionID, which is our ChannelId: a call that made no channel has no Uniqueid to trust.

    It may come before or after the Hangup. It also comes, with reason 0, for an order whose ChannelId was still in use;
    the first call goes on then.
    """
    answered = text(message, "Response") == "Success"
    return DialEnded(_channel(message, "ActionID"), at, answered, _number(message, "Reason"))


def _bridge_enter(message: Message, at: datetime) -> ChannelEvent:
    bridge = _needed(message, "BridgeUniqueid")
    return BridgeEntered(_channel(message), at, bridge, _number(message, "BridgeNumChannels"))


def _bridge_leave(message: Message, at: datetime) -> ChannelEvent:
    return BridgeLeft(_channel(message), at, _needed(message, "BridgeUniqueid"))


def _user_event(message: Message, at: datetime) -> ChannelEvent | None:
    """What the dialplan itself says (asterisk-conf/extensions.conf)."""
    match text(message, "UserEvent"):
        case "OperatorWaiting":
            return OperatorWaiting(_channel(message), at)
        case "ApologyPlayed":
            return ApologyPlayed(_channel(message), at, text(message, "Complete") == "yes")
        case "JoinEnded":
            return JoinEnded(_channel(message), at, text(message, "Result"))
        case "Held":
            return Held(_channel(message), at)
        case "TransferMissed":
            return TransferMissed(_channel(message), at, text(message, "Result"))
        case name if name in list(Ending):
            return DictationEnded(_channel(message), at, name)
        case name:
            return _of_a_caller(name, message, at) or _of_the_ear(name, message, at)


def _of_a_caller(name: str, message: Message, at: datetime) -> ChannelEvent | None:
    match name:
        case "CallerArrived":
            return CallerArrived(
                _channel(message),
                at,
                name=_needed(message, "Channel"),
                dialled=text(message, "Dialled"),
                group=text(message, "Group"),
                rank=_number(message, "Rank"),
                route=_needed(message, "Route"),
            )
        case "CallerWaits":
            return CallerWaits(_channel(message), at)
        case "CallerWished":
            return CallerWished(_channel(message), at)
        case "CallerOverflows":
            return CallerOverflows(_channel(message), at)
        case "CallerTold":
            return CallerTold(_channel(message), at)
        case _:
            return None


def _of_the_ear(name: str, message: Message, at: datetime) -> ChannelEvent | None:
    """What the ear says over its own link, as of the customer's channel, and what the dialplan says of the ear."""
    match name:
        case "EarHeard":
            return EarHeard(
                _channel(message),
                at,
                what=_needed(message, "What"),
                decided_ms=_number(message, "DecidedMs"),
                announcement=text(message, "Announcement"),
                early=text(message, "Early") == "yes",
                reason=unquote(text(message, "Why")),
                figures=text(message, "Figures"),
            )
        case "EarListensOn":
            return EarListensOn(_channel(message), at)
        case "ToneHeard":
            return ToneHeard(_channel(message), at)
        case "MessageStarted":
            return MessageStarted(_channel(message), at, text(message, "AfterTone") == "yes")
        case "MessageEnded":
            return MessageEnded(_channel(message), at, text(message, "Complete") == "yes")
        case "PersonCame":
            return PersonCame(_channel(message), at)
        case "EarEnded":
            return EarEnded(_channel(message), at, text(message, "Result"))
        case "EarBriefing":
            attempt = _channel(message, "Attempt")
            return EarBriefed(
                attempt, at, _needed(message, "Stream"), _needed(message, "Order"), text(message, "Briefing")
            )
        case _:
            return None


TRANSLATIONS: dict[str, Callable[[Message, datetime], ChannelEvent | None]] = {
    "Newchannel": _new_channel,
    "Newstate": _new_state,
    "DialState": _dial_state,
    "HangupRequest": _hangup_request,
    "Hangup": _hangup,
    "OriginateResponse": _originate_response,
    "BridgeEnter": _bridge_enter,
    "BridgeLeave": _bridge_leave,
    "UserEvent": _user_event,
}


def _channel(message: Message, header: str = "Uniqueid") -> ChannelId:
    return channel_id(_needed(message, header))


def _needed(message: Message, header: str) -> str:
    value = text(message, header)
    if not value:
        raise Garbled(f"{text(message, 'Event')} without {header}")
    return value


def _number(message: Message, header: str) -> int:
    try:
        return int(_needed(message, header))
    except ValueError:
        raise Garbled(f"{text(message, 'Event')}: {header} is no number") from None


def _sip_code(tech_cause: str) -> int | None:
    """`404`; some versions say `SIP 404`. None for a plain BYE."""
    found = re.fullmatch(r"(?:SIP )?([1-6]\d\d)(?: .*)?", tech_cause)
    return int(found.group(1)) if found else None
