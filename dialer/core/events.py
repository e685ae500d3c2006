"""What happened on a telephone channel, in our own words.

The AMI adapter makes these from live messages and the witness (`core.witness`) makes them from Asterisk's own call
records, so one fold (`core.call`) settles a call whether we watched it or were away.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

ChannelId = NewType("ChannelId", str)
"""Asterisk's uniqueid. We choose it: the attempt id for a customer's call, the leg id for an operator's."""


@dataclass(frozen=True, slots=True)
class ChannelEvent:
    channel: ChannelId
    at: datetime


@dataclass(frozen=True, slots=True)
class ChannelCreated(ChannelEvent):
    name: str  # PJSIP/carrier-0000001a: what actions address


@dataclass(frozen=True, slots=True)
class RingingStarted(ChannelEvent):
    """The first 180: from here the 35 seconds of T-016 count."""


@dataclass(frozen=True, slots=True)
class Progressed(ChannelEvent):
    """A 183 (or a 180 with SDP): the network may be speaking. It does not prove media."""


@dataclass(frozen=True, slots=True)
class Answered(ChannelEvent):
    """The 200 of the far end."""


@dataclass(frozen=True, slots=True)
class BridgeEntered(ChannelEvent):
    bridge: str
    with_channels: int  # in the bridge, this one included


@dataclass(frozen=True, slots=True)
class BridgeLeft(ChannelEvent):
    bridge: str


@dataclass(frozen=True, slots=True)
class OperatorWaiting(ChannelEvent):
    """The operator's leg is (again) in its waiting room."""


@dataclass(frozen=True, slots=True)
class ApologyPlayed(ChannelEvent):
    """Nobody took the person within the time; Asterisk spoke the apology to its end."""

    complete: bool


@dataclass(frozen=True, slots=True)
class JoinEnded(ChannelEvent):
    """Bridge() returned to the dialplan with the customer still there."""

    result: str  # BRIDGERESULT: SUCCESS, NONEXISTENT, FAILURE ...


@dataclass(frozen=True, slots=True)
class Held(ChannelEvent):
    """The person waits and hears music. It is over when the channel enters a bridge with somebody again."""


@dataclass(frozen=True, slots=True)
class TransferOrdered(ChannelEvent):
    """Of the customer's channel, and stored before the department is dialled: that call is one of ours too."""

    number: int  # 1, 2 … of this attempt; the department's channel is named by it (core.transfers)
    department: str  # its key in the city's profile
    attended: bool  # the operator speaks with the department first


@dataclass(frozen=True, slots=True)
class TransferFailed(ChannelEvent):
    """The department did not come, or the operator took the person back."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Transferred(ChannelEvent):
    """The person and the department are in one bridge."""

    number: int


@dataclass(frozen=True, slots=True)
class TransferMissed(ChannelEvent):
    """Bridge() with the department returned to the dialplan at once, with the person still there, who is held again."""

    result: str  # BRIDGERESULT


@dataclass(frozen=True, slots=True)
class PassOrdered(ChannelEvent):
    """Of the customer's channel: another seat of the centre is to have the talk."""

    seat: str  # op05
    by: str  # who has the talk now, by login
    to: str  # who sits there
    attended: bool  # the two speak first


@dataclass(frozen=True, slots=True)
class PassFailed(ChannelEvent):
    """Nobody took it there, or the operator took the person back."""

    seat: str
    why: str


@dataclass(frozen=True, slots=True)
class Passed(ChannelEvent):
    """The person and the operator of that seat are in one bridge: the talk is theirs from now on."""

    seat: str


@dataclass(frozen=True, slots=True)
class FarEndHungUp(ChannelEvent):
    """The far end asked for the end (BYE or a failure code). HungUp follows, or the sweeper sees to it."""


@dataclass(frozen=True, slots=True)
class HungUp(ChannelEvent):
    cause: int  # Q.850; 0 for a plain BYE
    sip_code: int | None  # TechCause: None when the call ended by BYE


@dataclass(frozen=True, slots=True)
class OperatorHungUp(ChannelEvent):
    """The operator ordered the end. HungUp follows."""


@dataclass(frozen=True, slots=True)
class DialEnded(ChannelEvent):
    """OriginateResponse. `reason` 3 is our own time-out; 0 covers every SIP failure."""

    answered: bool
    reason: int


@dataclass(frozen=True, slots=True)
class CallerArrived(ChannelEvent):
    """Somebody calls a number of the city, and where the call goes is decided (core.callers.Route)."""

    name: str  # of the channel, what actions address
    dialled: str  # the city's number
    group: str  # of debt kinds, by its key
    rank: int  # the smallest comes first
    route: str


@dataclass(frozen=True, slots=True)
class CallerWaits(ChannelEvent):
    """Answered by the exchange, and in the waiting line from here on."""


@dataclass(frozen=True, slots=True)
class CallerWished(ChannelEvent):
    """To be called back; the wish is stored, and the caller has been told so."""


@dataclass(frozen=True, slots=True)
class CallerOverflows(ChannelEvent):
    """Has waited so long that a department of the city is to be called, and has been told so."""


@dataclass(frozen=True, slots=True)
class CallerTold(ChannelEvent):
    """The notice with which a call ends was heard to its end."""


@dataclass(frozen=True, slots=True)
class DictationEnded(ChannelEvent):
    """Somebody of ours spoke a text into a telephone, and said what is to become of it."""

    how: str  # core.dictation.Ending


@dataclass(frozen=True, slots=True)
class LinkUp:
    """Logged in and FullyBooted seen: channels can be asked for, calls can be started."""

    at: datetime
    booted_at: datetime | None  # when this Asterisk started; a change means that it died


@dataclass(frozen=True, slots=True)
class LinkLost:
    at: datetime
    why: str


LinkEvent = LinkUp | LinkLost
