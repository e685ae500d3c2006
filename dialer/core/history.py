"""Events as they are kept in an attempt's history, and back."""

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime

from dialer.core import ear_events, events
from dialer.core.events import ChannelEvent, ChannelId

Detail = dict[str, str | int | float | bool | None]

KINDS: dict[str, type[ChannelEvent]] = {
    "channel_created": events.ChannelCreated,
    "progressed": events.Progressed,
    "ringing_started": events.RingingStarted,
    "answered": events.Answered,
    "bridge_entered": events.BridgeEntered,
    "bridge_left": events.BridgeLeft,
    "apology_played": events.ApologyPlayed,
    "join_ended": events.JoinEnded,
    "held": events.Held,
    "transfer_ordered": events.TransferOrdered,
    "transfer_failed": events.TransferFailed,
    "transferred": events.Transferred,
    "transfer_missed": events.TransferMissed,
    "pass_ordered": events.PassOrdered,
    "pass_failed": events.PassFailed,
    "passed": events.Passed,
    "caller_arrived": events.CallerArrived,
    "caller_waits": events.CallerWaits,
    "caller_wished": events.CallerWished,
    "caller_overflows": events.CallerOverflows,
    "caller_told": events.CallerTold,
    "far_end_hung_up": events.FarEndHungUp,
    "hung_up": events.HungUp,
    "operator_hung_up": events.OperatorHungUp,
    "dial_ended": events.DialEnded,
    "ear_heard": ear_events.EarHeard,
    "ear_listens_on": ear_events.EarListensOn,
    "tone_heard": ear_events.ToneHeard,
    "message_started": ear_events.MessageStarted,
    "message_ended": ear_events.MessageEnded,
    "person_came": ear_events.PersonCame,
    "ear_ended": ear_events.EarEnded,
    "verdict_corrected": ear_events.VerdictCorrected,
}
NAMES = {kind: name for name, kind in KINDS.items()}


def kept(event: ChannelEvent) -> tuple[str, Detail] | None:
    """Kind and detail to store; None for an event that belongs to no customer's call."""
    name = NAMES.get(type(event))
    if name is None:
        return None
    return name, {part.name: getattr(event, part.name) for part in fields(event) if part.name not in ("channel", "at")}


def restored(kind: str, channel: ChannelId, at: datetime, detail: Detail) -> ChannelEvent | None:
    """None for a kind that this version does not know."""
    make: Callable[..., ChannelEvent] | None = KINDS.get(kind)
    return make(channel=channel, at=at, **detail) if make else None
