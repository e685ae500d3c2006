"""Asterisk's own record of its channels, read as events.

Asterisk appends one line for each thing that happens to a channel (CEL) and each line is on disk before the next. So
what happened while the engine was away, or in the second before Asterisk was killed, can still be told.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dialer.core.call import Call, folded
from dialer.core.channel_ids import came_in, channel_id
from dialer.core.events import (
    Answered,
    ApologyPlayed,
    BridgeEntered,
    BridgeLeft,
    CallerArrived,
    CallerTold,
    CallerWaits,
    CallerWished,
    ChannelCreated,
    ChannelEvent,
    ChannelId,
    FarEndHungUp,
    HungUp,
)
from dialer.core.transfers import belongs_to


@dataclass(frozen=True, slots=True)
class WitnessLine:
    kind: str  # CHAN_START, ANSWER …
    at: datetime
    channel: ChannelId
    name: str
    application: str
    extra: dict[str, object]


def parse(row: list[str]) -> WitnessLine | None:
    """One CSV row; None for a row cut short by a crash."""
    try:
        kind, moment, channel, name, application, extra = row
        at = datetime.fromtimestamp(float(moment), UTC)
        parsed = json.loads(extra) if extra else {}
    except ValueError:
        return None
    return WitnessLine(kind, at, channel_id(channel), name, application, parsed if isinstance(parsed, dict) else {})


def events_of(line: WitnessLine) -> list[ChannelEvent]:
    match line.kind:
        case "CHAN_START":
            return [ChannelCreated(line.channel, line.at, line.name)]
        case "ANSWER":
            return [Answered(line.channel, line.at)]
        case "BRIDGE_ENTER":
            bridge = str(line.extra.get("bridge_id", ""))
            return [BridgeEntered(line.channel, line.at, bridge, with_channels=2)]
        case "BRIDGE_EXIT":
            return [BridgeLeft(line.channel, line.at, str(line.extra.get("bridge_id", "")))]
        case "APP_END" if line.application == "Playback":
            return [ApologyPlayed(line.channel, line.at, complete=True)]
        case "HANGUP":
            return _hang_up(line)
        case _:
            return _said(line)


def _said(line: WitnessLine) -> list[ChannelEvent]:
    """By the dialplan, of people who call: what it also says as a UserEvent, which nobody may have heard."""
    match line.kind, str(line.extra.get("extra", "")).split("|"):
        case "CallerArrived", [route, group, rank, dialled]:
            placed = int(rank) if rank.isdecimal() else 1
            return [CallerArrived(line.channel, line.at, line.name, dialled, group, placed, route)]
        case "CallerWaits", _:
            return [CallerWaits(line.channel, line.at)]
        case "CallerWished", _:
            return [CallerWished(line.channel, line.at)]
        case "CallerTold", _:
            return [CallerTold(line.channel, line.at)]
        case _:
            return []


def _hang_up(line: WitnessLine) -> list[ChannelEvent]:
    cause = line.extra.get("hangupcause", 0)
    ended = HungUp(line.channel, line.at, int(cause) if isinstance(cause, int | str) else 0, None)
    by_far_end = line.extra.get("hangupsource") == line.name
    return [FarEndHungUp(line.channel, line.at), ended] if by_far_end else [ended]


def placed_by_us(channel: ChannelId, name: str, trunk: str) -> bool:
    """A customer's call: it is on the trunk, and named by us with a uuid (calls that come in are named by Asterisk)."""
    try:
        uuid.UUID(channel)
    except ValueError:
        return False
    return not came_in(channel) and name.startswith(f"PJSIP/{trunk}-")


def calls_placed(written: Mapping[ChannelId, Sequence[ChannelEvent]], trunk: str) -> dict[ChannelId, Call]:
    """Every call of ours that this Asterisk ever began, to persons and to departments, as it tells of it."""
    calls = {channel: folded(events) for channel, events in written.items()}
    return {
        channel: call
        for channel, call in calls.items()
        if placed_by_us(channel, call.name or "", trunk) or belongs_to(channel) is not None
    }
