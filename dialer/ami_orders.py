"""What we order from Asterisk, as AMI headers. Every part is checked for its own shape before it may be written."""

import re
from collections.abc import Mapping

from dialer.ami_protocol import Headers, UnsafeValue
from dialer.core import briefing
from dialer.core.auto_answer import AUTO_ANSWER
from dialer.ports import Outgoing

NAME = re.compile(r"[A-Za-z0-9_-]+")
CHANNEL_ID = re.compile(r"[A-Za-z0-9._-]{1,149}")
CHANNEL = re.compile(r"[A-Za-z0-9]+/[A-Za-z0-9@._+*#:;/-]+")  # begins with no slash: that would be a pattern
NUMBER = re.compile(r"\+?[0-9]{1,20}")
DIGITS = re.compile(r"[0-9*#]{1,32}")
SWITCHED = re.compile(r"on|off")
PLACE = re.compile(r"[A-Za-z0-9.-]+:[0-9]{1,5}")

VARIABLES = {
    "ATTEMPT": CHANNEL_ID,
    "CITY": NAME,
    "MEET_WITHIN": re.compile(r"[0-9]+(\.[0-9]+)?"),
    "RECORD": re.compile(r"yes|no"),
    "EAR": PLACE,
    "BRIEFING": briefing.TEXT,
    "APOLOGY": briefing.SOUND,
    "PLACE": re.compile(r"[1-9][0-9]{0,3}"),
    "EXPECTED_MINUTES": re.compile(r"[0-9]{0,3}"),
    "ROOM": re.compile(r"[0-9]{10} [0-9]{1,4}"),
    "DIGITS": DIGITS,
    "TO": CHANNEL,
    "_ATTEMPT": CHANNEL_ID,  # with an underscore: both halves of a Local channel have it
    "_STREAM": CHANNEL_ID,
    "_EAR": PLACE,
    "_BRIEFING": briefing.TEXT,
    "PJSIP_HEADER(add,P-Preferred-Identity)": re.compile(r"<sip:\+?[0-9]{1,20}@[A-Za-z0-9.:-]+>"),
    **{name: re.compile(re.escape(value)) for name, value in AUTO_ANSWER.items()},
}
"""What a call may carry into the dialplan, and the shape of it: a comma in a value would begin another variable."""


def originate(call: Outgoing) -> Headers:
    """Async always: without it Asterisk, and everything behind us, would wait until the person answers."""
    headers: dict[str, str | list[str]] = {
        "Action": "Originate",
        "ActionID": _shaped("ChannelId", call.channel, CHANNEL_ID),
        "ChannelId": call.channel,
        "Channel": _shaped("Channel", call.endpoint, CHANNEL),
        "Context": _shaped("Context", call.context, NAME),
        "Exten": _shaped("Exten", call.exten, NAME),
        "Priority": "1",
        "Timeout": str(round(call.timeout_seconds * 1000)),
        "Async": "true",
        "Variable": [_variable(name, value) for name, value in call.variables.items()],
    }
    if call.caller_id is not None:
        headers["CallerID"] = f"<{_shaped('CallerID', call.caller_id, NUMBER)}>"
    return headers


def name_operator(channel: str, operator: str) -> Headers:
    """Whom this channel is to meet in a bridge."""
    return {
        "Action": "Setvar",
        "Channel": _shaped("Channel", channel, CHANNEL),
        "Variable": "OPERATOR",
        "Value": _shaped("Value", operator, CHANNEL),
    }


def set_variable(channel: str, name: str, value: str) -> Headers:
    _variable(name, value)  # as on a call that we place
    return {
        "Action": "Setvar",
        "Channel": _shaped("Channel", channel, CHANNEL),
        "Variable": name,
        "Value": value,
    }


def set_for_all(name: str, value: str) -> Headers:
    """What the dialplan reads whatever the call."""
    _variable(name, value)
    return {"Action": "Setvar", "Variable": name, "Value": value}


def mute(operator: str, on: str) -> Headers:
    """By the dialplan's function: the action of this name needs a right with which modules can be loaded."""
    return {
        "Action": "Setvar",
        "Channel": _shaped("Channel", operator, CHANNEL),
        "Variable": "MUTEAUDIO(in)",
        "Value": _shaped("Value", on, SWITCHED),
    }


def redirect(channel: str, exten: str, context: str = "customer") -> Headers:
    return {
        "Action": "Redirect",
        "Channel": _shaped("Channel", channel, CHANNEL),
        "Context": _shaped("Context", context, NAME),
        "Exten": _shaped("Exten", exten, NAME),
        "Priority": "1",
    }


def user_event(name: str, channel: str, details: Mapping[str, str]) -> Headers:
    """As if the dialplan of that channel had said it."""
    return {
        "Action": "UserEvent",
        "UserEvent": _shaped("UserEvent", name, NAME),
        "Uniqueid": _shaped("Uniqueid", channel, CHANNEL_ID),
        **details,
    }


def hang_up(channel: str, cause: int) -> Headers:
    return {"Action": "Hangup", "Channel": _shaped("Channel", channel, CHANNEL), "Cause": str(cause)}


def hang_up_by_id(channel: str, cause: int) -> Headers:
    """Asterisk finds a channel by its unique id where no channel has that name."""
    return {"Action": "Hangup", "Channel": _shaped("Channel", channel, CHANNEL_ID), "Cause": str(cause)}


def _variable(name: str, value: str) -> str:
    if name not in VARIABLES:
        raise UnsafeValue(f"Variable: {name!r} may not be set on a call")
    return f"{name}={_shaped(f'Variable {name}', value, VARIABLES[name])}"


def _shaped(header: str, value: str, shape: re.Pattern[str]) -> str:
    if not shape.fullmatch(value):
        raise UnsafeValue(f"{header}: holds a character that has no place there")
    return value
