"""What became of an attempt that nobody watched: after a crash of the engine, of Asterisk, or of the link.

Three things are looked at: the events that we stored, Asterisk's own record, and its list of channels now. An attempt
is closed only when its end is proven, or when its channel is gone and cannot come any more. It is never dialled again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dialer.core.call import Call, folded
from dialer.core.events import ChannelEvent

GRACE = timedelta(seconds=5)
"""An order to dial may still be on its way this long after the claim; one that a frozen Asterisk had not yet read is
carried out when it thaws, about when the link comes back."""

LAST_LINE = timedelta(seconds=2)
"""A channel that has just gone may not have its last line written yet."""


class Verdict(StrEnum):
    ADOPT = "adopt"  # its channel is up: go on with it
    CLOSE = "close"  # it has ended, or can never come
    WAIT = "wait"  # too early to tell: look again


@dataclass(frozen=True, slots=True)
class Settled:
    verdict: Verdict
    call: Call


def settle(
    known: Call,
    events: Iterable[ChannelEvent],
    *,
    claimed_at: datetime,
    channel_is_up: bool,
    linked_at: datetime,
    exchange_booted_at: datetime | None,
    now: datetime,
) -> Settled:
    """`known` is what the engine watched itself; `events` come from the store and the witness."""
    call = folded(sorted(events, key=lambda event: event.at), known)
    verdict = verdict_on(
        call,
        claimed_at=claimed_at,
        channel_is_up=channel_is_up,
        linked_at=linked_at,
        exchange_booted_at=exchange_booted_at,
        now=now,
    )
    return Settled(verdict, call)


def verdict_on(
    call: Call,
    *,
    claimed_at: datetime,
    channel_is_up: bool,
    linked_at: datetime,
    exchange_booted_at: datetime | None,
    now: datetime,
) -> Verdict:
    """Of a call as it is known now, whoever placed it."""
    if call.ended_at is not None:
        return Verdict.CLOSE
    if channel_is_up:
        return Verdict.ADOPT
    if call.placed_at is None:
        return Verdict.CLOSE if now - max(claimed_at, linked_at) > GRACE else Verdict.WAIT
    if exchange_booted_at is not None and call.placed_at < exchange_booted_at:
        return Verdict.CLOSE  # it died with the exchange
    last_seen = max(moment for moment in (call.placed_at, call.answered_at, call.joined_at) if moment is not None)
    return Verdict.CLOSE if now - last_seen > GRACE + LAST_LINE else Verdict.WAIT
